"""The commands for mail that nobody wants: file it as spam, take it back, and block senders."""

import click

from cstar_core import ENVIRONMENTS, SPAM_BLOCKS, Helpdesk, Mail, MailBlock
from cstar_web.cli.base import Answer, Usage, columns, stamp, with_desk
from cstar_web.cli.command import Command
from cstar_web.cli.ledger import find_mail, mail_data


@click.command(
    "spam",
    cls=Command,
    short_help="File a mail as spam.",
    examples=("cstar mail spam eml_…", "cstar mail spam eml_… --block domain"),
)
@click.argument("mail_id")
@click.option("--block", type=click.Choice(SPAM_BLOCKS), help="Ignore mail from there from now on.")
@with_desk
def spam(desk: Helpdesk, mail_id: str, block: str | None) -> Answer:
    """File the mail MAIL_ID, which became a message, as spam; cstar mail release undoes it.

    The ticket that it has made goes, with all mails of its sender on it, if nobody else has written
    there; otherwise only its message goes.
    """
    room, found = find_mail(desk, mail_id)
    filed = room.mail.spam(found.id, block=block)
    lines = [f"{filed.id} is filed as spam{_fate(found, room.tickets.find(found.ticket_id or ''))}"]
    if block is not None:
        lines.append(f"Mail of the {block} is ignored from now on; see cstar mail blocks TEAM")
    return Answer(mail_data(filed), "\n".join(lines))


def _fate(before: Mail, ticket: object) -> str:
    """What else has gone."""
    if before.ticket_id is None:
        return ""
    if ticket is None:
        return f", and its ticket {before.ticket_id} is gone"
    return f"; its ticket {before.ticket_id} stays, with what else is on it"


@click.command(
    "release",
    cls=Command,
    short_help="Take a mail after all that was filed or ignored.",
    examples=("cstar mail release eml_…",),
)
@click.argument("mail_id")
@with_desk
def release(desk: Helpdesk, mail_id: str) -> Answer:
    """Let the mail MAIL_ID, which is spam or was ignored, become what it would have been.

    It waits then, and the server reads it.
    """
    room, found = find_mail(desk, mail_id)
    after = room.mail.release(found.id)
    return Answer(mail_data(after), f"{after.id} waits to be read again")


@click.command(
    "blocks",
    cls=Command,
    short_help="List of whom mail is ignored.",
    examples=("cstar mail blocks acme", "cstar mail blocks acme --json"),
)
@click.argument("team")
@click.option("--environment", type=click.Choice(ENVIRONMENTS), default="live", show_default=True)
@with_desk
def list_blocks(desk: Helpdesk, team: str, environment: str) -> Answer:
    """List the addresses and domains of which TEAM (its id or slug) ignores mail."""
    room, found, cursor = desk.workspace(team, environment).mail_blocks, list[MailBlock](), None
    while True:
        page = room.list(page_size=100, cursor=cursor)
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    rows = [(each.value, stamp(each.created_at) or "", each.note or "-") for each in found]
    return Answer([_data(each) for each in found], columns(rows) if rows else "Nobody is blocked.")


@click.command(
    "block",
    cls=Command,
    short_help="Ignore mail of an address or a domain.",
    examples=(
        "cstar mail block acme jane@example.com",
        'cstar mail block acme example.com --note "Only offers"',
    ),
)
@click.argument("team")
@click.argument("value")
@click.option("--environment", type=click.Choice(ENVIRONMENTS), default="live", show_default=True)
@click.option("--note", metavar="TEXT", help="Why.")
@with_desk
def block(desk: Helpdesk, team: str, value: str, environment: str, note: str | None) -> Answer:
    """Ignore mail of VALUE, an address or a domain with all below it, in TEAM (its id or slug)."""
    made = desk.workspace(team, environment).mail_blocks.create(value=value, note=note)
    return Answer(_data(made), f"Mail of {made.value} is ignored from now on: {made.id}")


@click.command(
    "unblock",
    cls=Command,
    short_help="Take mail of an address or a domain again.",
    examples=("cstar mail unblock acme jane@example.com",),
)
@click.argument("team")
@click.argument("value")
@click.option("--environment", type=click.Choice(ENVIRONMENTS), default="live", show_default=True)
@with_desk
def unblock(desk: Helpdesk, team: str, value: str, environment: str) -> Answer:
    """Delete the block of VALUE (or its id) in TEAM (its id or slug).

    What was ignored stays ignored until it is released.
    """
    room = desk.workspace(team, environment).mail_blocks
    found = room.find(value) or room.find_by_value(value)
    if found is None:
        raise Usage(f"{value} is not blocked; see cstar mail blocks {team}")
    room.delete(found.id)
    return Answer(_data(found), f"Mail of {found.value} is taken again")


def _data(each: MailBlock) -> dict[str, object]:
    return {
        "mailBlockId": each.id,
        "value": each.value,
        "note": each.note,
        "createdAt": stamp(each.created_at),
    }
