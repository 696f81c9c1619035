"""Opening files: fresh ones, foreign ones, damaged ones, older and newer ones."""

import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from cstar_core import Busy, Helpdesk, Refused
from cstar_core.migrations import APPLICATION_ID, migrate, scripts
from cstar_core.tables import Row
from cstar_core.versions import release
from tests.forks import fork, status_of

NEWEST = len(scripts())
UPGRADED = [*scripts(), "CREATE TABLE extra (\n    id INTEGER\n);\nINSERT INTO extra VALUES (7);\n"]
FAILING = [*scripts(), "CREATE TABLE extra (id INTEGER);\nINSERT INTO nowhere VALUES (1);\n"]


def query(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        rows: list[tuple[object, ...]] = connection.execute(sql).fetchall()
    return rows


def of_another_program(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('a');")


def of_a_newer_version(path: Path) -> None:
    Helpdesk.open(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {NEWEST + 1}")


def truncated(path: Path) -> None:
    Helpdesk.open(path).close()
    path.write_bytes(path.read_bytes()[:-4096])


def without_its_version(path: Path) -> None:
    Helpdesk.open(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 0")


def cut_in_the_header(path: Path) -> None:
    Helpdesk.open(path).close()
    path.write_bytes(path.read_bytes()[:50])


def garbage(path: Path) -> None:
    path.write_bytes(b"\x00garbage\xff" * 1000)


def short_text(path: Path) -> None:
    path.write_text("hello")


@pytest.fixture
def new(tmp_path: Path) -> Path:
    return tmp_path / "new.db"


UNUSABLE: list[tuple[Callable[[Path], None], str]] = [
    (of_another_program, "is a database of another program"),
    (
        of_a_newer_version,
        f"was made by a newer version of cStar: it has schema {NEWEST + 1}, and cStar {release()} "
        f"knows schemas up to {NEWEST}; update cStar to use it",
    ),
    (truncated, "is damaged: it is cut off"),
    (without_its_version, "is damaged: it has tables but no version"),
    (cut_in_the_header, "is a database of another program"),
    (garbage, "is not a cStar database"),
    (short_text, "is not a cStar database"),
]


@pytest.mark.parametrize(("make", "reason"), UNUSABLE)
def test_a_file_that_cannot_be_used_is_refused_in_one_line(
    make: Callable[[Path], None], reason: str, new: Path
) -> None:
    make(new)
    with pytest.raises(Refused) as caught:
        Helpdesk.open(new)
    assert str(caught.value) == f"{new} {reason}"


@pytest.mark.parametrize("make", [make for make, _ in UNUSABLE])
def test_a_refused_file_is_not_touched(make: Callable[[Path], None], new: Path) -> None:
    make(new)
    before, instant = new.read_bytes(), new.stat().st_mtime_ns
    with pytest.raises(Refused):
        Helpdesk.open(new)
    assert (new.read_bytes(), new.stat().st_mtime_ns) == (before, instant)
    assert sorted(file.name for file in new.parent.iterdir()) == ["new.db"]


def test_a_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="is not a file"):
        Helpdesk.open(tmp_path)


def test_a_file_in_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="cannot be opened"):
        Helpdesk.open(tmp_path / "nowhere" / "desk.db")


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["folder" * 20] * 5)  # longer than a path that SQLite takes
    deep.mkdir(parents=True)
    (deep / "desk.db").write_bytes(b"x")
    with pytest.raises(Refused, match="cannot be read: unable to open database file"):
        Helpdesk.open(deep / "desk.db")


def test_opening_a_file_again_keeps_the_locks_of_the_first_desk(new: Path) -> None:
    with Helpdesk.open(new) as desk:
        desk.teams.create("Acme")
        Helpdesk.open(new).close()
        code = "import sys; from cstar_core import Helpdesk; Helpdesk.open(sys.argv[1]).close()"
        subprocess.run([sys.executable, "-c", code, str(new)], check=True)
        assert Path(f"{new}-wal").exists()


def test_a_file_damaged_behind_its_header_is_refused(new: Path) -> None:
    Helpdesk.open(new).close()
    content = bytearray(new.read_bytes())
    content[100:4096] = b"\xff" * 3996
    new.write_bytes(content)
    with pytest.raises(Refused, match="is damaged"), Helpdesk.open(new) as desk:
        desk.teams.list()


def test_damage_is_found_while_upgrading(new: Path) -> None:
    Helpdesk.open(new).close()
    content = bytearray(new.read_bytes())
    content[100:4096] = b"\xff" * 3996
    new.write_bytes(content)
    with pytest.raises(Refused, match="is damaged"):
        migrate(str(new), UPGRADED, 1)


def test_a_new_file_has_the_newest_schema(new: Path) -> None:
    with Helpdesk.open(new) as desk:
        assert desk.schema_version == NEWEST


def test_a_new_file_is_marked_as_ours(new: Path) -> None:
    Helpdesk.open(new).close()
    assert query(new, "PRAGMA application_id") == [(APPLICATION_ID,)]


def test_an_empty_file_becomes_a_new_one(new: Path) -> None:
    new.touch()
    with Helpdesk.open(new) as desk:
        assert desk.teams.list() == ()


def test_a_file_claimed_by_a_starter_that_died_becomes_a_new_one(new: Path) -> None:
    with closing(sqlite3.connect(new)) as connection:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    with Helpdesk.open(new) as desk:
        assert desk.teams.list() == ()


def test_a_file_that_another_program_filled_meanwhile_is_refused(new: Path) -> None:
    with closing(sqlite3.connect(new)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA application_id = 1")
        connection.execute("CREATE TABLE notes (text TEXT)")
        with pytest.raises(Refused, match="of another program"):
            Helpdesk.open(new)


def test_opening_again_changes_nothing(path: Path) -> None:
    Helpdesk.open(path).close()
    before = path.read_bytes()
    Helpdesk.open(path).close()
    assert path.read_bytes() == before


def test_opening_a_current_file_keeps_no_copy(path: Path) -> None:
    Helpdesk.open(path).close()
    assert [file.name for file in path.parent.iterdir()] == ["desk.db"]


def test_a_newer_schema_in_the_log_alone_is_refused(new: Path) -> None:
    Helpdesk.open(new).close()
    with closing(sqlite3.connect(new)) as connection:
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute(f"PRAGMA user_version = {NEWEST + 1}")
        with pytest.raises(Refused, match="newer version"):
            Helpdesk.open(new)


def test_an_unfinished_log_is_no_damage(new: Path) -> None:
    with Helpdesk.open(new) as desk:
        desk.teams.create("Acme")
        with Helpdesk.open(new) as other:
            assert [team.slug for team in other.teams.list()] == ["acme"]


def test_an_upgrade_runs_the_new_steps(path: Path) -> None:
    assert migrate(str(path), UPGRADED, 1).to_schema == NEWEST + 1
    assert query(path, "SELECT id FROM extra") == [(7,)]


def test_an_upgrade_keeps_a_copy_of_the_file_before_it(path: Path) -> None:
    migrate(str(path), UPGRADED, 1)
    copy = Path(f"{path}.before-upgrade-from-{NEWEST}")
    with Helpdesk.open(copy) as desk:
        assert (desk.schema_version, desk.check().ok) == (NEWEST, True)
        assert [team.slug for team in desk.teams.list()] == ["acme", "globex"]


def test_a_copy_that_was_cut_short_is_made_anew(path: Path) -> None:
    partial = Path(f"{path}.before-upgrade-from-{NEWEST}.partial")
    partial.write_bytes(b"half")
    migrate(str(path), UPGRADED, 1)
    assert not partial.exists()


def test_an_earlier_copy_is_kept_beside_the_new_one(path: Path) -> None:
    copy = Path(f"{path}.before-upgrade-from-{NEWEST}")
    copy.write_bytes(b"the first")
    migrate(str(path), UPGRADED, 1)
    assert copy.read_bytes() == b"the first"
    assert query(Path(f"{copy}-2"), "PRAGMA user_version") == [(NEWEST,)]


def test_a_failing_step_leaves_the_schema_as_it_was(path: Path) -> None:
    with pytest.raises(Refused, match="as it was before: no such table: nowhere"):
        migrate(str(path), FAILING, 1)
    assert query(path, "PRAGMA user_version") == [(NEWEST,)]
    assert query(path, "SELECT name FROM sqlite_schema WHERE name = 'extra'") == []


def test_a_file_is_usable_after_a_failed_upgrade(path: Path) -> None:
    with pytest.raises(Refused):
        migrate(str(path), FAILING, 1)
    with Helpdesk.open(path) as desk:
        assert desk.check().ok


def test_an_upgrade_waits_for_a_writer_and_then_gives_up(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            migrate(str(path), UPGRADED, 0.05)


def test_a_file_locked_while_it_is_made_is_busy(new: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cstar_core.upgrading.BUSY_SECONDS", 0.05)
    with closing(sqlite3.connect(new, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(Busy):
            Helpdesk.open(new)


def test_two_processes_may_make_a_file_at_once(new: Path) -> None:
    code = (
        "import sys; from cstar_core import Helpdesk\n"
        "with Helpdesk.open(sys.argv[1]) as desk: desk.teams.create('Acme')"
    )
    command = [sys.executable, "-c", code, str(new)]
    starters = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(3)]
    errors = [starter.communicate()[1].decode() for starter in starters]
    assert errors == ["", "", ""]
    with Helpdesk.open(new) as desk:
        assert len(desk.teams.list()) == 3


def test_several_processes_may_upgrade_a_file_at_once(path: Path) -> None:
    starters = [fork(lambda: migrate(str(path), UPGRADED, 5)) for _ in range(3)]
    assert [status_of(starter) for starter in starters] == [0, 0, 0]
    assert query(path, "PRAGMA user_version") == [(NEWEST + 1,)]
    assert query(path, "SELECT id FROM extra") == [(7,)]
    copy = Path(f"{path}.before-upgrade-from-{NEWEST}")
    assert query(copy, "PRAGMA user_version") == [(NEWEST,)]


def test_the_scripts_are_numbered_without_gaps() -> None:
    folder = Path(sys.modules["cstar_core.migrations"].__file__ or "").parent
    numbers = [int(re.match(r"\d{4}", file.name)[0]) for file in sorted(folder.glob("*.sql"))]  # type: ignore[index]
    assert numbers == list(range(1, NEWEST + 1))


ROWS = Row.__subclasses__()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.__name__)
def test_a_table_has_the_columns_that_the_queries_know(row: type[Row], path: Path) -> None:
    meta = row._meta
    columns = query(path, f"PRAGMA table_info({meta.table_name})")
    declared = [
        (field.column_name, field.null, field.name in _key(meta)) for field in meta.sorted_fields
    ]
    assert [(name, not (needed or key), bool(key)) for _, name, _, needed, _, key in columns] == [
        (name, null and not key, key) for name, null, key in declared
    ]


def _key(meta: object) -> tuple[str, ...]:
    primary = meta.primary_key  # type: ignore[attr-defined]
    return getattr(primary, "field_names", None) or (primary.name,)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.__name__)
def test_a_column_has_the_type_that_the_queries_know(row: type[Row], path: Path) -> None:
    columns = query(path, f"PRAGMA table_info({row._meta.table_name})")
    types = {name: "DEFAULT" if type == "ANY" else type for _, name, type, *_ in columns}
    names = {"INT": "INTEGER"}  # SQLite takes either for one
    declared = row._meta.sorted_fields
    known = {one.column_name: names.get(one.field_type, one.field_type) for one in declared}
    assert types == known


def test_every_table_is_known_to_the_queries(path: Path) -> None:
    raw = {"ticket_changes", "customer_changes", "upgrades"}
    found = {
        str(name)
        for (name,) in query(path, "SELECT name FROM sqlite_schema WHERE type = 'table'")
        if "_search_" not in str(name) and not str(name).startswith("sqlite_")
    }
    assert found - raw == {row._meta.table_name for row in ROWS}


@pytest.mark.parametrize(
    ("table", "column", "words"),
    [
        ("keys", "type", "KEY_TYPES"),
        ("keys", "environment", "ENVIRONMENTS"),
        ("workspaces", "environment", "ENVIRONMENTS"),
        ("members", "role", "ROLES"),
    ],
)
def test_a_column_takes_the_words_that_the_queries_know(
    table: str, column: str, words: str, path: Path
) -> None:
    known = getattr(sys.modules["cstar_core.tables"], words)
    [(sql,)] = query(path, f"SELECT sql FROM sqlite_schema WHERE name = '{table}'")  # noqa: S608
    listed = ", ".join(f"'{word}'" for word in known)
    assert f"CHECK ({column} IN ({listed}))" in str(sql)
