"""The commands for leaving with data: export, and what takes it in again elsewhere."""

from dataclasses import asdict

import click

from cstar_core import FILE_FORMATS, Export, Helpdesk
from cstar_web.cli.base import Answer, with_desk
from cstar_web.names import camel_case

_SHOWN = ("teams", "customers", "tickets", "messages", "events")


@click.command(short_help="Write everything into files that other programs can read.")
@click.argument("destination", metavar="DEST")
@click.option("--team", metavar="TEAM", help="Only this team (id or slug), live and test.")
@click.option(
    "--format",
    "file_format",
    type=click.Choice(FILE_FORMATS),
    default=FILE_FORMATS[0],
    show_default=True,
    help="ndjson loses nothing and can be imported; csv is for spreadsheets.",
)
@with_desk
def export(desk: Helpdesk, destination: str, team: str | None, file_format: str) -> Answer:
    """Make the folder DEST with a file for each kind of data, and a manifest.

    The server may run; all of it is of one moment. DEST must not exist yet. API keys are not in it.
    """
    made = desk.export(destination, team=team, file_format=file_format)
    text = f"Exported to {destination}: {_summary(made)}."
    return Answer({"export": destination, **_data(made)}, text)


def import_folder(desk: Helpdesk, source: str) -> Answer:
    """Take in a folder that `cstar export` has made, as it was: all of it or nothing."""
    done = desk.import_export(source)
    lines = [f"Imported {source}: {_summary(done)}.", _KEYS]
    return Answer({"import": source, **_data(done)}, "\n".join(lines))


_KEYS = (
    "API keys are not in an export. New ones: "
    "cstar key create TEAM --type secret --environment live"
)


def _summary(export: Export) -> str:
    return ", ".join(f"{export.rows(kind):,} {kind}" for kind in _SHOWN)


def _data(export: Export) -> dict[str, object]:
    values = {camel_case(name): value for name, value in asdict(export).items()}
    return {**values, "files": [asdict(each) for each in export.files]}
