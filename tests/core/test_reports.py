"""Reports against what plain Python computes from the same rows."""

import random
import shutil
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cstar_core import PRIORITIES, STATUSES, Helpdesk, Workspace
from cstar_core.tags import fold_tag
from tests.core.reported import (
    Known,
    check_breakdown,
    check_times,
    check_volume,
    known_tickets,
    within,
)
from tests.core.vocabulary import ManualClock
from tests.core.wandering import wander

# Days of 23 and 25 hours in some of the zones are among them.
BEGINNING = datetime(2025, 3, 27, 20, tzinfo=UTC)
DAYS = 14
ZONES = ["UTC", "Europe/Berlin", "America/St_Johns", "+14:00", "-11:30", "Africa/Cairo"]
REGIONS, PRODUCTS = ["EU", "US", "APAC"], ["a", "b, c", "d" * 200]


def populate(room: Workspace, clock: ManualClock, seed: int) -> None:
    """Tickets over some days, many at the edges of days, answered, done, reopened and merged."""
    chance = random.Random(seed)
    clock.now = BEGINNING
    members = [
        room.members.create(name=f"M{i}", email=f"m{seed}{i}@example.com").id for i in range(3)
    ]
    for key, type, options in (
        ("region", "select", REGIONS),
        ("products", "multiselect", PRODUCTS),
        ("paid", "boolean", None),
    ):
        room.custom_fields.create(
            name=key, key=key, type=type, entity_type="tickets", options=options
        )
    made: list[str] = []
    for _ in range(150):
        clock.now += timedelta(seconds=chance.choice((0, 1, 1_799, 3_600, 7_200, 21_600)))
        if chance.random() < 0.2:  # the edge of an hour or half of one, where days begin
            clock.now = clock.now.replace(minute=chance.choice((0, 30)), second=0)
        if not made or chance.random() < 0.35:
            made.append(new_ticket(room, members, chance))
        else:
            change(room, chance.choice(made), members, chance, made)


def new_ticket(room: Workspace, members: list[str], chance: random.Random) -> str:
    given: dict[str, Any] = {"paid": chance.random() < 0.5} if chance.random() < 0.7 else {}
    given["products"] = chance.sample(PRODUCTS, chance.randrange(3))
    if chance.random() < 0.8:
        given["region"] = chance.choice(REGIONS)
    return room.tickets.create(
        title="Help",
        status=chance.choice(STATUSES),
        priority=chance.choice(PRIORITIES),
        assigned_to=chance.choice([None, *members]),
        tags=chance.sample(["a", "b", "Stra\u00dfe", "STRASSE"], chance.randrange(3)),
        custom_fields=given,
    ).id


def change(
    room: Workspace, id: str, members: list[str], chance: random.Random, made: list[str]
) -> None:
    merged = room.tickets.get(id).merged_into is not None
    other = chance.choice(made)
    free = not merged and other != id and room.tickets.get(other).merged_into is None
    what = chance.random()
    if what < 0.5:
        sender, internal = chance.choice(
            (("agent", False), ("agent", False), ("agent", True), ("customer", False))
        )
        room.messages.create(id, content="Hello", sender=sender, is_internal=internal)
    elif what < 0.8 and not merged:
        room.tickets.update(
            id, status=chance.choice(STATUSES), assigned_to=chance.choice([None, *members])
        )
    elif what < 0.9 and free:
        room.tickets.merge(id, other)
    elif merged:
        room.tickets.unmerge(id)
    elif chance.random() < 0.3:
        room.tickets.delete(id)
        made.remove(id)


@pytest.fixture(scope="session", params=[1, 2, 3])
def populated(
    request: pytest.FixtureRequest,
    template: tuple[Path, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Helpdesk]:
    """A desk of which nobody changes anything any more."""
    clock = ManualClock()
    file = shutil.copy(template[0], tmp_path_factory.mktemp("populated") / "desk.db")
    with Helpdesk.open(file, clock=clock) as desk:
        populate(desk.workspace("acme"), clock, request.param)
        yield desk


@pytest.fixture
def peopled(populated: Helpdesk) -> Workspace:
    return populated.workspace("acme")


def where(zone: str) -> Any:
    return (
        UTC
        if zone == "UTC"
        else ZoneInfo(zone)
        if "/" in zone
        else datetime.strptime(zone, "%z").tzinfo
    )


START, END = date(2025, 3, 28), date(2025, 3, 28) + timedelta(days=DAYS - 1)
NARROWINGS: dict[str, tuple[Callable[[Workspace], dict[str, Any]], Callable[[Known], bool]]] = {
    "nothing": (lambda _: {}, lambda _: True),
    "nobody": (lambda _: {"assigned_to": "none"}, lambda one: one.member is None),
    "priority": (lambda _: {"priority": "high"}, lambda one: one.priority == "high"),
    "tag": (lambda _: {"tag": "stra\u00dfe"}, lambda one: "strasse" in folded(one)),
    "select": (
        lambda _: {"custom_fields": {"region": "EU"}},
        lambda one: one.fields.get("region") == "EU",
    ),
    "multiselect": (
        lambda _: {"custom_fields": {"products": "d" * 200}},
        lambda one: "d" * 200 in one.fields.get("products", []),
    ),
    "boolean": (
        lambda _: {"custom_fields": {"paid": False}},
        lambda one: one.fields.get("paid") is False,
    ),
    "several": (
        lambda _: {"assigned_to": "none", "tag": "a", "custom_fields": {"paid": True}},
        lambda one: one.member is None and "a" in folded(one) and one.fields.get("paid") is True,
    ),
    "an unknown tag": (lambda _: {"tag": "nowhere"}, lambda _: False),
    "an unknown member": (lambda _: {"assigned_to": "mem_" + "0" * 32}, lambda _: False),
}


def folded(ticket: Known) -> list[str]:
    return [fold_tag(tag) for tag in ticket.tags]


GROUPINGS: dict[str, Callable[[Known], Iterable[str | None]]] = {
    "member": lambda one: [one.member],
    "priority": lambda one: [one.priority],
    "tag": folded,
    "custom_fields.region": lambda one: [one.fields["region"]] if "region" in one.fields else [],
    "custom_fields.products": lambda one: one.fields.get("products", []),
    "custom_fields.paid": lambda one: (
        ["yes" if one.fields["paid"] else "no"] if "paid" in one.fields else []
    ),
}


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("interval", ["day", "week", "month"])
def test_the_volume_is_exact(
    populated: Helpdesk, peopled: Workspace, zone: str, interval: str
) -> None:
    found = peopled.reports.volume(START, END, zone=zone, interval=interval)
    check_volume(found, known_tickets(populated, peopled), where(zone))
    assert found.created > 0 < found.resolved


@pytest.mark.parametrize("zone", ZONES)
def test_the_times_are_exact(populated: Helpdesk, peopled: Workspace, zone: str) -> None:
    inside = partial(within, start=START, end=END, zone=where(zone))
    found = peopled.reports.times(START, END, zone=zone)
    check_times(found, known_tickets(populated, peopled), inside)
    assert found.first_response.count > 0 < found.resolution.count


@pytest.mark.parametrize("by", GROUPINGS)
@pytest.mark.parametrize("name", NARROWINGS)
def test_a_breakdown_is_exact(populated: Helpdesk, peopled: Workspace, by: str, name: str) -> None:
    given, holds = NARROWINGS[name]
    start, end = START + timedelta(days=2), END - timedelta(days=3)
    inside = partial(within, start=start, end=end, zone=where("Europe/Berlin"))
    found = peopled.reports.breakdown(by, start, end, zone="Europe/Berlin", **given(peopled))
    tickets = [one for one in known_tickets(populated, peopled) if holds(one)]
    check_breakdown(found, tickets, GROUPINGS[by], inside)
    assert found.groups or name.startswith("an unknown") or name == "several"


@pytest.mark.parametrize("name", NARROWINGS)
def test_a_narrowed_report_is_exact(populated: Helpdesk, peopled: Workspace, name: str) -> None:
    given, holds = NARROWINGS[name]
    zone = where("America/St_Johns")
    tickets = [one for one in known_tickets(populated, peopled) if holds(one)]
    narrowed = {"zone": "America/St_Johns", **given(peopled)}
    volume = peopled.reports.volume(START, END, **narrowed)
    check_volume(volume, tickets, zone)
    inside = partial(within, start=START, end=END, zone=zone)
    check_times(peopled.reports.times(START, END, **narrowed), tickets, inside)
    assert volume.created > 0 or name.startswith("an unknown") or name == "several"


@pytest.mark.parametrize("seed", range(4))
def test_what_people_did_for_a_while_is_told_exactly(
    desk: Helpdesk, clock: ManualClock, seed: int
) -> None:
    wander(desk, clock, seed, steps=80)
    start, end = date(2025, 12, 1), date(2026, 2, 1)
    inside = partial(within, start=start, end=end, zone=UTC)
    for team in ("acme", "globex"):
        room = desk.workspace(team)
        tickets = known_tickets(desk, room)
        check_volume(room.reports.volume(start, end), tickets, UTC)
        check_times(room.reports.times(start, end), tickets, inside)
        check_breakdown(room.reports.breakdown("tag", start, end), tickets, folded, inside)
    assert desk.check().ok
