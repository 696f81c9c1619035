"""Files beside the database, as commands see them: collected, missed, backed up and exported."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cstar_core import Helpdesk
from tests.cli.commands import run


@pytest.fixture
def attached(database: Path) -> Path:
    """The database of a desk with one file of two messages, and one that an erased person had."""
    with Helpdesk.open(database) as desk:
        acme = desk.workspace(desk.teams.create("Acme").slug)
        kept = acme.tickets.create(title="Kept")
        file = acme.attachments.put(name="a.txt", content=b"abc")
        acme.messages.create(kept.id, content="x", attachments=[file])
        jane = acme.customers.create(name="Jane")
        gone = acme.tickets.create(title="Gone", customer_id=jane.id)
        acme.attachments.upload(gone.id, name="b.txt", content=bytes(2_000))
        with desk.transaction():
            acme.customers.erase(jane.id)
    return database


def lose(database: Path) -> None:
    for each in Path(f"{database}-files").glob("*/*"):
        each.unlink()


def test_what_nothing_refers_to_is_collected(
    attached: Path, cstar: Callable[..., str], cstar_json: Callable[..., Any]
) -> None:
    assert cstar("files", "collect") == "Took away 1 files of 2 KiB.\n"
    assert cstar_json("files", "collect") == {"files": 0, "size": 0}
    assert len(list(Path(f"{attached}-files").glob("*/*"))) == 1


def test_a_check_tells_of_files_that_are_missing(attached: Path, cstar: Callable[..., str]) -> None:
    assert "1 files of 1 MiB, whole" in cstar("check")
    lose(attached)
    found = run("check", "--database", str(attached))
    assert found.exit_code == 1
    assert "1 of 1 are missing or damaged" in found.stdout
    assert "cp -rn BACKUP/files/. DATABASE-files/" in found.stdout


def test_a_backup_says_how_many_files_it_has(
    attached: Path, tmp_path: Path, cstar: Callable[..., str]
) -> None:
    assert "1 messages, 0 customers, 1 files, as of" in cstar("backup", str(tmp_path / "one"))
    lose(attached)
    # An earlier backup beside it still has the file.
    assert "1 files, as of" in cstar("backup", str(tmp_path / "two"))
    (tmp_path / "elsewhere").mkdir()
    elsewhere = str(tmp_path / "elsewhere" / "three")
    found = run("backup", elsewhere, "--database", str(attached))
    assert found.exit_code == 1
    assert "WRONG  files  1 of 1 are missing or damaged" in found.stdout


def test_a_database_alone_is_restored_with_a_word_on_what_it_lacks(
    attached: Path, tmp_path: Path, cstar: Callable[..., str]
) -> None:
    cstar("backup", str(tmp_path / "one"))
    lose(attached)
    source = str(tmp_path / "one" / "cstar.db")
    assert "1 files are missing" in cstar("restore", source, "--replace")
    assert "missing" not in cstar("restore", str(tmp_path / "one"), "--replace")


def test_an_export_says_what_it_lacks(
    attached: Path, tmp_path: Path, cstar: Callable[..., str]
) -> None:
    assert "missing" not in cstar("export", str(tmp_path / "one"))
    lose(attached)
    assert "1 files are missing or damaged" in cstar("export", str(tmp_path / "two"))
