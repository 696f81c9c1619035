"""The machine, the system and the versions that figures come from."""

import os
import platform
import re
import sqlite3
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from scripts.common import ROOT

_PACKAGES = (
    "cstar",
    "flask",
    "flask-limiter",
    "marshmallow",
    "orjson",
    "peewee",
    "waitress",
    "werkzeug",
)


def describe(more: dict[str, str] | None = None) -> dict[str, str]:
    """The machine, the system and the versions, each with its name; and what else was used."""
    found = {
        "Date": today(),
        "Processor": f"{_processor()}, {os.cpu_count()} cores",
        "Memory": _memory(),
        "System": f"{platform.system()} {platform.release()}",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "SQLite": sqlite3.sqlite_version,
        **(more or {}),
        "cStar": commit(),
        "Packages": ", ".join(f"{name} {version(name)}" for name in _PACKAGES),
    }
    return {name: value for name, value in found.items() if value}


def today() -> str:
    """The date."""
    return f"{datetime.now(UTC):%Y-%m-%d}"


def file_system(folder: Path) -> str:
    """The kind of the file system that a folder is on, as `stat` calls it."""
    return said_by("stat", "--file-system", "--format=%T", str(folder))


def _processor() -> str:
    match = re.search(r"^model name\s*: (.+)$", _text("/proc/cpuinfo"), re.MULTILINE)
    return match[1] if match else platform.processor() or platform.machine()


def _memory() -> str:
    match = re.search(r"^MemTotal:\s+(\d+) kB$", _text("/proc/meminfo"), re.MULTILINE)
    return f"{int(match[1]) / 1024**2:.0f} GiB" if match else ""


def commit() -> str:
    """The commit of the checkout, and its date."""
    return said_by("git", "-C", str(ROOT), "log", "-1", "--format=commit %h of %cs")


def said_by(*command: str) -> str:
    """The output of a command; nothing if it is not there."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)  # noqa: S603
    except OSError:
        return ""
    return done.stdout.strip()


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError:
        return ""
