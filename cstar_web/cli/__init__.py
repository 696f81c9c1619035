"""The command line: serve, and everything that is not done over HTTP."""

import click

from cstar_core import Helpdesk
from cstar_web.cli.base import EXIT_CODES, Group
from cstar_web.cli.health import health
from cstar_web.cli.imports import import_
from cstar_web.cli.keep import backup, check, reindex, restore
from cstar_web.cli.leave import customer, export
from cstar_web.cli.mcp import mcp
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


@click.group(cls=Group, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
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

    The commands work while the server runs.
    """


for command in (
    *(serve, team, key, member, demo, openapi, check, reindex, backup, restore, export, import_),
    *(mcp, listen, trigger, customer, health),
):
    main.add_command(command)
