"""What stands before and after a ticket is what the list has there."""

import pytest

from cstar_core import Helpdesk, Neighbours, NotFound, Workspace
from tests.core.filling import TICKET_FILTERS, TICKET_SORTS, ticket_filters
from tests.core.tracing import plan, queries, scans
from tests.core.vocabulary import ids, refusal, walk_cursor


@pytest.mark.no_cover
@pytest.mark.parametrize("sort", TICKET_SORTS)
@pytest.mark.parametrize("name", TICKET_FILTERS)
def test_the_neighbours_of_every_ticket_are_those_of_the_list(
    filled: Workspace, name: str, sort: str
) -> None:
    query = ticket_filters(filled)[name]
    found = ids(walk_cursor(filled.tickets.list, sort=sort, page_size=50, **query))
    for place, id in enumerate(found):
        assert filled.tickets.neighbours(id, filter=query, sort=sort) == Neighbours(  # type: ignore[arg-type]
            found[place - 1] if place else None,
            found[place + 1] if place + 1 < len(found) else None,
        )


def test_a_ticket_that_left_the_list_still_has_its_place(acme: Workspace) -> None:
    made = [acme.tickets.create(title=str(number), status="open").id for number in range(3)]
    before = acme.tickets.neighbours(made[1], filter={"status": "open"}, sort="number")
    acme.tickets.update(made[1], status="resolved")
    after = acme.tickets.neighbours(made[1], filter={"status": "open"}, sort="number")
    assert before == after == Neighbours(made[0], made[2])


def test_a_list_that_has_nothing_has_no_neighbours(acme: Workspace) -> None:
    id = acme.tickets.create(title="x").id
    for query in ({"status": "closed"}, {"tags": "none"}, {"search": "y"}, {"search": '""'}):
        assert acme.tickets.neighbours(id, filter=query) == Neighbours(None, None)  # type: ignore[arg-type]


def test_another_teams_ticket_has_no_neighbours(acme: Workspace, globex: Workspace) -> None:
    id = globex.tickets.create(title="x").id
    for wrong in (id, "nothing"):
        with pytest.raises(NotFound):
            acme.tickets.neighbours(wrong)


def test_what_is_no_list_is_refused(acme: Workspace) -> None:
    id = acme.tickets.create(title="x").id
    ask = acme.tickets.neighbours
    assert refusal(ask, id, filter={"status": "opne"}) == [
        "status must be one of: new, open, pending, resolved, closed"
    ]
    assert refusal(ask, id, filter={"statsu": "open"}) == [
        "statsu is not known; did you mean status?"
    ]
    assert refusal(ask, id, filter={"search": "x"}, sort="relevance") == [
        "sort must be one of: created_at, updated_at, number, priority"
    ]


def test_neighbours_are_found_along_an_index(filled_desk: Helpdesk, filled: Workspace) -> None:
    id = filled.tickets.list().items[9].id
    for query in ticket_filters(filled).values():

        def ask(query: object = query) -> object:
            return filled.tickets.neighbours(id, filter=query)  # type: ignore[arg-type]

        assert scans(plan(filled_desk, ask)) == []
        assert len(queries(filled_desk, ask)) < 25
