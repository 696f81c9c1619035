"""Numbered SQL scripts and the runner that brings a file to the newest schema, forward only."""

from functools import cache
from importlib.resources import files

from cstar_core.migrations.copying import copy_with, untouched
from cstar_core.migrations.refusing import APPLICATION_ID, inspect, refuse_newer, version_of
from cstar_core.migrations.running import Contradiction, Upgrade, migrate

__all__ = [
    "APPLICATION_ID",
    "Contradiction",
    "Upgrade",
    "copy_with",
    "inspect",
    "migrate",
    "refuse_newer",
    "scripts",
    "untouched",
    "version_of",
]


@cache
def scripts() -> tuple[str, ...]:
    """The text of every script, in order; its position + 1 is the schema version it leads to."""
    folder = files(__package__)
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return tuple(folder.joinpath(name).read_text(encoding="utf-8") for name in names)
