"""The commands that keep the data: backup, restore, reindex and check."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from cstar_core import Helpdesk
from tests.cli.commands import ROOT, run, serving
from tests.core.limits import file_size_limit


@pytest.fixture
def filled(database: Path) -> Path:
    """The desk with two tickets."""
    with Helpdesk.open(database) as desk:
        for title in ("Refund", "Parcel"):
            desk.workspace("acme").tickets.create(title=title, customer_name="Jane")
    return database


@pytest.fixture
def backup(filled: Path, cstar: Callable[..., str], tmp_path: Path) -> Path:
    cstar("backup", "saved")
    return tmp_path / "saved"


def tickets(database: Path) -> int:
    with Helpdesk.open(database) as desk:
        return desk.workspace("acme").tickets.list().total


def test_a_backup_says_what_it_holds(filled: Path, cstar: Callable[..., str]) -> None:
    text = cstar("backup", "saved")
    assert text.startswith("Backed up to saved: 2 tickets, 0 messages, 2 customers, as of 20")


def test_a_program_can_read_what_a_backup_holds(
    filled: Path, cstar_json: Callable[..., Any]
) -> None:
    data = cstar_json("backup", "saved")
    manifest = json.loads(Path("saved/manifest.json").read_text())
    assert data["backup"] == "saved"
    for name in ("createdAt", "schemaVersion", "sqliteVersion", "tables", "workspaces", "findings"):
        assert data[name] == manifest[name]
    assert (data["size"], data["sha256"]) == (
        manifest["database"]["size"],
        manifest["database"]["sha256"],
    )


def test_a_backup_is_made_while_the_server_runs(filled: Path, tmp_path: Path) -> None:
    with serving("--database", str(filled)):
        assert run("backup", "saved", "--database", str(filled)).exit_code == 0
    assert tickets(tmp_path / "saved" / "cstar.db") == 2


def test_a_backup_is_restored(backup: Path) -> None:
    result = run("restore", "saved", "--database", "new.db")
    assert (result.exit_code, tickets(Path("new.db"))) == (0, 2)
    assert result.stdout.startswith(f"Restored {Path('new.db').resolve()}: 2 tickets, ")


def test_a_replaced_database_is_named(backup: Path, database: Path) -> None:
    result = run("restore", "saved", "--database", str(database), "--replace", "--json")
    data = json.loads(result.stdout)
    assert data["database"] == str(database)
    assert tickets(Path(data["kept"])) == 2


def test_where_the_old_file_is_kept_is_said(backup: Path, database: Path) -> None:
    result = run("restore", "saved", "--database", str(database), "--replace")
    assert f"\nWhat was there is kept as {database}.replaced-" in result.stdout


def test_a_backup_is_verified_without_a_database(backup: Path) -> None:
    result = run("restore", "saved", "--check", "--database", "nowhere.db")
    assert (result.exit_code, Path("nowhere.db").exists()) == (0, False)
    assert result.stdout.startswith("saved is whole: 2 tickets, ")


def test_a_restored_file_in_no_folder_names_what_was_asked_for(backup: Path) -> None:
    result = run("restore", "saved", "--database", "nowhere/new.db")
    target = Path("nowhere/new.db").resolve()
    assert (result.exit_code, result.stderr) == (
        1,
        f"cstar: No such file or directory: {target}; "
        "is it spelt right, and is its folder there?\n",
    )


def flip(backup: Path) -> None:
    content = bytearray((backup / "cstar.db").read_bytes())
    content[9000] ^= 1
    (backup / "cstar.db").write_bytes(content)


@pytest.mark.parametrize("option", [[], ["--check"], ["--replace"]])
def test_a_damaged_backup_is_exit_code_3(backup: Path, option: list[str]) -> None:
    flip(backup)
    result = run("restore", "saved", "--database", "new.db", *option)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == ("cstar: saved is damaged: cstar.db is not what manifest.json says\n")
    assert not Path("new.db").exists()


def test_a_database_in_use_is_exit_code_1(backup: Path, database: Path) -> None:
    with serving("--database", str(database)):
        result = run("restore", "saved", "--database", str(database), "--replace")
    assert result.exit_code == 1
    assert result.stderr == (
        f"cstar: {database} is in use; stop the server and whatever else has it open\n"
    )


def test_a_server_of_several_processes_is_in_use(backup: Path, database: Path) -> None:
    with serving("--database", str(database), "--processes", "2"):
        result = run("restore", "saved", "--database", str(database), "--replace")
    assert (result.exit_code, "is in use" in result.stderr) == (1, True)


# What is typed, the exit code, and words of the line on stderr.
MISTAKES = [
    (["backup"], 2, "Missing argument 'DEST'"),
    (["backup", "saved"], 2, "saved exists already; a backup is made under a new name"),
    (["backup", "."], 2, "exists already"),
    (["backup", "nowhere/saved"], 1, "No such file or directory: nowhere/saved"),
    (["backup", "saved/cstar.db/x"], 1, "Not a directory: saved/cstar.db/x"),
    (["restore"], 2, "Missing argument 'SRC'"),
    (["restore", "nope", "--check"], 3, "there is no backup at nope"),
    (["restore", ".", "--check"], 3, ". is not a whole backup: it has no "),
    (["restore", "acme.db", "--replace"], 2, "acme.db is the database itself"),
    (["restore", "saved"], 2, "acme.db exists already; to replace it and keep it aside: --replace"),
    (["restore", "saved", "--check", "--replace"], 2, "--check changes nothing"),
]


@pytest.mark.parametrize(("args", "code", "words"), MISTAKES)
def test_a_mistake_is_one_line(
    backup: Path, database: Path, args: list[str], code: int, words: str
) -> None:
    result = run(*args, "--database", str(database))
    assert (result.exit_code, result.stdout) == (code, "")
    assert result.stderr.startswith("cstar: ") and result.stderr.count("\n") == 1
    assert words in result.stderr


def test_a_full_disk_is_exit_code_1_and_leaves_no_backup(filled: Path, tmp_path: Path) -> None:
    with file_size_limit(40_000):
        result = run("backup", "saved", "--database", str(filled))
    assert result.exit_code == 1
    assert result.stderr == "cstar: The disk took no more: saved was not made.\n"
    assert not list(tmp_path.glob("saved*"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_backup_leaves_nothing_and_says_so(
    database: Path, tmp_path: Path, number: signal.Signals
) -> None:
    text = "many words of a long message " * 3000
    with Helpdesk.open(database) as desk:
        list(
            desk.workspace("acme").tickets.import_many(
                [{"title": "x", "initial_message": text}] * 300
            )
        )
    for _ in range(10):
        code, errors = interrupt_a_backup(database, number)
        if not (tmp_path / "saved").exists():
            break
        shutil.rmtree(tmp_path / "saved")  # it was done before the signal came
    assert (code, errors) == (-signal.SIGINT, "cstar: interrupted")
    assert not list(tmp_path.glob("saved*")) and not list(tmp_path.glob("*-wal"))


def interrupt_a_backup(database: Path, number: signal.Signals) -> tuple[int, str]:
    """Send a signal to a backup that has begun to copy: its exit code and what it said."""
    command = [sys.executable, "-m", "cstar_web", "backup", "saved", "--database", str(database)]
    # Measuring coverage would hear the signal in the place of the command.
    kept = {k: v for k, v in os.environ.items() if not k.startswith("COVERAGE_")}
    environ = {**kept, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True) as process:
        while not list(database.parent.glob("saved.partial-*/cstar.db")):
            assert process.poll() is None
        process.send_signal(number)
        errors = process.communicate(timeout=60)[1]
    return process.returncode, errors.strip()


def contradict(database: Path) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as file:
        file.execute("UPDATE ticket_counts SET tickets = 5")


def test_a_backup_of_what_contradicts_itself_is_made_and_exit_code_1(filled: Path) -> None:
    contradict(filled)
    for command in (["backup", "saved"], ["restore", "saved", "--check"]):
        result = run(*command, "--database", str(filled))
        assert result.exit_code == 1
        assert "\nWRONG  counters  " in result.stdout and "cstar reindex" in result.stdout


def test_reindexing_mends_what_contradicts_itself(filled: Path, cstar: Callable[..., str]) -> None:
    contradict(filled)
    assert run("check", "--database", str(filled)).exit_code == 1
    assert cstar("reindex") == "Indexed 4 documents in 2 workspaces.\n"
    assert run("check", "--deep", "--database", str(filled)).exit_code == 0


def test_a_program_can_read_what_was_indexed(filled: Path, cstar_json: Callable[..., Any]) -> None:
    assert cstar_json("reindex") == {"documents": 4, "workspaces": 2}


def test_reindexing_works_while_the_server_runs(filled: Path) -> None:
    with serving("--database", str(filled)):
        assert run("reindex", "--database", str(filled)).exit_code == 0


def test_a_deep_check_looks_at_every_word(filled: Path, cstar: Callable[..., str]) -> None:
    assert "agrees with every word" in cstar("check", "--deep")
    assert "agrees with every word" not in cstar("check")
