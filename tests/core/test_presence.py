"""Presence: who is at a ticket, seen by others, for half a minute."""

import threading
from typing import Any

import pytest

from cstar_core import PRESENT_SECONDS, Actor, Forbidden, Helpdesk, NotFound, Presence, Workspace
from tests.core.answering import member
from tests.core.tracing import plan, queries, scans, unbounded
from tests.core.vocabulary import NOTHING, ManualClock, refusal


@pytest.fixture
def ada(desk: Helpdesk) -> Workspace:
    return member(desk, "Ada")


@pytest.fixture
def bo(desk: Helpdesk) -> Workspace:
    return member(desk, "Bo")


@pytest.fixture
def ticket(acme: Workspace) -> str:
    return acme.tickets.create(title="Late").id


def there(room: Workspace, ticket: str) -> list[tuple[str, bool]]:
    return [(each.member_name, each.is_writing) for each in room.presence.of_ticket(ticket)]


def count(desk: Helpdesk) -> int:
    with desk._store.snapshot() as snap:
        return int(snap.sql("SELECT count(*) FROM presences")[0][0])


def test_others_see_who_is_there(
    ada: Workspace, bo: Workspace, ticket: str, clock: ManualClock
) -> None:
    ada.presence.seen(ticket)
    (found,) = bo.presence.of_ticket(ticket)
    assert found == Presence(ada.actor.id or "", "Ada", False, clock.now)
    assert there(ada, ticket) == []


def test_others_see_who_writes_and_who_stops(
    acme: Workspace, ada: Workspace, bo: Workspace, ticket: str
) -> None:
    for writing in (False, True, False):
        ada.presence.seen(ticket, writing=writing)
        assert there(bo, ticket) == [("Ada", writing)]
    bo.presence.seen(ticket, writing=True)
    assert there(acme, ticket) == [("Ada", False), ("Bo", True)]


@pytest.mark.parametrize(("seconds", "seen"), [(0, 1), (29, 1), (30, 0), (-30, 1), (-31, 0)])
def test_it_is_over_after_half_a_minute_whatever_the_clock_does(
    ada: Workspace, bo: Workspace, ticket: str, clock: ManualClock, seconds: int, seen: int
) -> None:
    ada.presence.seen(ticket)
    clock.tick(seconds=seconds)
    assert len(there(bo, ticket)) == seen


def test_who_is_seen_again_stays(
    ada: Workspace, bo: Workspace, ticket: str, clock: ManualClock
) -> None:
    for _ in range(10):
        ada.presence.seen(ticket)
        clock.tick(seconds=PRESENT_SECONDS - 1)
        assert there(bo, ticket) == [("Ada", False)]


def test_who_leaves_is_gone_at_once(ada: Workspace, bo: Workspace, ticket: str) -> None:
    ada.presence.left(ticket)
    for room in (ada, bo):
        room.presence.seen(ticket)
    ada.presence.left(ticket)
    assert (there(bo, ticket), there(ada, ticket)) == ([], [("Bo", False)])


def test_many_tickets_are_asked_for_at_once(
    desk: Helpdesk, acme: Workspace, globex: Workspace, ada: Workspace, bo: Workspace
) -> None:
    tickets = [acme.tickets.create(title=f"{number}").id for number in range(3)]
    foreign = globex.tickets.create(title="x").id
    ada.presence.seen(tickets[0])
    ada.presence.seen(tickets[1], writing=True)
    bo.presence.seen(tickets[1])
    dashed = str(tickets[1].removeprefix("tkt_"))
    dashed = "-".join((dashed[:8], dashed[8:12], dashed[12:16], dashed[16:20], dashed[20:]))
    asked: list[Any] = [*tickets, dashed, foreign, NOTHING, "x", None, 7, []]
    found = bo.presence.of_tickets(asked)
    names = {id: [each.member_name for each in others] for id, others in found.items()}
    assert names == {tickets[0]: ["Ada"], tickets[1]: ["Ada"], tickets[2]: [], dashed: ["Ada"]}
    assert bo.presence.of_tickets([]) == {}
    few, many = (queries(desk, lambda n=n: bo.presence.of_tickets(tickets[:n])) for n in (1, 3))
    assert len(few) == len(many) == 2
    assert refusal(bo.presence.of_tickets, ["x"] * 1_001) == [
        "ids must have at most 1,000 entries at once"
    ]


@pytest.mark.parametrize("id", [NOTHING, f"tkt_{'0' * 32}", "1", "", None])
def test_nobody_is_at_no_ticket(ada: Workspace, id: Any) -> None:
    for act in (ada.presence.seen, ada.presence.left, ada.presence.of_ticket):
        with pytest.raises(NotFound, match="Ticket not found"):
            act(id)


def test_only_members_are_there(
    desk: Helpdesk, acme: Workspace, public: Workspace, globex: Workspace, ticket: str
) -> None:
    gus = globex.members.create(name="Gus", email="gus@example.com")
    stranger = desk.workspace("acme", actor=Actor("member", gus.id))
    viewer = member(desk, "Vi", "viewer")
    for room in (acme, public, stranger, viewer):
        for act in (room.presence.seen, room.presence.left):
            with pytest.raises(Forbidden):
                act(ticket)
    for read in (public.presence.of_ticket, lambda id: public.presence.of_tickets([id])):
        with pytest.raises(Forbidden):
            read(ticket)
    assert viewer.presence.of_ticket(ticket) == ()
    assert count(desk) == 0


def test_a_flag_is_true_or_false(ada: Workspace, ticket: str) -> None:
    assert refusal(ada.presence.seen, ticket, writing=1) == ["writing must be true or false"]


def test_it_goes_with_the_member_and_the_ticket(
    desk: Helpdesk, acme: Workspace, ada: Workspace, bo: Workspace, ticket: str
) -> None:
    other = acme.tickets.create(title="x").id
    for room in (ada, bo):
        room.presence.seen(ticket)
        room.presence.seen(other)
    acme.members.delete(ada.actor.id or "")
    assert there(acme, ticket) == [("Bo", False)]
    acme.tickets.delete(ticket)
    assert count(desk) == 1


def test_it_is_no_event_and_changes_no_ticket(acme: Workspace, ada: Workspace, ticket: str) -> None:
    before = (acme.tickets.get(ticket), acme.events.list().total)
    ada.presence.seen(ticket, writing=True)
    assert (acme.tickets.get(ticket), acme.events.list().total) == before


def test_who_goes_from_ticket_to_ticket_leaves_nothing_behind(
    desk: Helpdesk, acme: Workspace, ada: Workspace, clock: ManualClock
) -> None:
    for number in range(20):
        ada.presence.seen(acme.tickets.create(title=f"{number}").id)
        clock.tick(seconds=10)
    assert count(desk) == 3


def test_a_beat_that_says_the_same_again_is_not_written(
    desk: Helpdesk, ada: Workspace, ticket: str, clock: ManualClock
) -> None:
    def written(writing: bool) -> bool:
        run = queries(desk, lambda: ada.presence.seen(ticket, writing=writing))
        return any(text.startswith("INSERT") for text in run)

    assert [written(False), written(False), written(True), written(True)] == [1, 0, 1, 0]
    clock.tick(seconds=5)
    assert written(True)
    clock.tick(seconds=-5)
    assert written(True)


def test_no_beat_looks_at_everybody(desk: Helpdesk, ada: Workspace, ticket: str) -> None:
    acts = (
        lambda: ada.presence.seen(ticket),
        lambda: ada.presence.of_ticket(ticket),
        lambda: ada.presence.of_tickets([f"tkt_{n:032x}" for n in range(50)]),
        lambda: ada.presence.left(ticket),
    )
    for act in acts:
        steps = plan(desk, act)
        assert scans(steps) + unbounded(steps) == []


def test_many_at_once_are_all_there(desk: Helpdesk, acme: Workspace, ticket: str) -> None:
    rooms = [member(desk, f"m{number}") for number in range(6)]
    failed: list[Exception] = []

    def look(room: Workspace) -> None:
        try:
            for number in range(20):
                room.presence.seen(ticket, writing=number % 2 == 0)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=look, args=(room,)) for room in rooms]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert there(acme, ticket) == [(f"m{number}", False) for number in range(6)]
