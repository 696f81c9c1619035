"""Attachments: uploaded, given to messages, read, found, and gone with what they belong to."""

import io
from pathlib import Path
from typing import Any

import pytest

from cstar_core import (
    ATTACHMENT_BYTES_MAX,
    ATTACHMENTS_MAX,
    FileLost,
    Forbidden,
    Helpdesk,
    Invalid,
    NotFound,
    Ticket,
    Workspace,
)

NOBODY = "att_" + "0" * 32


@pytest.fixture
def ticket(acme: Workspace) -> Ticket:
    return acme.tickets.create(title="Cannot print", customer_name="Jane")


def upload(acme: Workspace, ticket: Ticket, name: str = "a.txt", content: bytes = b"abc") -> str:
    return acme.attachments.upload(ticket.id, name=name, content=content).id


def wrong(error: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [problem.message for problem in error.value.problems]


def test_an_upload_says_what_it_is(acme: Workspace, ticket: Ticket) -> None:
    made = acme.attachments.upload(ticket.id, name="x/Scan.PDF", content=io.BytesIO(b"abc"))
    assert (made.name, made.media_type, made.size) == ("Scan.PDF", "application/pdf", 3)
    assert made.sha256.startswith("ba7816bf")
    assert made.message_id is None
    assert acme.attachments.get(ticket.id, made.id) == made


def test_an_empty_file_is_a_file(acme: Workspace, ticket: Ticket) -> None:
    id = upload(acme, ticket, content=b"")
    made, file = acme.attachments.open(ticket.id, id)
    with file:
        assert (made.size, file.read()) == (0, b"")


def test_a_message_takes_what_was_uploaded(acme: Workspace, ticket: Ticket) -> None:
    first, second = upload(acme, ticket, "1.txt"), upload(acme, ticket, "2.txt")
    message = acme.messages.create(ticket.id, content="See.", attachments=[second, first])
    assert [each.name for each in message.attachments] == ["2.txt", "1.txt"]
    assert {each.message_id for each in message.attachments} == {message.id}
    assert acme.messages.list(ticket.id) == (message,)
    assert acme.tickets.get(ticket.id).messages == (message,)
    assert acme.messages.stretch(ticket.id).messages == (message,)
    assert acme.attachments.list(ticket.id) == message.attachments
    assert acme.attachments.uploads(ticket.id) == ()


def test_a_message_takes_files_that_are_stored(acme: Workspace, ticket: Ticket) -> None:
    file = acme.attachments.put(name="b.png", content=b"xyz")
    id = upload(acme, ticket)
    sent = acme.messages.send(ticket.id, content="x", attachments=[file, id], status="pending")
    assert [each.name for each in sent.message.attachments] == ["b.png", "a.txt"]


def test_a_new_ticket_takes_files_with_its_first_message(acme: Workspace) -> None:
    files = [acme.attachments.put(name=f"{each}.txt", content=b"x") for each in "ab"]
    made = acme.tickets.create(title="x", initial_message="y", attachments=files)
    assert made.messages is not None
    assert [each.name for each in made.messages[0].attachments] == ["a.txt", "b.txt"]
    assert acme.tickets.get(made.id) == made


def test_a_ticket_without_a_message_takes_no_files(acme: Workspace) -> None:
    file = acme.attachments.put(name="a", content=b"x")
    with pytest.raises(Invalid, match="only together with initial_message"):
        acme.tickets.create(title="x", attachments=[file])


BAD_LISTS: list[tuple[Any, str]] = [
    ("att_1", "attachments must be a list of ids of attachments"),
    (["nonsense"], "attachments.0 must be an id that begins with att_"),
    ([5], "attachments.0 must be an id that begins with att_"),
    ([NOBODY], "attachments.0 must be an upload to this ticket that no message has"),
    ([NOBODY] * 2, "attachments must not have an id twice"),
    ([NOBODY] * (ATTACHMENTS_MAX + 1), "attachments must be at most 20 files"),
]


@pytest.mark.parametrize(("given", "problem"), BAD_LISTS)
def test_what_is_no_list_of_uploads_is_refused(
    acme: Workspace, ticket: Ticket, given: Any, problem: str
) -> None:
    with pytest.raises(Invalid) as caught:
        acme.messages.create(ticket.id, content="x", attachments=given)
    assert wrong(caught) == [problem]
    assert acme.messages.list(ticket.id) == ()


def test_only_uploads_to_the_same_ticket_are_taken(
    acme: Workspace, globex: Workspace, ticket: Ticket
) -> None:
    other = acme.tickets.create(title="Other")
    foreign = globex.tickets.create(title="Foreign")
    taken = upload(acme, ticket)
    acme.messages.create(ticket.id, content="x", attachments=[taken])
    for id in (upload(acme, other), upload(globex, foreign), taken):
        with pytest.raises(Invalid, match="must be an upload to this ticket"):
            acme.messages.create(ticket.id, content="x", attachments=[id])


BAD_FILES: list[tuple[dict[str, Any], str]] = [
    ({"name": None}, "name is required"),
    ({"name": 5}, "name must be a string"),
    ({"content": "text"}, "content must be bytes or a file"),
    ({"content": None}, "content must be bytes or a file"),
    ({"media_type": "png"}, "media_type must be a type such as image/png, at most 127 characters"),
    ({"content": bytes(ATTACHMENT_BYTES_MAX + 1)}, "content must be at most 26,214,400 bytes"),
]


@pytest.mark.parametrize(("given", "problem"), BAD_FILES)
def test_what_is_no_file_is_refused(
    acme: Workspace, ticket: Ticket, path: Path, given: dict[str, Any], problem: str
) -> None:
    with pytest.raises(Invalid) as caught:
        acme.attachments.upload(ticket.id, **{"name": "a.txt", "content": b"x", **given})
    assert wrong(caught) == [problem]
    files = [each for each in Path(f"{path}-files").rglob("*") if each.is_file()]
    assert [each.name for each in files if each.name != "lock"] == []


def test_a_message_has_a_limit_of_bytes(acme: Workspace, ticket: Ticket) -> None:
    whole = bytes(ATTACHMENT_BYTES_MAX)
    files = [acme.attachments.put(name="a", content=each) for each in (whole, whole, b"x")]
    with pytest.raises(Invalid, match="attachments must be at most 52,428,800 bytes"):
        acme.messages.create(ticket.id, content="x", attachments=files)
    assert acme.messages.create(ticket.id, content="x", attachments=files[:2]).attachments


def test_a_name_finds_the_ticket(acme: Workspace, ticket: Ticket) -> None:
    acme.messages.create(ticket.id, content="x", attachments=[upload(acme, ticket, "Rēchnung.pdf")])
    assert acme.tickets.list(search="rechnung").total == 1
    acme.messages.create(ticket.id, content="y", attachments=[upload(acme, ticket, "b.doc")])
    assert acme.tickets.list(search="rechnung doc").total == 1
    acme.tickets.delete(ticket.id)
    assert acme.tickets.list(search="rechnung").total == 0


def test_names_of_internal_messages_are_not_found_by_who_must_not_see_them(
    acme: Workspace, public: Workspace, ticket: Ticket
) -> None:
    id = upload(acme, ticket, "secret.txt")
    acme.messages.create(ticket.id, content="x", is_internal=True, attachments=[id])
    assert acme.tickets.list(search="secret").total == 1
    assert public.tickets.list(search="secret").total == 0


def test_who_must_not_see_a_message_does_not_see_its_files(
    acme: Workspace, public: Workspace, ticket: Ticket
) -> None:
    hidden, shown, waiting = (upload(acme, ticket) for _ in range(3))
    acme.messages.create(ticket.id, content="x", is_internal=True, attachments=[hidden])
    acme.messages.create(ticket.id, content="y", attachments=[shown])
    assert [each.id for each in public.attachments.list(ticket.id)] == [shown]
    assert public.attachments.get(ticket.id, shown).id == shown
    for id in (hidden, waiting):
        with pytest.raises(NotFound):
            public.attachments.open(ticket.id, id)
    assert public.attachments.uploads(ticket.id) == ()
    with pytest.raises(Forbidden):
        public.attachments.upload(ticket.id, name="a", content=b"x")


def test_another_teams_file_is_not_found(
    acme: Workspace, globex: Workspace, ticket: Ticket
) -> None:
    id, foreign = upload(acme, ticket), globex.tickets.create(title="Foreign")
    for ticket_id in (ticket.id, foreign.id):
        with pytest.raises(NotFound) as found:
            globex.attachments.get(ticket_id, id)
        assert found.value.id == (ticket_id if ticket_id == ticket.id else id)


def test_a_file_is_found_under_both_tickets_of_a_merge(acme: Workspace, ticket: Ticket) -> None:
    into = acme.tickets.create(title="Into")
    id = upload(acme, ticket)
    acme.messages.create(ticket.id, content="x", attachments=[id])
    acme.tickets.merge(ticket.id, into.id)
    assert [each.id for each in acme.attachments.list(into.id)] == [id]
    assert acme.attachments.get(ticket.id, id) == acme.attachments.get(into.id, id)
    acme.tickets.unmerge(ticket.id)
    assert [each.id for each in acme.attachments.list(ticket.id)] == [id]
    with pytest.raises(NotFound):
        acme.attachments.get(into.id, id)


def test_an_upload_can_be_discarded_and_an_attachment_not(acme: Workspace, ticket: Ticket) -> None:
    id, taken = upload(acme, ticket), upload(acme, ticket)
    acme.attachments.discard(ticket.id, id)
    acme.messages.create(ticket.id, content="x", attachments=[taken])
    for each in (id, taken, NOBODY):
        with pytest.raises(NotFound):
            acme.attachments.discard(ticket.id, each)


def test_a_lost_file_is_told(acme: Workspace, ticket: Ticket, path: Path) -> None:
    id = upload(acme, ticket)
    (file,) = Path(f"{path}-files").glob("*/*")
    file.write_bytes(b"abcd")
    with pytest.raises(FileLost):
        acme.attachments.open(ticket.id, id)
    file.unlink()
    with pytest.raises(FileLost):
        acme.attachments.open(ticket.id, id)
    upload(acme, ticket)
    with acme.attachments.open(ticket.id, id)[1] as again:
        assert again.read() == b"abc"


def test_the_index_stays_exact_through_all_of_it(
    desk: Helpdesk, acme: Workspace, ticket: Ticket
) -> None:
    into = acme.tickets.create(title="Into", initial_message="words")
    for content in ("one", "two"):
        id = upload(acme, ticket, f"{content}.txt")
        acme.messages.create(ticket.id, content=content, attachments=[id])
        assert acme.tickets.list(search=content).total == 1
    acme.tickets.merge(ticket.id, into.id)
    acme.tickets.update(into.id, title="Merged")
    assert desk.check(deep=True).ok
