"""The commands for the texts around mail that goes out, and for addresses that are bad."""

import sys
from dataclasses import asdict
from pathlib import Path

import click

from cstar_core import ENVIRONMENTS, OUTGOING_KINDS, BadAddress, Helpdesk, MailTemplate
from cstar_web.cli.base import Answer, FileName, Usage, columns, stamp, with_desk
from cstar_web.cli.command import Command
from cstar_web.names import camel_case

_STDIN = "-"
_BYTES_MAX = 200_000
_environment = click.option(
    "--environment", type=click.Choice(ENVIRONMENTS), default="live", show_default=True
)


@click.command(
    "templates",
    cls=Command,
    short_help="List the texts around mail that goes out.",
    examples=("cstar mail templates acme", "cstar mail templates acme --json"),
)
@click.argument("team")
@_environment
@with_desk
def templates(desk: Helpdesk, team: str, environment: str) -> Answer:
    """List the mail templates of TEAM (its id or slug): its own, else those that cStar brings."""
    found = desk.workspace(team, environment).mail_templates.list()
    rows = [(each.kind, each.language, _whose(each)) for each in found]
    return Answer([_template(each) for each in found], columns(rows))


@click.command(
    "template",
    cls=Command,
    short_help="Show, set or take back one of these texts.",
    examples=(
        "cstar mail template acme reply de",
        "cstar mail template acme reply de --file reply.txt --preview tkt_…",
        "cstar mail template acme reply de --file reply.txt",
        "cstar mail template acme reply de --reset",
    ),
)
@click.argument("team")
@click.argument("kind", type=click.Choice(OUTGOING_KINDS))
@click.argument("language")
@_environment
@click.option("--file", type=FileName(), metavar="FILE", help="Set it to this; - for stdin.")
@click.option("--reset", is_flag=True, help="Take it back: what cStar brings stands again.")
@click.option(
    "--preview", metavar="TICKET_ID", help="Show how it would be sent on a ticket; change nothing."
)
@with_desk
def template(
    desk: Helpdesk,
    team: str,
    kind: str,
    language: str,
    environment: str,
    file: str | None,
    reset: bool,
    preview: str | None,
) -> Answer:
    """Show the mail template of TEAM for KIND (reply or first_answer) in LANGUAGE, such as de.

    With --file or --reset it is changed.
    """
    room = desk.workspace(team, environment).mail_templates
    if reset:
        if file or preview:
            raise Usage("--reset goes with neither --file nor --preview")
        room.reset(kind, language)
        data = {"kind": kind, "language": language, "reset": True}
        return Answer(data, f"Took back the team's own text for {kind} in {language}")
    content = _read(file) if file else None
    if preview:
        text = room.get(kind, language).content if content is None else content
        said = room.preview(kind, text, preview, message="…")
        return Answer({"kind": kind, "language": language, "preview": said}, said)
    if content is None:
        found = room.get(kind, language)
        return Answer(_template(found), found.content)
    found = room.update(kind, language, content=content)
    return Answer(_template(found), f"Set the text for {kind} in {language}")


@click.command(
    "bad-addresses",
    cls=Command,
    short_help="List addresses to which nothing can be delivered.",
    examples=("cstar mail bad-addresses acme",),
)
@click.argument("team")
@_environment
@click.option("--limit", type=click.IntRange(1, 100), default=50, show_default=True)
@with_desk
def bad_addresses(desk: Helpdesk, team: str, environment: str, limit: int) -> Answer:
    """List the bad addresses of TEAM (its id or slug), with what a server said of each."""
    page = desk.workspace(team, environment).outgoing_mail.bad_addresses(page_size=limit)
    rows = [(stamp(each.noted_at) or "", each.address, each.reason) for each in page.items]
    shown = columns(rows) if rows else "There is no bad address."
    more = f"\n{page.total - len(rows):,} more" if page.total > len(rows) else ""
    data = {"total": page.total, "addresses": [_bad(each) for each in page.items]}
    return Answer(data, shown + more)


@click.command(
    "trust",
    cls=Command,
    short_help="Send mail to a bad address again.",
    examples=("cstar mail trust acme jane@example.com",),
)
@click.argument("team")
@click.argument("address")
@_environment
@with_desk
def trust(desk: Helpdesk, team: str, address: str, environment: str) -> Answer:
    """Forget that ADDRESS was bad: the next mail of TEAM to it is sent."""
    desk.workspace(team, environment).outgoing_mail.trust(address)
    return Answer({"address": address, "trusted": True}, f"The next mail to {address} is sent")


def _read(file: str) -> str:
    """The text in a file, or on standard input, without the line's end; raises Usage."""
    try:
        if file == _STDIN:
            raw = sys.stdin.buffer.read(_BYTES_MAX)
        else:
            with Path(file).open("rb") as opened:
                raw = opened.read(_BYTES_MAX)
        return raw.decode().replace("\r\n", "\n").rstrip("\n")
    except (OSError, UnicodeDecodeError, AttributeError) as error:
        raise Usage(f"the text cannot be read from {file}: {error}") from error


def _whose(template: MailTemplate) -> str:
    if template.updated_at is None:
        return "as cStar brings it"
    return f"the team's own, {stamp(template.updated_at)}"


def _template(template: MailTemplate) -> dict[str, object]:
    return {
        "kind": template.kind,
        "language": template.language,
        "content": template.content,
        "isOwn": template.updated_at is not None,
        "updatedAt": stamp(template.updated_at),
    }


def _bad(address: BadAddress) -> dict[str, object]:
    values = asdict(address) | {"noted_at": stamp(address.noted_at)}
    return {camel_case(name): value for name, value in values.items()}
