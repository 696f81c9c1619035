"""Presence: which members look at a ticket at this moment, and who of them writes."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from peewee import SQL

from cstar_core.checks import check_flag, check_given, raise_any
from cstar_core.clock import from_seconds
from cstar_core.errors import Forbidden, NotFound
from cstar_core.ids import parse_id, public_id
from cstar_core.scope import Scope
from cstar_core.store import Slot, Snapshot, Store, prepare, slot
from cstar_core.tables import MemberRow, PresenceRow, TicketRow
from cstar_core.tickets import Place, place_of

PRESENT_SECONDS = 30
# So soon after the last one, a beat that says the same again is not worth a write.
_KEPT_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Presence:
    """That a member looks at a ticket, or writes on it."""

    member_id: str
    member_name: str
    is_writing: bool
    seen_at: datetime


_LAST = prepare(
    PresenceRow.select(PresenceRow.seen_at, PresenceRow.is_writing).where(
        (PresenceRow.member_id == slot("member")) & (PresenceRow.ticket_id == slot("ticket"))
    )
)
_BEAT = prepare(
    PresenceRow.insert(
        {
            PresenceRow.member_id: slot("member"),
            PresenceRow.ticket_id: slot("ticket"),
            PresenceRow.seen_at: slot("now"),
            PresenceRow.is_writing: slot("writing"),
        }
    ).on_conflict_replace()
)
_PRESENT = PresenceRow.seen_at.between(slot("since"), slot("until"))
_FORGET = prepare(PresenceRow.delete().where((PresenceRow.member_id == slot("member")) & ~_PRESENT))
_LEAVE = prepare(
    PresenceRow.delete().where(
        (PresenceRow.member_id == slot("member")) & (PresenceRow.ticket_id == slot("ticket"))
    )
)
_TICKETS = TicketRow.select(TicketRow.uid, TicketRow.id, TicketRow.workspace_id)
_THERE = prepare(
    PresenceRow.select(
        PresenceRow.ticket_id,
        MemberRow.uid,
        MemberRow.name,
        PresenceRow.is_writing,
        PresenceRow.seen_at,
    )
    .join(MemberRow, on=(MemberRow.id == PresenceRow.member_id))
    .where(
        PresenceRow.ticket_id.in_(SQL("(SELECT value FROM json_each(?))", [Slot("tickets")]))
        & _PRESENT
    )
    .order_by(MemberRow.id)
)


class Presences:
    """Who is at which ticket of one workspace."""

    def __init__(self, store: Store, scope: Scope) -> None:
        self._store = store
        self._scope = scope

    def seen(self, ticket_id: str, *, writing: bool = False) -> None:
        """Note that the member who acts looks at a ticket now; others see it for 30 seconds.

        To be called again before these are over. Raises Invalid, NotFound, and Forbidden for who is
        no member.
        """
        raise_any(check_flag("writing", writing))
        with self._store.snapshot() as snap:
            if _said(snap, place_of(snap, self._scope, ticket_id), self._store.now(), writing):
                return
        with self._store.transaction(brief=True) as tx:
            place = place_of(tx, self._scope, ticket_id)
            tx.run(_FORGET, member=place.member, **_window(tx.now))
            beat = {"now": tx.now, "writing": int(writing)}
            tx.run(_BEAT, member=place.member, ticket=place.ticket, **beat)

    def left(self, ticket_id: str) -> None:
        """Note that the member who acts has gone away from a ticket. Raises as ``seen``."""
        with self._store.transaction(brief=True) as tx:
            place = place_of(tx, self._scope, ticket_id)
            tx.run(_LEAVE, member=place.member, ticket=place.ticket)

    def of_ticket(self, ticket_id: str) -> tuple[Presence, ...]:
        """Who is at a ticket, without who acts. Raises NotFound, Forbidden for publishable keys."""
        found = self.of_tickets([ticket_id])
        if not found:
            raise NotFound("ticket", ticket_id)
        return found[ticket_id]

    def of_tickets(self, ids: Sequence[str]) -> dict[str, tuple[Presence, ...]]:
        """Who is at which of up to 1,000 tickets, by id as given, without who acts.

        What is not the id of a ticket is left out. Raises Invalid, and Forbidden for publishable
        keys.
        """
        if not self._scope.internal:
            raise Forbidden("A publishable key does not see who is there")
        raise_any(check_given("ids", len(ids)))
        uids = {id: uid for id in ids if (uid := parse_id("ticket", id)) is not None}
        with self._store.snapshot() as snap:
            keys = self._keys(snap, set(uids.values()))
            there = snap.all(
                _THERE, tickets=json.dumps(list(keys.values())), **_window(self._store.now())
            )
        present: dict[int, list[Presence]] = {key: [] for key in keys.values()}
        for ticket, member, *row in there:
            if member != self._scope.actor.uid:
                present[ticket].append(_presence(member, *row))
        return {id: tuple(present[keys[uid]]) for id, uid in uids.items() if uid in keys}

    def _keys(self, snap: Snapshot, uids: set[bytes]) -> dict[bytes, int]:
        """The integer keys of the tickets that are here.

        The workspace is not asked for in SQL: its index would be taken, and all of it walked.
        """
        rows = snap.all(_TICKETS.where(TicketRow.uid.in_(list(uids))))
        return {uid: key for uid, key, here in rows if here == self._scope.workspace_id}


def _said(snap: Snapshot, place: Place, now: int, writing: bool) -> bool:
    """Whether the last beat has said the same a moment ago."""
    row = snap.first(_LAST, member=place.member, ticket=place.ticket)
    return row is not None and abs(now - row[0]) < _KEPT_SECONDS and row[1] == writing


def _window(now: int) -> dict[str, int]:
    """Between which instants somebody was seen who is there now; a clock may be set back."""
    return {"since": now - PRESENT_SECONDS + 1, "until": now + PRESENT_SECONDS}


def _presence(member: bytes, name: str, is_writing: int, seen_at: int) -> Presence:
    return Presence(public_id("member", member), name, bool(is_writing), from_seconds(seen_at))
