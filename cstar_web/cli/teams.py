"""The commands that make and list teams and their API keys."""

import re
from datetime import timedelta

import click

from cstar_core import (
    ENVIRONMENTS,
    KEY_TYPES,
    Helpdesk,
    Key,
    NewKey,
    Team,
    parse_id,
    utc_now,
)
from cstar_web.cli.base import Answer, Usage, columns, makes_desk, stamp, with_desk
from cstar_web.cli.command import Group

_DURATION = re.compile(r"([0-9]{1,6})([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def duration(text: str) -> timedelta:
    """The time that a text such as `90d` stands for.

    >>> duration("36h")
    datetime.timedelta(days=1, seconds=43200)
    """
    found = _DURATION.fullmatch(text)
    if not found:
        raise click.BadParameter(f"{text!r} is not a time such as 90d, 12h or 30m")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def only_team(desk: Helpdesk, command: str) -> Team | None:
    """The team that is meant if none is named, None if there is none yet.

    Raises Usage if there are several; `command` is how one of them is named.
    """
    teams = desk.teams.list()
    if len(teams) > 1:
        slugs = ", ".join(each.slug for each in teams[:5])
        raise Usage(f"there are {len(teams)} teams; say which: {command} ({slugs})")
    return teams[0] if teams else None


def team_of(desk: Helpdesk, team: str | None, command: str) -> Team:
    """A team by its id or slug, or the only one there is; raises Usage."""
    chosen = desk.teams.get(team) if team else only_team(desk, f"{command} --team TEAM")
    if chosen is None:
        raise Usage("there is no team yet; make one: cstar team create NAME")
    return chosen


@click.group(cls=Group)
def team() -> None:
    """Make and list teams."""


@team.command(
    "create",
    short_help="Make a team, with its first two keys.",
    examples=("cstar team create 'Bike Shop'", "cstar team create 'Bike Shop' --slug bikes --json"),
)
@click.argument("name")
@click.option("--slug", help="Its short name in URLs [made from NAME].")
@makes_desk
def create_team(desk: Helpdesk, name: str, slug: str | None) -> Answer:
    """Make a team called NAME, with one secret and one publishable live key."""
    with desk.transaction():
        made = desk.teams.create(name, slug=slug)
        secret, publishable = desk.keys.create_first(made.id)
    lines = [("team", made.id), ("slug", made.slug), *key_lines(secret, publishable)]
    return Answer(team_data(made, secret, publishable), columns(lines) + f"\n\n{KEEP}")


KEEP = "Keep the keys safe: they are shown only now."


def team_data(made: Team, secret: NewKey, publishable: NewKey) -> dict[str, str]:
    """What a program is told of a new team."""
    return {
        "teamId": made.id,
        "teamSlug": made.slug,
        "secretKey": secret.secret,
        "publishableKey": publishable.secret,
    }


def key_lines(*keys: NewKey) -> list[tuple[str, str]]:
    """What a person is told of new keys."""
    return [(f"{each.key.type} key", each.secret) for each in keys]


@team.command("list", examples=("cstar team list",))
@with_desk
def list_teams(desk: Helpdesk) -> Answer:
    """List every team."""
    teams = desk.teams.list()
    data = [
        {
            "teamId": each.id,
            "teamName": each.name,
            "teamSlug": each.slug,
            "createdAt": stamp(each.created_at),
        }
        for each in teams
    ]
    rows = [(each.slug, each.id, each.name) for each in teams]
    return Answer(data, columns(rows) or "No team yet. Make one: cstar team create NAME")


@click.group(cls=Group)
def key() -> None:
    """Make, list, rotate and revoke API keys."""


@key.command(
    "create",
    examples=(
        "cstar key create acme --type secret --environment live --name shop",
        "cstar key create acme --type secret --environment test --expires-in 90d",
    ),
)
@click.argument("team")
@click.option("--type", type=click.Choice(KEY_TYPES), required=True, help="What it may do.")
@click.option(
    "--environment", type=click.Choice(ENVIRONMENTS), required=True, help="Which data it opens."
)
@click.option("--name", help="What it is for.")
@click.option("--expires-in", type=duration, metavar="TIME", help="Such as 90d, 12h [never].")
@with_desk
def create_key(
    desk: Helpdesk,
    team: str,
    type: str,
    environment: str,
    name: str | None,
    expires_in: timedelta | None,
) -> Answer:
    """Make an API key for TEAM (its id or slug)."""
    made = desk.keys.create(
        team, type=type, environment=environment, name=name, expires_in=expires_in
    )
    data = {"keyId": made.key.id, "key": made.secret, "type": type, "environment": environment}
    return Answer(data, columns([("id", made.key.id), ("key", made.secret)]) + f"\n\n{KEEP}")


@key.command(
    "list",
    short_help="List the keys of a team, and when each was used.",
    examples=("cstar key list acme",),
)
@click.argument("team")
@with_desk
def list_keys(desk: Helpdesk, team: str) -> Answer:
    """List the keys of TEAM, revoked ones too, and when each was last used, to the hour.

    The keys themselves are not kept.
    """
    keys = desk.keys.list(team)
    data = [
        {
            "keyId": each.id,
            "name": each.name,
            "type": each.type,
            "environment": each.environment,
            "prefix": each.prefix,
            "lastFour": each.last_four,
            "createdAt": stamp(each.created_at),
            "expiresAt": stamp(each.expires_at),
            "revokedAt": stamp(each.revoked_at),
            "lastUsedAt": stamp(each.last_used_at),
        }
        for each in keys
    ]
    rows = [
        (each.id, f"{each.prefix}…{each.last_four}", _state(each), _use(each), each.name or "")
        for each in keys
    ]
    return Answer(data, columns(rows) or "No key yet. Make one: cstar key create TEAM")


def _state(found: Key) -> str:
    if found.revoked_at:
        return f"revoked {found.revoked_at:%Y-%m-%d}"
    if found.expires_at is None:
        return "active"
    verb = "expires" if found.expires_at > utc_now() else "expired"
    return f"{verb} {found.expires_at:%Y-%m-%d}"


def _use(found: Key) -> str:
    return f"used {found.last_used_at:%Y-%m-%d %H:%M}" if found.last_used_at else "no use known"


@key.command("revoke", examples=("cstar key revoke key_01a20155f1a871109f4c0a6c4d4f6a52",))
@click.argument("key_id", metavar="KEY_ID")
@with_desk
def revoke_key(desk: Helpdesk, key_id: str) -> Answer:
    """Stop a key for good, from its next request on."""
    revoked = desk.keys.revoke(key_id)
    data = {"keyId": revoked.id, "revokedAt": stamp(revoked.revoked_at)}
    return Answer(data, f"Revoked {revoked.id}.")


@key.command(
    "rotate",
    short_help="Make a key that takes the place of another.",
    examples=(
        "cstar key rotate key_01a20155f1a871109f4c0a6c4d4f6a52",
        "cstar key rotate key_01a20155f1a871109f4c0a6c4d4f6a52 --overlap 48h",
    ),
)
@click.argument("key_id", metavar="KEY_ID")
@click.option(
    "--overlap",
    type=duration,
    default="24h",
    show_default=True,
    metavar="TIME",
    help="How long the old key still works; 0s stops it at once.",
)
@click.option(
    "--expires-in", type=duration, metavar="TIME", help="Such as 90d [as long as the old one]."
)
@with_desk
def rotate_key(
    desk: Helpdesk, key_id: str, overlap: timedelta, expires_in: timedelta | None
) -> Answer:
    """Make a key that takes the place of another, of the same kind and name."""
    with desk.transaction():
        made = desk.keys.rotate(key_id, overlap=overlap, expires_in=expires_in)
        old = next(each for each in desk.keys.list(made.key.team_id) if _is(each, key_id))
    data = {
        "keyId": made.key.id,
        "key": made.secret,
        "type": made.key.type,
        "environment": made.key.environment,
        "expiresAt": stamp(made.key.expires_at),
        "replaces": {"keyId": old.id, "expiresAt": stamp(old.expires_at)},
    }
    lines = columns([("id", made.key.id), ("key", made.secret)])
    return Answer(data, f"{lines}\n\n{KEEP}\n{old.id} works until {stamp(old.expires_at)}.")


def _is(found: Key, key_id: str) -> bool:
    return parse_id("key", found.id) == parse_id("key", key_id)
