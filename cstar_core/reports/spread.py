"""How durations spread: how many there are in a group, up to a bound, and the n-th of them.

The walks put a group and a duration into one number. They come in parts; each is sorted alone, and
none is joined with another: so no step holds Python's interpreter for long.
"""

import json
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

# Enough for the seconds from 1970 to the year 9999.
GROUP_BITS = 38
_LONGEST = (1 << GROUP_BITS) - 1
HOUR = 3_600
DAY = 24 * HOUR
BOUNDS = (HOUR, 4 * HOUR, 8 * HOUR, DAY, 2 * DAY, 7 * DAY)


@dataclass(frozen=True, slots=True)
class Bar:
    """How many durations are at most ``up_to`` seconds and longer than the bar before allows.

    The last bar has no bound: None.
    """

    up_to: int | None
    count: int


@dataclass(frozen=True, slots=True)
class Durations:
    """How long something took, in seconds: ``median`` and ``p90`` are None if ``count`` is 0."""

    count: int
    median: int | None
    p90: int | None
    histogram: tuple[Bar, ...]


class Spread:
    """Durations of groups, from texts that each have some numbers between commas."""

    def __init__(self, texts: Iterable[str | None]) -> None:
        # An array has a fifth of what a list of numbers takes.
        self._parts = [array("q", sorted(json.loads(f"[{text}]"))) for text in texts if text]

    def count(self, group: int = 0, up_to: int = _LONGEST) -> int:
        """How many durations of a group are not longer than a bound."""
        base = group << GROUP_BITS
        return sum(
            bisect_right(part, base | up_to) - bisect_left(part, base) for part in self._parts
        )

    def counts(self) -> dict[int, int]:
        """How many there are in each group that has any.

        >>> Spread([f"{1 << 38},{2 << 38}", f"{1 << 38}"]).counts()
        {1: 2, 2: 1}
        """
        found: dict[int, int] = {}
        for part in self._parts:
            place = 0
            while place < len(part):
                group = part[place] >> GROUP_BITS
                after = bisect_right(part, group << GROUP_BITS | _LONGEST, place)
                found[group] = found.get(group, 0) + after - place
                place = after
        return found

    def percentile(self, percent: int, group: int = 0) -> int | None:
        """The smallest duration that so many of a hundred do not exceed (nearest rank).

        >>> one = Spread(["1,2", None, "3,4"])
        >>> one.percentile(50), one.percentile(51), one.percentile(90), one.percentile(50, 7)
        (2, 3, 4, None)
        """
        base = group << GROUP_BITS
        runs = [
            (part, bisect_left(part, base), bisect_right(part, base | _LONGEST))
            for part in self._parts
        ]
        runs = [(part, low, high) for part, low, high in runs if low < high]
        if not runs:
            return None
        rank = -(-percent * sum(high - low for _, low, high in runs) // 100)
        least: int = min(part[low] for part, low, _ in runs)
        most: int = max(part[high - 1] for part, _, high in runs)
        while least < most:
            middle = (least + most) // 2
            if sum(bisect_right(part, middle, low, high) - low for part, low, high in runs) < rank:
                least = middle + 1
            else:
                most = middle
        return least - base

    def median(self, group: int = 0) -> int | None:
        """The duration that half of a group do not exceed."""
        return self.percentile(50, group)

    def durations(self) -> Durations:
        """What there is to say of group 0."""
        reached = [0, *(self.count(up_to=bound) for bound in BOUNDS), self.count()]
        bars = zip((*BOUNDS, None), reached, reached[1:], strict=False)
        histogram = tuple([Bar(bound, after - before) for bound, before, after in bars])
        return Durations(reached[-1], self.median(), self.percentile(90), histogram)
