"""Custom fields: the values of tickets and customers."""

from typing import Any

import pytest

from cstar_core import CustomField, Workspace
from tests.core.vocabulary import ManualClock, refusal


def define(room: Workspace, key: str = "region", type: str = "text", **more: Any) -> CustomField:
    if "select" in type:
        more.setdefault("options", ["US", "EU", "APAC"])
    values = {"name": key.title(), "key": key, "type": type, "entity_type": "tickets"} | more
    return room.custom_fields.create(**values)


STORED: list[tuple[str, object]] = [
    ("text", "EU"),
    ("text", ""),
    ("text", "x" * 5_000),
    ("number", 5),
    ("number", 5.5),
    ("number", 2**63 - 1),
    ("select", "EU"),
    ("multiselect", ["EU", "US"]),
    ("multiselect", []),
    ("date", "2025-01-31"),
    ("boolean", True),
    ("boolean", False),
]


@pytest.mark.parametrize(("type", "value"), STORED)
@pytest.mark.parametrize("entity_type", ["tickets", "customers"])
def test_a_value_comes_back_as_it_was_given(
    acme: Workspace, entity_type: str, type: str, value: object
) -> None:
    define(acme, type=type, entity_type=entity_type)
    given = {"region": value}
    if entity_type == "tickets":
        made: Any = acme.tickets.create(title="x", custom_fields=given)
        stored = acme.tickets.get(made.id).custom_fields
    else:
        made = acme.customers.create(name="x", custom_fields=given)
        stored = acme.customers.get(made.id).custom_fields
    assert stored == given
    assert stored["region"].__class__ is value.__class__


@pytest.mark.parametrize(("type", "value"), STORED)
def test_an_object_with_any_value_can_be_deleted(acme: Workspace, type: str, value: object) -> None:
    define(acme, type=type)
    ticket = acme.tickets.create(title="x", custom_fields={"region": value})
    acme.tickets.delete(ticket.id)
    assert acme.tickets.find(ticket.id) is None


@pytest.mark.parametrize(("type", "value"), STORED)
def test_a_deleted_field_takes_every_value_with_it(
    acme: Workspace, type: str, value: object
) -> None:
    field = define(acme, type=type)
    ticket = acme.tickets.create(title="x", custom_fields={"region": value})
    assert acme.custom_fields.delete(field.id) == 1
    after = acme.tickets.get(ticket.id)
    assert (after.custom_fields, after.version) == ({}, 2)
    acme.tickets.delete(ticket.id)


@pytest.mark.parametrize(("type", "value"), STORED)
def test_a_value_is_removed_by_null(acme: Workspace, type: str, value: object) -> None:
    define(acme, type=type)
    ticket = acme.tickets.create(title="x", custom_fields={"region": value})
    assert acme.tickets.update(ticket.id, custom_fields={"region": None}).custom_fields == {}


def test_values_are_merged(acme: Workspace) -> None:
    define(acme, "a")
    define(acme, "b")
    ticket = acme.tickets.create(title="x", custom_fields={"a": "1", "b": "2"})
    after = acme.tickets.update(ticket.id, custom_fields={"b": "3"})
    assert after.custom_fields == {"a": "1", "b": "3"}


def test_customers_values_are_merged(acme: Workspace) -> None:
    define(acme, "a", entity_type="customers")
    define(acme, "b", entity_type="customers")
    customer = acme.customers.create(name="x", custom_fields={"a": "1", "b": "2"})
    after = acme.customers.update(customer.id, custom_fields={"b": None})
    assert after.custom_fields == {"a": "1"}
    assert acme.customers.list(custom_fields={"b": "2"}).total == 0


def test_a_whole_number_becomes_another_by_its_type(acme: Workspace) -> None:
    define(acme, type="number")
    ticket = acme.tickets.create(title="x", custom_fields={"region": 5})
    after = acme.tickets.update(ticket.id, custom_fields={"region": 5.0})
    assert (type(after.custom_fields["region"]), after.version) == (float, 2)
    assert acme.tickets.list(custom_fields={"region": "5"}).total == 1


def test_a_field_of_customers_is_unknown_to_tickets(acme: Workspace) -> None:
    define(acme, entity_type="customers")
    assert refusal(acme.tickets.create, title="x", custom_fields={"region": "a"}) == [
        "custom_fields.region is not known"
    ]


def test_a_required_value_must_be_given_to_make_a_ticket(acme: Workspace) -> None:
    define(acme, required=True)
    assert refusal(acme.tickets.create, title="x") == ["custom_fields.region is required"]


def test_a_required_value_must_be_given_to_make_a_customer(acme: Workspace) -> None:
    define(acme, required=True, entity_type="customers")
    assert refusal(acme.customers.create, name="x") == ["custom_fields.region is required"]


def test_a_required_value_cannot_be_lost(acme: Workspace) -> None:
    define(acme, required=True)
    ticket = acme.tickets.create(title="x", custom_fields={"region": "EU"})
    assert refusal(acme.tickets.update, ticket.id, custom_fields={"region": None}) == [
        "custom_fields.region is required"
    ]


def test_what_exists_is_not_locked_by_a_field_required_later(acme: Workspace) -> None:
    field = define(acme)
    define(acme, "other")
    ticket = acme.tickets.create(title="x")
    acme.custom_fields.update(field.id, required=True)
    assert acme.tickets.update(ticket.id, status="resolved").status == "resolved"
    assert refusal(acme.tickets.update, ticket.id, custom_fields={"other": "a"}) == [
        "custom_fields.region is required"
    ]


def test_an_archived_field_keeps_its_values_and_refuses_new_ones(
    acme: Workspace, clock: ManualClock
) -> None:
    field = define(acme)
    ticket = acme.tickets.create(title="x", custom_fields={"region": "EU"})
    clock.tick()
    assert acme.custom_fields.update(field.id, archived=True).archived_at == clock.now
    assert acme.tickets.get(ticket.id).custom_fields == {"region": "EU"}
    assert acme.tickets.list(custom_fields={"region": "EU"}).total == 1
    assert refusal(acme.tickets.update, ticket.id, custom_fields={"region": "US"}) == [
        "custom_fields.region is archived and takes no new values"
    ]


def test_an_archived_field_is_not_required(acme: Workspace) -> None:
    field = define(acme, required=True)
    acme.custom_fields.update(field.id, archived=True)
    assert acme.tickets.create(title="x").custom_fields == {}


def test_an_archived_field_may_come_back(acme: Workspace) -> None:
    field = define(acme)
    acme.custom_fields.update(field.id, archived=True)
    assert acme.custom_fields.update(field.id, archived=False).archived_at is None


# Options


def test_options_may_be_added_and_put_in_order(acme: Workspace) -> None:
    field = define(acme, type="select")
    after = acme.custom_fields.update(field.id, options=["EU", "US", "LATAM"])
    assert after.options == ("EU", "US", "LATAM")


def test_an_option_taken_away_stays_on_what_has_it(acme: Workspace) -> None:
    field = define(acme, type="select")
    ticket = acme.tickets.create(title="x", custom_fields={"region": "EU"})
    acme.custom_fields.update(field.id, options=["US"])
    assert acme.tickets.get(ticket.id).custom_fields == {"region": "EU"}
    assert acme.tickets.list(custom_fields={"region": "EU"}).total == 1


def test_an_option_taken_away_cannot_be_set_anew(acme: Workspace) -> None:
    field = define(acme, type="select")
    acme.custom_fields.update(field.id, options=["US"])
    assert refusal(acme.tickets.create, title="x", custom_fields={"region": "EU"}) == [
        "custom_fields.region must be one of: US"
    ]


def test_a_value_with_an_option_taken_away_may_be_sent_again(acme: Workspace) -> None:
    field = define(acme, type="multiselect")
    ticket = acme.tickets.create(title="x", custom_fields={"region": ["EU"]})
    acme.custom_fields.update(field.id, options=["US"])
    after = acme.tickets.update(ticket.id, custom_fields={"region": ["EU", "US"]})
    assert after.custom_fields == {"region": ["EU", "US"]}


LONG = "o" * 255
RENAMES: list[tuple[str, list[str], dict[str, str], object, object]] = [
    ("select", ["US", "EU"], {"US": "USA"}, "US", "USA"),
    ("select", ["US", "EU"], {"US": "USA"}, "EU", "EU"),
    ("select", ["US", "EU"], {"US": "EU", "EU": "US"}, "US", "EU"),
    ("select", [LONG, "EU"], {LONG: "short"}, LONG, "short"),
    ("select", ["US", "EU"], {"US": LONG}, "US", LONG),
    ("multiselect", ["US", "EU"], {"US": "EU", "EU": "US"}, ["US", "EU"], ["EU", "US"]),
    ("multiselect", [LONG, "EU"], {LONG: "short"}, ["EU", LONG], ["EU", "short"]),
    ("multiselect", ["US", "EU"], {"US": "USA"}, [], []),
]


@pytest.mark.parametrize("entity_type", ["tickets", "customers"])
@pytest.mark.parametrize(("type", "options", "renames", "before", "after"), RENAMES)
def test_renaming_options_rewrites_every_value(
    acme: Workspace,
    entity_type: str,
    type: str,
    options: list[str],
    renames: dict[str, str],
    before: object,
    after: object,
) -> None:
    field = define(acme, type=type, options=options, entity_type=entity_type)
    given = {"region": before}
    if entity_type == "tickets":
        ticket = acme.tickets.create(title="x", custom_fields=given)
        acme.custom_fields.update(field.id, rename_options=renames)
        stored, room = acme.tickets.get(ticket.id).custom_fields, acme.tickets.list
    else:
        customer = acme.customers.create(name="x", custom_fields=given)
        acme.custom_fields.update(field.id, rename_options=renames)
        stored, room = acme.customers.get(customer.id).custom_fields, acme.customers.list  # type: ignore[assignment]
    assert stored == {"region": after}
    for option in after if isinstance(after, list) else [after]:
        assert room(custom_fields={"region": option}).total == 1


def test_a_renamed_option_keeps_its_place(acme: Workspace) -> None:
    field = define(acme, type="select")
    after = acme.custom_fields.update(field.id, rename_options={"EU": "Europe"})
    assert after.options == ("US", "Europe", "APAC")


def test_options_may_be_renamed_and_set_at_once(acme: Workspace) -> None:
    field = define(acme, type="select")
    after = acme.custom_fields.update(
        field.id, rename_options={"EU": "Europe"}, options=["Europe", "LATAM"]
    )
    assert after.options == ("Europe", "LATAM")


def test_a_rename_to_an_option_taken_away_joins_the_two(acme: Workspace) -> None:
    field = define(acme, type="multiselect", options=["US", "EU"])
    ticket = acme.tickets.create(title="x", custom_fields={"region": ["US", "EU"]})
    acme.custom_fields.update(field.id, options=["EU"])
    acme.custom_fields.update(field.id, rename_options={"EU": "US"})
    assert acme.tickets.get(ticket.id).custom_fields == {"region": ["US"]}


def test_renaming_changes_the_version_of_what_it_rewrites(
    acme: Workspace, clock: ManualClock
) -> None:
    field = define(acme, type="select")
    touched = acme.tickets.create(title="x", custom_fields={"region": "EU"})
    other = acme.tickets.create(title="y", custom_fields={"region": "US"})
    clock.tick()
    acme.custom_fields.update(field.id, rename_options={"EU": "Europe"})
    assert acme.tickets.get(touched.id).version == 2
    assert acme.tickets.get(touched.id).updated_at == clock.now
    assert acme.tickets.get(other.id) == other


BAD_RENAMES: list[tuple[dict[str, Any], list[str]]] = [
    ({"rename_options": {"XX": "YY"}}, ["rename_options.XX must be an option of the field"]),
    ({"rename_options": {"EU": "US"}}, ["rename_options must leave the options distinct"]),
    (
        {"rename_options": {"EU": "caf\u00e9", "US": "cafe\u0301"}},
        ["rename_options must leave the options distinct"],
    ),
    (
        {"rename_options": {"EU": "Europe"}, "options": ["EU"]},
        ["options must name the renamed options"],
    ),
]


@pytest.mark.parametrize(("changes", "problems"), BAD_RENAMES)
def test_a_rename_that_cannot_be_is_refused(
    acme: Workspace, changes: dict[str, Any], problems: list[str]
) -> None:
    field = define(acme, type="select")
    assert refusal(acme.custom_fields.update, field.id, **changes) == problems


@pytest.mark.parametrize("name", ["options", "rename_options"])
def test_a_field_without_options_takes_none(acme: Workspace, name: str) -> None:
    field = define(acme)
    given: Any = {"options": ["a"], "rename_options": {"a": "b"}}[name]
    assert refusal(acme.custom_fields.update, field.id, **{name: given}) == [
        f"{name} are only for select and multiselect fields"
    ]


# Removal and events


def test_deleting_says_how_many_values_were_removed(acme: Workspace) -> None:
    field = define(acme, type="multiselect")
    for value in (["EU", "US"], [], ["EU"]):
        acme.tickets.create(title="x", custom_fields={"region": value})
    acme.tickets.create(title="none")
    assert acme.custom_fields.delete(field.id) == 3


def test_a_customers_value_goes_with_its_field(acme: Workspace) -> None:
    field = define(acme, entity_type="customers")
    customer = acme.customers.create(name="x", custom_fields={"region": "EU"})
    assert acme.custom_fields.delete(field.id) == 1
    assert acme.customers.get(customer.id).custom_fields == {}


def test_a_deleted_field_is_unknown_and_its_key_free(acme: Workspace) -> None:
    field = define(acme)
    acme.custom_fields.delete(field.id)
    assert acme.custom_fields.find(field.id) is None
    assert define(acme, type="number").key == "region"


def test_what_happens_to_a_field_is_an_event(acme: Workspace) -> None:
    field = define(acme, type="select")
    acme.custom_fields.update(field.id, rename_options={"EU": "Europe"}, archived=True)
    acme.custom_fields.delete(field.id)
    created, updated, deleted = acme.events.list(types="custom_field.*").items
    assert {event.object_id for event in (created, updated, deleted)} == {field.id}
    assert (created.data["key"], created.data["entityType"]) == ("region", "tickets")
    assert updated.data["renamedOptions"] == {"EU": "Europe"}
    assert updated.changes == {
        "options": {"from": ["US", "EU", "APAC"], "to": ["US", "Europe", "APAC"]},
        "archived": {"from": False, "to": True},
    }
    assert deleted.data["valuesRemoved"] == 0


def test_the_file_is_sound_after_all_of_it(acme: Workspace, desk: Any) -> None:
    field = define(acme, type="multiselect")
    ticket = acme.tickets.create(title="x", custom_fields={"region": ["EU"]})
    acme.custom_fields.update(field.id, rename_options={"EU": "Europe"})
    acme.tickets.update(ticket.id, custom_fields={"region": ["US", "Europe"]})
    acme.custom_fields.delete(field.id)
    acme.tickets.delete(ticket.id)
    assert desk.check().ok
