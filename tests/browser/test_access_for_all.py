"""Whether everybody can use the pages: with a screen reader, by keyboard, on a phone, at night."""

from importlib import resources
from typing import Any

import pytest
from flask import Flask

from cstar_core import Helpdesk
from tests.browser.conftest import WIDE, Visit
from tests.browser.places import Place, places
from tests.browser.visitor import Visitor

PHONE = {"width": 390, "height": 844}
AXE = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")

EVERYTHING = {
    "type": "tag",
    "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
FIND = """
async (rules) => {
  // Nothing answers in a frame without scripts; what is in it is a page of its own here.
  const asked = { runOnly: rules, resultTypes: ["violations"], iframes: false };
  const found = await axe.run(document, asked);
  return found.violations.flatMap((rule) => rule.nodes.map((node) => {
    const why = [...node.any, ...node.all, ...node.none].map((check) => check.message);
    return `${rule.id}: ${node.html.slice(0, 160)} (${why.join("; ")})`;
  }));
}
"""
# How far the page can be scrolled sideways.
TOO_WIDE = "() => document.scrollingElement.scrollWidth - document.documentElement.clientWidth"


def wrong_with(visitor: Visitor, place: Place, **seen: Any) -> list[str]:
    """What keeps people from using a page that is seen so."""
    page = visitor.page
    page.emulate_media(reduced_motion="reduce", **seen)
    answer = visitor.open(place.path)
    found = [f"answers {answer.status}"] if answer.status != 200 else []
    visitor.run(AXE)
    found += visitor.run(FIND, EVERYTHING)
    if wider := visitor.run(TOO_WIDE):
        found.append(f"{wider} pixels too wide")
    return [f"{place.name} ({place.path}) {each}" for each in found]


@pytest.fixture
def ticket(desk: Helpdesk) -> str:
    """A ticket with much in it: of a customer, with an internal message, tags and a quote."""
    tickets = desk.workspace("acme").tickets.list(page_size=100).items
    return max(tickets, key=lambda each: (each.message_count, len(each.tags))).id


# Wide in one language and light, narrow in the other and dark: each rule meets each of them.
@pytest.mark.parametrize(
    ("language", "theme", "size"),
    [("en-GB", "light", WIDE), ("de-DE", "dark", PHONE)],
    ids=["wide", "phone"],
)
def test_no_page_keeps_anybody_out(
    app: Flask,
    desk: Helpdesk,
    visit: Visit,
    ticket: str,
    language: str,
    theme: str,
    size: dict[str, int],
) -> None:
    owner = visit("owner", locale=language, viewport=size)
    nobody = visit(locale=language, viewport=size)
    found = []
    for place in places(app, desk, ticket):
        visitor = owner if place.needs_member else nobody
        found += wrong_with(visitor, place, color_scheme=theme)
    assert not found, "\n".join(found)


# What shows where one is: a line around it or around what it belongs to, or a shadow.
FOCUS = """
() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const named = `${at.tagName} ${at.id || at.name || at.textContent.trim().slice(0, 30)}`;
  const whole = at.closest(at.tagName === "TEXTAREA" ? ".composer" : ".choice, .kind");
  const drawn = [at, whole].some((each) => {
    const style = each && getComputedStyle(each);
    const line = !style || style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth);
    return line >= 2 || style?.boxShadow.includes("inset");
  });
  const box = at.getBoundingClientRect();
  const inside = box.right > 0 && box.left < innerWidth && box.bottom > 0 && box.top < innerHeight;
  const visible = drawn && box.width > 0 && box.height > 0 && inside && at.checkVisibility({
    opacityProperty: !whole, visibilityProperty: true,
  });
  return { named, visible };
}
"""
GONE_TO = ("views/all", "reports", "settings/fields", "settings/webhooks/new", "account")


def test_the_keyboard_gets_everywhere_and_shows_where_it_is(visit: Visit, ticket: str) -> None:
    owner = visit("owner")
    unseen, seen = [], []
    paths = [f"/inbox/acme/{each}" for each in (f"tickets/{ticket}", *GONE_TO)]
    for path in (*paths, "/t/acme/new"):
        owner.open(path)
        for _ in range(60):
            owner.page.keyboard.press("Tab")
            at = owner.run(FOCUS)
            if at is None:
                break
            seen.append(at["named"])
            unseen += [] if at["visible"] else [f"{path}: {at['named']}"]
    assert len(set(seen)) > 60
    assert not unseen, "\n".join(unseen)


def test_what_happens_meanwhile_takes_nobody_away_from_where_they_are(
    visit: Visit, desk: Helpdesk
) -> None:
    owner = visit("owner")
    owner.open("/inbox/acme/views/open")
    mine = owner.page.locator("#views a").first
    for title in ("First of two", "Second of two"):
        mine.focus()
        desk.workspace("acme").tickets.create(title=title)
        owner.sees(title, within="#listed")
        assert mine.evaluate("link => link === document.activeElement")
