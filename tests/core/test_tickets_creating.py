"""Making a ticket: what it takes, what it refuses, and what it leaves."""

from typing import Any

import pytest

from cstar_core import (
    CONTENT_MAX,
    METADATA_KEYS_MAX,
    NAME_MAX,
    NOTES_MAX,
    PRIORITIES,
    STATUSES,
    TAG_MAX,
    TAGS_MAX,
    TITLE_MAX,
    Actor,
    Customer,
    Helpdesk,
    Member,
    Workspace,
)
from tests.core.vocabulary import NOTHING, START, ids, messages, refusal
from tests.core.witness import happened, log, types

MANY_TAGS = [f"t{i}" for i in range(TAGS_MAX)]
MANY_KEYS = {f"k{i}": i for i in range(METADATA_KEYS_MAX)}
STATUS = "status must be one of: new, open, pending, resolved, closed"
PRIORITY = "priority must be one of: low, normal, high, urgent"

REFUSED: list[tuple[dict[str, Any], list[str]]] = [
    ({"title": None}, ["title is required"]),
    ({"title": ""}, ["title is required"]),
    ({"title": " \t\n\u3000"}, ["title is required"]),
    ({"title": 5}, ["title must be a string"]),
    ({"title": b"x"}, ["title must be a string"]),
    ({"title": ["x"]}, ["title must be a string"]),
    ({"title": "x" * (TITLE_MAX + 1)}, ["title must be at most 500 characters"]),
    ({"title": "a\0"}, ["title must be Unicode text without U+0000"]),
    ({"title": "\ud800"}, ["title must be Unicode text without U+0000"]),
    ({"status": "opne"}, [STATUS]),
    ({"status": "Open"}, [STATUS]),
    ({"status": None}, [STATUS]),
    ({"status": ["open"]}, [STATUS]),
    ({"priority": "critical"}, [PRIORITY]),
    ({"priority": 1}, [PRIORITY]),
    ({"notes": 5}, ["notes must be a string"]),
    ({"notes": "x" * (NOTES_MAX + 1)}, ["notes must be at most 65,536 characters"]),
    ({"notes": "\0"}, ["notes must be Unicode text without U+0000"]),
    ({"tags": None}, ["tags must be an array of strings or a comma-separated string"]),
    ({"tags": 5}, ["tags must be an array of strings or a comma-separated string"]),
    ({"tags": ["a", 5]}, ["tags.1 must be a string"]),
    ({"tags": ["a", None]}, ["tags.1 must be a string"]),
    ({"tags": ["a,b"]}, ["tags.0 must not contain a comma"]),
    ({"tags": ["x" * (TAG_MAX + 1)]}, ["tags.0 must be at most 64 characters"]),
    ({"tags": "a," + "x" * (TAG_MAX + 1)}, ["tags.1 must be at most 64 characters"]),
    ({"tags": [*MANY_TAGS, "one more"]}, ["tags must be at most 50 tags"]),
    ({"metadata": "x"}, ["metadata must be an object"]),
    ({"metadata": [1]}, ["metadata must be an object"]),
    ({"metadata": {"": 1}}, ["metadata must not have an empty key"]),
    ({"metadata": MANY_KEYS | {"one more": 1}}, ["metadata must have at most 50 keys"]),
    ({"metadata": {"a": "x" * 65_536}}, ["metadata must be at most 65536 bytes as JSON"]),
    ({"metadata": {"a": float("nan")}}, ["metadata.a must be a finite number"]),
    ({"metadata": {"a": {1, 2}}}, ["metadata.a must be a JSON value"]),
    ({"custom_fields": "x"}, ["custom_fields must be an object"]),
    ({"custom_fields": []}, ["custom_fields must be an object"]),
    ({"custom_fields": {"regoin": 1}}, ["custom_fields.regoin is not known"]),
    ({"customer_id": 5}, ["customer_id must be a string"]),
    ({"customer_id": "x"}, ["customer_id must be the id of an existing customer"]),
    ({"customer_id": ""}, ["customer_id must be the id of an existing customer"]),
    ({"customer_id": NOTHING}, ["customer_id must be the id of an existing customer"]),
    ({"customer_name": 5}, ["customer_name must be a string"]),
    ({"customer_name": ""}, ["customer_name must not be blank"]),
    ({"customer_name": "x" * (NAME_MAX + 1)}, ["customer_name must be at most 255 characters"]),
    ({"customer_email": "jane"}, ["customer_email must be an email address"]),
    ({"customer_email": ""}, ["customer_email must be an email address"]),
    ({"assigned_to": 5}, ["assigned_to must be a string"]),
    ({"assigned_to": "none"}, ["assigned_to must be the id of an existing member"]),
    ({"assigned_to": NOTHING}, ["assigned_to must be the id of an existing member"]),
    ({"initial_message": ""}, ["initial_message must not be blank"]),
    ({"initial_message": 5}, ["initial_message must be a string"]),
    (
        {"initial_message": "x" * (CONTENT_MAX + 1)},
        ["initial_message must be at most 100,000 characters"],
    ),
    (
        {"title": "", "status": "x", "tags": 5},
        [
            "title is required",
            STATUS,
            "tags must be an array of strings or a comma-separated string",
        ],
    ),
    (
        {"customer_id": "x", "assigned_to": "x"},
        [
            "customer_id must be the id of an existing customer",
            "assigned_to must be the id of an existing member",
        ],
    ),
]
LARGEST: list[dict[str, Any]] = [
    {"title": "x" * TITLE_MAX},
    {"title": "\U0001f600" * TITLE_MAX},
    {"title": "  e\u0301 \t<b>"},
    {"notes": "x" * NOTES_MAX},
    {"notes": ""},
    {"tags": tuple(MANY_TAGS)},
    {"tags": ("x" * TAG_MAX,)},
    {"metadata": MANY_KEYS},
    {"metadata": {"a": [1, 2.5, None, True, {"b": "\U0001f600"}]}},
    {"metadata": {"a": 2**63 - 1, "b": -(2**63)}},
    *({"status": status} for status in STATUSES),
    *({"priority": priority} for priority in PRIORITIES),
]


@pytest.fixture
def jane(acme: Workspace) -> Customer:
    return acme.customers.create(name="Jane Smith", email="jane@example.com")


@pytest.fixture
def ada(acme: Workspace) -> Member:
    return acme.members.create(name="Ada Park", email="ada@example.com")


@pytest.mark.parametrize(("values", "problems"), REFUSED)
def test_a_ticket_that_breaks_a_rule_is_refused(
    acme: Workspace, values: dict[str, Any], problems: list[str]
) -> None:
    assert refusal(acme.tickets.create, **({"title": "Help"} | values)) == problems


@pytest.mark.parametrize("values", LARGEST)
def test_what_the_rules_allow_is_kept_as_it_is(acme: Workspace, values: dict[str, Any]) -> None:
    made = acme.tickets.create(**({"title": "Help"} | values))
    kept = acme.tickets.get(made.id)
    assert {name: getattr(kept, name) for name in values} == values


def test_a_refused_ticket_leaves_nothing(acme: Workspace) -> None:
    before = log(acme)
    refusal(acme.tickets.create, title="Help", customer_name="Jane", tags="a", assigned_to=NOTHING)
    assert (log(acme), acme.customers.list().total, acme.tickets.list().total) == (before, 0, 0)


def test_a_refused_ticket_uses_up_no_number(acme: Workspace) -> None:
    refusal(acme.tickets.create, title="Help", customer_id=NOTHING)
    assert acme.tickets.create(title="Help").number == 1


def test_a_ticket_with_a_title_alone_has_the_defaults(acme: Workspace) -> None:
    made = acme.tickets.create(title="Help")
    assert {
        "number": made.number,
        "status": made.status,
        "priority": made.priority,
        "customer": (made.customer_id, made.customer_name, made.customer),
        "assigned_to": made.assigned_to,
        "tags": made.tags,
        "notes": made.notes,
        "custom_fields": made.custom_fields,
        "metadata": made.metadata,
        "messages": (made.message_count, made.messages),
        "times": (made.created_at, made.updated_at, made.resolved_at, made.closed_at),
        "version": made.version,
    } == {
        "number": 1,
        "status": "new",
        "priority": "normal",
        "customer": (None, None, None),
        "assigned_to": None,
        "tags": (),
        "notes": None,
        "custom_fields": {},
        "metadata": {},
        "messages": (0, ()),
        "times": (START, START, None, None),
        "version": 1,
    }


def test_what_is_made_is_what_is_read(acme: Workspace, jane: Customer, ada: Member) -> None:
    made = acme.tickets.create(
        title="Help",
        status="closed",
        priority="urgent",
        customer_id=jane.id,
        assigned_to=ada.id,
        tags="vip, refund",
        notes="Be kind",
        metadata={"plan": "pro"},
        initial_message="It broke",
    )
    assert acme.tickets.get(made.id) == made


def test_the_id_of_a_ticket_says_that_it_is_one(acme: Workspace) -> None:
    assert acme.tickets.create(title="Help").id.startswith("tkt_")


def test_tickets_are_numbered_from_one(acme: Workspace) -> None:
    assert [acme.tickets.create(title="Help").number for _ in range(3)] == [1, 2, 3]


def test_a_number_is_not_used_again(acme: Workspace) -> None:
    acme.tickets.delete(acme.tickets.create(title="Help").id)
    assert acme.tickets.create(title="Help").number == 2


@pytest.mark.parametrize("elsewhere", ["globex", "sandbox"])
def test_each_workspace_counts_for_itself(
    acme: Workspace, elsewhere: str, request: pytest.FixtureRequest
) -> None:
    acme.tickets.create(title="Help")
    assert request.getfixturevalue(elsewhere).tickets.create(title="Help").number == 1


def test_metadata_that_is_null_is_not_kept(acme: Workspace) -> None:
    made = acme.tickets.create(title="Help", metadata={"a": None, "b": 1})
    assert made.metadata == {"b": 1}


def test_tags_may_be_one_text_with_commas(acme: Workspace) -> None:
    made = acme.tickets.create(title="Help", tags=" login, Auth,,LOGIN ")
    assert made.tags == ("login", "Auth")


@pytest.mark.parametrize("given", ["customer_name", "customer_email"])
def test_a_ticket_cannot_make_a_customer_who_needs_more(acme: Workspace, given: str) -> None:
    for key in ("tier", "plan"):
        acme.custom_fields.create(
            name=key, key=key, type="text", entity_type="customers", required=True
        )
    values = {"title": "Help", given: "jane@example.com"}
    assert refusal(acme.tickets.create, **values) == [
        f"{given} is not enough for a new customer, who needs: tier, plan"
    ]


# --- its first message


def test_a_first_message_comes_from_the_customer(acme: Workspace, jane: Customer) -> None:
    made = acme.tickets.create(title="Help", customer_id=jane.id, initial_message="It broke")
    assert made.messages is not None
    (message,) = made.messages
    assert (message.sender, message.sender_name, message.content, message.is_internal) == (
        "customer",
        "Jane Smith",
        "It broke",
        False,
    )


def test_a_first_message_without_a_customer_is_from_customer(acme: Workspace) -> None:
    made = acme.tickets.create(title="Help", initial_message="It broke")
    assert [message.sender_name for message in made.messages or ()] == ["Customer"]


def test_a_first_message_counts(acme: Workspace) -> None:
    assert acme.tickets.create(title="Help", initial_message="It broke").message_count == 1


@pytest.mark.parametrize("status", STATUSES)
def test_a_first_message_leaves_the_status_that_was_asked_for(acme: Workspace, status: str) -> None:
    made = acme.tickets.create(title="Help", status=status, initial_message="It broke")
    assert made.status == status


def test_a_first_message_leaves_the_first_version(acme: Workspace) -> None:
    assert acme.tickets.create(title="Help", initial_message="It broke").version == 1


def test_a_first_message_can_be_searched_for(acme: Workspace) -> None:
    made = acme.tickets.create(title="Help", initial_message="marmalade")
    assert ids(acme.tickets.list(search="marmalade").items) == [made.id]


# --- its events


def test_a_ticket_that_is_made_is_an_event(acme: Workspace) -> None:
    (event,) = happened(acme, acme.tickets.create, title="Help", notes="secret", priority="high")
    assert (event.type, event.data, event.changes) == (
        "ticket.created",
        {
            "number": 1,
            "title": "Help",
            "status": "new",
            "priority": "high",
            "customerId": None,
            "assignedTo": None,
        },
        {},
    )


def test_the_event_names_the_ticket(acme: Workspace) -> None:
    (event,) = happened(acme, acme.tickets.create, title="Help")
    assert event.object_id == acme.tickets.list().items[0].id


def test_the_events_of_a_full_ticket_stand_in_order(acme: Workspace, ada: Member) -> None:
    events = happened(
        acme,
        acme.tickets.create,
        title="Help",
        customer_name="Jane",
        assigned_to=ada.id,
        initial_message="It broke",
    )
    assert types(events) == [
        "customer.created",
        "ticket.created",
        "ticket.assigned",
        "message.created",
    ]


def test_an_assignment_from_the_start_says_to_whom(acme: Workspace, ada: Member) -> None:
    events = happened(acme, acme.tickets.create, title="Help", assigned_to=ada.id)
    assert events[-1].changes == {"assignedTo": {"from": None, "to": ada.id}}


def test_a_ticket_that_is_done_from_the_start_is_not_resolved_as_an_event(
    acme: Workspace,
) -> None:
    assert types(happened(acme, acme.tickets.create, title="Help", status="closed")) == [
        "ticket.created"
    ]


def test_the_events_say_who_made_the_ticket(desk: Helpdesk, acme: Workspace, ada: Member) -> None:
    actor = Actor("member", ada.id)
    as_ada = desk.workspace("acme", actor=actor)
    events = happened(acme, as_ada.tickets.create, title="Help", customer_name="Jane")
    assert {event.actor for event in events} == {actor}


# --- checking without making


@pytest.mark.parametrize(
    ("values", "problems"),
    [case for case in REFUSED if "existing" not in "".join(case[1])],
)
def test_checking_a_ticket_says_what_making_it_would(
    acme: Workspace, values: dict[str, Any], problems: list[str]
) -> None:
    assert messages(acme.tickets.check({"title": "Help"} | values)) == problems


def test_checking_writes_nothing(acme: Workspace) -> None:
    assert happened(acme, acme.tickets.check, {"title": "Help", "customer_name": "Jane"}) == []


def test_checking_a_ticket_without_a_title_says_so(acme: Workspace) -> None:
    assert messages(acme.tickets.check({})) == ["title is required"]


def test_checking_a_change_does_not_ask_for_a_title(acme: Workspace) -> None:
    assert acme.tickets.check({}, updating=True) == []


def test_an_unknown_member_of_a_ticket_suggests_the_nearest_one(acme: Workspace) -> None:
    assert messages(acme.tickets.check({"title": "Help", "priorty": "high"})) == [
        "priorty is not known; did you mean priority?"
    ]
