"""Which version of cStar this is, and which of the things that it runs on."""

import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from cstar_core.engine import sqlite3

SQLITE_VERSION = sqlite3.sqlite_version


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions in use; ``schema`` is the newest schema of a file that this cStar knows."""

    cstar: str
    schema: int
    sqlite: str
    python: str


def release() -> str:
    """The version of cStar that is installed, such as ``1.2.3``; ``unknown`` without a package."""
    try:
        return version("cstar")
    except PackageNotFoundError:
        return "unknown"


def versions_with(schema: int) -> Versions:
    """The versions in use, with the schema that the caller knows."""
    return Versions(release(), schema, SQLITE_VERSION, platform.python_version())
