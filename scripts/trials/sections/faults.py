"""The Nth system call on the files fails, for every N of some requests and of a start.

What fails is answered with 503 and the code that says why, and is not kept by halves; what is
answered with success is kept. Reads go on, and once the fault is over so do writes, without a
restart.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from scripts.trials import patched
from scripts.trials.faults import Fault, copied, counted, failing, injected, missing, run_failing
from scripts.trials.heedless import MODULE as HEEDLESS
from scripts.trials.ledger import State, Write, compare
from scripts.trials.section import Failures, Outcome, Section, Trial, left_out
from scripts.trials.server import Client, Desk, Server, new_desk, serving
from scripts.trials.soundness import broken, unsound
from scripts.trials.writers import Writers, request

_CALLS = "pwrite64,pread64,fdatasync,ftruncate"
_SWEEPS = (
    ("pwrite64", "ENOSPC", False),
    ("pwrite64", "EIO", False),
    ("pwrite64", "EIO", True),
    ("fdatasync", "EIO", False),
    ("fdatasync", "EIO", True),
    ("ftruncate", "EIO", False),
    ("pread64", "EIO", False),
)
_AT_START = (
    ("openat", "EIO"),
    ("pread64", "EIO"),
    ("pwrite64", "ENOSPC"),
    ("fdatasync", "EIO"),
    ("ftruncate", "EIO"),
)
_OFTEN = 8
_FULL = "STORAGE_FULL"
_LOOKED_OVER_EVERY = 25
_REFUSED = (1, 3)


@dataclass
class _Sweep:
    """What was sent to one server while calls failed, and what was wrong."""

    server: Server
    client: Client
    writes: list[Write] = field(default_factory=list)
    cases: int = 0
    happened: int = 0
    refused: int = 0
    read_refused: int = 0
    lost: int = 0
    told: Failures = field(default_factory=Failures)

    @property
    def desk(self) -> Desk:
        """The desk that is served."""
        return self.server.desk

    def write(self, kind: str, on: Write | None = None) -> tuple[Write, int, str]:
        """Send a write; what it was answered with."""
        write = Write(kind, f"w{len(self.writes)}w", on)
        self.writes.append(write)
        answer = self.client.send(*request(self.desk, write), marker=write.marker)
        write.acked = answer.status < 300
        if write.acked and kind == "ticket":
            write.id = answer.body["data"]["id"]
        return write, answer.status, answer.code

    def requests(self, old: Write) -> Iterator[tuple[str, int, str]]:
        """One of each: what was asked, and the answer's status and code."""
        ticket, status, code = self.write("ticket")
        yield "ticket", status, code
        on = ticket if ticket.acked else old
        for kind, target in (("message", on), ("patch", on), ("customer", None), ("delete", old)):
            _, status, code = self.write(kind, target)
            yield kind, status, code
        for path in (f"{self.desk.tickets}?search=torture", self.desk.tickets):
            answered = self.client.send("GET", path)
            yield "read", answered.status, answered.code

    def fail(self, fault: Fault, trial: Trial) -> None:
        """Let a call fail while there are requests, then see that all goes on."""
        self.cases += 1
        old = self.write("ticket")[0]
        output = trial.scratch / "calls"
        with failing(self.server, _CALLS, fault, output):
            for what, status, code in self.requests(old):
                self._judge(fault, what, status, code)
        self.happened += injected(output)
        _, status, code = self.write("ticket")
        if status >= 300:
            self.told.add(f"{fault}: afterwards {status} {code}")

    def look_over(self, where: str) -> None:
        """Compare everything so far."""
        found = compare(State(self.desk.path), self.writes)
        self.lost += found.lost
        for line in [*found.told.told(), *unsound(self.desk.path)]:
            self.told.add(f"{where}: {line}")

    def _judge(self, fault: Fault, what: str, status: int, code: str) -> None:
        if status < 300:
            return
        reading = fault.call == "pread64"
        # SQLite takes some failing reads for damage of the file, which the log then says.
        if (status, code) == (503, _FULL) or (reading and status == 500):
            self.refused += what != "read"
            self.read_refused += what == "read"
            if what != "read" or reading:
                return
        self.told.add(f"{fault}: {what} answered {status} {code}")


def run(trial: Trial) -> Sequence[Outcome]:
    """A server that runs, with the log folded in by nearly every commit; and one that starts."""
    test = "the Nth call on the files fails, while serving"
    if missing():
        return [left_out(test, missing())]
    control = _control(trial)
    return [_serving(trial, test, control), _starting(trial)]


def _serving(trial: Trial, test: str, control: _Sweep) -> Outcome:
    with _sweep(trial, "serving", patched.MODULE) as sweep:
        counts = _counts(sweep, trial)
        for call, error, lasts in _SWEEPS:
            trial.progress.step(f"faults: {counts[call]} times {call} {error}")
            for number in _numbers(trial, counts[call]):
                fault = Fault(call, error, number, lasts)
                trial.progress.now(f"faults: {fault} of {counts[call]}")
                sweep.fail(fault, trial)
                if sweep.cases % _LOOKED_OVER_EVERY == 0:
                    sweep.look_over(str(fault))
        sweep.server.kill()
        sweep.look_over("the end")
    happened = f"{sweep.happened:,} faults in {', '.join(counts)}"
    return Outcome(
        test,
        sweep.cases,
        sweep.told.told(),
        f"{happened} (EIO, ENOSPC); {len(sweep.writes):,} writes, {sweep.refused:,} of them "
        f"refused with 503, {sweep.lost} acknowledged ones lost; {sweep.read_refused:,} reads "
        "failed",
        f"a server that does not look whether a commit worked: {control.lost:,} of "
        f"{len(control.writes):,} writes found lost",
        bites=control.lost > 0,
    )


def _control(trial: Trial) -> _Sweep:
    with _sweep(trial, "heedless", HEEDLESS) as sweep:
        for number in range(1, 4):
            sweep.fail(Fault("fdatasync", "EIO", number), trial)
        sweep.look_over("control")
    return sweep


@contextmanager
def _sweep(trial: Trial, name: str, module: str) -> Iterator[_Sweep]:
    """A server with one thread, since strace counts for each thread by itself."""
    desk = new_desk(trial.folder(name))
    environ = patched.pragmas(wal_autocheckpoint=_OFTEN)
    with serving(desk, "--threads", "1", module=module, environ=environ) as server:
        yield _Sweep(server, server.client())


def _counts(sweep: _Sweep, trial: Trial) -> dict[str, int]:
    """How many calls of each kind the requests make."""
    output = trial.scratch / "calls"
    old = sweep.write("ticket")[0]
    with failing(sweep.server, _CALLS, None, output):
        list(sweep.requests(old))
    return {call: counted(output, call) for call in _CALLS.split(",")}


def _numbers(trial: Trial, count: int) -> Sequence[int]:
    """Every number; in the short form a few, spread over them."""
    step = max(1, count // 4) if trial.short else 1
    return range(1, count + 1, step)


def _starting(trial: Trial) -> Outcome:
    """`cstar check` on a file with a log that is not folded in: it opens, recovers and reads."""
    desk = new_desk(trial.folder("start"))
    with serving(desk) as server:
        writers = Writers.on(desk, 2, trial.random("faults"), most=30)
        writers.work(server, 0).wait()
        server.kill()
    told, refused, cases = Failures(), 0, 0
    folder = trial.folder("started")
    for call, error in _AT_START:
        trial.progress.step(f"faults: starting while {call} fails")
        for number in range(1, trial.amount(1, 30) + 1):
            path = copied(desk.path, folder)
            command = [sys.executable, "-m", "cstar_web", "check", "--database", str(path)]
            fault = Fault(call, error, number)
            ran = run_failing(command, path, fault, trial.scratch / "calls")
            if not injected(trial.scratch / "calls"):
                break
            cases += 1
            refused += ran.returncode != 0
            for line in _judged(ran.returncode, ran.stdout, ran.stderr):
                told.add(f"{fault}: {line}")
            found = compare(State(path), writers.writes)
            for line in [*found.told.told(), *broken(path)]:
                told.add(f"{fault}: {line}")
    path = copied(desk.path, folder)
    path.with_name(f"{path.name}-wal").unlink()
    lost = compare(State(path), writers.writes).lost
    return Outcome(
        "the Nth call fails while `cstar check` opens a file that needs recovery",
        cases,
        told.told(),
        f"{refused} ended with one line and exit code 1 or 3, the others went on; the file kept "
        "all that was acknowledged",
        f"the file without its log: {lost} of {len(writers.writes)} writes found lost",
        bites=lost > 0,
    )


def _judged(code: int, out: str, err: str) -> Iterator[str]:
    if "Traceback" in err:
        yield f"a traceback: {err.splitlines()[-1]}"
    elif code and (code not in _REFUSED or (not out and len(err.strip().splitlines()) != 1)):
        yield f"exit code {code}: {err.strip()[-200:]}"


SECTION = Section("faults", "the Nth write, sync, read or open of the files failing", run)
