"""Pages as others see them: refused, opened, from right to left, very large, very full."""

import pytest
from flask import Flask

from cstar_core import Helpdesk
from tests.browser.conftest import WIDE, Visit
from tests.browser.places import Place, places
from tests.browser.test_access_for_all import AXE, EVERYTHING, FIND, TOO_WIDE
from tests.browser.visitor import Visitor

# What nobody can scroll to, or what is cut off without dots.
OUT_OF_SIGHT = """
() => {
  const at = (element) => element.getBoundingClientRect();
  const named = (element) => `${element.tagName} ${element.className} ${element.id}`;
  const hides = (element) => /hidden|clip|auto|scroll/.test(getComputedStyle(element).overflowX);
  const held = (element) => {
    for (let up = element.parentElement; up && up !== document.body; up = up.parentElement)
      if (hides(up)) return true;
    return false;
  };
  const shown = [...document.querySelectorAll("body *")].filter((element) => {
    const box = at(element);
    return box.width > 1 && box.height > 1 && element.checkVisibility({ visibilityProperty: true })
      && getComputedStyle(element).clipPath === "none"
      && !element.closest(".unseen, .away, svg, dialog");
  });
  const outside = shown.filter((element) =>
    (at(element).left < -1 || at(element).right > innerWidth + 1) && !held(element));
  const cut = shown.filter((element) => {
    const style = getComputedStyle(element);
    return /hidden|clip/.test(style.overflowX) && style.textOverflow !== "ellipsis"
      && !style.webkitLineClamp.match(/[0-9]/) && element.scrollWidth > element.clientWidth + 1;
  });
  return [
    ...outside.map((each) => `outside: ${named(each)}`),
    ...cut.map((each) => `cut: ${named(each)}`),
  ];
}
"""
# Which of the panes are over another one.
OVERLAPPING = """
() => {
  const panes = [...document.querySelectorAll(".side, .list, .read, .page, .talk, .about")]
    .filter((pane) => pane.checkVisibility());
  const over = (one, other) => {
    if (one.contains(other) || other.contains(one)) return false;
    const [a, b] = [one.getBoundingClientRect(), other.getBoundingClientRect()];
    return Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
      && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
  };
  return panes.flatMap((one, place) => panes.slice(place + 1).filter((other) => over(one, other))
    .map((other) => `${one.className} over ${other.className}`));
}
"""
LEFT_OF = """
([one, other]) => document.querySelector(one).getBoundingClientRect().left
  < document.querySelector(other).getBoundingClientRect().left
"""
# Sends what it is given, which the browser would not send of itself.
SEND = """
([action, fields]) => {
  const form = [...document.forms].find((each) => each.method === "post"
    && new URL(each.action).pathname.endsWith(action)
    && Object.keys(fields).every((name) => each.elements[name]));
  for (const [name, value] of Object.entries(fields)) {
    const field = form.elements[name];
    if (field.type === "checkbox") field.checked = value !== "";
    else { field.removeAttribute("maxlength"); field.value = value; }
  }
  form.noValidate = true;
  form.submit();
}
"""
LONG = "W" * 200
ARABIC = "\u0644\u0627 \u064a\u0631\u0646 \u0627\u0644\u062c\u0631\u0633 123 (abc)"


def found_by_axe(visitor: Visitor) -> list[str]:
    visitor.run(AXE)
    found: list[str] = visitor.run(FIND, EVERYTHING)
    return found


# The page, how the path ends that its form is sent to, and what it is sent.
REFUSED = [
    ("/inbox/acme/settings/members/invite", "", {"email": "nobody"}),
    ("/inbox/acme/settings/fields/new", "", {"name": "", "key": "Not A Key"}),
    ("/inbox/acme/settings/webhooks/new", "", {"name": "", "url": "ftp://shop"}),
    ("/inbox/acme/settings/replies/new", "", {"name": "", "content": ""}),
    ("/inbox/acme/settings/views/new", "", {"name": ""}),
    ("/inbox/acme/settings/keys/new", "", {"name": "x" * 300}),
    ("/inbox/acme/account", "", {"password": "short"}),
    ("/inbox/acme/reports?period=days&start=2026-03-02&end=2026-03-01", "", {}),
    ("/inbox/acme/views/search?q=status:lost", "", {}),
    ("/inbox/acme/views/all", "", {"add_tags": "t" * 300}),
    ("{ticket}", "", {"add": "t" * 300}),
    ("{ticket}", "", {"content": "  "}),
    ("{ticket}", "/order_value", {"value": "much"}),
    ("/t/acme/new", "", {"email": "jane", "content": ""}),
]


@pytest.fixture
def ticket(desk: Helpdesk) -> str:
    acme = desk.workspace("acme")
    made = acme.tickets.create(
        title="The bell does not ring", customer_name="Jane", initial_message="It does not."
    )
    return f"/inbox/acme/tickets/{made.id}"


def test_what_is_refused_is_told_to_everybody(visit: Visit, ticket: str) -> None:
    owner = visit("owner", color_scheme="dark")
    found = []
    for path, action, fields in REFUSED:
        owner.open(path.format(ticket=ticket))
        if fields:
            with owner.page.expect_navigation():
                owner.run(SEND, [action, fields])
        if not owner.page.locator("[aria-invalid=true], [role=alert], .wrong").count():
            found.append(f"{path} {action}: says nothing")
        found += [f"{path} {action}: {each}" for each in found_by_axe(owner)]
    assert not found, "\n".join(found)


def test_what_opens_over_a_page_keeps_nobody_out(visit: Visit, desk: Helpdesk, ticket: str) -> None:
    desk.workspace("acme").canned_replies.create(name="Thanks", content="Thank you")
    owner = visit("owner", locale="de-DE")
    page, keys = owner.page, owner.page.keyboard
    found = []
    owner.open("/inbox/acme/views/all")
    for opened in ("Control+k", "?", "#q", ".side .me summary", ".pick summary", ".choose"):
        if opened[0] in "#.":
            page.locator(opened).first.click()
        else:
            keys.press(opened)
        if opened == "#q":
            keys.type("st")
            page.locator("#offers [role=option]").first.wait_for()
        found += [f"{opened}: {each}" for each in found_by_axe(owner)]
        keys.press("Escape")
        keys.press("Escape")
    owner.open(ticket)
    page.locator("#canned-open").click()
    page.locator("#canned-found [role=option]").first.wait_for()
    found += [f"canned: {each}" for each in found_by_axe(owner)]
    assert not found, "\n".join(found)


@pytest.fixture
def full(desk: Helpdesk) -> str:
    """The address of a ticket of which there is much of everything."""
    acme = desk.workspace("acme")
    with desk.transaction():
        for number in range(30):
            acme.views.create(name=f"{number} {LONG}"[:100], text="tag:x", shared=True)
        acme.members.create(name=LONG, email="long@acme.example")
        tags = [f"{number}-{LONG}"[:60] for number in range(40)]
        for title, name in ((ARABIC, ARABIC), (LONG, LONG)):
            made = acme.tickets.create(title=title, customer_name=name, tags=tags, notes=LONG)
        for number in range(200):
            acme.messages.create(made.id, content=f"{number} {LONG}\n> {LONG}", sender_name=LONG)
    return f"/inbox/acme/tickets/{made.id}"


def some(app: Flask, desk: Helpdesk, path: str) -> list[Place]:
    """A page of each kind."""
    ticket = path.rpartition("/")[2]
    kinds = ("tickets", "ticket", "reports", "account", "settings_fields", "settings_members")
    kinds += ("settings_webhook", "settings_keys", "ask_field", "sign_in", "form")
    return [each for each in places(app, desk, ticket) if each.name.rpartition(".")[2] in kinds]


# A window of 1280 pixels at 200 % and 400 %, and one on a wide screen.
@pytest.mark.parametrize("width", [320, 640, 1440])
def test_nothing_is_lost_in_a_narrow_window_or_in_much_text(
    app: Flask, desk: Helpdesk, visit: Visit, full: str, width: int
) -> None:
    size = {"width": width, "height": 900 if width > 640 else 256}
    owner, nobody = visit("owner", viewport=size), visit(viewport=size)
    found = []
    for place in some(app, desk, full):
        visitor = owner if place.needs_member else nobody
        visitor.open(place.path)
        wrong = [*visitor.run(OUT_OF_SIGHT), *visitor.run(OVERLAPPING)]
        found += [f"{place.name}: {each}" for each in wrong]
        if wider := visitor.run(TOO_WIDE):
            found.append(f"{place.name}: {wider} pixels too wide")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("size", [WIDE, {"width": 390, "height": 844}], ids=["wide", "phone"])
def test_from_right_to_left_the_panes_are_mirrored_and_nothing_is_lost(
    app: Flask, desk: Helpdesk, visit: Visit, ticket: str, size: dict[str, int]
) -> None:
    owner, nobody = visit("owner", viewport=size), visit(viewport=size)
    found = []
    for place in some(app, desk, ticket):
        visitor = owner if place.needs_member else nobody
        visitor.open(place.path)
        visitor.run("() => { document.documentElement.dir = 'rtl' }")
        wrong = [*visitor.run(OUT_OF_SIGHT), *visitor.run(OVERLAPPING)]
        found += [f"{place.name}: {each}" for each in wrong]
        if place.name == "inbox.ticket" and size is WIDE:
            assert visitor.run(LEFT_OF, [".talk", ".list"])
            assert visitor.run(LEFT_OF, [".list", ".side"])
            assert visitor.run(LEFT_OF, [".about", ".talk"])
    assert not found, "\n".join(found)


def test_what_is_chosen_is_seen_in_the_colours_of_the_system(visit: Visit, ticket: str) -> None:
    owner = visit("owner", forced_colors="active")
    owner.open(ticket)
    outlined = "element => getComputedStyle(element).outlineStyle"
    for chosen in (".views [aria-current]", ".row[aria-current]", ".kind:has(:checked)"):
        assert owner.page.locator(chosen).first.evaluate(outlined) == "solid", chosen
