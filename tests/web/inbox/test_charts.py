"""Charts and measures, as tables of examples: numbers in, places and words out."""

from datetime import date
from gettext import NullTranslations

import pytest

from cstar_web.inbox.languages import translations
from cstar_web.inbox.measures import days, lasting, number
from cstar_web.inbox.reports import charts
from cstar_web.inbox.reports.charts import Box, Tick

ENGLISH, GERMAN = NullTranslations(), translations("de")


@pytest.mark.parametrize(
    ("most", "found"),
    [
        (0, (0, 1)),
        (1, (0, 1)),
        (4, (0, 1, 2, 3, 4)),
        (5, (0, 2, 4, 6)),
        (40, (0, 10, 20, 30, 40)),
        (41, (0, 20, 40, 60)),
        (99_999, (0, 50_000, 100_000)),
    ],
)
def test_ticks_are_round_and_reach_the_most(most: int, found: tuple[int, ...]) -> None:
    assert charts.ticks(most) == found


def test_no_number_makes_bad_ticks() -> None:
    for most in [*range(3_000), 10**9, 10**12 + 1]:
        found = charts.ticks(most)
        assert 2 <= len(found) <= 6
        assert found[-1] >= most > (found[-2] if most > 1 else -1)


@pytest.mark.parametrize(
    ("values", "boxes"),
    [
        ([], ()),
        ([0], (Box(44.5, 100, 11, 0),)),
        ([4], (Box(44.5, 0, 11, 100),)),
        ([1, 4], (Box(19.5, 75, 11, 25), Box(69.5, 0, 11, 100))),
        ([4] * 10, tuple(Box(1.25 + 10 * place, 0, 7.5, 100) for place in range(10))),
    ],
)
def test_columns_stand_on_the_lower_edge(values: list[int], boxes: tuple[Box, ...]) -> None:
    found = charts.columns(values, 100)
    assert (found.base, found.above, found.below) == (100, boxes, ())


@pytest.mark.parametrize(
    ("above", "below", "base", "ticks"),
    [
        ([0], [0], 50, [(100, 1), (50, 0), (0, 1)]),
        ([2], [1], 66.67, [(100, 1), (66.67, 0), (33.33, 1), (0, 2)]),
        ([0, 0], [3, 1], 25, [(100, 3), (75, 2), (50, 1), (25, 0), (0, 1)]),
    ],
)
def test_both_halves_have_one_scale(
    above: list[int], below: list[int], base: float, ticks: list[tuple[float, int]]
) -> None:
    found = charts.mirrored(above, below, 100)
    assert (found.base, found.ticks) == (base, tuple(Tick(*each) for each in ticks))
    assert all(box.y + box.height == pytest.approx(base, abs=0.02) for box in found.above)
    assert all(box.y == base for box in found.below)
    assert all(box.y >= 0 and box.y + box.height <= 100.02 for box in found.above + found.below)


def test_steps_touch_and_are_joined() -> None:
    found = charts.steps([1, 2, 2], 80)
    assert [(box.x, box.y) for box in found.boxes] == [(0, 40), (33.333, 0), (66.667, 0)]
    assert found.risers == (Box(33.333, 0, 0, 40), Box(66.667, 0, 0, 0))


@pytest.mark.parametrize(
    ("most", "width"), [(0, 52), (9_999, 62), (99_999, 70), (999_999, 86), (10**9, 118)]
)
def test_the_numbers_of_an_axis_have_room(most: int, width: int) -> None:
    found = charts.mirrored([most], [0], 200), charts.columns([most], 200), charts.steps([most], 80)
    assert [each.margin for each in found] == [width] * 3


def test_labels_are_few_however_many_places_there_are() -> None:
    assert {len(charts.marked(many)) for many in range(6, 400)} <= {3, 4, 5, 6}
    assert charts.marked(92) == (0, 16, 32, 48, 64, 80)


@pytest.mark.parametrize(
    ("seconds", "english", "german"),
    [
        (0, "less than 1 min", "unter 1 Min."),
        (60, "1 min", "1 Min."),
        (12_000, "3 h 20 min", "3 Std. 20 Min."),
        (86_400 + 59, "1 d", "1 Tg."),
        (86_400 + 60, "1 d", "1 Tg."),
        (86_400 * 1_500 + 3_600, "1,500 d 1 h", "1.500 Tg. 1 Std."),
    ],
)
def test_durations_are_words(seconds: int, english: str, german: str) -> None:
    assert (lasting(seconds, ENGLISH), lasting(seconds, GERMAN)) == (english, german)


def test_numbers_and_days_are_those_of_the_language() -> None:
    assert (number(1_234_567, ENGLISH), number(1_234_567, GERMAN)) == ("1,234,567", "1.234.567")
    first, last = date(2024, 12, 30), date(2025, 1, 5)
    assert days(first, last, ENGLISH) == "30 Dec 2024 – 5 Jan 2025"  # noqa: RUF001
    assert days(last, last, GERMAN) == "5. Jan. 2025"
