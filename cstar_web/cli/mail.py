"""The commands for mail: take one in, look through the ledger, and compare it with servers."""

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from typing import Any

import click

from cstar_core import (
    ENVIRONMENTS,
    LETTER_BYTES_MAX,
    MAIL_VERDICTS,
    Conflict,
    Envelope,
    Helpdesk,
    Mail,
    Workspace,
)
from cstar_web.cli.base import (
    Answer,
    Usage,
    columns,
    open_desk,
    reads_settings,
    refuse_absent,
    stamp,
    tame,
    with_desk,
)
from cstar_web.cli.command import Command, Group
from cstar_web.cli.failures import explain
from cstar_web.cli.ledger import find_mail, mail_data, workspaces
from cstar_web.cli.mail_texts import bad_addresses, template, templates, trust
from cstar_web.cli.mailbox_names import named
from cstar_web.cli.outgoing import cancel, let_go, outgoing, send_again
from cstar_web.cli.spam import block, list_blocks, release, spam, unblock
from cstar_web.mail.reconciling import Reconciled, reconcile
from cstar_web.mail.trying import TROUBLES
from cstar_web.mail.trying import explain as explain_server
from cstar_web.names import camel_case
from cstar_web.settings import Settings

# What mail servers understand (sysexits.h). They send back the mail for any other code than 0 and
# 75, so whatever is not the mail's own fault is 75.
EXIT_DATA, EXIT_NO_MAILBOX, EXIT_LATER = os.EX_DATAERR, os.EX_NOUSER, os.EX_TEMPFAIL
_SHOWN_UIDS = 20


class Pipe(Command):
    """A command that a mail server runs: what goes wrong with it is to be tried again."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Read the command line; a wrong one does not send mail back."""
        try:
            return super().make_context(*args, **kwargs)
        except click.UsageError as error:
            raise _ended(EXIT_LATER, explain(error).message) from error

    def invoke(self, ctx: click.Context) -> Any:
        """Run it."""
        try:
            return super().invoke(ctx)
        except click.exceptions.Exit:
            raise
        except (Exception, KeyboardInterrupt) as error:
            said = error if isinstance(error, Exception) else click.Abort()
            raise _ended(EXIT_LATER, explain(said).message) from error


def _ended(code: int, said: str) -> click.exceptions.Exit:
    """The end of the program, with a line that the mail server writes into its log."""
    click.echo(f"cstar: {tame(' '.join(said.split()))}", err=True)
    return click.exceptions.Exit(code)


@click.group(cls=Group)
def mail() -> None:
    """Take mail in and let it go out, and see what became of it."""


for _each in (
    *(outgoing, let_go, send_again, cancel),
    *(templates, template, bad_addresses, trust),
    *(spam, release, list_blocks, block, unblock),
):
    mail.add_command(_each)


@mail.command(
    "pipe",
    cls=Pipe,
    short_help="Take in one mail from standard input.",
    examples=("cstar mail pipe --mailbox help@example.com  # with the mail on stdin",),
    exits={
        0: "the mail is on the disk",
        EXIT_DATA: "it is empty or has more than 25 MB",
        EXIT_NO_MAILBOX: "there is no active mailbox with this address",
        EXIT_LATER: "it could not be stored now; try again later",
    },
)
@click.option("--mailbox", required=True, metavar="ADDRESS", help="To whom it was sent.")
@click.option("--sender", metavar="ADDRESS", help="Its return path; empty for none.")
@reads_settings
def pipe(settings: Settings, mailbox: str, sender: str | None) -> None:
    """Take in the mail on standard input, as a mail server hands it over.

    ADDRESS is that of a mailbox, or with something after a plus. The server reads it then.
    """
    raw = sys.stdin.buffer.read(LETTER_BYTES_MAX + 1)
    if not raw.strip() or len(raw) > LETTER_BYTES_MAX:
        raise _ended(EXIT_DATA, "the mail has more than 25 MB" if raw.strip() else "no mail came")
    refuse_absent(settings.database)
    with open_desk(settings) as desk:
        account = desk.mail_accounts.find(mailbox)
        if account is None:
            raise _ended(EXIT_NO_MAILBOX, f"there is no active mailbox {mailbox}")
        room = desk.workspace(account.team_id, account.environment).mail
        given = Envelope.heard(None if sender is None else sender.strip("<> "), (mailbox,))
        room.take(raw, source="pipe", mailbox=account.mailbox.id, envelope=given)


@mail.command(
    "list",
    short_help="List mail that came in, the newest first.",
    examples=("cstar mail list acme", "cstar mail list acme --verdict failed --json"),
)
@click.argument("team")
@click.option("--environment", type=click.Choice(ENVIRONMENTS), default="live", show_default=True)
@click.option("--verdict", type=click.Choice(MAIL_VERDICTS), metavar="VERDICT", help="Only these.")
@click.option("--limit", type=click.IntRange(1, 100), default=50, show_default=True)
@with_desk
def list_mail(
    desk: Helpdesk, team: str, environment: str, verdict: str | None, limit: int
) -> Answer:
    """List the mail of TEAM (its id or slug), and what became of each."""
    page = desk.workspace(team, environment).mail.list(verdict=verdict, page_size=limit)
    rows = [
        (stamp(each.received_at) or "", each.verdict, each.sender or "-", _cut(each), each.id)
        for each in page.items
    ]
    shown = columns(rows) if rows else "There is no such mail."
    more = f"\n{page.total - len(rows):,} more" if page.total > len(rows) else ""
    return Answer(
        {"total": page.total, "mails": [mail_data(each) for each in page.items]}, shown + more
    )


@mail.command(
    "show",
    short_help="Show what became of a mail.",
    examples=("cstar mail show eml_…", "cstar mail show eml_… --raw  # the mail itself"),
)
@click.argument("mail_id")
@click.option("--raw", "is_raw", is_flag=True, help="Write the mail itself, as it came.")
@with_desk
def show_mail(desk: Helpdesk, mail_id: str, is_raw: bool) -> Answer:
    """Show the row of the ledger for the mail MAIL_ID, or with --raw the mail itself."""
    room, found = find_mail(desk, mail_id)
    if is_raw:
        sys.stdout.buffer.write(room.mail.raw(found.id))
        sys.stdout.buffer.flush()
        raise click.exceptions.Exit(0)
    data = mail_data(found)
    said = [each for each in (found.explanation, found.threading) if each]
    lines = [(name, str(value)) for name, value in data.items() if value not in (None, {}, [])]
    return Answer(data, "\n".join([columns(lines), *said]))


@mail.command(
    "retry",
    short_help="Read mail again that could not be read.",
    examples=("cstar mail retry eml_…", "cstar mail retry --failed"),
)
@click.argument("mail_id", required=False)
@click.option("--failed", is_flag=True, help="All that could not be read, of all teams.")
@with_desk
def retry(desk: Helpdesk, mail_id: str | None, failed: bool) -> Answer:
    """Let the mail MAIL_ID, or all that failed, wait to be read again by the server.

    It stays on its ticket.
    """
    if (mail_id is None) is not failed:
        raise Usage("name one mail, or give --failed")
    if mail_id is not None:
        room, found = find_mail(desk, mail_id)
        again = [room.mail.retry(found.id).id]
    else:
        again = [id for room in workspaces(desk) for id in _retried(room)]
    return Answer({"mailIds": again}, f"{len(again):,} wait to be read again")


@mail.command(
    "reconcile",
    short_help="Compare the folder of a mailbox with the ledger.",
    examples=(
        "cstar mail reconcile help@example.com",
        "cstar mail reconcile help@example.com --fetch",
    ),
    exits={
        0: "all of it is accounted for",
        1: "something is missing, or the server cannot be asked",
    },
)
@click.argument("address")
@click.option("--fetch", is_flag=True, help="Fetch what is missing or could not be fetched.")
@with_desk
def reconcile_mailbox(desk: Helpdesk, address: str, fetch: bool) -> Answer:
    """Ask the server of the mailbox ADDRESS what it has, and look for each in the ledger."""
    account = named(desk, address)
    server = account.mailbox.incoming
    has_secret = account.incoming_password or account.mailbox.is_authorized
    if server is None or not has_secret:
        raise Usage(f"{account.mailbox.address} is fetched nowhere; see cstar mailbox change")
    try:
        done = reconcile(desk, account, fetch=fetch)
    except TROUBLES as error:
        raise click.ClickException(explain_server(error, server.host)) from error
    data = {camel_case(name): value for name, value in asdict(done).items()}
    return Answer(data, "\n".join(_lines(done)), done.is_complete)


def _lines(done: Reconciled) -> Iterator[str]:
    yield f"{done.on_server:,} on the server, {done.in_ledger:,} of them in the ledger"
    if done.numbered_anew:
        yield "the server has numbered the folder anew; all of it will be read again"
    for number, said in (
        (done.left_alone, "left alone, since they came before --since"),
        (done.to_come, "still to be fetched"),
        (done.waiting, "fetched, and wait to be read"),
    ):
        if number:
            yield f"{number:,} {said}"
    for uids, said in (
        (done.failed, "failed; cstar mail list --verdict failed says why"),
        (done.missing, "MISSING"),
        (done.fetched, "fetched now"),
    ):
        if uids:
            more = " …" if len(uids) > _SHOWN_UIDS else ""
            yield f"{len(uids):,} {said}: UID {', '.join(map(str, uids[:_SHOWN_UIDS]))}{more}"
    if done.is_complete:
        yield "everything that was read is accounted for"


def _retried(room: Workspace) -> Iterator[str]:
    """Let all that failed in a workspace wait again, but for what only its server has."""
    cursor = None
    while True:
        page = room.mail.list(verdict="failed", page_size=100, cursor=cursor)
        for each in page.items:
            with suppress(Conflict):
                yield room.mail.retry(each.id).id
        cursor = page.next_cursor
        if cursor is None:
            return


def _cut(mail: Mail) -> str:
    subject = mail.subject or "-"
    return subject if len(subject) <= 50 else f"{subject[:49]}…"
