"""Files in the form of an answer: chosen, dropped, pasted, taken away, and without scripts."""

import io
import os
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from cstar_core import ATTACHMENT_BYTES_MAX, Helpdesk, Ticket
from tests.browser.conftest import Visit

FORM = "form.composer"
TEXT = f"{FORM} textarea"
# What a page is told of a file that is dropped on it or pasted into it.
BRING = """([place, kind, name]) => {
  const brought = new DataTransfer();
  brought.items.add(new File(["brought"], name, { type: "text/plain" }));
  const told = { bubbles: true, cancelable: true };
  const event = kind === "paste"
    ? new ClipboardEvent("paste", { ...told, clipboardData: brought })
    : new DragEvent(kind, { ...told, dataTransfer: brought });
  document.querySelector(place).dispatchEvent(event);
}"""
LOADED = "() => document.querySelector('.files img').naturalWidth === 3"


@pytest.fixture
def ticket(desk: Helpdesk) -> Ticket:
    return desk.workspace("acme").tickets.create(title="The bell", customer_name="Jane")


def address(ticket: Ticket) -> str:
    return f"/inbox/acme/tickets/{ticket.id}"


def picture() -> dict[str, Any]:
    kept = io.BytesIO()
    Image.new("RGB", (3, 2)).save(kept, "PNG")
    return {"name": "bell.png", "mimeType": "image/png", "buffer": kept.getvalue()}


def text(name: str, size: int = 5) -> dict[str, Any]:
    return {"name": name, "mimeType": "text/plain", "buffer": size * b"a"}


def attached(desk: Helpdesk, ticket: Ticket) -> list[list[str]]:
    thread = desk.workspace("acme").messages.list(ticket.id)
    return [[each.name for each in message.attachments] for message in thread]


def test_files_are_uploaded_while_one_writes_and_go_with_the_answer(
    visit: Visit, desk: Helpdesk, ticket: Ticket
) -> None:
    agent = visit("agent")
    agent.open(address(ticket))
    agent.page.locator("#files").set_input_files([picture(), text("<b>.txt")])
    agent.sees("<b>.txt", within="#attached")
    agent.page.locator(TEXT).fill("See the bell")
    agent.sees("Draft kept", within="#draft")
    agent.press("Send", within=FORM)
    agent.sees("Your reply is on the ticket.")
    assert attached(desk, ticket) == [["bell.png", "<b>.txt"]]
    agent.page.locator(".files img").scroll_into_view_if_needed()
    agent.page.wait_for_function(LOADED)


def test_files_are_dropped_and_pasted(visit: Visit, desk: Helpdesk, ticket: Ticket) -> None:
    agent = visit("agent")
    agent.open(address(ticket))
    for kind in ("drop", "paste"):
        agent.page.evaluate(BRING, [TEXT, kind, f"{kind}.txt"])
        agent.sees(f"{kind}.txt", within="#attached")
    agent.page.locator(TEXT).fill("Look")
    agent.press("Send", within=FORM)
    agent.sees("Your reply is on the ticket.")
    assert attached(desk, ticket) == [["drop.txt", "paste.txt"]]


def test_an_answer_waits_for_its_files(visit: Visit, desk: Helpdesk, ticket: Ticket) -> None:
    agent = visit("agent")
    agent.open(address(ticket))
    agent.page.locator(TEXT).fill("Look")
    agent.page.locator("#files").set_input_files([text(f"{n}.txt", 2_000_000) for n in range(3)])
    agent.press("Send", within=FORM)
    agent.sees("Your reply is on the ticket.")
    assert attached(desk, ticket) == [["0.txt", "1.txt", "2.txt"]]


def test_files_are_there_again_with_the_draft(visit: Visit, desk: Helpdesk, ticket: Ticket) -> None:
    agent = visit("agent")
    agent.open(address(ticket))
    agent.page.locator("#files").set_input_files([text("kept.txt")])
    agent.sees("Draft kept", within="#draft")
    agent.open(address(ticket))
    agent.sees("kept.txt", within="#attached")
    agent.page.locator(TEXT).fill("Look")
    agent.press("Send", within=FORM)
    agent.sees("Your reply is on the ticket.")
    assert attached(desk, ticket) == [["kept.txt"]]


def test_a_file_is_taken_away_again(visit: Visit, desk: Helpdesk, ticket: Ticket) -> None:
    agent = visit("agent")
    agent.open(address(ticket))
    agent.page.locator("#files").set_input_files([text("wrong.txt")])
    with agent.page.expect_response("**/discard"):
        agent.page.get_by_role("button", name="Remove wrong.txt").click()
    agent.page.locator(TEXT).fill("Look")
    agent.press("Send", within=FORM)
    agent.sees("Your reply is on the ticket.")
    assert attached(desk, ticket) == [[]]
    assert desk.workspace("acme").attachments.uploads(ticket.id) == ()


def test_a_file_that_is_too_large_is_told_and_stays_behind(
    visit: Visit, desk: Helpdesk, ticket: Ticket, tmp_path: Path
) -> None:
    agent = visit("agent")
    agent.open(address(ticket))
    large = tmp_path / "large.txt"
    large.touch()
    os.truncate(large, ATTACHMENT_BYTES_MAX + 1)
    agent.page.locator("#files").set_input_files(large)
    agent.sees("large.txt is larger than 25 MB", within="#attached")
    agent.page.locator(TEXT).fill("Look")
    agent.page.get_by_role("button", name="Send", exact=True).click()
    agent.page.get_by_role("button", name="Remove large.txt").click()
    agent.press("Send", within=FORM)
    agent.sees("Your reply is on the ticket.")
    assert attached(desk, ticket) == [[]]


def test_files_are_sent_without_scripts(visit: Visit, desk: Helpdesk, ticket: Ticket) -> None:
    agent = visit("agent", java_script_enabled=False)
    agent.open(address(ticket))
    agent.page.locator("#files").set_input_files([picture(), text("b.txt")])
    agent.page.locator(TEXT).fill("Look")
    agent.press("Send", within=FORM)
    agent.sees("Your reply is on the ticket.")
    assert attached(desk, ticket) == [["bell.png", "b.txt"]]
