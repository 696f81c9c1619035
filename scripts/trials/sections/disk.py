"""A disk that is full, and a limit on the size of files, while eight clients write.

The disk is a small one in memory. It is filled and emptied again in turns; the server goes on, or
is killed while the disk is full and started on it. Deletions must work all the time.
"""

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scripts.trials.heedless import MODULE as HEEDLESS
from scripts.trials.ledger import State, Verdict, Write, compare
from scripts.trials.section import Failures, Outcome, Section, Trial, left_out
from scripts.trials.server import PRODUCT, Client, Desk, Server, new_desk, serving
from scripts.trials.soundness import broken, unsound
from scripts.trials.writers import Writer, Writers, request

_FULL = "STORAGE_FULL"
_WRITERS = 8
_SIZE = "32m"
_RESERVE = "4"
_NO_RESERVE = "0"
_DELETED = 5
_WORK = 0.3
_BLOCK = bytes(64 * 1024)
_FILE_LIMIT = 2_000_000
_LARGE = "x" * 60_000
_MOST_LARGE = 800


def run(trial: Trial) -> Sequence[Outcome]:
    """The disk, if one can be mounted; the limit, if there is `prlimit`."""
    return [_full_disk(trial), _limited(trial)]


@dataclass
class _Disk:
    """What was sent to a desk on a small disk, and what was wrong."""

    desk: Desk
    writers: Writers
    saved: Writer
    told: Failures
    rounds: int = 0
    reads: int = 0
    deletions: int = 0
    not_deleted: int = 0
    restarts: int = 0
    _large: list[str] = field(default_factory=list)

    def round(self, server: Server, number: int, *, restart: bool) -> Server:
        """Fill the disk, see what works, and empty it again."""
        self.rounds += 1
        where = f"round {number}"
        tickets = self._save(server.client(), where)
        ballast = _fill(self.desk.path.parent)
        try:
            self.writers.work(server, _WORK).stop()
            if restart:
                server.kill()
                server = _started(self.desk, _RESERVE, processes=1 + number // 2 % 2)
                self.restarts += 1
            client = server.client()
            self._read(client, where)
            self._refuse(client, where)
            self._delete(client, tickets, where)
        finally:
            ballast.unlink()
        self._write_again(client, where)
        return server

    def look_over(self) -> Verdict:
        """Compare everything."""
        writes = [*self.writers.writes, *self.saved.writes]
        found = compare(State(self.desk.path), writes)
        for line in [*found.told.told(), *broken(self.desk.path), *unsound(self.desk.path)]:
            self.told.add(line)
        for line in [*self.writers.unexpected, *self.saved.unexpected]:
            self.told.add(line)
        return found

    def _save(self, client: Client, where: str) -> list[Write]:
        """Tickets that will be deleted once the disk is full."""
        made = [self.saved.write("ticket") for _ in range(_DELETED)]
        for write in made:
            if not self.saved.send(client, write):
                self.told.add(f"{where}: {write.marker} could not be made on an empty disk")
        return [write for write in made if write.acked]

    def _read(self, client: Client, where: str) -> None:
        for path in (self.desk.tickets, f"{self.desk.tickets}?search=torture", "/healthz"):
            self.reads += 1
            answer = client.send("GET", path)
            if answer.status != 200:
                self.told.add(f"{where}: {path} answered {answer.status} {answer.code}")

    def _refuse(self, client: Client, where: str) -> None:
        """Large writes use up what deletions left inside of the files, and then are refused."""
        self._large = []
        for _ in range(_MOST_LARGE):
            answer = client.send("POST", self.desk.tickets, {"title": "large", "notes": _LARGE})
            if answer.status != 201:
                break
            self._large.append(answer.body["data"]["id"])
        if (answer.status, answer.code) != (503, _FULL):
            self.told.add(f"{where}: a large write answered {answer.status} {answer.code}")

    def _delete(self, client: Client, tickets: list[Write], where: str) -> None:
        for ticket in tickets:
            self.deletions += 1
            write = self.saved.write("delete", ticket)
            answer = client.send(*request(self.desk, write), marker=write.marker)
            write.acked = answer.status == 200
            if not write.acked:
                self.not_deleted += 1
                self.told.add(f"{where}: a deletion answered {answer.status} {answer.code}")

    def _write_again(self, client: Client, where: str) -> None:
        write = self.saved.write("ticket")
        # Else what was taken of the large ones would fill the disk in the end.
        for id in self._large:
            client.send("DELETE", f"{self.desk.tickets}/{id}")
        if not self.saved.send(client, write):
            self.told.add(f"{where}: nothing could be written once there was space again")


def _started(desk: Desk, reserve: str, processes: int = 1) -> Server:
    """A server; on a full disk it is not ready to write, so it is only awaited until it listens."""
    return Server(desk, "--disk-reserve", reserve, "--processes", str(processes))


def _full_disk(trial: Trial) -> Outcome:
    test = "a full disk, again and again"
    if os.geteuid() or not shutil.which("mount"):
        return left_out(test, "a small disk is mounted for this; to try it: run as root")
    try:
        found, verdict = _rounds(trial, "disk", trial.amount(2, 40), _RESERVE)
        control, _ = _rounds(trial, "disk-control", 1, _NO_RESERVE)
    except subprocess.CalledProcessError:
        return left_out(test, "this machine does not let a small disk be mounted")
    refused = sum(writer.refused for writer in found.writers.all)
    return Outcome(
        test,
        found.rounds,
        found.told.told(),
        f"{verdict.writes:,} writes, {refused:,} of them refused with 503 STORAGE_FULL, "
        f"{verdict.acked:,} acknowledged; {verdict.say()}; {found.deletions:,} deletions on the "
        f"full disk, {found.not_deleted} failed; {found.reads:,} reads; {found.restarts} times "
        "killed and started on the full disk; writing went on each time there was space again",
        f"a server without a reserve: {control.not_deleted} of {control.deletions} deletions fail",
        bites=control.not_deleted > 0,
    )


def _rounds(trial: Trial, name: str, rounds: int, reserve: str) -> tuple[_Disk, Verdict]:
    trial.progress.step(f"{name}: {rounds} rounds")
    with _mounted(trial.folder(name)) as folder:
        desk = new_desk(folder)
        pick = trial.random(name)
        writers = Writers.on(desk, _WRITERS, pick, expected=frozenset({_FULL}))
        disk = _Disk(desk, writers, Writer(desk, "saved", pick), Failures())
        server = _started(desk, reserve)
        try:
            server.ready()
            for number in range(1, rounds + 1):
                trial.progress.now(f"{name}: round {number} of {rounds}")
                server = disk.round(server, number, restart=number % 2 == 0)
        finally:
            server.kill()
        return disk, disk.look_over()


@contextlib.contextmanager
def _mounted(folder: Path) -> Iterator[Path]:
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", str(folder)]
    subprocess.run(mount, check=True, stderr=subprocess.DEVNULL)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _fill(folder: Path) -> Path:
    """A file that takes all that a disk has."""
    ballast = folder / "ballast"
    with ballast.open("ab", buffering=0) as file:
        for size in (len(_BLOCK), 4096):
            with contextlib.suppress(OSError):
                while file.write(_BLOCK[:size]) == size:
                    pass
    return ballast


def _limited(trial: Trial) -> Outcome:
    test = "a limit on the size of files, then none"
    if not shutil.which("prlimit"):
        return left_out(test, "there is no prlimit; to try this: apt install util-linux")
    found, refused, told = _grow(trial, "limit", PRODUCT)
    control, _, _ = _grow(trial, "limit-control", HEEDLESS)
    return Outcome(
        test,
        1,
        told.told(),
        f"{found.writes:,} writes, {refused:,} of them refused with 503 STORAGE_FULL, "
        f"{found.acked:,} acknowledged; {found.say()}; reading went on, and so did writing "
        "once the limit was gone",
        "a server that does not look whether a commit worked: "
        f"{control.lost:,} of {control.acked:,} acknowledged writes found lost",
        bites=control.lost > 0,
    )


def _grow(trial: Trial, name: str, module: str) -> tuple[Verdict, int, Failures]:
    """Write until the files may grow no more, and go on once they may."""
    trial.progress.step(f"{name}: files of at most {_FILE_LIMIT:,} bytes")
    desk = new_desk(trial.folder(name))
    told = Failures()
    under = ["prlimit", f"--fsize={_FILE_LIMIT}:unlimited"]
    writers = Writers.on(desk, _WRITERS, trial.random(name), expected=frozenset({_FULL}))
    with serving(desk, under=under, module=module) as server:
        _until_refused(writers, server)
        answer = server.client().send("GET", desk.tickets)
        if answer.status != 200:
            told.add(f"reading answered {answer.status} {answer.code}")
        free = ["prlimit", "--pid", str(server.process.pid), "--fsize=unlimited"]
        subprocess.run(free, check=True)
        refused = sum(writer.refused for writer in writers.all)
        writers.work(server, _WORK).stop()
        if sum(writer.refused for writer in writers.all) > refused:
            told.add("writes were refused once the limit was gone")
        server.kill()
    found = compare(State(desk.path), writers.writes)
    for line in [*found.told.told(), *unsound(desk.path), *writers.unexpected]:
        told.add(line)
    if not refused and module == PRODUCT:
        told.add("nothing was refused")
    return found, refused, told


def _until_refused(writers: Writers, server: Server) -> None:
    """Let all write until some were refused; the log is beyond the limit long before the end."""
    work = writers.work(server, 0)
    for _ in range(100):
        time.sleep(_WORK)
        if server.desk.path.with_name("desk.db-wal").stat().st_size >= _FILE_LIMIT - 4096:
            break
    time.sleep(_WORK)
    work.stop()


SECTION = Section("disk", "a full disk and its recovery, a limit on the size of files", run)
