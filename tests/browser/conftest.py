"""Chromium at a desk with the demo that is really served. Whatever goes wrong fails the test."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask

from cstar_core import Helpdesk
from cstar_web.app import create_app
from cstar_web.demo import load_demo
from cstar_web.inbox.cookies import SESSION
from cstar_web.passwords import Argon2
from cstar_web.settings import Settings
from tests.browser.visitor import Visitor
from tests.web.sockets import running

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# A visitor who is signed in with a role, or nobody's browser without one.
Visit = Callable[..., Visitor]

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)
FLAGS = ("--no-sandbox", "--disable-dev-shm-usage", "--disable-component-update")
WIDE = {"width": 1440, "height": 900}
# Tells of reports that Chromium would not write to the console.
LISTEN = """
addEventListener("securitypolicyviolation", (event) => {
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`);
});
"""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One process for all tests; each test has contexts of its own in it."""
    missing = "NOT TESTED: the pages in a browser. To test them: "
    if CHROMIUM is None:
        pytest.skip(f"{missing}apt-get install chromium")
    api = pytest.importorskip("playwright.sync_api", reason=f"{missing}pip install playwright")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "desk.db"
    with Helpdesk.open(path) as desk:
        team = desk.teams.create("Acme")
        load_demo(desk, team.id)
    return path


@pytest.fixture
def desk(template: Path, tmp_path: Path) -> Iterator[Helpdesk]:
    with Helpdesk.open(shutil.copy(template, tmp_path / "desk.db")) as desk:
        yield desk


@pytest.fixture
def app(desk: Helpdesk) -> Flask:
    return create_app(desk, Settings(customer_form=("acme",), customer_form_limit="off"))


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Where the app is served, by the server that users get."""
    with running(application=app) as (host, port):
        yield f"http://{host}:{port}"


@pytest.fixture
def visit(chromium: Browser, desk: Helpdesk, address: str) -> Iterator[Visit]:
    """Opens a browser for a visitor; options go to its context."""
    visitors: list[Visitor] = []

    def come(role: str | None = None, **options: Any) -> Visitor:
        context = chromium.new_context(**{"viewport": WIDE, "locale": "en-GB", **options})
        context.add_init_script(LISTEN)
        if role is not None:
            token = session_of(desk, role)
            context.add_cookies([{"name": SESSION, "value": token, "url": address}])
        visitors.append(Visitor(context, address))
        return visitors[-1]

    yield come
    wrong = [fault for visitor in visitors for fault in visitor.take_faults()]
    for visitor in visitors:
        visitor.context.close()
    assert wrong == []


def session_of(desk: Helpdesk, role: str) -> str:
    """The cookie of a member of Acme with a role, who is signed in now."""
    invitations = desk.workspace("acme").invitations
    name = f"{role.title()} Lane"
    made = invitations.invite(f"{role}@acme.example", name=name, role=role, needs_password=False)
    return desk.sign_ins(Argon2()).accept(made.token).token
