"""Several processes that open a file for the first time at the same moment.

Each opens it, which makes the schema, and adds a team. All must succeed, and all teams be there.
"""

import multiprocessing
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier
from pathlib import Path

from cstar_core import Helpdesk
from cstar_core.migrations import scripts
from scripts.trials.section import Failures, Outcome, Section, Trial
from scripts.trials.soundness import broken, unsound

_STARTERS = 4
_FORK = multiprocessing.get_context("fork")
Opener = Callable[[Path, str], None]


def run(trial: Trial) -> Sequence[Outcome]:
    """The library, which meets more closely; and the command."""
    control = _library(trial, "control", trial.amount(8, 50), _open_heedlessly)
    found = (
        f"a program that looks for a schema and then makes it: {control.count} starters failed in "
        f"{trial.amount(8, 50)} rounds"
    )
    return [_opened(trial, found, control.count > 0), _commands(trial, found, control.count > 0)]


def _open(path: Path, team: str) -> None:
    with Helpdesk.open(path) as desk:
        desk.teams.create(team)


def _open_heedlessly(path: Path, _team: str) -> None:
    """As one may do it: look whether there is a schema, and make it if not."""
    with closing(sqlite3.connect(path, isolation_level=None, timeout=5)) as connection:
        if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
            for script in scripts():
                connection.executescript(script)
            connection.execute("PRAGMA user_version = 1")


def _start(
    open_desk: Opener, path: Path, team: str, barrier: Barrier, failed: "SimpleQueue[str]"
) -> None:
    barrier.wait()
    try:
        open_desk(path, team)
    except Exception as error:  # whatever it is, a starter failed
        failed.put(f"{type(error).__name__}: {error}")


def _library(trial: Trial, name: str, rounds: int, open_desk: Opener) -> Failures:
    trial.progress.step(f"starters, {name}: {rounds} rounds")
    folder, told = trial.folder(name), Failures()
    for number in range(rounds):
        trial.progress.now(f"starters, {name}: round {number + 1} of {rounds}")
        path = folder / f"{number}.db"
        for line in _together(open_desk, path):
            told.add(f"round {number}: {line}")
        if open_desk is _open:
            for line in _missing(path, [f"Team {each}" for each in range(_STARTERS)]):
                told.add(f"round {number}: {line}")
        path.unlink()
    return told


def _together(open_desk: Opener, path: Path) -> list[str]:
    """What failed when all started at once."""
    barrier, failed = _FORK.Barrier(_STARTERS), _FORK.SimpleQueue()
    processes = [
        _FORK.Process(target=_start, args=(open_desk, path, f"Team {each}", barrier, failed))
        for each in range(_STARTERS)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    lines = [f"exit code {each.exitcode}" for each in processes if each.exitcode]
    while not failed.empty():
        lines.append(failed.get())
    return lines


def _missing(path: Path, names: list[str]) -> list[str]:
    with Helpdesk.open(path) as desk:
        found = sorted(team.name for team in desk.teams.list())
    wrong = [] if found == sorted(names) else [f"of the teams there are {found}"]
    return [*wrong, *broken(path), *unsound(path)]


def _opened(trial: Trial, control: str, bites: bool) -> Outcome:
    rounds = trial.amount(10, 500)
    told = _library(trial, "library", rounds, _open)
    return Outcome(
        f"{_STARTERS} starters at once on a fresh file",
        rounds,
        told.told(),
        f"{rounds * _STARTERS:,} processes opened the file and added a team each; all are there",
        control,
        bites,
    )


def _commands(trial: Trial, control: str, bites: bool) -> Outcome:
    rounds, told, folder = trial.amount(1, 30), Failures(), trial.folder("commands")
    trial.progress.step(f"starters, commands: {rounds} rounds")
    for number in range(rounds):
        path = folder / f"{number}.db"
        names = [f"Team {each}" for each in range(_STARTERS)]
        command = [sys.executable, "-m", "cstar_web", "team", "create", "--database", str(path)]
        running = [
            subprocess.Popen([*command, name], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            for name in names
        ]
        for process in running:
            said = process.communicate()[1].decode()
            if process.returncode:
                told.add(f"round {number}: exit code {process.returncode}: {said}")
        for line in _missing(path, names):
            told.add(f"round {number}: {line}")
    return Outcome(
        f"{_STARTERS} times `cstar team create` at once on a fresh file",
        rounds,
        told.told(),
        f"{rounds * _STARTERS:,} commands, all with exit code 0; all teams are there",
        control,
        bites,
    )


SECTION = Section("starters", "several processes at once on a fresh file", run)
