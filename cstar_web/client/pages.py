"""Lists that come in pages."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from cstar_web.client.errors import AnswerError

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a list. Going through it goes on through all pages after it, as they are needed.

    ``items`` are those of this page, ``total`` counts the whole list.
    """

    items: tuple[T, ...]
    total: int
    next_cursor: str | None
    follow: "Callable[[str], Page[T]]" = field(repr=False, compare=False)

    @property
    def has_more(self) -> bool:
        """Whether another page follows."""
        return self.next_cursor is not None

    def next_page(self) -> "Page[T] | None":
        """The page after this one; None after the last."""
        return None if self.next_cursor is None else self.follow(self.next_cursor)

    def __iter__(self) -> Iterator[T]:
        page: Page[T] | None = self
        while page is not None:
            yield from page.items
            page = page.next_page()


def read_page(
    items: tuple[T, ...], meta: Mapping[str, Any], follow: Callable[[str], Page[T]]
) -> Page[T]:
    """A page as the API tells of it in `meta`; raises AnswerError for what is none."""
    try:
        return Page(items, meta["pagination"]["total"], meta["nextCursor"], follow)
    except (KeyError, TypeError) as error:
        raise AnswerError(f"the answer is not a page of cStar: {error}") from error
