"""How many tickets views have: exact, or at least so many, in few queries."""

from collections.abc import Iterator

import pytest

from cstar_core import Helpdesk, ViewCount, Workspace
from cstar_core import search as searching
from cstar_core.documents import are_waiting
from cstar_core.tickets import count_tickets
from cstar_core.tickets.filters import criteria
from cstar_core.tickets.listed import LISTED
from tests.core.filling import TICKET_FILTERS, ticket_filters
from tests.core.tracing import plan, queries, scans, sorted_by

VIEWS = (
    "tag:a", "tag:a tag:b", "region:EU seats:>2", "seats:>0", "refund status:open", "-login",
    "updated:<1h", "created:>=2025-12-10", "refund -login tag:a", "assignee:Ada priority:high",
    "customer:c1@example.com", "assignee:none -status:closed", "tag:nobody-has-it", "#3",
)  # fmt: skip


@pytest.fixture
def viewed(filled: Workspace) -> Workspace:
    """A workspace with all kinds of views."""
    for text in VIEWS:
        filled.views.create(name=text, text=text, shared=True)
    return filled


def test_every_view_has_the_number_of_its_list(viewed: Workspace) -> None:
    counts = viewed.views.counts()
    views = viewed.views.list()
    assert len(views) == 5 + len(VIEWS)
    assert counts == {
        view.id: ViewCount(viewed.tickets.list(**view.filter).total, more=False) for view in views
    }


def test_mine_are_those_of_the_member(filled_desk: Helpdesk, filled: Workspace) -> None:
    ada = filled_desk.workspace_of_member(filled.members.list().items[0].id)
    assert ada.views.counts()["mine"].tickets == sum(
        ada.tickets.list(assigned_to=ada.member and ada.member.id, status=status).total
        for status in ("new", "open", "pending")
    )


def test_a_view_with_a_problem_has_no_number(viewed: Workspace) -> None:
    viewed.members.delete(viewed.members.list().items[0].id)
    (broken,) = [view for view in viewed.views.list() if view.problems]
    counts = viewed.views.counts()
    assert broken.id not in counts and len(counts) == len(viewed.views.list()) - 1


def test_of_the_beginning_of_very_many_words_there_are_at_least_those_that_have_it_whole(
    acme: Workspace,
) -> None:
    for number in range(10):
        acme.tickets.create(title=f"ab{number} cd")
    acme.tickets.create(title="ab")
    many = acme.views.create(name="many", text="cd ab", shared=True)
    few = acme.views.create(name="few", text="ab c", shared=True)
    whole = acme.views.create(name="whole", text="ab", shared=True)
    without = acme.views.create(name="without", text="-東", shared=True)
    less = acme.views.create(name="less", text="-東 cd", shared=True)
    counts = acme.views.counts()
    assert (counts[without.id].tickets, counts[less.id].tickets) == (11, 10)
    assert counts[many.id] == ViewCount(0, more=True)
    assert counts[whole.id] == ViewCount(1, more=True)
    assert counts[few.id] == ViewCount(0)


@pytest.mark.parametrize("effort", [1, 50, 400, 5_000, 10**9])
@pytest.mark.parametrize("name", TICKET_FILTERS)
def test_what_is_not_exact_is_at_least_so_many(filled: Workspace, effort: int, name: str) -> None:
    query = ticket_filters(filled)[name]
    total = filled.tickets.list(**query).total
    with filled._store.snapshot(settled=True) as snap:
        asked = criteria(snap, filled._scope, query, "-created_at")
        for most in (1, 5, 1_000):
            found = searching.count(snap, filled._scope, LISTED, asked, most, effort)
            assert found.rows <= total if found.more else found.rows == total
            if effort == 10**9 and most == 1_000:
                assert not found.more


def test_views_by_status_priority_and_member_take_one_query_together(
    filled_desk: Helpdesk, filled: Workspace
) -> None:
    few = queries(filled_desk, filled.views.counts)
    for number in range(20):
        filled.views.create(name=str(number), text="status:open priority:high", shared=True)
    many = queries(filled_desk, filled.views.counts)
    assert len(many) == len(few)
    assert sum("ticket_counts" in text for text in many) == 1


def test_views_of_many_members_take_one_query_more(
    filled_desk: Helpdesk, filled: Workspace
) -> None:
    for name in ("bo", "cy"):
        filled.members.create(name=name, email=f"{name}@example.com")
    members = filled.members.list().items
    few = queries(filled_desk, filled.views.counts)
    for member in members:
        filled.views.create(name=member.name, text=f"assignee:{member.email}", shared=True)
    counts = filled.views.counts()
    assert len(queries(filled_desk, filled.views.counts)) == len(few) + 1
    for view in filled.views.list()[5:]:
        assert counts[view.id].tickets == filled.tickets.list(**view.filter).total


def test_views_without_words_are_counted_while_tickets_wait_to_be_indexed(
    desk: Helpdesk, acme: Workspace
) -> None:
    acme.views.create(name="open", text="status:open tag:a", shared=True)
    acme.tickets.create(title="Waits", status="open", tags=["a"])
    acme.views.counts()
    with desk._store.snapshot() as snap:
        assert are_waiting(snap)
    worded = acme.views.create(name="words", text="waits", shared=True)
    assert acme.views.counts()[worded.id] == ViewCount(1)
    with desk._store.snapshot() as snap:
        assert not are_waiting(snap)


def test_only_the_views_that_are_given_are_counted(filled: Workspace) -> None:
    given = [view for view in filled.views.list() if view.id in ("open", "all")]
    assert set(filled.views.counts(given)) == {"open", "all"}
    assert filled.views.counts([]) == {}


def test_no_count_walks_through_a_whole_table(filled_desk: Helpdesk, viewed: Workspace) -> None:
    assert scans(plan(filled_desk, viewed.views.counts)) == []


def test_what_is_walked_to_be_counted_is_not_sorted(
    filled_desk: Helpdesk, filled: Workspace
) -> None:
    filters = ticket_filters(filled)
    filled.tickets.list(search="refund")  # what waits to be indexed is indexed

    def count() -> Iterator[bool]:
        for query in filters.values():
            with filled._store.snapshot(settled=True) as snap:
                asked = criteria(snap, filled._scope, query, "-created_at")
                yield searching.count(snap, filled._scope, LISTED, asked, 5, 1).more

    assert sorted_by(filled_desk, lambda: list(count())) == []
    assert any(count())


def test_a_member_of_nowhere_has_no_tickets(filled: Workspace) -> None:
    gone = "mem_" + "9" * 32
    with filled._store.snapshot() as snap:
        found = count_tickets(snap, filled._scope, [{"assigned_to": gone}, {"status": "open"}])
    total = filled.tickets.list(status="open").total
    assert [one.rows for one in found] == [0, total]
