"""The samples of docs/deploy, and what has to be installed to try them."""

import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "deploy"
NAME = "desk.example.com"


def sample(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def need(what: str, *programs: str) -> None:
    """Skip the test that calls this, loudly, if a program is not there."""
    missing = [each for each in programs if shutil.which(each) is None]
    if missing:
        pytest.skip(f"NOT TESTED: {what}. To test it: install {', '.join(missing)}")


def changed(text: str, changes: dict[str, str]) -> str:
    """A sample with other addresses and paths; each must have been there."""
    for before, after in changes.items():
        assert before in text, before
        text = text.replace(before, after)
    return text
