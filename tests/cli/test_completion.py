"""Completion in real shells: what is typed, a tab, and what the shell makes of it."""

import os
import pty
import select
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cstar_web.cli.command import COMPLETE_VAR
from cstar_web.cli.helping import SHELLS
from cstar_web.settings import PREFIX
from tests.cli.commands import ROOT, run

pytestmark = pytest.mark.no_cover

# What is typed before the tab, and what the line is after it.
COMPLETED = [
    ("cstar comp", "cstar completion "),
    ("cstar key create acme --type pub", "--type publishable"),
    ("cstar import --dry-run mar", "march.csv"),
]
# How each shell starts without anybody's configuration, and is told of the script.
STARTED = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], "source ./script"),
    "zsh": (["zsh", "-f", "-i"], "autoload -U compinit; compinit -u -D; source ./script"),
}
SECONDS = 60


def needs(shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed, so nothing was completed in it")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with cstar in its bin, a file to complete, and no settings."""
    (tmp_path / "bin").mkdir()
    cstar = tmp_path / "bin" / "cstar"
    cstar.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m cstar_web "$@"\n', encoding="utf-8")
    cstar.chmod(0o755)
    (tmp_path / "march.csv").touch()
    return tmp_path


def environ(place: Path) -> dict[str, str]:
    path = f"{place / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("BASH")},
        **{"PATH": path, "PYTHONPATH": str(ROOT), "TERM": "dumb", "HOME": str(place), "PS1": "$ "},
    }


def script(place: Path, shell: str) -> None:
    (place / "script").write_text(run("completion", shell).stdout, encoding="utf-8")


class Terminal:
    """A shell on a terminal, in which somebody types."""

    def __init__(self, command: list[str], place: Path) -> None:
        self._ours, theirs = pty.openpty()
        self.shell = subprocess.Popen(
            command,
            cwd=place,
            env=environ(place),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self.shown = ""

    def type(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def shows(self, words: str) -> bool:
        """Wait until something is shown, after what was seen before; False if it is not."""
        while words not in self.shown:
            ready, _, _ = select.select([self._ours], [], [], SECONDS)
            if not ready:
                return False
            self.shown += os.read(self._ours, 4096).decode(errors="replace")
        self.shown = self.shown.partition(words)[2]
        return True

    def close(self) -> None:
        self.shell.kill()
        self.shell.wait()
        os.close(self._ours)


@pytest.mark.parametrize("shell", STARTED)
def test_a_tab_completes_commands_values_and_files(place: Path, shell: str) -> None:
    needs(shell)
    script(place, shell)
    start, load = STARTED[shell]
    terminal = Terminal(start, place)
    try:
        terminal.type(f"{load}; echo loa''ded\n")
        assert terminal.shows("loaded"), terminal.shown
        for typed, completed in COMPLETED:
            terminal.type(f"{typed}\t")
            assert terminal.shows(completed), (completed, terminal.shown)
            terminal.type("\x15")
    finally:
        terminal.close()


def test_fish_completes_commands_values_and_files(place: Path) -> None:
    needs("fish")
    script(place, "fish")
    asked = "; ".join(f"complete -C '{typed}'" for typed, _ in COMPLETED)
    done = subprocess.run(
        ["fish", "--no-config", "-c", f"source ./script; {asked}"],
        cwd=place,
        env=environ(place),
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )

    assert done.stderr == ""
    words = [line.partition("\t")[0] for line in done.stdout.splitlines()]
    assert words == ["completion", "publishable", "march.csv"]


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_understands_its_script(place: Path, shell: str) -> None:
    needs(shell)
    script(place, shell)
    done = subprocess.run([shell, "-n", "script"], cwd=place, capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (0, "")


def test_another_shell_is_refused_by_name() -> None:
    result = run("completion", "tcsh")

    assert result.exit_code == 2 and "'bash', 'zsh', 'fish'" in result.stderr


def test_what_the_script_sets_is_no_setting() -> None:
    assert not COMPLETE_VAR.startswith(PREFIX)
    assert COMPLETE_VAR in run("completion", "bash").stdout


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("cstar trigger customer.", "customer.created"),
        ("cstar listen --events message.", "message.created"),
        ("cstar serve --log-format ", "json"),
        ("cstar serve --threads ", ""),
        ("cstar help key ", "rotate"),
        ("cstar help nonsense ", ""),
        ("cstar help team list ", ""),
        ("cstar nonsense ", ""),
        ("cstar key create --environment ", "test"),
    ],
)
def test_what_is_offered(monkeypatch: pytest.MonkeyPatch, typed: str, offered: str) -> None:
    monkeypatch.setenv(COMPLETE_VAR, "bash_complete")
    monkeypatch.setenv("COMP_WORDS", typed)
    monkeypatch.setenv("COMP_CWORD", str(len(typed.split()) - (not typed.endswith(" "))))
    result = run()

    assert (result.exit_code, result.stderr) == (0, "")
    assert (f"plain,{offered}" in result.stdout.splitlines()) is bool(offered)
