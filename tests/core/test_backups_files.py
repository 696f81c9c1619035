"""A database file by itself, such as an upgrade keeps, is a backup too: the way back."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from cstar_core import Conflict, Helpdesk, Refused
from cstar_core.files import sha256
from cstar_core.migrations import migrate, scripts
from tests.core.restored import beside, titles

NEWER = [
    *scripts(),
    "ALTER TABLE tickets ADD COLUMN due_at INTEGER;\nUPDATE tickets SET due_at = 7;\n",
]


def rows(file: Path) -> list[str]:
    """Every row of every table, and every definition."""
    with closing(sqlite3.connect(file)) as connection:
        return sorted(connection.iterdump())


@pytest.fixture
def copy(stopped: Path, tmp_path: Path) -> Path:
    """What is in the database, as a file of its own."""
    return Path(shutil.copy(stopped, tmp_path / "copy.db"))


def test_after_an_upgrade_the_copy_that_it_kept_leads_back(stopped: Path) -> None:
    before = rows(stopped)
    migrate(str(stopped), NEWER, 1)
    [kept] = stopped.parent.glob("*.before-upgrade-from-*")
    with pytest.raises(Refused, match="newer version"):
        Helpdesk.open(stopped)
    content = kept.read_bytes()
    done = Helpdesk.restore(kept, stopped, replace=True)
    assert (stopped.read_bytes(), kept.read_bytes()) == (content, content)
    assert rows(stopped) == before
    assert titles(stopped) == ["New", "Old"]
    assert done.kept and "due_at" in "".join(rows(Path(done.kept)))


def test_what_was_replaced_can_be_put_back(stopped: Path, backup: Path) -> None:
    done = Helpdesk.restore(backup, stopped, replace=True)
    assert done.kept
    Helpdesk.restore(done.kept, stopped, replace=True)
    assert titles(stopped) == ["New", "Old"]


def test_a_file_is_described_as_a_backup_is(copy: Path) -> None:
    os.utime(copy, (1_770_000_000, 1_770_000_000))
    found = Helpdesk.check_backup(copy)
    assert (found.schema_version, found.tables["tickets"]) == (len(scripts()), 2)
    assert (found.size, found.sha256) == (copy.stat().st_size, sha256(copy))
    assert (found.sqlite_version, found.cstar_version) == (Helpdesk.versions().sqlite, None)
    assert int(found.created_at.timestamp()) == 1_770_000_000
    assert found.findings == ()


def test_a_link_to_a_file_is_followed(copy: Path, tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(copy)
    Helpdesk.restore(tmp_path / "link.db", tmp_path / "new.db")
    assert (tmp_path / "new.db").read_bytes() == copy.read_bytes()


def test_what_contradicts_itself_in_a_file_is_told(copy: Path) -> None:
    with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        connection.execute("UPDATE tags SET uses = uses + 1")
        connection.execute("UPDATE workspaces SET customer_count = 9")
    assert "customer counters" in [each.name for each in Helpdesk.check_backup(copy).findings]


def test_the_database_is_no_backup_of_itself(stopped: Path) -> None:
    before = beside(stopped)
    with pytest.raises(Conflict, match="is the database itself"):
        Helpdesk.restore(stopped, stopped, replace=True)
    assert beside(stopped) == before


def test_a_file_that_is_in_use_is_not_taken_for_a_backup(stopped: Path, tmp_path: Path) -> None:
    with Helpdesk.open(stopped) as desk:
        desk.teams.create("Globex")
        with pytest.raises(Refused, match=r"is in use or was not closed: .*desk.db-wal has what"):
            Helpdesk.restore(stopped, tmp_path / "new.db")
    assert not (tmp_path / "new.db").exists()


@pytest.mark.parametrize("page", [1, 2, 10, 40])
def test_a_damaged_file_is_refused(copy: Path, tmp_path: Path, page: int) -> None:
    content = bytearray(copy.read_bytes())
    content[page * 4096 - 3996 : page * 4096] = b"\xff" * 3996
    copy.write_bytes(content)
    with pytest.raises(Refused, match="is damaged"):
        Helpdesk.restore(copy, tmp_path / "new.db")
    assert not (tmp_path / "new.db").exists()


def test_a_file_that_is_cut_off_is_refused(copy: Path) -> None:
    copy.write_bytes(copy.read_bytes()[:-4096])
    with pytest.raises(Refused, match="is damaged"):
        Helpdesk.check_backup(copy)


def test_a_file_of_a_newer_version_is_refused(copy: Path, tmp_path: Path) -> None:
    migrate(str(copy), NEWER, 1)
    with pytest.raises(Refused, match="newer version"):
        Helpdesk.restore(copy, tmp_path / "new.db")
