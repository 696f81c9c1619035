"""Mail of strangers is read in a process of its own, which may take so long and no more.

That process is started anew, not forked: a server has threads. It reads one letter after another.
One that takes too long ends it, and another takes its place for the next.
"""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from cstar_core import Letter, Unreadable, load_letter
from cstar_web.mail.task import (
    LETTER,
    NUMBER,
    READING,
    READY,
    UNREADABLE,
    Task,
)

BUDGET_SECONDS = 2.0
MEMORY_BYTES = 512 * 1024 * 1024
# By the clock on the wall, for a machine that has much else to do.
PATIENCE = 15.0
_START_SECONDS = 60.0
_LETTERS_MAX = 500
_CHUNK = 1 << 20
# Modules are found where this process found them: in a folder, a zipapp or an environment.
_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from cstar_web.mail.working import main; main()"
)


class _Ended(Exception):
    """The process has ended, by itself or not; the number of the signal, else 0."""

    def __init__(self, number: int = 0) -> None:
        self.number = number


class _Late(Exception):
    """The process did not answer in time."""


class LetterReader:
    """Reads mail in another process; to be closed, and for any number of threads.

    ``read`` is as ``read_letter`` of the core, with more reasons for Unreadable:
    ``took_too_long`` (``budget`` seconds of the processor), ``too_much_memory`` and ``crashed``.
    If the process cannot be started at all, OSError is raised: nothing was wrong with the mail.
    """

    def __init__(
        self,
        trusted: Sequence[str] = (),
        *,
        budget: float = BUDGET_SECONDS,
        memory: int = MEMORY_BYTES,
        patience: float = PATIENCE,
    ) -> None:
        self._trusted = tuple(trusted)
        self._budget = budget
        self._memory = memory
        self._patience = patience
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._letters = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """The number of the process, if there is one."""
        return self._process.pid if self._process else None

    def close(self) -> None:
        """End the process; the next mail would start it again."""
        with self._turn:
            self._end()

    def read(self, raw: bytes) -> Letter:
        """What a mail says; raises Unreadable."""
        with self._turn:
            try:
                return self._read(raw, is_plain=False)
            except _Late:
                is_plain = True
            except _Ended as ended:
                # Others kill it so. Else a library for HTML may have been what took so long.
                is_plain = ended.number != signal.SIGKILL
            return self._read_again(raw, is_plain=is_plain)

    def _read_again(self, raw: bytes, *, is_plain: bool) -> Letter:
        try:
            return self._read(raw, is_plain=is_plain)
        except _Late:
            raise Unreadable(
                "took_too_long", f"was not read in {self._patience:g} seconds"
            ) from None
        except _Ended as ended:
            if ended.number in (signal.SIGPROF, signal.SIGXCPU):
                why = f"takes more than {self._budget:g} seconds to read"
                raise Unreadable("took_too_long", why) from None
            raise Unreadable("crashed", "ended the program that reads it") from None

    def _read(self, raw: bytes, *, is_plain: bool) -> Letter:
        if self._process and self._process.poll() is not None:
            self._end()
        process = self._process or self._started()
        task = Task(len(raw), self._budget, self._memory, self._trusted, is_plain)
        deadline = time.monotonic() + self._patience
        try:
            kind, said = _Exchange(process, deadline).ask(task.dumped() + raw)
            self._letters += 1
            if self._letters >= _LETTERS_MAX:
                self._end()
            if kind == LETTER:
                return load_letter(said)
        except (OSError, EOFError, ValueError):
            raise _Ended(self._end()) from None
        except BaseException:
            # An answer that comes later would be taken for that to another mail.
            self._end()
            raise
        if kind != UNREADABLE:
            raise _Ended(self._end())
        raise Unreadable(*map(str, json.loads(said)))

    def _started(self) -> "subprocess.Popen[bytes]":
        self._letters = 0
        self._process = subprocess.Popen(  # noqa: S603
            _command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # A bare root has no such device.
            stderr=subprocess.DEVNULL if os.path.exists(os.devnull) else None,
            bufsize=0,
            # Ctrl-C is for who starts this, and a process without input ends by itself.
            process_group=0,
        )
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                os.set_blocking(pipe.fileno(), False)
        try:
            _Exchange(self._process, time.monotonic() + _START_SECONDS).greet()
        except (EOFError, _Late):
            self._end()
            raise OSError("the process that reads mail does not start") from None
        return self._process

    def _end(self) -> int:
        """End the process, and tell the number of the signal that had ended it before, else 0."""
        process, self._process = self._process, None
        if process is None:
            return 0
        # One that was ended by the system may still be about to be.
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
        by_itself = process.poll()
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()
        return -by_itself if by_itself is not None and by_itself < 0 else 0


@dataclass(slots=True)
class _Exchange:
    """One question to the process and its answer, until a moment."""

    process: "subprocess.Popen[bytes]"
    deadline: float

    def greet(self) -> None:
        """Wait until the process is there."""
        if self.process.stdout:
            self._take(self.process.stdout.fileno(), len(READY))

    def ask(self, question: bytes) -> tuple[bytes, bytes]:
        """The kind of the answer, and what it says."""
        if self.process.stdin is None or self.process.stdout is None:
            raise EOFError
        self._write(self.process.stdin.fileno(), question)
        out = self.process.stdout.fileno()
        kind = self._take(out, 1)
        return kind, self._take(out, int.from_bytes(self._take(out, NUMBER), "big"))

    def _write(self, pipe: int, question: bytes) -> None:
        left = memoryview(question)
        while left:
            self._wait(pipe, select.POLLOUT)
            left = left[os.write(pipe, left[:_CHUNK]) :]

    def _take(self, pipe: int, size: int) -> bytes:
        taken = bytearray()
        while len(taken) < size:
            self._wait(pipe, select.POLLIN)
            piece = os.read(pipe, min(_CHUNK, size - len(taken)))
            if not piece:
                raise EOFError
            taken += piece
        return bytes(taken)

    def _wait(self, pipe: int, what: int) -> None:
        waiting = select.poll()
        waiting.register(pipe, what)
        left = self.deadline - time.monotonic()
        if left <= 0 or not waiting.poll(left * 1000):
            raise _Late


def _command() -> list[str]:
    """How the process is started: as this one was, but for another purpose."""
    if getattr(sys, "frozen", False):
        return [sys.executable, READING]
    return [sys.executable, "-c", _START, json.dumps(sys.path)]
