"""What the figures were measured on."""

import os
import platform
import re
import sqlite3
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from scripts.benchmark.desks import ROOT

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


def describe() -> dict[str, str]:
    """The machine, the system and the versions, each with its name."""
    found = {
        "Date": f"{datetime.now(UTC):%Y-%m-%d}",
        "Processor": f"{_processor()}, {os.cpu_count()} cores",
        "Memory": _memory(),
        "System": f"{platform.system()} {platform.release()}",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "SQLite": sqlite3.sqlite_version,
        "Load generator": _wrk(),
        "cStar": _commit(),
        "Packages": ", ".join(f"{name} {version(name)}" for name in _PACKAGES),
    }
    return {name: value for name, value in found.items() if value}


def _processor() -> str:
    match = re.search(r"^model name\s*: (.+)$", _text("/proc/cpuinfo"), re.MULTILINE)
    return match[1] if match else platform.processor() or platform.machine()


def _memory() -> str:
    match = re.search(r"^MemTotal:\s+(\d+) kB$", _text("/proc/meminfo"), re.MULTILINE)
    return f"{int(match[1]) / 1024**2:.0f} GiB" if match else ""


def _wrk() -> str:
    # wrk tells its version with a failure.
    return _said_by("wrk", "-v").partition(" [")[0]


def _commit() -> str:
    return _said_by("git", "-C", str(ROOT), "log", "-1", "--format=commit %h of %cs")


def _said_by(*command: str) -> str:
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
