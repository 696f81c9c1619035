"""Drafts: kept while a member types, in two windows too, and gone once they are sent."""

import threading
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from cstar_core import (
    Actor,
    Draft,
    Forbidden,
    Helpdesk,
    NotFound,
    StaleDraft,
    StaleVersion,
    StorageFull,
    Workspace,
)
from tests.core.answering import member, save
from tests.core.limits import file_size_limit
from tests.core.tracing import plan, queries, scans, sorted_by, steps_of
from tests.core.vocabulary import NOTHING, ManualClock, refusal, walk_cursor, walk_pages


@pytest.fixture
def ada(desk: Helpdesk) -> Workspace:
    return member(desk, "Ada")


@pytest.fixture
def bo(desk: Helpdesk) -> Workspace:
    return member(desk, "Bo")


@pytest.fixture
def ticket(acme: Workspace) -> str:
    return acme.tickets.create(title="Late", customer_name="Jane", initial_message="Where?").id


# --- keeping


def test_a_draft_is_kept_as_it_is_typed(ada: Workspace, ticket: str, clock: ManualClock) -> None:
    seen = ada.messages.list(ticket)[-1].id
    kept = save(ada, ticket, " Dear Jane,\n", base=seen)
    assert (kept.ticket_id, kept.ticket_number, kept.ticket_title) == (ticket, 1, "Late")
    assert (kept.content, kept.base, kept.is_internal) == (" Dear Jane,\n", seen, False)
    assert kept.saved_at == clock.now
    assert ada.drafts.get(ticket) == ada.drafts.find(ticket) == kept


def test_the_next_save_takes_the_place_of_the_last(
    ada: Workspace, ticket: str, clock: ManualClock
) -> None:
    first = save(ada, ticket, "a")
    clock.tick()
    second = save(ada, ticket, "ab", expected_version=first.version, base="none")
    assert (second.version, second.saved_at, second.base) == (first.version + 1, clock.now, "none")
    assert ada.drafts.list().items == (second,)


def test_a_reply_and_a_note_are_kept_apart(ada: Workspace, ticket: str) -> None:
    reply, note = save(ada, ticket, "a"), save(ada, ticket, "b", is_internal=True)
    assert (ada.drafts.get(ticket), ada.drafts.get(ticket, is_internal=True)) == (reply, note)
    ada.drafts.discard(ticket)
    assert (ada.drafts.find(ticket), ada.drafts.find(ticket, is_internal=True)) == (None, note)


def test_what_is_the_same_is_not_written_again(
    desk: Helpdesk, ada: Workspace, ticket: str, clock: ManualClock
) -> None:
    kept = save(ada, ticket, "a", expected_version=0)
    clock.tick()
    again = queries(desk, lambda: ada.drafts.save(ticket, "a", expected_version=0))
    assert [text for text in again if text.startswith(("INSERT", "UPDATE"))] == []
    assert ada.drafts.get(ticket) == kept


@pytest.mark.parametrize("blank", ["", " \n\t"])
def test_blank_text_discards_it(ada: Workspace, ticket: str, blank: str) -> None:
    assert ada.drafts.save(ticket, blank) is None
    kept = save(ada, ticket, "a")
    assert ada.drafts.save(ticket, blank, expected_version=kept.version) is None
    assert ada.drafts.find(ticket) is None
    with pytest.raises(NotFound, match="Draft not found"):
        ada.drafts.get(ticket)


PROBLEMS: list[tuple[dict[str, Any], list[str]]] = [
    ({"content": "x" * 100_001}, ["content must be at most 100,000 characters"]),
    ({"content": None}, ["content must be a string"]),
    ({"content": "a\0"}, ["content must be Unicode text without U+0000"]),
    ({"content": "a", "is_internal": 1}, ["is_internal must be true or false"]),
    (
        {"content": "\ud800", "base": "tkt_1", "is_internal": None},
        [
            "content must be Unicode text without U+0000",
            "is_internal must be true or false",
            "base must be an id that begins with msg_, or none",
        ],
    ),
    ({"content": "a", "base": ""}, ["base must be an id that begins with msg_, or none"]),
    ({"content": "a", "base": 7}, ["base must be an id that begins with msg_, or none"]),
]


@pytest.mark.parametrize(("values", "problems"), PROBLEMS)
def test_what_breaks_a_rule_is_refused_and_loses_nothing(
    ada: Workspace, ticket: str, values: dict[str, Any], problems: list[str]
) -> None:
    kept = save(ada, ticket, "kept")
    assert refusal(ada.drafts.save, ticket, **values) == problems
    assert ada.drafts.get(ticket) == kept


def test_a_kind_is_true_or_false(ada: Workspace, ticket: str) -> None:
    odd: Any = "yes"
    for act in (ada.drafts.get, ada.drafts.find, ada.drafts.discard):
        assert refusal(act, ticket, is_internal=odd) == ["is_internal must be true or false"]


def test_a_draft_may_be_as_long_as_a_message(ada: Workspace, ticket: str) -> None:
    assert len(save(ada, ticket, "x" * 100_000).content) == 100_000


def test_saving_is_no_event_and_changes_no_ticket(
    acme: Workspace, ada: Workspace, ticket: str, clock: ManualClock
) -> None:
    before = (acme.tickets.get(ticket), acme.events.list().total)
    clock.tick()
    save(ada, ticket, "a")
    ada.drafts.discard(ticket)
    assert (acme.tickets.get(ticket), acme.events.list().total) == before


# --- whose


def test_a_draft_is_its_members_alone(ada: Workspace, bo: Workspace, ticket: str) -> None:
    kept = save(ada, ticket, "a")
    assert bo.drafts.find(ticket) is None
    other = save(bo, ticket, "b", expected_version=0)
    bo.drafts.discard(ticket)
    assert (ada.drafts.list().items, bo.drafts.list().items) == ((kept,), ())
    assert other.version != kept.version


def test_only_a_member_has_drafts(acme: Workspace, public: Workspace, ticket: str) -> None:
    for room in (acme.drafts, public.drafts):
        acts = (
            lambda room=room: room.save(ticket, "a"),
            lambda room=room: room.find(ticket),
            lambda room=room: room.discard(ticket),
            room.list,
        )
        for act in acts:
            with pytest.raises(Forbidden):
                act()


def test_a_viewer_writes_no_draft(desk: Helpdesk, ticket: str) -> None:
    viewer = member(desk, "Vi", "viewer")
    with pytest.raises(Forbidden):
        viewer.drafts.save(ticket, "a")
    assert viewer.drafts.list().items == ()


def test_a_removed_member_keeps_none(
    desk: Helpdesk, acme: Workspace, ada: Workspace, ticket: str
) -> None:
    save(ada, ticket, "a")
    acme.members.delete(ada.actor.id or "")
    alone = desk.workspace("acme", actor=ada.actor)
    for act in (lambda: alone.drafts.save(ticket, "a"), lambda: alone.drafts.find(ticket)):
        with pytest.raises(Forbidden, match="removed"):
            act()
    assert alone.drafts.list().items == ()
    assert count(desk) == 0


def count(desk: Helpdesk) -> int:
    with desk._store.snapshot() as snap:
        return int(snap.sql("SELECT count(*) FROM drafts")[0][0])


def test_a_member_of_another_team_has_no_place_here(
    desk: Helpdesk, globex: Workspace, ticket: str
) -> None:
    gus = globex.members.create(name="Gus", email="gus@example.com")
    room = desk.workspace("acme", actor=Actor("member", gus.id))
    with pytest.raises(Forbidden):
        room.drafts.save(ticket, "a")
    with pytest.raises(NotFound, match="Ticket not found"):
        desk.workspace_of_member(gus.id).drafts.save(ticket, "a")
    assert count(desk) == 0


@pytest.mark.parametrize("id", [NOTHING, f"tkt_{'0' * 32}", "1", "", None])
def test_there_is_no_draft_of_no_ticket(ada: Workspace, id: Any) -> None:
    for act in (ada.drafts.find, ada.drafts.discard, lambda id: ada.drafts.save(id, "a")):
        with pytest.raises(NotFound, match="Ticket not found"):
            act(id)


def test_live_and_test_drafts_are_apart(desk: Helpdesk, ada: Workspace, sandbox: Workspace) -> None:
    tried = desk.workspace("acme", "test", actor=ada.actor)
    other = sandbox.tickets.create(title="x").id
    kept = save(tried, other, "a")
    assert (ada.drafts.list().total, tried.drafts.list().items) == (0, (kept,))
    with pytest.raises(NotFound):
        ada.drafts.find(other)


# --- two windows


def test_a_window_that_is_behind_is_told_what_is_kept(ada: Workspace, ticket: str) -> None:
    one = save(ada, ticket, "a", expected_version=0)
    two = save(ada, ticket, "ab", expected_version=one.version)
    for version in (0, one.version):
        with pytest.raises(StaleDraft, match=f"at version {two.version}") as caught:
            ada.drafts.save(ticket, "other", expected_version=version)
        assert caught.value.draft == two
        with pytest.raises(StaleDraft):
            ada.drafts.save(ticket, "", expected_version=version)
        with pytest.raises(StaleDraft):
            ada.drafts.discard(ticket, expected_version=version)
    assert issubclass(StaleDraft, StaleVersion)
    assert ada.drafts.get(ticket) == two


def test_who_has_seen_less_but_writes_the_same_is_not_behind(ada: Workspace, ticket: str) -> None:
    kept = save(ada, ticket, "a", base=ada.messages.list(ticket)[-1].id)
    again = save(ada, ticket, "a", base="none", expected_version=kept.version + 7)
    assert (again.content, again.base, again.version) == ("a", "none", kept.version + 1)


def test_a_save_that_was_not_answered_can_be_sent_again(ada: Workspace, ticket: str) -> None:
    one = save(ada, ticket, "a", expected_version=0)
    two = save(ada, ticket, "ab", expected_version=one.version)
    assert ada.drafts.save(ticket, "ab", expected_version=one.version) == two
    for _ in range(2):
        assert ada.drafts.save(ticket, "", expected_version=two.version) is None


def test_what_was_seen_is_the_same_in_both_forms(ada: Workspace, ticket: str) -> None:
    seen = ada.messages.list(ticket)[-1].id
    kept = save(ada, ticket, "a", base=seen)
    dashed = str(UUID(seen.removeprefix("msg_")))
    assert ada.drafts.save(ticket, "a", base=dashed, expected_version=0) == kept


def test_a_new_draft_is_not_taken_for_an_earlier_one(ada: Workspace, ticket: str) -> None:
    one = save(ada, ticket, "a")
    ada.drafts.discard(ticket)
    with pytest.raises(StaleDraft, match="sent or discarded") as caught:
        ada.drafts.save(ticket, "ab", expected_version=one.version)
    assert caught.value.draft is None
    ada.drafts.discard(ticket, expected_version=one.version)
    save(ada, ticket, "new")
    with pytest.raises(StaleDraft):
        ada.drafts.save(ticket, "ab", expected_version=one.version)


def test_of_windows_that_save_at_once_one_is_kept_and_all_others_told(
    desk: Helpdesk, ada: Workspace, ticket: str
) -> None:
    start = save(ada, ticket, "a")
    kept: list[Draft] = []
    told: list[Draft | None] = []

    def window(number: int) -> None:
        room = desk.workspace_of_member(ada.actor.id or "")
        try:
            kept.append(save(room, ticket, f"a{number}", expected_version=start.version))
        except StaleDraft as error:
            told.append(error.draft)

    threads = [threading.Thread(target=window, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(kept) == 1
    assert told == kept * 7
    assert ada.drafts.list().items == tuple(kept)


# --- lists


def test_the_last_saved_comes_first(
    acme: Workspace, ada: Workspace, bo: Workspace, clock: ManualClock
) -> None:
    tickets = [acme.tickets.create(title=f"{number}").id for number in range(7)]
    for number, each in enumerate(tickets):
        save(ada, each, "x")
        save(bo, each, "x")
        clock.tick(seconds=number % 2)
    clock.tick()
    save(ada, tickets[0], "xy")
    everything = ada.drafts.list().items
    assert [each.ticket_title for each in everything] == ["0", "6", "5", "4", "3", "2", "1"]
    assert walk_pages(ada.drafts.list, page_size=3) == list(everything)
    assert walk_cursor(ada.drafts.list, page_size=3) == list(everything)
    assert ada.drafts.list(page_size=3).total == 7
    assert refusal(bo.drafts.list, cursor=ada.drafts.list(page_size=3).next_cursor) != []


# --- what goes with what


def test_a_draft_goes_with_its_ticket(
    desk: Helpdesk, acme: Workspace, ada: Workspace, ticket: str
) -> None:
    save(ada, ticket, "a")
    acme.tickets.delete(ticket)
    assert (count(desk), ada.drafts.list().items) == (0, ())


def test_a_merge_leaves_a_draft_where_it_was_written(
    acme: Workspace, ada: Workspace, ticket: str
) -> None:
    other = acme.tickets.create(title="The same").id
    kept, there = save(ada, ticket, "a"), save(ada, other, "b")
    acme.tickets.merge(ticket, into=other)
    assert ada.drafts.get(ticket) == kept
    assert ada.drafts.list().total == 2
    assert save(ada, ticket, "a!").version == kept.version + 1
    ada.messages.create(ticket, content="a!")
    assert [each.content for each in ada.messages.list(other)] == ["Where?", "a!"]
    assert ada.drafts.list().items == (there,)
    acme.tickets.unmerge(ticket)
    assert ada.drafts.get(other) == there


def test_erasing_a_person_clears_the_drafts_on_their_tickets(
    desk: Helpdesk, acme: Workspace, ada: Workspace, ticket: str
) -> None:
    other = acme.tickets.create(title="x", customer_name="Sam").id
    save(ada, ticket, "Dear Jane")
    save(ada, ticket, "Jane again", is_internal=True)
    kept = save(ada, other, "Dear Sam")
    acme.customers.erase(acme.tickets.get(ticket).customer_id or "")
    assert ada.drafts.list().items == (kept,)
    desk.compact()
    with open(desk.path, "rb") as file:
        assert b"Jane" not in file.read()


def test_deleting_a_customer_keeps_what_is_written(
    acme: Workspace, ada: Workspace, ticket: str
) -> None:
    kept = save(ada, ticket, "a")
    acme.customers.delete(acme.tickets.get(ticket).customer_id or "")
    assert ada.drafts.get(ticket) == kept


def test_a_full_disk_loses_nothing_and_lets_a_draft_go(
    path: Path, ticket: str, ada: Workspace, clock: ManualClock
) -> None:
    kept = save(ada, ticket, "a")
    with Helpdesk.open(path, clock=clock, reserve=1 << 20) as desk:
        room = desk.workspace_of_member(ada.actor.id or "")
        size = max(file.stat().st_size for file in path.parent.iterdir())
        with file_size_limit(size), pytest.raises(StorageFull):
            for number in range(1_000):
                save(room, ticket, f"{number}" + "x" * 90_000)
        found = room.drafts.get(ticket)
        assert found.content == "a" or len(found.content) > 90_000
        assert found.version >= kept.version
        save(room, ticket, "ab")
        room.drafts.discard(ticket)
        assert room.drafts.find(ticket) is None


def test_other_processes_see_what_is_saved(
    path: Path, ticket: str, ada: Workspace, clock: ManualClock
) -> None:
    with Helpdesk.open(path, clock=clock) as other:
        room = other.workspace_of_member(ada.actor.id or "")
        kept = save(ada, ticket, "a")
        assert room.drafts.get(ticket) == kept
        room.messages.create(ticket, content="a")
        with pytest.raises(StaleDraft):
            ada.drafts.save(ticket, "ab", expected_version=kept.version)
        room.presence.seen(ticket, writing=True)
        assert desk_sees(other, ticket) == ["Ada"]


def desk_sees(desk: Helpdesk, ticket: str) -> list[str]:
    found = desk.workspace("acme").presence.of_ticket(ticket)
    return [each.member_name for each in found]


# --- what it costs


def test_a_save_asks_where_it_is_and_writes_once(
    desk: Helpdesk, ada: Workspace, ticket: str
) -> None:
    for content, write in (("a", "INSERT"), ("ab", "UPDATE")):
        run = queries(desk, lambda content=content: ada.drafts.save(ticket, content))
        own = [text for text in run if "PRAGMA" not in text and "_changes" not in text]
        # The role, the ticket with the member, the draft.
        assert [text.split()[0] for text in own] == ["SELECT", "SELECT", "SELECT", write, "COMMIT"]


def test_no_call_looks_at_all_drafts(desk: Helpdesk, ada: Workspace, ticket: str) -> None:
    save(ada, ticket, "a")
    acts = (
        lambda: ada.drafts.save(ticket, "b"),
        lambda: ada.drafts.find(ticket),
        ada.drafts.list,
        lambda: ada.messages.create(ticket, content="c"),
        lambda: ada.drafts.discard(ticket),
    )
    for act in acts:
        assert scans(plan(desk, act)) == []
    assert all("drafts" in text for text in sorted_by(desk, ada.drafts.list))


def test_a_list_takes_as_many_queries_whatever_there_is(
    desk: Helpdesk, acme: Workspace, ada: Workspace
) -> None:
    for number in range(30):
        save(ada, acme.tickets.create(title=f"{number}").id, "x")
    for size in (1, 100):
        assert len(queries(desk, lambda size=size: ada.drafts.list(page_size=size))) == 2


@pytest.mark.parametrize("table", ["members", "tickets"])
def test_what_a_draft_belongs_to_finds_it_by_an_index(desk: Helpdesk, table: str) -> None:
    column = table.removesuffix("s") + "_id"
    for name in ("drafts", "presences"):
        steps = steps_of(desk, f"SELECT 1 FROM {name} WHERE {column} = 7")  # noqa: S608
        assert all("SEARCH" in step for step in steps)
