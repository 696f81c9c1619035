"""The manual page: all of it is there, and what reads manual pages finds nothing wrong."""

import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import click
import pytest

from cstar_web.cli.failures import EXIT_CODES
from cstar_web.settings import SETTINGS
from tests.cli.commands import run
from tests.cli.test_help import COMMANDS, EXAMPLES, find


@cache
def page() -> str:
    return printed()


def printed() -> str:
    return run("man").stdout


def words(roff: str) -> str:
    """The page as it reads, in one line."""
    plain = re.sub(r"^\.\w+ ?", "", re.sub(r"\\f[BIR]", "", roff), flags=re.MULTILINE)
    for escape, character in ((r"\-", "-"), (r"\(aq", "'"), (r"\(dq", '"'), (r"\e", "\\")):
        plain = plain.replace(escape, character)
    return " ".join(plain.split())


def needs(program: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed, so it did not read the manual page")


def test_every_command_and_each_of_its_options_stands_in_the_page() -> None:
    text = words(page())

    for path in COMMANDS:
        assert f"cstar {' '.join(path)} " in text
        options = (each for each in find(path).params if isinstance(each, click.Option))
        assert all(each.opts[0] in text for each in options), path


@pytest.mark.parametrize("line", [line for _, line in EXAMPLES if line.isascii()])
def test_every_example_stands_in_the_page(line: str) -> None:
    shown = words(page().replace(r"\(ti", "~"))

    assert " ".join(line.split()) in shown


def test_every_setting_stands_in_the_page() -> None:
    assert all(f".TP\n\\fB{setting.env}\\fR\n" in page() for setting in SETTINGS)


def test_every_exit_code_stands_in_the_page() -> None:
    text = words(page().partition(".SH EXIT STATUS\n")[2])

    assert all(f"{code} {said} " in text for code, said in EXIT_CODES)


def test_the_page_is_the_same_each_time() -> None:
    assert printed() == printed()


def test_mandoc_finds_nothing_to_complain_of(tmp_path: Path) -> None:
    needs("mandoc")
    (tmp_path / "cstar.1").write_text(page(), encoding="utf-8")
    found = subprocess.run(
        ["mandoc", "-T", "lint", "cstar.1"], cwd=tmp_path, capture_output=True, text=True
    )

    # A date would make the page differ from day to day.
    known = 'WARNING: missing date, using "": TH'
    assert [each for each in found.stdout.splitlines() if not each.endswith(known)] == []


def test_man_shows_the_page(tmp_path: Path) -> None:
    needs("man")
    (tmp_path / "cstar.1").write_text(page(), encoding="utf-8")
    environ = {**os.environ, "MANWIDTH": "80", "LC_ALL": "C.UTF-8"}
    shown = subprocess.run(
        ["man", "--warnings", "-l", "cstar.1"],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
    )

    assert (shown.returncode, shown.stderr) == (0, "")
    assert "cstar - a self-hosted helpdesk" in shown.stdout
    assert "cstar serve --demo  # with a team to look at" in shown.stdout
