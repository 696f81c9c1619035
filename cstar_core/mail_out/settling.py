"""How the rows of a mail change once more is known of it: what a server said, or a person wants."""

from collections.abc import Sequence
from typing import NamedTuple

from cstar_core.mail_out.outgoing import read_people
from cstar_core.mail_out.queueing import tell
from cstar_core.mail_out.states import (
    DEFERRED,
    LOST,
    OPEN,
    Addressee,
    failure_of,
    says_bad_address,
    state_of,
)
from cstar_core.scope import Scope
from cstar_core.store import Prepared, SqlRow, Transaction, prepare, slot
from cstar_core.tables import (
    BadAddressRow,
    OutgoingMailRow,
    OutgoingRecipientRow,
    TeamRow,
    WorkspaceRow,
)

REASON_MAX = 500
_OF_ROW = OutgoingMailRow.id == slot("mail")


class Known(NamedTuple):
    """A mail as it is when more becomes known of it."""

    key: int
    workspace_id: int
    message: int | None
    state: int
    attempts: int
    since: int
    due_at: int | None
    team_id: int
    team_name: str
    environment: str

    @property
    def scope(self) -> Scope:
        """Its workspace, as the system acts in it."""
        return Scope(self.workspace_id, self.team_id, self.team_name, self.environment)


_JOINED = (
    OutgoingMailRow.select(
        OutgoingMailRow.id,
        OutgoingMailRow.workspace_id,
        OutgoingMailRow.message_id,
        OutgoingMailRow.state,
        OutgoingMailRow.attempts,
        OutgoingMailRow.since,
        OutgoingMailRow.due_at,
        WorkspaceRow.team_id,
        TeamRow.name,
        WorkspaceRow.environment,
    )
    .join(WorkspaceRow, on=(WorkspaceRow.id == OutgoingMailRow.workspace_id))
    .join(TeamRow, on=(TeamRow.id == WorkspaceRow.team_id))
)
_BY_KEY = prepare(_JOINED.where(_OF_ROW))
BY_HEADER = prepare(
    _JOINED.where(
        (OutgoingMailRow.workspace_id == slot("workspace"))
        & (OutgoingMailRow.header_id == slot("header"))
    )
)
_WRITE = prepare(
    OutgoingMailRow.update(
        {
            OutgoingMailRow.state: slot("state"),
            OutgoingMailRow.attempts: slot("attempts"),
            OutgoingMailRow.since: slot("since"),
            OutgoingMailRow.due_at: slot("due"),
            OutgoingMailRow.code: slot("code"),
            OutgoingMailRow.failure: slot("failure"),
            OutgoingMailRow.finished_at: slot("finished"),
        }
    ).where(_OF_ROW)
)
# What was sent is not sent again, so its bytes need not be kept.
_LET_GO = prepare(OutgoingMailRow.update({OutgoingMailRow.blob_id: None}).where(_OF_ROW))
_WRITE_PERSON = prepare(
    OutgoingRecipientRow.update(
        {
            OutgoingRecipientRow.state: slot("state"),
            OutgoingRecipientRow.code: slot("code"),
            OutgoingRecipientRow.failure: slot("failure"),
        }
    ).where(
        (OutgoingRecipientRow.mail_id == slot("mail"))
        & (OutgoingRecipientRow.position == slot("position"))
    )
)
_NOTE_BAD: Prepared = prepare(
    BadAddressRow.insert(
        {
            BadAddressRow.workspace_id: slot("workspace"),
            BadAddressRow.address_key: slot("key"),
            BadAddressRow.address: slot("address"),
            BadAddressRow.code: slot("code"),
            BadAddressRow.reason: slot("reason"),
            BadAddressRow.noted_at: slot("now"),
        }
    ).on_conflict_replace()
)


def known_mail(tx: Transaction, key: int) -> Known | None:
    """A mail by its key; None if it is gone, with its message or ticket."""
    row = tx.first(_BY_KEY, mail=key)
    return None if row is None else Known._make(row)


def known_of(row: SqlRow) -> Known:
    """The mail of a row of ``BY_HEADER``."""
    return Known._make(row)


def people_of_mail(tx: Transaction, mail: Known) -> list[Addressee]:
    """The recipients of a mail."""
    return read_people(tx, [mail.key])[mail.key]


def write(
    tx: Transaction,
    mail: Known,
    before: Sequence[Addressee],
    after: Sequence[Addressee],
    *,
    attempts: int,
    since: int,
    due: int | None,
) -> int:
    """Write what has become of a mail and of its recipients, and tell it; the new state.

    ``due`` is when it is tried again, if anything is still to be sent.
    """
    scope = mail.scope
    for old, new in zip(before, after, strict=True):
        if new != old:
            slots = {"state": new.state, "code": new.code, "failure": new.failure}
            tx.run(_WRITE_PERSON, mail=mail.key, position=new.position, **slots)
        if new.state in LOST and new.state != old.state and says_bad_address(new.code):
            _note_bad(tx, scope, new)
    state, (code, failure) = state_of(after), failure_of(after)
    is_open = state in OPEN
    tx.run(
        _WRITE,
        mail=mail.key,
        state=state,
        attempts=attempts,
        since=since,
        due=due if is_open else None,
        code=code,
        failure=failure,
        finished=None if is_open else tx.now,
    )
    if not is_open and not any(each.state in LOST for each in after):
        tx.run(_LET_GO, mail=mail.key)
    is_news = mail.message is not None and not is_open and _outcomes(before) != _outcomes(after)
    if is_news and mail.message is not None:
        tell(tx, scope, mail.message, state, code)
    return state


def _outcomes(people: Sequence[Addressee]) -> list[int | None]:
    """What is settled with each of them."""
    return [None if each.state in (*OPEN, DEFERRED) else each.state for each in people]


def _note_bad(tx: Transaction, scope: Scope, each: Addressee) -> None:
    tx.run(
        _NOTE_BAD,
        workspace=scope.workspace_id,
        key=each.address_key,
        address=each.address,
        code=each.code,
        reason=(each.failure or "")[:REASON_MAX],
        now=tx.now,
    )
