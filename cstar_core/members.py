"""Members: the agents of a team, to whom tickets are assigned; the same in live and test."""

import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict, Unpack

from peewee import JOIN, fn

from cstar_core import events
from cstar_core.checks import (
    Rule,
    check_all,
    check_choice,
    check_email,
    check_name,
    missing,
    raise_any,
)
from cstar_core.clock import from_seconds
from cstar_core.errors import Conflict, Forbidden, NotFound, Problem, StaleVersion
from cstar_core.ids import new_uid, parse_id, public_id
from cstar_core.pages import PAGE_SIZE_DEFAULT, Page, close_page, open_window
from cstar_core.scope import Actor, Scope, required_uid
from cstar_core.store import Snapshot, SqlRow, Store, Transaction, paged, prepare, slot
from cstar_core.tables import (
    ROLES,
    MemberRow,
    PasswordRow,
    SessionRow,
    TeamRow,
    TicketRow,
    WorkspaceRow,
)
from cstar_core.teams import Team, both_scopes, team_of


@dataclass(frozen=True, slots=True)
class Member:
    """One agent."""

    id: str
    name: str
    email: str
    role: str
    created_at: datetime
    updated_at: datetime
    version: int


class MemberChanges(TypedDict, total=False):
    """What may change; an absent key means "leave it"."""

    name: str
    email: str
    role: str


def _email(param: str, value: object) -> list[Problem]:
    blank = value is None or (isinstance(value, str) and not value.strip())
    return missing(param) if blank else check_email(param, value)


def _role(param: str, value: object) -> list[Problem]:
    return check_choice(param, value, ROLES)


RULES: dict[str, Rule] = {"name": check_name, "email": _email, "role": _role}

MEMBER = (
    MemberRow.id,
    MemberRow.uid,
    MemberRow.name,
    MemberRow.email,
    MemberRow.role,
    MemberRow.created_at,
    MemberRow.updated_at,
    MemberRow.version,
)
_MINE = MemberRow.team_id == slot("team")
_BY_UID = prepare(MemberRow.select(*MEMBER).where((MemberRow.uid == slot("uid")) & _MINE))
_KEY_BY_UID = prepare(MemberRow.select(MemberRow.id).where((MemberRow.uid == slot("uid")) & _MINE))
_NAME_BY_UID = prepare(
    MemberRow.select(MemberRow.name).where((MemberRow.uid == slot("uid")) & _MINE)
)
_BY_EMAIL = prepare(
    MemberRow.select(MemberRow.id).where((MemberRow.email_key == slot("email")) & _MINE)
)
_PAGE = prepare(
    paged(
        MemberRow.select(*MEMBER)
        .where(_MINE & (MemberRow.id > slot("after")))
        .order_by(MemberRow.id)
    )
)
_NAMES = prepare(MemberRow.select(MemberRow.uid, MemberRow.name, MemberRow.email).where(_MINE))
_KEYS = prepare(MemberRow.select(MemberRow.id, MemberRow.uid, MemberRow.name).where(_MINE))
_COUNT = prepare(MemberRow.select(fn.COUNT(MemberRow.id)).where(_MINE))
_PLACE = prepare(
    MemberRow.select(
        *MEMBER,
        WorkspaceRow.id,
        TeamRow.id,
        TeamRow.uid,
        TeamRow.name,
        TeamRow.slug,
        TeamRow.created_at,
    )
    .join(TeamRow, JOIN.INNER, on=(TeamRow.id == MemberRow.team_id))
    .join(
        WorkspaceRow,
        JOIN.INNER,
        on=(WorkspaceRow.team_id == TeamRow.id) & (WorkspaceRow.environment == "live"),
    )
    .where(MemberRow.uid == slot("uid"))
)
_OTHER_OWNER = prepare(
    MemberRow.select(MemberRow.id)
    .join(PasswordRow, JOIN.INNER, on=(PasswordRow.member_id == MemberRow.id))
    .where(_MINE & (MemberRow.role == "owner") & (MemberRow.id != slot("member")))
    .limit(1)
)
_SIGN_OUT = prepare(SessionRow.delete().where(SessionRow.member_id == slot("member")))
_ASSIGNED = prepare(
    TicketRow.select(TicketRow.uid, TicketRow.number, TicketRow.workspace_id).where(
        TicketRow.assigned_to == slot("member")
    )
)
_UNASSIGN = prepare(
    TicketRow.update(
        {
            TicketRow.assigned_to: None,
            TicketRow.updated_at: fn.MAX(TicketRow.updated_at, slot("now")),
            TicketRow.version: TicketRow.version + 1,
        }
    ).where(TicketRow.assigned_to == slot("member"))
)


def fold_email(email: str) -> str:
    """The form in which two spellings of an address are the same.

    >>> fold_email("Jane@Example.COM")
    'jane@example.com'
    """
    return unicodedata.normalize("NFC", email).casefold()


def fold_block(value: str) -> str:
    """The form in which two spellings of an address or a domain that is blocked are the same.

    >>> fold_block(".Spam.Example."), fold_block("Jane@münchen.example")
    ('spam.example', 'jane@xn--mnchen-3ya.example')
    """
    local, at, domain = fold_email(value).rpartition("@")
    domain = domain.strip(".")
    with suppress(UnicodeError):  # what is no name of a host is compared as it is
        domain = domain.encode("idna").decode("ascii")
    return f"{local}{at}{domain}"


def check_member(values: Mapping[str, object], *, updating: bool = False) -> list[Problem]:
    """Every rule that the values of a member break."""
    return check_all(values, RULES, () if updating else ("name", "email"))


def member_key(snap: Snapshot, scope: Scope, id: object) -> int | None:
    """The integer key of a member of this team, or None."""
    uid = parse_id("member", id)
    return None if uid is None else snap.value(_KEY_BY_UID, uid=uid, team=scope.team_id)


def member_name(snap: Snapshot, scope: Scope) -> str | None:
    """The name of the member who acts; None for others, and for one who was removed."""
    if scope.actor.type != "member":
        return None
    name: str | None = snap.value(_NAME_BY_UID, uid=scope.actor.uid, team=scope.team_id)
    return name


def member_names(snap: Snapshot, scope: Scope) -> list[SqlRow]:
    """The uid, name and address of every member of this team."""
    return snap.all(_NAMES, team=scope.team_id)


def place_of_member(snap: Snapshot, id: str) -> tuple[Team, Scope, Member]:
    """The live workspace of a member's team, as this member; raises NotFound."""
    row = snap.first(_PLACE, uid=required_uid("member", id))
    if row is None:
        raise NotFound("member", id)
    member, (workspace_id, team_id, *team) = member_of(row[:8]), row[8:]
    found = team_of(tuple(team))
    scope = Scope(
        workspace_id, team_id, found.name, "live", Actor("member", member.id), role=member.role
    )
    return found, scope, member


def member_keys(snap: Snapshot, scope: Scope) -> list[SqlRow]:
    """The integer key, uid and name of every member of this team."""
    return snap.all(_KEYS, team=scope.team_id)


class Members:
    """The members of the team that a workspace belongs to."""

    def __init__(self, store: Store, scope: Scope) -> None:
        self._store = store
        self._scope = scope

    def create(self, *, name: str, email: str, role: str = "agent") -> Member:
        """Add a member; raises Invalid, and Conflict for an address that is taken."""
        values = {"name": name, "email": email, "role": role}
        raise_any(self.check(values))
        with self._store.transaction() as tx:
            self._refuse_taken(tx, email, None)
            uid = new_uid(tx.now)
            tx.insert(
                MemberRow.insert(
                    uid=uid,
                    team_id=self._scope.team_id,
                    email_key=fold_email(email),
                    created_at=tx.now,
                    updated_at=tx.now,
                    version=1,
                    **values,
                )
            )
            self._record(tx, "member.created", uid, values)
            return member_of(tx.all(_BY_UID, uid=uid, team=self._scope.team_id)[0])

    def check(self, values: Mapping[str, object], *, updating: bool = False) -> list[Problem]:
        """Every rule that the values break; nothing is written."""
        return check_member(values, updating=updating)

    def get(self, id: str) -> Member:
        """The member with this id; raises NotFound."""
        with self._store.snapshot() as snap:
            return member_of(self._row(snap, id))

    def find(self, id: str) -> Member | None:
        """The member with this id, or None."""
        try:
            return self.get(id)
        except NotFound:
            return None

    def list(
        self, *, page: int = 1, page_size: int = PAGE_SIZE_DEFAULT, cursor: str | None = None
    ) -> Page[Member]:
        """The members, oldest first."""
        query = ("members", self._scope.team_id)
        window = open_window(page, page_size, cursor, query, 1)
        after = 0 if window.after is None else window.after[0]
        with self._store.snapshot() as snap:
            rows = snap.all(
                _PAGE,
                team=self._scope.team_id,
                after=after,
                limit=window.size + 1,
                offset=window.offset,
            )
            total = snap.value(_COUNT, team=self._scope.team_id)
        members = [member_of(row) for row in rows]
        return close_page(members, [(row[0],) for row in rows], total, window, query)

    def update(
        self, id: str, *, expected_version: int | None = None, **changes: Unpack[MemberChanges]
    ) -> Member:
        """Change a member. Raises Invalid, NotFound, Conflict (address taken), StaleVersion.

        Who has another address signs in anew, with that one.
        Forbidden for owners who take another role while no other owner can sign in.
        """
        raise_any(self.check(changes, updating=True))
        with self._store.transaction() as tx:
            row = self._row(tx, id)
            before = member_of(row)
            _expect(before, expected_version)
            columns = {
                name: value for name, value in changes.items() if value != getattr(before, name)
            }
            if not columns:
                return before
            if "email" in columns:
                self._refuse_taken(tx, changes["email"], row[0])
            if "role" in columns:
                self._keep_an_owner(tx, row)
            return self._write(tx, row, before, columns)

    def delete(self, id: str, *, expected_version: int | None = None) -> None:
        """Remove a member; the tickets assigned to it become unassigned.

        Raises NotFound, StaleVersion, and Forbidden for owners who remove themselves while no
        other owner can sign in.
        """
        with self._store.transaction(reserved=True) as tx:
            row = self._row(tx, id)
            member = member_of(row)
            _expect(member, expected_version)
            self._keep_an_owner(tx, row)
            self._unassign(tx, row[0], member.id)
            tx.run(MemberRow.delete().where(MemberRow.id == row[0]))
            data = {"name": member.name, "email": member.email, "role": member.role}
            self._record(tx, "member.deleted", row[1], data)

    def _row(self, snap: Snapshot, id: str) -> SqlRow:
        row = snap.first(_BY_UID, uid=required_uid("member", id), team=self._scope.team_id)
        if row is None:
            raise NotFound("member", id)
        return row

    def _refuse_taken(self, tx: Transaction, email: str, own: int | None) -> None:
        found = tx.value(_BY_EMAIL, email=fold_email(email), team=self._scope.team_id)
        if found not in (None, own):
            raise Conflict("A member with this email exists already", "email")

    def _keep_an_owner(self, tx: Transaction, row: SqlRow) -> None:
        """Owners who are done here leave another one behind; the system may do without."""
        if row[1] != self._scope.actor.uid or row[4] != "owner":
            return
        if tx.value(_OTHER_OWNER, team=self._scope.team_id, member=row[0]) is None:
            raise Forbidden("A team keeps an owner who can sign in; make somebody else one first")

    def _write(
        self, tx: Transaction, row: SqlRow, before: Member, columns: dict[str, object]
    ) -> Member:
        stored = {**columns, "updated_at": max(tx.now, row[6]), "version": before.version + 1}
        if "email" in columns:
            stored["email_key"] = fold_email(str(columns["email"]))
            if stored["email_key"] != fold_email(before.email):
                tx.run(_SIGN_OUT, member=row[0])
        tx.run(MemberRow.update(stored).where(MemberRow.id == row[0]))
        changes = {
            name: {"from": getattr(before, name), "to": value} for name, value in columns.items()
        }
        self._record(tx, "member.updated", row[1], None, changes)
        return member_of(self._row(tx, before.id))

    def _unassign(self, tx: Transaction, member_key: int, member_id: str) -> None:
        tickets = tx.all(_ASSIGNED, member=member_key)
        tx.run(_UNASSIGN, member=member_key, now=tx.now)
        scopes = {scope.workspace_id: scope for scope in both_scopes(tx, self._scope)}
        changes = {"assignedTo": {"from": member_id, "to": None}}
        for uid, number, workspace_id in tickets:
            for type in ("ticket.updated", "ticket.assigned"):
                events.record(
                    tx,
                    scopes[workspace_id],
                    type,
                    uid,
                    ticket=number,
                    data={"number": number},
                    changes=changes,
                )

    def _record(
        self,
        tx: Transaction,
        type: str,
        uid: bytes,
        data: Mapping[str, Any] | None,
        changes: events.Changes | None = None,
    ) -> None:
        for scope in both_scopes(tx, self._scope):
            events.record(tx, scope, type, uid, data=data, changes=changes)


def _expect(member: Member, version: int | None) -> None:
    if version not in (None, member.version):
        raise StaleVersion(f"The member is at version {member.version}")


def member_of(row: SqlRow) -> Member:
    """The member that a row of the columns above holds."""
    _, uid, name, email, role, created_at, updated_at, version = row
    return Member(
        public_id("member", uid),
        name,
        email,
        role,
        from_seconds(created_at),
        from_seconds(updated_at),
        version,
    )
