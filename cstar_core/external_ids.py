"""What an object is called elsewhere: so an import can be repeated without making it twice.

An external id belongs to a source (another product, or a file of a kind) and a kind of object. It
goes with its object, so what was deleted here comes back with the next import that has it.
"""

import json
from collections.abc import Collection, Iterable

from peewee import SQL

from cstar_core.checks import check_text, invalid
from cstar_core.errors import Problem
from cstar_core.ids import public_id
from cstar_core.store import Slot, Snapshot, Transaction, prepare, prepare_insert, slot
from cstar_core.tables import CustomerRow, ExternalIdRow

EXTERNAL_ID_MAX = 255
SOURCE_MAX = 64

_OF_KIND = (
    (ExternalIdRow.workspace_id == slot("workspace"))
    & (ExternalIdRow.source == slot("source"))
    & (ExternalIdRow.kind == slot("kind"))
)
_GIVEN = ExternalIdRow.external_id.in_(SQL("(SELECT value FROM json_each(?))", [Slot("ids")]))
_PRESENT = prepare(ExternalIdRow.select(ExternalIdRow.external_id).where(_OF_KIND & _GIVEN))
_CUSTOMERS = prepare(
    ExternalIdRow.select(ExternalIdRow.external_id, CustomerRow.uid)
    .join(CustomerRow, on=(CustomerRow.id == ExternalIdRow.customer_id))
    .where(_OF_KIND & _GIVEN)
)
_ADD = {
    "tickets": prepare_insert(
        ExternalIdRow, ("workspace_id", "source", "kind", "external_id", "ticket_id")
    ),
    "customers": prepare_insert(
        ExternalIdRow, ("workspace_id", "source", "kind", "external_id", "customer_id")
    ),
}


def check_source(param: str, value: object) -> list[Problem]:
    """The name of a source: 1 to 64 characters.

    >>> check_source("source", "")[0].message
    'source is required'
    """
    return check_text(param, value, SOURCE_MAX, blank=False)


def check_external_id(param: str, value: str) -> list[Problem]:
    """An id as another system writes it: 1 to 255 characters."""
    if not value.strip():
        return invalid(param, "must not be blank")
    return check_text(param, value, EXTERNAL_ID_MAX)


class ExternalIds:
    """The external ids that one source has in one workspace."""

    def __init__(self, workspace_id: int, source: str) -> None:
        self._workspace_id = workspace_id
        self._source = source

    def present(self, snap: Snapshot, kind: str, ids: Collection[str]) -> set[str]:
        """Those of the ids whose objects (``tickets`` or ``customers``) are there."""
        rows = snap.all(_PRESENT, **self._of(kind), ids=json.dumps(list(ids)))
        return {row[0] for row in rows}

    def customers(self, snap: Snapshot, ids: Collection[str]) -> dict[str, str]:
        """The customers that have the ids, each with the id that it has here."""
        rows = snap.all(_CUSTOMERS, **self._of("customers"), ids=json.dumps(list(ids)))
        return {external: public_id("customer", uid) for external, uid in rows}

    def add(self, tx: Transaction, kind: str, ids: Iterable[tuple[str, int]]) -> None:
        """Keep ids, each with the integer key of its object."""
        rows = ((self._workspace_id, self._source, kind, id, key) for id, key in sorted(ids))
        tx.many(_ADD[kind], rows)

    def _of(self, kind: str) -> dict[str, object]:
        return {"workspace": self._workspace_id, "source": self._source, "kind": kind}
