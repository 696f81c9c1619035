"""A customer at the form and at the page of a ticket, without an account and without scripts."""

import pytest

from cstar_core import Helpdesk
from tests.browser.conftest import Visit
from tests.browser.test_access_for_all import AXE, EVERYTHING, FIND, TOO_WIDE

NEW = "/t/acme/new"
EVIL = "</textarea><script>alert('ran')</script><img src=x onerror=\"alert('ran')\">"
# A form that is filled in faster is asked again.
READ = 2_100
SCRIPTS = "() => document.scripts.length"
FOCUSED = "() => document.activeElement.className"


@pytest.mark.parametrize("scripts", [True, False])
def test_a_customer_writes_reads_and_answers(visit: Visit, desk: Helpdesk, scripts: bool) -> None:
    acme = desk.workspace("acme")
    jane = visit(java_script_enabled=scripts)
    jane.open(NEW)
    jane.fill(name="Jane", email="jane@example.com", title=EVIL, content=EVIL)
    jane.page.locator("[name='field.product']").select_option("Wheels")
    jane.page.wait_for_timeout(READ)
    jane.press("Send")
    jane.sees("We have your message")
    ticket = acme.tickets.list().items[0]
    assert (ticket.title, ticket.custom_fields) == (EVIL, {"product": "Wheels"})
    acme.messages.create(ticket.id, content="INTERNAL", is_internal=True)
    acme.messages.create(ticket.id, content=EVIL, sender_name=EVIL)
    jane.fill(content="Thank you.")
    jane.press("Send")
    jane.sees("We have your answer.")
    seen = jane.page.locator("main").inner_text()
    assert seen.count(EVIL) == 4 and "Thank you." in seen and "INTERNAL" not in seen
    assert not jane.context.cookies()
    if scripts:
        assert jane.run(SCRIPTS) == 0


@pytest.mark.parametrize("width", [320, 1440])
def test_what_is_wrong_has_the_focus_and_leads_to_its_field(
    visit: Visit, desk: Helpdesk, width: int
) -> None:
    for key, type, options in (("a", "select", ["x" * 255]), ("b", "multiselect", ["y" * 255])):
        desk.workspace("acme").custom_fields.create(
            name="n" * 255,
            key=key,
            type=type,
            entity_type="tickets",
            options=options,
            public=True,
        )
    jane = visit(viewport={"width": width, "height": 800})
    jane.open(NEW)
    jane.fill(name="x" * 255, email="jane")
    jane.press("Send")
    assert jane.run(FOCUSED) == "summary"
    assert jane.run(TOO_WIDE) == 0
    jane.run(AXE)
    assert jane.run(FIND, EVERYTHING) == []
    jane.page.get_by_role("link", name="Your email address must be an email address").click()
    jane.page.keyboard.type("@example.com")
    assert jane.page.locator("[name=email]").input_value().count("@") == 1


def test_the_form_is_sent_by_keyboard_alone(visit: Visit, desk: Helpdesk) -> None:
    jane = visit(locale="de-DE")
    jane.open(NEW)
    keys = jane.page.keyboard
    keys.press("Tab")
    keys.press("Enter")
    for text in ("Jane", "jane@example.com", "Klingel"):
        keys.press("Tab")
        keys.type(text)
    jane.page.locator("[name=content]").focus()
    keys.type("Sie klingelt nicht.")
    keys.press("Tab")  # where files are chosen
    keys.press("Tab")
    jane.page.wait_for_timeout(READ)
    with jane.page.expect_navigation():
        keys.press("Enter")
    jane.sees("Ihre Nachricht ist da")
    assert desk.workspace("acme").tickets.list().items[0].title == "Klingel"
