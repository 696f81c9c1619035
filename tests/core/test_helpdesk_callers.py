"""What callers of the library may get wrong: a wrong type is refused as a wrong value is."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cstar_core import PRIORITIES, STATUSES, Helpdesk, NotFound, Workspace
from tests.core.vocabulary import START, ManualClock, messages, refusal

ONE_STATUS = f"status must be one of: {', '.join(STATUSES)}"
ONE_PRIORITY = f"priority must be one of: {', '.join(PRIORITIES)}"
ONE_SORT = "sort must be one of: created_at, updated_at, number, priority, relevance"
INSTANT = "must be an instant with a time zone"
OBJECT = "must be an object"
TAGS = "tags must be an array of strings or a comma-separated string"

LISTS: list[tuple[dict[str, Any], str]] = [
    ({"status": 5}, ONE_STATUS),
    ({"status": True}, ONE_STATUS),
    ({"status": [5]}, ONE_STATUS),
    ({"status": [["new"]]}, ONE_STATUS),
    ({"status": b"new"}, ONE_STATUS),
    ({"status": ""}, ONE_STATUS),
    ({"status": "new,"}, ONE_STATUS),
    ({"status": ["new", None]}, ONE_STATUS),
    ({"status": iter(["new"])}, ONE_STATUS),
    ({"priority": 1.5}, ONE_PRIORITY),
    ({"sort": None}, ONE_SORT),
    ({"sort": ["number"]}, ONE_SORT),
    ({"sort": "--number"}, ONE_SORT),
    ({"customer_id": 5}, "customer_id must be an id"),
    ({"customer_id": ""}, "customer_id must be an id"),
    ({"assigned_to": []}, "assigned_to must be an id"),
    ({"assigned_to": "nobody"}, "assigned_to must be an id"),
    ({"tags": None}, TAGS),
    ({"tags": {"a"}}, TAGS),
    ({"custom_fields": 5}, f"custom_fields {OBJECT}"),
    ({"custom_fields": []}, f"custom_fields {OBJECT}"),
    ({"custom_fields": "region"}, f"custom_fields {OBJECT}"),
    ({"custom_fields": {5: 1}}, "custom_fields.5 is not known"),
    ({"created_after": "2025-12-10"}, f"created_after {INSTANT}"),
    ({"created_before": datetime(2025, 12, 10)}, f"created_before {INSTANT}"),
    ({"updated_after": 0}, f"updated_after {INSTANT}"),
    ({"updated_before": START.date()}, f"updated_before {INSTANT}"),
    ({"search": 5}, "search must be a string"),
    ({"search": "\ud800"}, "search must be Unicode text without U+0000"),
    ({"page": "1"}, f"page must be an integer from 1 to {2**53}"),
    ({"page_size": True}, "page_size must be an integer from 1 to 100"),
    ({"cursor": 5}, "cursor must be a nextCursor of an earlier answer to the same query"),
]
CUSTOMERS: list[tuple[dict[str, Any], str]] = [
    ({"custom_fields": []}, f"custom_fields {OBJECT}"),
    ({"custom_fields": 0}, f"custom_fields {OBJECT}"),
    ({"metadata": ""}, f"metadata {OBJECT}"),
    ({"metadata": False}, f"metadata {OBJECT}"),
    ({"tags": None}, TAGS),
]
LIFETIMES: list[tuple[object, bool]] = [
    (timedelta(microseconds=1), True),
    (timedelta(days=3650), True),
    (timedelta(0), False),
    (timedelta(seconds=-1), False),
    (timedelta(days=3650, microseconds=1), False),
    (90, False),
    ("90d", False),
]


@pytest.mark.parametrize(("query", "problem"), LISTS)
def test_a_list_of_tickets_cannot_be_asked_for_like_this(
    acme: Workspace, query: dict[str, Any], problem: str
) -> None:
    assert refusal(acme.tickets.list, **query) == [problem]


@pytest.mark.parametrize("several", [["new"], ("new",), {"new"}, "new", "open,new"])
def test_several_statuses_may_come_in_any_collection(acme: Workspace, several: Any) -> None:
    acme.tickets.create(title="Help")
    assert acme.tickets.list(status=several).total == 1


@pytest.mark.parametrize("query", [{}, {"custom_fields": None}, {"custom_fields": {}}])
def test_no_filter_filters_nothing(acme: Workspace, query: dict[str, Any]) -> None:
    acme.tickets.create(title="Help")
    assert (acme.tickets.list(**query).total, acme.customers.list(**query).total) == (1, 0)


@pytest.mark.parametrize(("values", "problem"), CUSTOMERS)
def test_a_customer_cannot_be_made_like_this(
    acme: Workspace, values: dict[str, Any], problem: str
) -> None:
    assert refusal(acme.customers.create, name="Jane", **values) == [problem]


@pytest.mark.parametrize("email", [None, "", "  ", "\t"])
def test_a_blank_address_of_a_member_is_missing(acme: Workspace, email: Any) -> None:
    assert messages(acme.members.check({"name": "Ada", "email": email})) == ["email is required"]


@pytest.mark.parametrize("team", ["", "nobody", "\ud800", "a\0", None, 5, ["acme"], b"acme"])
def test_no_team_is_found_by_what_is_no_name(desk: Helpdesk, team: Any) -> None:
    assert desk.teams.find(team) is None


@pytest.mark.parametrize("team", ["\ud800", None, ["acme"]])
def test_a_workspace_of_what_is_no_name_is_not_found(desk: Helpdesk, team: Any) -> None:
    with pytest.raises(NotFound, match="Team not found"):
        desk.workspace(team)


@pytest.mark.parametrize(("lifetime", "allowed"), LIFETIMES)
def test_a_key_lasts_longer_than_nothing_and_at_most_ten_years(
    desk: Helpdesk, lifetime: Any, allowed: bool
) -> None:
    values = {"type": "secret", "environment": "live", "expires_in": lifetime}
    if allowed:
        made = desk.keys.create("acme", **values)
        assert desk.keys.authenticate(made.secret) is not None
    else:
        assert refusal(desk.keys.create, "acme", **values) == [
            "expires_in must be more than nothing and at most ten years"
        ]


def test_a_part_of_a_second_counts_as_a_whole_one(desk: Helpdesk, clock: ManualClock) -> None:
    made = desk.keys.create(
        "acme", type="secret", environment="live", expires_in=timedelta(seconds=1.5)
    )
    clock.tick(seconds=1.5)
    assert desk.keys.authenticate(made.secret) is not None


def test_an_earlier_instant_needs_a_time_zone(desk: Helpdesk) -> None:
    with pytest.raises(ValueError, match="time zone"), desk.transaction(at=datetime(2025, 1, 1)):
        pass


@pytest.mark.parametrize("year", [1960, 1970, 9999])
def test_what_happened_long_ago_or_far_ahead_can_be_loaded(
    desk: Helpdesk, acme: Workspace, year: int
) -> None:
    with desk.transaction(at=datetime(year, 1, 1, tzinfo=UTC)):
        made = acme.tickets.create(title="Help")
    assert acme.tickets.get(made.id).created_at.year == year
