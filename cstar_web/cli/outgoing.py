"""The commands for mail that goes out: what became of it, and what is done about that by hand."""

from collections.abc import Callable, Iterator

import click

from cstar_core import (
    ENVIRONMENTS,
    OUTGOING_STATES,
    Helpdesk,
    MailConflict,
    OutgoingMail,
    Workspace,
)
from cstar_web.cli.base import Answer, Usage, columns, stamp, with_desk
from cstar_web.cli.command import Command
from cstar_web.cli.ledger import workspaces

_SUBJECT_SHOWN = 50


@click.command(
    "outgoing",
    cls=Command,
    short_help="List mail that goes out, the newest first.",
    examples=("cstar mail outgoing acme", "cstar mail outgoing acme --state held --json"),
)
@click.argument("team")
@click.option("--environment", type=click.Choice(ENVIRONMENTS), default="live", show_default=True)
@click.option("--state", type=click.Choice(OUTGOING_STATES), metavar="STATE", help="Only these.")
@click.option("--limit", type=click.IntRange(1, 100), default=50, show_default=True)
@with_desk
def outgoing(desk: Helpdesk, team: str, environment: str, state: str | None, limit: int) -> Answer:
    """List the mail that goes out of TEAM (its id or slug), and where each stands."""
    page = desk.workspace(team, environment).outgoing_mail.list(state=state, page_size=limit)
    rows = [
        (stamp(each.created_at) or "", each.state, _to(each), _subject(each), each.id)
        for each in page.items
    ]
    shown = columns(rows) if rows else "There is no such mail."
    more = f"\n{page.total - len(rows):,} more" if page.total > len(rows) else ""
    return Answer({"total": page.total, "mails": list(map(_data, page.items))}, shown + more)


@click.command(
    "let-go",
    cls=Command,
    short_help="Let mail go that is held.",
    examples=("cstar mail let-go oml_…", "cstar mail let-go --held"),
)
@click.argument("mail_id", required=False)
@click.option("--held", is_flag=True, help="All that is held, of all teams.")
@with_desk
def let_go(desk: Helpdesk, mail_id: str | None, held: bool) -> Answer:
    """Send the mail MAIL_ID, or all that is held: too much went before it."""
    if (mail_id is None) is not held:
        raise Usage("name one mail, or give --held")
    if mail_id is not None:
        sent = [_find(desk, mail_id).outgoing_mail.release(mail_id).id]
    else:
        sent = [id for room in workspaces(desk) for id in _released(room)]
    return Answer({"mailIds": sent}, f"{len(sent):,} will be sent")


@click.command(
    "send-again",
    cls=Command,
    short_help="Send a mail again to whom it was not sent.",
    examples=("cstar mail send-again oml_…",),
)
@click.argument("mail_id")
@with_desk
def send_again(desk: Helpdesk, mail_id: str) -> Answer:
    """Try the mail MAIL_ID again now, also if it had failed or its address was bad."""
    return _changed(_find(desk, mail_id).outgoing_mail.retry, mail_id)


@click.command(
    "cancel",
    cls=Command,
    short_help="Do not send a mail that waits or is held.",
    examples=("cstar mail cancel oml_…",),
)
@click.argument("mail_id")
@with_desk
def cancel(desk: Helpdesk, mail_id: str) -> Answer:
    """Do not send the mail MAIL_ID; it has failed then."""
    return _changed(_find(desk, mail_id).outgoing_mail.cancel, mail_id)


def _changed(change: Callable[[str], OutgoingMail], mail_id: str) -> Answer:
    found = change(mail_id)
    return Answer(_data(found), f"{found.id} is {found.state}")


def _find(desk: Helpdesk, mail_id: str) -> Workspace:
    """The workspace that has a mail; raises Usage."""
    for room in workspaces(desk):
        if room.outgoing_mail.find(mail_id) is not None:
            return room
    raise Usage(f"there is no mail {mail_id} that goes out; see cstar mail outgoing TEAM")


def _released(room: Workspace) -> Iterator[str]:
    """Release all that is held in a workspace, the newest first."""
    cursor = None
    while True:
        page = room.outgoing_mail.list(state="held", page_size=100, cursor=cursor)
        for each in page.items:
            try:
                yield room.outgoing_mail.release(each.id).id
            except MailConflict:  # somebody else was faster
                continue
        cursor = page.next_cursor
        if cursor is None:
            return


def _to(mail: OutgoingMail) -> str:
    first = mail.recipients[0].address if mail.recipients else "-"
    more = len(mail.recipients) - 1
    return f"{first} +{more}" if more > 0 else first


def _subject(mail: OutgoingMail) -> str:
    return mail.subject[:_SUBJECT_SHOWN]


def _data(mail: OutgoingMail) -> dict[str, object]:
    return {
        "id": mail.id,
        "ticketId": mail.ticket_id,
        "messageId": mail.message_id,
        "kind": mail.kind,
        "state": mail.state,
        "subject": mail.subject,
        "recipients": [
            {"address": each.address, "state": each.state, "failure": each.failure}
            for each in mail.recipients
        ],
        "attempts": mail.attempts,
        "nextAttemptAt": stamp(mail.next_attempt_at),
        "code": mail.code,
        "failure": mail.failure,
        "createdAt": stamp(mail.created_at),
        "finishedAt": stamp(mail.finished_at),
    }
