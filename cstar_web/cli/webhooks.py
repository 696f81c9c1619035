"""The commands for whoever writes a receiver of webhooks."""

import json
import time
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from typing import Any

import click

from cstar_core import ENVIRONMENTS, EVENT_TYPES, Event, Helpdesk, Notice, check_url
from cstar_web.cli.base import (
    Answer,
    Usage,
    columns,
    completes,
    open_desk,
    reads_settings,
    refuse_absent,
    stamp,
    with_desk,
)
from cstar_web.cli.command import Command
from cstar_web.cli.teams import team_of
from cstar_web.connecting import ANYWHERE
from cstar_web.samples import SAMPLES, make_sample
from cstar_web.sending import Answer as Received
from cstar_web.sending import send
from cstar_web.settings import Settings

_LOOK_SECONDS = 0.25


@click.command(
    cls=Command,
    short_help="Make an event happen, with sample data.",
    epilog=f"EVENT is one of: {', '.join(SAMPLES)}.",
    examples=("cstar trigger ticket.created", "cstar trigger message.created --team acme"),
)
@click.argument("event", shell_complete=completes(SAMPLES))
@click.option("--team", metavar="TEAM", help="Whose test data: an id or slug [the only team].")
@with_desk
def trigger(desk: Helpdesk, event: str, team: str | None) -> Answer:
    """Make an EVENT such as ticket.created happen for real, with sample test data.

    What has to be there for it is made too, and told as well.
    """
    if event not in SAMPLES:
        nearest = get_close_matches(event.strip().lower(), SAMPLES, n=1, cutoff=0.0)[0]
        raise Usage(f"{event!r} is no event that can be triggered; did you mean {nearest}?")
    workspace = desk.workspace(team_of(desk, team, "cstar trigger EVENT").id, "test")
    happened = make_sample(desk, workspace, event)
    lines = [(each.type, each.id, each.object_id) for each in happened]
    return Answer({"events": list(map(_told, happened))}, columns(lines))


def _told(event: Event) -> dict[str, str | None]:
    return {
        "id": event.id,
        "type": event.type,
        "objectId": event.object_id,
        "createdAt": stamp(event.created_at),
    }


@click.command(
    cls=Command,
    short_help="Print each event as it happens.",
    examples=(
        "cstar listen --team acme --environment live",
        "cstar listen --forward-to http://127.0.0.1:9000/hooks --events 'ticket.*'",
        "cstar listen --json | jq .event.type",
    ),
)
@click.option("--forward-to", metavar="URL", help="Where your receiver listens [only print].")
@click.option("--team", metavar="TEAM", help="Whose data: an id or slug [the only team].")
@click.option(
    "--environment",
    type=click.Choice(ENVIRONMENTS),
    default="test",
    show_default=True,
    help="Which data.",
)
@click.option(
    "--events",
    metavar="TYPES",
    shell_complete=completes(EVENT_TYPES),
    default="*",
    show_default=True,
    help="Such as ticket.*, commas between.",
)
@click.option("--after", metavar="EVENT_ID", help="Begin after this event [now].")
@click.option("--secret", metavar="SECRET", help="What to sign with: whsec_... [a new one].")
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each event.")
@reads_settings
def listen(
    settings: Settings,
    *,
    forward_to: str | None,
    team: str | None,
    environment: str,
    events: str,
    after: str | None,
    secret: str | None,
    as_json: bool,
) -> None:
    """Print each event as it happens, and send it to a receiver that you try.

    It is signed and sent as a webhook would be, once, whatever is answered. Ctrl-C ends it.
    """
    if forward_to is not None and (problems := check_url("forward-to", forward_to)):
        raise Usage(f"--{problems[0].message}")
    refuse_absent(settings.database)
    shown = _Json() if as_json else _Text()
    with open_desk(settings) as desk:
        workspace = desk.workspace(team_of(desk, team, "cstar listen").id, environment)
        types = [each.strip() for each in events.split(",")]
        listener = workspace.webhooks.listen(events=types, after=after, secret=secret)
        try:
            shown.begin(workspace.team.slug, environment, listener.secret)
            for notice in _heard(listener.take):
                shown.event(notice, _forward(forward_to, notice))
        except KeyboardInterrupt:
            shown.end()


def _heard(take: Callable[[], Notice | None]) -> Iterator[Notice]:
    while True:
        notice = take()
        if notice is None:
            time.sleep(_LOOK_SECONDS)
        else:
            yield notice


def _forward(url: str | None, notice: Notice) -> Received | None:
    if url is None:
        return None
    return send(url, notice.headers, notice.body, allowed=ANYWHERE)


class _Text:
    """For people."""

    def begin(self, team: str, environment: str, secret: str) -> None:
        click.echo(f"Events of {team}, {environment}. Ctrl-C ends it.")
        click.echo(f"Signing secret: {secret}")

    def event(self, notice: Notice, received: Received | None) -> None:
        event = notice.event
        line = f"{stamp(event.created_at)}  {event.type:<20}  {event.object_id}"
        click.echo(line if received is None else f"{line}  {_outcome(received)}")

    def end(self) -> None:
        click.echo()


class _Json:
    """For machines."""

    def begin(self, team: str, environment: str, secret: str) -> None:
        self._print({"team": team, "environment": environment, "secret": secret})

    def event(self, notice: Notice, received: Received | None) -> None:
        answer = received and {
            "status": received.status,
            "error": received.error,
            "seconds": round(received.seconds, 3),
        }
        self._print({"event": json.loads(notice.body), "answer": answer})

    def end(self) -> None:
        pass

    @staticmethod
    def _print(line: dict[str, Any]) -> None:
        click.echo(json.dumps(line, ensure_ascii=False))


def _outcome(received: Received) -> str:
    said = received.error or f"answered {received.status}"
    return f"{said} after {round(received.seconds * 1000)} ms"
