"""The commands for a team's members: who they are, and whether they get into the inbox."""

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import click

from cstar_core import ROLES, Helpdesk, Member, NewInvitation, Standing, Workspace, fold_email
from cstar_web.cli.base import Answer, Usage, columns, stamp, with_desk
from cstar_web.cli.command import Group
from cstar_web.cli.teams import duration


@click.group(cls=Group)
def member() -> None:
    """Add the people who answer, and let them into the inbox."""


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


@member.command(
    "list",
    short_help="List members, and whether they can sign in.",
    examples=("cstar member list acme", "cstar member list acme --json"),
)
@click.argument("team")
@with_desk
def list_members(desk: Helpdesk, team: str) -> Answer:
    """List the members of TEAM (its id or slug), and whether each can sign in."""
    workspace = desk.workspace(team)
    with desk.snapshot(search=False):
        standings = {each.member_id: each for each in workspace.invitations.standings()}
        found = [(each, standings[each.id]) for each in members(workspace)]
    data = [
        {
            "memberId": each.id,
            "name": each.name,
            "email": each.email,
            "role": each.role,
            "hasPassword": standing.has_password,
            "hasSecondFactor": standing.has_second_factor,
            "lastSeenAt": stamp(standing.last_seen_at),
            "invitedUntil": stamp(standing.invited_until),
        }
        for each, standing in found
    ]
    rows = [
        (each.id, each.role, f"{each.name} <{each.email}>", told(standing))
        for each, standing in found
    ]
    none = f"No member yet. Add one: cstar member add {team} NAME EMAIL"
    return Answer(data, columns(rows) or none)


def members(workspace: Workspace) -> Iterator[Member]:
    """Every member of a team, oldest first."""
    cursor = None
    while True:
        page = workspace.members.list(page_size=100, cursor=cursor)
        yield from page.items
        cursor = page.next_cursor
        if cursor is None:
            return


def told(standing: Standing) -> str:
    """How far a member has come with signing in."""
    if standing.last_seen_at is not None:
        said = f"signed in, seen {stamp(standing.last_seen_at)}"
    elif standing.invited_until is not None:
        said = f"invited until {stamp(standing.invited_until)}"
    else:
        said = "signed out" if standing.has_password else "cannot sign in"
    return f"{said}, with a code" if standing.has_second_factor else said


@member.command(
    "sign-out",
    short_help="Sign a member out everywhere.",
    examples=("cstar member sign-out acme ada@example.com",),
)
@click.argument("team")
@click.argument("email")
@with_desk
def sign_member_out(desk: Helpdesk, team: str, email: str) -> Answer:
    """Sign the member of TEAM with the address EMAIL out of every browser.

    The password stays as it is; cstar member invite makes a link to set another one with.
    """
    workspace, wanted = desk.workspace(team), fold_email(email)
    with desk.transaction():
        same = (each for each in members(workspace) if fold_email(each.email) == wanted)
        found = next(same, None)
        if found is None:
            raise Usage(f"there is no member {email}; see cstar member list {team}")
        ended = workspace.invitations.sign_out(found.id)
    data = {"memberId": found.id, "email": found.email, "ended": ended}
    browsers = "1 browser" if ended == 1 else f"{ended} browsers"
    return Answer(data, f"Signed {found.name} <{found.email}> out of {browsers}")


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
