"""Loading tickets: as they are, in whole batches, by the rules that making one has."""

import itertools
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from cstar_core import Forbidden, Helpdesk, Workspace
from tests.core.loads import Given, load, load_ticket, read
from tests.core.vocabulary import START, refusal, titles
from tests.core.witness import log, types

DAY = timedelta(days=1)
THEN = datetime(2024, 2, 29, 12, 0, tzinfo=UTC)
LONG = "must be in the years 1970 to 9999"
ZONE = "must be an instant with a time zone"

REFUSED: list[tuple[Any, list[str]]] = [
    ("x", ["tickets.0 must be an object"]),
    (None, ["tickets.0 must be an object"]),
    ({}, ["tickets.0.title is required"]),
    ({"title": " "}, ["tickets.0.title is required"]),
    ({"titel": "x"}, ["title is required", "titel is not known; did you mean title?"]),
    ({5: "x"}, ["title is required", "5 is not known"]),
    ({"status": "opne"}, ["status must be one of: new, open, pending, resolved, closed"]),
    ({"status": None}, ["status must be one of: new, open, pending, resolved, closed"]),
    ({"priority": "hihg"}, ["priority must be one of: low, normal, high, urgent"]),
    ({"tags": ["a,b"]}, ["tags.0 must not contain a comma"]),
    ({"notes": "a\0b"}, ["notes must be Unicode text without U+0000"]),
    ({"metadata": {"a": {1}}}, ["metadata.a must be a JSON value"]),
    ({"custom_fields": {"seats": 1}}, ["custom_fields.seats is not known"]),
    ({"customer_email": "jane"}, ["customer_email must be an email address"]),
    ({"customer_id": "cus_1"}, ["customer_id must be the id of an existing customer"]),
    ({"assigned_to": "mem_1"}, ["assigned_to must be the id of an existing member"]),
    ({"created_at": datetime(2024, 1, 1)}, [f"created_at {ZONE}"]),
    ({"created_at": "2024-01-01T00:00:00Z"}, [f"created_at {ZONE}"]),
    ({"created_at": THEN.date()}, [f"created_at {ZONE}"]),
    ({"created_at": datetime(1969, 12, 31, tzinfo=UTC)}, [f"created_at {LONG}"]),
    ({"created_at": datetime.max.replace(tzinfo=timezone(-DAY / 2))}, [f"created_at {LONG}"]),
    ({"created_at": datetime.min.replace(tzinfo=timezone(DAY / 2))}, [f"created_at {LONG}"]),
    ({"messages": {"content": "x"}}, ["messages must be an array of messages"]),
    ({"messages": ["x"]}, ["messages.0 must be an object"]),
    ({"messages": [{"content": "x"}, {}]}, ["messages.1.content is required"]),
    ({"messages": [{"content": "x", "to": 1}]}, ["messages.0.to is not known"]),
    (
        {"messages": [{"content": "x", "sender": "customer", "is_internal": True}]},
        ["messages.0.is_internal must be false for a customer's message"],
    ),
    ({"messages": [{"content": "x", "created_at": 5}]}, [f"messages.0.created_at {ZONE}"]),
]

# Instants in days after THEN, of a ticket that was made then; what is out of order.
DISORDER: list[tuple[dict[str, int], list[int], list[str]]] = [
    ({}, [-1], ["messages.0.created_at must not be before the ticket's"]),
    ({}, [2, 1], ["messages.1.created_at must not be before the message before"]),
    ({"updated_at": -1}, [], ["updated_at must not be before created_at or a message"]),
    ({"updated_at": 1}, [2], ["updated_at must not be before created_at or a message"]),
    ({"resolved_at": -1}, [], ["resolved_at must be between created_at and updated_at"]),
    (
        {"resolved_at": 2, "updated_at": 1},
        [],
        ["resolved_at must be between created_at and updated_at"],
    ),
    ({"resolved_at": 2, "closed_at": 1}, [], ["closed_at must not be before resolved_at"]),
]

# Instants in days after THEN: those of a ticket and of its messages, as given and as they become.
DEFAULTS: list[tuple[str, dict[str, int], list[int | None], dict[str, int | None]]] = [
    ("open", {"created_at": 0}, [], {"updated_at": 0, "resolved_at": None}),
    ("open", {"created_at": 0}, [1, 3], {"updated_at": 3}),
    ("open", {"created_at": 0, "updated_at": 5}, [1, 3], {"updated_at": 5}),
    ("open", {}, [1, 3], {"created_at": 1, "updated_at": 3}),
    ("resolved", {"created_at": 0}, [2], {"resolved_at": 2, "closed_at": None}),
    ("resolved", {"created_at": 0, "resolved_at": 1}, [2], {"resolved_at": 1, "updated_at": 2}),
    ("resolved", {"created_at": 0, "resolved_at": 3}, [2], {"resolved_at": 3, "updated_at": 3}),
    ("resolved", {"created_at": 0, "closed_at": 1}, [2], {"resolved_at": 1, "closed_at": 1}),
    ("closed", {"created_at": 0}, [2], {"resolved_at": 2, "closed_at": 2}),
    ("closed", {"created_at": 0, "closed_at": 1}, [], {"resolved_at": 1, "closed_at": 1}),
    (
        "closed",
        {"created_at": 0, "resolved_at": 1, "closed_at": 4},
        [2],
        {"resolved_at": 1, "closed_at": 4, "updated_at": 4},
    ),
]


def after(days: float) -> datetime:
    return THEN + days * DAY


def instants(days: dict[str, int]) -> dict[str, datetime]:
    return {name: after(number) for name, number in days.items()}


def numbered(number: int, start: int = 0) -> list[Given]:
    return [{"title": f"Ticket {i}"} for i in range(start, start + number)]


def wide(places: list[str]) -> list[str]:
    """The sentences as they begin with the place of the first ticket."""
    return [text if text.startswith("tickets.") else f"tickets.0.{text}" for text in places]


# --- batches


def test_nothing_happens_until_it_is_iterated(acme: Workspace) -> None:
    acme.tickets.import_many(numbered(3))
    assert acme.tickets.list().total == 0


def test_a_batch_tells_the_ids_in_the_order_given(acme: Workspace) -> None:
    (batch,) = acme.tickets.import_many(numbered(3))
    assert [acme.tickets.get(id).title for id in batch.ids] == ["Ticket 0", "Ticket 1", "Ticket 2"]


def test_a_batch_tells_where_it_began(acme: Workspace) -> None:
    batches = list(acme.tickets.import_many(numbered(5), batch_size=2))
    assert [(batch.start, len(batch.ids)) for batch in batches] == [(0, 2), (2, 2), (4, 1)]


def test_nothing_makes_no_batch(acme: Workspace) -> None:
    assert list(acme.tickets.import_many([])) == []


def test_a_batch_is_committed_when_it_is_told(acme: Workspace, path: Path) -> None:
    batches = acme.tickets.import_many(numbered(4), batch_size=2)
    next(batches)
    assert read(path, "SELECT count(*) FROM tickets") == [(2,)]


def test_an_endless_iterable_is_read_as_far_as_batches_are_asked_for(acme: Workspace) -> None:
    endless = ({"title": f"Ticket {i}"} for i in itertools.count())
    batches = acme.tickets.import_many(endless, batch_size=10)
    next(batches)
    next(batches)
    assert next(endless)["title"] == "Ticket 20"


def test_others_write_between_two_batches(acme: Workspace) -> None:
    batches = acme.tickets.import_many(numbered(4), batch_size=2)
    next(batches)
    other = threading.Thread(target=lambda: acme.tickets.create(title="Between"))
    other.start()
    other.join()
    next(batches)
    listed = acme.tickets.list(sort="number").items
    assert titles(listed) == ["Ticket 0", "Ticket 1", "Between", "Ticket 2", "Ticket 3"]


@pytest.mark.parametrize("size", [0, -1, True, None, 2.0, 10_001])
def test_a_batch_has_one_to_ten_thousand(acme: Workspace, size: Any) -> None:
    problems = refusal(acme.tickets.import_many, [], batch_size=size)
    assert problems == ["batch_size must be an integer from 1 to 10000"]


def test_an_iterable_that_fails_leaves_the_batches_before(acme: Workspace) -> None:
    def failing() -> Iterator[Given]:
        yield from numbered(3)
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        load(acme.tickets, failing(), batch_size=2)
    assert acme.tickets.list().total == 2


def test_a_publishable_key_does_not_load(public: Workspace) -> None:
    with pytest.raises(Forbidden):
        load(public.tickets, numbered(1))


# --- rules


@pytest.mark.parametrize(("given", "problems"), REFUSED)
def test_a_ticket_that_breaks_a_rule_is_refused(
    acme: Workspace, given: Any, problems: list[str]
) -> None:
    named = isinstance(given, dict) and given and not {"titel", "title", 5} & given.keys()
    ticket = {"title": "Help", **given} if named else given
    assert refusal(load, acme.tickets, [ticket]) == wide(problems)


@pytest.mark.parametrize(("days", "messages", "problems"), DISORDER)
def test_instants_out_of_order_are_refused(
    acme: Workspace, days: dict[str, int], messages: list[int], problems: list[str]
) -> None:
    thread = [{"content": "x", "created_at": after(day)} for day in messages]
    ticket = {"title": "Help", "status": "closed", "created_at": THEN, "messages": thread}
    assert refusal(load, acme.tickets, [ticket | instants(days)]) == wide(problems)


@pytest.mark.parametrize("name", ["resolved_at", "closed_at"])
def test_only_a_ticket_that_is_done_has_been_done(acme: Workspace, name: str) -> None:
    ticket = {"title": "Help", "status": "open", "created_at": THEN, name: THEN}
    problems = refusal(load, acme.tickets, [ticket])
    assert problems == [f"tickets.0.{name} is only for a ticket that is resolved or closed"]


def test_a_place_counts_from_the_first_batch(acme: Workspace) -> None:
    given = [*numbered(3), {}, {"title": "Help", "messages": [{}]}]
    assert refusal(load, acme.tickets, given, batch_size=2) == ["tickets.3.title is required"]
    assert refusal(load, acme.tickets, given, batch_size=5) == [
        "tickets.3.title is required",
        "tickets.4.messages.0.content is required",
    ]


def test_a_refused_batch_leaves_nothing(acme: Workspace, path: Path) -> None:
    before = read(path, "SELECT * FROM workspaces"), len(log(acme))
    ticket = {"title": "x", "tags": ["vip"], "customer_name": "Jane", "messages": [{"content": ""}]}
    refusal(load, acme.tickets, [*numbered(2), ticket])
    assert (read(path, "SELECT * FROM workspaces"), len(log(acme))) == before
    assert (acme.tickets.list().total, acme.customers.list().total) == (0, 0)


def test_the_batches_before_a_refused_one_stay(acme: Workspace) -> None:
    refusal(load, acme.tickets, [*numbered(5), {}], batch_size=2)
    assert titles(acme.tickets.list(sort="number").items) == [f"Ticket {i}" for i in range(4)]


def test_after_a_refused_batch_the_numbers_go_on(acme: Workspace) -> None:
    refusal(load, acme.tickets, [*numbered(5), {}], batch_size=2)
    assert load_ticket(acme).number == 5


def test_at_most_a_hundred_problems_are_told(acme: Workspace) -> None:
    problems = refusal(load, acme.tickets, [{"title": "x", "messages": [{}] * 70}] * 5)
    assert len(problems) == 100


@pytest.mark.parametrize("name", ["custom_fields", "metadata"])
def test_none_stands_for_no_values_as_it_does_for_one_ticket(acme: Workspace, name: str) -> None:
    assert getattr(load_ticket(acme, **{name: None}), name) == {}


# --- what a ticket is


@pytest.mark.parametrize(("status", "days", "messages", "expected"), DEFAULTS)
def test_instants_that_are_left_out_follow_from_the_others(
    acme: Workspace,
    status: str,
    days: dict[str, int],
    messages: list[int],
    expected: dict[str, int | None],
) -> None:
    thread = [{"content": "x", "created_at": after(day)} for day in messages]
    ticket = load_ticket(acme, status=status, messages=thread, **instants(days))
    wanted = {name: None if day is None else after(day) for name, day in expected.items()}
    assert {name: getattr(ticket, name) for name in wanted} == wanted


def test_a_ticket_without_instants_is_made_now(acme: Workspace) -> None:
    ticket = load_ticket(acme, messages=[{"content": "x"}])
    assert (ticket.created_at, ticket.updated_at, ticket.messages[0].created_at) == (START,) * 3


def test_a_message_without_an_instant_comes_with_the_one_before(acme: Workspace) -> None:
    thread = [{"content": "a", "created_at": after(1)}, {"content": "b"}]
    ticket = load_ticket(acme, created_at=THEN, messages=thread)
    assert [message.created_at for message in ticket.messages] == [after(1), after(1)]


def test_the_part_of_a_second_does_not_put_instants_out_of_order(acme: Workspace) -> None:
    created = THEN.replace(microsecond=900_000)
    ticket = load_ticket(acme, created_at=created, messages=[{"content": "x", "created_at": THEN}])
    assert (ticket.created_at, ticket.messages[0].created_at) == (THEN, THEN)


@pytest.mark.parametrize("year", [1970, 9999])
def test_the_first_and_the_last_year_are_kept(acme: Workspace, year: int) -> None:
    instant = datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert load_ticket(acme, created_at=instant).created_at == instant


def test_an_id_sorts_by_the_instant_of_its_ticket(acme: Workspace) -> None:
    given = [{"title": "x", "created_at": after(day)} for day in (2, 0, 1)]
    ids = load(acme.tickets, given)
    assert sorted(ids) == [ids[1], ids[2], ids[0]]


def test_messages_do_not_change_the_status(acme: Workspace) -> None:
    thread = [{"content": "a", "sender": "agent"}, {"content": "b", "sender": "customer"}]
    for status in ("new", "pending", "closed"):
        assert load_ticket(acme, status=status, messages=thread).status == status


def test_the_initial_message_comes_before_the_others(acme: Workspace) -> None:
    ticket = load_ticket(acme, initial_message="first", messages=[{"content": "second"}])
    assert [(m.content, m.sender) for m in ticket.messages] == [
        ("first", "customer"),
        ("second", "agent"),
    ]


def test_a_thread_may_be_very_long(acme: Workspace) -> None:
    thread = [{"content": f"word{i}"} for i in range(10_000)]
    ticket = load_ticket(acme, messages=thread)
    assert (ticket.message_count, ticket.messages[-1].content) == (10_000, "word9999")
    assert acme.tickets.list(search="word9999").total == 1


# --- customers and members


def test_a_customer_must_be_of_this_workspace(acme: Workspace, globex: Workspace) -> None:
    stranger = globex.customers.create(name="Jane")
    problems = refusal(load, acme.tickets, [{"title": "x", "customer_id": stranger.id}])
    assert problems == ["tickets.0.customer_id must be the id of an existing customer"]


def test_a_member_must_be_of_this_team(acme: Workspace, globex: Workspace) -> None:
    stranger = globex.members.create(name="Ada", email="ada@example.com")
    problems = refusal(load, acme.tickets, [{"title": "x", "assigned_to": stranger.id}])
    assert problems == ["tickets.0.assigned_to must be the id of an existing member"]


def test_tickets_of_one_batch_share_the_customer_of_an_address(acme: Workspace) -> None:
    addresses = ["jane@example.com", "JANE@example.com", "sam@example.com", "jane@example.com"]
    load(acme.tickets, [{"title": "x", "customer_email": each} for each in addresses])
    listed = acme.customers.list(sort="created_at").items
    assert [(one.email, one.ticket_count) for one in listed] == [
        ("jane@example.com", 3),
        ("sam@example.com", 1),
    ]


def test_an_address_finds_the_customer_who_has_it(acme: Workspace) -> None:
    jane = acme.customers.create(name="Jane", email="jane@example.com")
    assert load_ticket(acme, customer_email="Jane@example.com").customer_id == jane.id


def test_a_new_customer_is_as_old_as_the_ticket(acme: Workspace) -> None:
    load_ticket(acme, customer_name="Jane", created_at=THEN)
    (jane,) = acme.customers.list().items
    assert (jane.name, jane.created_at, jane.updated_at) == ("Jane", THEN, THEN)


def test_a_customer_who_needs_more_than_a_name_is_not_made(acme: Workspace) -> None:
    acme.custom_fields.create(
        name="Plan", key="plan", type="text", entity_type="customers", required=True
    )
    assert refusal(load, acme.tickets, [{"title": "x", "customer_name": "Jane"}]) == [
        "tickets.0.customer_name is not enough for a new customer, who needs: plan"
    ]


# --- what follows


def test_numbers_are_dense_and_rise_as_given(acme: Workspace) -> None:
    acme.tickets.create(title="First")
    ids = load(acme.tickets, numbered(5), batch_size=2)
    assert [acme.tickets.get(id).number for id in ids] == [2, 3, 4, 5, 6]
    assert acme.tickets.create(title="Last").number == 7


def test_the_keys_of_deleted_tickets_are_not_given_again(acme: Workspace, path: Path) -> None:
    last = load(acme.tickets, numbered(3))[-1]
    acme.tickets.delete(last)
    load_ticket(acme)
    assert read(path, "SELECT max(id), count(*) FROM tickets") == [(4, 3)]


@pytest.mark.parametrize(
    ("days", "in_order"), [([0, 0, 1], 1), ([1, 0], 0), ([0, 1, -1, 2], 0), ([0], 1)]
)
def test_it_is_noted_whether_numbers_follow_the_age(
    acme: Workspace, path: Path, days: list[int], in_order: int
) -> None:
    given = [{"title": "x", "created_at": after(day)} for day in days]
    load(acme.tickets, given, batch_size=2)
    noted = read(path, "SELECT in_order FROM workspaces WHERE id = 1")
    assert noted == [(in_order,)]


def test_what_is_older_than_the_newest_ticket_is_out_of_order(acme: Workspace, path: Path) -> None:
    acme.tickets.create(title="Now")
    load_ticket(acme, created_at=THEN)
    assert read(path, "SELECT in_order FROM workspaces WHERE id = 1") == [(0,)]


def test_older_tickets_are_listed_by_their_age(acme: Workspace) -> None:
    acme.tickets.create(title="Now")
    load(acme.tickets, [{"title": f"{day}", "created_at": after(day)} for day in (3, 1, 2)])
    for search in (None, "-nothing"):
        assert titles(acme.tickets.list(search=search).items) == ["Now", "3", "2", "1"]


def test_the_log_tells_each_ticket_with_its_own_instants(acme: Workspace) -> None:
    ada = acme.members.create(name="Ada", email="ada@example.com")
    seen = len(log(acme))
    thread = [{"content": "x", "created_at": after(1)}]
    given = {"title": "x", "created_at": THEN, "customer_name": "Jane", "messages": thread}
    load(acme.tickets, [given | {"assigned_to": ada.id}, given])
    happened = log(acme)[seen:]
    made = ["customer.created", "ticket.created", "ticket.assigned", "message.created"]
    assert types(happened) == made + [type for type in made if type != "ticket.assigned"]
    assert [event.created_at for event in happened[:4]] == [THEN, THEN, THEN, after(1)]


def test_the_actor_is_who_opened_the_workspace(desk: Helpdesk, acme: Workspace) -> None:
    made = desk.keys.create("acme", type="secret", environment="live")
    access = desk.keys.authenticate(made.secret)
    assert access
    load_ticket(desk.workspace_of(access))
    assert {event.actor.id for event in log(acme)[-1:]} == {made.key.id}


def test_what_is_loaded_waits_for_no_indexing(acme: Workspace, path: Path) -> None:
    load(acme.tickets, [{"title": "x", "customer_name": "Jane"}])
    for queue in ("ticket_changes", "customer_changes"):
        assert read(path, f"SELECT count(*) FROM {queue}") == [(0,)]  # noqa: S608


def test_what_waited_before_is_indexed_too(acme: Workspace, path: Path) -> None:
    acme.tickets.create(title="Earlier")
    load(acme.tickets, numbered(1))
    assert read(path, "SELECT count(*) FROM ticket_changes") == [(0,)]
    assert acme.tickets.list(search="earlier").total == 1


def test_a_loaded_desk_is_in_order(desk: Helpdesk, acme: Workspace) -> None:
    load(acme.tickets, ({"title": "x", "tags": "a,b", "initial_message": "y"} for _ in range(900)))
    assert [finding for finding in desk.check().findings if not finding.ok] == []


# --- transactions


def test_a_transaction_around_an_import_can_take_it_back(desk: Helpdesk, acme: Workspace) -> None:
    with pytest.raises(ZeroDivisionError), desk.transaction():
        load(acme.tickets, numbered(500), batch_size=250)
        raise ZeroDivisionError
    assert (acme.tickets.list().total, acme.tickets.list(search="ticket").total) == (0, 0)


def test_a_transaction_around_an_import_says_when_now_is(desk: Helpdesk, acme: Workspace) -> None:
    with desk.transaction(at=THEN):
        assert load_ticket(acme).created_at == THEN


def test_within_a_transaction_the_batches_before_a_refused_one_stay(
    desk: Helpdesk, acme: Workspace
) -> None:
    with desk.transaction():
        refusal(load, acme.tickets, [*numbered(300), {}], batch_size=250)
    assert acme.tickets.list(search="ticket").total == 250


def test_an_import_in_a_snapshot_is_a_mistake(desk: Helpdesk, acme: Workspace) -> None:
    with desk.snapshot(), pytest.raises(RuntimeError):
        load(acme.tickets, numbered(1))


def test_two_threads_load_at_once(desk: Helpdesk, acme: Workspace) -> None:
    given = [
        [{"title": f"Of {name}", "customer_email": f"{i % 7}@example.com"} for i in range(300)]
        for name in ("ada", "bela")
    ]
    threads = [
        threading.Thread(target=load, args=(acme.tickets, each), kwargs={"batch_size": 20})
        for each in given
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = [acme.tickets.list(search=text).total for text in ("ada", "bela")]
    assert (found, acme.customers.list().total, desk.check().ok) == ([300, 300], 7, True)


def test_a_search_beside_an_import_finds_whole_batches(acme: Workspace) -> None:
    batches = acme.tickets.import_many(numbered(600), batch_size=200)
    found = [acme.tickets.list(search="ticket").total for _ in batches]
    assert found == [200, 400, 600]
