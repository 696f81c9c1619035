"""A desk with two teams and a key of each kind, copied for every test, and clients of it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from cstar_core import Helpdesk, Workspace
from cstar_web.app import create_app
from cstar_web.settings import Settings
from tests.web.listeners import served
from tests.web.sockets import Address
from tests.web.vocabulary import Api, Keyring, ManualClock

_compile = Rule.compile
_compiled: dict[object, Rule] = {}


def _compile_once(rule: Rule) -> None:
    """What matches and writes the URLs of this rule; most of what an app costs, and the same in
    each."""
    asked = (rule.rule, rule.subdomain, rule.merge_slashes, type(rule.map), rule.map.host_matching)
    known = _compiled.get(asked)
    if rule.defaults or known is None:
        _compile(rule)
        if not rule.defaults:
            _compiled[asked] = rule
        return
    rule.arguments = set(known.arguments)
    rule._parts, rule._trace, rule._converters = known._parts, known._trace, known._converters
    rule._build = known._build.__func__.__get__(rule)  # type: ignore[attr-defined]
    rule._build_unknown = known._build_unknown.__func__.__get__(rule)  # type: ignore[attr-defined]


Rule.compile = _compile_once  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Keyring]:
    path = tmp_path_factory.mktemp("template") / "desk.db"
    with Helpdesk.open(path, clock=ManualClock()) as desk:
        desk.teams.create("Acme")
        desk.teams.create("Other")

        def key(team: str, type: str, environment: str) -> str:
            return desk.keys.create(team, type=type, environment=environment).secret

        keyring = Keyring(
            secret=key("acme", "secret", "live"),
            publishable=key("acme", "publishable", "live"),
            test=key("acme", "secret", "test"),
            other=key("other", "secret", "live"),
        )
    return path, keyring


@pytest.fixture
def keyring(template: tuple[Path, Keyring]) -> Keyring:
    return template[1]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def desk(template: tuple[Path, Keyring], tmp_path: Path, clock: ManualClock) -> Iterator[Helpdesk]:
    path = shutil.copy(template[0], tmp_path / "desk.db")
    with Helpdesk.open(path, clock=clock) as desk:
        yield desk


@pytest.fixture
def settings() -> Settings:
    return Settings()


@pytest.fixture
def app(desk: Helpdesk, settings: Settings) -> Flask:
    return create_app(desk, settings)


@pytest.fixture
def acme(desk: Helpdesk) -> Workspace:
    """The live data of the first team."""
    return desk.workspace("acme")


@pytest.fixture
def address(app: Flask) -> Iterator[Address]:
    """Where the app is really served, for those that follow events."""
    with served(app) as found:
        yield found


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def api(client: FlaskClient, keyring: Keyring) -> Api:
    """A client with a secret live key."""
    return Api(client, keyring.secret)


@pytest.fixture
def reader(client: FlaskClient, keyring: Keyring) -> Api:
    """A client with a publishable live key."""
    return Api(client, keyring.publishable)


@pytest.fixture
def sandbox(client: FlaskClient, keyring: Keyring) -> Api:
    """A client with a secret test key."""
    return Api(client, keyring.test)


@pytest.fixture
def other(client: FlaskClient, keyring: Keyring) -> Api:
    """A client with another team's secret live key."""
    return Api(client, keyring.other, team="other")


@pytest.fixture
def stranger(client: FlaskClient) -> Api:
    """A client without a key."""
    return Api(client, None)
