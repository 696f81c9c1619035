"""The first screen of `cstar serve`: where everything is, and keys that are shown only there."""

import json
import logging
import os
import shlex
import socket
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from cstar_core import Helpdesk, NewInvitation, NewKey, Team
from cstar_web.cli.base import Unwritten, columns, say
from cstar_web.cli.operate import DEMO_NAME
from cstar_web.cli.people import link
from cstar_web.cli.teams import KEEP, key_lines
from cstar_web.demo import find_demo_owner, load_demo
from cstar_web.server.listener import url_of
from cstar_web.settings import Settings

FIRST_NAME = "Support"

_VISIT_NAME = "serve --demo"
_VISIT_TIME = timedelta(hours=24)
_EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 - compared, not bound
_TEAMS_SHOWN = 5

log = logging.getLogger("cstar.server")


class Places:
    """Where things are: the API, and `/metrics` if there is such a thing."""

    def __init__(self, url: str, settings: Settings, apart: list[socket.socket]) -> None:
        self.settings = settings
        self.url = _usable(url)
        self.metrics = f"{self.url}/metrics" if settings.metrics else None
        for sock in apart:
            self.metrics = f"{_usable(url_of(*sock.getsockname()[:2]))}/metrics"

    @property
    def database(self) -> str:
        """The database file, in full."""
        return str(Path(self.settings.database).resolve())

    def command(self, line: str) -> str:
        """A command line of `cstar` that finds the same database."""
        if self.settings.is_found_unnamed:
            return f"cstar {line}"
        return f"cstar {line} --database {shlex.quote(self.database)}"

    def inbox(self, invitation: NewInvitation | None) -> str:
        """The inbox, or the link with which one comes into it."""
        return link(self.url, invitation) if invitation else f"{self.url}/inbox"

    def another_key(self, team: Team) -> str:
        """The command that makes a key."""
        return self.command(f"key create {team.slug} --type secret --environment live")


def _usable(url: str) -> str:
    """An address that a browser on this machine can open."""
    host = url.removeprefix("http://").rpartition(":")[0]
    return url.replace(host, _EVERY_ADDRESS.get(host, host))


@dataclass(frozen=True)
class _Visit:
    """What is given out: keys, the secret one first, a link to the inbox, and what to say of it."""

    team: Team
    keys: tuple[NewKey, ...]
    note: str
    invitation: NewInvitation | None = None

    @property
    def secret(self) -> str:
        """The secret key itself."""
        return self.keys[0].secret


class FirstScreen:
    """What is shown once the server listens."""

    def __init__(self, text: str, another_key: str | None) -> None:
        self.text = text
        self._another_key = another_key
        self._owner = os.getpid()

    def show(self) -> None:
        """Print it. The server goes on where nobody reads it, and the log says what was missed."""
        try:
            say(self.text)
        except Unwritten as error:
            log.warning("the first screen could not be shown: %s", error.__cause__ or "no stdout")
            self.leave()
        self._another_key = None

    def leave(self) -> None:
        """Say in the log how to get keys, if there are new ones that nobody has seen."""
        # Processes that were forked before it was shown leave here too.
        if self._another_key and os.getpid() == self._owner:
            log.warning("nobody has seen the new keys; make others: %s", self._another_key)
            self._another_key = None


def first_screen(desk: Helpdesk, places: Places, demo: bool, as_json: bool) -> FirstScreen:
    """Make the first team if there is none, and the screen that shows its keys and a link.

    With `demo` it is one to look at, and a team that is there gets a key for a day.
    """
    visit = _demo(desk) if demo else _first_team(desk, places)
    screen = _data if as_json else _text
    text = screen(places, desk.teams.list(), visit)
    return FirstScreen(text, places.another_key(visit.team) if visit else None)


def _first_team(desk: Helpdesk, places: Places) -> _Visit | None:
    begun = desk.begin(FIRST_NAME)
    if begun is None:
        return None
    team, *keys = begun
    others = f"Others: {places.another_key(team)}"
    name = f"A team of another name: {places.command('team create NAME')}"
    made = desk.workspace(team.id).invitations.invite_first_owner(expires_in=_VISIT_TIME)
    invite = places.command(f"member invite {team.slug} EMAIL --role owner")
    owner = f"The link to the inbox makes an owner, once, within 24 hours. Another: {invite}"
    return _Visit(team, tuple(keys), f"{owner}\n\n{KEEP}\n{others}\n{name}", made)


def _demo(desk: Helpdesk) -> _Visit:
    begun = desk.begin(DEMO_NAME)
    if begun is None:
        return _returning(desk, desk.teams.list()[0])
    team, *keys = begun
    load_demo(desk, team.id)
    invitation, owner = _for_demo_owner(desk, team)
    return _Visit(team, tuple(keys), f"{owner}{KEEP}", invitation)


def _returning(desk: Helpdesk, team: Team) -> _Visit:
    made = desk.keys.create(
        team.id, type="secret", environment="live", name=_VISIT_NAME, expires_in=_VISIT_TIME
    )
    invitation, owner = _for_demo_owner(desk, team)
    return _Visit(team, (made,), f"{owner}This key is good for 24 hours.", invitation)


def _for_demo_owner(desk: Helpdesk, team: Team) -> tuple[NewInvitation | None, str]:
    """A link that signs in as the owner in the demo, and what to say of it; none for real teams."""
    workspace = desk.workspace(team.id)
    owner = find_demo_owner(workspace)
    if owner is None:
        return None, ""
    made = workspace.invitations.invite(owner.email, expires_in=_VISIT_TIME, needs_password=False)
    return made, f"The link to the inbox signs in as {owner.name}, once, within 24 hours.\n\n"


def _text(places: Places, teams: tuple[Team, ...], visit: _Visit | None) -> str:
    url, settings = places.url, places.settings
    rows = [
        ("Inbox", places.inbox(visit.invitation if visit else None)),
        ("API", f"{url}/api/v1"),
        ("Docs", f"{url}/docs"),
        ("Database", places.database),
        ("Team", _named(teams)),
    ]
    if settings.processes > 1:
        rows.append(("Processes", str(settings.processes)))
    if places.metrics:
        rows.append(("Metrics", places.metrics))
    parts = [f"cStar serves at {url}", _indented(columns(rows))]
    if visit:
        curl = f'curl -H "Authorization: Bearer {visit.secret}" {_tickets(url, visit.team)}'
        keys = _indented(columns(key_lines(*visit.keys)))
        parts += [keys, visit.note, f"Try it:\n\n  {curl}"]
    elif teams:
        parts.append(f"For a key: {places.another_key(teams[0])}")
    return "\n\n".join([*parts, "Ctrl-C stops the server."])


def _data(places: Places, teams: tuple[Team, ...], visit: _Visit | None) -> str:
    url, settings = places.url, places.settings
    data: dict[str, Any] = {
        "url": url,
        "inboxUrl": places.inbox(visit.invitation if visit else None),
        "docsUrl": f"{url}/docs",
        "database": places.database,
        "teams": [{"teamId": each.id, "teamSlug": each.slug} for each in teams],
    }
    if settings.processes > 1:
        data["processes"] = settings.processes
    if places.metrics:
        data["metricsUrl"] = places.metrics
    if visit:
        data["teamSlug"] = visit.team.slug
        data |= {f"{each.key.type}Key": each.secret for each in visit.keys}
    return json.dumps(data, ensure_ascii=False)


def _named(teams: tuple[Team, ...]) -> str:
    shown = ", ".join(f"{each.name} ({each.slug})" for each in teams[:_TEAMS_SHOWN])
    return shown if len(teams) <= _TEAMS_SHOWN else f"{shown} and {len(teams) - _TEAMS_SHOWN} more"


def _tickets(url: str, team: Team) -> str:
    return f"{url}/api/v1/teams/{team.slug}/tickets"


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
