"""Taking in much at once: an iterable in batches, each of them one transaction.

An iterable may be endless: only one batch of it is held at a time. Between two batches nothing is
open, so that others write meanwhile; what has been written stays, whatever comes after it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Protocol

from cstar_core.checks import Rule, check_integer, invalid, or_none, raise_any
from cstar_core.errors import Problem
from cstar_core.events import quietly
from cstar_core.store import Store, Transaction

BATCH_SIZE_DEFAULT = 1_000
BATCH_SIZE_MAX = 10_000
PROBLEMS_MAX = 100
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Batch:
    """What an import wrote in one transaction: the ids, in the order given.

    ``start`` is the position of the first of them in what was given, from 0.
    """

    start: int
    ids: tuple[str, ...]


class Loading(Protocol):
    """One batch on its way into the file. What is refused leaves nothing behind in it."""

    def add(self, values: Mapping[str, object]) -> list[Problem]:
        """Take one object in, or say what is wrong with it; nothing is written yet."""

    def write(self) -> Iterable[str]:
        """Write all that was taken in; their ids."""


def import_batches(
    store: Store,
    kind: str,
    objects: Iterable[object],
    batch_size: int,
    begin: Callable[[Transaction], Loading],
    *,
    quiet: int | None = None,
) -> Iterator[Batch]:
    """Write the objects, so many in each transaction; yields what has been committed.

    Nobody is told of the events that this records in the workspace ``quiet``. Raises Invalid with
    the places of what is wrong (``tickets.17.title``, from 0), at most 100 of a batch; then
    nothing of that batch is written.
    """
    raise_any(check_integer("batch_size", batch_size, 1, BATCH_SIZE_MAX))
    return _batches(store, kind, iter(objects), batch_size, begin, quiet)


def _batches(
    store: Store,
    kind: str,
    objects: Iterator[object],
    size: int,
    begin: Callable[[Transaction], Loading],
    quiet: int | None,
) -> Iterator[Batch]:
    start = 0
    while batch := list(islice(objects, size)):
        with store.transaction() as tx, nullcontext() if quiet is None else quietly(tx, quiet):
            ids = tuple(_write(begin(tx), kind, start, batch))
        yield Batch(start, ids)
        start += len(batch)


def _write(loading: Loading, kind: str, start: int, batch: Sequence[object]) -> Iterable[str]:
    problems: list[Problem] = []
    for position, one in enumerate(batch, start):
        found = take(loading, one)
        if found:
            problems += within(f"{kind}.{position}", found)
            if len(problems) >= PROBLEMS_MAX:
                break
    raise_any(problems[:PROBLEMS_MAX])
    return loading.write()


def take(loading: Loading, one: object) -> list[Problem]:
    """Take one object in, or say what is wrong with it."""
    if not isinstance(one, Mapping):
        return invalid("", "must be an object")
    values = dict(one)
    for name in ("custom_fields", "metadata"):
        # As in the calls that make one object, None stands for none of them.
        if name in values and values[name] is None:
            del values[name]
    return loading.add(values)


def within(place: str, problems: Iterable[Problem]) -> list[Problem]:
    """The problems of a part, as problems of the whole.

    >>> within("tickets.17", [Problem("title", "PARAMETER_MISSING", "is required")])[0].message
    'tickets.17.title is required'
    """
    return [
        Problem(f"{place}.{problem.param}" if problem.param else place, problem.code, problem.rule)
        for problem in problems
    ]


def check_instant(param: str, value: object) -> list[Problem]:
    """An aware datetime from 1970 to 9999.

    >>> check_instant("created_at", datetime(2025, 12, 10))[0].message
    'created_at must be an instant with a time zone'
    """
    if not isinstance(value, datetime) or value.utcoffset() is None:
        return invalid(param, "must be an instant with a time zone")
    if not _EARLIEST <= value <= _LATEST:
        return invalid(param, "must be in the years 1970 to 9999")
    return []


INSTANT: Rule = or_none(check_instant)
