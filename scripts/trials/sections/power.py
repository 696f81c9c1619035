"""Power loss: what the server wrote is recorded, and the disk rebuilt as a crash may leave it.

A crash is simulated at many moments of the record. What was synced is there; of the rest chance
decides what is missing, in which order it came, and what is torn in its sectors. The product opens
each of these files, and everything whose answer stands earlier in the record must be there.
"""

import random
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cstar_core import Helpdesk, HelpdeskError
from scripts.trials import patched, trace
from scripts.trials.ledger import State, Write, compare
from scripts.trials.replay import Disk
from scripts.trials.section import Failures, Outcome, Section, Trial, left_out
from scripts.trials.server import PRODUCT, Desk, new_desk, serving
from scripts.trials.soundness import broken, unsound
from scripts.trials.trace import Step
from scripts.trials.writers import Writers

_WRITERS = 4
_OFTEN = 40
_LOOKED_OVER_EVERY = 40
_FULL = frozenset({"STORAGE_FULL"})
_FAILING = "inject=fdatasync:error=EIO:when=9+7"


@dataclass(frozen=True)
class _Record:
    """What a server did, the files it began with, and the ledger of what was sent to it."""

    desk: Desk
    before: Mapping[str, bytes]
    steps: Sequence[Step]
    writes: Sequence[Write]
    refused: int = 0

    @property
    def first(self) -> int:
        """The step after the first answer."""
        return next(n for n, step in enumerate(self.steps, 1) if step.kind == "answer")

    @property
    def acknowledged(self) -> int:
        """How many of the writes were."""
        return sum(write.acked for write in self.writes)

    def count(self, kind: str) -> int:
        """How many steps of a kind there are."""
        return sum(step.kind == kind for step in self.steps)


@dataclass
class _Found:
    """What was wrong in the crashes."""

    crashes: int = 0
    corrupt: int = 0
    torn: int = 0
    lost: int = 0
    bad: int = 0
    told: Failures = field(default_factory=Failures)

    def say(self) -> str:
        """The figures."""
        return f"{self.corrupt:,} corrupt, {self.torn:,} with something torn, {self.lost:,} lossy"


def run(trial: Trial) -> Sequence[Outcome]:
    """As shipped; with the log folded into the file often; after syncs that failed."""
    test = "power loss, by replay of every write"
    if trace.missing():
        return [left_out(test, trace.missing())]
    control = _control(trial)
    often = patched.pragmas(wal_autocheckpoint=_OFTEN)
    failing = ("-e", _FAILING)
    writes = trial.amount(40, 400)
    return [
        _outcome(test, _crashes(trial, "power", _record(trial, "power", writes)), control),
        _outcome(
            "the same, the log folded in every 40 pages",
            _crashes(trial, "often", _record(trial, "often", writes, often)),
            control,
        ),
        _outcome(
            "the same, where every 7th sync fails",
            _crashes(trial, "failing", _record(trial, "failing", writes, often, failing), 4),
            control,
        ),
    ]


def _record(
    trial: Trial,
    name: str,
    writes: int,
    pragmas: Mapping[str, str] | None = None,
    faults: Sequence[str] = (),
) -> _Record:
    """Run the server, write to it, stop it; what it did meanwhile."""
    trial.progress.step(f"{name}: recording {writes} writes")
    desk = new_desk(trial.folder(name))
    folder = desk.path.parent
    before = {each.name: each.read_bytes() for each in folder.glob("desk.db*")}
    output = trial.scratch / f"{name}.trace"
    writers = Writers.on(
        desk,
        _WRITERS,
        trial.random("power", name),
        expected=_FULL if faults else frozenset(),
        most=writes // _WRITERS,
    )
    module = patched.MODULE if pragmas else PRODUCT
    under = trace.command(output, *faults)
    with serving(desk, under=under, module=module, environ=pragmas) as server:
        writers.work(server, 0).wait()
        server.stop()
    assert not writers.unexpected, writers.unexpected  # noqa: S101 - else the record is no use
    steps = trace.steps(output, folder)
    output.unlink()
    refused = sum(writer.refused for writer in writers.all)
    return _Record(desk, before, steps, writers.writes, refused)


def _crashes(trial: Trial, name: str, record: _Record, passes: int = 1) -> "_Result":
    """Crash at moments spread over the whole record, some of them several times."""
    amount = trial.amount(80, 3_200 if name == "power" else 1_600)
    found = _Found()
    trial.progress.step(f"{name}: {amount:,} crashes in {len(record.steps):,} steps")
    with tempfile.TemporaryDirectory(dir=_memory(trial), prefix="cstar-crash-") as folder:
        for number in range(passes):
            pick = trial.random("crash", name, number)
            places = pick.choices(range(record.first, len(record.steps) + 1), k=amount // passes)
            for left, answered in _replay(record, sorted(places), pick):
                trial.progress.now(f"{name}: crash {found.crashes + 1:,} of {amount:,}")
                _look(found, record, Path(folder), left, answered)
    return _Result(record, found)


@dataclass(frozen=True)
class _Result:
    """A record, and what was found in its crashes."""

    record: _Record
    found: _Found


def _memory(trial: Trial) -> Path:
    """A folder in memory if there is one: the crashed files need not be safe."""
    shared = Path("/dev/shm")  # noqa: S108
    return shared if shared.is_dir() else trial.scratch


def _replay(
    record: _Record, places: Sequence[int], pick: random.Random
) -> Iterator[tuple[dict[str, bytes], set[str]]]:
    """The files after a crash at each of the places, and what was answered before it."""
    disk, answered, done = Disk(record.before, pick), set[str](), 0
    for place in places:
        for step in record.steps[done:place]:
            if step.kind == "answer":
                answered.add(step.name)
            disk.do(step)
        done = place
        yield disk.crash(), answered


def _look(
    found: _Found, record: _Record, folder: Path, left: Mapping[str, bytes], answered: set[str]
) -> None:
    """Open what a crash has left, and compare it with what was answered."""
    for old in folder.iterdir():
        old.unlink()
    for name, content in left.items():
        (folder / name).write_bytes(content)
    path = folder / record.desk.path.name
    found.crashes += 1
    where = f"crash {found.crashes}, after {len(answered)} answers"
    wrong = list(_damage(path, found.crashes % _LOOKED_OVER_EVERY == 0))
    if wrong:
        found.corrupt += 1
    else:
        verdict = compare(State(path), record.writes, lambda write: write.marker in answered)
        found.lost += bool(verdict.lost)
        found.torn += bool(verdict.torn or verdict.doubled)
        wrong = list(verdict.told.told())
    found.bad += bool(wrong)
    if wrong:
        found.told.add(f"{where}: {'; '.join(wrong[:3])}")


def _damage(path: Path, thoroughly: bool) -> Iterable[str]:
    """What is wrong with a file, whatever it should hold."""
    try:
        Helpdesk.open(path).close()
    except HelpdeskError as error:
        return [str(error)]
    return list(broken(path)) or list(unsound(path) if thoroughly else ())


def _control(trial: Trial) -> "_Result":
    """A server that never syncs."""
    pragmas = patched.pragmas(synchronous="OFF", wal_autocheckpoint=_OFTEN)
    record = _record(trial, "control", trial.amount(40, 200), pragmas)
    return _crashes(trial, "control", record)


def _outcome(test: str, result: _Result, control: _Result) -> Outcome:
    record, found = result.record, result.found
    failing = f", {record.count('fail'):,} that failed" if record.count("fail") else ""
    refused = f", {record.refused:,} refused with 503" if record.refused else ""
    return Outcome(
        test,
        found.crashes,
        found.told.told(),
        f"{record.acknowledged:,} of {len(record.writes):,} writes acknowledged{refused}; "
        f"{record.count('write'):,} writes to files, {record.count('sync'):,} syncs{failing}; "
        f"{found.say()}",
        f"a server with `synchronous=OFF`, of {control.found.crashes:,} crashes: "
        f"{control.found.say()}",
        bites=control.found.lost > 0 and control.found.corrupt > 0,
    )


SECTION = Section("power", "power loss, simulated at every write of a recorded run", run)
