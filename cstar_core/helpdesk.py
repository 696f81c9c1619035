"""The front door: open a file, take a workspace of a team, use its rooms."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from os import PathLike, fspath
from types import TracebackType
from typing import Self

from cstar_core import documents, inspection
from cstar_core.clock import Clock, utc_now
from cstar_core.custom_fields import CustomFields
from cstar_core.customers import Customers
from cstar_core.errors import Refused
from cstar_core.events import Events
from cstar_core.figures import Figures, figures
from cstar_core.idempotency import Idempotency
from cstar_core.keys import Access, Keys
from cstar_core.members import Members
from cstar_core.messages import Messages
from cstar_core.migrations import migrate, scripts
from cstar_core.scope import SYSTEM, Actor, Scope
from cstar_core.store import BUSY_SECONDS, Reserve, Store, prepare, slot, translated
from cstar_core.store.writer import Queue
from cstar_core.tables import ProbeRow
from cstar_core.teams import Team, Teams, find_scope
from cstar_core.tickets import Tickets

_PROBE = prepare(
    ProbeRow.insert({ProbeRow.id: 1, ProbeRow.written_at: slot("now")}).on_conflict_replace()
)


class Workspace:
    """A team's live or test data, as one actor sees it: the rooms, built for it alone.

    What a publishable key opened only reads; writing and the events raise Forbidden.
    """

    def __init__(self, store: Store, team: Team, scope: Scope) -> None:
        store = store if scope.internal else store.reading()
        self.team = team
        self.environment = scope.environment
        self.actor = scope.actor
        self.internal = scope.internal
        self.tickets = Tickets(store, scope)
        self.messages = Messages(store, scope)
        self.customers = Customers(store, scope)
        self.members = Members(store, scope)
        self.custom_fields = CustomFields(store, scope)
        self.events = Events(store, scope)
        self.idempotency = Idempotency(store, scope)


class Helpdesk:
    """One helpdesk in one SQLite file. Safe to share between threads; nothing in it is global.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, Helpdesk.open(f"{folder}/desk.db") as desk:
    ...     acme = desk.workspace(desk.teams.create("Acme").slug)
    ...     acme.tickets.create(title="Cannot log in", tags="login, urgent").tags
    ('login', 'urgent')
    """

    def __init__(self, store: Store, schema_version: int) -> None:
        self._store = store
        self.path = store.path
        self.schema_version = schema_version
        self.sqlite_version = sqlite3.sqlite_version
        self.teams = Teams(store)
        self.keys = Keys(store)

    @classmethod
    def open(
        cls,
        path: str | PathLike[str],
        *,
        clock: Clock = utc_now,
        queue: Queue | None = None,
        reserve: int | None = None,
    ) -> Self:
        """Open a file, making it if it is not there, and bring it to the newest schema.

        ``clock`` gives the present instant (aware). ``queue`` is a lock that is held around every
        write: one for several processes lets them take turns at the file. ``reserve`` is how many
        bytes of disk space to keep for deletions, in a file beside it; None keeps those that are
        kept already, 0 gives them back. Raises Refused for a file that is not a cStar database, is
        damaged or from a newer version (it stays untouched), Busy and StorageFull.
        """
        name = fspath(path)
        kept = Reserve(name, reserve)
        kept.make_way()
        with translated(name):
            version = migrate(name, scripts(), BUSY_SECONDS)
        kept.keep()
        return cls(Store(name, clock, documents.UPKEEP, queue, kept), version)

    def close(self) -> None:
        """Close the file; a desk that is closed raises RuntimeError."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def transaction(
        self, *, at: datetime | None = None, brief: bool = False, reserved: bool = False
    ) -> Iterator[None]:
        """Several changes as one: all of them happen or none, at one instant.

        A nested one is a savepoint. ``at`` (aware) sets the instant of an outermost one, for
        loading what happened earlier. ``brief`` says that nothing in it waits or computes for
        long, so that it may reach the disk together with those of other threads. ``reserved`` lets
        an outermost one use the disk space that is kept for deletions.
        """
        with self._store.transaction(at, brief=brief, reserved=reserved):
            yield

    @contextmanager
    def snapshot(self, *, search: bool = True) -> Iterator[None]:
        """Several reads of one consistent state; writing in it raises RuntimeError.

        ``search=False`` saves the look at what is still to be indexed; a search in it may then
        raise RuntimeError.
        """
        with self._store.snapshot(settled=search):
            yield

    def workspace(
        self, team: str, environment: str = "live", *, actor: Actor = SYSTEM
    ) -> Workspace:
        """The live or test data of a team (id or slug), for whoever acts. Raises NotFound."""
        with self._store.snapshot() as snap:
            found, scope = find_scope(snap, team, environment, actor)
        return Workspace(self._store, found, scope)

    def workspace_of(self, access: Access) -> Workspace:
        """What an authenticated key may see; the key is the actor."""
        return Workspace(self._store, access.team, access.scope)

    def probe(self) -> None:
        """Write and commit one row, to know that writing works.

        Raises Busy, StorageFull, and Refused if another version has changed the schema meanwhile.
        """
        with self._store.transaction() as tx:
            version = tx.sql("PRAGMA user_version")[0][0]
            if version != self.schema_version:
                raise Refused(f"{self.path} has been upgraded; restart with the newer version")
            tx.run(_PROBE, now=tx.now)

    def figures(self) -> Figures:
        """How large the desk is, to watch it; takes milliseconds."""
        return figures(self._store)

    def check(self) -> inspection.Report:
        """Look the whole file over; see ``Report``."""
        return inspection.inspect(self._store, self.schema_version)
