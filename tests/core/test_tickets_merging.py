"""Merging tickets: the thread goes to another one, and comes back if that is undone."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cstar_core import Helpdesk, MergeConflict, NotFound, StaleVersion, Ticket, Workspace
from tests.core.threads import contents, fresh
from tests.core.vocabulary import NOTHING, ManualClock, ids, refusal
from tests.core.witness import happened, log, types

WAYS = {
    "merge": lambda acme, one, other: acme.tickets.merge(one.id, other.id),
    "unmerge": lambda acme, one, other: acme.tickets.unmerge(one.id),
}


@pytest.fixture
def pair(acme: Workspace, clock: ManualClock) -> tuple[Ticket, Ticket]:
    """Two tickets whose messages came in turns, the last of each an internal one."""
    customer = acme.customers.create(name="Jane")
    one = acme.tickets.create(title="Old", tags="a", status="pending", customer_id=customer.id)
    other = acme.tickets.create(title="New", tags="b", notes="n", metadata={"x": 1})
    for number in range(3):
        for ticket, name in ((one, "old"), (other, "new")):
            clock.tick(minutes=1)
            acme.messages.create(ticket.id, content=f"{name}{number}", is_internal=number == 2)
    return acme.tickets.get(one.id), acme.tickets.get(other.id)


# --- what a merge does


def test_the_messages_go_to_the_other_ticket_in_the_order_of_time(
    acme: Workspace, pair: tuple[Ticket, Ticket]
) -> None:
    one, other = pair
    acme.tickets.merge(one.id, other.id)
    found = acme.tickets.get(other.id)
    assert contents(found) == ["old0", "new0", "old1", "new1", "old2", "new2"]
    assert {message.ticket_id for message in found.messages or ()} == {other.id}
    assert found.message_count == 6
    assert ids(acme.messages.list(other.id)) == ids(found.messages or ())


def test_the_old_ticket_is_closed_and_says_where_its_messages_are(
    acme: Workspace, clock: ManualClock, pair: tuple[Ticket, Ticket]
) -> None:
    one, other = pair
    clock.tick(hours=1)
    found = acme.tickets.merge(one.id, other.id)
    assert (found.status, found.merged_into, found.messages) == ("closed", other.id, ())
    assert (found.closed_at, found.resolved_at, found.updated_at) == (clock.now,) * 3
    assert (found.message_count, found.title, found.tags) == (0, "Old", ("a",))
    assert found == acme.tickets.get(one.id)
    assert [t.merged_into for t in acme.tickets.list(sort="number").items] == [other.id, None]


def test_the_other_ticket_keeps_all_that_is_its_own(
    acme: Workspace, clock: ManualClock, pair: tuple[Ticket, Ticket]
) -> None:
    one, other = pair
    clock.tick()
    acme.tickets.merge(one.id, other.id)
    found = acme.tickets.get(other.id)
    kept = replace(found, messages=other.messages, message_count=other.message_count)
    assert fresh(kept) == fresh(other)
    assert (found.version, found.updated_at) == (other.version + 1, clock.now)


def test_a_customer_does_not_see_what_is_internal_in_a_merged_thread(
    acme: Workspace, public: Workspace, pair: tuple[Ticket, Ticket]
) -> None:
    one, other = pair
    acme.tickets.merge(one.id, other.id)
    found = public.tickets.get(other.id)
    assert (contents(found), found.message_count) == (["old0", "new0", "old1", "new1"], 4)
    assert public.tickets.get(one.id).merged_into == other.id


@pytest.mark.parametrize("word", ["old1", "new1"])
def test_a_search_finds_the_words_where_they_are(
    acme: Workspace, pair: tuple[Ticket, Ticket], word: str
) -> None:
    one, other = pair
    own = one if word.startswith("old") else other
    assert ids(acme.tickets.list(search=word).items) == [own.id]
    acme.tickets.merge(one.id, other.id)
    assert ids(acme.tickets.list(search=word).items) == [other.id]
    acme.tickets.unmerge(one.id)
    assert ids(acme.tickets.list(search=word).items) == [own.id]


def test_the_file_is_sound_before_and_after(
    desk: Helpdesk, acme: Workspace, pair: tuple[Ticket, Ticket]
) -> None:
    one, other = pair
    acme.tickets.merge(one.id, other.id)
    assert desk.check(deep=True).ok
    acme.tickets.list(search="old")
    acme.tickets.unmerge(one.id)
    acme.tickets.list(search="old")
    assert desk.check(deep=True).ok


# --- undoing it


def test_both_are_as_they_were(
    acme: Workspace, clock: ManualClock, pair: tuple[Ticket, Ticket]
) -> None:
    one, other = pair
    clock.tick(days=1)
    acme.tickets.merge(one.id, other.id)
    acme.tickets.unmerge(one.id)
    assert fresh(acme.tickets.get(one.id)) == fresh(one)
    assert fresh(acme.tickets.get(other.id)) == fresh(other)


@pytest.mark.parametrize("status", ["new", "open", "pending", "resolved", "closed"])
def test_the_status_and_its_instants_come_back(
    acme: Workspace, clock: ManualClock, status: str
) -> None:
    one, other = acme.tickets.create(title="A", status=status), acme.tickets.create(title="B")
    clock.tick(days=1)
    acme.tickets.merge(one.id, other.id)
    clock.tick(days=1)
    assert fresh(acme.tickets.unmerge(one.id)) == fresh(acme.tickets.get(one.id)) == fresh(one)


def test_what_came_since_stays_with_the_other_ticket(
    acme: Workspace, pair: tuple[Ticket, Ticket]
) -> None:
    one, other = pair
    acme.tickets.merge(one.id, other.id)
    acme.messages.create(other.id, content="to the other")
    acme.messages.create(one.id, content="to the old one")
    acme.tickets.update(one.id, title="Renamed")
    back = acme.tickets.unmerge(one.id)
    assert (contents(back), back.title) == (contents(one), "Renamed")
    found = acme.tickets.get(other.id)
    assert contents(found) == [*contents(other), "to the other", "to the old one"]
    assert found.message_count == 5


def test_a_ticket_can_be_merged_again(acme: Workspace, pair: tuple[Ticket, Ticket]) -> None:
    one, other = pair
    for _ in range(3):
        acme.tickets.merge(one.id, other.id)
        acme.tickets.unmerge(one.id)
    acme.tickets.merge(other.id, one.id)
    assert acme.tickets.get(one.id).message_count == 6


# --- what is written to a merged ticket


def test_a_message_to_a_merged_ticket_goes_to_the_one_that_has_its_thread(
    acme: Workspace, pair: tuple[Ticket, Ticket]
) -> None:
    one, other = pair
    acme.tickets.merge(one.id, other.id)
    acme.tickets.update(other.id, status="resolved")
    made = acme.messages.create(one.id, content="Still broken", sender="customer")
    assert made.ticket_id == other.id
    statuses = [acme.tickets.get(each.id).status for each in pair]
    assert statuses == ["closed", "open"]


def test_a_message_to_a_merged_ticket_has_the_name_of_its_own_customer(acme: Workspace) -> None:
    one, other = (acme.tickets.create(title="x", customer_name=name) for name in ("Jane", "Bo"))
    acme.tickets.merge(one.id, other.id)
    assert acme.messages.create(one.id, content="a", sender="customer").sender_name == "Jane"
    assert acme.messages.create(other.id, content="b", sender="customer").sender_name == "Bo"


def test_a_merged_ticket_stays_closed(acme: Workspace, pair: tuple[Ticket, Ticket]) -> None:
    one, other = pair
    acme.tickets.merge(one.id, other.id)
    with pytest.raises(MergeConflict, match=f"is merged into {other.id}, and stays closed"):
        acme.tickets.update(one.id, status="open", title="X")
    assert acme.tickets.update(one.id, status="closed", title="Y").title == "Y"


def test_many_are_changed_but_for_the_status_of_a_merged_one(
    acme: Workspace, pair: tuple[Ticket, Ticket]
) -> None:
    one, other = pair
    acme.tickets.merge(one.id, other.id)
    done = acme.tickets.update_many({"status": "open"}, ids=[one.id, other.id])
    assert [item.status for item in done.items] == ["failed", "unchanged"]
    assert isinstance(done.items[0].error, MergeConflict)
    act = acme.tickets.update_many
    assert refusal(act, {"status": "open"}, ids=[one.id], atomic=True) == [
        "ids.0 is merged into another ticket, and stays closed"
    ]


def test_what_was_merged_into_a_deleted_ticket_cannot_be_undone(
    acme: Workspace, pair: tuple[Ticket, Ticket]
) -> None:
    one, other = pair
    acme.tickets.merge(one.id, other.id)
    acme.tickets.delete(other.id)
    left = acme.tickets.get(one.id)
    assert (left.status, left.merged_into, left.messages) == ("closed", None, ())
    with pytest.raises(MergeConflict, match="is not merged"):
        acme.tickets.unmerge(one.id)
    assert acme.tickets.update(one.id, status="open").status == "open"


def test_a_deleted_ticket_leaves_no_text_of_what_was_merged_into_it(
    acme: Workspace, path: Path, pair: tuple[Ticket, Ticket]
) -> None:
    one, other = pair
    acme.tickets.merge(one.id, other.id)
    acme.tickets.delete(other.id)
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("SELECT count(*) FROM messages").fetchone() == (0,)
        assert file.execute("SELECT count(*) FROM ticket_changes").fetchone() == (0,)
    assert acme.tickets.list(search="old1").total == 0


# --- what is refused


CONFLICTS: list[tuple[list[tuple[int, int]], tuple[int, int], str]] = [
    ([(0, 1)], (0, 1), "The ticket is merged into {1}"),
    ([(0, 1)], (0, 2), "The ticket is merged into {1}"),
    ([(0, 1)], (1, 0), "The ticket to merge into is merged into {1}"),
    ([(0, 1)], (2, 0), "The ticket to merge into is merged into {1}"),
    ([(0, 1), (1, 2)], (3, 0), "The ticket to merge into is merged into {2}"),
    ([(0, 1), (1, 2)], (2, 0), "The ticket to merge into is merged into {2}"),
]


@pytest.mark.parametrize(("before", "wanted", "message"), CONFLICTS, ids=repr)
def test_what_is_merged_is_not_merged_or_merged_into(
    acme: Workspace, before: Any, wanted: tuple[int, int], message: str
) -> None:
    made = ids([acme.tickets.create(title=name) for name in "abcd"])
    for one, other in before:
        acme.tickets.merge(made[one], made[other])
    known = log(acme)
    with pytest.raises(MergeConflict) as caught:
        acme.tickets.merge(made[wanted[0]], made[wanted[1]])
    assert str(caught.value) == message.format(*made)
    assert log(acme) == known


def test_a_merge_is_undone_once(acme: Workspace, pair: tuple[Ticket, Ticket]) -> None:
    one, other = pair
    acme.tickets.merge(one.id, other.id)
    acme.tickets.unmerge(one.id)
    with pytest.raises(MergeConflict, match="is not merged"):
        acme.tickets.unmerge(one.id)


@pytest.mark.parametrize("into", ["", "x", NOTHING, f"tkt_{'0' * 32}"])
def test_a_ticket_is_not_merged_into_nothing(acme: Workspace, into: str) -> None:
    made = acme.tickets.create(title="A")
    assert refusal(acme.tickets.merge, made.id, into) == [
        "into must be the id of an existing ticket"
    ]


def test_a_ticket_is_not_merged_into_itself(acme: Workspace) -> None:
    made = acme.tickets.create(title="A")
    assert refusal(acme.tickets.merge, made.id, made.id) == ["into must be another ticket"]


@pytest.mark.parametrize("elsewhere", ["globex", "sandbox"])
def test_no_ticket_is_merged_across_workspaces(
    acme: Workspace, elsewhere: str, request: pytest.FixtureRequest
) -> None:
    foreign = request.getfixturevalue(elsewhere)
    mine, theirs = acme.tickets.create(title="A"), foreign.tickets.create(title="B")
    assert refusal(acme.tickets.merge, mine.id, theirs.id) == [
        "into must be the id of an existing ticket"
    ]
    with pytest.raises(NotFound):
        acme.tickets.merge(theirs.id, mine.id)
    with pytest.raises(NotFound):
        acme.tickets.unmerge(theirs.id)


@pytest.mark.parametrize("way", WAYS)
def test_another_version_than_the_one_read_is_left_alone(
    acme: Workspace, pair: tuple[Ticket, Ticket], way: str
) -> None:
    one, other = pair
    with pytest.raises(StaleVersion):
        acme.tickets.merge(one.id, other.id, expected_version=one.version - 1)
    merged = acme.tickets.merge(one.id, other.id, expected_version=one.version)
    with pytest.raises(StaleVersion):
        acme.tickets.unmerge(one.id, expected_version=one.version)
    acme.tickets.unmerge(one.id, expected_version=merged.version)


# --- events


def test_a_merge_is_an_event_of_both(acme: Workspace, pair: tuple[Ticket, Ticket]) -> None:
    one, other = pair
    events = happened(acme, acme.tickets.merge, one.id, other.id)
    data = {"from": one.id, "into": other.id, "messages": 3}
    assert [(e.type, e.object_id, e.data) for e in events] == [
        ("ticket.merged", one.id, {"number": 1} | data),
        ("ticket.closed", one.id, {"number": 1}),
        ("ticket.merged", other.id, {"number": 2} | data),
    ]
    assert events[0].changes == {
        "mergedInto": {"from": None, "to": other.id},
        "status": {"from": "pending", "to": "closed"},
    }


def test_undoing_it_is_an_event_of_both(acme: Workspace, pair: tuple[Ticket, Ticket]) -> None:
    one, other = pair
    acme.tickets.merge(one.id, other.id)
    events = happened(acme, acme.tickets.unmerge, one.id)
    assert types(events) == ["ticket.unmerged", "ticket.reopened", "ticket.unmerged"]
    assert events[0].changes["mergedInto"] == {"from": other.id, "to": None}
    assert [e.object_id for e in events] == [one.id, one.id, other.id]


def test_each_history_has_the_merge(acme: Workspace, pair: tuple[Ticket, Ticket]) -> None:
    one, other = pair
    acme.tickets.merge(one.id, other.id)
    for ticket in pair:
        found = types(list(acme.events.of_ticket(ticket.id, page_size=100).items))
        assert found.count("ticket.merged") == 1
        assert found.count("message.created") == 3


# --- who is erased from the desk


def test_a_person_is_erased_from_the_thread_that_a_ticket_was_merged_into(
    desk: Helpdesk, acme: Workspace, pair: tuple[Ticket, Ticket]
) -> None:
    one, other = pair
    acme.tickets.merge(one.id, other.id)
    acme.tickets.list(search="old0")
    version = acme.tickets.get(other.id).version
    assert one.customer_id
    acme.customers.erase(one.customer_id)
    found = acme.tickets.get(other.id)
    assert [text for text in contents(found) if text.startswith("old")] == []
    assert [text for text in contents(found) if text.startswith("new")] == contents(other)
    assert (acme.tickets.list(search="old0").total, found.version) == (0, version + 1)
    assert desk.check(deep=True).ok
