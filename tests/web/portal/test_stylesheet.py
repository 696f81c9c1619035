"""The customers' stylesheet: what can be measured of it."""

import re
from importlib import resources

import pytest

from cstar_web.portal.rendering import ROOM
from tests.web.inbox.test_stylesheet import contrast

SHEET = resources.files(ROOM).joinpath("static", "portal.css").read_text(encoding="utf-8")
TOKENS = {
    name: colours
    for name, *colours in re.findall(
        r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", SHEET
    )
}
TEXT = (
    *((ink, on) for ink in ("ink", "quiet") for on in ("canvas", "paper", "mine")),
    *(("accent", on) for on in ("canvas", "paper")),
    *(("bad", on) for on in ("paper", "bad-wash")),
    *(("ink", on) for on in ("bad-wash", "good-wash")),
)
BORDERS = (("edge", "paper"), ("bad", "paper"), ("accent", "canvas"), ("good", "good-wash"))


@pytest.mark.parametrize("theme", [0, 1])
@pytest.mark.parametrize(("one", "other"), TEXT)
def test_text_can_be_read(theme: int, one: str, other: str) -> None:
    assert contrast(TOKENS[one][theme], TOKENS[other][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1])
@pytest.mark.parametrize("on", ["solid", "solid-hover"])
def test_what_stands_on_a_button_can_be_read(theme: int, on: str) -> None:
    assert contrast("#ffffff", TOKENS[on][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1])
@pytest.mark.parametrize(("one", "other"), BORDERS)
def test_what_one_must_see_can_be_seen(theme: int, one: str, other: str) -> None:
    assert contrast(TOKENS[one][theme], TOKENS[other][theme]) >= 3


def test_directions_follow_the_language() -> None:
    sided = (
        r"(?:margin|padding|border)-(?:left|right)|[\s;{](?:left|right):|text-align: (?:left|right)"
    )
    assert re.findall(sided, SHEET) == []
    assert "!important" not in SHEET and "url(" not in SHEET
