"""Files that customers send and have: by the form, and by the link of a ticket."""

import io
from pathlib import Path
from typing import Any

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, stream_encode_multipart

from cstar_core import ATTACHMENT_BYTES_MAX, Helpdesk, Workspace
from tests.web.portal.visitor import FILLED, NEW, Page, Visitor


def file(content: bytes = b"hello", name: str = "a.txt") -> Any:
    return io.BytesIO(content), name, "text/plain"


def send(visitor: Visitor, path: str, values: dict[str, Any], *files: Any) -> TestResponse:
    """Send a form with files, without a temporary file of the test's own."""
    stored = [FileStorage(stream, name, content_type=kind) for stream, name, kind in files]
    body, length, boundary = stream_encode_multipart(
        {**values, "files": stored}, use_tempfile=False
    )
    kind = f"multipart/form-data; boundary={boundary}"
    return visitor.post(path, None, input_stream=body, content_length=length, content_type=kind)


def names(workspace: Workspace) -> list[list[str]]:
    """The files of each message of the newest ticket."""
    ticket = workspace.tickets.list().items[0]
    found = workspace.messages.list(ticket.id)
    return [[each.name for each in message.attachments] for message in found]


def downloads(page: Page) -> list[str]:
    return [each["href"] for each in page.any("a") if "download" in each]


@pytest.fixture
def link(visitor: Visitor, acme: Workspace) -> str:
    """The page of a ticket that a team's link leads to."""
    ticket = acme.tickets.create(title="Help", customer_name="Jane", initial_message="It broke.")
    return f"/t/acme/ticket/{acme.ticket_links.link(ticket.id)}"


def test_files_come_with_a_form(visitor: Visitor, acme: Workspace) -> None:
    values = {"stamp": visitor.stamp(), **FILLED}
    answer = send(visitor, NEW, values, file(), file(b"", "../b <i>.txt"))
    assert answer.status_code == 303
    assert names(acme) == [["a.txt", "b <i>.txt"]]
    page = visitor.see(answer.headers["Location"])
    assert "b <i>.txt" in page.text and len(downloads(page)) == 2


def test_files_come_with_an_answer_once(visitor: Visitor, acme: Workspace, link: str) -> None:
    values = {"once": visitor.see(link).one("once")["value"], "content": "See the file"}
    for _ in range(2):
        assert send(visitor, link, values, file()).status_code == 303
    assert names(acme) == [[], ["a.txt"]]


def test_a_file_is_had_again_to_be_saved(visitor: Visitor, link: str) -> None:
    values = {"once": "x", "content": "See"}
    send(visitor, link, values, file(b"<script>1</script>", "evil.html"))
    (address,) = downloads(visitor.see(link))
    answer = visitor.get(address)
    assert (answer.status_code, answer.data) == (200, b"<script>1</script>")
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="evil.html"'
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"


def test_a_file_that_is_too_large_is_told_and_the_text_stays(
    visitor: Visitor, acme: Workspace, desk: Helpdesk, link: str
) -> None:
    large = file(bytes(ATTACHMENT_BYTES_MAX + 1), "large")
    answer = send(visitor, link, {"once": "x", "content": "Long to write"}, file(), large)
    page = Page(answer.text)
    assert answer.status_code == 422
    assert "Files must be at most 26,214,400 bytes" in page.text
    assert "Please choose your files once more." in page.text
    assert "Long to write</textarea>" in answer.text
    assert names(acme) == [[]]
    assert not [each for each in Path(f"{desk.path}-files").rglob("*") if each.is_file()]


def test_a_form_that_is_shown_again_for_another_reason_asks_for_the_files_too(
    visitor: Visitor, link: str
) -> None:
    answer = send(visitor, link, {"once": "x", "content": " "}, file())
    assert answer.status_code == 422
    assert "Please choose your files once more." in Page(answer.text).text


def test_files_that_are_too_many_are_told(visitor: Visitor, link: str) -> None:
    some = [file(b"x", str(number)) for number in range(21)]
    answer = send(visitor, link, {"once": "x", "content": "See"}, *some)
    assert answer.status_code == 422
    assert "Files must be at most 20 files" in Page(answer.text).text


def test_a_program_that_fills_in_everything_leaves_no_file(
    visitor: Visitor, acme: Workspace
) -> None:
    values = {"stamp": visitor.stamp(), **FILLED, "website": "x"}
    assert send(visitor, NEW, values, file()).status_code == 422
    assert acme.tickets.list().total == 0


# --- who may


@pytest.fixture
def others(acme: Workspace, desk: Helpdesk, link: str) -> dict[str, str]:
    """Files that the link is not to open."""
    ticket = acme.tickets.list().items[0].id
    own = acme.tickets.create(title="Other", customer_name="Joe").id
    foreign = desk.workspace("other").tickets.create(title="Foreign").id
    test = desk.workspace("acme", "test").tickets.create(title="Test").id
    rooms = {
        "internal": (acme, ticket, True),
        "of another ticket": (acme, own, False),
        "of another team": (desk.workspace("other"), foreign, False),
        "of test data": (desk.workspace("acme", "test"), test, False),
    }
    made = {"an upload": acme.attachments.upload(ticket, name="u", content=b"u").id}
    for what, (room, at, internal) in rooms.items():
        made[what] = room.attachments.upload(at, name="x", content=b"x").id
        room.messages.create(at, content="x", is_internal=internal, attachments=[made[what]])
    return made


KINDS = ("an upload", "internal", "of another ticket", "of another team", "of test data")


@pytest.mark.parametrize("which", KINDS)
def test_a_link_opens_no_file_of_others(
    visitor: Visitor, link: str, others: dict[str, str], which: str
) -> None:
    assert visitor.get(f"{link}/files/{others[which]}").status_code == 404


def test_a_link_opens_files_of_its_own_ticket_only(
    visitor: Visitor, acme: Workspace, link: str
) -> None:
    send(visitor, link, {"once": "x", "content": "See"}, file())
    (address,) = downloads(visitor.see(link))
    other = acme.tickets.create(title="Other", customer_name="Joe").id
    elsewhere = f"/t/acme/ticket/{acme.ticket_links.link(other)}"
    assert visitor.get(f"{elsewhere}/files/{address.rpartition('/')[2]}").status_code == 404
    assert visitor.get(address.replace("/acme/", "/other/")).status_code == 404
    acme.ticket_links.end_all()
    assert visitor.get(address).status_code == 404


@pytest.mark.parametrize("name", ["x", "att_0", "..%2f..", "%00", "é"])
def test_what_is_no_file_is_not_there(visitor: Visitor, link: str, name: str) -> None:
    assert visitor.get(f"{link}/files/{name}").status_code == 404
