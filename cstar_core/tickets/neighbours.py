"""What stands before and after a ticket in a list."""

from dataclasses import dataclass

from cstar_core import search as searching
from cstar_core.ids import public_id
from cstar_core.scope import Scope
from cstar_core.store import Snapshot
from cstar_core.tickets.filters import TicketFilter, criteria
from cstar_core.tickets.listed import LISTED
from cstar_core.tickets.ticket import Stored, read_many, read_stored


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The ids of the tickets before and after one in a list; None where it begins or ends."""

    previous: str | None
    next: str | None


def neighbours_of(
    snap: Snapshot, scope: Scope, id: str, filter: TicketFilter, sort: str
) -> Neighbours:
    """The neighbours of a ticket in a list with checked filters. Raises NotFound."""
    key = read_stored(snap, scope, id).id
    asked = criteria(snap, scope, filter, sort)
    found = searching.beside(snap, scope, LISTED, asked, key)
    rows = read_many(snap, [each for each in found if each is not None])
    ids = {each: public_id("ticket", Stored._make(row).uid) for each, row in rows.items()}
    previous, following = (None if each is None else ids[each] for each in found)
    return Neighbours(previous, following)
