"""Where what a command says goes: pipes that close, full disks, Ctrl-C, terminals, and --json."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from cstar_core import Busy, Conflict, Helpdesk, Invalid, NotFound, Problem, Refused, StorageFull
from cstar_web.cli import main
from cstar_web.cli.base import columns
from cstar_web.cli.failures import ERROR_CODES, explain
from cstar_web.cli.waiting import waiting
from tests.cli.commands import ROOT, run
from tests.cli.test_help import COMMANDS, find

pytestmark = pytest.mark.no_cover

CSTAR = f"'{sys.executable}' -m cstar_web"
WITH_JSON = [path for path in COMMANDS if any("--json" in each.opts for each in find(path).params)]

# What may be raised, and the code of it with --json.
CODES = [
    (click.UsageError("odd"), "usage"),
    (Invalid([Problem("name", "PARAMETER_MISSING", "is required")]), "invalid"),
    (NotFound("team", "acme"), "not_found"),
    (Conflict("taken"), "conflict"),
    (Refused("foreign"), "refused"),
    (Busy("locked"), "busy"),
    (StorageFull("full"), "storage_full"),
    (OSError(28, "No space left on device"), "storage_full"),
    (OSError(2, "No such file or directory"), "failed"),
    (KeyError("ours"), "unforeseen"),
    (click.Abort(), "interrupted"),
]


def shell(line: str, database: Path) -> subprocess.CompletedProcess[str]:
    """A line of bash, in which $CSTAR is the command."""
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "CSTAR_DATABASE": str(database)}
    line = f'set -o pipefail; cstar() {{ {CSTAR} "$@"; }}; {line}'
    return subprocess.run(
        ["bash", "-c", line], env=environ, capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize("args", ["team list", "key --help", "openapi"])
def test_a_reader_that_stops_reading_is_no_failure_to_speak_of(database: Path, args: str) -> None:
    # Nothing is written before Python has started, and head has ended long before.
    done = shell(f"cstar {args} | head -0", database)

    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.parametrize("args", ["check", "key list acme --json"])
def test_a_full_disk_behind_stdout_is_one_line(database: Path, args: str) -> None:
    done = shell(f"cstar {args} >/dev/full", database)

    assert done.returncode == 1
    line = done.stderr if "--json" not in args else json.loads(done.stderr)["error"]["message"]
    assert "the answer could not be written to stdout: No space left on device" in line
    assert done.stderr.count("\n") == 1


def test_a_closed_stdout_is_one_line(database: Path) -> None:
    done = shell("cstar team list >&-", database)

    assert (done.returncode, done.stderr) == (
        1,
        "cstar: the answer could not be written: stdout is closed; all else is done\n",
    )


@pytest.mark.parametrize(
    ("line", "code"),
    [("cstar tema 2>&-", 2), ("cstar 2>/dev/full", 2), ("cstar check --database / 2>/dev/full", 3)],
)
def test_a_failure_that_cannot_be_told_keeps_its_exit_code(
    database: Path, line: str, code: int
) -> None:
    done = shell(line, database)

    assert (done.returncode, done.stdout, done.stderr) == (code, "", "")


@pytest.mark.parametrize("path", WITH_JSON, ids=" ".join)
def test_a_failure_with_json_is_one_object_on_stderr(path: tuple[str, ...]) -> None:
    result = run(*path, "--json", "--no-such-option")

    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    error = json.loads(result.stderr)["error"]
    assert (error["code"], error["exitCode"]) == ("usage", 2)
    assert error["message"].startswith("No such option '--no-such-option'")


@pytest.mark.parametrize("path", [each for each in COMMANDS if each not in WITH_JSON], ids=" ".join)
def test_few_commands_have_no_json(path: tuple[str, ...]) -> None:
    assert path in [("mcp",), ("help",), ("completion",), ("man",), ("mail", "pipe")]


@pytest.mark.parametrize(("error", "code"), CODES, ids=[code for _, code in CODES])
def test_every_failure_has_a_code(error: Exception, code: str) -> None:
    failure = explain(error)

    assert (failure.code, failure.exit_code) == (code, ERROR_CODES[code][0])


def test_every_code_of_a_failure_has_an_example_here() -> None:
    assert {code for _, code in CODES} == set(ERROR_CODES)


def test_broken_rules_are_told_one_by_one_with_json(database: Path) -> None:
    result = run("team", "create", "", "--slug", "No", "--json", "--database", str(database))

    problems = json.loads(result.stderr)["error"]["problems"]
    assert [each["param"] for each in problems] == ["name", "slug"]


def test_what_follows_two_dashes_asks_for_no_json(database: Path) -> None:
    result = run("team", "create", "--database", str(database), "--", "--json", "more")

    assert result.stderr.startswith("cstar: Got unexpected extra argument")


def test_debug_shows_the_traceback_before_the_line(database: Path) -> None:
    result = run("--debug", "key", "list", "nope", "--database", str(database))

    lines = result.stderr.splitlines()
    assert result.exit_code == 2 and lines[0] == "Traceback (most recent call last):"
    assert lines[-1] == "cstar: no team nope; cstar team list shows those that exist"


def test_debug_tells_no_key(database: Path) -> None:
    secret = "sk_live_4eC39HqLyjWDarjtT1zdp7dcabcdefgh"
    result = run("--debug", "key", "list", secret, "--database", str(database))

    assert "Traceback" in result.stderr and secret[8:] not in result.stderr


def test_rows_with_wide_and_combined_characters_line_up() -> None:
    shown = columns([("日本", "x"), ("cafe\u0301", "x"), ("plain", "x")])

    assert shown == "日本   x\ncafe\u0301   x\nplain  x"


def test_a_name_that_the_terminal_cannot_write_is_shown_as_an_escape(database: Path) -> None:
    with Helpdesk.open(database) as desk:
        desk.teams.create("東京", slug="tokyo")
    done = shell("PYTHONIOENCODING=latin-1 cstar team list", database)

    assert (done.returncode, done.stderr) == (0, "")
    assert "\\u6771\\u4eac" in done.stdout


# --- Ctrl-C


def test_an_interrupted_command_says_so_and_ends_as_the_signal_ends_a_program(
    database: Path, tmp_path: Path
) -> None:
    rows = "title\n" + "A row\n" * 200_000
    (tmp_path / "rows.csv").write_text(rows, encoding="utf-8")
    command = [sys.executable, "-m", "cstar_web", "import", "rows.csv"]
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "CSTAR_DATABASE": str(database)}
    with subprocess.Popen(
        command, env=environ, cwd=tmp_path, stderr=subprocess.PIPE, text=True
    ) as program:
        wait_until(lambda: imported(database) > 0)
        program.send_signal(signal.SIGINT)
        _, said = program.communicate(timeout=30)

    assert (program.returncode, said) == (-signal.SIGINT, "cstar: interrupted\n")


def wait_until(happened: Callable[[], bool]) -> None:
    for _ in range(600):
        if happened():
            return
        time.sleep(0.05)
    pytest.fail("it did not happen within 30 s")


def imported(database: Path) -> int:
    with Helpdesk.open(database) as desk:
        return desk.workspace("acme").tickets.list().total or 0


# --- a terminal


@contextmanager
def terminal() -> Iterator[tuple[int, int]]:
    ours, theirs = pty.openpty()
    try:
        yield ours, theirs
    finally:
        os.close(ours)
        os.close(theirs)


def on_a_terminal(args: list[str], database: Path, answer: bytes = b"") -> tuple[int, str, str]:
    """The exit code of a command, what it printed, and what a terminal showed meanwhile."""
    with terminal() as (ours, theirs):
        os.write(ours, answer)
        with started(args, database, theirs) as program:
            printed, _ = program.communicate(timeout=60)
        shown = all_shown(ours, theirs)
    return program.returncode, printed, shown


def started(args: list[str], database: Path, theirs: int) -> subprocess.Popen[str]:
    """A command that asks and tells on a terminal."""
    return subprocess.Popen(
        [sys.executable, "-m", "cstar_web", *args],
        env={**os.environ, "PYTHONPATH": str(ROOT), "CSTAR_DATABASE": str(database)},
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
    )


def all_shown(ours: int, theirs: int) -> str:
    """What a terminal has shown; what was written last may still be on its way."""
    os.write(theirs, b"\x04")
    return shown_until("\x04", ours).removesuffix("\x04")


def shown_until(end: str, ours: int) -> str:
    """What a terminal shows up to some text, and what comes with that."""
    shown = b""
    while end.encode() not in shown:
        ready, _, _ = select.select([ours], [], [], 30)
        assert ready, f"{end!r} was not shown, but {shown!r}"
        shown += os.read(ours, 4096)
    return shown.decode()


def erasing(database: Path, answer: bytes) -> tuple[int, str, str]:
    with Helpdesk.open(database) as desk:
        made = desk.workspace("acme").customers.create(name="Jane", email="jane@example.com")
    return on_a_terminal(["customer", "erase", made.id], database, answer)


def test_erasing_asks_on_a_terminal_and_takes_no_for_an_answer(database: Path) -> None:
    code, printed, shown = erasing(database, b"n\n")

    assert (code, printed) == (1, "")
    assert "Jane <jane@example.com>, in Acme (acme), live" in shown
    assert shown.endswith("cstar: nothing was erased\r\n")


def test_erasing_asks_on_a_terminal_and_erases_on_yes(database: Path) -> None:
    code, printed, _ = erasing(database, b"y\n")

    assert code == 0 and printed.startswith("Erased cus_")


def test_an_import_shows_how_far_it_is_on_a_terminal(database: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("title\n" + "A row\n" * 2_000, encoding="utf-8")
    code, _, shown = on_a_terminal(["import", str(tmp_path / "rows.csv")], database)

    assert code == 0 and "2,000 rows" in shown and "100%" in shown


def test_an_import_with_json_shows_nothing_on_a_terminal(database: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("title\n" + "A row\n" * 2_000, encoding="utf-8")
    code, printed, shown = on_a_terminal(["import", "--json", str(tmp_path / "rows.csv")], database)

    assert (code, shown) == (0, "") and json.loads(printed)["rows"] == 2_000


def test_a_command_that_takes_long_says_so_on_a_terminal_and_wipes_it_at_the_end(
    database: Path,
) -> None:
    with terminal() as (ours, theirs), started(["reindex"], database, theirs) as program:
        with writing(database):
            shown = shown_until(" s", ours) + shown_until(" s", ours)
        printed, _ = program.communicate(timeout=30)
        shown += all_shown(ours, theirs)

    assert (program.returncode, printed) == (0, "Indexed 0 documents in 2 workspaces.\n")
    assert re.fullmatch(r"(\rIndexing … [1-9] s){2,}\r {14}\r", shown)


@contextmanager
def writing(database: Path) -> Iterator[None]:
    """Whoever else writes has to wait."""
    with Helpdesk.open(database) as desk, desk.transaction():
        yield


def test_what_takes_long_says_nothing_with_json(monkeypatch: pytest.MonkeyPatch) -> None:
    command = click.Command("check", params=[click.Option(["--json", "as_json"], is_flag=True)])
    with terminal() as (ours, theirs), os.fdopen(os.dup(theirs), "w") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        with command.make_context("check", ["--json"]), waiting("Checking", every=0.01):
            time.sleep(0.2)
        shown = all_shown(ours, theirs)

    assert shown == ""


def test_what_takes_long_says_nothing_where_there_is_no_terminal() -> None:

    @click.command()
    def check() -> None:
        with waiting("Checking", every=0.01):
            time.sleep(0.1)

    assert CliRunner().invoke(check).output == ""


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_nothing_is_coloured(path: tuple[str, ...]) -> None:
    assert "\x1b" not in CliRunner().invoke(main, [*path, "--help"], color=True).output
