"""What the commands for mail that came in share: which mail is meant, and what is told of it."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from cstar_core import ENVIRONMENTS, Helpdesk, Mail, Workspace
from cstar_web.cli.base import Usage, stamp
from cstar_web.names import camel_case


def workspaces(desk: Helpdesk) -> Iterator[Workspace]:
    """Those of all teams, live and test."""
    for team in desk.teams.list():
        for environment in ENVIRONMENTS:
            yield desk.workspace(team.id, environment)


def find_mail(desk: Helpdesk, mail_id: str) -> tuple[Workspace, Mail]:
    """A mail by its id, and the workspace that has it; raises Usage."""
    for room in workspaces(desk):
        found = room.mail.find(mail_id)
        if found is not None:
            return room, found
    raise Usage(f"there is no mail {mail_id}; see cstar mail list TEAM")


def mail_data(mail: Mail) -> dict[str, Any]:
    """A mail as --json shows it."""
    values = {camel_case(name): value for name, value in asdict(mail).items()}
    return {"mailId": values.pop("id")} | {
        name: stamp(value) if hasattr(value, "tzinfo") else value for name, value in values.items()
    }
