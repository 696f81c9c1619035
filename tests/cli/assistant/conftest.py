"""A desk with two teams, and assistants of one of them that may write or not."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cstar_core import Helpdesk, Workspace
from tests.cli.assistant.sessions import Session, assisting


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Helpdesk]:
    with Helpdesk.open(tmp_path_factory.mktemp("mcp") / "desk.db") as desk:
        desk.teams.create("Acme")
        desk.teams.create("Other")
        yield desk


@pytest.fixture(scope="module")
def acme(desk: Helpdesk) -> Workspace:
    return desk.workspace("acme")


@pytest.fixture(scope="module")
def member(acme: Workspace) -> str:
    return acme.members.create(name="Ada Park", email="ada@example.com").id


@pytest.fixture(scope="module")
def reader(desk: Helpdesk) -> Iterator[Session]:
    """An assistant that may not write."""
    with assisting(Path(desk.path), "--team", "acme") as session:
        yield session


@pytest.fixture(scope="module")
def writer(desk: Helpdesk, member: str) -> Iterator[Session]:
    """One that may, for Ada Park."""
    options = ["--team", "acme", "--allow-write", "--member", member]
    with assisting(Path(desk.path), *options) as session:
        yield session
