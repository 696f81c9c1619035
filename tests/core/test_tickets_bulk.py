"""Many tickets at once: each as by a call of its own, in one transaction."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from cstar_core import BULK_MAX, BulkResult, Forbidden, Helpdesk, Invalid, NotFound, Workspace
from tests.core.tracing import queries, statements, steps_of, unbounded
from tests.core.vocabulary import NOTHING, ManualClock, ids, refusal, titles, walk_pages
from tests.core.witness import log, types

CHANGES: dict[str, dict[str, Any]] = {
    "status": {"status": "closed"},
    "several": {"title": "Same for all", "priority": "urgent", "notes": "n", "metadata": {"a": 1}},
    "nothing": {},
    "tags": {"tags": "one,two"},
    "no customer": {"customer_id": None, "assigned_to": None},
    "a field": {"custom_fields": {"seats": 7}},
}


@pytest.fixture
def twin(filled_template: Path, tmp_path: Path, clock: ManualClock) -> Iterator[Workspace]:
    """The same workspace in another file."""
    path = shutil.copy(filled_template, tmp_path / "twin.db")
    with Helpdesk.open(path, clock=clock) as desk:
        yield desk.workspace("acme")


def everything(workspace: Workspace) -> list[object]:
    """What can be seen of the tickets, and what happened to them."""
    listed = walk_pages(workspace.tickets.list, page_size=100)
    found = [workspace.tickets.list(search=text).total for text in ("refund", "same", "-same")]
    events = [(e.type, e.object_id, e.data, e.changes, e.created_at) for e in log(workspace)]
    return [[workspace.tickets.get(one.id) for one in listed], found, events]


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
def test_many_are_changed_as_each_alone(filled: Workspace, twin: Workspace, changes: Any) -> None:
    some = ids(filled.tickets.list(page_size=100, status="open,closed").items)
    assert len(some) > 5
    filled.tickets.update_many(changes, ids=some)
    for id in some:
        twin.tickets.update(id, **changes)
    assert everything(filled) == everything(twin)


def test_tickets_that_are_named_are_found_by_their_ids(
    filled: Workspace, filled_desk: Helpdesk
) -> None:
    some = ids(filled.tickets.list(page_size=20).items)
    run = queries(filled_desk, lambda: filled.tickets.update_many({"notes": "x"}, ids=some))
    (named,) = [text for text in run if '"uid" IN' in text]
    assert unbounded(steps_of(filled_desk, named)) == []


def test_many_are_deleted_as_each_alone(filled: Workspace, twin: Workspace) -> None:
    some = ids(filled.tickets.list(page_size=100, sort="number", status="open").items)
    filled.tickets.delete_many(filter={"status": "open"})
    for id in some:
        twin.tickets.delete(id)
    mine, theirs = everything(filled), everything(twin)
    assert mine == theirs


def test_the_file_is_sound_afterwards(filled_desk: Helpdesk, filled: Workspace) -> None:
    filled.tickets.update_many({"title": "refund", "add_tags": "x"}, filter={"status": "open"})
    filled.tickets.delete_many(filter={"tags": "x", "priority": "high"})
    assert filled_desk.check(deep=True).ok


# --- which


FILTERS: list[dict[str, Any]] = [
    {"status": "open"},
    {"status": ["new", "closed"], "priority": "high,urgent"},
    {"search": "refund"},
    {"search": "-refund"},
    {"custom_fields": {"seats": {"gte": 2}}},
    {"assigned_to": "none", "status": "open"},
    {"created_after": ManualClock().now},
    {"search": "#3"},
    {"search": '""'},
    {"tags": "vip"},
]


@pytest.mark.parametrize("filter", FILTERS, ids=repr)
def test_a_filter_means_what_the_list_finds(filled: Workspace, filter: Any) -> None:
    found = ids(walk_pages(filled.tickets.list, sort="number", page_size=100, **filter))
    done = filled.tickets.delete_many(filter=filter)
    assert (ids(done.items), done.total) == (found, len(found))


def make(acme: Workspace, number: int, **values: Any) -> list[str]:
    rows = ({"title": f"T{i}", **values} for i in range(number))
    return [id for batch in acme.tickets.import_many(rows) for id in batch.ids]


def walk(acme: Workspace, changes: Any, filter: Any) -> list[BulkResult]:
    calls = [acme.tickets.update_many(changes, filter=filter)]
    while calls[-1].next_cursor is not None:
        calls.append(acme.tickets.update_many(changes, filter=filter, cursor=calls[-1].next_cursor))
    return calls


@pytest.mark.parametrize(
    ("changes", "totals"),
    [({"status": "closed"}, [2_050, 1_050, 50]), ({"add_tags": "seen"}, [2_050, 2_050, 2_050])],
    ids=["the field of the filter", "another field"],
)
def test_no_match_is_passed_over_or_met_twice_in_several_calls(
    acme: Workspace, changes: Any, totals: list[int]
) -> None:
    made = make(acme, 2_050, status="open")
    calls = walk(acme, changes, {"status": "open"})
    assert [id for call in calls for id in ids(call.items)] == made
    assert [call.total for call in calls] == totals
    assert sum(call.count("updated") for call in calls) == len(made)


def test_an_atomic_call_is_refused_if_more_match(acme: Workspace) -> None:
    make(acme, BULK_MAX + 1)
    assert refusal(acme.tickets.delete_many, filter={"status": "new"}, atomic=True) == [
        "filter matches 1,001 tickets; an atomic call takes at most 1,000"
    ]
    assert acme.tickets.list().total == BULK_MAX + 1


def test_a_thousand_take_few_statements_for_reading(desk: Helpdesk, acme: Workspace) -> None:
    made = make(acme, BULK_MAX)
    with statements(desk) as run:
        acme.tickets.update_many({"title": "T0"}, ids=made)
    reads = [text for text in run if text.startswith("SELECT")]
    assert len(reads) < 60


def test_a_desk_without_matches_is_left_alone(acme: Workspace) -> None:
    before = log(acme)
    done = acme.tickets.update_many({"status": "open"}, filter={"tags": "nowhere"})
    assert (done.items, done.total, done.has_more, log(acme)) == ((), 0, False, before)


# --- what each became


def test_each_item_says_what_became_of_it(acme: Workspace) -> None:
    acme.custom_fields.create(name="R", key="r", type="text", entity_type="tickets", required=False)
    full = acme.tickets.create(title="Full", metadata={str(n): n for n in range(50)})
    same, other = acme.tickets.create(title="A", metadata={"x": 1}), acme.tickets.create(title="B")
    done = acme.tickets.update_many(
        {"metadata": {"x": 1}}, ids=[full.id, same.id, other.id, NOTHING, "nonsense"]
    )
    assert [(item.id, item.status, str(item.error or "")) for item in done.items] == [
        (full.id, "failed", "metadata must have at most 50 keys"),
        (same.id, "unchanged", ""),
        (other.id, "updated", ""),
        (NOTHING, "failed", "Ticket not found"),
        ("nonsense", "failed", "Ticket not found"),
    ]
    assert [done.count(status) for status in ("updated", "unchanged", "failed")] == [1, 1, 3]


def test_an_id_without_its_prefix_is_answered_with_it(acme: Workspace) -> None:
    made = acme.tickets.create(title="A").id
    digits = made.removeprefix("tkt_")
    dashed = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
    assert ids(acme.tickets.delete_many(ids=[dashed]).items) == [made]


@pytest.mark.parametrize("elsewhere", ["globex", "sandbox"])
def test_tickets_of_another_workspace_are_not_found(
    acme: Workspace, elsewhere: str, request: pytest.FixtureRequest
) -> None:
    made = acme.tickets.create(title="A")
    foreign = request.getfixturevalue(elsewhere).tickets
    (item,) = foreign.delete_many(ids=[made.id]).items
    assert isinstance(item.error, NotFound)
    assert foreign.delete_many(filter={"status": "new"}).total == 0
    assert acme.tickets.get(made.id) == made


TAGS: list[tuple[dict[str, str], tuple[str, ...]]] = [
    ({"add_tags": "c"}, ("A", "b", "c")),
    ({"add_tags": "a,c"}, ("A", "b", "c")),
    ({"remove_tags": "a, x"}, ("b",)),
    ({"add_tags": "a", "remove_tags": "A"}, ("b", "a")),
    ({"remove_tags": "B,a"}, ()),
    ({"add_tags": ""}, ("A", "b")),
]


@pytest.mark.parametrize(("changes", "after"), TAGS, ids=repr)
def test_tags_are_added_and_removed(acme: Workspace, changes: Any, after: object) -> None:
    made = acme.tickets.create(title="T", tags="A,b")
    acme.tickets.update_many(changes, ids=[made.id])
    assert acme.tickets.get(made.id).tags == after
    assert acme.tickets.list(tags="b").total == ("b" in acme.tickets.get(made.id).tags)


def test_no_more_than_fifty_tags_come_together(acme: Workspace) -> None:
    made = acme.tickets.create(title="T", tags=[str(n) for n in range(49)])
    (item,) = acme.tickets.update_many({"add_tags": "x,y"}, ids=[made.id]).items
    assert str(item.error) == "add_tags must be at most 50 tags"


# --- all or none, and trying


def test_an_atomic_call_changes_nothing_if_one_cannot_be_changed(acme: Workspace) -> None:
    made = make(acme, 150)
    full = acme.tickets.create(title="Full", metadata={str(n): n for n in range(50)})
    before = log(acme)
    changes: Any = {"metadata": {"x": 1}, "status": "open"}
    act = acme.tickets.update_many
    assert refusal(act, changes, ids=[*made, full.id, NOTHING], atomic=True) == [
        "ids.150.metadata must have at most 50 keys",
        "ids.151 must be the id of an existing ticket",
    ]
    assert refusal(act, changes, filter={"status": "new"}, atomic=True) == [
        f"{full.id}.metadata must have at most 50 keys"
    ]
    assert (log(acme), acme.tickets.list(status="new").total) == (before, 151)


def test_an_atomic_call_names_at_most_a_hundred_problems(acme: Workspace) -> None:
    absent = [f"tkt_{n:032x}" for n in range(1_000)]
    assert len(refusal(acme.tickets.delete_many, ids=absent, atomic=True)) == 100


DEEDS: list[Callable[..., BulkResult]] = [
    lambda acme, **how: acme.tickets.update_many({"title": "new words", "add_tags": "x"}, **how),
    lambda acme, **how: acme.tickets.delete_many(**how),
]


@pytest.mark.parametrize("deed", DEEDS)
def test_a_dry_run_answers_as_the_deed_and_leaves_no_trace(
    filled_desk: Helpdesk, filled: Workspace, deed: Callable[..., BulkResult]
) -> None:
    before = everything(filled)
    how: Any = {"filter": {"search": "refund"}}
    tried = deed(filled, dry_run=True, **how)
    assert everything(filled) == before
    assert filled_desk.check(deep=True).ok
    done = deed(filled, **how)
    assert (tried, everything(filled) == before) == (done, False)


def test_a_dry_run_is_refused_as_the_deed_is(acme: Workspace) -> None:
    act = acme.tickets.delete_many
    assert refusal(act, ids=[NOTHING], atomic=True, dry_run=True) == [
        "ids.0 must be the id of an existing ticket"
    ]


def test_a_dry_run_inside_a_transaction_takes_back_itself_alone(
    desk: Helpdesk, acme: Workspace
) -> None:
    with desk.transaction():
        made = acme.tickets.create(title="A")
        acme.tickets.delete_many(ids=[made.id], dry_run=True)
    assert titles(acme.tickets.list().items) == ["A"]


def test_several_calls_in_one_transaction_find_what_it_wrote(
    desk: Helpdesk, acme: Workspace
) -> None:
    with desk.transaction():
        acme.tickets.create(title="marmalade")
        assert acme.tickets.update_many({"title": "jam"}, filter={"search": "marmalade"}).total == 1
        assert acme.tickets.delete_many(filter={"search": "jam"}).total == 1
    assert acme.tickets.list().total == 0


def test_what_is_deleted_leaves_no_text_waiting(acme: Workspace, path: Path) -> None:
    made = make(acme, 3, title="secret", messages=[{"content": "secret"}])
    acme.tickets.update_many({"title": "secret again"}, ids=made)
    acme.tickets.delete_many(ids=made)
    assert b"secret" not in b"".join(
        str(row).encode() for row in rows(path, "SELECT * FROM ticket_changes")
    )
    assert "secret" not in repr(log(acme))
    assert types(log(acme))[-3:] == ["ticket.deleted"] * 3


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as file:
        return file.execute(query).fetchall()


# --- what is refused


REFUSED: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["ids is required, unless there is a filter"]),
    ({"ids": [], "filter": {}}, ["ids must not be given together with filter"]),
    ({"ids": []}, ["ids must have 1 to 1,000 ids"]),
    ({"ids": ["x"] * 1_001}, ["ids must have 1 to 1,000 ids"]),
    ({"ids": "x"}, ["ids must be an array of ids"]),
    ({"ids": [1]}, ["ids.0 must be a string"]),
    ({"ids": ["x", "y", "x"]}, ["ids.2 must not be the same ticket as ids.0"]),
    (
        {"ids": [NOTHING, "tkt_" + NOTHING.replace("-", "")]},
        ["ids.1 must not be the same ticket as ids.0"],
    ),
    ({"ids": ["x"], "cursor": "x"}, ["cursor can be given only together with filter"]),
    ({"filter": 1}, ["filter must be an object"]),
    ({"filter": {}}, ["filter must have a condition"]),
    ({"filter": {"status": None, "search": " ", "tags": ",", "custom_fields": {}}},
     ["filter must have a condition"]),
    ({"filter": {"custom_fields": {"seats": {}}}}, ["filter must have a condition"]),
    ({"filter": {"statsu": "x"}}, ["filter.statsu is not known; did you mean status?"]),
    ({"filter": {"status": "opne"}},
     ["filter.status must be one of: new, open, pending, resolved, closed"]),
    ({"filter": {"search": 5}}, ["filter.search must be a string"]),
    ({"filter": {"custom_fields": {"x": 1}}}, ["filter.custom_fields.x is not known"]),
    ({"filter": {"status": "new"}, "cursor": "x"},
     ["cursor must be a nextCursor of an earlier answer to the same query"]),
    ({"filter": {"status": "new"}, "cursor": "x", "atomic": True},
     ["cursor must not be given together with atomic"]),
]  # fmt: skip


@pytest.mark.parametrize(("which", "problems"), REFUSED, ids=repr)
def test_tickets_that_cannot_be_meant_are_refused(
    acme: Workspace, which: Any, problems: list[str]
) -> None:
    acme.custom_fields.create(name="Seats", key="seats", type="number", entity_type="tickets")
    acme.tickets.create(title="T")
    assert refusal(acme.tickets.delete_many, **which) == problems
    assert acme.tickets.list().total == 1


UNFIT: list[tuple[dict[str, Any], list[str]]] = [
    ({"title": " "}, ["changes.title is required"]),
    ({"titel": "x"}, ["changes.titel is not known; did you mean title?"]),
    ({"customer_id": NOTHING}, ["changes.customer_id must be the id of an existing customer"]),
    ({"assigned_to": "x"}, ["changes.assigned_to must be the id of an existing member"]),
    ({"custom_fields": {"x": 1}}, ["changes.custom_fields.x is not known"]),
    ({"add_tags": ["a,b"]}, ["changes.add_tags.0 must not contain a comma"]),
    ({"tags": "a", "add_tags": "b"}, ["changes.add_tags must not be given together with tags"]),
]


@pytest.mark.parametrize(("changes", "problems"), UNFIT, ids=repr)
def test_a_change_that_fits_no_ticket_is_refused(
    acme: Workspace, changes: Any, problems: list[str]
) -> None:
    acme.tickets.create(title="T")
    before = log(acme)
    assert refusal(acme.tickets.update_many, changes, filter={"status": "new"}) == problems
    assert log(acme) == before


def test_one_ticket_is_not_given_tags_to_add(acme: Workspace) -> None:
    made = acme.tickets.create(title="T")
    with pytest.raises(Invalid, match="add_tags is not known"):
        acme.tickets.update(made.id, add_tags=7)  # type: ignore[call-arg]


def test_a_publishable_key_changes_nothing(acme: Workspace, public: Workspace) -> None:
    made = acme.tickets.create(title="T")
    with pytest.raises(Forbidden):
        public.tickets.delete_many(ids=[made.id], dry_run=True)
