"""How the command line fails: one line that says what to do, and an exit code."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from cstar_core import Busy, NotFound, Refused, StorageFull
from cstar_web.cli.command import Group
from tests.cli.commands import run

NO_KEY = "key_" + 32 * "0"

# What is typed (the database is added), the exit code, and words of the line on stderr.
REFUSED = [
    (["frob"], 2, "No such command 'frob'"),
    (["team", "create"], 2, "Missing argument 'NAME'; try: cstar team create --help"),
    (["team", "create", ""], 2, "name is required"),
    (["team", "create", "New", "--slug", "No Slug"], 2, "slug must be"),
    (["team", "create", "New", "--slug", "acme"], 2, "exists already"),
    (["key", "create", "acme", "--environment", "live"], 2, "Missing option '--type'"),
    (["key", "create", "acme", "--type", "owner", "--environment", "live"], 2, "'secret'"),
    (["key", "create", "nope", "--type", "secret", "--environment", "live"], 2, "no team nope"),
    (["key", "list", "nope"], 2, "no team nope; cstar team list shows those that exist"),
    (["key", "revoke", NO_KEY], 2, f"no key {NO_KEY}; cstar key list TEAM"),
    (["key", "revoke", "abc"], 2, "no key abc"),
    (["key", "rotate", NO_KEY], 2, f"no key {NO_KEY}; cstar key list TEAM"),
    (["key", "rotate", NO_KEY, "--overlap", "soon"], 2, "'soon' is not a time such as 90d"),
    (["key", "rotate", NO_KEY, "--overlap", "91d"], 2, "overlap must be nothing or more"),
    (["member", "add", "acme", "Ada", "no address"], 2, "email must be"),
    (["member", "add", "acme", "Ada", "ada@example.com", "--role", "king"], 2, "'owner'"),
    (["demo", "nope"], 2, "no team nope"),
]


SECRET = "sk_live_4eC39HqLyjWDarjtT1zdp7dcabcdefgh"

# What a command may raise, the exit code, and the line on stderr.
FAILURES = [
    (click.Abort(), 130, "interrupted"),
    (click.ClickException("no such\nluck"), 1, "no such luck"),
    (Busy("The database stayed locked."), 1, "The database stayed locked."),
    (StorageFull("The disk is full."), 1, "The disk is full."),
    (
        OSError(28, "No space left on device", "a.db"),
        1,
        "No space left on device: a.db; make room and try again",
    ),
    (
        OSError(30, "Read-only file system", "a"),
        1,
        "Read-only file system: a; choose a place that can be written to",
    ),
    (OSError("odd"), 1, "odd"),
    (Refused("a.db is damaged"), 3, "a.db is damaged"),
    (NotFound("ticket", "tkt_1"), 2, "no ticket tkt_1"),
]


@pytest.mark.parametrize(("args", "code", "words"), REFUSED)
def test_a_mistake_is_one_line_that_says_what_to_do(
    database: Path, args: list[str], code: int, words: str
) -> None:
    result = run(*args, "--database", str(database))

    assert (result.exit_code, result.stdout) == (code, "")
    assert result.stderr.startswith("cstar: ") and result.stderr.count("\n") == 1
    assert words in result.stderr


@pytest.mark.parametrize("args", [("key", "revoke"), ("key", "rotate"), ("key", "list")])
def test_a_key_typed_in_place_of_an_id_is_not_printed(
    database: Path, args: tuple[str, ...]
) -> None:
    result = run(*args, SECRET, "--database", str(database))

    assert result.exit_code == 2
    assert SECRET[8:] not in result.output and "sk_live_…" in result.stderr


@pytest.mark.parametrize(("error", "code", "line"), FAILURES)
def test_a_failure_is_one_line(error: Exception, code: int, line: str) -> None:
    result = CliRunner().invoke(failing(error), [])

    assert (result.exit_code, result.stderr) == (code, f"cstar: {line}\n")


def failing(error: Exception) -> Group:
    def fail() -> None:
        raise error

    return Group(invoke_without_command=True, callback=fail)


def test_a_fault_of_ours_is_one_line_that_says_where_it_is() -> None:
    result = CliRunner().invoke(failing(LookupError("ours")), [])

    assert result.exit_code == 1 and result.stderr.count("\n") == 1
    assert "LookupError at test_failures.py:" in result.stderr
    assert ": ours; cstar --debug COMMAND shows all of it" in result.stderr


@pytest.mark.parametrize("args", [("team", "list"), ("check",), ("key", "list", "acme")])
def test_a_misspelt_path_makes_no_database(tmp_path: Path, args: tuple[str, ...]) -> None:
    result = run(*args, "--database", "nope.db")

    assert result.exit_code == 2 and "no database at nope.db" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_misspelt_setting_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CSTAR_DATABSE", "x")
    result = run("team", "list")

    assert (result.exit_code, result.stderr) == (
        2,
        "cstar: CSTAR_DATABSE is not a setting; did you mean CSTAR_DATABASE?\n",
    )


@pytest.mark.parametrize("content", [b"not a database, not at all\n" * 50, b"x"])
@pytest.mark.parametrize("command", ["serve", "check", "demo"])
def test_a_foreign_file_is_refused_and_left_alone(
    tmp_path: Path, command: str, content: bytes
) -> None:
    path = tmp_path / "other.db"
    path.write_bytes(content)
    result = run(command, "--database", str(path))

    assert result.exit_code == 3
    assert result.stderr.startswith("cstar: ") and result.stderr.count("\n") == 1
    assert str(path) in result.stderr
    assert path.read_bytes() == content


def test_nothing_typed_shows_the_help() -> None:
    result = run()

    assert result.exit_code == 2 and "Care:" in result.stderr


def test_a_failure_of_the_system_is_one_line(tmp_path: Path) -> None:
    result = run("check", "--database", "x" * 300)

    assert result.exit_code in (1, 2, 3)
    assert result.stderr.startswith("cstar: ") and result.stderr.count("\n") == 1
