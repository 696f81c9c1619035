"""Custom fields: their definitions."""

from typing import Any

import pytest

from cstar_core import Conflict, CustomField, NotFound, StaleVersion, Workspace
from tests.core.vocabulary import NOTHING, START, ManualClock, messages, refusal

BASE = {"name": "Region", "key": "region", "type": "text", "entity_type": "tickets"}
ONLY = "options are only for select and multiselect fields"
TICKETS_ONLY = "public is only for fields of tickets"
PROBLEMS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, []),
    ({"required": True, "position": 5}, []),
    ({"type": "select", "options": ["a"]}, []),
    ({"name": ""}, ["name is required"]),
    ({"key": "Region"}, ["key must match ^[a-z][a-z0-9_]{0,63}$"]),
    ({"type": "string"}, ["type must be one of: text, number, select, multiselect, date, boolean"]),
    ({"entity_type": "ticket"}, ["entity_type must be one of: tickets, customers"]),
    ({"type": "select"}, ["options is required"]),
    ({"type": "multiselect", "options": None}, ["options is required"]),
    ({"type": "select", "options": []}, ["options must have 1 to 500 options"]),
    ({"type": "text", "options": ["a"]}, [ONLY]),
    ({"type": "boolean", "options": []}, ["options must have 1 to 500 options", ONLY]),
    ({"required": 1}, ["required must be true or false"]),
    ({"public": True}, []),
    ({"public": False, "entity_type": "customers"}, []),
    ({"public": True, "entity_type": "customers"}, [TICKETS_ONLY]),
    ({"public": True, "entity_type": "ticket"}, ["entity_type must be one of: tickets, customers"]),
    ({"public": "yes"}, ["public must be true or false"]),
    ({"public": None}, ["public must be true or false"]),
    ({"position": -1}, ["position must be an integer from 0 to 1000000"]),
    ({"position": 1_000_001}, ["position must be an integer from 0 to 1000000"]),
    ({"labels": 1}, ["labels is not known"]),
]  # fmt: skip
UPDATE_PROBLEMS: list[tuple[dict[str, Any], list[str]]] = [
    ({"name": None}, ["name is required"]),
    ({"required": None}, ["required must be true or false"]),
    ({"public": 1}, ["public must be true or false"]),
    ({"position": None}, ["position must be an integer from 0 to 1000000"]),
    ({"archived": "yes"}, ["archived must be true or false"]),
    ({"options": None}, ["options must be an array of strings"]),
    ({"rename_options": []}, ["rename_options must be an object of old and new options"]),
    ({"rename_options": {"a": ""}}, ["rename_options.a must not be blank"]),
    ({"key": "x"}, ["key is not known"]),
    ({"type": "text"}, ["type is not known"]),
    ({"entity_type": "tickets"}, ["entity_type is not known"]),
]


def define(room: Workspace, key: str = "region", type: str = "text", **more: Any) -> CustomField:
    if "select" in type:
        more.setdefault("options", ["US", "EU", "APAC"])
    values = {"name": key.title(), "key": key, "type": type, "entity_type": "tickets"} | more
    return room.custom_fields.create(**values)


@pytest.mark.parametrize(("changes", "problems"), PROBLEMS)
def test_a_definition_has_rules(
    acme: Workspace, changes: dict[str, Any], problems: list[str]
) -> None:
    assert messages(acme.custom_fields.check(BASE | changes)) == problems


@pytest.mark.parametrize("name", ["name", "key", "type", "entity_type"])
def test_a_definition_needs(acme: Workspace, name: str) -> None:
    values = {key: value for key, value in BASE.items() if key != name}
    assert messages(acme.custom_fields.check(values)) == [f"{name} is required"]


@pytest.mark.parametrize(("changes", "problems"), UPDATE_PROBLEMS)
def test_a_change_of_a_definition_has_rules(
    acme: Workspace, changes: dict[str, Any], problems: list[str]
) -> None:
    field = define(acme, type="select", options=["a", "b"])
    assert refusal(acme.custom_fields.update, field.id, **changes) == problems


def test_a_definition_comes_back_as_it_was_made(acme: Workspace) -> None:
    field = define(acme, type="select", required=True, options=["US", "EU"])
    assert acme.custom_fields.get(field.id) == field
    assert (field.name, field.key, field.type, field.entity_type) == (
        "Region",
        "region",
        "select",
        "tickets",
    )
    assert (field.required, field.options, field.position) == (True, ("US", "EU"), 1)
    assert (field.created_at, field.updated_at, field.archived_at) == (START, START, None)


def test_a_new_definition_is_last(acme: Workspace) -> None:
    define(acme, "a", position=7)
    assert define(acme, "b").position == 8


def test_positions_count_for_each_kind_of_object(acme: Workspace) -> None:
    define(acme, "a", position=7)
    assert define(acme, "a", entity_type="customers").position == 1


def test_the_last_position_is_not_passed(acme: Workspace) -> None:
    define(acme, "a", position=1_000_000)
    assert define(acme, "b").position == 1_000_000


def test_definitions_are_listed_in_position_order(acme: Workspace) -> None:
    for key, position in (("c", 3), ("a", 1), ("b", 2)):
        define(acme, key, position=position)
    assert [field.key for field in acme.custom_fields.list()] == ["a", "b", "c"]


def test_tickets_fields_are_listed_before_customers_fields(acme: Workspace) -> None:
    define(acme, "a", entity_type="customers")
    define(acme, "b")
    assert [field.key for field in acme.custom_fields.list()] == ["b", "a"]


@pytest.mark.parametrize("entity_type", ["tickets", "customers"])
def test_definitions_of_one_kind_of_object_are_listed(acme: Workspace, entity_type: str) -> None:
    for kind in ("tickets", "customers"):
        define(acme, kind[:-1], entity_type=kind)
    found = acme.custom_fields.list(entity_type=entity_type)
    assert [field.key for field in found] == [entity_type[:-1]]


def test_another_kind_of_object_is_refused(acme: Workspace) -> None:
    assert refusal(acme.custom_fields.list, entity_type="ticket") == [
        "entity_type must be one of: tickets, customers"
    ]


def test_a_taken_key_is_a_conflict(acme: Workspace) -> None:
    define(acme)
    with pytest.raises(Conflict, match="with the key region exists already") as caught:
        define(acme)
    assert caught.value.param == "key"


def test_a_key_is_unique_for_each_kind_of_object_and_workspace(
    acme: Workspace, sandbox: Workspace, globex: Workspace
) -> None:
    define(acme)
    made = [define(acme, entity_type="customers"), define(sandbox), define(globex)]
    assert {field.key for field in made} == {"region"}


@pytest.mark.parametrize("id", [f"cf_{'0' * 32}", NOTHING, f"tkt_{'0' * 32}", "x"])
def test_an_unknown_field_is_not_found(acme: Workspace, id: str) -> None:
    room = acme.custom_fields
    assert room.find(id) is None
    for act in (room.get, room.update, room.delete):
        with pytest.raises(NotFound, match="Custom field not found"):
            act(id)


def test_a_definition_is_unknown_elsewhere(
    acme: Workspace, sandbox: Workspace, globex: Workspace
) -> None:
    field = define(acme)
    assert sandbox.custom_fields.find(field.id) is globex.custom_fields.find(field.id) is None
    assert sandbox.custom_fields.list() == ()


def test_a_definition_may_change(acme: Workspace, clock: ManualClock) -> None:
    field = define(acme)
    clock.tick()
    after = acme.custom_fields.update(field.id, name="Area", required=True, position=9)
    assert (after.name, after.required, after.position) == ("Area", True, 9)
    assert (after.version, after.updated_at) == (2, clock.now)
    assert acme.custom_fields.get(field.id) == after


def test_a_field_is_public_only_if_it_is_said_to_be(acme: Workspace) -> None:
    field = define(acme)
    assert (field.public, define(acme, "b", public=True).public) == (False, True)
    assert acme.custom_fields.update(field.id, public=True).public
    assert acme.custom_fields.get(field.id).public
    assert not acme.custom_fields.update(field.id, public=False).public
    changes = [event.changes for event in acme.events.list(types="custom_field.updated").items]
    assert changes == [
        {"public": {"from": False, "to": True}},
        {"public": {"from": True, "to": False}},
    ]


def test_a_field_of_customers_does_not_become_public(acme: Workspace) -> None:
    field = define(acme, entity_type="customers")
    assert refusal(acme.custom_fields.update, field.id, public=True, name="B") == [TICKETS_ONLY]
    assert acme.custom_fields.update(field.id, public=False) == field


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"public": False},
        {"name": "Region", "required": False, "position": 1, "archived": False},
        {"options": ["US", "EU", "APAC"]},
        {"rename_options": {"US": "US"}},
        {"rename_options": {}},
    ],
)
def test_a_change_that_changes_nothing_leaves_no_trace(
    acme: Workspace, clock: ManualClock, changes: dict[str, Any]
) -> None:
    field = define(acme, type="select")
    clock.tick()
    assert acme.custom_fields.update(field.id, **changes) == field
    assert acme.events.list(types="custom_field.updated").total == 0


def test_a_change_of_an_older_version_is_stale(acme: Workspace) -> None:
    field = define(acme)
    acme.custom_fields.update(field.id, expected_version=1, name="A")
    with pytest.raises(StaleVersion, match="The custom field is at version 2"):
        acme.custom_fields.update(field.id, expected_version=1, name="B")
    with pytest.raises(StaleVersion):
        acme.custom_fields.delete(field.id, expected_version=1)


def test_the_objects_that_have_a_value_are_counted(acme: Workspace) -> None:
    field = acme.custom_fields.create(
        name="Tools", key="tools", type="multiselect", entity_type="tickets", options=["a", "b"]
    )
    assert acme.custom_fields.count_values(field.id) == 0
    for value in (["a", "b"], ["a"], None):
        acme.tickets.create(title="Hello", custom_fields={"tools": value})
    assert acme.custom_fields.count_values(field.id) == 2
    with pytest.raises(NotFound):
        acme.custom_fields.count_values("fld_nothing")
