"""The commands for a team's members: add them, and invite them to the inbox."""

from datetime import timedelta
from urllib.parse import urlsplit

import click

from cstar_core import ROLES, Helpdesk, NewInvitation
from cstar_web.cli.base import Answer, columns, stamp, with_desk
from cstar_web.cli.command import Group
from cstar_web.cli.teams import duration


@click.group(cls=Group)
def member() -> None:
    """Add the people who answer, and invite them to the inbox."""


@member.command("add", examples=("cstar member add acme 'Ada Park' ada@example.com --role owner",))
@click.argument("team")
@click.argument("name")
@click.argument("email")
@click.option("--role", type=click.Choice(ROLES), default="agent", show_default=True)
@with_desk
def add_member(desk: Helpdesk, team: str, name: str, email: str, role: str) -> Answer:
    """Add a member called NAME to TEAM (its id or slug)."""
    made = desk.workspace(team).members.create(name=name, email=email, role=role)
    data = {"memberId": made.id, "name": made.name, "email": made.email, "role": made.role}
    return Answer(data, f"Added {made.name} <{made.email}> as {made.role}: {made.id}")


def site(text: str) -> str:
    """The beginning of the addresses of a server's pages.

    >>> site("https://desk.example/")
    'https://desk.example'
    """
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not text.isprintable() or " " in text or set(text) & set("?#@"):
        raise click.BadParameter(f"{text!r} is not an address such as https://desk.example")
    return text.rstrip("/")


def link(beginning: str, invitation: NewInvitation) -> str:
    """The link of an invitation, on a server whose pages begin with an address."""
    return f"{beginning}/inbox/welcome/{invitation.token}"


@member.command(
    "invite",
    short_help="Make a link with which a member sets a password.",
    examples=(
        "cstar member invite acme ada@example.com --url https://desk.example",
        "cstar member invite acme ada@example.com  # again, for who forgot the password",
    ),
)
@click.argument("team")
@click.argument("email")
@click.option("--name", help="The name of a new member [what stands before the @].")
@click.option("--role", type=click.Choice(ROLES), help="What a new member may do [agent].")
@click.option(
    "--expires-in",
    type=duration,
    default="72h",
    show_default=True,
    metavar="TIME",
    help="How long the link works, at most 30d.",
)
@click.option(
    "--url",
    type=site,
    default="http://127.0.0.1:8000",
    show_default=True,
    help="Where the server is for who gets the link.",
)
@click.option(
    "--forget-second-factor",
    is_flag=True,
    help="Let a member who has lost the phone sign in without a code.",
)
@with_desk
def invite_member(
    desk: Helpdesk,
    team: str,
    email: str,
    name: str | None,
    role: str | None,
    expires_in: timedelta,
    url: str,
    forget_second_factor: bool,
) -> Answer:
    """Make a link with which the member of TEAM with the address EMAIL sets a password.

    A member of this address is added if there is none. The link works once and is shown only now;
    one that was made before works no more.
    """
    invitations = desk.workspace(team).invitations
    with desk.transaction():
        made = invitations.invite(email, name=name, role=role, expires_in=expires_in)
        found = made.invitation.member
        assert found is not None  # noqa: S101 - it was just made for a member
        if forget_second_factor:
            invitations.forget_second_factor(found.id)
    data = {
        "memberId": found.id,
        "name": found.name,
        "email": found.email,
        "role": found.role,
        "url": link(url, made),
        "expiresAt": stamp(made.invitation.expires_at),
    }
    rows = [("member", f"{found.name} <{found.email}>, {found.role}"), ("link", link(url, made))]
    until = f"It works once, until {stamp(made.invitation.expires_at)}. It is shown only now."
    return Answer(data, f"{columns(rows)}\n\n{until}")
