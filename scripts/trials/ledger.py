"""What was sent and what was acknowledged, kept outside the server, and compared with a file.

Each write carries a marker that nothing else has, and leaves several things in the file: a row,
a message, a use of a tag, an event. They must all be there once, or none of them.
"""

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cstar_core import EVENT_TYPES
from scripts.trials.section import Failures

_TYPE = {name: code for code, name in enumerate(EVENT_TYPES)}


@dataclass
class Write:
    """One request that changes something; ``on`` is the write that made its ticket."""

    kind: str
    marker: str
    on: "Write | None" = None
    acked: bool = False
    id: str = ""

    def body(self) -> dict[str, Any] | None:
        """What is sent."""
        mark = self.marker
        bodies: dict[str, dict[str, Any] | None] = {
            "ticket": {
                "title": f"Ticket {mark}",
                "customerName": f"Customer {mark}",
                "tags": ["torture", mark],
                "initialMessage": f"Message {mark}",
            },
            "message": {"content": f"Message {mark}"},
            "patch": {"metadata": {mark: 1}},
            "customer": {"name": f"Customer {mark}"},
            "delete": None,
        }
        return bodies[self.kind]


@dataclass
class Verdict:
    """What a comparison found."""

    writes: int = 0
    acked: int = 0
    lost: int = 0
    doubled: int = 0
    torn: int = 0
    told: Failures = field(default_factory=Failures)

    @property
    def wrong(self) -> int:
        """How many writes are not as they should be."""
        return self.lost + self.doubled + self.torn

    def add(self, other: "Verdict") -> None:
        """Count another one in."""
        self.writes += other.writes
        self.acked += other.acked
        self.lost += other.lost
        self.doubled += other.doubled
        self.torn += other.torn
        for line in other.told.told():
            self.told.add(line)

    def say(self) -> str:
        """The figures."""
        return f"{self.lost} lost, {self.doubled} doubled, {self.torn} torn"


class State:
    """What is in a file, in one snapshot, looked up by marker."""

    def __init__(self, path: Path) -> None:
        self.tickets: dict[str, list[tuple[int, bytes, dict[str, Any]]]] = defaultdict(list)
        self.messages: dict[str, list[tuple[bytes, int]]] = defaultdict(list)
        self.customers: dict[str, list[bytes]] = defaultdict(list)
        self.events: Counter[tuple[int, bytes]] = Counter()
        self.patches: Counter[tuple[bytes, str]] = Counter()
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA query_only = ON")
            connection.execute("BEGIN")
            self._read(connection)

    def _read(self, connection: sqlite3.Connection) -> None:
        run = connection.execute
        for id, uid, title, metadata in run("SELECT id, uid, title, metadata FROM tickets"):
            self.tickets[title].append((id, uid, json.loads(metadata)))
        for uid, ticket, content in run("SELECT uid, ticket_id, content FROM messages"):
            self.messages[content].append((uid, ticket))
        for uid, name in run("SELECT uid, name FROM customers"):
            self.customers[name].append(uid)
        for type, uid, changes in run("SELECT type, object_uid, changes FROM events"):
            self.events[type, uid] += 1
            metadata = json.loads(changes or "{}").get("metadata")
            if metadata:
                for marker in metadata["to"].keys() - metadata["from"].keys():
                    self.patches[uid, marker] += 1
        self.uses = dict(run("SELECT tag_key, uses FROM tags"))
        self.total = run("SELECT count(*) FROM tickets").fetchone()[0]
        self.last = run("SELECT coalesce(max(number), 0), count(*) FROM events").fetchone()

    def event(self, type: str, uid: bytes) -> int:
        """How many events of a type an object has."""
        return self.events[_TYPE[type], uid]

    def out_of_step(self) -> Iterator[str]:
        """Where the events do not add up to what there is."""
        by_type: Counter[int] = Counter()
        for (type, _), count in self.events.items():
            by_type[type] += count
        left = by_type[_TYPE["ticket.created"]] - by_type[_TYPE["ticket.deleted"]]
        if left != self.total:
            yield f"{self.total} tickets, but the events tell of {left}"


def compare(
    state: State, writes: Iterable[Write], acked: Callable[[Write], bool] | None = None
) -> Verdict:
    """Look for every write; ``acked`` tells which must be there, by default those that were."""
    known = acked or (lambda write: write.acked)
    verdict = Verdict()
    listed = list(writes)
    gone = {id(w.on): w for w in listed if w.kind == "delete" and _is_gone(state, w, known)}
    for write in listed:
        verdict.writes += 1
        verdict.acked += known(write)
        _judge(verdict, write, known(write), _found(state, write, gone))
    for line in state.out_of_step():
        verdict.torn += 1
        verdict.told.add(line)
    return verdict


def _is_gone(state: State, delete: Write, known: Callable[[Write], bool]) -> bool:
    ticket = delete.on
    if ticket is None or known(delete):
        return True
    return known(ticket) and not state.tickets.get(_title(ticket))


def _title(write: Write) -> str:
    return f"Ticket {write.marker}"


def _judge(verdict: Verdict, write: Write, acked: bool, found: list[int] | None) -> None:
    if found is None or all(count == 1 for count in found):
        return
    if any(count > 1 for count in found):
        verdict.doubled, what = verdict.doubled + 1, "doubled"
    elif any(found):
        verdict.torn, what = verdict.torn + 1, "torn"
    elif acked:
        verdict.lost, what = verdict.lost + 1, "lost"
    else:
        return
    verdict.told.add(f"{write.kind} {write.marker} {what}: {found}")


def _found(state: State, write: Write, gone: dict[int, Write]) -> list[int] | None:
    """How often each part of a write is in the file; None where its ticket was deleted since."""
    ticket = write if write.kind == "ticket" else write.on
    if write.kind == "delete":
        return _deleted(state, write, id(write.on) in gone)
    if ticket is not None and id(ticket) in gone:
        return None
    if write.kind == "customer":
        return _customer(state, write.marker)
    if write.kind == "message":
        return _message(state, write.marker, ticket)
    rows = state.tickets.get(_title(ticket), []) if ticket else []
    if write.kind == "patch":
        return [
            sum(write.marker in metadata for _, _, metadata in rows),
            sum(state.patches[uid, write.marker] for _, uid, _ in rows),
        ]
    return [
        len(rows),
        sum(state.event("ticket.created", uid) for _, uid, _ in rows),
        state.uses.get(write.marker, 0),
        *_message(state, write.marker, write),
        *_customer(state, write.marker),
    ]


def _customer(state: State, marker: str) -> list[int]:
    uids = state.customers.get(f"Customer {marker}", [])
    return [len(uids), sum(state.event("customer.created", uid) for uid in uids)]


def _message(state: State, marker: str, ticket: Write | None) -> list[int]:
    rows = state.messages.get(f"Message {marker}", [])
    owners = {id for id, _, _ in state.tickets.get(_title(ticket), [])} if ticket else set()
    return [
        len(rows),
        sum(owner in owners for _, owner in rows),
        sum(state.event("message.created", uid) for uid, _ in rows),
    ]


def _deleted(state: State, write: Write, gone: bool) -> list[int]:
    """Whether what a deletion takes away is gone, and told of."""
    if write.on is None or not write.on.id:
        return [0]
    told = state.event("ticket.deleted", bytes.fromhex(write.on.id.partition("_")[2]))
    marker = write.on.marker
    left = [
        len(state.tickets.get(_title(write.on), [])),
        state.uses.get(marker, 0),
        len(state.messages.get(f"Message {marker}", [])),
    ]
    return [told, *(int(not count) for count in left)] if gone else [told, 0]
