"""After any history, every list agrees with what the tickets themselves say."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cstar_core import PRIORITIES, STATUSES, Helpdesk, HelpdeskError, Ticket, Workspace
from cstar_core.tags import fold_tag
from tests.core.vocabulary import ManualClock, ids, walk_cursor

SEEDS = range(6)
STEPS = 150
TAGS = ["vip", "VIP", "Straße", "STRASSE", "a b", "été"]
WORDS = ["refund", "Printer", "東京都", "café", "log-in"]
OPTIONS = ["A", "B", "C", "D"]
TYPES = ["text", "number", "select", "multiselect", "boolean"]


class ChangedMind(Exception):
    """What makes a unit of work fail in the middle."""


class History:
    """A desk on which everything happens that can, in an order drawn by lot."""

    def __init__(self, desk: Helpdesk, clock: ManualClock, seed: int) -> None:
        self.desk, self.clock, self.lot = desk, clock, random.Random(seed)
        self.acme = desk.workspace(desk.teams.create("Acme").slug)
        made = desk.keys.create("acme", type="publishable", environment="live")
        access = desk.keys.authenticate(made.secret)
        assert access is not None
        self.public = desk.workspace_of(access)
        self.acts: list[Callable[[], object]] = [
            *[self.make_ticket] * 3,
            *[self.change_ticket] * 3,
            *[self.write] * 2,
            self.delete_ticket,
            self.make_customer,
            self.rename_customer,
            self.delete_customer,
            self.add_member,
            self.remove_member,
            self.define_field,
            self.change_field,
            self.delete_field,
            self.change_mind,
        ]

    def live(self, steps: int) -> None:
        for _ in range(steps):
            self.clock.tick(seconds=self.lot.choice([0, 0, 1, 60]))
            try:
                self.lot.choice(self.acts)()
            except (HelpdeskError, IndexError):  # refused, or nothing there to choose from
                continue

    def any(self, items: tuple[Any, ...]) -> str:
        return str(self.lot.choice(items).id)

    def ticket(self) -> str:
        return self.any(self.acme.tickets.list(page_size=100).items)

    def customer(self) -> str:
        return self.any(self.acme.customers.list().items)

    def member(self) -> str:
        return self.any(self.acme.members.list().items)

    def values(self) -> dict[str, object]:
        some = [f for f in self.acme.custom_fields.list() if self.lot.random() < 0.5]
        return {field.key: self.value(field.type, field.options) for field in some}

    def value(self, type: str, options: tuple[str, ...] | None) -> object:
        if self.lot.random() < 0.2:
            return None
        if type == "multiselect":
            return self.lot.sample(list(options or ()), 1)
        allowed: dict[str, list[object]] = {
            "text": ["a", "b" * 200, "b" * 200 + "c"],
            "number": [1, 1.0, -2.5, 2**60],
            "select": list(options or ()),
            "boolean": [True, False],
        }
        return self.lot.choice(allowed[type])

    def make_ticket(self) -> None:
        self.acme.tickets.create(
            title=" ".join(self.lot.choices(WORDS, k=2)),
            status=self.lot.choice(STATUSES),
            priority=self.lot.choice(PRIORITIES),
            tags=self.lot.sample(TAGS, 2),
            customer_email=self.lot.choice([None, "a@x", "A@X", "b@x"]),
            custom_fields=self.values(),
            initial_message=self.lot.choice([None, *WORDS]),
        )

    def change_ticket(self) -> None:
        changes: dict[str, Any] = {
            "title": self.lot.choice(WORDS),
            "status": self.lot.choice(STATUSES),
            "priority": self.lot.choice(PRIORITIES),
            "tags": self.lot.sample(TAGS, 2),
            "custom_fields": self.values(),
            "customer_id": self.lot.choice([None, self.customer()]),
            "assigned_to": self.lot.choice([None, self.member()]),
        }
        some = self.lot.sample(sorted(changes), 2)
        self.acme.tickets.update(self.ticket(), **{name: changes[name] for name in some})

    def write(self) -> None:
        options = self.lot.choice([{}, {"is_internal": True}, {"sender": "customer"}])
        self.acme.messages.create(self.ticket(), content=self.lot.choice(WORDS), **options)

    def delete_ticket(self) -> None:
        self.acme.tickets.delete(self.ticket())

    def make_customer(self) -> None:
        self.acme.customers.create(name=self.lot.choice(WORDS))

    def rename_customer(self) -> None:
        self.acme.customers.update(self.customer(), name=self.lot.choice(WORDS))

    def delete_customer(self) -> None:
        self.acme.customers.delete(self.customer())

    def add_member(self) -> None:
        self.acme.members.create(name="Ada", email=f"ada{self.lot.random()}@example.com")

    def remove_member(self) -> None:
        self.acme.members.delete(self.member())

    def define_field(self) -> None:
        type = self.lot.choice(TYPES)
        self.acme.custom_fields.create(
            name="Field",
            key=f"f{self.lot.randrange(5)}",
            type=type,
            entity_type="tickets",
            options=OPTIONS if "select" in type else None,
        )

    def change_field(self) -> None:
        field = self.lot.choice(self.acme.custom_fields.list())
        change: dict[str, Any] = {"archived": self.lot.random() < 0.3}
        if field.options is not None:
            names = self.lot.sample([*OPTIONS, "E", "F"], len(field.options))
            change["rename_options"] = dict(zip(field.options, names, strict=True))
        self.acme.custom_fields.update(field.id, **change)

    def delete_field(self) -> None:
        if self.lot.random() < 0.3:
            self.acme.custom_fields.delete(self.any(self.acme.custom_fields.list()))

    def change_mind(self) -> None:
        try:
            with self.desk.transaction():
                self.live(3)
                raise ChangedMind
        except ChangedMind:
            return


@pytest.fixture(scope="module", params=SEEDS)
def history(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[History]:
    path: Path = tmp_path_factory.mktemp("history") / "desk.db"
    clock = ManualClock()
    with Helpdesk.open(path, clock=clock) as desk:
        lived = History(desk, clock, request.param)
        lived.live(STEPS)
        yield lived


@pytest.fixture(scope="module")
def tickets(history: History) -> list[Ticket]:
    """Every ticket as it says itself, with its thread and its customer."""
    listed = walk_cursor(history.acme.tickets.list, sort="number")
    return [history.acme.tickets.get(one.id, expand_customer=True) for one in listed]


def found(workspace: Workspace, **query: Any) -> list[str]:
    return ids(walk_cursor(workspace.tickets.list, sort="number", **query))


def test_the_file_is_sound(history: History) -> None:
    assert [each for each in history.desk.check().findings if not each.ok] == []


@pytest.mark.parametrize("status", STATUSES)
def test_a_status_lists_its_tickets(history: History, tickets: list[Ticket], status: str) -> None:
    expected = ids(one for one in tickets if one.status == status)
    assert found(history.acme, status=status) == expected


@pytest.mark.parametrize("tag", TAGS)
def test_a_tag_lists_its_tickets(history: History, tickets: list[Ticket], tag: str) -> None:
    expected = [t for t in tickets if fold_tag(tag) in map(fold_tag, t.tags)]
    assert found(history.acme, tags=tag) == ids(expected)


def test_a_value_lists_its_tickets(history: History, tickets: list[Ticket]) -> None:
    having: dict[tuple[str, object], list[str]] = {}
    for ticket in tickets:
        for key, value in ticket.custom_fields.items():
            for one in value if isinstance(value, list) else [value]:
                having.setdefault((key, one), []).append(ticket.id)
    listed = {(key, one): found(history.acme, custom_fields={key: one}) for key, one in having}
    assert (listed, bool(having)) == (having, True)


def test_a_member_lists_its_tickets(history: History, tickets: list[Ticket]) -> None:
    members = ids(history.acme.members.list(page_size=100).items)
    assert {one: found(history.acme, assigned_to=one) for one in members} == {
        one: ids(t for t in tickets if t.assigned_to == one) for one in members
    }


def test_a_customer_lists_and_counts_its_tickets(history: History, tickets: list[Ticket]) -> None:
    customers = history.acme.customers.list(page_size=100).items
    assert [(one.ticket_count, found(history.acme, customer_id=one.id)) for one in customers] == [
        (len(theirs), ids(theirs))
        for one in customers
        for theirs in [[t for t in tickets if t.customer_id == one.id]]
    ]


def says(ticket: Ticket, word: str, *, internal: bool) -> bool:
    messages = [m for m in ticket.messages or () if internal or not m.is_internal]
    texts = [ticket.title, *(message.content for message in messages)]
    texts += [ticket.customer.name] if ticket.customer else []
    return any(word in text for text in texts)


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("internal", [True, False])
def test_a_word_finds_the_tickets_that_say_it(
    history: History, tickets: list[Ticket], word: str, internal: bool
) -> None:
    view = history.acme if internal else history.public
    expected = ids(one for one in tickets if says(one, word, internal=internal))
    assert found(view, search=f'"{word}"') == expected


def test_every_thread_counts_what_it_shows(history: History, tickets: list[Ticket]) -> None:
    seen = [view.tickets.get(t.id) for t in tickets for view in (history.acme, history.public)]
    assert [one.id for one in seen if one.message_count != len(one.messages or ())] == []


def test_every_ticket_tells_of_its_making_first(history: History, tickets: list[Ticket]) -> None:
    first = {history.acme.events.of_ticket(t.id, page_size=1).items[0].type for t in tickets}
    assert first == {"ticket.created"}


def test_the_last_word_of_the_log_on_a_status_is_the_status(
    history: History, tickets: list[Ticket]
) -> None:
    said: dict[str, str] = {}
    for event in walk_cursor(history.acme.events.list, page_size=100, types="ticket.*"):
        if "status" in event.data:
            said[event.object_id] = event.data["status"]
    assert {t.id: said[t.id] for t in tickets} == {t.id: t.status for t in tickets}
