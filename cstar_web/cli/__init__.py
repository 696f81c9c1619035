"""The command line: serve, and everything that is not done over HTTP."""

import click

from cstar_core import Helpdesk
from cstar_web.cli.command import Group, OnDemand


def _show_versions(context: click.Context, option: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        versions = Helpdesk.versions()
        click.echo(f"cstar {versions.cstar}")
        click.echo(f"schema {versions.schema}\nSQLite {versions.sqlite}\nPython {versions.python}")
        context.exit()


# Which command is for what, in the order in which they are shown, and where each is declared.
_SECTIONS = {
    "Serve": {"serve": "serve:serve", "health": "health:health", "mcp": "mcp:mcp"},
    "Teams, keys and people": {
        "team": "teams:team",
        "key": "teams:key",
        "member": "people:member",
        "customer": "leave:customer",
        "ticket": "tickets:ticket",
    },
    "Mail": {"mailbox": "mailboxes:mailbox", "mail": "mail:mail"},
    "Data in and out": {
        "import": "imports:import_",
        "export": "leave:export",
        "backup": "keep:backup",
        "restore": "keep:restore",
        "demo": "operate:demo",
    },
    "Care": {
        "check": "keep:check",
        "files": "files:files",
        "migrate": "migrate:migrate",
        "reindex": "keep:reindex",
    },
    "For whoever writes a program": {
        "openapi": "operate:openapi",
        "listen": "webhooks:listen",
        "trigger": "webhooks:trigger",
    },
    "The command line": {
        "help": "helping:help_",
        "completion": "helping:completion",
        "man": "helping:man",
    },
}
_PLACES = {
    name: f"{__name__}.{place}" for section in _SECTIONS.values() for name, place in section.items()
}


@click.group(
    cls=Group,
    context_settings={"help_option_names": ["-h", "--help"]},
    commands=OnDemand(_PLACES),
    sections={title: list(section) for title, section in _SECTIONS.items()},
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
