"""The front door: open a file, take a workspace of a team, use its rooms."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from os import PathLike, fspath
from pathlib import Path
from types import TracebackType
from typing import Self

from cstar_core import documents, inspection
from cstar_core.addresses import Network
from cstar_core.attachments import collect
from cstar_core.backups import Backup, Restored, make_backup, read_backup, restore
from cstar_core.blobs import Collected
from cstar_core.clock import Clock, from_seconds, to_seconds, utc_now
from cstar_core.customers import place_of_customer
from cstar_core.errors import Busy
from cstar_core.exports import Export, load_export, make_export, make_personal
from cstar_core.figures import Figures, figures
from cstar_core.files import followed
from cstar_core.keys import Access, Keys, NewKey
from cstar_core.mail import WaitingMail, waiting_mail
from cstar_core.mail_out import MailOutbox, MailPace, PostMail, SignMail, open_mail_outbox, send_due
from cstar_core.mailboxes import MailAccounts
from cstar_core.members import place_of_member
from cstar_core.migrations import Upgrade, scripts
from cstar_core.pages import PAGE_SIZE_MAX
from cstar_core.reindexing import Reindexed, reindex
from cstar_core.scope import SYSTEM, Actor
from cstar_core.sign_ins import Hasher, Sessions, SignIns
from cstar_core.store import Reserve, Store, prepare, slot
from cstar_core.store.writer import Queue
from cstar_core.tables import ProbeRow
from cstar_core.teams import Team, Teams, find_scope
from cstar_core.upgrading import DryRun, try_upgrade, upgrade
from cstar_core.versions import SQLITE_VERSION, Versions, versions_with
from cstar_core.webhooks import Outbox, Pace, Send, deliver_due, open_outbox
from cstar_core.workspace import Workspace


def _held(store: Store, version: int) -> Store:
    """Read once, so that a connection holds the file from now on and nobody replaces it."""
    try:
        with store.snapshot() as snap:
            found = snap.sql("PRAGMA user_version")[0][0]
        if found != version:
            raise Busy(f"{store.path} changed while it was being opened; try again.")
    except BaseException:
        store.close()
        raise
    return store


_PROBE = prepare(
    ProbeRow.insert({ProbeRow.id: 1, ProbeRow.written_at: slot("now")}).on_conflict_replace()
)


class Helpdesk:
    """One helpdesk in one SQLite file. Safe to share between threads; nothing in it is global.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, Helpdesk.open(f"{folder}/desk.db") as desk:
    ...     acme = desk.workspace(desk.teams.create("Acme").slug)
    ...     acme.tickets.create(title="Cannot log in", tags="login, urgent").tags
    ('login', 'urgent')
    """

    def __init__(
        self,
        store: Store,
        upgrade: Upgrade,
        clock: Clock = utc_now,
        webhook_networks: Sequence[Network] = (),
    ) -> None:
        self._store = store
        self._webhook_networks = tuple(webhook_networks)
        self._clock = clock
        self.path = store.path
        self.upgrade = upgrade
        self.schema_version = upgrade.to_schema
        self.sqlite_version = SQLITE_VERSION
        self.teams = Teams(store)
        self.keys = Keys(store)
        self.mail_accounts = MailAccounts(store)
        self.sessions = Sessions(store)

    @classmethod
    def open(
        cls,
        path: str | PathLike[str],
        *,
        clock: Clock = utc_now,
        queue: Queue | None = None,
        reserve: int | None = None,
        webhook_networks: Sequence[Network] = (),
    ) -> Self:
        """Open a file, making it if it is not there, and bring it to the newest schema.

        ``upgrade`` of the desk says what that did. ``clock`` gives the present instant (aware).
        ``queue`` is a lock that is held around every write: one for several processes lets them
        take turns at the file. ``reserve`` is how many bytes of disk space to keep for deletions,
        in a file beside it; None keeps those that are kept already, 0 gives them back.
        ``webhook_networks`` are the private networks of ``ipaddress`` that webhooks may be sent
        to. Raises Refused for a file that is not a cStar database, is damaged, from a newer version
        or cannot be upgraded (it stays untouched), Busy and StorageFull.
        """
        name = followed(fspath(path))
        kept = Reserve(name, reserve)
        kept.make_way()
        done = upgrade(name, scripts())
        kept.keep()
        store = Store(name, clock, documents.UPKEEP, queue, kept, done.to_schema)
        return cls(_held(store, done.to_schema), done, clock, webhook_networks)

    @staticmethod
    def try_upgrade(
        path: str | PathLike[str], *, within: str | PathLike[str] | None = None
    ) -> DryRun:
        """What opening a file would do to it, tried on a copy, which is removed again.

        Others may use the file meanwhile; it and its log keep every byte. The copy is made in the
        folder ``within``, or beside the file. Raises Refused for what cannot be opened or upgraded,
        Busy, StorageFull, and OSError if nothing can be made there.
        """
        folder = None if within is None else fspath(within)
        return try_upgrade(followed(fspath(path)), folder, scripts())

    @staticmethod
    def versions() -> Versions:
        """The versions in use: of cStar, of the newest schema that it knows, SQLite and Python."""
        return versions_with(len(scripts()))

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
        return Workspace(self._store, found, scope, self._webhook_networks)

    def workspace_of_member(self, id: str) -> Workspace:
        """The live data of a member's team, as this member; raises NotFound.

        The role holds in it: a viewer only reads, an agent does not change members, custom fields
        and webhooks; that raises Forbidden. Who loses a role, or is removed, writes no more.
        """
        with self._store.snapshot() as snap:
            team, scope, member = place_of_member(snap, id)
        return Workspace(self._store, team, scope, self._webhook_networks, member)

    def sign_ins(self, hasher: Hasher) -> SignIns:
        """How members sign in, with passwords that ``hasher`` turns into what is stored."""
        return SignIns(self._store, hasher)

    def begin(self, name: str) -> tuple[Team, NewKey, NewKey] | None:
        """Make the first team, with a secret and a publishable live key; None if there is a team.

        Of several programs that begin at once, one makes it. Raises Invalid.
        """
        with self.transaction():
            if self.teams.list():
                return None
            made = self.teams.create(name)
            return made, *self.keys.create_first(made.id)

    def workspace_of_customer(self, id: str) -> Workspace:
        """The workspace that has a customer, or had one who was deleted. Raises NotFound."""
        with self._store.snapshot() as snap:
            place = place_of_customer(snap, id)
        return self.workspace(*place)

    def workspace_of(self, access: Access) -> Workspace:
        """What an authenticated key may see; the key is the actor."""
        return Workspace(self._store, access.team, access.scope, self._webhook_networks)

    @contextmanager
    def outbox(self, pace: Pace | None = None) -> Iterator[Outbox]:
        """What is to be delivered to webhooks, for a program that sees to it, from one thread.

        Only one at a time: raises Busy while another program, or another desk, does so.
        """
        with open_outbox(self._store, self._clock, pace or Pace()) as outbox:
            yield outbox

    def deliver_due(self, send: Send, *, pace: Pace | None = None) -> int:
        """Deliver to webhooks all that is due, one after another; the number of attempts.

        ``send(url, headers, body)`` makes one request and returns what came back: ``status`` (None
        without an answer), ``body``, ``error`` and ``seconds``. It must not raise, follow redirects
        or take long. Raises Busy while another program delivers, such as a server.
        """
        with self.outbox(pace) as outbox:
            return deliver_due(outbox, send)

    def waiting_mail(self, limit: int = PAGE_SIZE_MAX) -> tuple[WaitingMail, ...]:
        """The mails of all teams that were taken in and not settled, the oldest first."""
        with self._store.snapshot() as snap:
            return waiting_mail(snap, limit)

    @contextmanager
    def mail_outbox(self, pace: MailPace | None = None) -> Iterator[MailOutbox]:
        """What mail is to be sent, for a program that sees to it, from one thread.

        Only one at a time: raises Busy while another program, or another desk, does so.
        """
        with open_mail_outbox(self._store, self._clock, pace or MailPace()) as outbox:
            yield outbox

    def send_mail_due(
        self, post: PostMail, *, sign: SignMail | None = None, pace: MailPace | None = None
    ) -> int:
        """Send all mail that is due, one after another; the number of attempts.

        ``post(parcel, raw)`` hands a mail to a server and returns a ``MailReply`` for each
        recipient. It must not raise or take long. ``sign(key, raw)`` returns a mail with its DKIM
        signature. Raises Busy while another program sends, such as a server.
        """
        with self.mail_outbox(pace) as outbox:
            return send_due(outbox, post, sign)

    def probe(self) -> None:
        """Write and commit one row, to know that writing works.

        Raises Busy, StorageFull, and Refused if another version has changed the schema meanwhile.
        """
        with self._store.transaction() as tx:
            tx.run(_PROBE, now=tx.now)

    def figures(self) -> Figures:
        """How large the desk is, to watch it; takes milliseconds."""
        return figures(self._store)

    def check(self, *, deep: bool = False) -> inspection.Report:
        """Look the whole file over; see ``Report``.

        ``deep`` also indexes all text again, aside, and compares every word: it takes several
        times as long as ``reindex``, but nobody waits for it.
        """
        return inspection.inspect(self._store, self.schema_version, deep=deep)

    def reindex(self) -> Reindexed:
        """Make the search index and the counters anew from the objects themselves.

        Each index is one transaction, for which other writers wait. Raises Busy and StorageFull;
        what was done before that stays, and it can be called again.
        """
        return reindex(self._store)

    def collect_files(self, *, strays: bool = True) -> Collected:
        """Take away the files that nothing has referred to for a day, and uploads of that age.

        ``strays`` also looks through the folder for files that nobody knows, which takes longer.
        Others go on meanwhile. Raises RuntimeError in a transaction, Busy and StorageFull.
        """
        return collect(self._store, strays=strays)

    def compact(self) -> None:
        """Write the file anew, so that nothing that was deleted or erased is left in its bytes.

        Takes as long as copying it, and its size twice in free space: beside it and where the
        system keeps temporary files. Others read meanwhile; writers wait. Raises Busy and
        StorageFull, and RuntimeError in a transaction; it can be called again.
        """
        with self._store.transaction() as tx:
            documents.refresh(tx)
            workspaces = [int(row[0]) for row in tx.sql("SELECT id FROM workspaces")]
        for workspace_id in workspaces:
            with self._store.transaction() as tx:
                documents.optimise(tx, workspace_id)
        self._store.compact()

    def backup(self, destination: str | PathLike[str]) -> Backup:
        """Make a folder with a verified copy of the desk and a manifest, as of one moment.

        Others read and write meanwhile. Nothing is overwritten: raises Conflict if there is
        something of that name, Refused if the copy is damaged, StorageFull, and OSError if no
        folder can be made there. What is cut short keeps a name with ``.partial-``.
        """
        now = from_seconds(to_seconds(self._clock()))
        return make_backup(self._store, fspath(destination), self.schema_version, now)

    def export(
        self,
        destination: str | PathLike[str],
        *,
        team: str | None = None,
        customer: str | None = None,
        internal: bool = True,
        file_format: str = "ndjson",
    ) -> Export:
        """Make a folder with everything that the desk, or one team (id or slug), has, in files.

        With ``customer`` it is what there is of this customer, for people to read; without
        ``internal`` that leaves out notes, metadata and internal messages.

        ``file_format`` is ndjson, which loses nothing and can be imported, or csv, for
        spreadsheets. All of it is of one moment; others read and write meanwhile. Keys are not in
        it. Raises Invalid, NotFound, Conflict if there is something of that name,
        StorageFull, and OSError if no folder can be made there.
        """
        if customer is None:
            return make_export(self._store, fspath(destination), team, file_format)
        return make_personal(
            self._store, fspath(destination), customer, file_format, internal=internal
        )

    def import_export(self, source: str | PathLike[str]) -> Export:
        """Take an export in NDJSON in, as it was: ids, numbers, versions, times, events.

        It is one transaction, for which other writers wait; webhooks tell nobody of its events.
        Raises Refused for what is damaged or no whole export of a desk or a team, Conflict for a
        team that is here already, Busy and StorageFull; then the desk is as it was.
        """
        return load_export(self._store, fspath(source))

    @staticmethod
    def check_backup(source: str | PathLike[str]) -> Backup:
        """Verify a backup where it lies: its digest, pages and counts. Raises Refused.

        A database file, such as the copy that an upgrade keeps, is one too, without a digest.
        """
        return read_backup(Path(source), len(scripts()))

    @staticmethod
    def restore(
        source: str | PathLike[str],
        path: str | PathLike[str],
        *,
        replace: bool = False,
        clock: Clock = utc_now,
    ) -> Restored:
        """Verify a backup and make it the database at ``path``, which nobody may have open.

        ``source`` is a backup or a database file, such as the copy that an upgrade keeps.
        A database that is there is replaced only with ``replace``, and then kept beside the new
        one under a name with ``.replaced-``. Raises Refused for what is no whole and sound backup
        of this version or an older one, Conflict, Busy and StorageFull; then nothing has changed.
        """
        return restore(fspath(source), fspath(path), len(scripts()), clock(), replace=replace)
