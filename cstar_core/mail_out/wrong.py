"""Addresses to which nothing can be delivered, as a server once said."""

from dataclasses import dataclass
from datetime import datetime

from cstar_core.clock import from_seconds
from cstar_core.store import SqlRow
from cstar_core.tables import BadAddressRow


@dataclass(frozen=True, slots=True)
class BadAddress:
    """An address to which nothing can be delivered: what was said, with its code, and when."""

    address: str
    code: str | None
    reason: str
    noted_at: datetime


BAD_COLUMNS = (
    BadAddressRow.address_key,
    BadAddressRow.address,
    BadAddressRow.code,
    BadAddressRow.reason,
    BadAddressRow.noted_at,
)


def bad_address_of(row: SqlRow) -> BadAddress:
    """The value of a row of ``BAD_COLUMNS``."""
    _, address, code, reason, noted_at = row
    return BadAddress(address, code, reason, from_seconds(noted_at))
