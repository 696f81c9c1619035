"""A desk that was loaded is like one made call by call, also when the loading was killed."""

import itertools
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cstar_core import PRIORITIES, STATUSES, Event, Helpdesk, Page, Workspace
from tests.core.loads import Given, load, read
from tests.core.vocabulary import ManualClock, walk_cursor, walk_pages
from tests.core.witness import log

FIRST = datetime(2024, 1, 1, tzinfo=UTC)
WORDS = ("refund", "Größe", "café", "東京都", "login", "e-mail", "C++", "naïve", "ﬁne", "a", "the")
NUMBER = 120
SEARCHES = [*WORDS, '"refund login"', "refund -login", "jane", "example.com", "#7", "agent", "東"]
SORTS = ("created_at", "-updated_at", "number", "-priority")
FILTERS: list[dict[str, Any]] = [
    {"status": "open"},
    {"status": "new,closed", "priority": "high"},
    {"assigned_to": "none"},
    {"tags": "vip"},
    {"tags": "VIP,beta"},
    {"custom_fields": {"region": "EU"}},
    {"custom_fields": {"seats": {"gte": 3}}},
    {"custom_fields": {"topics": "a"}},
    {"created_after": FIRST + timedelta(days=20)},
    {"updated_before": FIRST + timedelta(days=40)},
]
LOADING = """
import sys
from cstar_core import Helpdesk
with Helpdesk.open(sys.argv[1]) as desk:
    tickets = ({"title": f"Ticket {i}", "tags": "vip", "initial_message": "Hello " * 50}
               for i in range(10**9))
    for batch in desk.workspace("acme").tickets.import_many(tickets, batch_size=500):
        print(batch.start, flush=True)
"""


def prepare(workspace: Workspace) -> list[str]:
    """The fields that tickets and customers have, and the members; their ids."""
    for entity in ("tickets", "customers"):
        for key, type, options in (
            ("region", "select", ["EU", "US"]),
            ("seats", "number", None),
            ("topics", "multiselect", ["a", "b", "c"]),
            ("essay", "text", None),
            ("urgent", "boolean", None),
        ):
            workspace.custom_fields.create(
                name=key, key=key, type=type, entity_type=entity, options=options
            )
    return [
        workspace.members.create(name=name, email=f"{name}@example.com").id for name in ("a", "b")
    ]


def text(chance: random.Random, length: int) -> str:
    return " ".join(chance.choices(WORDS, k=length))


def fields(chance: random.Random) -> Given:
    return {
        "tags": chance.sample(["vip", "Beta", "VIP", "new user"], k=chance.randint(0, 3)),
        "notes": chance.choice((None, text(chance, 5))),
        "metadata": chance.choice(({}, {"plan": "pro", "seats": [1, None, 2.5]}, {"gone": None})),
        "custom_fields": {
            "region": chance.choice(("EU", "US", None)),
            "seats": chance.choice((1, 2.5, 7)),
            "topics": chance.choice((["a"], ["b", "a"], [])),
            "essay": chance.choice((None, text(chance, 40))),
            "urgent": chance.choice((True, False)),
        },
    }


def people(chance: random.Random) -> Iterator[Given]:
    for i in range(40):
        email = chance.choice((None, f"Jane{i}@example.com"))
        created = FIRST + timedelta(days=i)
        yield {"name": f"Jane {i}", "email": email, "created_at": created, **fields(chance)}


def questions(
    chance: random.Random, customers: list[str], members: list[str], ages: list[float]
) -> Iterator[Given]:
    """Tickets whose messages do not change their status, so that both ways mean the same."""
    for age in ages:
        created = FIRST + timedelta(days=age)
        asked = chance.choice(
            (
                {},
                {"customer_id": chance.choice(customers)},
                {"customer_name": text(chance, 2)},
                {"customer_email": f"asker{chance.randrange(9)}@example.com"},
            )
        )
        status = chance.choice(STATUSES)
        yield {
            "title": text(chance, 6),
            "status": status,
            "priority": chance.choice(PRIORITIES),
            "assigned_to": chance.choice((None, *members)),
            "created_at": created,
            "resolved_at": created if status in ("resolved", "closed") else None,
            "closed_at": created if status == "closed" else None,
            **asked,
            **fields(chance),
            "initial_message": chance.choice((None, text(chance, 9))),
            "messages": list(answers(chance, created)),
        }


def answers(chance: random.Random, created: datetime) -> Iterator[Given]:
    for hours in range(chance.randint(0, 4)):
        sender = chance.choice(("agent", "system"))
        yield {
            "content": text(chance, 12),
            "sender": sender,
            "sender_name": chance.choice((None, "Ada")),
            "is_internal": sender == "agent" or chance.random() < 0.5,
            "created_at": created + timedelta(hours=hours),
        }


def make_one_by_one(desk: Helpdesk, workspace: Workspace, kind: str, given: list[Given]) -> None:
    for one in given:
        left = ("created_at", "resolved_at", "closed_at", "messages")
        values = {name: value for name, value in one.items() if name not in left}
        with desk.transaction(at=one["created_at"]):
            made = getattr(workspace, kind).create(**values)
        for message in one.get("messages", ()):
            said = {name: value for name, value in message.items() if name != "created_at"}
            with desk.transaction(at=message["created_at"]):
                workspace.messages.create(made.id, **said)


def load_all(desk: Helpdesk, workspace: Workspace, kind: str, given: list[Given]) -> None:
    load(getattr(workspace, kind), given, batch_size=100)


Make = Callable[[Helpdesk, Workspace, str, list[Given]], None]


def filled(path: Path, make: Make, ages: list[float]) -> Helpdesk:
    chance = random.Random(11)
    desk = Helpdesk.open(path, clock=ManualClock())
    desk.teams.create("Acme")
    workspace = desk.workspace("acme")
    members = prepare(workspace)
    make(desk, workspace, "customers", list(people(chance)))
    customers = [one.id for one in walk_pages(workspace.customers.list, sort="created_at")]
    make(desk, workspace, "tickets", list(questions(chance, customers, members, ages)))
    return desk


AGES = {
    "in order": [day / 2 for day in range(NUMBER)],
    "in any order": [random.Random(3).uniform(0, 60) for _ in range(NUMBER)],
}


@pytest.fixture(scope="module", params=AGES)
def pair(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Workspace, Workspace]]:
    """The same objects made one by one and loaded."""
    folder, ages = tmp_path_factory.mktemp("pair"), AGES[request.param]
    with (
        closing(filled(folder / "made.db", make_one_by_one, ages)) as made,
        closing(filled(folder / "loaded.db", load_all, ages)) as loaded,
    ):
        yield made.workspace("acme"), loaded.workspace("acme")


def names(workspace: Workspace) -> dict[str, str]:
    """What each id stands for."""
    customers = walk_pages(workspace.customers.list, sort="created_at")
    tickets = walk_pages(workspace.tickets.list, sort="number")
    found = {one.id: f"customer {i}" for i, one in enumerate(customers)}
    found |= {one.id: f"member {i}" for i, one in enumerate(workspace.members.list().items)}
    return found | {one.id: f"ticket {one.number}" for one in tickets}


def as_named(value: Any, known: dict[str, str]) -> Any:
    """A value with what its ids stand for."""
    if isinstance(value, dict):
        return {key: as_named(inner, known) for key, inner in value.items()}
    return known.get(value, value) if isinstance(value, str) else value


def threads(workspace: Workspace) -> list[Any]:
    known, found = names(workspace), []
    for one in walk_pages(workspace.tickets.list, sort="number"):
        ticket = workspace.tickets.get(one.id)
        thread = [replace(message, id="", ticket_id="") for message in ticket.messages or ()]
        customer = known.get(ticket.customer_id or "")
        assigned = known.get(ticket.assigned_to or "")
        plain = replace(ticket, id="", customer_id=customer, assigned_to=assigned, version=0)
        found.append((replace(plain, messages=None), thread))
    return found


def customers(workspace: Workspace) -> list[Any]:
    listed = walk_pages(workspace.customers.list, sort="created_at")
    return [replace(one, id="", version=0) for one in listed]


def history(workspace: Workspace) -> list[tuple[Any, ...]]:
    known = names(workspace)
    return [told(event, known) for event in log(workspace)]


def told(event: Event, known: dict[str, str]) -> tuple[Any, ...]:
    object_id = known.get(event.object_id, event.object_id[:4])
    facts = as_named(event.data, known), as_named(event.changes, known)
    return (event.type, event.created_at, object_id, event.actor, *facts)


def numbers(page: Page[Any]) -> tuple[int, list[int]]:
    return page.total, [ticket.number for ticket in page.items]


def test_the_tickets_and_their_threads_are_alike(pair: tuple[Workspace, Workspace]) -> None:
    made, loaded = pair
    assert threads(loaded) == threads(made)


def test_the_customers_are_alike(pair: tuple[Workspace, Workspace]) -> None:
    made, loaded = pair
    assert customers(loaded) == customers(made)


def test_the_logs_are_alike(pair: tuple[Workspace, Workspace]) -> None:
    made, loaded = pair
    assert history(loaded) == history(made)


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_lists_are_alike(
    pair: tuple[Workspace, Workspace], filters: dict[str, Any], sort: str
) -> None:
    query = {"sort": sort, "page_size": 100, **filters}
    made, loaded = (numbers(each.tickets.list(**query)) for each in pair)
    assert loaded == made


@pytest.mark.parametrize("search", SEARCHES)
def test_searches_are_alike(pair: tuple[Workspace, Workspace], search: str) -> None:
    for sort in ("-created_at", "relevance"):
        query = {"search": search, "sort": sort, "page_size": 100}
        made, loaded = (numbers(each.tickets.list(**query)) for each in pair)
        assert loaded == made


def test_walking_by_cursors_is_alike(pair: tuple[Workspace, Workspace]) -> None:
    made, loaded = (
        [one.number for one in walk_cursor(each.tickets.list, page_size=40)] for each in pair
    )
    assert loaded == made


@pytest.mark.parametrize("search", ["jane", "jane7", "asker3", "example", "東京都"])
def test_searches_of_customers_are_alike(pair: tuple[Workspace, Workspace], search: str) -> None:
    made, loaded = ([one.name for one in each.customers.list(search=search).items] for each in pair)
    assert loaded == made


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM ticket_counts WHERE tickets <> 0 ORDER BY 1, 2, 3, 4, 5",
        "SELECT workspace_id, entity_type, tag_key, uses FROM tags ORDER BY 1, 2, 3",
        "SELECT * FROM field_values ORDER BY 1, 2, 3, 4",
        "SELECT tag_key, created_at, owner_id FROM tag_uses JOIN tags ON id = tag_id"
        " ORDER BY 1, 2, 3",
        "SELECT id, ticket_number, newest_ticket_at, in_order, customer_count, newest_customer_at,"
        " customers_in_order FROM workspaces",
        "SELECT id, number, message_count, internal_count, customer_id FROM tickets",
        "SELECT id, ticket_id, created_at FROM messages ORDER BY ticket_id, created_at, id",
        "SELECT * FROM sqlite_sequence ORDER BY name",
    ],
)
def test_what_is_counted_and_kept_for_filters_is_alike(
    pair: tuple[Workspace, Workspace], query: str
) -> None:
    made, loaded = (read(Path(each.tickets._store.path), query) for each in pair)
    assert loaded == made


def test_both_are_in_order(pair: tuple[Workspace, Workspace]) -> None:
    for each in pair:
        with Helpdesk.open(each.tickets._store.path) as desk:
            assert desk.check().ok


def test_tickets_that_were_loaded_change_and_go_like_any_other(
    pair: tuple[Workspace, Workspace], tmp_path: Path
) -> None:
    _, loaded = pair
    with Helpdesk.open(loaded.tickets._store.path) as desk:
        workspace = desk.workspace("acme", "test")
        load(workspace.tickets, [{"title": "Refund", "tags": "vip", "initial_message": "Hello"}])
        (ticket,) = workspace.tickets.list(search="hello").items
        workspace.tickets.update(ticket.id, title="Return", tags=[])
        found = [workspace.tickets.list(search=word).total for word in ("refund", "return")]
        workspace.tickets.delete(ticket.id)
        assert (found, workspace.tickets.list(search="hello").total) == ([0, 1], 0)


# --- the index while much is loaded


def settings(path: Path) -> dict[str, int]:
    """What the index of acme's tickets is told to do; what is not there is as usual."""
    usual = {"automerge": 4, "hashsize": 1024 * 1024}
    return usual | dict(read(path, "SELECT k, v FROM ticket_search_1_config WHERE k <> 'version'"))


def test_the_index_works_as_usual_after_an_import(acme: Workspace, path: Path) -> None:
    before = settings(path)
    load(acme.tickets, [{"title": f"Ticket {i}"} for i in range(1_000)])
    assert settings(path) == before


def test_the_index_works_as_usual_after_a_taken_back_import(
    desk: Helpdesk, acme: Workspace, path: Path
) -> None:
    before = settings(path)
    with pytest.raises(ZeroDivisionError), desk.transaction():
        load(acme.tickets, [{"title": f"Ticket {i}"} for i in range(1_000)])
        raise ZeroDivisionError
    load(acme.tickets, [{"title": "After"}])
    assert (settings(path), desk.check().ok) == (before, True)


def test_a_killed_import_leaves_whole_batches(path: Path) -> None:
    command = [sys.executable, "-c", LOADING, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as loading:
        assert loading.stdout
        told = [int(line) for line in itertools.islice(loading.stdout, 2)]
        time.sleep(random.Random().uniform(0, 0.3))
        loading.send_signal(signal.SIGKILL)
        told += [int(line) for line in loading.stdout]
    with Helpdesk.open(path) as desk:
        tickets = desk.workspace("acme").tickets
        total = tickets.list().total
        assert total % 500 == 0 and total >= told[-1] + 500
        assert tickets.list(search="hello").total == tickets.list(tags="vip").total == total
        assert desk.check().ok
    assert settings(path) == {"automerge": 4, "hashsize": 1024 * 1024}
