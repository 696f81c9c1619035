"""How much mail waits, and how much could not be read: figures to watch."""

from dataclasses import dataclass

from peewee import SQL, fn

from cstar_core.store import Snapshot, prepare, slot
from cstar_core.tables import MAIL_VERDICTS, MailRow

_WAITING, _FAILED = MAIL_VERDICTS.index("waiting"), MAIL_VERDICTS.index("failed")
_FAILURES_SECONDS = 30 * 24 * 3600


@dataclass(frozen=True, slots=True)
class MailBacklog:
    """The mail of all teams: how much waits, since when (Unix seconds) the oldest does, and how
    much of what came in 30 days could not be read."""

    waiting: int
    oldest_at: int | None
    failed: int


# The numbers are written out, as the index is for these alone.
_WAITS = prepare(
    MailRow.select(fn.COUNT(1), fn.MIN(MailRow.received_at)).where(
        SQL(f"verdict = {_WAITING}") & SQL(f"verdict IN ({_WAITING}, {_FAILED})")
    )
)
_FAILURES = prepare(
    MailRow.select(fn.COUNT(1)).where(
        SQL(f"verdict = {_FAILED}")
        & SQL(f"verdict IN ({_WAITING}, {_FAILED})")
        & (MailRow.received_at > slot("since"))
    )
)


def read_mail_backlog(snap: Snapshot, now: int) -> MailBacklog:
    """The figures of one moment; their cost grows with what waits or failed alone."""
    waiting, oldest = snap.all(_WAITS)[0]
    failed = snap.value(_FAILURES, since=now - _FAILURES_SECONDS)
    return MailBacklog(int(waiting), oldest, int(failed))


_MESSAGES = [MAIL_VERDICTS.index(each) for each in ("ticket", "reply", "automatic")]
# What became a message has it, unless both are forgotten.
_LOST = prepare(
    MailRow.select(fn.COUNT(1)).where(
        MailRow.verdict.in_(_MESSAGES)
        & MailRow.message_id.is_null()
        & MailRow.blob_id.is_null(False)
    )
)


def how_many_lost(snap: Snapshot) -> int:
    """How many mails have lost the message that they became; looks at all of them."""
    return int(snap.value(_LOST))
