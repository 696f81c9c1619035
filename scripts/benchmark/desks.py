"""Filled desks: made once, kept in a cache, and copied for each run."""

import hashlib
import itertools
import json
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from cstar_core import Helpdesk, Workspace
from scripts.benchmark import data as data_module
from scripts.benchmark import filling
from scripts.benchmark.data import SEED, Data
from scripts.benchmark.filling import Keys, fill, open_keys
from scripts.benchmark.operations import PAGE_SIZE, Material
from scripts.common import ROOT
from scripts.common.progress import Progress

_IDS = 4_000
_PLACES = 8


@dataclass
class Desk:
    """A copy of a filled desk that a run may change; `sent` counts the requests sent to it."""

    data: Data
    path: Path
    keys: Keys
    ids: Sequence[str]
    filled_in: float
    sent: dict[str, int] = field(default_factory=dict)

    @property
    def tickets(self) -> int:
        """How many tickets it was filled with."""
        return self.data.size

    @cached_property
    def material(self) -> Material:
        """What requests are made of."""
        with Helpdesk.open(self.path) as desk:
            workspace = desk.workspace(self.keys.team)
            return Material(
                self.data,
                f"/api/v1/teams/{self.keys.team}",
                self.ids,
                _cursors(workspace, self.tickets),
                _events(workspace, self.ids[:: len(self.ids) // _PLACES or 1]),
            )


class Desks:
    """The cache of filled desks, and the folder of the copies."""

    def __init__(self, cache: Path, copies: Path, progress: Progress) -> None:
        self._cache = cache
        self._copies = copies
        self._progress = progress
        self._copied = itertools.count()
        self._cache.mkdir(parents=True, exist_ok=True)

    def copy(self, tickets: int, *, fresh: bool = False) -> Desk:
        """A new copy of the desk with so many tickets, which is made if it is not in the cache;
        a ``fresh`` one is made anyway."""
        made = self._cache / f"{tickets}-{_digest()}.db"
        about = made.with_suffix(".json")
        if fresh or not (made.exists() and about.exists()):
            self._make(made, about, Data(tickets))
        known = json.loads(about.read_text(encoding="utf-8"))
        self._progress.step(f"copying the desk with {tickets:,} tickets")
        path = self._copies / f"{tickets}-{next(self._copied)}.db"
        shutil.copyfile(made, path)
        return Desk(Data(tickets), path, Keys(*known["keys"]), known["ids"], known["seconds"])

    def _make(self, made: Path, about: Path, data: Data) -> None:
        for old in self._cache.glob(f"{data.size}-*"):
            old.unlink()
        partial = made.with_suffix(".partial")
        self._progress.step(f"making a desk with {data.size:,} tickets")
        started = time.monotonic()
        for done in fill(partial, data):
            self._progress.now(f"making a desk: {done:,} of {data.size:,} tickets")
        seconds = time.monotonic() - started
        known = {"seconds": seconds, "keys": open_keys(partial), "ids": _ids(partial, data.size)}
        about.write_text(json.dumps(known), encoding="utf-8")
        partial.rename(made)


def _digest() -> str:
    """What a filled desk depends on: the seed, the schema, the data and how they are put in."""
    scripts = sorted((ROOT / "cstar_core" / "migrations").glob("*.sql"))
    sources = [*scripts, Path(data_module.__file__), Path(filling.__file__)]
    found = hashlib.sha256(str(SEED).encode())
    for source in sources:
        found.update(source.read_bytes())
    return found.hexdigest()[:12]


def _ids(path: Path, tickets: int) -> list[str]:
    """The ids of tickets that are spread evenly over all of them."""
    numbers = range(1, tickets + 1, max(1, tickets // _IDS))
    with Helpdesk.open(path) as desk:
        rooms = desk.workspace(desk.teams.list()[0].slug).tickets
        return [rooms.list(search=f"#{number}", page_size=1).items[0].id for number in numbers]


def _cursors(workspace: Workspace, tickets: int) -> list[str]:
    """Cursors that go on from places spread over the whole list."""
    pages = max(1, tickets // PAGE_SIZE - 1)
    places = sorted({1 + pages * place // _PLACES for place in range(_PLACES)})
    found = [workspace.tickets.list(page=place).next_cursor for place in places]
    return [cursor for cursor in found if cursor is not None]


def _events(workspace: Workspace, ids: Sequence[str]) -> list[str]:
    """The events of some tickets, to ask for what came after them."""
    return [workspace.events.of_ticket(id).items[0].id for id in ids]
