"""Custom fields over HTTP: their definitions, and the values that follow them."""

from typing import Any

import pytest

from tests.web.vocabulary import NOTHING, Api

REGION = {
    "name": "Region",
    "key": "region",
    "type": "select",
    "entityType": "tickets",
    "options": ["US", "EU", "APAC"],
}


def test_the_documented_example_defines_a_field(api: Api) -> None:
    answer = api.post("/custom-fields", REGION)
    assert answer.status == 201
    assert answer.data == {
        "id": answer.data["id"],
        "object": "custom_field",
        "name": "Region",
        "key": "region",
        "type": "select",
        "entityType": "tickets",
        "required": False,
        "public": False,
        "options": ["US", "EU", "APAC"],
        "position": answer.data["position"],
        "createdAt": "2025-12-10T14:30:00Z",
        "updatedAt": "2025-12-10T14:30:00Z",
        "archivedAt": None,
    }
    assert answer.data["id"].startswith("cf_")


@pytest.mark.parametrize(
    ("body", "problems"),
    [
        ({"name": None}, ["name is required"]),
        ({"key": "Region"}, ["key must match ^[a-z][a-z0-9_]{0,63}$"]),
        (
            {"type": "choice"},
            ["type must be one of: text, number, select, multiselect, date, boolean"],
        ),
        ({"entityType": "ticket"}, ["entityType must be one of: tickets, customers"]),
        ({"options": []}, ["options must have 1 to 500 options"]),
        ({"options": ["a", "a"]}, ["options must be distinct"]),
        ({"options": ["a", 7, " "]}, ["options.1 must be a string", "options.2 must not be blank"]),
        ({"options": "a"}, ["options must be an array of strings"]),
        ({"options": None}, None),
        ({"type": "text"}, None),
        ({"required": "yes"}, ["required must be true or false"]),
        ({"public": 1}, ["public must be true or false"]),
        ({"public": True, "entityType": "customers"}, ["public is only for fields of tickets"]),
        ({"position": 1.5}, ["position must be an integer"]),
        ({"position": True}, ["position must be an integer"]),
        ({"position": -1}, ["position must be an integer from 0 to 1000000"]),
        ({"archived": True}, ["archived is not a known parameter"]),
    ],
)
def test_a_definition_that_breaks_a_rule_is_refused(
    api: Api, body: dict[str, Any], problems: list[str] | None
) -> None:
    answer = api.post("/custom-fields", {**REGION, **body})
    assert answer.status == 400
    assert problems is None or answer.problems == problems


def test_a_field_is_made_public_and_private_again(api: Api, reader: Api) -> None:
    path = f"/custom-fields/{api.custom_field('a', 'text', public=True)['id']}"
    assert reader.get(path).data["public"] is True
    assert api.patch(path, {"public": False}).data["public"] is False


def test_a_field_of_customers_does_not_become_public(api: Api) -> None:
    path = f"/custom-fields/{api.custom_field('a', 'text', 'customers')['id']}"
    assert api.patch(path, {"public": True}).problems == ["public is only for fields of tickets"]


def test_what_is_required_is_told_at_once(api: Api) -> None:
    assert api.post("/custom-fields", {}).problems == [
        "name is required",
        "key is required",
        "type is required",
        "entityType is required",
    ]


def test_a_key_is_unique_for_its_entity_type(api: Api) -> None:
    api.post("/custom-fields", REGION)
    again = api.post("/custom-fields", {**REGION, "name": "Other"})
    elsewhere = api.post("/custom-fields", {**REGION, "entityType": "customers"})
    assert (again.refusal[:2], again.error["param"]) == ((409, "RESOURCE_EXISTS"), "key")
    assert elsewhere.status == 201


def test_fields_are_listed_by_position(api: Api) -> None:
    for key, position in (("a", 2), ("b", 1), ("c", 3)):
        api.custom_field(key, "text", position=position)
    assert [each["key"] for each in api.get("/custom-fields").data] == ["b", "a", "c"]


def test_an_integer_may_be_written_with_a_point(api: Api) -> None:
    position = api.custom_field("a", "text", position=3.0)["position"]
    assert (position, type(position)) == (3, int)


def test_fields_are_filtered_by_entity_type(api: Api) -> None:
    api.custom_field("a", "text")
    api.custom_field("b", "text", "customers")
    found = api.get("/custom-fields?entityType=customers").data
    assert [each["key"] for each in found] == ["b"]
    assert api.get("/custom-fields?entityType=teams").error["param"] == "entityType"


def test_a_list_of_fields_has_no_pages(api: Api) -> None:
    assert list(api.get("/custom-fields").json["meta"]) == ["requestId", "timestamp"]


def test_publishable_keys_read_definitions(api: Api, reader: Api) -> None:
    field = api.custom_field("a", "text")
    assert reader.get("/custom-fields").data == [field]
    assert reader.get(f"/custom-fields/{field['id']}").data == field


# A type, values it takes, and values it does not.
VALUES: list[tuple[str, list[Any], list[Any]]] = [
    ("text", ["", "EU", "a" * 5_000], [5, True, [], "a" * 5_001, "a\0"]),
    ("number", [0, -1.5, 2**63 - 1, 1e308], ["5", True, [5]]),
    ("select", ["US"], ["us", "", 5, ["US"]]),
    ("multiselect", [[], ["US"], ["EU", "US"]], ["US", ["US", "US"], ["XX"], [5], {}]),
    ("date", ["2024-02-29"], ["2025-02-29", "2025-2-1", "10.12.2025", 20251210]),
    ("boolean", [True, False], ["true", 1, 0]),
]


@pytest.mark.parametrize(("type", "good", "bad"), VALUES)
def test_a_value_fits_its_type_or_is_refused(
    api: Api, type: str, good: list[Any], bad: list[Any]
) -> None:
    options = {"options": ["US", "EU"]} if "select" in type else {}
    api.custom_field("field", type, **options)
    for value in good:
        assert api.ticket(customFields={"field": value})["customFields"] == {"field": value}
    for value in bad:
        answer = api.post("/tickets", {"title": "a", "customFields": {"field": value}})
        assert (answer.status, answer.error["param"]) == (400, "customFields.field")


def test_values_are_merged_and_removed(api: Api) -> None:
    for key in ("a", "b", "c"):
        api.custom_field(key, "number")
    path = f"/tickets/{api.ticket(customFields={'a': 1, 'b': 2})['id']}"
    changed = api.patch(path, {"customFields": {"a": None, "c": 3}}).data
    assert changed["customFields"] == {"b": 2, "c": 3}


def test_an_unknown_field_is_named_with_the_nearest(api: Api) -> None:
    api.custom_field("region", "text")
    answer = api.post("/tickets", {"title": "a", "customFields": {"regoin": "EU"}})
    assert answer.refusal == (
        400,
        "PARAMETER_UNKNOWN",
        "customFields.regoin is not known; did you mean region?",
    )
    assert answer.error["param"] == "customFields.regoin"


def test_a_required_field_is_required(api: Api) -> None:
    api.custom_field("region", "text", required=True)
    assert api.post("/tickets", {"title": "a"}).refusal == (
        400,
        "PARAMETER_MISSING",
        "customFields.region is required",
    )


def test_a_field_required_later_locks_no_ticket(api: Api) -> None:
    field, path = api.custom_field("region", "text"), f"/tickets/{api.ticket()['id']}"
    api.patch(f"/custom-fields/{field['id']}", {"required": True})
    assert api.patch(path, {"status": "resolved"}).status == 200
    assert api.patch(path, {"customFields": {}}).error["code"] == "PARAMETER_MISSING"


def test_a_renamed_option_is_rewritten_where_it_stands(api: Api) -> None:
    field = api.custom_field("region", "select", options=["US", "EU"])
    path = f"/tickets/{api.ticket(customFields={'region': 'EU'})['id']}"
    changed = api.patch(f"/custom-fields/{field['id']}", {"renameOptions": {"EU": "EMEA"}}).data
    assert changed["options"] == ["US", "EMEA"]
    assert api.get(path).data["customFields"] == {"region": "EMEA"}


def test_an_archived_field_keeps_its_values_and_takes_no_new_ones(api: Api) -> None:
    field = api.custom_field("region", "text")
    path = f"/tickets/{api.ticket(customFields={'region': 'EU'})['id']}"
    archived = api.patch(f"/custom-fields/{field['id']}", {"archived": True}).data
    assert archived["archivedAt"] == "2025-12-10T14:30:00Z"
    assert api.get(path).data["customFields"] == {"region": "EU"}
    assert api.patch(path, {"customFields": {"region": "US"}}).status == 400


@pytest.mark.parametrize("fixed", ["key", "type", "entityType"])
def test_what_is_fixed_for_life_cannot_be_changed(api: Api, fixed: str) -> None:
    field = api.custom_field("region", "text")
    answer = api.patch(f"/custom-fields/{field['id']}", {fixed: field[fixed]})
    assert answer.refusal[:2] == (400, "PARAMETER_UNKNOWN")


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"name": " "}, "name"),
        ({"name": None}, "name"),
        ({"required": None}, "required"),
        ({"position": None}, "position"),
        ({"options": ["a"]}, "options"),
        ({"renameOptions": []}, "renameOptions"),
        ({"renameOptions": {"EU": "US"}}, "renameOptions"),
    ],
)
def test_a_change_that_breaks_a_rule_is_refused(api: Api, body: Any, param: str) -> None:
    field = api.custom_field("region", "text")
    answer = api.patch(f"/custom-fields/{field['id']}", body)
    assert answer.status == 400
    assert answer.error["param"].startswith(param)


def test_a_deleted_field_takes_its_values_along(api: Api) -> None:
    field = api.custom_field("region", "text")
    path = f"/tickets/{api.ticket(customFields={'region': 'EU'})['id']}"
    api.ticket()
    answer = api.delete(f"/custom-fields/{field['id']}")
    assert answer.data == {"deleted": True, "valuesRemoved": 1}
    assert api.get(path).data["customFields"] == {}


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_what_is_no_field_is_not_found(api: Api, method: str) -> None:
    body = {"json": {}} if method == "PATCH" else {}
    answer = api.send(method, f"{api.base}/custom-fields/{NOTHING}", **body)
    assert answer.refusal == (404, "RESOURCE_MISSING", "Custom field not found")


def test_another_teams_field_is_not_found(api: Api, other: Api) -> None:
    field = other.custom_field("region", "text")
    assert api.get(f"/custom-fields/{field['id']}").status == 404
    assert api.post("/tickets", {"title": "a", "customFields": {"region": "EU"}}).status == 400
