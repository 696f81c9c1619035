"""The commands for links with which customers read and answer their tickets."""

from datetime import timedelta

import click

from cstar_core import LINK_DAYS, Helpdesk, NotFound, Ticket, Workspace, check_url, utc_now
from cstar_web.cli.base import Answer, Usage, stamp, with_desk
from cstar_web.cli.command import Group
from cstar_web.cli.teams import duration


@click.group(cls=Group)
def ticket() -> None:
    """Let customers read and answer their own tickets."""


@ticket.command(
    short_help="Make a link for the customer of a ticket.",
    examples=(
        "cstar ticket link acme 12",
        "cstar ticket link acme 12 --expires-in 30d --url https://desk.example.com",
    ),
)
@click.argument("team")
@click.argument("number", type=click.IntRange(1))
@click.option("--expires-in", type=duration, metavar="TIME", help="Such as 30d, 12h [90d].")
@click.option("--url", metavar="URL", help="Where customers find the server.")
@with_desk
def link(
    desk: Helpdesk, team: str, number: int, expires_in: timedelta | None, url: str | None
) -> Answer:
    """Make a link with which whoever has it reads and answers ticket NUMBER of TEAM.

    It shows what its customer may see: no notes, no internal messages. It stops when the ticket is
    deleted or gets another customer, and with cstar ticket end-links.
    """
    for problem in check_url("--url", url) if url else ():
        raise Usage(problem.message)
    workspace = desk.workspace(team)
    found = _numbered(workspace, number)
    if found.customer_id is None:
        raise Usage(f"ticket {number} has no customer to give a link to")
    token = workspace.ticket_links.link(found.id, expires_in=expires_in)
    until = utc_now() + (expires_in or timedelta(days=LINK_DAYS))
    path = f"/t/{workspace.team.slug}/ticket/{token}"
    whole = f"{url.rstrip('/')}{path}" if url else None
    data = {
        "ticketId": found.id,
        "number": number,
        "path": path,
        "url": whole,
        "expiresAt": stamp(until),
    }
    hint = "" if url else "\n\nThe address of the server belongs before it, as --url puts it."
    return Answer(data, f"{whole or path}{hint}")


@ticket.command(
    "end-links",
    short_help="End all links to tickets of a team.",
    examples=("cstar ticket end-links acme",),
)
@click.argument("team")
@with_desk
def end_links(desk: Helpdesk, team: str) -> Answer:
    """End every link to a ticket of TEAM that was ever given away."""
    workspace = desk.workspace(team)
    workspace.ticket_links.end_all()
    text = f"No link to a ticket of {workspace.team.slug} works any more."
    return Answer({"teamId": workspace.team.id}, text)


def _numbered(workspace: Workspace, number: int) -> Ticket:
    found = workspace.tickets.list(search=f"#{number}", page_size=100).items
    for each in found:
        if each.number == number:
            return each
    raise NotFound("ticket", str(number))
