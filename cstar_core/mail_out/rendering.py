"""What a mail says, put together once, outside of any transaction."""

import json
from collections.abc import Mapping
from typing import Any

from peewee import JOIN, fn

from cstar_core.attached import Attachment, attachments_of
from cstar_core.blobs import Blobs
from cstar_core.canned_replies import placeholder_values
from cstar_core.clock import from_seconds
from cstar_core.errors import FileLost
from cstar_core.letters import Correspondent
from cstar_core.mail_out.composing import Enclosed, Outline, compose
from cstar_core.mail_out.headers import ascii_address, one_line
from cstar_core.mail_out.outgoing import TICKET_KEY, read_people
from cstar_core.mail_out.queueing import FIRST_ANSWER
from cstar_core.mail_out.templates import FILLED_MAX, MESSAGE, SIGNATURE, signed, template_for
from cstar_core.placeholders import first_name, render
from cstar_core.scope import Scope
from cstar_core.store import Snapshot, Store, prepare, slot
from cstar_core.tables import (
    OUTGOING_KINDS,
    MailboxRow,
    MessageRow,
    OutgoingMailRow,
    TeamRow,
    TicketRow,
    WorkspaceRow,
)
from cstar_core.tickets import read_by_key


class Unsendable(Exception):
    """Why a mail cannot be sent; ``for_now`` says that it is tried again."""

    def __init__(self, reason: str, *, for_now: bool = False) -> None:
        self.for_now = for_now
        super().__init__(reason)


_PostedRow = TicketRow.alias("posted")
_FACTS = prepare(
    OutgoingMailRow.select(
        OutgoingMailRow.workspace_id,
        WorkspaceRow.team_id,
        TeamRow.name,
        WorkspaceRow.environment,
        # That which it was written to, not the one that it was merged into: that is of somebody
        # else, whose name and fields are not for this one.
        fn.COALESCE(_PostedRow.id, TICKET_KEY),
        OutgoingMailRow.message_id,
        OutgoingMailRow.kind,
        OutgoingMailRow.header_id,
        OutgoingMailRow.refs,
        OutgoingMailRow.loops,
        OutgoingMailRow.subject,
        OutgoingMailRow.reply_to,
        OutgoingMailRow.created_at,
        MessageRow.content,
        MessageRow.sender_name,
        MailboxRow.address,
        MailboxRow.name,
        MailboxRow.language,
        MailboxRow.signature,
    )
    .join(WorkspaceRow, on=(WorkspaceRow.id == OutgoingMailRow.workspace_id))
    .join(TeamRow, on=(TeamRow.id == WorkspaceRow.team_id))
    .join_from(
        OutgoingMailRow,
        MessageRow,
        JOIN.LEFT_OUTER,
        on=(MessageRow.id == OutgoingMailRow.message_id),
    )
    .join_from(
        OutgoingMailRow, _PostedRow, JOIN.LEFT_OUTER, on=(_PostedRow.id == OutgoingMailRow.lane)
    )
    .join_from(OutgoingMailRow, MailboxRow, on=(MailboxRow.id == OutgoingMailRow.mailbox_id))
    .where(OutgoingMailRow.id == slot("mail"))
)
_FACT_NAMES = (
    *("workspace", "team", "team_name", "environment", "ticket", "message", "kind", "header_id"),
    *("refs", "loops", "subject", "reply_to", "created_at", "content", "sender_name"),
    *("address", "name", "language", "signature"),
)


def compose_mail(store: Store, blobs: Blobs, key: int) -> bytes:
    """The bytes of a mail. Raises Unsendable."""
    with store.snapshot() as snap:
        row = snap.first(_FACTS, mail=key)
        if row is None:
            raise Unsendable("The mailbox that was to send it does not exist any more")
        facts = dict(zip(_FACT_NAMES, row, strict=True))
        text, files = _text(snap, facts), _files(snap, facts)
        to, copies = _people(snap, key)
    return compose(
        Outline(
            sender=_sender(facts),
            to=to,
            cc=copies,
            subject=facts["subject"],
            header_id=facts["header_id"],
            date=from_seconds(facts["created_at"]),
            text=text,
            reply_to=facts["reply_to"] and ascii_address(facts["reply_to"]),
            in_reply_to=(json.loads(facts["refs"]) or [None])[-1],
            references=tuple(json.loads(facts["refs"])),
            automatic=facts["kind"] == FIRST_ANSWER,
            loops=tuple(json.loads(facts["loops"])),
            files=[_enclosed(blobs, each) for each in files],
        )
    )


def _sender(facts: Mapping[str, Any]) -> Correspondent:
    address = ascii_address(facts["address"])
    if address is None:
        raise Unsendable("The domain of the mailbox cannot be written as mail needs it")
    return Correspondent(one_line(_shown_name(facts), 200), address)


def _shown_name(facts: Mapping[str, Any]) -> str:
    """Who answers, at which mailbox; not the address of a member, which is not for customers."""
    name, writer = str(facts["name"]), facts["sender_name"]
    if not writer or "@" in writer or writer in (name, facts["team_name"]):
        return name
    return f"{writer} ({name})"


def _people(
    snap: Snapshot, key: int
) -> tuple[tuple[Correspondent, ...], tuple[Correspondent, ...]]:
    """Whom its header names: also those to whom it was sent before, and not who cannot be named."""
    people = [
        (each.is_copy, Correspondent(each.name, address))
        for each in read_people(snap, [key])[key]
        if (address := ascii_address(each.address)) is not None
    ]
    to = tuple(who for is_copy, who in people if not is_copy)
    return to, tuple(who for is_copy, who in people if is_copy)


def _text(snap: Snapshot, facts: Mapping[str, Any]) -> str:
    scope = Scope(facts["workspace"], facts["team"], facts["team_name"], facts["environment"])
    frame = template_for(snap, scope.workspace_id, OUTGOING_KINDS[facts["kind"]], facts["language"])
    writer = facts["sender_name"] or scope.team_name
    values = {
        **placeholder_values(snap, scope, read_by_key(snap, facts["ticket"])),
        "member.name": writer,
        "member.first_name": first_name(writer),
        SIGNATURE: signed(facts["signature"]),
        MESSAGE: facts["content"] or "",
    }
    return render(frame, values, FILLED_MAX).strip("\n")


def _files(snap: Snapshot, facts: Mapping[str, Any]) -> tuple[Attachment, ...]:
    message = facts["message"]
    return () if message is None else attachments_of(snap, [message]).get(message, ())


def _enclosed(blobs: Blobs, file: Attachment) -> Enclosed:
    try:
        return Enclosed(file.name, file.media_type, blobs.read(file.blob))
    except FileLost:
        raise Unsendable(f"The file {file.name} is lost; restore a backup") from None
