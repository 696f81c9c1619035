"""One page of a list, and the opaque cursor that continues it."""

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from cstar_core.checks import check_integer, invalid, is_storable, raise_any
from cstar_core.errors import Invalid

PAGE_SIZE_MAX = 100
PAGE_SIZE_DEFAULT = 20
PAGE_MAX = 2**53
_POSITION_MAX = 2**63 - 1

Item = TypeVar("Item")
Position = tuple[int | str | float, ...]


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some of a list's items, with the exact number of all of them."""

    items: tuple[Item, ...]
    total: int
    page: int
    page_size: int
    next_cursor: str | None

    @property
    def has_more(self) -> bool:
        """Whether another page follows."""
        return self.next_cursor is not None

    @property
    def total_pages(self) -> int:
        """How many pages of this size the whole list has."""
        return -(-self.total // self.page_size)


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of a list is asked for: a page number, or the items after a position."""

    page: int
    size: int
    after: Position | None

    @property
    def offset(self) -> int:
        """How many items come before it when it is asked for by number."""
        return 0 if self.after is not None else (self.page - 1) * self.size


def open_window(
    page: int,
    page_size: int,
    cursor: str | None,
    query: object,
    width: int,
    most: int = PAGE_SIZE_MAX,
) -> Window:
    """The window asked for; raises Invalid for a page, size or cursor that cannot be.

    ``query`` is whatever the list depends on (filters, sort): a cursor only continues the query
    that it came from. ``width`` is the number of values in a position.
    """
    raise_any(
        check_integer("page", page, 1, PAGE_MAX) + check_integer("page_size", page_size, 1, most)
    )
    if cursor is None:
        return Window(page, page_size, None)
    opened = _decode(cursor, query, width)
    if opened is None:
        raise bad_cursor()
    number, after = opened
    return Window(number, page_size, after)


def bad_cursor() -> Invalid:
    """The error for a cursor that was not made by the query that it is used with."""
    return Invalid(invalid("cursor", "must be a nextCursor of an earlier answer to the same query"))


def next_cursor(window: Window, query: object, last: Position) -> str:
    """The cursor for the items after ``last``."""
    payload = [_digest(query), window.page + 1, *last]
    raw = json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def close_page(
    items: Sequence[Item],
    positions: Sequence[Position],
    total: int,
    window: Window,
    query: object,
) -> Page[Item]:
    """The page of items fetched with one more than asked for, so that it is known if any follow."""
    more = len(positions) > window.size
    cursor = next_cursor(window, query, positions[window.size - 1]) if more else None
    return Page(tuple(items[: window.size]), total, window.page, window.size, cursor)


def _decode(cursor: object, query: object, width: int) -> tuple[int, Position] | None:
    if not isinstance(cursor, str) or not cursor.isascii() or len(cursor) > 4096:
        return None
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        payload = json.loads(raw)
    except (binascii.Error, ValueError, RecursionError):
        return None
    if not isinstance(payload, list) or len(payload) != width + 2 or payload[0] != _digest(query):
        return None
    number, after = payload[1], tuple(payload[2:])
    return (number, after) if _sound(number, after) else None


def _sound(number: object, after: Position) -> bool:
    return not check_integer("page", number, 1, PAGE_MAX) and all(
        is_storable(value)
        if isinstance(value, str)
        else not check_integer("position", value, -_POSITION_MAX, _POSITION_MAX)
        for value in after
    )


def _digest(query: object) -> str:
    return hashlib.sha256(repr(query).encode("utf-8", "surrogatepass")).hexdigest()[:16]
