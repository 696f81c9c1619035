"""`cstar migrate`, and what other commands say of the upgrade that they make."""

import json
import lzma
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from cstar_core import Helpdesk
from tests.cli.commands import run, serving
from tests.core.limits import file_size_limit

NEWEST = Helpdesk.versions().schema
OLD = Path(__file__).parents[1] / "data" / "schema-1.db.xz"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A file of the first schema."""
    file = tmp_path / "old.db"
    file.write_bytes(lzma.decompress(OLD.read_bytes()))
    return file


def schema(file: Path) -> int:
    with closing(sqlite3.connect(file)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def test_migrating_says_what_was_done_and_where_the_old_file_is(old: Path) -> None:
    result = run("migrate", "--database", str(old))
    lines = result.stdout.splitlines()
    assert (result.exit_code, result.stderr) == (0, "")
    assert lines[:2] == [
        f"Upgraded {old} from schema 1 to {NEWEST}.",
        f"As it was before it is kept as {old}.before-upgrade-from-1.",
    ]
    assert [line.split()[0] for line in lines[2:]] == ["copying", "steps", "verifying"]
    assert (schema(old), schema(Path(f"{old}.before-upgrade-from-1"))) == (NEWEST, 1)


def test_a_dry_run_says_what_would_be_done_and_does_not_do_it(old: Path) -> None:
    before = old.read_bytes()
    result = run("migrate", "--dry-run", "--database", str(old))
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Would upgrade {old} from schema 1 to {NEWEST}. It went well")
    assert "there is room" in result.stdout and "verifying" in result.stdout
    assert (old.read_bytes(), list(old.parent.iterdir())) == (before, [old])


def test_what_would_be_made_anew_is_named(old: Path) -> None:
    with closing(sqlite3.connect(old, isolation_level=None)) as connection:
        connection.execute("UPDATE tags SET uses = uses + 1")
    why = "made anew, since it contradicted itself: tag counters.\n"
    tried = run("migrate", "--dry-run", "--database", str(old))
    assert tried.stdout.endswith(f"\nWould be {why}")
    assert run("migrate", "--database", str(old)).stdout.endswith(f"\n{why.capitalize()}")


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_machines_read_the_same(old: Path, options: tuple[str, ...]) -> None:
    found = json.loads(run("migrate", *options, "--json", "--database", str(old)).stdout)
    is_dry = bool(options)
    assert (found["fromSchema"], found["toSchema"], found["dryRun"]) == (1, NEWEST, is_dry)
    assert found["kept"] == (None if is_dry else f"{old}.before-upgrade-from-1")
    assert list(found["seconds"]) == ["copying", "steps", "verifying"]
    assert ({"neededBytes", "freeBytes", "hasRoom"} <= found.keys()) == is_dry


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_where_there_is_nothing_to_do_that_is_said(
    database: Path, options: tuple[str, ...]
) -> None:
    result = run("migrate", *options, "--database", str(database))
    assert (result.exit_code, result.stdout) == (
        0,
        f"{database} has schema {NEWEST} already; there is nothing to do.\n",
    )


def test_a_disk_without_room_is_exit_code_1(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr("cstar_core.upgrading.disk_usage", lambda _: usage)
    result = run("migrate", "--dry-run", "--database", str(old))
    assert (result.exit_code, "1 MiB are free: MAKE ROOM FIRST" in result.stdout) == (1, True)


# What is typed, the exit code, and words of the line on stderr.
MISTAKES = [
    (["--in", "."], 2, "--in is for --dry-run"),
    (["--database", "nowhere.db"], 2, "there is no database at nowhere.db"),
    (["--dry-run", "--database", "nowhere.db"], 2, "there is no database at nowhere.db"),
    (
        ["--dry-run", "--in", "nowhere", "--database", "old.db"],
        1,
        "directory (--in names another folder",
    ),
    (["--dry-run", "--database", "diary.txt"], 3, "is not a cStar database"),
    (["--dry-run", "--database", "newer.db"], 3, "was made by a newer version of cStar"),
    (["--database", "newer.db"], 3, "was made by a newer version of cStar"),
]


@pytest.mark.parametrize(("args", "code", "words"), MISTAKES)
def test_a_mistake_is_one_line(old: Path, args: list[str], code: int, words: str) -> None:
    old.with_name("diary.txt").write_text("Dear diary")
    newer = old.with_name("newer.db")
    Helpdesk.open(newer).close()
    with closing(sqlite3.connect(newer)) as connection:
        connection.execute(f"PRAGMA user_version = {NEWEST + 1}")
    result = run("migrate", *args)
    assert (result.exit_code, result.stdout) == (code, "")
    assert result.stderr.startswith("cstar: ") and result.stderr.count("\n") == 1
    assert words in result.stderr


def test_a_copy_that_does_not_fit_may_be_made_elsewhere(old: Path) -> None:
    with file_size_limit(100 * 1024):
        result = run("migrate", "--dry-run", "--database", str(old))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "was not tried. --in names another folder for the copy" in result.stderr


def test_another_command_that_upgrades_the_file_says_so_on_stderr(old: Path) -> None:
    first, second = (run("team", "list", "--json", "--database", str(old)) for _ in range(2))
    assert first.stderr == (
        f"cstar: upgraded {old} from schema 1 to {NEWEST}; "
        f"as it was before it is kept as {old}.before-upgrade-from-1\n"
    )
    assert (json.loads(first.stdout), second.stderr) == (json.loads(second.stdout), "")


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_server_that_upgrades_the_file_logs_it(old: Path, processes: str) -> None:
    with serving("--database", str(old), "--processes", processes) as (server, _):
        server.terminate()
        _, logged = server.communicate(timeout=30)
    lines = [line for line in logged.splitlines() if "cstar.upgrade" in line]
    assert len(lines) == 1 and f"from schema 1 to {NEWEST}; as it was" in lines[0]
