"""Saved views: who sees and changes them, and what becomes of what they name."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from cstar_core import (
    Conflict,
    Forbidden,
    Helpdesk,
    Member,
    NotFound,
    StaleVersion,
    View,
    Workspace,
)
from cstar_core.customers.viewed import events_of_views
from tests.core.exported import content, rows
from tests.core.tracing import plan, queries, steps_of, unbounded
from tests.core.vocabulary import ManualClock, ids, messages, refusal, titles

OWNER = ("Olga Owner", "olga@example.com", "owner")
AGENT = ("Ada Agent", "ada@example.com", "agent")
OTHER = ("Otto Other", "otto@example.com", "agent")
VIEWER = ("Vic Viewer", "vic@example.com", "viewer")


@pytest.fixture
def people(acme: Workspace) -> dict[str, Member]:
    made = [acme.members.create(name=n, email=e, role=r) for n, e, r in
            (OWNER, AGENT, OTHER, VIEWER)]  # fmt: skip
    return {member.name.split()[0].lower(): member for member in made}


@pytest.fixture
def as_member(desk: Helpdesk, people: dict[str, Member]) -> Callable[[str], Workspace]:
    return lambda name: desk.workspace_of_member(people[name].id)


def saved(room: Workspace) -> list[View]:
    return [view for view in room.views.list() if not view.is_built_in]


def names(room: Workspace) -> list[str]:
    return [view.name for view in saved(room)]


AsMember = Callable[[str], Workspace]


def test_a_view_is_a_name_and_a_text_that_finds_tickets(as_member: AsMember) -> None:
    ada = as_member("ada")
    view = ada.views.create(name="Hot", text="priority:urgent sort:-updatedAt tag:vip")
    assert view.filter == {"priority": ["urgent"], "tags": ["vip"]}
    assert (view.sort, view.text) == ("-updated_at", "priority:urgent sort:-updatedAt tag:vip")
    assert (view.is_shared, view.is_built_in, view.version) == (False, False, 1)
    assert ada.member is not None and view.member_id == ada.member.id
    assert ada.views.get(view.id) == view


def test_the_tickets_of_a_view_are_listed_with_its_filter_and_sort(as_member: AsMember) -> None:
    ada = as_member("ada")
    ada.tickets.create(title="Mine", assigned_to=ada.member and ada.member.id)
    ada.tickets.create(title="Nobody's")
    (mine,) = [view for view in ada.views.list() if view.id == "mine"]
    found = ada.tickets.list(**mine.filter, sort=mine.sort or "-created_at")
    assert titles(found.items) == ["Mine"]


def test_views_that_are_built_in_come_first_and_look_alike(as_member: AsMember) -> None:
    ada = as_member("ada")
    ada.views.create(name="Own")
    found = ada.views.list()
    assert [view.name for view in found] == [
        "Mine", "Unassigned", "Open", "Pending", "Resolved", "All", "Own",
    ]  # fmt: skip
    assert [view.problems for view in found] == [()] * 7
    assert ada.views.get("open") == found[2]


def test_nobody_but_a_member_has_mine(acme: Workspace) -> None:
    assert "mine" not in ids(acme.views.list())
    assert acme.views.find("mine") is None


def test_what_is_built_in_stays_as_it_is(acme: Workspace) -> None:
    for change in (acme.views.update, acme.views.delete, acme.views.move):
        with pytest.raises(Forbidden):
            change("open")  # type: ignore[operator]


def test_members_see_what_is_shared_and_their_own(as_member: AsMember, acme: Workspace) -> None:
    ada, otto = as_member("ada"), as_member("otto")
    private = ada.views.create(name="Ada's")
    ada.views.create(name="All of us", shared=True)
    assert (names(ada), names(otto), names(acme)) == (
        ["Ada's", "All of us"],
        ["All of us"],
        ["All of us"],
    )
    for room in (otto, as_member("olga"), acme):
        with pytest.raises(NotFound):
            room.views.get(private.id)
        with pytest.raises(NotFound):
            room.views.update(private.id, name="x")


def test_a_list_of_views_does_not_look_at_those_of_other_members(
    desk: Helpdesk, as_member: AsMember
) -> None:
    ada = as_member("ada")
    ada.views.create(name="Ada's")
    run = [text for text in queries(desk, ada.views.list) if 'FROM "views"' in text]
    walks = [step for text in run for step in steps_of(desk, text) if "views_" in step]
    assert len(run) == 2
    assert sorted(walks) == [
        "SEARCH t1 USING INDEX views_member (member_id=?)",
        "SEARCH t1 USING INDEX views_shared (workspace_id=? AND is_shared=?)",
    ]


def test_a_shared_view_is_changed_by_its_maker_and_by_owners(as_member: AsMember) -> None:
    view = as_member("ada").views.create(name="Hot", shared=True)
    otto = as_member("otto")
    for change in (
        lambda: otto.views.update(view.id, name="x"),
        lambda: otto.views.delete(view.id),
        lambda: otto.views.move(view.id),
    ):
        with pytest.raises(Forbidden):
            change()
    assert as_member("ada").views.update(view.id, name="Hotter").name == "Hotter"
    assert as_member("olga").views.update(view.id, name="Hottest").name == "Hottest"
    as_member("olga").views.delete(view.id)
    assert names(otto) == []


def test_a_viewer_only_looks(as_member: AsMember) -> None:
    as_member("ada").views.create(name="Hot", shared=True)
    vic = as_member("vic")
    assert names(vic) == ["Hot"]
    with pytest.raises(Forbidden):
        vic.views.create(name="Own")


def test_a_publishable_key_does_not_open_the_views(public: Workspace) -> None:
    calls: list[Callable[[], object]] = [
        lambda: public.views.list(),
        lambda: public.views.get("open"),
        lambda: public.views.read("assignee:x"),
        lambda: public.views.write({}),
        lambda: public.views.create(name="x", shared=True),
    ]
    for call in calls:
        with pytest.raises(Forbidden):
            call()


def test_only_its_maker_takes_a_shared_view_back(as_member: AsMember) -> None:
    view = as_member("ada").views.create(name="Hot", shared=True)
    assert refusal(as_member("olga").views.update, view.id, shared=False) == [
        "shared can be taken back only by who made the view"
    ]
    assert not as_member("ada").views.update(view.id, shared=False).is_shared
    assert names(as_member("olga")) == []


def test_the_system_has_no_view_alone(acme: Workspace) -> None:
    assert refusal(acme.views.create, name="x") == ["shared must be true, except for a member"]
    assert acme.views.create(name="x", shared=True).member_id is None


WRONG: list[tuple[dict[str, Any], list[str]]] = [
    ({"name": ""}, ["name is required"]),
    ({"name": "x" * 101}, ["name must be at most 100 characters"]),
    ({"name": 5, "text": 5, "shared": 5},
     ["name must be a string", "text must be a string", "shared must be true or false"]),
    ({"name": "x", "text": "status:opne -tag:a"},
     ["text is not understood: status:opne must be one of: new, open, pending, resolved, closed",
      "text is not understood: -tag:a cannot be excluded: a list finds what has it, "
      "not what lacks it"]),
    ({"name": "x", "text": "x " * 1_001}, ["text must be at most 2,000 characters"]),
    ({"name": "x", "text": "customer:zoe"},
     ["text is not understood: customer:zoe is no customer"]),
]  # fmt: skip


@pytest.mark.parametrize(("values", "problems"), WRONG)
def test_what_cannot_be_saved_is_refused_and_nothing_is_written(
    acme: Workspace, values: dict[str, Any], problems: list[str]
) -> None:
    assert refusal(acme.views.create, **{"shared": True, **values}) == problems
    view = acme.views.create(name="Fine", shared=True)
    assert refusal(acme.views.update, view.id, **values) == problems
    assert acme.views.list()[-1] == view


def test_a_change_of_nothing_leaves_no_trace(acme: Workspace) -> None:
    view = acme.views.create(name="Hot", text="status:open", shared=True)
    before = acme.events.list().total
    assert acme.views.update(view.id, name="Hot", text="STATUS:open", shared=True) == view
    assert acme.events.list().total == before


def test_a_view_that_was_changed_meanwhile_is_not_changed(acme: Workspace) -> None:
    view = acme.views.create(name="Hot", shared=True)
    acme.views.update(view.id, name="Hotter")
    for change in (acme.views.update, acme.views.delete):
        with pytest.raises(StaleVersion):
            change(view.id, expected_version=1)


def test_another_teams_view_is_not_found(acme: Workspace, globex: Workspace) -> None:
    view = acme.views.create(name="Hot", shared=True)
    assert globex.views.find(view.id) is None
    for id in (view.id, "view_x", "", "nothing"):
        with pytest.raises(NotFound):
            globex.views.delete(id)


def test_a_member_is_named_by_address_and_may_be_renamed(
    acme: Workspace, people: dict[str, Member]
) -> None:
    view = acme.views.create(name="Ada's", text='assignee:"ada agent"', shared=True)
    assert view.text == "assignee:ada@example.com"
    acme.members.update(people["ada"].id, name="Zoe", email="zoe@example.com")
    assert acme.views.get(view.id).text == "assignee:zoe@example.com"
    assert acme.views.get(view.id).filter == {"assigned_to": people["ada"].id}


def test_a_removed_member_leaves_shared_views_and_takes_their_own(
    as_member: AsMember, acme: Workspace, people: dict[str, Member]
) -> None:
    ada = as_member("ada")
    ada.views.create(name="Own")
    shared = ada.views.create(name="Hers", text="assignee:ada status:open", shared=True)
    acme.members.delete(people["ada"].id)
    left = acme.views.get(shared.id)
    gone = people["ada"].id
    assert (left.member_id, left.text) == (None, f"assignee:{gone} status:open")
    assert messages(left.problems) == [f"assignee:{gone} is no member any more"]
    assert acme.tickets.list(**left.filter).total == 0
    assert names(acme) == ["Hers"]


def test_a_view_with_a_problem_finds_nothing_and_can_be_renamed(acme: Workspace) -> None:
    field = acme.custom_fields.create(name="Plan", key="plan", type="text", entity_type="tickets")
    view = acme.views.create(name="Gold", text="plan:gold status:new", shared=True)
    acme.tickets.create(title="New")
    acme.custom_fields.delete(field.id)
    left = acme.views.get(view.id)
    assert messages(left.problems) == ["plan:gold is no custom field any more"]
    assert acme.tickets.list(**left.filter).total == 0
    assert acme.views.update(view.id, name="Old", text=left.text).name == "Old"
    assert "text is not understood" not in refusal(acme.views.update, view.id, text=5)[0]


def test_an_option_that_is_gone_still_finds_what_has_it(acme: Workspace) -> None:
    field = acme.custom_fields.create(
        name="Plan", key="plan", type="select", entity_type="tickets", options=["free", "gold"]
    )
    view = acme.views.create(name="Gold", text="plan:GOLD", shared=True)
    acme.tickets.create(title="Has it", custom_fields={"plan": "gold"})
    acme.custom_fields.update(field.id, options=["free"])
    assert titles(acme.tickets.list(**acme.views.get(view.id).filter).items) == ["Has it"]


def test_a_customer_who_is_gone_has_no_tickets(acme: Workspace) -> None:
    jane = acme.customers.create(name="Jane Smith", email="jane@example.com")
    view = acme.views.create(name="Hers", text='customer:"JANE smith"', shared=True)
    assert view.filter == {"customer_id": jane.id}
    assert acme.views.read("customer:Jane@Example.com").filter == {"customer_id": jane.id}
    acme.customers.delete(jane.id)
    assert acme.tickets.list(**acme.views.get(view.id).filter).total == 0


def test_of_an_erased_person_no_view_and_no_word_of_it_is_left(
    acme: Workspace, desk: Helpdesk
) -> None:
    jane = acme.customers.create(name="Jane Smith", email="jane@example.com")
    acme.views.create(name="Jane Smith", text="customer:jane@example.com", shared=True)
    acme.views.create(name="Others", text="status:open", shared=True)
    acme.customers.erase(jane.id)
    assert names(acme) == ["Others"]
    assert [e.data for e in acme.events.list(types="view.created").items][:1] == [{}]


@pytest.mark.parametrize(
    "change",
    [
        lambda room, view: room.views.delete(view.id),
        lambda room, view: room.views.update(view.id, text="status:open"),
        lambda room, view: room.views.update(view.id, name="Somebody", text=""),
    ],
)
def test_a_view_that_named_an_erased_person_once_leaves_no_word_either(
    acme: Workspace, change: Callable[[Workspace, View], object]
) -> None:
    jane = acme.customers.create(name="Jane Smith", email="jane@example.com")
    view = acme.views.create(name="Jane Smith", text="customer:jane@example.com", shared=True)
    other = acme.views.create(name="Others", shared=True)
    change(acme, view)
    acme.customers.erase(jane.id)
    of_views = acme.events.list(types="view.*").items
    assert [(e.data, e.changes) for e in of_views if e.object_id == view.id] == [({}, {})] * 2
    assert [e.data["name"] for e in of_views if e.object_id == other.id] == ["Others"]


def test_a_view_that_was_shared_later_and_deleted_names_no_erased_person(
    as_member: AsMember, acme: Workspace
) -> None:
    jane = acme.customers.create(name="Jane Smith", email="jane@example.com")
    ada = as_member("ada")
    view = ada.views.create(name="Jane Smith", text="customer:jane@example.com")
    ada.views.update(view.id, shared=True)
    ada.views.delete(view.id)
    acme.customers.erase(jane.id)
    assert [(e.data, e.changes) for e in acme.events.list(types="view.*").items] == [({}, {})] * 3


def test_the_views_that_named_a_person_are_found_along_the_index_of_types(
    acme: Workspace, desk: Helpdesk
) -> None:
    def look() -> list[int]:
        with acme._store.snapshot() as snap:
            return events_of_views(snap, acme._scope, "cus_x")

    assert look() == []
    steps = plan(desk, look)
    assert sum("INDEX events_type (workspace_id=? AND type=?)" in step for step in steps) == 1
    # Views are few, and no index knows whom they name.
    assert unbounded(steps) == ["SEARCH t1 USING INDEX views_shared (workspace_id=?)"]


def test_views_are_moved_behind_others(acme: Workspace) -> None:
    one, two, three = (acme.views.create(name=name, shared=True) for name in ("1", "2", "3"))
    acme.views.move(three.id)
    assert names(acme) == ["3", "1", "2"]
    acme.views.move(three.id, after=one.id)
    assert names(acme) == ["1", "3", "2"]
    before = acme.events.list().total
    acme.views.move(two.id, after=two.id)
    assert acme.events.list().total == before
    with pytest.raises(NotFound):
        acme.views.move(two.id, after="open")


def test_views_can_be_moved_for_ever(acme: Workspace) -> None:
    made = [acme.views.create(name=str(number), shared=True) for number in range(3)]
    for turn in range(60):
        acme.views.move(made[turn % 2 + 1].id, after=made[0].id)
    assert names(acme) == ["0", "1", "2"] or names(acme) == ["0", "2", "1"]
    positions = [view.position for view in saved(acme)]
    assert positions == sorted(set(positions))


def test_a_team_has_a_hundred_shared_views(acme: Workspace) -> None:
    for number in range(100):
        acme.views.create(name=str(number), shared=True)
    with pytest.raises(Conflict):
        acme.views.create(name="one more", shared=True)


def test_two_at_once_do_not_have_one_more(acme: Workspace) -> None:
    for number in range(99):
        acme.views.create(name=str(number), shared=True)

    def one_more(_: int) -> bool:
        try:
            return bool(acme.views.create(name="x", shared=True))
        except Conflict:
            return False

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(one_more, range(4))) == 1


def test_events_tell_of_shared_views_and_not_what_is_in_private_ones(
    as_member: AsMember, acme: Workspace
) -> None:
    ada = as_member("ada")
    view = ada.views.create(name="Secret", text="status:open")
    ada.views.update(view.id, name="Still")
    ada.views.update(view.id, shared=True)
    ada.views.update(view.id, text="status:new")
    ada.views.delete(view.id)
    told = [(e.type, e.data, e.changes) for e in acme.events.list(types="view.*").items]
    new = {"text": {"from": "status:open", "to": "status:new"}}
    assert told == [
        ("view.created", {"isShared": False}, {}),
        ("view.updated", {"isShared": False}, {}),
        ("view.updated", {}, {"isShared": {"from": False, "to": True}}),
        ("view.updated", {}, new),
        ("view.deleted", {"name": "Still", "text": "status:new", "isShared": True}, {}),
    ]
    assert {e.actor for e in acme.events.list(types="view.*").items} == {ada.actor}


def test_views_are_exported_and_come_back(
    as_member: AsMember, desk: Helpdesk, other: Helpdesk, tmp_path: Path
) -> None:
    as_member("ada").views.create(name="Own", text="assignee:me http://x")
    as_member("ada").views.create(name="Hot", text="priority:urgent", shared=True)
    desk.export(tmp_path / "out")
    assert [row["name"] for row in rows(tmp_path / "out", "views")] == ["Own", "Hot"]
    other.import_export(tmp_path / "out")
    other.export(tmp_path / "again")
    assert content(tmp_path / "again") == content(tmp_path / "out")


def test_what_was_typed_is_read_with_what_the_workspace_has(
    as_member: AsMember, clock: ManualClock
) -> None:
    ada = as_member("ada")
    reading = ada.views.read("assignee:otto updated:<1h hello")
    assert reading.problems == ()
    assert set(reading.filter) == {"assigned_to", "updated_after", "search"}
    assert ada.views.write(reading.filter, "-number").endswith(" sort:-number hello")
    assert messages(ada.views.read("customer:\ud800").problems)[0].startswith("text must be")


def test_views_take_a_fixed_number_of_queries(acme: Workspace, desk: Helpdesk) -> None:
    acme.views.create(name="1", text="status:open", shared=True)
    few = len(queries(desk, acme.views.list))
    for number in range(20):
        acme.views.create(name=str(number), text="tag:a", shared=True)
    assert len(queries(desk, acme.views.list)) == few
