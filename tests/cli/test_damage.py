"""The command line on a damaged database: one line, exit code 3, and nothing touched."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.commands import run
from tests.core import damage

pytestmark = pytest.mark.no_cover


@pytest.mark.parametrize(("make", "why"), damage.REFUSED)
def test_damage_is_one_line_and_exit_code_3(
    make: Callable[[Path], None], why: str, tmp_path: Path
) -> None:
    file = tmp_path / "damaged.db"
    make(file)
    before = damage.contents(file)
    result = run("serve", "--port", "0", "--database", str(file))
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == f"cstar: {file}{why.format(file)}\n"
    assert damage.contents(file) == before


@pytest.mark.parametrize(("make", "tickets"), damage.OPENED)
def test_what_is_opened_is_sound(
    make: Callable[[Path], None], tickets: int, tmp_path: Path
) -> None:
    file = tmp_path / "opened.db"
    make(file)
    result = run("check", "--deep", "--database", str(file))
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("command", [["check"], ["team", "list"], ["backup", "b"], ["reindex"]])
def test_a_file_of_no_bytes_is_refused_by_what_makes_no_database(
    command: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "empty.db"
    file.touch()
    result = run(*command, "--database", str(file))
    assert (result.exit_code, file.stat().st_size) == (3, 0)
    assert result.stderr.startswith(f"cstar: {file} is empty; restore a backup")


def test_a_file_of_no_bytes_is_filled_by_what_makes_a_database(tmp_path: Path) -> None:
    file = tmp_path / "empty.db"
    file.touch()
    assert run("team", "create", "Acme", "--database", str(file)).exit_code == 0
    assert run("check", "--database", str(file)).exit_code == 0
