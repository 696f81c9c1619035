"""Fill a new desk with the data set, through the rooms of the library."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from cstar_core import Helpdesk, Workspace
from scripts.benchmark.data import REGIONS, Data, Entry

_BATCH = 50
TEAM = "Bench"
WAY = "the rooms"

Watch = Callable[[Iterator[Entry]], Iterator[Entry]]


class Keys(NamedTuple):
    """What opens a filled desk over HTTP."""

    team: str
    secret: str


def fill(path: Path, data: Data, watch: Watch = iter) -> Iterator[int]:
    """Make the desk; yields how many tickets are in it so far. ``watch`` is given the tickets on
    their way."""
    with Helpdesk.open(path) as desk:
        workspace = desk.workspace(desk.teams.create(TEAM).slug)
        define_fields(workspace)
        members = [workspace.members.create(**entry).id for entry in data.members()]
        customers = _customers(desk, workspace, data)
        yield from _tickets(desk, workspace, watch(data.tickets(customers, members)))


def open_keys(path: Path) -> Keys:
    """A new secret key for a filled desk."""
    with Helpdesk.open(path) as desk:
        team = desk.teams.list()[0].slug
        made = desk.keys.create(team, type="secret", environment="live")
        return Keys(team, made.secret)


def define_fields(workspace: Workspace) -> None:
    """The custom fields of the data set."""
    workspace.custom_fields.create(
        name="Region", key="region", type="select", entity_type="tickets", options=list(REGIONS)
    )
    workspace.custom_fields.create(name="Seats", key="seats", type="number", entity_type="tickets")


def _customers(desk: Helpdesk, workspace: Workspace, data: Data) -> list[str]:
    ids = []
    for batch in _batches(data.customers()):
        with desk.transaction(at=batch[0]["created_at"]):
            for entry in batch:
                made = workspace.customers.create(name=entry["name"], email=entry["email"])
                ids.append(made.id)
    return ids


def _tickets(desk: Helpdesk, workspace: Workspace, entries: Iterator[Entry]) -> Iterator[int]:
    done = 0
    for batch in _batches(entries):
        with desk.transaction(at=batch[0]["created_at"]):
            for entry in batch:
                _ticket(workspace, entry)
        done += len(batch)
        yield done


def _ticket(workspace: Workspace, entry: Entry) -> None:
    first, *later = entry["messages"]
    given = ("title", "status", "priority", "tags", "custom_fields", "customer_id", "assigned_to")
    ticket = workspace.tickets.create(
        **{name: entry[name] for name in given}, initial_message=first["content"]
    )
    for message in later:
        workspace.messages.create(
            ticket.id,
            content=message["content"],
            sender=message["sender"],
            is_internal=message["is_internal"],
        )


def _batches(entries: Iterator[Entry]) -> Iterator[list[Entry]]:
    batch: list[Entry] = []
    for entry in entries:
        batch.append(entry)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
