"""Running an import: batches of drafts, each a transaction, and the report of what they became."""

from collections.abc import Iterator, Sequence
from contextlib import closing, nullcontext, suppress
from os import PathLike, fspath
from typing import Unpack

from cstar_core import facets
from cstar_core.checks import invalid
from cstar_core.events import quietly
from cstar_core.external_ids import ExternalIds, check_external_id
from cstar_core.imports.agents import Agents
from cstar_core.imports.arrivals import CustomerArrivals, Names, Outcome, TicketArrivals
from cstar_core.imports.documents import Broken
from cstar_core.imports.drafts import Draft, Entry
from cstar_core.imports.options import ImportOptions, Options
from cstar_core.imports.reading import Reading, reading
from cstar_core.imports.rejected import Rejected
from cstar_core.imports.report import EXAMPLES_MAX, ImportProgress, ImportReport, Tally
from cstar_core.imports.seen import Seen, digest
from cstar_core.scope import Scope
from cstar_core.store import Store

BATCH_CHARACTERS = 8 * 1024 * 1024
_ARRIVALS: dict[str, type[TicketArrivals] | type[CustomerArrivals]] = {
    "tickets": TicketArrivals,
    "customers": CustomerArrivals,
}


class _TakenBack(Exception):
    """A dry run has seen what it wanted."""


def import_file(
    store: Store, scope: Scope, path: str | PathLike[str], **given: Unpack[ImportOptions]
) -> ImportReport:
    """Bring a file into a workspace; see ``Workspace.import_file``."""
    options, name = Options.of(**given), fspath(path)
    with store.snapshot() as snap:
        known = facets.definitions(snap, scope.workspace_id, options.kind)
    with reading(name, options, known) as read, closing(Seen()) as seen:
        beside = Rejected(name, options.errors, read.columns, read.delimiter, _encoding(read))
        with closing(beside) as rejected:
            return _Import(store, scope, options, read, seen, rejected).run()


def _encoding(read: Reading) -> str:
    """How refused entries are written: as they were read, but JSON is always UTF-8."""
    return read.file.encoding if read.columns is not None else "utf-8"


class _Import:
    """One run over one file."""

    def __init__(
        self,
        store: Store,
        scope: Scope,
        options: Options,
        read: Reading,
        seen: Seen,
        rejected: Rejected,
    ) -> None:
        self._store = store
        self._scope = scope
        self._options = options
        self._read = read
        self._seen = seen
        self._rejected = rejected
        self._source = options.source or read.format
        self._ids = ExternalIds(scope.workspace_id, self._source)
        self._agents = Agents(store, scope)
        self._tally = Tally()
        self._broken: str | None = None

    def run(self) -> ImportReport:
        """Take in the whole file, batch by batch."""
        for batch in self._batches():
            self._take(batch)
            self._tell()
        return self._report()

    def _entries(self) -> Iterator[Entry]:
        """The entries of the file, as far as it can be read."""
        try:
            yield from self._read.entries
        except (Broken, UnicodeError) as error:
            self._broken = str(error)

    def _batches(self) -> Iterator[list[tuple[Entry, Draft]]]:
        """Entries with their drafts, as many as are taken in at once."""
        batch: list[tuple[Entry, Draft]] = []
        size = 0
        for entry in self._entries():
            self._tally.rows += 1
            draft = self._draft(entry)
            if draft is not None:
                batch.append((entry, draft))
                size += entry.size
            if len(batch) >= self._options.batch_size or size > BATCH_CHARACTERS:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch

    def _draft(self, entry: Entry) -> Draft | None:
        """A draft, if the entry is one to be taken in."""
        if entry.problem:
            self._refuse(entry, Draft(problems=invalid("the row", entry.problem)))
            return None
        draft = self._read.draft(entry)
        self._tally.note_unused(draft.unused)
        if draft.left_out:
            self._tally.left_out += 1
            return None
        if not self._name(entry, draft):
            self._tally.skipped += 1
            return None
        self._agents.assign(draft, self._tally)
        return draft

    def _name(self, entry: Entry, draft: Draft) -> bool:
        """See that the draft has an id; False if one of that id has come already.

        Equal rows without an id are told apart by how often they have come.
        """
        if draft.customer is not None:
            draft.problems += check_external_id("customer_id", draft.customer)
        if draft.id is not None:
            problems = check_external_id("id", draft.id)
            draft.problems += problems
            return bool(problems) or self._seen.times(draft.id) == 1
        draft.id = digest(entry.original)
        times = self._seen.times(draft.id)
        if times > 1:
            draft.id += f"{times}"
        return True

    def _take(self, batch: list[tuple[Entry, Draft]]) -> None:
        quiet = not self._options.notify
        outcomes: list[Outcome] = []
        with suppress(_TakenBack), self._store.transaction() as tx:
            arrivals = _ARRIVALS[self._options.kind](tx, self._scope, self._ids)
            with quietly(tx, self._scope.workspace_id) if quiet else nullcontext():
                outcomes = arrivals.judge([draft for _, draft in batch])
                if self._options.dry_run:
                    raise _TakenBack
                arrivals.write()
        self._tally.customers += self._new_customers(arrivals.customers)
        self._tally.messages += arrivals.messages
        for (entry, draft), outcome in zip(batch, outcomes, strict=True):
            self._count(entry, draft, outcome)

    def _new_customers(self, customers: Sequence[Names]) -> int:
        """How many customers are new; a dry run has not kept those of the batches before."""
        if not self._options.dry_run:
            return len(customers)
        new = 0
        for names in customers:
            known = [f"\n{place}{name}" for place, name in enumerate(names) if name is not None]
            new += max([self._seen.times(name) for name in known], default=1) == 1
        return new

    def _count(self, entry: Entry, draft: Draft, outcome: Outcome) -> None:
        if outcome is True:
            self._tally.created += 1
            if self._options.dry_run and len(self._tally.examples) < EXAMPLES_MAX:
                self._tally.examples.append(draft.values)
        elif outcome is False:
            self._tally.skipped += 1
        else:
            draft.problems = outcome
            self._refuse(entry, draft)

    def _refuse(self, entry: Entry, draft: Draft) -> None:
        reasons = self._tally.refuse(entry.line, tuple(draft.problems))
        if not self._options.dry_run:
            self._rejected.add(entry, reasons)

    def _tell(self) -> None:
        if self._options.progress is not None:
            file = self._read.file
            self._options.progress(ImportProgress(file.done, file.size, self._tally.rows))

    def _report(self) -> ImportReport:
        tally, options = self._tally, self._options
        mapping = {target: tuple(names) for target, names in self._read.mapping.items()}
        return ImportReport(
            format=self._read.format,
            kind=options.kind,
            source=self._source,
            dry_run=options.dry_run,
            rows=tally.rows,
            created=tally.created,
            skipped=tally.skipped,
            left_out=tally.left_out,
            failed=tally.failed,
            customers=tally.customers,
            messages=tally.messages,
            mapping=mapping,
            unmapped=tuple(tally.unmapped),
            unknown_agents=dict(tally.unknown_agents),
            bad_rows=tuple(tally.bad_rows),
            errors_file=self._rejected.path,
            broken=self._broken,
            examples=tuple(tally.examples),
        )
