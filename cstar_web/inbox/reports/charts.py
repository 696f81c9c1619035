"""Charts from numbers: places and sizes of what a template draws, without colours and words.

Across, places are shares of the width in percent, since only the browser knows it; so text keeps
its size on every screen. Upwards they are pixels of a fixed height, so nothing jumps.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

_TICKS = 4
_STEPS = (1, 2, 5, 10)
# What is left free of the room of each column, and how wide one is at most, in percent of all: the
# only day of a report is a column too, not a wall.
_GAP = 0.25
_WIDEST = 11
_APART = 100
# How wide a digit, or a mark between thousands, is, and what is free beside the numbers of an axis.
_DIGIT, _BESIDE = 8, 14
_NARROWEST = 52


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle: ``x`` and ``width`` in percent, ``y`` and ``height`` in pixels."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """Where the middle of it is, in percent."""
        return round(self.x + self.width / 2, 3)


@dataclass(frozen=True, slots=True)
class Tick:
    """A line across, and the number that it stands for."""

    y: float
    value: int


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns that stand on the line at ``base``; those in ``below`` hang from it."""

    base: float
    ticks: tuple[Tick, ...]
    above: tuple[Box, ...]
    below: tuple[Box, ...] = ()

    @property
    def margin(self) -> int:
        """How wide the axis is that its numbers fit into, in pixels."""
        return _margin(self.ticks)


@dataclass(frozen=True, slots=True)
class Steps:
    """A line of steps, as boxes below it that touch, and what joins each with the next."""

    ticks: tuple[Tick, ...]
    boxes: tuple[Box, ...]
    risers: tuple[Box, ...]

    @property
    def margin(self) -> int:
        """How wide the axis is that its numbers fit into, in pixels."""
        return _margin(self.ticks)


def ticks(most: int, about: int = _TICKS) -> tuple[int, ...]:
    """Round numbers from 0 up to the first that is not below ``most``, some ``about`` of them.

    >>> ticks(0), ticks(3), ticks(17), ticks(1_234)
    ((0, 1), (0, 1, 2, 3), (0, 5, 10, 15, 20), (0, 500, 1000, 1500))
    """
    least = max(most, 1) / about
    power = 1
    while power * 10 < least:
        power *= 10
    step = next(power * each for each in _STEPS if power * each >= least)
    return tuple(range(0, max(most, 1) + step, step))


def columns(values: Sequence[int], height: int) -> Columns:
    """A column for each value, on the lower edge."""
    scale = ticks(max(values, default=0))
    unit = height / scale[-1]
    boxes = tuple(
        [
            _box(place, len(values), height - value * unit, value * unit, _GAP)
            for place, value in enumerate(values)
        ]
    )
    return Columns(height, _lines(scale, height, unit), boxes)


def mirrored(above: Sequence[int], below: Sequence[int], height: int) -> Columns:
    """Two columns for each place, one up and one down from a line between them, to one scale."""
    step = ticks(max(*above, *below, 1))[1]
    most = [max(-(-max(values) // step) * step, step) for values in (above, below)]
    unit = height / sum(most)
    base = most[0] * unit
    # Less than a pixel would be there in some places and not in others.
    gap = _GAP if len(above) <= _APART else 0

    def boxes(values: Sequence[int], up: bool) -> tuple[Box, ...]:
        return tuple(
            [
                _box(place, len(values), base - value * unit * up, value * unit, gap)
                for place, value in enumerate(values)
            ]
        )

    lines = [
        Tick(round(base - value * unit, 2), abs(value))
        for value in range(-most[1], most[0] + 1, step)
    ]
    return Columns(round(base, 2), tuple(lines), boxes(above, True), boxes(below, False))


def steps(values: Sequence[int], height: int) -> Steps:
    """The values as steps, each as wide as the room of a column in the same place."""
    scale = ticks(max(values, default=0), 2)
    unit = height / scale[-1]
    boxes = [
        _box(place, len(values), height - value * unit, value * unit, 0)
        for place, value in enumerate(values)
    ]
    risers = [
        Box(right.x, min(left.y, right.y), 0, round(abs(left.y - right.y), 2))
        for left, right in pairwise(boxes)
    ]
    return Steps(_lines(scale, height, unit), tuple(boxes), tuple(risers))


def marked(many: int, most: int = 6) -> tuple[int, ...]:
    """Which of so many places get a label, evenly spread and not more than ``most``.

    >>> marked(7, 7), marked(30), marked(1), marked(0)
    ((0, 1, 2, 3, 4, 5, 6), (0, 5, 10, 15, 20, 25), (0,), ())
    """
    return tuple(range(0, many, max(1, -(-many // most))))


def share(value: int, most: int) -> float:
    """How long a bar is, in percent of the longest.

    >>> share(1, 4), share(0, 0)
    (25.0, 0.0)
    """
    return round(100 * value / most, 2) if most else 0.0


def _box(place: int, many: int, y: float, height: float, gap: float) -> Box:
    room = 100 / many
    width = min(room * (1 - gap), _WIDEST) if gap else room
    return Box(
        round(place * room + (room - width) / 2, 3),
        round(y, 2),
        round(width, 3),
        round(height, 2),
    )


def _margin(lines: Sequence[Tick]) -> int:
    longest = max(len(f"{line.value:,}") for line in lines)
    return max(_NARROWEST, _BESIDE + _DIGIT * longest)


def _lines(scale: Sequence[int], height: float, unit: float) -> tuple[Tick, ...]:
    return tuple([Tick(round(height - value * unit, 2), value) for value in scale])
