"""Members: a team's agents, the same in live and test."""

from typing import Any

import pytest

from cstar_core import Conflict, Member, NotFound, StaleVersion, Workspace
from tests.core.vocabulary import (
    NOTHING,
    START,
    ManualClock,
    ids,
    messages,
    refusal,
    walk_cursor,
    walk_pages,
)

PROBLEMS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["name is required", "email is required"]),
    ({"name": " ", "email": "a@b"}, ["name is required"]),
    ({"name": None, "email": "a@b"}, ["name is required"]),
    ({"name": "x" * 256, "email": "a@b"}, ["name must be at most 255 characters"]),
    ({"name": "A", "email": None}, ["email is required"]),
    ({"name": "A", "email": ""}, ["email is required"]),
    ({"name": "A", "email": "a"}, ["email must be an email address"]),
    ({"name": "A", "email": 5}, ["email must be a string"]),
    (
        {"name": "A", "email": "a@b", "role": "admin"},
        ["role must be one of: owner, agent, viewer"],
    ),
    ({"name": "A", "email": "a@b", "rool": 1}, ["rool is not known; did you mean role?"]),
]


@pytest.fixture
def ada(acme: Workspace) -> Member:
    return acme.members.create(name="Ada", email="Ada@Example.com")


@pytest.mark.parametrize(("values", "problems"), PROBLEMS)
def test_a_member_has_rules(acme: Workspace, values: dict[str, Any], problems: list[str]) -> None:
    assert messages(acme.members.check(values)) == problems


def test_what_breaks_a_rule_is_not_written(acme: Workspace) -> None:
    assert refusal(acme.members.create, name="", email="x") == [
        "name is required",
        "email must be an email address",
    ]
    assert acme.members.list().total == 0


def test_a_member_is_an_agent_unless_said_otherwise(ada: Member) -> None:
    assert (ada.name, ada.email, ada.role, ada.version) == ("Ada", "Ada@Example.com", "agent", 1)
    assert (ada.created_at, ada.updated_at) == (START, START)


@pytest.mark.parametrize("role", ["owner", "agent", "viewer"])
def test_a_member_has_one_of_three_roles(acme: Workspace, role: str) -> None:
    assert acme.members.create(name="A", email="a@b", role=role).role == role


def test_a_member_is_the_same_in_live_and_test(
    acme: Workspace, sandbox: Workspace, ada: Member
) -> None:
    assert sandbox.members.get(ada.id) == ada


def test_a_member_is_unknown_to_another_team(globex: Workspace, ada: Member) -> None:
    assert globex.members.find(ada.id) is None


@pytest.mark.parametrize("email", ["Ada@Example.com", "ADA@EXAMPLE.COM", "ada@example.com"])
def test_an_address_is_taken_without_regard_to_case(
    acme: Workspace, ada: Member, email: str
) -> None:
    with pytest.raises(Conflict, match="email exists already") as caught:
        acme.members.create(name="Other", email=email)
    assert caught.value.param == "email"


def test_another_team_may_have_the_same_address(globex: Workspace, ada: Member) -> None:
    assert globex.members.create(name="Ada", email=ada.email).email == ada.email


@pytest.mark.parametrize("id", [f"mem_{'0' * 32}", NOTHING, f"tkt_{'0' * 32}", "x"])
def test_an_unknown_member_is_not_found(acme: Workspace, id: str) -> None:
    assert acme.members.find(id) is None
    for act in (acme.members.get, acme.members.update, acme.members.delete):
        with pytest.raises(NotFound, match="Member not found"):
            act(id)


def test_an_update_changes_what_is_given(acme: Workspace, ada: Member, clock: ManualClock) -> None:
    clock.tick()
    after = acme.members.update(ada.id, name="Ada Park", role="owner")
    assert (after.name, after.role, after.email) == ("Ada Park", "owner", ada.email)
    assert (after.version, after.updated_at) == (2, clock.now)


def test_an_update_that_changes_nothing_leaves_no_trace(
    acme: Workspace, ada: Member, clock: ManualClock
) -> None:
    clock.tick()
    assert acme.members.update(ada.id, name="Ada") == ada
    assert acme.events.list(types="member.updated").total == 0


def test_an_address_may_change_its_case(acme: Workspace, ada: Member) -> None:
    assert acme.members.update(ada.id, email="ada@example.com").email == "ada@example.com"


def test_an_update_to_a_taken_address_is_a_conflict(acme: Workspace, ada: Member) -> None:
    other = acme.members.create(name="Bo", email="bo@example.com")
    with pytest.raises(Conflict):
        acme.members.update(other.id, email="ADA@example.com")


def test_a_freed_address_may_be_taken(acme: Workspace, ada: Member) -> None:
    acme.members.update(ada.id, email="new@example.com")
    assert acme.members.create(name="Bo", email="ada@example.com").name == "Bo"


def test_an_update_checks_the_rules(acme: Workspace, ada: Member) -> None:
    assert refusal(acme.members.update, ada.id, role="boss", name="") == [
        "name is required",
        "role must be one of: owner, agent, viewer",
    ]


def test_an_update_of_an_older_version_is_stale(acme: Workspace, ada: Member) -> None:
    acme.members.update(ada.id, expected_version=1, name="B")
    with pytest.raises(StaleVersion, match="The member is at version 2"):
        acme.members.update(ada.id, expected_version=1, name="C")


def test_a_delete_of_an_older_version_is_stale(acme: Workspace, ada: Member) -> None:
    with pytest.raises(StaleVersion):
        acme.members.delete(ada.id, expected_version=7)


def test_members_are_listed_oldest_first(acme: Workspace, ada: Member) -> None:
    bo = acme.members.create(name="Bo", email="bo@example.com")
    assert ids(acme.members.list().items) == [ada.id, bo.id]


def test_a_walk_gives_every_member_once(acme: Workspace) -> None:
    made = [acme.members.create(name="M", email=f"m{i}@example.com").id for i in range(7)]
    assert ids(walk_pages(acme.members.list, page_size=3)) == made
    assert ids(walk_cursor(acme.members.list, page_size=3)) == made


def test_a_removed_member_is_gone(acme: Workspace, ada: Member) -> None:
    acme.members.delete(ada.id)
    assert acme.members.find(ada.id) is None


def test_a_removed_members_tickets_become_unassigned_in_live_and_test(
    acme: Workspace, sandbox: Workspace, ada: Member, clock: ManualClock
) -> None:
    made = [(room, room.tickets.create(title="x", assigned_to=ada.id)) for room in (acme, sandbox)]
    clock.tick()
    acme.members.delete(ada.id)
    for room, ticket in made:
        after = room.tickets.get(ticket.id)
        assert (after.assigned_to, after.version, after.updated_at) == (None, 2, clock.now)


def test_unassigning_by_removal_is_in_the_tickets_history(acme: Workspace, ada: Member) -> None:
    ticket = acme.tickets.create(title="x", assigned_to=ada.id)
    acme.members.delete(ada.id)
    history = acme.events.of_ticket(ticket.id).items
    assert [event.type for event in history][-2:] == ["ticket.updated", "ticket.assigned"]
    assert history[-1].changes == {"assignedTo": {"from": ada.id, "to": None}}


def test_what_happens_to_a_member_is_an_event_in_both_workspaces(
    acme: Workspace, sandbox: Workspace, ada: Member
) -> None:
    acme.members.update(ada.id, role="owner")
    acme.members.delete(ada.id)
    for room in (acme, sandbox):
        events = room.events.list(types="member.*").items
        assert [event.type for event in events] == [
            "member.created",
            "member.updated",
            "member.deleted",
        ]
        assert events[1].changes == {"role": {"from": "agent", "to": "owner"}}
