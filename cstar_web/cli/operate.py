"""The commands that load the demo and print the specification."""

import json
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from cstar_core import ENVIRONMENTS, Helpdesk, Team
from cstar_web.app import create_app
from cstar_web.cli.base import Answer, columns, makes_desk, reads_settings, say
from cstar_web.cli.command import Command
from cstar_web.cli.teams import KEEP, key_lines, only_team, team_data
from cstar_web.demo import DemoCounts, load_demo
from cstar_web.names import camel_case
from cstar_web.openapi import specification
from cstar_web.settings import Settings

DEMO_NAME = "Acme"


@click.command(
    cls=Command,
    short_help="Load a small believable data set.",
    examples=("cstar demo", "cstar demo acme --environment test"),
)
@click.argument("team", required=False)
@click.option("--environment", type=click.Choice(ENVIRONMENTS), default="live", show_default=True)
@makes_desk
def demo(desk: Helpdesk, team: str | None, environment: str) -> Answer:
    """Load a small believable data set into TEAM (its id or slug).

    Without TEAM: into the only team there is, or into a new one called Acme.
    """
    chosen = desk.teams.get(team) if team else only_team(desk, "cstar demo TEAM")
    if chosen is None:
        return _new_demo(desk, environment)
    counts = load_demo(desk, chosen.id, environment)
    data = {"teamId": chosen.id, "teamSlug": chosen.slug, **_counted(counts)}
    return Answer(data, _loaded(counts, chosen, environment))


def _new_demo(desk: Helpdesk, environment: str) -> Answer:
    made = desk.teams.create(DEMO_NAME)
    keys = desk.keys.create_first(made.id)
    counts = load_demo(desk, made.id, environment)
    text = f"{_loaded(counts, made, environment)}\n\n{columns(key_lines(*keys))}\n\n{KEEP}"
    return Answer({**team_data(made, *keys), **_counted(counts)}, text)


def _counted(counts: DemoCounts) -> dict[str, int]:
    return {camel_case(name): count for name, count in asdict(counts).items()}


def _loaded(counts: DemoCounts, team: Team, environment: str) -> str:
    return (
        f"Loaded {counts.tickets} tickets with {counts.messages} messages, "
        f"{counts.customers} customers, {counts.members} members and "
        f"{counts.custom_fields} custom fields into {team.name} ({team.slug}), {environment}."
    )


@click.command(cls=Command, examples=("cstar openapi > openapi.json",))
@click.option("--json", "as_json", is_flag=True, help="Accepted everywhere; this is always JSON.")
@reads_settings
def openapi(settings: Settings, as_json: bool) -> None:
    """Print the OpenAPI 3.1 specification of the HTTP API."""
    with TemporaryDirectory() as folder, Helpdesk.open(str(Path(folder, "desk.db"))) as desk:
        document = specification(create_app(desk, settings))
    say(json.dumps(document, ensure_ascii=False, indent=2))
