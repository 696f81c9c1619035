"""The command line: serve, and everything that is not done over HTTP."""

import click

from cstar_core import Helpdesk
from cstar_web.cli.command import Group
from cstar_web.cli.health import health
from cstar_web.cli.helping import completion, help_, man
from cstar_web.cli.imports import import_
from cstar_web.cli.keep import backup, check, reindex, restore
from cstar_web.cli.leave import customer, export
from cstar_web.cli.mcp import mcp
from cstar_web.cli.migrate import migrate
from cstar_web.cli.operate import demo, openapi
from cstar_web.cli.serve import serve
from cstar_web.cli.teams import key, member, team
from cstar_web.cli.webhooks import listen, trigger


def _show_versions(context: click.Context, option: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        versions = Helpdesk.versions()
        click.echo(f"cstar {versions.cstar}")
        click.echo(f"schema {versions.schema}\nSQLite {versions.sqlite}\nPython {versions.python}")
        context.exit()


# Which command is for what, in the order in which they are shown.
_SECTIONS = {
    "Serve": (serve, health, mcp),
    "Teams, keys and people": (team, key, member, customer),
    "Data in and out": (import_, export, backup, restore, demo),
    "Care": (check, migrate, reindex),
    "For whoever writes a program": (openapi, listen, trigger),
    "The command line": (help_, completion, man),
}


@click.group(
    cls=Group,
    context_settings={"help_option_names": ["-h", "--help"]},
    sections={title: [str(each.name) for each in group] for title, group in _SECTIONS.items()},
)
@click.option(
    "--debug",
    is_flag=True,
    expose_value=False,
    help="If the command fails, show the traceback too.",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_versions,
    help="Show the versions of cStar, of the database schema, SQLite and Python, and exit.",
)
def main() -> None:
    """cStar, a self-hosted helpdesk.

    The commands work while the server runs; only restore and migrate need it stopped.
    cstar help COMMAND tells more of one, with examples.
    """


for group in _SECTIONS.values():
    for each in group:
        main.add_command(each)
