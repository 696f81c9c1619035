"""Filters by tags and custom fields: what can be asked, and the rows that answer."""

from typing import Any

import pytest

from cstar_core import Helpdesk, Workspace
from cstar_core.facets import FILTERS_MAX
from tests.core.vocabulary import refusal, titles

COMPARED = "custom_fields.region can only be compared if it is a number or a date"
WAYS = "custom_fields.seats can be compared by: gte, lte, gt, lt"
REFUSED: list[tuple[dict[str, Any], list[str]]] = [
    ({"regoin": "EU"}, ["custom_fields.regoin is not known; did you mean region?"]),
    ({"region": 5}, ["custom_fields.region must be an option"]),
    ({"region": {"gte": "EU"}}, [COMPARED]),
    ({"seats": {"ne": 5}}, [WAYS]),
    ({"seats": "many"}, ["custom_fields.seats must be a finite number"]),
    ({"seats": {"gte": "x", "lt": True}}, ["custom_fields.seats must be a finite number"] * 2),
    ({"due": {"gt": "2025"}}, ["custom_fields.due must be a date, YYYY-MM-DD"]),
    ({"region": 5, "seats": "x"}, [
        "custom_fields.region must be an option",
        "custom_fields.seats must be a finite number",
    ]),
]  # fmt: skip
FOUND: list[tuple[dict[str, Any], list[str]]] = [
    ({"region": "EU"}, ["a", "b"]),
    ({"region": "eu"}, []),
    ({"seats": "5"}, ["a"]),
    ({"seats": 5.0}, ["a"]),
    ({"seats": {"gte": "5"}}, ["a", "b"]),
    ({"seats": {"gt": 5}}, ["b"]),
    ({"seats": {"lte": 9.5}}, ["a", "b"]),
    ({"seats": {"lt": 9.5}}, ["a"]),
    ({"seats": {"gt": 5, "lt": 9}}, []),
    ({"seats": {"eq": 5, "gte": 5}}, ["a"]),
    ({"seats": {}}, ["a", "b", "c"]),
    ({"due": "2025-01-31"}, ["a"]),
    ({"due": {"gte": "2025-01-31", "lt": "2025-03-01"}}, ["a", "b"]),
    ({"langs": "de"}, ["a", "b"]),
    ({"langs": "fr"}, ["b"]),
    ({"paid": "true"}, ["a"]),
    ({"paid": "false"}, ["b"]),
    ({"memo": "x" * 200}, ["b"]),
    ({"memo": "x" * 201}, []),
    ({"region": "EU", "langs": "fr", "seats": {"gt": 1}}, ["b"]),
]


@pytest.fixture
def room(acme: Workspace) -> Workspace:
    for key, type in (
        ("region", "select"),
        ("seats", "number"),
        ("due", "date"),
        ("langs", "multiselect"),
        ("paid", "boolean"),
        ("memo", "text"),
    ):
        options = {"select": ["EU", "US"], "multiselect": ["de", "fr"]}.get(type)
        acme.custom_fields.create(
            name=key, key=key, type=type, entity_type="tickets", options=options
        )
    values: list[tuple[str, dict[str, Any]]] = [
        ("a", {"region": "EU", "seats": 5, "due": "2025-01-31", "langs": ["de"], "paid": True}),
        ("b", {"region": "EU", "seats": 9.5, "due": "2025-02-28", "langs": ["fr", "de"]}),
        ("c", {}),
    ]
    for title, given in values:
        extra = {"paid": False, "memo": "x" * 200} if title == "b" else {}
        acme.tickets.create(title=title, custom_fields=given | extra)
    return acme


@pytest.mark.parametrize(("filters", "problems"), REFUSED)
def test_a_filter_that_cannot_be_is_refused(
    room: Workspace, filters: dict[str, Any], problems: list[str]
) -> None:
    assert refusal(room.tickets.list, custom_fields=filters) == problems


@pytest.mark.parametrize(("filters", "expected"), FOUND)
def test_a_filter_finds(room: Workspace, filters: dict[str, Any], expected: list[str]) -> None:
    page = room.tickets.list(custom_fields=filters, sort="number")
    assert (titles(page.items), page.total) == (expected, len(expected))


def test_a_tag_is_found_in_any_case(acme: Workspace) -> None:
    acme.tickets.create(title="x", tags="Straße")
    assert acme.tickets.list(tags="STRASSE").total == 1


def test_all_of_several_tags_must_be_there(acme: Workspace) -> None:
    for tags in ("a", "b", "a,b", "a,b,c"):
        acme.tickets.create(title=tags, tags=tags)
    assert titles(acme.tickets.list(tags=["b", "a"], sort="number").items) == ["a,b", "a,b,c"]


def test_a_tag_that_is_taken_away_is_not_found(acme: Workspace) -> None:
    ticket = acme.tickets.create(title="x", tags="a,b")
    acme.tickets.update(ticket.id, tags="B,c")
    assert [acme.tickets.list(tags=tag).total for tag in "abc"] == [0, 1, 1]


def test_a_tag_of_a_customer_is_none_of_a_ticket(acme: Workspace) -> None:
    acme.customers.create(name="x", tags="vip")
    assert (acme.tickets.list(tags="vip").total, acme.customers.list(tags="VIP").total) == (0, 1)


def test_many_filters_are_refused(acme: Workspace) -> None:
    tags = [f"t{i}" for i in range(FILTERS_MAX + 1)]
    acme.tickets.create(title="x", tags=tags)
    assert acme.tickets.list(tags=tags[:FILTERS_MAX]).total == 1
    assert refusal(acme.tickets.list, tags=tags) == ["tags must be at most 20 filters"]


def test_many_comparisons_are_refused(acme: Workspace) -> None:
    for i in range(FILTERS_MAX + 1):
        acme.custom_fields.create(name="N", key=f"n{i}", type="number", entity_type="tickets")
    filters = {f"n{i}": 5 for i in range(FILTERS_MAX + 1)}
    assert refusal(acme.tickets.list, custom_fields=filters) == [
        "custom_fields must be at most 20 filters"
    ]


def test_many_ranges_of_many_tickets_are_found_at_once(desk: Helpdesk, acme: Workspace) -> None:
    keys = [f"n{i}" for i in range(8)]
    for key in keys:
        acme.custom_fields.create(name="N", key=key, type="number", entity_type="tickets")
    with desk.transaction():
        for _ in range(20):
            values = dict.fromkeys(keys, 5)
            acme.tickets.create(title="x", tags="a,b,c", custom_fields=values)
    filters = {key: {"gte": 1, "lt": 9} for key in keys}
    assert acme.tickets.list(search="x", tags="a,b,c", custom_fields=filters).total == 20


def test_no_row_is_left_of_what_is_deleted(desk: Helpdesk, room: Workspace) -> None:
    for ticket in room.tickets.list().items:
        room.tickets.update(ticket.id, tags="a,b")
        room.tickets.delete(ticket.id)
    with desk._store.snapshot() as snap:
        assert snap.sql("SELECT count(*) FROM tag_uses") == [(0,)]
        assert snap.sql("SELECT count(*) FROM field_values") == [(0,)]
