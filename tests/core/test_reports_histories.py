"""Reports against what was done, noted beside the desk by one who never looks into its rows."""

import random
from dataclasses import dataclass, field
from datetime import UTC, date, timedelta
from functools import partial

import pytest

from cstar_core import PRIORITIES, Helpdesk, Workspace
from tests.core.reported import Known, check_breakdown, check_times, check_volume, within
from tests.core.vocabulary import START, ManualClock

DONE = ("resolved", "closed")
DAYS = 12


@dataclass
class Noted:
    """What is known of a ticket from what was done with it."""

    number: int
    created: int
    priority: str
    tags: tuple[str, ...]
    status: str = "new"
    answered: int | None = None
    resolved: int | None = None
    reopened: list[int] = field(default_factory=list)
    into: str | None = None
    before: str = ""

    def turn(self, status: str, now: int) -> None:
        if status in DONE:
            self.resolved = now if self.resolved is None else self.resolved
        else:
            self.reopened += [now] if self.status in DONE else []
            self.resolved = None
        self.status = status


class Witness:
    """Does something at random, through the library's calls, and notes what it should mean."""

    def __init__(self, room: Workspace, clock: ManualClock, seed: int) -> None:
        self.room, self.clock, self.chance = room, clock, random.Random(seed)
        self.noted: dict[str, Noted] = {}

    @property
    def now(self) -> int:
        return int(self.clock.now.timestamp())

    def free(self) -> list[str]:
        return [id for id, each in self.noted.items() if each.into is None]

    def last(self, id: str) -> str:
        """The ticket that has what is posted to this one."""
        into = self.noted[id].into
        return id if into is None else self.last(into)

    def step(self) -> None:
        seconds = self.chance.choice((0, 1, 600, 3_600, 14_400, 40_000))
        self.clock.now += timedelta(seconds=seconds)
        acts = (self.create, self.post, self.post, self.turn, self.merge, self.part, self.delete)
        self.chance.choice(acts if self.noted else acts[:1])()

    def create(self) -> None:
        priority, tags = self.chance.choice(PRIORITIES), self.chance.sample(["a", "b", "c"], 2)
        made = self.room.tickets.create(title="t", priority=priority, tags=tags)
        self.noted[made.id] = Noted(made.number, self.now, priority, tuple(tags))

    def post(self) -> None:
        id = self.chance.choice(list(self.noted))
        sender, internal = self.chance.choice(
            (("agent", False), ("agent", True), ("customer", False), ("system", False))
        )
        self.room.messages.create(id, content="x", sender=sender, is_internal=internal)
        ticket = self.noted[self.last(id)]
        if sender == "agent" and not internal:
            ticket.answered = self.now if ticket.answered is None else ticket.answered
            if ticket.status == "new":
                ticket.turn("open", self.now)
        if sender == "customer" and ticket.status in ("pending", *DONE):
            ticket.turn("open", self.now)

    def turn(self) -> None:
        status = self.chance.choice(("open", "pending", "resolved", "resolved", "closed"))
        if free := self.free():
            id = self.chance.choice(free)
            self.room.tickets.update(id, status=status)
            if self.noted[id].status != status:
                self.noted[id].turn(status, self.now)

    def merge(self) -> None:
        free = self.free()
        if len(free) > 1:
            one, two = self.chance.sample(free, 2)
            self.room.tickets.merge(one, into=two)
            ticket = self.noted[one]
            ticket.into, ticket.before = two, ticket.status
            ticket.turn("closed", self.now)

    def part(self) -> None:
        merged = [id for id, each in self.noted.items() if each.into is not None]
        if merged:
            id = self.chance.choice(merged)
            self.room.tickets.unmerge(id)
            ticket = self.noted[id]
            ticket.into = None
            if ticket.status != ticket.before:
                ticket.turn(ticket.before, self.now)

    def delete(self) -> None:
        # Who has others' messages takes them along; that is tried elsewhere.
        holders = {each.into for each in self.noted.values()}
        alone = [id for id in self.free() if id not in holders]
        if alone and self.chance.random() < 0.5:
            id = self.chance.choice(alone)
            self.room.tickets.delete(id)
            del self.noted[id]

    def known(self) -> list[Known]:
        return [
            Known(
                each.number, each.created, each.answered, each.resolved, each.priority, None,
                each.tags, {}, tuple(each.reopened),
            )
            for each in self.noted.values()
        ]  # fmt: skip


@pytest.mark.parametrize("seed", range(12))
def test_reports_tell_what_was_done(
    desk: Helpdesk, acme: Workspace, clock: ManualClock, seed: int
) -> None:
    witness = Witness(acme, clock, seed)
    for _ in range(120):
        witness.step()
    first: date = START.date() + timedelta(days=seed % 3)
    days = first, first + timedelta(days=DAYS)
    tickets, inside = witness.known(), partial(within, start=days[0], end=days[1], zone=UTC)
    check_volume(acme.reports.volume(*days), tickets, UTC)
    check_times(acme.reports.times(*days), tickets, inside)
    check_breakdown(
        acme.reports.breakdown("priority", *days), tickets, lambda one: [one.priority], inside
    )
    check_breakdown(acme.reports.breakdown("tag", *days), tickets, lambda one: one.tags, inside)
    assert len(tickets) > 5 and desk.check().ok
