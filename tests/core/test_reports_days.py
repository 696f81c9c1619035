"""Days at which clocks change, desks with nothing, and what is gone or called otherwise since."""

from datetime import UTC, date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest

from cstar_core import Helpdesk, Workspace
from tests.core.reported import check_times, check_volume, known_tickets, within
from tests.core.vocabulary import START, ManualClock

DAY = START.date()
# Where and when clocks change: by night, around midnight, by half an hour, by a whole day.
CHANGES = [
    ("Europe/Berlin", "2025-03-30", 23),
    ("Europe/Berlin", "2025-10-26", 25),
    ("America/St_Johns", "2025-03-09", 23),
    ("America/St_Johns", "2025-11-02", 25),
    ("America/St_Johns", "2006-04-02", 23),
    ("America/Havana", "2025-03-09", 23),
    ("America/Havana", "2025-11-02", 25),
    ("Africa/Cairo", "2025-04-25", 23),
    ("Australia/Lord_Howe", "2025-04-06", 24.5),
    ("Australia/Lord_Howe", "2025-10-05", 23.5),
    ("Pacific/Apia", "2011-12-29", 24),
    ("Pacific/Apia", "2011-12-30", 0),
]
HALF = timedelta(minutes=30)


@pytest.mark.parametrize(("zone", "day", "hours"), CHANGES)
def test_every_instant_is_of_one_day_where_clocks_change(
    desk: Helpdesk, acme: Workspace, zone: str, day: str, hours: float
) -> None:
    changes, place = date.fromisoformat(day), ZoneInfo(zone)
    begins = datetime(changes.year, changes.month, changes.day, tzinfo=UTC) - timedelta(days=2)
    instants = [begins + place * HALF for place in range(5 * 48)]
    instants += [instant - timedelta(seconds=1) for instant in instants]
    list(
        acme.tickets.import_many(
            {
                "title": "t",
                "status": "resolved",
                "created_at": instant,
                "messages": [{"content": "x", "created_at": instant + HALF}],
                "resolved_at": instant + 3 * HALF,
                "updated_at": instant + 3 * HALF,
            }
            for instant in instants
        )
    )
    start, end = changes - timedelta(days=1), changes + timedelta(days=1)
    found = acme.reports.volume(start, end, zone=zone)
    tickets = known_tickets(desk, acme)
    check_volume(found, tickets, place)
    inside = partial(within, start=start, end=end, zone=place)
    check_times(acme.reports.times(start, end, zone=zone), tickets, inside)
    assert [count.created for count in found.counts][1] == hours * 4


def test_a_desk_with_nothing_has_reports(acme: Workspace) -> None:
    volume = acme.reports.volume(DAY, DAY)
    assert (volume.created, volume.resolved, volume.counts[0].backlog) == (0, 0, 0)
    times = acme.reports.times(DAY, DAY)
    assert (times.first_response.count, times.resolution.p90) == (0, None)
    for by in ("member", "tag", "priority"):
        found = acme.reports.breakdown(by, DAY, DAY)
        assert (found.groups, found.other) == ((), None)


def test_what_a_removed_member_had_is_nobodys(acme: Workspace) -> None:
    ada = acme.members.create(name="Ada", email="ada@example.com")
    acme.tickets.create(title="t", assigned_to=ada.id, status="resolved")
    acme.members.delete(ada.id)
    (group,) = acme.reports.breakdown("member", DAY, DAY).groups
    assert (group.key, group.name, group.created, group.resolved) == (None, "Nobody", 1, 1)
    assert acme.reports.volume(DAY, DAY, assigned_to="none").created == 1
    assert acme.reports.volume(DAY, DAY, assigned_to=ada.id).created == 0


@pytest.mark.parametrize("type", ["select", "multiselect"])
def test_a_renamed_option_is_one_group(acme: Workspace, type: str) -> None:
    field = acme.custom_fields.create(
        name="Part", key="part", type=type, entity_type="tickets", options=["old", "b"]
    )
    for option in ("old", "b"):
        value = option if type == "select" else [option]
        acme.tickets.create(title="t", custom_fields={"part": value})
    acme.custom_fields.update(field.id, rename_options={"old": "new"})
    acme.tickets.create(title="t", custom_fields={"part": "new" if type == "select" else ["new"]})
    found = acme.reports.breakdown("custom_fields.part", DAY, DAY)
    assert [(group.name, group.created) for group in found.groups] == [("new", 2), ("b", 1)]
    assert acme.reports.volume(DAY, DAY, custom_fields={"part": "new"}).created == 2


def test_an_archived_field_still_tells_groups(acme: Workspace) -> None:
    field = acme.custom_fields.create(
        name="Part", key="part", type="select", entity_type="tickets", options=["a"]
    )
    acme.tickets.create(title="t", custom_fields={"part": "a"})
    acme.custom_fields.update(field.id, archived=True)
    (group,) = acme.reports.breakdown("custom_fields.part", DAY, DAY).groups
    assert (group.name, group.created) == ("a", 1)


def test_a_merged_ticket_is_counted_once_and_done_with_its_merge(
    acme: Workspace, clock: ManualClock
) -> None:
    one, two = (acme.tickets.create(title="t", initial_message="Help") for _ in range(2))
    clock.tick(hours=1)
    acme.tickets.merge(one.id, into=two.id)
    found = acme.reports.volume(DAY, DAY)
    assert (found.created, found.resolved, found.counts[0].backlog) == (2, 1, 1)
    acme.messages.create(one.id, content="Hello")  # which is the other's
    assert acme.reports.times(DAY, DAY).first_response.count == 1
    acme.tickets.unmerge(one.id)
    found = acme.reports.volume(DAY, DAY)
    assert (found.created, found.resolved, found.counts[0].backlog) == (2, 0, 2)
