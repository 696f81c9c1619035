"""The customers' form: its rules, what it makes, and what it never tells."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from cstar_core import Forbidden, Helpdesk, Invalid, Workspace
from tests.core.vocabulary import ManualClock, messages

FILLED: dict[str, Any] = {
    "name": "Jane",
    "email": "jane@example.com",
    "title": "Help",
    "content": "It broke.",
}
OLD = "stamp must be at least 2 seconds and at most a day old"
FORGED = "stamp must be that of a form"


@pytest.fixture
def stamp(acme: Workspace, clock: ManualClock) -> str:
    made = acme.customer_form.stamp()
    clock.tick(seconds=10)
    return made


def submit(room: Workspace, stamp: str, **more: Any) -> str:
    return room.customer_form.submit(stamp, **{**FILLED, **more})


def refused(room: Workspace, stamp: str, **more: Any) -> list[str]:
    before = room.tickets.list().total
    with pytest.raises(Invalid) as caught:
        submit(room, stamp, **more)
    assert room.tickets.list().total == before
    return messages(caught.value.problems)


PROBLEMS: list[tuple[dict[str, Any], list[str]]] = [
    ({"name": " "}, ["name is required"]),
    ({"name": "x" * 256}, ["name must be at most 255 characters"]),
    ({"email": ""}, ["email is required"]),
    ({"email": None}, ["email is required"]),
    ({"email": "jane"}, ["email must be an email address"]),
    ({"title": ""}, ["title is required"]),
    ({"title": "x" * 501}, ["title must be at most 500 characters"]),
    ({"content": "\n"}, ["content is required"]),
    ({"content": "x" * 100_001}, ["content must be at most 100,000 characters"]),
    ({"content": "\0"}, ["content must be Unicode text without U+0000"]),
    ({"name": "\ud800"}, ["name must be Unicode text without U+0000"]),
    ({"custom_fields": {"seats": "5"}}, ["custom_fields.seats must be a finite number"]),
    ({"custom_fields": {"seats": 5, "mood": "x"}}, ["custom_fields.mood is not known"]),
    (
        {"custom_fields": {"seats": 5, "old": "x"}},
        ["custom_fields.old is archived and takes no new values"],
    ),
    ({"custom_fields": {}}, ["custom_fields.seats is required"]),
    ({"custom_fields": []}, ["custom_fields must be an object"]),
    (
        {"name": "", "email": "", "title": "", "content": ""},
        ["name is required", "email is required", "title is required", "content is required"],
    ),
]


@pytest.mark.parametrize(("values", "problems"), PROBLEMS)
def test_the_form_has_rules(
    acme: Workspace, stamp: str, values: dict[str, Any], problems: list[str]
) -> None:
    for key, type, more in (
        ("seats", "number", {"required": True, "public": True}),
        ("mood", "text", {}),
        ("old", "text", {"public": True}),
    ):
        field = acme.custom_fields.create(
            name=key, key=key, type=type, entity_type="tickets", **more
        )
        acme.custom_fields.update(field.id, archived=key == "old")
    assert refused(acme, stamp, **{"custom_fields": {"seats": 5}, **values}) == problems


def test_the_form_asks_for_public_fields_alone(acme: Workspace) -> None:
    for key, entity, public in (
        ("order", "tickets", True),
        ("mood", "tickets", False),
        ("plan", "customers", False),
        ("old", "tickets", True),
    ):
        acme.custom_fields.create(name=key, key=key, type="text", entity_type=entity, public=public)
    acme.custom_fields.update(acme.custom_fields.list()[-1].id, archived=True)
    keys = [field.key for field in acme.custom_fields.list() if field.archived_at]
    assert {field.key for field in acme.customer_form.fields()} == {"order", "old"} - set(keys)


def test_what_is_filled_in_becomes_a_ticket(acme: Workspace, stamp: str) -> None:
    acme.custom_fields.create(
        name="Order", key="order", type="text", entity_type="tickets", public=True
    )
    token = submit(acme, stamp, custom_fields={"order": "17"})
    ticket = acme.tickets.get(acme.tickets.list().items[0].id, expand_customer=True)
    assert (ticket.title, ticket.status, ticket.custom_fields) == ("Help", "new", {"order": "17"})
    assert ticket.customer is not None
    assert (ticket.customer.name, ticket.customer.email) == ("Jane", "jane@example.com")
    assert ticket.metadata == {"source": "form"}
    assert [(each.content, each.sender) for each in ticket.messages or ()] == [
        ("It broke.", "customer")
    ]
    assert acme.ticket_links.open(token).read().number == ticket.number
    told = [event.type for event in acme.events.list(page_size=100).items if "." in event.type]
    assert told[-3:] == ["customer.created", "ticket.created", "message.created"]
    assert acme.tickets.list(search="broke").total == 1


def test_a_known_address_gets_the_ticket_and_nobody_can_tell(acme: Workspace, stamp: str) -> None:
    jane = acme.customers.create(name="Jane Q. Secret", email="Jane@Example.com")
    known, new = (submit(acme, stamp, email=each) for each in ("jane@EXAMPLE.com", "b@b.example"))
    tickets = acme.tickets.list(sort="number").items
    assert tickets[0].customer_id == jane.id != tickets[1].customer_id
    shown = [acme.ticket_links.open(token).read() for token in (known, new)]
    assert shown[0].messages == shown[1].messages
    assert "Secret" not in repr(shown)
    assert acme.customers.get(jane.id) == jane.__class__(
        **{name: getattr(jane, name) for name in jane.__slots__} | {"ticket_count": 1}
    )


def test_required_fields_that_are_not_public_tell_nothing_and_lock_nobody_out(
    acme: Workspace, stamp: str
) -> None:
    acme.customers.create(name="Jane", email="jane@example.com")
    for entity in ("tickets", "customers"):
        acme.custom_fields.create(
            name="Plan", key="plan", type="text", entity_type=entity, required=True
        )
    for email in ("jane@example.com", "new@example.com"):
        assert len(submit(acme, stamp, email=email)) == 56


def test_a_form_that_is_sent_twice_makes_one_ticket(acme: Workspace, stamp: str) -> None:
    with ThreadPoolExecutor(4) as threads:
        tokens = set(threads.map(lambda _: submit(acme, stamp), range(8)))
    assert (len(tokens), acme.tickets.list().total) == (1, 1)
    submit(acme, stamp, content="It broke again.")
    assert acme.tickets.list().total == 2


@pytest.mark.parametrize(
    ("seconds", "problems"),
    [(0, [OLD]), (1, [OLD]), (2, []), (86_400, []), (86_401, [OLD]), (-3_600, [OLD])],
)
def test_a_form_takes_some_time_and_not_for_ever(
    acme: Workspace, clock: ManualClock, seconds: int, problems: list[str]
) -> None:
    stamp = acme.customer_form.stamp()
    clock.tick(seconds=seconds)
    if problems:
        assert refused(acme, stamp, name="") == ["name is required", *problems]
    else:
        assert len(submit(acme, stamp)) == 56


def test_a_stamp_of_elsewhere_is_refused(
    acme: Workspace, globex: Workspace, sandbox: Workspace, stamp: str, clock: ManualClock
) -> None:
    foreign = [room.customer_form.stamp() for room in (globex, sandbox)]
    link = submit(acme, stamp)
    clock.tick(seconds=10)
    for other in (*foreign, link, "", "A" * 56, stamp[:-1], None):
        assert refused(acme, str(other)) == [FORGED]
    acme.ticket_links.end_all()
    assert refused(acme, stamp) == [FORGED]


def test_each_form_has_its_own_stamp(acme: Workspace) -> None:
    assert len({acme.customer_form.stamp() for _ in range(50)}) == 50


def test_an_erased_customer_leaves_nothing_of_what_they_sent(acme: Workspace, stamp: str) -> None:
    submit(acme, stamp)
    customer = acme.customers.list().items[0]
    assert acme.customers.erase(customer.id).receipts == 1


def test_a_publishable_key_submits_nothing(
    desk: Helpdesk, acme: Workspace, stamp: str, template: tuple[Path, str]
) -> None:
    access = desk.keys.authenticate(template[1])
    assert access is not None
    with pytest.raises(Forbidden):
        submit(desk.workspace_of(access), stamp)
