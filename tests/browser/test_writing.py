"""Writing when something comes between: another window, a second click, the end of a session."""

from urllib.parse import unquote

import pytest

from cstar_core import Helpdesk, Ticket
from cstar_web.inbox.cookies import SESSION
from tests.browser.conftest import Visit, session_of
from tests.browser.visitor import Visitor

TEXT = "form.composer textarea"
IN_SIGHT = """(id) => {
  const box = document.getElementById(id).getBoundingClientRect();
  return box.top >= 0 && box.bottom <= innerHeight;
}"""
# The answer to the first draft breaks off.
BREAK_OFF = """() => {
  const real = window.fetch;
  let broken = false;
  window.fetch = (...asked) => {
    if (broken || !String(asked[0]).endsWith("/draft")) return real(...asked);
    broken = true;
    const half = new ReadableStream({ pull: (stream) => stream.error(new TypeError("cut")) });
    return Promise.resolve(new Response(half));
  };
}"""
BEAT = "() => { document.dispatchEvent(new Event('visibilitychange')) }"


@pytest.fixture
def ticket(desk: Helpdesk) -> Ticket:
    return desk.workspace("acme").tickets.create(
        title="The bell does not ring", customer_name="Jane", initial_message="Hello?"
    )


def address(ticket: Ticket) -> str:
    return f"/inbox/acme/tickets/{ticket.id}"


def said(desk: Helpdesk, ticket: Ticket) -> list[str]:
    return [each.content for each in desk.workspace("acme").messages.list(ticket.id)[1:]]


def sign_out(desk: Helpdesk) -> None:
    """End the session of the agent from elsewhere."""
    members = desk.workspace("acme").members.list(page_size=100).items
    desk.sessions.end_all(next(each.id for each in members if each.name == "Agent Lane"))


def sign_in(desk: Helpdesk, visitor: Visitor) -> None:
    """As in another window of the same browser."""
    token = session_of(desk, "agent")
    visitor.context.add_cookies([{"name": SESSION, "value": token, "url": visitor.address}])


def test_what_is_typed_while_one_is_signed_out_is_kept_after_signing_in_again(
    visit: Visit, desk: Helpdesk, ticket: Ticket
) -> None:
    agent = visit("agent")
    agent.open(address(ticket))
    agent.page.locator(TEXT).fill("Long")
    agent.sees("Draft kept", within="#draft")
    sign_out(desk)
    agent.page.locator(TEXT).press_sequentially(" and")
    agent.sees("Not kept: you are signed out.", within="#draft")
    way = agent.page.locator("#draft").get_by_role("link", name="Sign in").get_attribute("href")
    assert unquote(str(way)) == f"/inbox/acme/sign-in?next={address(ticket)}"
    sign_in(desk, agent)
    agent.page.locator(TEXT).press_sequentially(" thoughtful")
    agent.sees("Draft kept", within="#draft")
    agent.press("Send", within="form.composer")
    assert said(desk, ticket) == ["Long and thoughtful"]
    agent.take_faults()


def test_what_is_typed_beside_a_conversation_outlasts_the_session(
    visit: Visit, desk: Helpdesk
) -> None:
    acme = desk.workspace("acme")
    jane = acme.customers.create(name="Jane", email="jane.bell@shop.example")
    agent = visit("agent")
    agent.open(address(acme.tickets.create(title="The bell", customer_id=jane.id)))
    name = agent.page.locator("#customer_name")
    name.fill("Jane Do")
    sign_out(desk)
    for _ in range(2):  # at the second it is seen that the first has led nowhere
        with agent.page.expect_response("**/colleagues"):
            agent.run(BEAT)
    name.press_sequentially("e")
    name.press("Tab")
    agent.sees("Not saved: you are signed out.", within="#about")
    assert name.input_value() == "Jane Doe"
    sign_in(desk, agent)
    name.fill("Jane Roe")
    name.press("Tab")
    assert agent.until(lambda: acme.customers.get(jane.id).name == "Jane Roe")
    agent.take_faults()


def test_a_draft_whose_answer_breaks_off_is_kept_with_what_is_typed_next(
    visit: Visit, desk: Helpdesk, ticket: Ticket
) -> None:
    agent = visit("agent")
    agent.open(address(ticket))
    agent.run(BREAK_OFF)
    agent.page.locator(TEXT).fill("Long")
    agent.sees("Not kept yet", within="#draft")
    agent.page.locator(TEXT).press_sequentially(" and thoughtful")
    agent.sees("Draft kept", within="#draft")
    agent.take_faults()
    agent.open(address(ticket))
    assert agent.page.locator(TEXT).input_value() == "Long and thoughtful"


def test_what_was_typed_before_the_session_ended_comes_back_without_scripts(
    visit: Visit, desk: Helpdesk, ticket: Ticket
) -> None:
    agent = visit("agent", java_script_enabled=False)
    agent.open(address(ticket))
    agent.page.locator(TEXT).fill("\nLong and thoughtful")
    sign_out(desk)
    agent.press("Send", within="form.composer")
    agent.sees("You are no longer signed in")
    sign_in(desk, agent)
    agent.press("Back to where I wrote it")
    assert agent.page.locator(TEXT).input_value() == "\nLong and thoughtful"
    agent.sees("You have signed in anew")
    agent.press("Send", within="form.composer")
    assert said(desk, ticket) == ["\nLong and thoughtful"]


@pytest.mark.parametrize("scripts", [True, False])
def test_a_second_click_sends_nothing_more(
    visit: Visit, desk: Helpdesk, ticket: Ticket, scripts: bool
) -> None:
    agent = visit("agent", java_script_enabled=scripts)
    agent.open(address(ticket))
    agent.page.locator(TEXT).fill("Once")
    # Without scripts the second click breaks off what the first began.
    agent.page.get_by_role("button", name="Send", exact=True).dblclick(no_wait_after=True)
    assert agent.until(lambda: agent.page.url.endswith("done=sent"))
    agent.sees("Your reply is on the ticket.")
    assert said(desk, ticket) == ["Once"]
    agent.page.go_back()
    assert agent.page.locator(TEXT).input_value() in ("", "Once")
    assert said(desk, ticket) == ["Once"]


def test_two_windows_of_one_member_do_not_write_over_each_other(
    visit: Visit, desk: Helpdesk, ticket: Ticket
) -> None:
    agent = visit("agent")
    agent.open(address(ticket))
    other = agent.context.new_page()
    other.goto(f"{agent.address}{address(ticket)}")
    other.locator(TEXT).fill("Of the other window")
    other.locator("#draft time").wait_for()
    agent.page.locator(TEXT).fill("Mine")
    agent.sees("Another window has kept a newer text.", within="#draft")
    assert agent.page.locator(TEXT).input_value() == "Mine"
    agent.take_faults()


def test_a_text_that_is_too_long_is_told_while_it_is_typed(
    visit: Visit, desk: Helpdesk, ticket: Ticket
) -> None:
    agent = visit("agent")
    agent.open(address(ticket))
    agent.page.locator(TEXT).fill("x" * 100_001)
    agent.sees("at most 100,000 characters", within="#draft")
    agent.press("Send", within="form.composer")
    assert len(agent.page.locator(TEXT).input_value()) == 100_001
    assert said(desk, ticket) == []
    agent.take_faults()


def test_a_link_to_an_old_message_of_a_long_thread_leads_to_it(
    visit: Visit, desk: Helpdesk, ticket: Ticket
) -> None:
    acme = desk.workspace("acme")
    with desk.transaction():
        for number in range(120):
            acme.messages.create(ticket.id, content=f"Number {number}. {'Words. ' * 30}")
    old = acme.messages.list(ticket.id)[20].id
    agent = visit("agent")
    agent.open(f"{address(ticket)}#{old}")
    agent.page.wait_for_url(f"**at={old}**")
    agent.page.locator(f"#{old}").wait_for()
    assert agent.run(IN_SIGHT, old)
    with agent.page.expect_navigation():
        agent.page.get_by_role("link", name="To the newest messages").click()
    assert agent.run(IN_SIGHT, acme.messages.list(ticket.id)[-1].id)
    with agent.page.expect_navigation():
        agent.page.get_by_role("link", name="71 earlier messages").click()
    agent.sees("later messages")


def test_the_keys_lead_into_the_text_and_out_of_it(
    visit: Visit, desk: Helpdesk, ticket: Ticket
) -> None:
    agent = visit("agent")
    agent.open(address(ticket))
    keys = agent.page.keyboard
    keys.press("n")
    assert agent.page.locator("[name=kind][value=note]").is_checked()
    assert agent.run("() => document.activeElement.id") == "content"
    keys.type("Only for us")
    keys.press("Escape")
    assert agent.run("() => document.activeElement.id") == "main"
    keys.press("r")
    assert agent.page.locator("[name=kind][value=reply]").is_checked()
    assert agent.page.locator(TEXT).input_value() == "Only for us"


def test_keys_send_and_resolve_and_go_on(visit: Visit, desk: Helpdesk, ticket: Ticket) -> None:
    agent = visit("agent")
    agent.open(f"{address(ticket)}?view=all&sort=-created_at")
    agent.page.get_by_label("Then the next ticket").check()
    agent.page.locator(TEXT).fill("Done")
    with agent.page.expect_navigation():
        agent.page.keyboard.press("Control+Shift+Enter")
    agent.sees("Here is the next one.")
    assert agent.path != address(ticket)
    assert agent.page.get_by_label("Then the next ticket").is_checked()
    assert said(desk, ticket) == ["Done"]
    assert desk.workspace("acme").tickets.get(ticket.id).status == "resolved"
