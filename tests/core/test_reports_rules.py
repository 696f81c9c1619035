"""What reports take and refuse, where days begin, and how SQLite walks for them."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cstar_core import (
    Forbidden,
    Helpdesk,
    Workspace,
    breakdown_csv,
    times_csv,
    volume_csv,
)
from cstar_core.reports.period import beginning, read_period
from tests.core.tracing import plan, queries, sorted_by
from tests.core.vocabulary import START, ManualClock, refusal

DAY = START.date()
WRONG_DAY = "must be a date (YYYY-MM-DD) from 1970-01-01 to 9998-12-31"
WRONG_ZONE = "zone must be a time zone such as Europe/Berlin, or an offset such as +02:00"
REFUSED: list[tuple[dict[str, Any], list[str]]] = [
    ({"start": None}, ["start is required"]),
    ({"start": "10.12.2025"}, [f"start {WRONG_DAY}"]),
    ({"start": "2025-W50-3"}, [f"start {WRONG_DAY}"]),
    ({"start": "20251210"}, [f"start {WRONG_DAY}"]),
    ({"start": "1969-12-31"}, [f"start {WRONG_DAY}"]),
    ({"end": "9999-01-01"}, [f"end {WRONG_DAY}"]),
    ({"start": START}, [f"start {WRONG_DAY}"]),
    ({"start": 20251210, "end": True}, [f"start {WRONG_DAY}", f"end {WRONG_DAY}"]),
    ({"start": "2025-12-11"}, ["end must not be before start"]),
    ({"start": "2024-12-09"}, ["end must be at most 366 days from start on"]),
    (
        {"start": "1990-01-01", "interval": "month"},
        ["end must be at most 366 months from start on"],
    ),
    ({"interval": "year"}, ["interval must be one of: day, week, month"]),
    *(
        ({"zone": zone}, [WRONG_ZONE])
        for zone in (
            "", "Berlin", "Europe", "../../etc/passwd", "/etc/localtime", "+2:00", "+15:00",
            "+02:60", "+02:00\n", "a" * 65, "Europe/K\u00f6ln", "UTC\0", None, 2, b"UTC",
        )
    ),
    ({"priority": "hgih"}, ["priority must be one of: low, normal, high, urgent"]),
    ({"tag": "a,b"}, ["tag must be one tag"]),
    ({"tag": " "}, ["tag must be one tag"]),
    ({"tag": ["a"]}, ["tag must be one tag"]),
    ({"tag": "a" * 65}, ["tag must be at most 64 characters"]),
    ({"asigned_to": "none"}, ["asigned_to is not known; did you mean assigned_to?"]),
    ({"assigned_to": 7}, ['assigned_to must be the id of a member or "none"']),
    ({"custom_fields": 7}, ["custom_fields must be an object"]),
    ({"custom_fields": []}, ["custom_fields must be an object"]),
    ({"custom_fields": {"plan": "x"}}, ["custom_fields.plan is not known"]),
    ({"custom_fields": {"paid": "perhaps"}}, ["custom_fields.paid must be true or false"]),
    (
        {"custom_fields": {"seats": {"gte": 3}}},
        ["custom_fields must each have one value, not a comparison"],
    ),
    (
        {"zone": "x", "start": None, "end": "y", "interval": 1},
        [
            "start is required",
            f"end {WRONG_DAY}",
            WRONG_ZONE,
            "interval must be one of: day, week, month",
        ],
    ),
]  # fmt: skip
REFUSED_BY = [
    ("month", "by must be one of: member, tag, priority, or custom_fields. and a key"),
    (None, "by must be one of: member, tag, priority, or custom_fields. and a key"),
    ("custom_fields.", "by.custom_fields. is not known"),
    ("custom_fields.padi", "by.custom_fields.padi is not known; did you mean paid?"),
    ("custom_fields.seats", "by must be a field of type select, multiselect, boolean"),
]
# Where a day begins: the offset that holds there, and what is special.
DAYS = [
    ("2025-03-29", "Europe/Berlin", "2025-03-28T23:00", "an ordinary day"),
    ("2025-03-31", "Europe/Berlin", "2025-03-30T22:00", "after a day of 23 hours"),
    ("2025-10-27", "Europe/Berlin", "2025-10-26T23:00", "after a day of 25 hours"),
    ("2025-04-25", "Africa/Cairo", "2025-04-24T22:00", "there is no midnight"),
    ("2025-11-02", "America/Havana", "2025-11-02T04:00", "midnight comes twice"),
    ("2011-12-30", "Pacific/Apia", "2011-12-30T10:00", "the day was left out"),
    ("2011-12-31", "Pacific/Apia", "2011-12-30T10:00", "the day after it"),
    ("2006-10-29", "America/St_Johns", "2006-10-29T02:30", "a minute later it is the day before"),
    ("2006-10-30", "America/St_Johns", "2006-10-30T03:30", "the day after it"),
    ("2025-06-01", "Asia/Kathmandu", "2025-05-31T18:15", "a quarter of an hour"),
]


@pytest.fixture
def fielded(acme: Workspace) -> Workspace:
    for key, type in (("paid", "boolean"), ("seats", "number")):
        acme.custom_fields.create(name=key, key=key, type=type, entity_type="tickets")
    options = ["EU", "US"]
    acme.custom_fields.create(
        name="Region", key="region", type="select", entity_type="tickets", options=options
    )
    acme.custom_fields.create(
        name="Parts", key="parts", type="multiselect", entity_type="tickets", options=options
    )
    return acme


@pytest.mark.parametrize(("given", "expected"), REFUSED)
def test_what_is_wrong_is_named(
    fielded: Workspace, given: dict[str, Any], expected: list[str]
) -> None:
    whole = {"start": "2025-12-10", "end": "2025-12-10"} | given
    assert refusal(fielded.reports.volume, **whole) == expected


@pytest.mark.parametrize(("by", "expected"), REFUSED_BY)
def test_only_some_groups_can_be_told_apart(fielded: Workspace, by: Any, expected: str) -> None:
    assert refusal(fielded.reports.breakdown, by, DAY, DAY) == [expected]


def test_all_that_is_wrong_is_told_at_once(fielded: Workspace) -> None:
    given: dict[str, Any] = {"zone": "Berlin", "priority": "hgih", "tag": "a,b", "assigned_to": 7}
    wrong = ["end", "zone", "priority", "tag", "assigned_to"]
    for act in (fielded.reports.volume, fielded.reports.times):
        assert [each.split()[0] for each in refusal(act, DAY, "x", **given)] == wrong
    told = refusal(fielded.reports.breakdown, "month", DAY, "x", **given)
    assert [each.split()[0] for each in told] == [*wrong, "by"]


def test_another_teams_field_is_not_known(fielded: Workspace, globex: Workspace) -> None:
    fielded.reports.breakdown("custom_fields.paid", DAY, DAY)
    expected = ["by.custom_fields.paid is not known"]
    assert refusal(globex.reports.breakdown, "custom_fields.paid", DAY, DAY) == expected


def test_another_teams_tickets_are_not_counted(acme: Workspace, globex: Workspace) -> None:
    acme.tickets.create(title="Ours", tags="a", status="resolved")
    assert acme.reports.volume(DAY, DAY).created == 1
    assert globex.reports.volume(DAY, DAY).created == 0
    assert globex.reports.breakdown("tag", DAY, DAY).groups == ()


@pytest.mark.parametrize("name", ["volume", "times"])
def test_a_publishable_key_opens_no_reports(public: Workspace, name: str) -> None:
    with pytest.raises(Forbidden):
        getattr(public.reports, name)(DAY, DAY)


def test_a_publishable_key_opens_no_breakdown(public: Workspace) -> None:
    with pytest.raises(Forbidden):
        public.reports.breakdown("member", DAY, DAY)


def test_a_viewer_reads_reports(desk: Helpdesk, acme: Workspace) -> None:
    acme.tickets.create(title="Help")
    viewer = acme.members.create(name="Vi", email="vi@example.com", role="viewer")
    assert desk.workspace_of_member(viewer.id).reports.volume(DAY, DAY).created == 1


@pytest.mark.parametrize(("day", "zone", "expected", "why"), DAYS)
def test_a_day_begins_at_its_first_instant(day: str, zone: str, expected: str, why: str) -> None:
    found = datetime.fromtimestamp(beginning(date.fromisoformat(day), ZoneInfo(zone)), UTC)
    assert found.isoformat()[:16] == expected, why


def test_weeks_and_months_are_cut_by_the_period() -> None:
    weeks = read_period("2025-12-10", "2025-12-23", "UTC", "week").spans
    assert [(span.first.day, span.last.day) for span in weeks] == [(10, 14), (15, 21), (22, 23)]
    months = read_period("2024-01-31", "2024-03-01", "UTC", "month").spans
    days = [f"{span.first} {span.last}" for span in months]
    assert days == ["2024-01-31 2024-01-31", "2024-02-01 2024-02-29", "2024-03-01 2024-03-01"]


def test_the_first_and_the_last_day_that_are_taken_are_told(acme: Workspace) -> None:
    for zone in ("+14:00", "-14:00"):
        first = acme.reports.volume("1970-01-01", "1970-12-31", zone=zone)
        last = acme.reports.volume("9998-01-01", "9998-12-31", zone=zone)
        assert (len(first.counts), len(last.counts)) == (365, 365)


def test_what_is_beyond_a_hundred_groups_is_summed_up(acme: Workspace, clock: ManualClock) -> None:
    made = [acme.tickets.create(title="t", tags=[f"t{i:03}", "all"]) for i in range(110)]
    for place, ticket in enumerate(made):
        clock.tick(seconds=10)
        acme.tickets.update(ticket.id, status="resolved")
        assert ticket.number == place + 1
    found = acme.reports.breakdown("tag", DAY, DAY)
    assert [group.name for group in found.groups[:3]] == ["all", "t000", "t001"]
    assert len(found.groups) == 100
    assert found.other is not None
    # t099 to t109, resolved after 1,000 to 1,100 seconds.
    other = (found.other.created, found.other.resolved, found.other.resolution)
    assert other == (11, 11, 1_050)
    narrowed = acme.reports.breakdown("tag", DAY, DAY, tag="all", assigned_to="none")
    assert narrowed == found


def test_options_beyond_a_hundred_are_summed_up(acme: Workspace, clock: ManualClock) -> None:
    options = [f"o{i:03}" for i in range(105)]
    acme.custom_fields.create(
        name="Part", key="part", type="select", entity_type="tickets", options=options
    )
    for place, option in enumerate(options):
        made = acme.tickets.create(title="t", custom_fields={"part": option})
        clock.tick(seconds=place)
        acme.tickets.update(made.id, status="resolved")
    acme.tickets.create(title="without", status="resolved")
    found = acme.reports.breakdown("custom_fields.part", DAY, DAY)
    assert [group.name for group in found.groups] == options[:100]
    assert found.other is not None
    assert (found.other.created, found.other.resolved, found.other.resolution) == (5, 5, 102)


def test_options_that_are_gone_are_still_told(fielded: Workspace) -> None:
    long = "x" * 200
    (field,) = (one for one in fielded.custom_fields.list() if one.key == "parts")
    fielded.custom_fields.update(field.id, options=[long, "EU"])
    fielded.tickets.create(title="t", custom_fields={"parts": [long]}, status="resolved")
    fielded.tickets.create(title="t", custom_fields={"parts": []})
    fielded.custom_fields.update(field.id, options=["EU"])
    (group,) = fielded.reports.breakdown("custom_fields.parts", DAY, DAY).groups
    assert (group.name, group.created, group.resolved) == (long, 1, 1)


def test_a_reopened_ticket_is_open_throughout(acme: Workspace, clock: ManualClock) -> None:
    ticket = acme.tickets.create(title="t")
    for status in ("resolved", "open"):
        clock.tick(days=1)
        acme.tickets.update(ticket.id, status=status)
    found = acme.reports.volume(DAY, DAY + timedelta(days=2))
    assert [(one.resolved, one.reopened, one.backlog) for one in found.counts] == [
        (0, 0, 1),
        (0, 0, 1),
        (0, 1, 1),
    ]


def test_a_deleted_ticket_counts_nowhere(acme: Workspace, clock: ManualClock) -> None:
    ticket = acme.tickets.create(title="t", status="resolved", tags="a")
    acme.messages.create(ticket.id, content="Hello")
    acme.tickets.update(ticket.id, status="open")
    acme.tickets.delete(ticket.id)
    found = acme.reports.volume(DAY, DAY)
    assert (found.created, found.resolved, found.reopened, found.counts[0].backlog) == (0, 0, 0, 0)
    assert acme.reports.times(DAY, DAY).first_response.count == 0
    assert acme.reports.breakdown("tag", DAY, DAY).groups == ()


def test_a_clock_that_was_set_back_makes_no_time_negative(
    acme: Workspace, clock: ManualClock
) -> None:
    ticket = acme.tickets.create(title="t")
    clock.tick(hours=-1)
    acme.messages.create(ticket.id, content="Hello")
    assert acme.reports.times(DAY, DAY).first_response.median == 0


def test_no_name_becomes_a_formula(acme: Workspace) -> None:
    acme.tickets.create(title="t", tags=['=HYPERLINK("x")', "-1"])
    lines = list(breakdown_csv(acme.reports.breakdown("tag", DAY, DAY)))
    assert lines[0].endswith("key,name,created,resolved,firstResponseMedian,resolutionMedian\r\n")
    assert lines[1] == "'-1,'-1,1,0,,\r\n"
    assert lines[2].startswith('"\'=hyperlink(""x"")"')


def test_each_report_is_a_table(acme: Workspace, clock: ManualClock) -> None:
    ticket = acme.tickets.create(title="t")
    clock.tick(hours=2)
    acme.messages.create(ticket.id, content="Hello")
    assert list(volume_csv(acme.reports.volume(DAY, DAY)))[1] == "2025-12-10,2025-12-10,1,0,0,1\r\n"
    lines = list(times_csv(acme.reports.times(DAY, DAY)))
    assert lines[1:6] == [
        "firstResponse,count,,1\r\n",
        "firstResponse,median,,7200\r\n",
        "firstResponse,p90,,7200\r\n",
        "firstResponse,tickets,3600,0\r\n",
        "firstResponse,tickets,14400,1\r\n",
    ]
    assert len(lines) == 21


NARROWED: list[dict[str, Any]] = [
    {},
    {"assigned_to": "none"},
    {"assigned_to": "member"},
    {"priority": "high"},
    {"tag": "a"},
    {"custom_fields": {"region": "EU"}},
    {"custom_fields": {"region": "EU", "paid": True}, "tag": "a", "priority": "low"},
    {"assigned_to": "member", "priority": "low", "tag": "a"},
]
BY = ("member", "tag", "priority", "custom_fields.region", "custom_fields.parts")
REPORTS: dict[str, Callable[..., object]] = {
    "volume": lambda room, **given: room.reports.volume(DAY, DAY, **given),
    "times": lambda room, **given: room.reports.times(DAY, DAY, **given),
    **{by: lambda room, by=by, **given: room.reports.breakdown(by, DAY, DAY, **given) for by in BY},
}
# What is short, whatever there is: an array of the caller's, the values of a field, a constant.
SHORT = re.compile(
    r"SCAN (span|part|g|chosen|json_each)\b.*VIRTUAL TABLE|SCAN found$|SCAN CONSTANT ROW"
)
INSTANTS = re.compile(r"(created_at|first_response_at|resolved_at)>\? AND \1<\?")


@pytest.mark.parametrize("given", NARROWED)
@pytest.mark.parametrize("name", REPORTS)
def test_nothing_is_walked_but_the_period(
    desk: Helpdesk, fielded: Workspace, name: str, given: dict[str, Any]
) -> None:
    member = fielded.members.create(name="Ada", email="ada@example.com")
    fielded.tickets.create(
        title="t", tags="a", custom_fields={"region": "EU"}, assigned_to=member.id
    )
    if given.get("assigned_to") == "member":
        given = given | {"assigned_to": member.id}

    def act() -> object:
        return REPORTS[name](fielded, **given)

    steps = plan(desk, act)
    scanned = [step for step in steps if step.startswith("SCAN") and not SHORT.match(step)]
    assert scanned == []
    assert [step for step in steps if "AUTOMATIC" in step] == []
    assert sorted_by(desk, act) == []
    walks = [step for step in steps if re.match(r"SEARCH (t|lead|e) USING", step)]
    unbounded = [
        step
        for step in walks
        if not INSTANTS.search(step)
        and "PRIMARY KEY (rowid=?)" not in step
        # What is open now, and the ticket of an event.
        and "status=? AND priority=?)" not in step
        and "AND number=?" not in step
    ]
    assert unbounded == []
    assert walks


@pytest.mark.parametrize("name", REPORTS)
def test_the_number_of_queries_is_fixed(
    desk: Helpdesk, fielded: Workspace, clock: ManualClock, name: str
) -> None:
    numbers = []
    for round in range(2):
        for i in range(5):
            fielded.tickets.create(title="t", tags=f"{round}{i}", custom_fields={"region": "EU"})
            fielded.members.create(name="Ada", email=f"{round}{i}@example.com")
        numbers.append(len(queries(desk, lambda: REPORTS[name](fielded))))
    assert numbers[0] == numbers[1] <= 8
