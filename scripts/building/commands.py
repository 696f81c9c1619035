"""Run the programs that a build consists of."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from scripts.common import ROOT


class Failed(Exception):
    """What keeps the build from being made; the message says what to do."""


def run(
    *command: str | Path, folder: Path = ROOT, environment: Mapping[str, str] | None = None
) -> str:
    """Run a program and return what it prints; raise Failed, with all of that, if it fails."""
    words = [str(each) for each in command]
    told = subprocess.run(
        words,
        cwd=folder,
        env=os.environ | dict(environment or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if told.returncode:
        raise Failed(f"{told.stdout}\n{' '.join(words)} failed with {told.returncode}")
    return told.stdout


def ask(*command: str) -> str:
    """What a program prints; empty if it fails or is not there."""
    try:
        told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return "" if told.returncode else told.stdout.strip()
