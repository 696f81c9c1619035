"""What a member may do in the workspace that is opened for it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest

from cstar_core import Actor, Forbidden, Helpdesk, Member, NotFound, SignIns, Workspace
from tests.core.receivers import URL
from tests.core.signing_in import PASSWORD
from tests.core.vocabulary import NOTHING

Act = Callable[[Workspace, str], Any]

WORK: dict[str, Act] = {
    "make a ticket": lambda room, ticket: room.tickets.create(title="x"),
    "change a ticket": lambda room, ticket: room.tickets.update(ticket, title="y"),
    "change many": lambda room, ticket: room.tickets.update_many({"status": "open"}, ids=[ticket]),
    "remove a ticket": lambda room, ticket: room.tickets.delete(ticket),
    "answer": lambda room, ticket: room.messages.create(ticket, content="x"),
    "make a customer": lambda room, ticket: room.customers.create(name="x"),
    "save a view": lambda room, ticket: room.views.create(name="x"),
    "load customers": lambda room, ticket: list(room.customers.import_many([{"name": "x"}])),
}
SETTINGS: dict[str, Act] = {
    "add a member": lambda room, ticket: room.members.create(name="x", email="x@example.com"),
    "become an owner": lambda room, ticket: room.members.update(room.actor.id or "", role="owner"),
    "define a field": lambda room, ticket: room.custom_fields.create(
        name="x", key="x", type="text", entity_type="tickets"
    ),
    "keep a canned reply": lambda room, ticket: room.canned_replies.create(name="x", content="x"),
    "add a webhook": lambda room, ticket: room.webhooks.create(name="x", url=URL, events=["*"]),
    "look at webhooks": lambda room, ticket: room.webhooks.list(),
    "end all links": lambda room, ticket: room.ticket_links.end_all(),
    "make a key": lambda room, ticket: room.keys.create(type="secret", environment="live"),
    "look at keys": lambda room, ticket: room.keys.list(),
}
READING = ("look at webhooks", "look at keys", "become an owner")
MAY = {"viewer": (), "agent": WORK, "owner": WORK | SETTINGS}


@pytest.fixture
def ticket(acme: Workspace) -> str:
    return acme.tickets.create(title="Help").id


@pytest.fixture
def ada(acme: Workspace) -> Member:
    """An owner."""
    return acme.members.create(name="Ada", email="ada@example.com", role="owner")


@pytest.mark.parametrize("role", MAY)
@pytest.mark.parametrize("name", WORK | SETTINGS)
def test_a_role_allows_what_it_says(
    desk: Helpdesk, acme: Workspace, ticket: str, role: str, name: str
) -> None:
    member = acme.members.create(name="Bo", email="bo@example.com", role=role)
    room, act = desk.workspace_of_member(member.id), (WORK | SETTINGS)[name]
    before = acme.events.list().total
    if name in MAY[role]:
        act(room, ticket)
        assert (acme.events.list().total > before) is (name not in READING)
    else:
        with pytest.raises(Forbidden):
            act(room, ticket)
        assert acme.events.list().total == before


def test_a_viewer_reads_what_keys_of_customers_do_not(
    desk: Helpdesk, acme: Workspace, ticket: str
) -> None:
    acme.messages.create(ticket, content="between us", is_internal=True)
    viewer = acme.members.create(name="Bo", email="bo@example.com", role="viewer")
    room = desk.workspace_of_member(viewer.id)
    assert room.internal
    assert [each.content for each in room.messages.list(ticket)] == ["between us"]
    assert room.events.list().total == acme.events.list().total


def test_a_members_workspace_is_its_teams_live_data(desk: Helpdesk, ada: Member) -> None:
    room = desk.workspace_of_member(ada.id)
    assert (room.team.slug, room.environment, room.member) == ("acme", "live", ada)
    assert room.actor == Actor("member", ada.id)
    assert desk.workspace("acme").member is None


def test_what_a_member_does_is_an_event_of_the_member(desk: Helpdesk, ada: Member) -> None:
    room = desk.workspace_of_member(ada.id)
    room.tickets.create(title="x")
    room.custom_fields.create(name="x", key="x", type="text", entity_type="tickets")
    actors = [event.actor for event in room.events.list(types="ticket.*,custom_field.*").items]
    assert actors == [Actor("member", ada.id)] * 2


@pytest.mark.parametrize("id", [NOTHING, f"mem_{'0' * 32}", "x", ""])
def test_who_is_no_member_has_no_workspace(desk: Helpdesk, id: str) -> None:
    with pytest.raises(NotFound, match="Member not found"):
        desk.workspace_of_member(id)


def test_a_lost_role_ends_what_is_open_already(
    desk: Helpdesk, acme: Workspace, ada: Member, ticket: str
) -> None:
    room = desk.workspace_of_member(ada.id)
    acme.members.update(ada.id, role="agent")
    room.tickets.update(ticket, title="as an agent")
    with pytest.raises(Forbidden, match="Only an owner"):
        room.members.create(name="x", email="x@example.com")
    acme.members.update(ada.id, role="viewer")
    with pytest.raises(Forbidden, match="A viewer only reads"):
        room.tickets.update(ticket, title="y")
    acme.members.delete(ada.id)
    with pytest.raises(Forbidden, match="has been removed"):
        room.tickets.update(ticket, title="y")
    assert acme.tickets.get(ticket).title == "as an agent"


def test_a_role_holds_inside_a_transaction_of_the_desk(
    desk: Helpdesk, acme: Workspace, ada: Member
) -> None:
    room = desk.workspace_of_member(ada.id)
    with desk.transaction():
        acme.members.update(ada.id, role="viewer")
        with pytest.raises(Forbidden):
            room.tickets.create(title="x")
    assert acme.tickets.list().total == 0


def test_owners_stay_while_nobody_else_can_sign_in(
    desk: Helpdesk, acme: Workspace, ada: Member
) -> None:
    acme.members.create(name="Bo", email="bo@example.com", role="owner")
    room = desk.workspace_of_member(ada.id)
    with pytest.raises(Forbidden, match="keeps an owner who can sign in"):
        room.members.delete(ada.id)
    with pytest.raises(Forbidden, match="keeps an owner who can sign in"):
        room.members.update(ada.id, role="agent")
    assert room.members.update(ada.id, name="Ada Park", role="owner").name == "Ada Park"
    assert acme.members.update(ada.id, role="agent").role == "agent"


def test_an_owner_removes_another_one(desk: Helpdesk, acme: Workspace, ada: Member) -> None:
    other = acme.members.create(name="Bo", email="bo@example.com", role="owner")
    desk.workspace_of_member(ada.id).members.delete(other.id)
    assert acme.members.find(other.id) is None


LEAVING: dict[str, Act] = {
    "demotes itself": lambda room, other: room.members.update(room.actor.id or "", role="agent"),
    "removes itself": lambda room, other: room.members.delete(room.actor.id or ""),
    "demotes the other": lambda room, other: room.members.update(other, role="viewer"),
    "removes the other": lambda room, other: room.members.delete(other),
}


@pytest.mark.parametrize("first", LEAVING)
@pytest.mark.parametrize("second", LEAVING)
def test_of_two_owners_who_leave_at_once_one_stays(
    desk: Helpdesk, acme: Workspace, sign_ins: SignIns, first: str, second: str
) -> None:
    owners = [
        sign_ins.accept(acme.invitations.invite(email, role="owner").token, PASSWORD).member.id
        for email in ("ada@example.com", "bo@example.com")
    ]
    rooms = [desk.workspace_of_member(id) for id in owners]

    def leave(place: int) -> None:
        with suppress(Forbidden, NotFound):
            LEAVING[(first, second)[place]](rooms[place], owners[1 - place])

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(leave, (0, 1)))
    left = [each for each in acme.members.list().items if each.role == "owner"]
    assert left
    assert {each.id for each in left} <= set(owners)
