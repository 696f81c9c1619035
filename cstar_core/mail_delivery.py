"""What became of a message that went out as a mail, as it is shown with the message."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from peewee import SQL

from cstar_core.clock import from_seconds_or_none
from cstar_core.ids import public_id
from cstar_core.store import Slot, Snapshot, prepare
from cstar_core.tables import OUTGOING_STATES, OutgoingMailRow


@dataclass(frozen=True, slots=True)
class MailDelivery:
    """Where the mail of a message stands: queued, sent, deferred, failed, bounced or held.

    ``failure`` says in words what is wrong, and ``code`` what a server said: ``550 5.1.1``. What is
    sent may still have failed for some who should have got a copy. ``next_attempt_at`` is None for
    what is not tried again.
    """

    id: str
    state: str
    attempts: int
    next_attempt_at: datetime | None
    finished_at: datetime | None
    code: str | None
    failure: str | None


_OF_MESSAGES = prepare(
    OutgoingMailRow.select(
        OutgoingMailRow.message_id,
        OutgoingMailRow.uid,
        OutgoingMailRow.state,
        OutgoingMailRow.attempts,
        OutgoingMailRow.due_at,
        OutgoingMailRow.finished_at,
        OutgoingMailRow.code,
        OutgoingMailRow.failure,
    ).where(OutgoingMailRow.message_id.in_(SQL("(SELECT value FROM json_each(?))", [Slot("keys")])))
)


def deliveries_of(snap: Snapshot, messages: Collection[int]) -> dict[int, MailDelivery]:
    """What became of some messages, by their keys; those that never were a mail are left out."""
    if not messages:
        return {}
    rows = snap.all(_OF_MESSAGES, keys=json.dumps(list(messages)))
    return {row[0]: _delivery(*row[1:]) for row in rows}


def _delivery(
    uid: bytes,
    state: int,
    attempts: int,
    due_at: int | None,
    finished_at: int | None,
    code: str | None,
    failure: str | None,
) -> MailDelivery:
    return MailDelivery(
        public_id("outgoing mail", uid),
        OUTGOING_STATES[state],
        attempts,
        from_seconds_or_none(due_at),
        from_seconds_or_none(finished_at),
        code,
        failure,
    )
