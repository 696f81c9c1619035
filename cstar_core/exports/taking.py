"""How records become rows again: what is known so far, and what all kinds have in common."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from typing import Any, ClassVar, Protocol

from cstar_core.blobs import Folder
from cstar_core.checks import invalid
from cstar_core.errors import Problem
from cstar_core.exports.kinds import (
    Kind,
)
from cstar_core.fields import Definition
from cstar_core.store import Transaction, prepare_insert

TOGETHER = 1_000
Values = dict[str, Any]

# Where the row has an integer key, the record has the id of what it leads to.
_KEYS = {
    "customers.uid": "customer_id",
    "members.uid": "assigned_to",
    "makers.uid": "member_id",
    "tickets.uid": "ticket_id",
    "homes.uid": "home_id",
    "survivors.uid": "into_id",
    "messages.uid": "message_id",
    "blobs.digest": "blob_id",
}


@dataclass(slots=True)
class Space:
    """A workspace on its way into the file, and what is known of it so far.

    ``ticket`` and ``event`` are the last numbers that were taken in.
    """

    key: int
    team: int
    salt: bytes
    last_ticket: int
    fields: dict[str, dict[str, Definition]] = field(
        default_factory=lambda: {"tickets": {}, "customers": {}}
    )
    ticket: int = 0
    newest: int = 0
    in_order: bool = True
    event: int = 0


@dataclass(slots=True)
class Loaded:
    """What has been taken in: teams by id, workspaces by place, members by team and id.

    ``folder`` has the files that are stored, ``lost`` the SHA-256 of those that the export lacks.
    """

    tx: Transaction
    folder: Folder
    lost: frozenset[str] = frozenset()
    teams: dict[object, int] = field(default_factory=dict)
    spaces: dict[tuple[object, object], Space] = field(default_factory=dict)
    members: dict[tuple[int, object], int] = field(default_factory=dict)


NO_TEAM = invalid("teamId", "must be a team of the export")
NO_SPACE = invalid("teamId", "must be, with environment, a workspace of the export")


def space_of(loaded: Loaded, record: Mapping[str, Any]) -> Space | None:
    """The workspace that a record names."""
    team, environment = record["teamId"], record["environment"]
    named = isinstance(team, str) and isinstance(environment, str)
    return loaded.spaces.get((team, environment)) if named else None


class Taker(Protocol):
    """Takes the records of one file, in their order."""

    def add(self, record: Mapping[str, Any]) -> list[Problem]:
        """Take a record in, or say what is wrong with it."""

    def write(self) -> None:
        """Write what waits, which the next file may refer to."""


class Rows:
    """Records whose members are checked and stored by the forms of their kind.

    A row has the columns of these, without those ``passed`` over, and those of ``more``; so many
    are written ``together``.
    """

    kind: ClassVar[Kind]
    more: ClassVar[tuple[str, ...]] = ("id",)
    passed: ClassVar[tuple[str, ...]] = ()
    together: ClassVar[int] = TOGETHER

    def __init__(self, loaded: Loaded) -> None:
        self._loaded = loaded
        self._tx = loaded.tx
        self._waiting: list[list[Any]] = []
        members = self.kind.members.items()
        self._forms = [(name, _KEYS.get(own, own), form) for name, (own, form) in members]
        own = [own for _, own, _ in self._forms if own not in self.passed]
        columns = [*own, *self.more]
        self._insert = prepare_insert(self.kind.table, columns)

    def add(self, record: Mapping[str, Any]) -> list[Problem]:
        """Take a record in, or say what is wrong with it."""
        problems = [p for name, _, form in self._forms for p in form.check(name, record[name])]
        if problems:
            return problems
        values = {own: form.store(record[name]) for name, own, form in self._forms}
        problems = self._complete(record, values)
        if not problems:
            self._waiting.append(list(values.values()))
            if len(self._waiting) >= self.together:
                self.write()
        return problems

    def write(self) -> None:
        """Write what waits."""
        self._tx.many(self._insert, self._waiting)
        self._waiting.clear()

    def _complete(self, record: Mapping[str, Any], values: Values) -> list[Problem]:
        """Look up what the record refers to, and add the columns of ``more`` in their order."""
        raise TypeError(type(self).__name__)

    @cached_property
    def _keys(self) -> Iterator[int]:
        return count(_last_key(self._tx, self.kind.name) + 1)

    def _key(self) -> int:
        """The integer key of the next row."""
        return next(self._keys)


def _last_key(tx: Transaction, table: str) -> int:
    """The highest integer key that a table has, or ever gave to one that never gives it again."""
    found = tx.sql(f"SELECT coalesce(max(id), 0) FROM {table}")  # noqa: S608 - a name of ours
    return max(int(found[0][0]), tx.next_key(table) - 1)
