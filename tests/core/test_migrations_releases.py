"""Files of every released schema open, come to the newest one, and hold what they held."""

import json
import lzma
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from cstar_core import Helpdesk
from cstar_core.migrations import migrate, scripts
from tests.data.old_database import facts

DATA = Path(__file__).parents[1] / "data"
PACKED = sorted(DATA.glob("schema-*.db.xz"))
SCHEMAS = [int(packed.name.removeprefix("schema-").split(".")[0]) for packed in PACKED]


def unpacked(schema: int, folder: Path) -> Path:
    file = folder / f"schema-{schema}.db"
    file.write_bytes(lzma.decompress((DATA / f"{file.name}.xz").read_bytes()))
    return file


def said(schema: int) -> Any:
    return json.loads((DATA / f"schema-{schema}.json").read_text(encoding="utf-8"))


def tables(file: Path) -> dict[str, str]:
    """What a schema says of each table, index, view and trigger."""
    query = "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE '%search%'"
    with closing(sqlite3.connect(file)) as connection:
        return {name: re.sub(r"\s+", " ", sql) for name, sql in connection.execute(query)}


def test_there_is_a_file_of_the_first_schema() -> None:
    assert SCHEMAS[:1] == [1]


def test_the_files_are_small() -> None:
    assert all(packed.stat().st_size < 300_000 for packed in PACKED)


@pytest.mark.parametrize("schema", SCHEMAS)
def test_an_old_file_comes_to_the_newest_schema(schema: int, tmp_path: Path) -> None:
    with Helpdesk.open(unpacked(schema, tmp_path)) as desk:
        assert desk.schema_version == len(scripts())
        assert desk.check(deep=True).ok


@pytest.mark.parametrize("schema", SCHEMAS)
def test_an_old_file_holds_what_it_held(schema: int, tmp_path: Path) -> None:
    before = said(schema)
    with Helpdesk.open(unpacked(schema, tmp_path)) as desk:
        found = json.loads(json.dumps(facts(desk, before["secrets"])))
    assert found == before["facts"]


@pytest.mark.parametrize("schema", SCHEMAS)
def test_an_upgraded_file_has_the_schema_of_a_new_one(schema: int, tmp_path: Path) -> None:
    old, new = unpacked(schema, tmp_path), tmp_path / "new.db"
    for file in (old, new):
        migrate(str(file), scripts(), 1)
    assert tables(old) == tables(new)


@pytest.mark.parametrize("schema", SCHEMAS)
def test_the_scripts_of_an_old_schema_have_not_changed(schema: int, tmp_path: Path) -> None:
    new = tmp_path / "new.db"
    migrate(str(new), scripts()[:schema], 1)
    assert tables(new) == tables(unpacked(schema, tmp_path))


def test_a_backup_of_an_older_schema_is_restored_and_upgraded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Helpdesk.open(unpacked(1, tmp_path)) as desk:
        desk.backup(tmp_path / "backup")
    newer = (*scripts(), "CREATE TABLE extra (id INTEGER);\n")
    monkeypatch.setattr("cstar_core.helpdesk.scripts", lambda: newer)
    done = Helpdesk.restore(tmp_path / "backup", tmp_path / "new.db")
    assert done.backup.schema_version == len(newer) - 1
    with Helpdesk.open(tmp_path / "new.db") as desk:
        assert (desk.schema_version, desk.check(deep=True).ok) == (len(newer), True)
