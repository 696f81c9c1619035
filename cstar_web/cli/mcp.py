"""`cstar mcp`: lets an assistant look into a team's helpdesk, and write into it where allowed."""

import importlib
import signal
from typing import Any

import click

from cstar_core import ENVIRONMENTS, Actor
from cstar_web.cli.base import Usage, open_desk, reads_settings, refuse_absent
from cstar_web.cli.command import Command
from cstar_web.settings import Settings

_NEEDED = {"anyio", "mcp", "mcp_types", "pydantic"}
_MISSING = "cstar mcp needs the package mcp, 2.3 or newer; pip install 'mcp>=2.3'"


def _server() -> Any:
    """The module that serves. It takes most of a second to import and needs an extra."""
    try:
        return importlib.import_module("cstar_web.mcp.server")
    except ImportError as error:
        if (error.name or "").partition(".")[0] in _NEEDED:
            raise Usage(_MISSING) from error
        raise


@click.command(
    cls=Command,
    short_help="Let an assistant look into a team's data.",
    examples=(
        "cstar mcp --team acme",
        "cstar mcp --team acme --environment test --allow-write",
    ),
)
@click.option("--team", required=True, metavar="TEAM", help="Whose data: an id or slug.")
@click.option(
    "--environment",
    type=click.Choice(ENVIRONMENTS),
    default="live",
    show_default=True,
    help="Which data.",
)
@click.option("--allow-write", is_flag=True, help="Let it add notes, drafts, tags, set a status.")
@click.option("--member", metavar="MEMBER_ID", help="For whom it writes [the system].")
@reads_settings
def mcp(
    settings: Settings, team: str, environment: str, allow_write: bool, member: str | None
) -> None:
    """Serve the Model Context Protocol on stdin and stdout, for an assistant.

    It sees the team's data and nothing else. Texts of customers are marked as data.
    """
    server = _server()
    refuse_absent(settings.database)
    with open_desk(settings) as desk:
        workspace = desk.workspace(team, environment)
        if member is not None:
            actor = Actor("member", workspace.members.get(member).id)
            workspace = desk.workspace(team, environment, actor=actor)
        # A thread waits for stdin, which no exception reaches. Each write is a transaction of its
        # own, so there is nothing to wind up either.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        server.run(workspace, allow_write=allow_write)
