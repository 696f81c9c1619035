"""What has to be known of a product to read its exports."""

from collections.abc import Callable
from dataclasses import dataclass

from cstar_core.imports.drafts import Draft, Record
from cstar_core.imports.products.common import People


def _as_it_is(record: Record) -> Record:
    return record


def _never(group: str, record: Record) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """How a product's JSON and CSV are recognised and read.

    ``draft`` makes a draft of a ticket, ``used`` are the members that it takes, ``unwrap`` finds
    the ticket in its object, ``is_user`` is asked with the name of the list that the object is in.
    ``columns`` are sets of columns, in lower case without spaces and signs, of which any is a sign
    of its CSV; ``nothing`` is what stands there in a cell without a value, ``tag_mark`` what stands
    between two tags.
    """

    is_ticket: Callable[[Record], bool]
    draft: Callable[[Record, People], Draft]
    used: frozenset[str]
    unwrap: Callable[[Record], Record] = _as_it_is
    is_user: Callable[[str, Record], bool] = _never
    columns: tuple[frozenset[str], ...] = ()
    nothing: str = ""
    tag_mark: str = ","
