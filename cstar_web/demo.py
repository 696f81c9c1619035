"""The demo: Acme sells bicycle parts, and three months of its tickets can be loaded into a team.

In data/demo.json times are minutes before now and dates are days from today, so it stays fresh.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import resources
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from cstar_core import Actor, Batch, Conflict, Helpdesk, Member, Workspace, utc_now

Entry = dict[str, Any]


class Step(NamedTuple):
    """Something to do; ``key`` is what the file calls the thing that it is done to."""

    minutes_ago: int
    kind: str
    key: object
    entry: Entry


@dataclass(frozen=True, slots=True)
class DemoCounts:
    """How many objects of each kind the demo has put into a workspace."""

    members: int
    customers: int
    custom_fields: int
    tickets: int
    messages: int


def load_demo(
    desk: Helpdesk, team: str, environment: str = "live", *, now: datetime | None = None
) -> DemoCounts:
    """Fill an empty workspace of a team (id or slug) with the demo.

    Members that the team has already, by e-mail address, are used as they are. Each step has its
    own instant before ``now`` (aware; the present by default), oldest first. Raises NotFound for
    the team and Conflict if its workspace holds anything already.
    """
    demo = read_demo()
    workspace = desk.workspace(team, environment)
    _refuse_if_used(workspace)
    now = now or utc_now()
    loading = _Loading(desk, workspace, now)
    steps = sorted(_steps(demo), key=lambda step: -step.minutes_ago)
    for kind, run in groupby(steps, key=lambda step: step.kind):
        loading.take(kind, list(run))
    return _counts(demo)


def find_demo_owner(workspace: Workspace) -> Member | None:
    """The owner in the demo, if a team has that member, as an owner still."""
    owners = [entry["email"] for entry in read_demo()["members"] if entry["role"] == "owner"]
    members = workspace.members.list(page_size=100).items
    found = (each for each in members if each.email in owners and each.role == "owner")
    return next(found, None)


def read_demo() -> Entry:
    """The demo as written: lists of members, custom_fields, customers and tickets."""
    packaged = resources.files("cstar_web").joinpath("demo.json")
    checkout = Path(__file__).parents[1] / "data" / "demo.json"
    source = packaged if packaged.is_file() else checkout
    demo: Entry = json.loads(source.read_text(encoding="utf-8"))
    return demo


def _refuse_if_used(workspace: Workspace) -> None:
    rooms = (workspace.tickets, workspace.customers)
    if workspace.custom_fields.list() or any(room.list(page_size=1).total for room in rooms):
        raise Conflict(
            f'Team "{workspace.team.slug}" already has {workspace.environment} data; '
            "load the demo into an empty one"
        )


def _counts(demo: Entry) -> DemoCounts:
    threads = [ticket["thread"] for ticket in demo["tickets"]]
    return DemoCounts(
        members=len(demo["members"]),
        customers=len(demo["customers"]),
        custom_fields=len(demo["custom_fields"]),
        tickets=len(threads),
        messages=sum("message" in step for thread in threads for step in thread),
    )


def _steps(demo: Entry) -> Iterator[Step]:
    """Everything to do; steps of the same age are done in this order."""
    for kind in ("members", "custom_fields", "customers"):
        for entry in demo[kind]:
            yield Step(entry["minutes_ago"], kind, entry["key"], entry)
    members = {entry["key"] for entry in demo["members"]}
    for index, ticket in enumerate(demo["tickets"]):
        first, *later = ticket["thread"]
        # What a member does is told of the member: such a message is a turn of its own.
        opening, turns = (None, ticket["thread"]) if first["by"] in members else (first, later)
        yield Step(first["minutes_ago"], "tickets", index, ticket | {"opening": opening})
        for turn in turns:
            yield Step(turn["minutes_ago"], "turns", index, turn)


class _Loading:
    """One run: the ids that were given to what the file calls by a kind and a key."""

    def __init__(self, desk: Helpdesk, workspace: Workspace, now: datetime) -> None:
        self._desk = desk
        self._system = workspace
        self._now = now
        self._acting: dict[str, Workspace] = {}
        self._ids: dict[tuple[str, object], str] = {}
        self._dates: set[tuple[str, str]] = set()

    def take(self, kind: str, steps: Sequence[Step]) -> None:
        """Do what comes one after the other of one kind."""
        if kind == "customers":
            batches = self._system.customers.import_many(map(self._customer, steps))
            self._learn(steps, batches)
        elif kind == "tickets":
            self._learn(steps, self._system.tickets.import_many(map(self._ticket, steps)))
        else:
            act = {"members": self._member, "custom_fields": self._field, "turns": self._turn}
            for step in steps:
                with self._desk.transaction(at=self._at(step.minutes_ago)):
                    act[kind](step)

    def _learn(self, steps: Sequence[Step], batches: Iterator[Batch]) -> None:
        ids = [id for batch in batches for id in batch.ids]
        self._ids |= {(step.kind, step.key): id for step, id in zip(steps, ids, strict=True)}

    def _member(self, step: Step) -> None:
        values = _without(step.entry, "key", "minutes_ago")
        known = {member.email: member for member in self._system.members.list(page_size=100).items}
        member = known.get(values["email"]) or self._system.members.create(**values)
        self._ids["members", step.key] = member.id
        self._acting[step.entry["key"]] = self._desk.workspace(
            self._system.team.id, self._system.environment, actor=Actor("member", member.id)
        )

    def _field(self, step: Step) -> None:
        self._system.custom_fields.create(**_without(step.entry, "minutes_ago"))
        if step.entry["type"] == "date":
            self._dates.add((step.entry["entity_type"], step.entry["key"]))

    def _customer(self, step: Step) -> Entry:
        return _without(step.entry, "key", "minutes_ago") | {
            "custom_fields": self._dated("customers", step.entry),
            "created_at": self._at(step.minutes_ago),
        }

    def _ticket(self, step: Step) -> Entry:
        opening = step.entry["opening"]
        return _without(step.entry, "customer", "thread", "opening") | {
            "customer_id": self._ids["customers", step.entry["customer"]],
            "custom_fields": self._dated("tickets", step.entry),
            "created_at": self._at(step.minutes_ago),
            "messages": [self._message(opening)] if opening else [],
        }

    def _turn(self, step: Step) -> None:
        entry, ticket_id = step.entry, self._ids["tickets", step.key]
        workspace = self._acting.get(entry["by"], self._system)
        if "message" in entry:
            workspace.messages.create(ticket_id, **self._message(entry))
        if changes := dict(entry.get("set", {})):
            if "assigned_to" in changes:
                changes["assigned_to"] = self._ids["members", changes["assigned_to"]]
            workspace.tickets.update(ticket_id, **changes)

    def _message(self, entry: Entry) -> Entry:
        message = {"content": entry["message"], "is_internal": entry.get("internal", False)}
        if entry["by"] not in self._acting:
            return message | {"sender": entry["by"]}
        member = self._system.members.get(self._ids["members", entry["by"]])
        return message | {"sender": "agent", "sender_name": member.name}

    def _dated(self, entity_type: str, entry: Entry) -> Entry:
        values: Entry = entry.get("custom_fields", {})
        return {
            key: str(self._now.date() + timedelta(days=value))
            if (entity_type, key) in self._dates
            else value
            for key, value in values.items()
        }

    def _at(self, minutes_ago: int) -> datetime:
        return self._now - timedelta(minutes=minutes_ago)


def _without(entry: Entry, *names: str) -> Entry:
    return {name: value for name, value in entry.items() if name not in names}
