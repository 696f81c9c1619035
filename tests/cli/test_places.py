"""Where commands find the database if nobody says so, and who makes its folder."""

import json
import stat
from pathlib import Path

import pytest

from cstar_core import Helpdesk
from tests.cli.commands import run, serving, stop

TAKES = [
    ["team", "list"],
    ["check"],
    ["key", "list", "acme"],
    ["backup", "saved"],
    ["reindex"],
    ["export", "out"],
    ["import", "tickets.csv"],
    ["listen"],
    ["trigger", "ticket.created"],
]


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The default database, in a folder that is not there yet."""
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "lib" / "cstar"))
    return tmp_path / "lib" / "cstar" / "cstar.db"


@pytest.mark.parametrize("command", TAKES, ids=" ".join)
def test_a_command_that_needs_a_database_makes_no_folder_for_one(
    place: Path, tmp_path: Path, command: list[str]
) -> None:
    result = run(*command)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"cstar: there is no database at {place}; ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [["team", "create", "Acme"], ["demo"]], ids=" ".join)
def test_whoever_makes_the_database_makes_its_folder(place: Path, command: list[str]) -> None:
    assert run(*command).exit_code == 0
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
    assert run("team", "list").stdout.startswith("acme")


def test_a_backup_is_restored_to_the_default_place(place: Path, tmp_path: Path) -> None:
    with Helpdesk.open(tmp_path / "old.db") as desk:
        desk.backup(tmp_path / "saved")

    assert run("restore", "saved").exit_code == 0
    assert place.exists()


def test_an_export_is_imported_to_the_default_place(place: Path, tmp_path: Path) -> None:
    with Helpdesk.open(tmp_path / "old.db") as desk:
        desk.export(tmp_path / "out")

    assert run("import", "out").exit_code == 0
    assert place.exists()


def test_the_server_makes_and_shows_the_default_database(place: Path) -> None:
    with serving("--json") as (server, screen):
        assert json.loads(screen)["database"] == str(place)
        assert stop(server) == 0
    assert place.exists()


@pytest.mark.parametrize("command", [["serve", "--port", "0"], ["demo"]], ids=" ".join)
def test_a_folder_that_cannot_be_made_is_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: list[str]
) -> None:
    (tmp_path / "file").write_text("Dear diary")
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "file" / "cstar"))
    result = run(*command)

    assert result.exit_code == 1
    assert result.stderr == (
        f"cstar: the folder {tmp_path}/file for the database cannot be made: it is not a folder; "
        "name another place with --database or CSTAR_DATABASE\n"
    )


def test_the_folder_of_a_database_that_was_named_is_not_made(tmp_path: Path) -> None:
    result = run("team", "create", "Acme", "--database", str(tmp_path / "misspelt" / "desk.db"))

    assert result.exit_code == 3
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_was_named_needs_no_default(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", "/proc/nowhere")
    assert run("team", "create", "Acme", "--database", str(tmp_path / "desk.db")).exit_code == 0
