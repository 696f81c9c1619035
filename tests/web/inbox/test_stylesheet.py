"""The stylesheet: what can be measured of it."""

import re

import pytest

from cstar_web.inbox.files import files

SHEETS = {name: file.plain.decode() for name, file in files().items() if name.endswith(".css")}
SHEET = SHEETS["app.css"]
TOKENS = {
    name: (light, dark)
    for name, light, dark in re.findall(
        r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", SHEET
    )
}
# What is read on what: text needs a contrast of 4.5, a border that one must see 3.
TEXT = (
    *((ink, on) for ink in ("ink", "soft", "quiet") for on in ("canvas", "paper", "raised")),
    *((ink, "hover") for ink in ("ink", "soft")),
    *(("accent", on) for on in ("canvas", "paper", "raised", "hover", "accent-wash")),
    *((meaning, "paper") for meaning in ("danger", "good", "warn", "plum")),
    *((meaning, f"{meaning}-wash") for meaning in ("danger", "good", "warn", "plum", "note")),
    *((ink, "note-wash") for ink in ("ink", "soft")),
    *((ink, "accent-wash") for ink in ("ink", "soft")),
    ("danger", "canvas"),
    ("on-solid", "solid"),
    ("on-solid", "solid-hover"),
)
BORDERS = (
    *(("edge", on) for on in ("canvas", "paper", "raised")),
    *(("ring", on) for on in ("canvas", "paper", "raised", "hover")),
    ("solid", "paper"),
    *((fill, on) for fill in ("came", "went", "took", "plum") for on in ("paper", "raised")),
)


def luminance(colour: str) -> float:
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """How much two colours differ, as WCAG 2.2 computes it."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_computed_as_it_should_be() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "on"), TEXT)
def test_text_can_be_read(ink: str, on: str, theme: int) -> None:
    assert contrast(TOKENS[ink][theme], TOKENS[on][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("line", "on"), BORDERS)
def test_what_one_acts_with_can_be_seen(line: str, on: str, theme: int) -> None:
    assert contrast(TOKENS[line][theme], TOKENS[on][theme]) >= 3


@pytest.mark.parametrize("name", SHEETS)
def test_colours_stand_among_the_tokens_only(name: str) -> None:
    rest = SHEETS[name].split("@layer base {", 1)[-1]
    assert re.findall(r"#[0-9a-f]{3,8}\b(?!\s*[{,>])|rgb\(|hsl\(", rest) == []


@pytest.mark.parametrize("name", SHEETS)
def test_nothing_is_placed_by_left_and_right(name: str) -> None:
    sided = (
        r"(?:margin|padding|border)-(?:left|right)|[\s;{](?:left|right):|text-align: (?:left|right)"
    )
    assert re.findall(sided, SHEETS[name]) == []


@pytest.mark.parametrize("name", SHEETS)
def test_no_file_is_loaded_by_a_stylesheet(name: str) -> None:
    assert "url(" not in SHEETS[name] and "@import" not in SHEETS[name]


@pytest.mark.parametrize("name", SHEETS)
def test_a_stylesheet_stays_short_enough_to_be_read(name: str) -> None:
    assert SHEETS[name].count("\n") <= 400


def test_who_wants_no_motion_gets_none() -> None:
    assert "prefers-reduced-motion: reduce" in SHEET


def test_focus_is_visible() -> None:
    assert ":focus-visible { outline: 2px solid var(--ring)" in SHEET
    assert "outline: none" not in SHEET


def test_every_token_is_used() -> None:
    everything = "".join(SHEETS.values())
    defined = re.findall(r"(--[\w-]+):", SHEET)
    assert [name for name in defined if f"var({name})" not in everything] == []
