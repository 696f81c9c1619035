"""Teams: who runs a helpdesk. Each has a live and a test workspace."""

import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from cstar_core import documents, events
from cstar_core.checks import NAME_MAX, check_text, invalid, is_storable, raise_any
from cstar_core.clock import from_seconds
from cstar_core.errors import Conflict, NotFound, Problem
from cstar_core.ids import new_uid, parse_id, public_id
from cstar_core.scope import SYSTEM, Actor, Scope
from cstar_core.store import Snapshot, SqlRow, Store, Transaction, prepare, slot
from cstar_core.tables import ENVIRONMENTS, TeamRow, WorkspaceRow

# What stands beside the teams in addresses of pages.
RESERVED_SLUGS = ("appearance", "static", "welcome")
SLUG_MAX = 63
_SLUG_WORD = re.compile(r"[a-z0-9]+")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")


@dataclass(frozen=True, slots=True)
class Team:
    """One team; ``slug`` is its short name in addresses."""

    id: str
    name: str
    slug: str
    created_at: datetime


_TEAM = (TeamRow.uid, TeamRow.name, TeamRow.slug, TeamRow.created_at)
_BY_UID = prepare(TeamRow.select(TeamRow.id, *_TEAM).where(TeamRow.uid == slot("uid")))
_BY_SLUG = prepare(TeamRow.select(TeamRow.id, *_TEAM).where(TeamRow.slug == slot("slug")))
_ALL = prepare(TeamRow.select(TeamRow.id, *_TEAM).order_by(TeamRow.id))
_WORKSPACE = prepare(
    WorkspaceRow.select(WorkspaceRow.id).where(
        (WorkspaceRow.team_id == slot("team")) & (WorkspaceRow.environment == slot("environment"))
    )
)


class Teams:
    """All teams of a desk."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def create(self, name: str, *, slug: str | None = None) -> Team:
        """Make a team with its two workspaces.

        ``slug`` (at most 63 lower-case letters, digits and single dashes) is made from the name
        if it is not given. Raises Invalid, and Conflict for a slug that is taken.
        """
        problems = check_text("name", name, NAME_MAX, blank=False)
        if slug is not None:
            problems += check_slug("slug", slug)
        raise_any(problems)
        with self._store.transaction() as tx:
            slug = _free_slug(tx, name) if slug is None else slug
            if find_team(tx, slug) is not None:
                raise Conflict(f"A team with the slug {slug} exists already", "slug")
            return _insert(tx, name, slug)

    def get(self, team: str) -> Team:
        """The team with this id (either form) or slug; raises NotFound."""
        found = self.find(team)
        if found is None:
            raise NotFound("team", team)
        return found

    def find(self, team: str) -> Team | None:
        """The team with this id (either form) or slug, or None."""
        with self._store.snapshot() as snap:
            row = find_team(snap, team)
            return None if row is None else team_of(row[1:])

    def list(self) -> tuple[Team, ...]:
        """Every team, oldest first."""
        with self._store.snapshot() as snap:
            return tuple(team_of(row[1:]) for row in snap.all(_ALL))


def find_team(snap: Snapshot, team: object) -> SqlRow | None:
    """The row (integer key first) of a team by id or slug."""
    if not isinstance(team, str) or not is_storable(team):
        return None
    uid = parse_id("team", team)
    by_uid = None if uid is None else snap.first(_BY_UID, uid=uid)
    return by_uid or snap.first(_BY_SLUG, slug=team)


def team_of(row: SqlRow) -> Team:
    """The value that a row of ``uid, name, slug, created_at`` holds."""
    uid, name, slug, created_at = row
    return Team(public_id("team", uid), name, slug, from_seconds(created_at))


def find_scope(
    snap: Snapshot, team: str, environment: str, actor: Actor = SYSTEM
) -> tuple[Team, Scope]:
    """A team and the scope of one of its workspaces; raises NotFound and Invalid."""
    if environment not in ENVIRONMENTS:
        raise_any(invalid("environment", f"must be one of: {', '.join(ENVIRONMENTS)}"))
    row = find_team(snap, team)
    if row is None:
        raise NotFound("team", team)
    workspace_id = snap.value(_WORKSPACE, team=row[0], environment=environment)
    return team_of(row[1:]), Scope(workspace_id, row[0], row[2], environment, actor)


def both_scopes(snap: Snapshot, scope: Scope) -> tuple[Scope, ...]:
    """The scopes of a team's two workspaces, for what belongs to the team as a whole."""
    return tuple(
        Scope(
            snap.value(_WORKSPACE, team=scope.team_id, environment=environment),
            scope.team_id,
            scope.team_name,
            environment,
            scope.actor,
        )
        for environment in ENVIRONMENTS
    )


def _insert(tx: Transaction, name: str, slug: str) -> Team:
    uid = new_uid(tx.now)
    team_id = tx.insert(TeamRow.insert(uid=uid, name=name, slug=slug, created_at=tx.now))
    for environment in ENVIRONMENTS:
        workspace_id = tx.insert(
            WorkspaceRow.insert(
                team_id=team_id,
                environment=environment,
                event_salt=_event_salt(),
                ticket_number=0,
                newest_ticket_at=0,
                in_order=1,
            )
        )
        documents.create_tables(tx, workspace_id)
        scope = Scope(workspace_id, team_id, name, environment)
        events.record(tx, scope, "team.created", uid, data={"name": name, "slug": slug})
    return team_of((uid, name, slug, tx.now))


def _event_salt() -> bytes:
    """The first half of a workspace's event ids: random, with the mark of a UUIDv8 (RFC 9562)."""
    salt = bytearray(secrets.token_bytes(8))
    salt[6] = 0x80 | salt[6] & 0x0F
    return bytes(salt)


def check_slug(param: str, slug: object) -> list[Problem]:
    """A slug: at most 63 lower-case letters, digits and single dashes, no id and not reserved."""
    if not isinstance(slug, str) or not _SLUG.match(slug) or len(slug) > SLUG_MAX:
        return invalid(
            param, f"must be at most {SLUG_MAX} lower-case letters, digits and single dashes"
        )
    if parse_id("team", slug) is not None:
        return invalid(param, "must not look like an id")
    if slug in RESERVED_SLUGS:
        return invalid(param, f"must not be one of: {', '.join(RESERVED_SLUGS)}")
    return []


def _free_slug(tx: Transaction, name: str) -> str:
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = _SLUG_WORD.findall(ascii_name)
    base = "-".join(words)[: SLUG_MAX - 5].strip("-") or "team"
    if parse_id("team", base) is not None or base in RESERVED_SLUGS:
        base = f"team-{base}"
    number, slug = 1, base
    while find_team(tx, slug) is not None:
        number += 1
        slug = f"{base}-{number}"
    return slug
