"""The commands for whoever writes a receiver of webhooks."""

from difflib import get_close_matches

import click

from cstar_core import Event, Helpdesk
from cstar_web.cli.base import Answer, Usage, columns, stamp, with_desk
from cstar_web.cli.operate import only_team
from cstar_web.samples import SAMPLES, make_sample


def team_of(desk: Helpdesk, team: str | None, command: str) -> str:
    """The id of a team by its id or slug, or of the only one there is."""
    chosen = desk.teams.get(team) if team else only_team(desk, f"{command} --team TEAM")
    if chosen is None:
        raise Usage("there is no team yet; make one: cstar team create NAME")
    return chosen.id


@click.command(epilog=f"EVENT is one of: {', '.join(SAMPLES)}.")
@click.argument("event")
@click.option("--team", metavar="TEAM", help="Whose test data: an id or slug [the only team].")
@with_desk
def trigger(desk: Helpdesk, event: str, team: str | None) -> Answer:
    """Make an EVENT such as ticket.created happen for real, with sample test data.

    What has to be there for it is made too, and told as well.
    """
    if event not in SAMPLES:
        nearest = get_close_matches(event, SAMPLES, n=1, cutoff=0.0)[0]
        raise Usage(f"{event!r} is no event that can be triggered; did you mean {nearest}?")
    workspace = desk.workspace(team_of(desk, team, "cstar trigger EVENT"), "test")
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
