"""Clients that write as fast as they are answered, each to its own tickets, and keep the ledger."""

import http.client
import random
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from scripts.trials.ledger import Write
from scripts.trials.server import PATIENCE, Answer, Client, Desk, Server

_KINDS = {"ticket": 40, "message": 25, "patch": 15, "delete": 8, "customer": 12}
_PATCHES = 20
# What a request fails with when the server goes away.
BROKEN = (OSError, http.client.HTTPException, ValueError)


@dataclass
class Writer:
    """One client. A ticket on which a write was not acknowledged is left alone from then on.

    It goes on after an answer with one of the ``expected`` codes, and ends after so many writes.
    """

    desk: Desk
    name: str
    pick: random.Random
    expected: frozenset[str] = frozenset()
    most: int | None = None
    timeout: float = PATIENCE
    refused: int = 0
    acked: int = 0
    writes: list[Write] = field(default_factory=list)
    pending: Write | None = None
    unexpected: list[str] = field(default_factory=list)
    _tickets: list[Write] = field(default_factory=list)
    _patched: dict[str, int] = field(default_factory=dict)

    def work(self, server: Server, stop: threading.Event) -> None:
        """Write until told to stop or until the server is gone."""
        client = server.client(self.timeout)
        try:
            while not stop.is_set() and self.most != len(self.writes):
                write = self.next_write()
                if not self.send(client, write):
                    return
        finally:
            client.close()

    def next_write(self) -> Write:
        """The next thing to send, noted in the ledger before it is."""
        kind = self.pick.choices(list(_KINDS), list(_KINDS.values()))[0]
        on = self.pick.choice(self._tickets) if self._tickets else None
        if kind == "patch" and on and self._patched.get(on.marker, 0) >= _PATCHES:
            kind = "message"
        if kind not in ("ticket", "customer") and on is None:
            kind = "ticket"
        return self.write(kind, None if kind in ("ticket", "customer") else on)

    def write(self, kind: str, on: Write | None = None) -> Write:
        """Note a write in the ledger."""
        write = Write(kind, f"{self.name}x{len(self.writes)}", on)
        self.writes.append(write)
        return write

    def send(self, client: Client, write: Write) -> bool:
        """Send a write; whether to go on."""
        self.pending = write
        try:
            answer = client.send(*request(self.desk, write), marker=write.marker)
        except BROKEN:
            self._leave_alone(write)
            return False
        if answer.code in self.expected:
            self.refused += 1
            self._leave_alone(write)
            return True
        if answer.status >= 300:
            self.unexpected.append(f"{write.kind} {write.marker}: {answer.status} {answer.code}")
            self._leave_alone(write)
            return False
        self._note(write, answer)
        return True

    def retry(self, client: Client, *, keyed: bool = True) -> bool:
        """Send what was not acknowledged again, with the same key; whether there was anything.

        While the first one is still being answered, it is sent again and again.
        """
        write = self.pending
        if write is None:
            return False
        marker = write.marker if keyed else None
        until = time.monotonic() + PATIENCE
        answer = client.send(*request(self.desk, write), marker=marker)
        while answer.code == "IDEMPOTENCY_IN_PROGRESS" and time.monotonic() < until:
            time.sleep(0.05)
            answer = client.send(*request(self.desk, write), marker=marker)
        if answer.status < 300:
            self._note(write, answer)
        else:
            self.unexpected.append(f"{write.kind} {write.marker}: {answer.status} {answer.code}")
        return True

    def _note(self, write: Write, answer: Answer) -> None:
        write.acked, self.pending = True, None
        self.acked += 1
        if write.kind == "ticket":
            write.id = answer.body["data"]["id"]
            self._tickets.append(write)
        elif write.kind == "delete":
            self._leave_alone(write)
        elif write.kind == "patch" and write.on:
            self._patched[write.on.marker] = self._patched.get(write.on.marker, 0) + 1

    def _leave_alone(self, write: Write) -> None:
        if write.on in self._tickets:
            self._tickets.remove(write.on)


def request(desk: Desk, write: Write) -> tuple[str, str, object]:
    """The method, path and body of a write."""
    body = write.body()
    if write.kind == "ticket":
        return "POST", desk.tickets, body
    if write.kind == "customer":
        return "POST", desk.customers, body
    ticket = f"{desk.tickets}/{write.on.id if write.on else ''}"
    if write.kind == "message":
        return "POST", f"{ticket}/messages", body
    return ("PATCH" if write.kind == "patch" else "DELETE"), ticket, body


@dataclass
class Writers:
    """Several writers at once on one desk."""

    all: list[Writer]

    @classmethod
    def on(cls, desk: Desk, count: int, pick: random.Random, **how: Any) -> "Writers":
        """So many, each with a name of its own."""
        base = f"{pick.getrandbits(32):08x}"
        names = [f"{base}{number}" for number in range(count)]
        return cls([Writer(desk, name, random.Random(pick.random()), **how) for name in names])

    @property
    def writes(self) -> list[Write]:
        """The ledger of all."""
        return [write for writer in self.all for write in writer.writes]

    @property
    def unexpected(self) -> list[str]:
        """Answers that were neither a success nor no answer."""
        return [line for writer in self.all for line in writer.unexpected]

    def work(self, server: Server, seconds: float) -> "Work":
        """Let all of them write from now on; they go on until told to stop."""
        work = Work(self.all, server)
        time.sleep(seconds)
        return work

    def retry(self, server: Server, *, keyed: bool = True) -> int:
        """Send what was not acknowledged again; how many writes."""
        client = server.client()
        sent = sum([writer.retry(client, keyed=keyed) for writer in self.all])
        client.close()
        return sent

    def forget_pending(self) -> None:
        """Never send what was not acknowledged again."""
        for writer in self.all:
            writer.pending = None


class Work:
    """Writers at work in threads."""

    def __init__(self, writers: list[Writer], server: Server) -> None:
        self._stop = threading.Event()
        self._writers = writers
        self._before = self._acked()
        self._threads = [
            threading.Thread(target=each.work, args=(server, self._stop), daemon=True)
            for each in writers
        ]
        for thread in self._threads:
            thread.start()

    def wait_for(self, count: int) -> None:
        """Wait until so many more writes have been acknowledged, or nobody is at work any more."""
        while self._acked() < self._before + count and any(t.is_alive() for t in self._threads):
            time.sleep(0.001)

    def _acked(self) -> int:
        return sum(writer.acked for writer in self._writers)

    def wait(self) -> None:
        """Wait until all have sent as much as they should."""
        for thread in self._threads:
            thread.join()

    def stop(self) -> None:
        """Tell them to stop, and wait until they have."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
