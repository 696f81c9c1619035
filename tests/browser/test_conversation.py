"""Reading and answering, with scripts and without them, alone and with a colleague."""

import pytest

from cstar_core import Helpdesk, Ticket
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor


@pytest.fixture
def ticket(desk: Helpdesk) -> Ticket:
    """The newest ticket of the team, which nobody has yet."""
    return desk.workspace("acme").tickets.create(
        title="The bell does not ring",
        customer_name="Jane Smith",
        customer_email="jane@example.com",
        initial_message="See https://example.com/bell?a=1&b=2.\n> older words",
    )


def address(ticket: Ticket) -> str:
    return f"/inbox/acme/tickets/{ticket.id}"


def said(desk: Helpdesk, ticket: Ticket) -> list[tuple[str, str, bool]]:
    """Who wrote what on a ticket, and whether only to colleagues."""
    found = desk.workspace("acme").tickets.get(ticket.id)
    assert found.messages is not None
    return [(each.sender_name, each.content, each.is_internal) for each in found.messages[1:]]


def status(desk: Helpdesk, ticket: Ticket) -> str:
    return desk.workspace("acme").tickets.get(ticket.id).status


def write(visitor: Visitor, text: str, button: str = "Send") -> None:
    visitor.page.locator("form.composer textarea").fill(text)
    visitor.press(button, within="form.composer")


def test_each_view_is_a_page_with_its_tickets(visit: Visit, ticket: Ticket) -> None:
    agent = visit("agent")
    agent.open("/inbox/acme/")
    views = agent.page.get_by_role("navigation").get_by_role("link")
    names = [name for name in views.all_inner_texts() if name.strip()]
    assert len(names) >= 6
    for number in range(6):
        views.nth(number).click()
        agent.page.wait_for_load_state()
        assert agent.page.locator("h1").is_visible()
        assert views.nth(number).get_attribute("aria-current") == "page"
    agent.sees("The bell does not ring", within=".rows")


def test_a_ticket_is_read_from_the_list(visit: Visit, ticket: Ticket) -> None:
    agent = visit("agent")
    agent.open("/inbox/acme/views/unassigned")
    agent.page.get_by_role("link", name="The bell does not ring").click()
    agent.page.get_by_role("heading", level=1, name="The bell does not ring").wait_for()
    link = agent.page.get_by_role("link", name="https://example.com/bell?a=1&b=2", exact=True)
    assert link.get_attribute("href") == "https://example.com/bell?a=1&b=2"
    quoted = agent.page.get_by_text("older words")
    assert not quoted.is_visible()
    agent.page.get_by_text("Quoted text").click()
    assert quoted.is_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_ticket_is_answered(visit: Visit, desk: Helpdesk, ticket: Ticket, scripts: bool) -> None:
    agent = visit("agent", java_script_enabled=scripts)
    agent.open("/inbox/acme/views/all")
    with agent.page.expect_navigation():
        agent.page.locator("a.row").first.click()
    write(agent, "Does it ring <b>now</b>?\n\nYours")
    agent.sees("Does it ring <b>now</b>?")
    agent.page.locator("form.composer").get_by_text("Internal note").click()
    write(agent, "It never does", "Add note")
    agent.sees("It never does")
    write(agent, "Here is a new one", "Send and resolve")
    assert said(desk, ticket) == [
        ("Agent Lane", "Does it ring <b>now</b>?\n\nYours", False),
        ("Agent Lane", "It never does", True),
        ("Agent Lane", "Here is a new one", False),
    ]
    assert status(desk, ticket) == "resolved"


@pytest.mark.parametrize("scripts", [True, False])
def test_a_ticket_is_given_to_somebody(
    visit: Visit, desk: Helpdesk, ticket: Ticket, scripts: bool
) -> None:
    agent = visit("agent", java_script_enabled=scripts)
    agent.open(address(ticket))
    agent.page.locator("select[name=status]").select_option("pending")
    agent.page.locator("select[name=assigned_to]").select_option(label="Agent Lane")
    agent.page.locator("select[name=priority]").select_option("urgent")
    if not scripts:  # else saved at once
        agent.press("Save", within="#of-ticket")
    tickets = desk.workspace("acme").tickets
    assert agent.until(lambda: tickets.get(ticket.id).priority == "urgent")
    agent.open("/inbox/acme/views/mine")
    agent.sees("The bell does not ring", within=".rows")
    assert status(desk, ticket) == "pending"


def test_a_viewer_reads_and_has_nothing_to_write_with(visit: Visit, ticket: Ticket) -> None:
    viewer = visit("viewer")
    viewer.open(address(ticket))
    viewer.sees("See https://example.com", within=".thread")
    assert viewer.page.locator("form.composer").count() == 0
    assert viewer.page.locator("select[name=status]").is_disabled()


def test_an_empty_message_is_refused_beside_its_field(visit: Visit, ticket: Ticket) -> None:
    agent = visit("agent")
    agent.open(address(ticket))
    write(agent, "   ")
    field = agent.page.locator("form.composer textarea")
    assert field.get_attribute("aria-invalid") == "true"
    told = field.get_attribute("aria-describedby")
    assert told is not None
    assert agent.page.locator(f"#{told.split()[0]}").is_visible()


def test_a_reply_on_what_a_colleague_answered_meanwhile_waits(
    visit: Visit, desk: Helpdesk, ticket: Ticket
) -> None:
    one, other = visit("agent"), visit("owner")
    one.open(address(ticket))
    other.open(address(ticket))
    write(other, "I have sent a new bell")
    write(one, "We have no bells")
    one.sees("I have sent a new bell", within=".thread")
    assert one.page.locator("form.composer textarea").input_value() == "We have no bells"
    assert [text for _, text, _ in said(desk, ticket)] == ["I have sent a new bell"]


def test_who_was_signed_out_keeps_what_was_typed(
    visit: Visit, desk: Helpdesk, ticket: Ticket
) -> None:
    agent = visit("agent")
    agent.open(address(ticket))
    agent.page.locator("form.composer textarea").fill("Long and thoughtful")
    agent.context.clear_cookies()
    agent.press("Send", within="form.composer")
    assert agent.page.locator("textarea").input_value() == "Long and thoughtful"
    assert said(desk, ticket) == []


def test_a_new_ticket_comes_into_the_list_by_itself(visit: Visit, desk: Helpdesk) -> None:
    agent = visit("agent")
    agent.open("/inbox/acme/views/all")
    desk.workspace("acme").tickets.create(title="Just come <in>", customer_name="Jane")
    assert agent.sees("Just come <in>", within=".rows").is_visible()


def test_tickets_are_found_as_one_types(visit: Visit, ticket: Ticket) -> None:
    agent = visit("agent")
    agent.open("/inbox/acme/")
    field = agent.page.get_by_role("main").locator("input[type=search], input[name=q]").first
    field.press_sequentially("bell rin")
    agent.page.locator(".rows mark").first.wait_for()
    assert agent.sees("1 ticket").is_visible()


def test_a_ticket_is_answered_by_keys_alone(visit: Visit, desk: Helpdesk, ticket: Ticket) -> None:
    agent = visit("agent")
    agent.open(address(ticket))
    agent.page.keyboard.press("r")
    agent.page.keyboard.type("It rings")
    with agent.page.expect_navigation():
        agent.page.keyboard.press("Control+Enter")
    assert [text for _, text, _ in said(desk, ticket)] == ["It rings"]
