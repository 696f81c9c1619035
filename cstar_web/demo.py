"""The demo: Acme sells bicycle parts, and three months of its tickets can be loaded into a team.

In data/demo.json times are minutes before now and dates are days from today, so it stays fresh.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any

from cstar_core import Actor, Conflict, Helpdesk, Workspace, utc_now

Entry = dict[str, Any]
Step = tuple[int, Callable[[], None]]


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

    Members that the team has already, by e-mail address, are used as they are. Each step is
    committed at its own instant before ``now`` (aware; the present by default), oldest first.
    Raises NotFound for the team and Conflict if its workspace holds anything already.
    """
    demo = read_demo()
    workspace = desk.workspace(team, environment)
    _refuse_if_used(workspace)
    now = now or utc_now()
    loading = _Loading(desk, workspace, now)
    for minutes_ago, step in sorted(loading.steps(demo), key=lambda step: -step[0]):
        with desk.transaction(at=now - timedelta(minutes=minutes_ago)):
            step()
    return _counts(demo)


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


class _Loading:
    """One run: what the file calls by a key, and the ids those things were given."""

    def __init__(self, desk: Helpdesk, workspace: Workspace, now: datetime) -> None:
        self._desk = desk
        self._system = workspace
        self._today = now.date()
        self._acting: dict[str, Workspace] = {}
        self._members: dict[str, str] = {}
        self._customers: dict[str, str] = {}
        self._tickets: dict[int, str] = {}
        self._dates: set[tuple[str, str]] = set()

    def steps(self, demo: Entry) -> Iterator[Step]:
        """Everything to do, each with its age in minutes; equal ages run in this order."""
        for kind, create in (
            ("members", self._member),
            ("custom_fields", self._custom_field),
            ("customers", self._customer),
        ):
            for entry in demo[kind]:
                yield entry["minutes_ago"], partial(create, entry)
        for index, ticket in enumerate(demo["tickets"]):
            yield ticket["thread"][0]["minutes_ago"], partial(self._ticket, index, ticket)
            for entry in ticket["thread"]:
                yield entry["minutes_ago"], partial(self._turn, index, entry)

    def _member(self, entry: Entry) -> None:
        values = _without(entry, "key", "minutes_ago")
        known = {member.email: member for member in self._system.members.list(page_size=100).items}
        member = known.get(entry["email"]) or self._system.members.create(**values)
        self._members[entry["key"]] = member.id
        self._acting[entry["key"]] = self._desk.workspace(
            self._system.team.id, self._system.environment, actor=Actor("member", member.id)
        )

    def _custom_field(self, entry: Entry) -> None:
        self._system.custom_fields.create(**_without(entry, "minutes_ago"))
        if entry["type"] == "date":
            self._dates.add((entry["entity_type"], entry["key"]))

    def _customer(self, entry: Entry) -> None:
        values = _without(entry, "key", "minutes_ago", "custom_fields")
        values["custom_fields"] = self._dated("customers", entry)
        self._customers[entry["key"]] = self._system.customers.create(**values).id

    def _ticket(self, index: int, entry: Entry) -> None:
        values = _without(entry, "customer", "thread", "custom_fields")
        values["customer_id"] = self._customers[entry["customer"]]
        values["custom_fields"] = self._dated("tickets", entry)
        self._tickets[index] = self._system.tickets.create(**values).id

    def _turn(self, index: int, entry: Entry) -> None:
        workspace = self._acting.get(entry["by"], self._system)
        ticket_id = self._tickets[index]
        if "message" in entry:
            workspace.messages.create(ticket_id, **self._message(entry))
        if changes := dict(entry.get("set", {})):
            if "assigned_to" in changes:
                changes["assigned_to"] = self._members[changes["assigned_to"]]
            workspace.tickets.update(ticket_id, **changes)

    def _message(self, entry: Entry) -> Entry:
        message = {"content": entry["message"], "is_internal": entry.get("internal", False)}
        if entry["by"] not in self._acting:
            return message | {"sender": entry["by"]}
        member = self._system.members.get(self._members[entry["by"]])
        return message | {"sender": "agent", "sender_name": member.name}

    def _dated(self, entity_type: str, entry: Entry) -> Entry:
        values: Entry = entry.get("custom_fields", {})
        return {
            key: str(self._today + timedelta(days=value))
            if (entity_type, key) in self._dates
            else value
            for key, value in values.items()
        }


def _without(entry: Entry, *names: str) -> Entry:
    return {name: value for name, value in entry.items() if name not in names}
