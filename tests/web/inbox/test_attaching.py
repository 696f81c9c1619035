"""Files that members send with messages, without scripts and with them, and who may have them."""

import io
import re
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, stream_encode_multipart

from cstar_core import ATTACHMENT_BYTES_MAX, Helpdesk, Ticket, Workspace
from tests.web.inbox.browser import Browser, Seen
from tests.web.inbox.conftest import SignIn


@pytest.fixture
def ticket(acme: Workspace) -> Ticket:
    return acme.tickets.create(title="Hello", customer_name="Jane")


@pytest.fixture
def path(ticket: Ticket) -> str:
    return f"/inbox/acme/tickets/{ticket.id}"


def png() -> bytes:
    kept = io.BytesIO()
    Image.new("RGB", (3, 2)).save(kept, "PNG")
    return kept.getvalue()


def file(content: bytes = b"hello", name: str = "a.txt", kind: str = "text/plain") -> Any:
    return io.BytesIO(content), name, kind


def reply(browser: Browser, path: str, *files: Any, **values: Any) -> TestResponse:
    """Send the form as a browser without scripts does."""
    stored = [FileStorage(stream, name, content_type=kind) for stream, name, kind in files]
    sent = {"content": "See the file", "kind": "reply", "files": stored, **values}
    data = {"form_token": browser.token(path), **sent}
    body, length, boundary = stream_encode_multipart(data, use_tempfile=False)
    kind = f"multipart/form-data; boundary={boundary}"
    return browser.client.post(
        f"{path}/messages", input_stream=body, content_length=length, content_type=kind
    )


def upload(browser: Browser, path: str, sent: Any) -> TestResponse:
    data = {"form_token": browser.token(path), "files": [sent]}
    return browser.client.post(f"{path}/attachments", data=data, headers={"HX-Request": "true"})


def ids(page: str) -> list[str]:
    """The files that a form has."""
    boxes = Seen(page).all("input")
    return [each["value"] for each in boxes if each.get("name") == "attachments"]


def attached(workspace: Workspace, ticket: Ticket) -> list[list[str]]:
    thread = workspace.messages.list(ticket.id)
    return [[each.name for each in message.attachments] for message in thread]


def test_files_go_with_a_reply(agent: Browser, acme: Workspace, ticket: Ticket, path: str) -> None:
    answer = reply(agent, path, file(), file(b"", "../empty <b>.bin", "application/x-y"))
    assert answer.status_code == 303
    assert attached(acme, ticket) == [["a.txt", "empty <b>.bin"]]
    page = agent.see(path)
    assert "a.txt" in page.text and "empty <b>.bin" in page.text and "5 B" in page.text


def test_a_form_in_which_no_file_was_chosen_sends_none(
    agent: Browser, acme: Workspace, ticket: Ticket, path: str
) -> None:
    assert reply(agent, path, (io.BytesIO(), "", "application/octet-stream")).status_code == 303
    assert attached(acme, ticket) == [[]]


def test_a_form_that_is_shown_once_more_keeps_its_files(
    agent: Browser, acme: Workspace, ticket: Ticket, path: str
) -> None:
    answer = reply(agent, path, file(), content=" ")
    assert answer.status_code == 422
    (kept,) = ids(answer.text)
    assert "a.txt" in Seen(answer.text).text
    assert reply(agent, path, file(b"b", "b.txt"), attachments=[kept]).status_code == 303
    assert attached(acme, ticket) == [["a.txt", "b.txt"]]


def test_a_file_that_is_not_ticked_any_more_stays_behind(
    agent: Browser, acme: Workspace, ticket: Ticket, path: str
) -> None:
    reply(agent, path, file(), content=" ")
    assert reply(agent, path).status_code == 303
    assert attached(acme, ticket) == [[]]


def test_a_draft_keeps_its_files(
    agent: Browser, acme: Workspace, ticket: Ticket, path: str
) -> None:
    data = {"content": "So far", "kind": "reply", "files": [file()]}
    answer = agent.client.post(
        f"{path}/draft", data={"form_token": agent.token(path), **data}, buffered=True
    )
    assert answer.status_code == 303
    page = agent.get(path).text
    (kept,) = ids(page)
    assert "So far</textarea>" in page
    assert reply(agent, path, attachments=[kept]).status_code == 303
    assert attached(acme, ticket) == [["a.txt"]]
    assert ids(agent.get(path).text) == []


def test_a_canned_reply_leaves_the_files_in_the_form(agent: Browser, path: str) -> None:
    data = {
        "form_token": agent.token(path),
        "content": "So far",
        "kind": "reply",
        "files": [file()],
    }
    answer = agent.client.post(f"{path}/canned-replies", data=data, buffered=True)
    assert answer.status_code == 200
    assert len(ids(answer.text)) == 1 and "So far" in answer.text


def test_a_form_that_is_sent_twice_takes_its_files_once(
    agent: Browser, acme: Workspace, ticket: Ticket, path: str
) -> None:
    for _ in range(2):
        assert reply(agent, path, file(), once="once").status_code == 303
    assert attached(acme, ticket) == [["a.txt"]]


def test_a_file_that_is_too_large_is_told_and_the_text_stays(
    agent: Browser, acme: Workspace, ticket: Ticket, path: str
) -> None:
    large = file(bytes(ATTACHMENT_BYTES_MAX + 1), "large.bin")
    answer = reply(agent, path, file(), large)
    assert answer.status_code == 422
    assert "Files must be at most 26,214,400 bytes" in Seen(answer.text).text
    assert "See the file</textarea>" in answer.text and len(ids(answer.text)) == 1
    assert attached(acme, ticket) == []


def test_files_that_are_too_many_are_told_and_not_stored(
    agent: Browser, acme: Workspace, ticket: Ticket, path: str
) -> None:
    answer = reply(agent, path, *(file(b"x", f"{number}") for number in range(21)))
    assert answer.status_code == 422
    assert "must be at most 20 files" in Seen(answer.text).text
    assert acme.attachments.uploads(ticket.id) == ()


def test_a_form_beyond_its_bound_is_refused(agent: Browser, path: str) -> None:
    sent = [file(bytes(ATTACHMENT_BYTES_MAX), str(number)) for number in range(3)]
    assert reply(agent, path, *sent).status_code == 413


def test_a_file_in_a_field_that_takes_none_is_refused(agent: Browser, path: str) -> None:
    data = {"form_token": agent.token(path), "content": "x", "kind": "reply", "other": file()}
    assert agent.client.post(f"{path}/messages", data=data).status_code == 400


def test_a_file_in_a_form_that_takes_none_is_refused(agent: Browser, path: str) -> None:
    data = {"form_token": agent.token(path), "notes": file()}
    assert agent.client.post(f"{path}/notes", data=data).status_code == 415


def test_who_is_signed_out_meanwhile_gets_the_text_back(agent: Browser, path: str) -> None:
    token = agent.token(path)
    agent.client.delete_cookie("cstar_session")
    data = {"form_token": token, "content": "Long to write", "kind": "reply", "files": [file()]}
    answer = agent.client.post(f"{path}/messages", data=data, buffered=True)
    assert answer.status_code == 401 and "Long to write" in answer.text


# --- by a script


def test_a_script_uploads_a_file_and_the_form_takes_it(
    agent: Browser, acme: Workspace, ticket: Ticket, path: str
) -> None:
    answer = upload(agent, path, file())
    assert answer.status_code == 200
    (id,) = ids(answer.text)
    assert "<html" not in answer.text
    assert reply(agent, path, attachments=[id]).status_code == 303
    assert attached(acme, ticket) == [["a.txt"]]


def test_an_upload_is_thrown_away_again(
    agent: Browser, acme: Workspace, ticket: Ticket, path: str
) -> None:
    (id,) = ids(upload(agent, path, file()).text)
    data = {"form_token": agent.token(path)}
    assert agent.client.post(f"{path}/attachments/{id}/discard", data=data).status_code == 200
    assert acme.attachments.uploads(ticket.id) == ()


def test_an_upload_needs_a_file_and_the_token(agent: Browser, path: str) -> None:
    token = {"form_token": agent.token(path)}
    assert agent.client.post(f"{path}/attachments", data=token).status_code == 400
    assert agent.client.post(f"{path}/attachments", data={"files": [file()]}).status_code == 403


# --- shown and handed out


@pytest.fixture
def sent(acme: Workspace, ticket: Ticket) -> dict[str, str]:
    """Files of a public and of an internal message, by their names."""
    room = acme.attachments
    made = {
        name: room.upload(ticket.id, name=name, content=content, media_type=kind).id
        for name, content, kind in (
            ("a.png", png(), "image/png"),
            ("lie.png", b"<svg onload=alert(1)>", "image/png"),
            ("a.svg", b"<svg/>", "image/svg+xml"),
            ("note.txt", b"internal", "text/plain"),
        )
    }
    *public, note = made.values()
    acme.messages.create(ticket.id, content="Public", attachments=public)
    acme.messages.create(ticket.id, content="Note", is_internal=True, attachments=[note])
    return made


def test_pictures_show_themselves_and_nothing_else_does(
    agent: Browser, path: str, sent: dict[str, str]
) -> None:
    shown = [each["src"] for each in agent.see(path).all("img") if "tickets" in each["src"]]
    assert shown == [f"{path}/attachments/{sent[name]}/picture" for name in ("a.png", "lie.png")]
    links = [each["href"] for each in agent.see(path).all("a") if "download" in each]
    assert links == [f"{path}/attachments/{id}" for id in sent.values()]


def test_a_picture_is_one_by_its_bytes(agent: Browser, path: str, sent: dict[str, str]) -> None:
    answer = agent.get(f"{path}/attachments/{sent['a.png']}/picture")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")
    assert answer.data == png()
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    for name in ("lie.png", "a.svg", "note.txt"):
        assert agent.get(f"{path}/attachments/{sent[name]}/picture").status_code == 404


@pytest.mark.parametrize("name", ["a.png", "lie.png", "a.svg", "note.txt"])
def test_a_file_is_to_be_saved(agent: Browser, path: str, sent: dict[str, str], name: str) -> None:
    answer = agent.get(f"{path}/attachments/{sent[name]}")
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "private, no-cache"


# --- who may

WAYS = ("", "/picture")


def test_a_viewer_has_files_and_uploads_none(
    signed_in: SignIn, path: str, sent: dict[str, str]
) -> None:
    viewer = signed_in("viewer")
    for id in sent.values():
        assert viewer.get(f"{path}/attachments/{id}").status_code == 200
    data = {"form_token": viewer.token("/inbox/acme/account"), "files": [file()]}
    assert viewer.client.post(f"{path}/attachments", data=data).status_code == 403


@pytest.mark.parametrize("way", WAYS)
def test_a_stranger_has_none(app: Flask, path: str, sent: dict[str, str], way: str) -> None:
    answer = Browser(app.test_client()).get(f"{path}/attachments/{sent['a.png']}{way}")
    assert answer.status_code == 303 and "/sign-in" in answer.headers["Location"]


@pytest.mark.parametrize("way", WAYS)
def test_a_member_of_another_team_has_none(
    desk: Helpdesk, signed_in: SignIn, path: str, sent: dict[str, str], way: str
) -> None:
    other = signed_in("owner", team="other")
    own = desk.workspace("other").tickets.create(title="Own").id
    assert other.get(f"{path}/attachments/{sent['a.png']}{way}").status_code == 303
    there = f"/inbox/other/tickets/{own}/attachments/{sent['a.png']}{way}"
    assert other.get(there).status_code == 404
    foreign = path.replace("/acme/", "/other/")
    assert other.get(f"{foreign}/attachments/{sent['a.png']}{way}").status_code == 404


@pytest.mark.parametrize("way", WAYS)
def test_a_removed_member_has_none(
    acme: Workspace, agent: Browser, path: str, sent: dict[str, str], way: str
) -> None:
    for member in acme.members.list().items:
        if re.match("agent@", member.email):
            acme.members.delete(member.id)
    assert agent.get(f"{path}/attachments/{sent['a.png']}{way}").status_code == 303


def test_a_file_is_below_its_own_ticket_only(
    acme: Workspace, agent: Browser, sent: dict[str, str]
) -> None:
    elsewhere = f"/inbox/acme/tickets/{acme.tickets.create(title='Other').id}/attachments"
    for id in sent.values():
        assert agent.get(f"{elsewhere}/{id}").status_code == 404


def test_what_a_message_has_is_not_thrown_away(
    agent: Browser, path: str, sent: dict[str, str]
) -> None:
    data = {"form_token": agent.token(path)}
    answer = agent.client.post(f"{path}/attachments/{sent['a.png']}/discard", data=data)
    assert answer.status_code == 404
    assert agent.get(f"{path}/attachments/{sent['a.png']}").status_code == 200
