"""Read the rows of an export one after another, as the records that its files show."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from peewee import Query

from cstar_core.errors import NotFound
from cstar_core.exports.kinds import KINDS, Kind
from cstar_core.exports.log import EVENTS_NAME, ROWS, show_event
from cstar_core.ids import public_id
from cstar_core.store import Snapshot, prepare
from cstar_core.tables import TeamRow, WorkspaceRow
from cstar_core.teams import find_team

Record = dict[str, Any]

_PLACES = prepare(
    WorkspaceRow.select(
        WorkspaceRow.id,
        WorkspaceRow.team_id,
        TeamRow.uid,
        WorkspaceRow.environment,
        WorkspaceRow.event_salt,
    )
    .join(TeamRow, on=(TeamRow.id == WorkspaceRow.team_id))
    .order_by(WorkspaceRow.id)
)


@dataclass(frozen=True, slots=True)
class Places:
    """The teams and workspaces of an export, by their integer keys; other rows are passed over.

    ``of`` is the id of the one team, ``salts`` the first halves of the ids of events.
    """

    of: str | None
    teams: dict[int, Record]
    workspaces: dict[int, Record]
    salts: dict[int, bytes]


def read_places(snap: Snapshot, team: str | None) -> Places:
    """The places of the whole desk, or of one team (id or slug). Raises NotFound."""
    found = None if team is None else find_team(snap, team)
    if found is None and team is not None:
        raise NotFound("team", team)
    places = Places(None if found is None else public_id("team", found[1]), {}, {}, {})
    for workspace, key, uid, environment, salt in snap.all(_PLACES):
        if found is None or key == found[0]:
            places.teams[key] = {"teamId": public_id("team", uid)}
            places.workspaces[workspace] = {**places.teams[key], "environment": environment}
            places.salts[workspace] = salt
    return places


def read_all(snap: Snapshot, places: Places) -> Iterator[tuple[str, Iterator[Record]]]:
    """The name of each file, with its records."""
    for kind in KINDS:
        yield kind.name, records(snap, places, kind, kind.rows)
    yield EVENTS_NAME, events(snap, places, ROWS)


def records(snap: Snapshot, places: Places, kind: Kind, rows: Query) -> Iterator[Record]:
    """The records of a kind, from rows with the columns of its own query."""
    known: Mapping[int, Record] = places.teams if kind.of_team else places.workspaces
    shows = [(name, form.show) for name, (_, form) in kind.members.items()]
    for key, *row in snap.each(prepare(rows)):
        place = known.get(key)
        if place is not None:
            shown = {name: show(value) for (name, show), value in zip(shows, row, strict=True)}
            yield {**place, **shown} if kind.placed else shown


def events(snap: Snapshot, places: Places, rows: Query) -> Iterator[Record]:
    """The records of events."""
    for key, *row in snap.each(prepare(rows)):
        place = places.workspaces.get(key)
        if place is not None:
            yield {**place, **show_event(places.salts[key], tuple(row))}
