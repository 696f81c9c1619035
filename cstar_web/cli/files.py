"""The commands for the files beside the database."""

from dataclasses import asdict

import click

from cstar_core import Helpdesk
from cstar_web.cli.base import Answer, with_desk
from cstar_web.cli.command import Command, Group
from cstar_web.cli.waiting import waiting

_KIB = 1024


@click.group(cls=Group)
def files() -> None:
    """The files beside the database: attachments and raw mails."""


@files.command(
    cls=Command,
    short_help="Take away what nothing refers to.",
    examples=("cstar files collect",),
)
@with_desk
def collect(desk: Helpdesk) -> Answer:
    """Take away the files that nothing has referred to for a day.

    cstar serve does so by itself, every hour. What was deleted is first noticed, and taken away a
    day later; what was erased goes at once. cstar check looks at the files that are left.
    """
    with waiting("Collecting"):
        done = desk.collect_files()
    size = (done.size + _KIB - 1) // _KIB
    return Answer(asdict(done), f"Took away {done.files:,} files of {size:,} KiB.")
