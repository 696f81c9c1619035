"""A desk with two teams, copied from a template for every test, and views of it."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from cstar_core import Helpdesk, Member, SignIns, Webhook, Workspace
from tests.core.filling import fill
from tests.core.hashing import QuickHasher
from tests.core.receivers import URL
from tests.core.signing_in import member_with_password
from tests.core.vocabulary import ManualClock
from tests.core.wandering import wander


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A file with the teams acme and globex, and acme's publishable key."""
    path = tmp_path_factory.mktemp("template") / "desk.db"
    with Helpdesk.open(path, clock=ManualClock()) as desk:
        desk.teams.create("Acme")
        desk.teams.create("Globex")
        made = desk.keys.create("acme", type="publishable", environment="live")
    return path, made.secret


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def path(template: tuple[Path, str], tmp_path: Path) -> Path:
    return Path(shutil.copy(template[0], tmp_path / "desk.db"))


@pytest.fixture
def desk(path: Path, clock: ManualClock) -> Iterator[Helpdesk]:
    with Helpdesk.open(path, clock=clock) as desk:
        yield desk


@pytest.fixture
def acme(desk: Helpdesk) -> Workspace:
    return desk.workspace("acme")


@pytest.fixture
def globex(desk: Helpdesk) -> Workspace:
    """Another team's live data."""
    return desk.workspace("globex")


@pytest.fixture
def sandbox(desk: Helpdesk) -> Workspace:
    """Acme's test data."""
    return desk.workspace("acme", "test")


@pytest.fixture
def public(desk: Helpdesk, template: tuple[Path, str]) -> Workspace:
    """Acme's live data as a publishable key sees it."""
    access = desk.keys.authenticate(template[1])
    assert access is not None
    return desk.workspace_of(access)


@pytest.fixture
def hook(acme: Workspace) -> Webhook:
    """A webhook of acme that is told of everything."""
    return acme.webhooks.create(name="All", url=URL, events=["*"]).webhook


@pytest.fixture(scope="session")
def filled_template(template: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = Path(shutil.copy(template[0], tmp_path_factory.mktemp("filled") / "desk.db"))
    clock = ManualClock()
    with Helpdesk.open(path, clock=clock) as desk:
        fill(desk.workspace("acme"), clock)
    return path


@pytest.fixture
def filled_desk(filled_template: Path, tmp_path: Path, clock: ManualClock) -> Iterator[Helpdesk]:
    """A desk whose acme has tickets and customers that differ in all that lists go by."""
    path = shutil.copy(filled_template, tmp_path / "filled.db")
    clock.tick(hours=1)
    with Helpdesk.open(path, clock=clock) as desk:
        yield desk


@pytest.fixture
def filled(filled_desk: Helpdesk) -> Workspace:
    """The acme of the filled desk."""
    return filled_desk.workspace("acme")


@pytest.fixture
def backup(desk: Helpdesk, acme: Workspace, tmp_path: Path) -> Path:
    """A backup with the ticket "Old"; the desk has another one, "New", since."""
    acme.tickets.create(title="Old", initial_message="words")
    desk.backup(tmp_path / "backup")
    acme.tickets.create(title="New")
    return tmp_path / "backup"


@pytest.fixture
def stopped(backup: Path, desk: Helpdesk, path: Path) -> Path:
    """The desk's file, which nobody has open."""
    desk.close()
    return path


@pytest.fixture(scope="session")
def made(template: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a desk in which two teams have done much, and an export of it."""
    folder = tmp_path_factory.mktemp("lived")
    clock = ManualClock()
    with Helpdesk.open(shutil.copy(template[0], folder / "desk.db"), clock=clock) as desk:
        wander(desk, clock, 1, steps=40)
        acme = desk.workspace("acme")
        member = acme.members.create(name="Mia", email="mia@example.com")
        acme.views.create(name="All of us", text="tag:vip", shared=True)
        desk.workspace_of_member(member.id).views.create(name="Mine", text="assignee:me http://x")
        ticket = acme.tickets.create(title="With files", customer_name="Fay")
        for internal in (False, True):
            files = [
                acme.attachments.put(name=f"{name} {internal}.txt", content=name.encode())
                for name in ("abc", "defg")
            ]
            acme.messages.create(ticket.id, content="See", is_internal=internal, attachments=files)
        for name, kind in (("tickets", "tickets"), ("people", "customers")):
            file = folder / f"{name}.ndjson"
            row = {"id": "7", "title": "From elsewhere", "name": "Bo"}
            row.pop("name" if kind == "tickets" else "title")
            file.write_text(json.dumps(row))
            assert desk.workspace("globex").import_file(file, kind=kind).created == 1
        desk.export(folder / "out")
    return folder


@pytest.fixture
def lived(made: Path, tmp_path: Path, clock: ManualClock) -> Iterator[Helpdesk]:
    """The desk."""
    clock.tick(days=2)
    shutil.copytree(made / "desk.db-files", tmp_path / "lived.db-files")
    with Helpdesk.open(shutil.copy(made / "desk.db", tmp_path / "lived.db"), clock=clock) as desk:
        yield desk


@pytest.fixture
def out(made: Path, tmp_path: Path) -> Path:
    """The export of it."""
    return Path(shutil.copytree(made / "out", tmp_path / "out"))


@pytest.fixture
def other(tmp_path: Path, clock: ManualClock) -> Iterator[Helpdesk]:
    """An empty desk."""
    with Helpdesk.open(tmp_path / "other.db", clock=clock) as desk:
        yield desk


@pytest.fixture
def hasher() -> QuickHasher:
    return QuickHasher()


@pytest.fixture
def sign_ins(desk: Helpdesk, hasher: QuickHasher) -> SignIns:
    """How members of the desk sign in."""
    return desk.sign_ins(hasher)


@pytest.fixture
def ada(desk: Helpdesk, acme: Workspace, sign_ins: SignIns) -> Member:
    """An agent of acme who has a password, and is signed in nowhere."""
    return member_with_password(desk, acme, sign_ins)
