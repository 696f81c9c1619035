"""Fill a new desk with the data set, through the library."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from cstar_core import Helpdesk, Workspace
from scripts.benchmark.data import REGIONS, Data, Entry

TEAM = "Bench"
WAY = "import_many"

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
        loaded = workspace.customers.import_many(data.customers())
        customers = [id for batch in loaded for id in batch.ids]
        tickets = watch(data.tickets(customers, members))
        for batch in workspace.tickets.import_many(tickets):
            yield batch.start + len(batch.ids)


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
