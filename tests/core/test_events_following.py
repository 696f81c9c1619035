"""Following the log: asking again and again for what happened next."""

import pytest

from cstar_core import Event, Forbidden, Helpdesk, Invalid, Workspace
from tests.core.tracing import plan, queries, scans, sorted_by, unbounded


def follow(
    workspace: Workspace,
    after: str | None = None,
    limit: int = 100,
    types: str | tuple[str, ...] = (),
) -> list[Event]:
    """Everything after an event, in as many calls as it takes."""
    found: list[Event] = []
    while True:
        part = workspace.events.following(after, types=types, limit=limit)
        found += part.events
        if part.reached == after:
            return found
        after = part.reached


@pytest.fixture
def start(acme: Workspace) -> str:
    return acme.events.following().reached


def titles(events: list[Event]) -> list[str]:
    return [event.data["title"] for event in events]


def test_without_an_event_it_begins_now(acme: Workspace) -> None:
    acme.tickets.create(title="Before")
    found = acme.events.following()
    assert (found.events, found.reached) == ((), acme.events.list().items[-1].id)


def test_what_happened_since_is_told_as_the_list_tells_it(acme: Workspace, start: str) -> None:
    acme.tickets.create(title="One", customer_name="Jane")
    acme.tickets.create(title="Two")
    assert follow(acme, start) == list(acme.events.list(after=start).items)


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_no_limit_misses_or_doubles_anything(acme: Workspace, start: str, limit: int) -> None:
    for number in range(7):
        acme.tickets.create(title=str(number))
    assert titles(follow(acme, start, limit)) == list("0123456")


@pytest.mark.parametrize("limit", [1, 2, 100])
@pytest.mark.parametrize("types", ["customer.*", ("customer.created",)])
def test_only_some_types_are_told(
    acme: Workspace, start: str, limit: int, types: str | tuple[str, ...]
) -> None:
    for name in ("Jane", "Sam", "Ada"):
        acme.tickets.create(title="Help", customer_name=name)
    found = follow(acme, start, limit, types)
    assert [event.data["name"] for event in found] == ["Jane", "Sam", "Ada"]


@pytest.mark.parametrize("limit", [1, 2, 5, 100])
def test_an_import_that_tells_nobody_is_passed_over(
    acme: Workspace, start: str, limit: int
) -> None:
    many = [{"title": f"quiet {n}"} for n in range(9)]
    list(acme.tickets.import_many(many))
    acme.tickets.create(title="one")
    list(acme.tickets.import_many(many, batch_size=2))
    acme.tickets.create(title="two")
    list(acme.tickets.import_many([{"title": "three"}], notify=True))
    list(acme.tickets.import_many(many))
    assert titles(follow(acme, start, limit)) == ["one", "two", "three"]


def test_what_is_quiet_is_not_told_again(acme: Workspace, start: str) -> None:
    list(acme.tickets.import_many([{"title": "quiet"}]))
    reached = acme.events.following(start).reached
    assert reached == acme.events.list().items[-1].id


def test_an_event_beyond_the_log_stands_for_now(acme: Workspace, start: str) -> None:
    after = start[:-4] + "ffff"
    assert acme.events.following(after).reached == start


@pytest.mark.parametrize("after", ["", "evt_1", "evt_" + 32 * "0", "tkt_" + 32 * "0"])
def test_what_is_no_event_is_refused(acme: Workspace, after: str) -> None:
    with pytest.raises(Invalid, match="after must be the id of an event"):
        acme.events.following(after)


def test_another_workspaces_event_is_refused(acme: Workspace, globex: Workspace) -> None:
    with pytest.raises(Invalid, match="after"):
        acme.events.following(globex.events.following().reached)


def test_an_unknown_type_is_refused(acme: Workspace) -> None:
    with pytest.raises(Invalid, match="types must be patterns"):
        acme.events.following(types="tikcet.*")


def test_who_must_not_see_notes_does_not_follow(public: Workspace) -> None:
    with pytest.raises(Forbidden):
        public.events.following()


def test_where_nothing_is_new_it_costs_one_query(
    desk: Helpdesk, acme: Workspace, start: str
) -> None:
    assert len(queries(desk, lambda: acme.events.following(start))) == 1


@pytest.mark.parametrize("types", [(), "ticket.*", "ticket.created"])
def test_new_events_are_found_along_an_index(
    desk: Helpdesk, acme: Workspace, start: str, types: str
) -> None:
    acme.tickets.create(title="Help")

    def act() -> object:
        return acme.events.following(start, types=types)

    steps = plan(desk, act)
    assert len(queries(desk, act)) == 4
    assert (scans(steps), sorted_by(desk, act)) == ([], [])
    # The newest number: one step at the end of the key.
    assert len(unbounded(steps)) == 1
