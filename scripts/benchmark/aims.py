"""What the project wants of its speed, and whether a run reached it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from scripts.benchmark.filling import WAY
from scripts.benchmark.section import Cell, Results, Row

_HUNDRED_THOUSAND = 100_000


@dataclass(frozen=True)
class Figures:
    """The figures of a run, to be looked up."""

    results: Results

    @property
    def sizes(self) -> list[int]:
        """The numbers of tickets for which there are any, the smallest first."""
        rows = [
            row for name in ("http", "inprocess", "growth") for row in self.results.get(name, [])
        ]
        return sorted({int(row["tickets"] or 0) for row in rows})

    @property
    def smallest(self) -> int | None:
        """The smallest desk."""
        return self.sizes[0] if self.sizes else None

    @property
    def largest(self) -> int | None:
        """The largest desk."""
        return self.sizes[-1] if self.sizes else None

    def get(self, rows: str, figure: str, **wanted: Cell) -> float | None:
        """A figure of the row that has what is wanted, or None."""
        for row in self.results.get(rows, []):
            if wanted.items() <= row.items():
                value = row[figure]
                return None if value is None else float(value)
        return None


@dataclass(frozen=True)
class Aim:
    """One aim: at least or at most so much of something, where it is looked up."""

    name: str
    look: Callable[[Figures], float | None]
    at_least: float | None = None
    at_most: float | None = None
    unit: str = ""

    def row(self, figures: Figures) -> Row:
        """The aim, what was measured, and whether it is enough."""
        found = self.look(figures)
        bound = self.at_least if self.at_least is not None else self.at_most
        word = "at least" if self.at_least is not None else "at most"
        return {
            "aim": self.name,
            "wanted": f"{word} {bound:,g}{self.unit}",
            "measured": None if found is None else f"{found:,g}{self.unit}",
            "reached": None if found is None else ("yes" if self._holds(found) else "no"),
        }

    def _holds(self, found: float) -> bool:
        enough = self.at_least is None or found >= self.at_least
        return enough and (self.at_most is None or found <= self.at_most)


def rows(results: Results, *, every: bool) -> list[Row]:
    """The aims beside what was measured; ``every`` one, or only those that were."""
    figures = Figures(results)
    found = [aim.row(figures) for aim in AIMS]
    return [row for row in found if every or row["measured"] is not None]


def _of_floor(operation: str) -> Callable[[Figures], float | None]:
    return lambda figures: figures.get(
        "http", "of_floor", operation=operation, tickets=figures.smallest
    )


def _grown(rows: str, *operations: str) -> Callable[[Figures], float | None]:
    """How much the worst of some operations takes on the largest desk, the smallest being 1."""

    def look(figures: Figures) -> float | None:
        if figures.largest == figures.smallest:
            return None
        found = (
            figures.get(rows, "growth", operation=name, tickets=figures.largest)
            for name in operations
        )
        return _worst(found)

    return look


def _milliseconds(operation: str) -> Callable[[Figures], float | None]:
    """What a list of the library takes on the largest desk."""

    def look(figures: Figures) -> float | None:
        found = figures.get("growth", "microseconds", operation=operation, tickets=figures.largest)
        return None if found is None else round(found / 1000, 2)

    return look


def _times(peer: str, tickets: int | None, *operations: str) -> Callable[[Figures], float | None]:
    """How often the product answers while a peer answers once, at its worst operation."""

    def look(figures: Figures) -> float | None:
        wanted: dict[str, Cell] = {"peer": peer} | ({"tickets": tickets} if tickets else {})
        found = [figures.get("peers", "times", operation=name, **wanted) for name in operations]
        known = [value for value in found if value is not None]
        return min(known, default=None)

    return look


def _worst(found: Iterable[float | None]) -> float | None:
    return max((value for value in found if value is not None), default=None)


def _p99_of_create(figures: Figures) -> float | None:
    sizes = [size for size in figures.sizes if size <= _HUNDRED_THOUSAND]
    return figures.get("http", "p99_ms", operation="create", tickets=max(sizes, default=None))


def _per_ticket(figures: Figures) -> float | None:
    return figures.get("storage", "bytes_per_ticket", tickets=figures.largest)


def _idle(figures: Figures) -> float | None:
    return _worst(figures.get("start", "idle_mb", tickets=size) for size in figures.sizes)


def _first_answer(figures: Figures) -> float | None:
    return _worst(
        figures.get("start", "first_answer_seconds", tickets=size) for size in figures.sizes
    )


def _bulk(figures: Figures) -> float | None:
    return figures.get("bulk", "of_raw", way=WAY)


_FASTAPI = "fastapi_sqlalchemy"
_DJANGO = "django_helpdesk"
AIMS: tuple[Aim, ...] = (
    Aim("get a ticket, of the floor", _of_floor("get"), at_least=0.5),
    Aim("list, filtered, exact total, of the floor", _of_floor("list"), at_least=0.45),
    Aim("search, exact total, of the floor", _of_floor("search"), at_least=0.3),
    Aim("change a ticket, of the floor", _of_floor("patch"), at_least=0.35),
    Aim("create a ticket, of the floor", _of_floor("create"), at_least=0.25),
    Aim("create a ticket, p99 at up to 100,000", _p99_of_create, at_most=15, unit=" ms"),
    Aim(
        "get, list, go on from a cursor: growth",
        _grown("inprocess", "get", "list", "list_cursor"),
        at_most=1.2,
    ),
    Aim("search: growth", _grown("inprocess", "search"), at_most=1.5),
    Aim("page 10,000 by number", _milliseconds("deep_page"), at_most=10, unit=" ms"),
    Aim("list by status and priority: growth", _grown("growth", "status_priority"), at_most=1.2),
    Aim(
        "search a word in nearly every ticket",
        _milliseconds("search_everywhere"),
        at_most=50,
        unit=" ms",
    ),
    Aim("import, of raw executemany", _bulk, at_least=0.4),
    Aim("bytes a ticket in the file", _per_ticket, at_most=2_600),
    Aim("get and list, times FastAPI's", _times(_FASTAPI, None, "get", "list"), at_least=5),
    Aim("search, times FastAPI's", _times(_FASTAPI, None, "search"), at_least=10),
    Aim("patch, times FastAPI's", _times(_FASTAPI, None, "patch"), at_least=3.5),
    Aim("create, times FastAPI's", _times(_FASTAPI, None, "create"), at_least=2.5),
    Aim(
        "get, list and patch, times django-helpdesk's with 100",
        _times(_DJANGO, 100, "get", "list", "patch"),
        at_least=80,
    ),
    Aim(
        "search and create, times django-helpdesk's with 100",
        _times(_DJANGO, 100, "search", "create"),
        at_least=10,
    ),
    Aim("memory of the server at rest", _idle, at_most=80, unit=" MB"),
    Aim("start to the first answer", _first_answer, at_most=1, unit=" s"),
)
