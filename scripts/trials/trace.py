"""What a server did to its files and what it answered, in order, read from a trace by strace."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_CALLS = "pwrite64,fdatasync,fsync,ftruncate,unlink,sendto"
_LONGEST = 200_000
_CALL = re.compile(
    rb"(?P<pid>\d+) +(?P<name>\w+)\((?P<args>.*?)"
    rb"(?:\) += (?P<result>-?\d+|\?).*| <unfinished \.\.\.>)$"
)
_RESUMED = re.compile(rb"(?P<pid>\d+) +<\.\.\. \w+ resumed>.*\) += (?P<result>-?\d+|\?)")
_HEX = re.compile(rb'"([^"]*)"')
_PATH = re.compile(rb"\d+<([^>]*)>")
_LAST = re.compile(rb", (\d+)$")
_ANSWER = re.compile(rb"HTTP/1\.[01] 2.*?\r\nX-Request-Id: (\S+)\r\n", re.DOTALL)


@dataclass(frozen=True)
class Step:
    """One thing that was done: write, truncate, sync, fail (a sync that failed), unlink, answer.

    ``name`` is the file, or the marker of the write that was acknowledged; ``at`` where it was
    written, or the new length; ``since`` how many steps there were when a sync began.
    """

    kind: str
    name: str
    at: int = 0
    data: bytes = b""
    since: int = 0


@dataclass
class _Begun:
    name: bytes
    args: bytes
    since: int


def command(output: Path, *more: str) -> Sequence[str]:
    """The command that traces another one."""
    # fmt: off
    return (
        "strace", "-f", "--seccomp-bpf", "-qq", "-y", "-xx", "-s", str(_LONGEST),
        "-o", str(output), "-e", f"trace={_CALLS}", "-e", "signal=none", *more,
    )  # fmt: skip


def missing() -> str:
    """Why nothing can be traced; empty if it can."""
    if not shutil.which("strace"):
        return "there is no strace; to try this: apt install strace"
    tried = subprocess.run([*command(Path(os.devnull)), "true"], stderr=subprocess.DEVNULL)
    return "" if tried.returncode == 0 else "strace may not trace here; to try this: allow ptrace"


def steps(trace: Path, folder: Path) -> list[Step]:
    """All that was done to the files in a folder, and the answers, in order."""
    found: list[Step] = []
    begun: dict[bytes, _Begun] = {}
    with trace.open("rb") as lines:
        for line in lines:
            match = _CALL.match(line)
            resumed = None if match else _RESUMED.match(line)
            if match:
                call = _Begun(match["name"], match["args"], len(found))
                if call.name == b"sendto":
                    # An answer counts as given from when it was begun.
                    found += _answers(call.args)
                elif match["result"] is None:
                    begun[match["pid"]] = call
                else:
                    found += _step(call, match["result"], folder)
            elif resumed and resumed["pid"] in begun:
                found += _step(begun.pop(resumed["pid"]), resumed["result"], folder)
    return found


def _answers(args: bytes) -> Iterator[Step]:
    text = _HEX.search(args)
    answer = _ANSWER.match(_plain(text[1])) if text else None
    if answer:
        yield Step("answer", answer[1].decode())


def _step(call: _Begun, result: bytes, folder: Path) -> Iterator[Step]:
    if call.name == b"unlink":
        path = _HEX.match(call.args)
        if path and result == b"0":
            yield from _named("unlink", _plain(path[1]), folder)
        return
    path = _PATH.match(call.args)
    if path is None:
        return
    name = _plain(path[1])
    if call.name in (b"fdatasync", b"fsync"):
        yield from _named("sync" if result == b"0" else "fail", name, folder, since=call.since)
        return
    last = _LAST.search(call.args)
    number = int(last[1]) if last else 0
    if call.name == b"ftruncate" and result == b"0":
        yield from _named("truncate", name, folder, at=number)
    elif call.name == b"pwrite64" and not result.startswith(b"-"):
        text = _HEX.search(call.args)
        data = _plain(text[1])[: int(result)] if text else b""
        yield from _named("write", name, folder, at=number, data=data)


def _named(
    kind: str, path: bytes, folder: Path, at: int = 0, data: bytes = b"", since: int = 0
) -> Iterator[Step]:
    """The step, if it was done in the folder; the folder itself has no name."""
    full = Path(path.decode())
    if full == folder:
        yield Step(kind, "", since=since)
    elif full.parent == folder and not full.name.endswith("-shm"):
        yield Step(kind, full.name, at, data, since)


def _plain(escaped: bytes) -> bytes:
    return bytes.fromhex(escaped.replace(b"\\x", b"").decode())
