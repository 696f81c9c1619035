"""Drafts keep what was uploaded for them, until it is sent or given up."""

import pytest

from cstar_core import Helpdesk, Invalid, StaleDraft, Ticket, Workspace
from tests.core.vocabulary import ManualClock


@pytest.fixture
def ticket(acme: Workspace) -> Ticket:
    return acme.tickets.create(title="Cannot print")


@pytest.fixture
def ada(desk: Helpdesk, acme: Workspace) -> Workspace:
    return desk.workspace_of_member(acme.members.create(name="Ada", email="ada@example.com").id)


def upload(ada: Workspace, ticket: Ticket, name: str = "a.txt") -> str:
    return ada.attachments.upload(ticket.id, name=name, content=name.encode()).id


def test_a_draft_has_its_uploads_in_their_order(ada: Workspace, ticket: Ticket) -> None:
    first, second = upload(ada, ticket), upload(ada, ticket)
    saved = ada.drafts.save(ticket.id, "Hi", attachments=[second, first])
    assert saved is not None
    assert [each.id for each in saved.attachments] == [second, first]
    assert ada.drafts.get(ticket.id) == saved
    assert list(ada.drafts.list().items) == [saved]


def test_a_save_that_says_nothing_of_them_leaves_them(ada: Workspace, ticket: Ticket) -> None:
    id = upload(ada, ticket)
    ada.drafts.save(ticket.id, "Hi", attachments=[id])
    later = ada.drafts.save(ticket.id, "Hi there")
    assert later is not None
    assert [each.id for each in later.attachments] == [id]
    without = ada.drafts.save(ticket.id, "Hi there", attachments=[])
    assert without is not None
    assert without.attachments == ()
    assert without.version == later.version + 1


def test_a_draft_may_have_files_and_no_text(ada: Workspace, ticket: Ticket) -> None:
    id = upload(ada, ticket)
    saved = ada.drafts.save(ticket.id, "", attachments=[id])
    assert saved is not None
    ada.messages.create(ticket.id, content="Something else")
    assert ada.drafts.find(ticket.id) == saved
    assert ada.drafts.save(ticket.id, " ", attachments=[]) is None
    assert ada.drafts.find(ticket.id) is None


def test_the_same_save_again_changes_nothing(ada: Workspace, ticket: Ticket) -> None:
    id = upload(ada, ticket)
    one = ada.drafts.save(ticket.id, "Hi", attachments=[id], expected_version=0)
    assert ada.drafts.save(ticket.id, "Hi", attachments=[id], expected_version=0) == one
    with pytest.raises(StaleDraft):
        ada.drafts.save(ticket.id, "Hi", attachments=[], expected_version=0)


def test_what_is_no_upload_is_refused(ada: Workspace, acme: Workspace, ticket: Ticket) -> None:
    other = upload(ada, acme.tickets.create(title="Other"))
    file = acme.attachments.put(name="a", content=b"x")
    for given in ([other], ["nonsense"], "att_", [file]):
        with pytest.raises(Invalid, match="attachments"):
            ada.drafts.save(ticket.id, "Hi", attachments=given)  # type: ignore[arg-type]
    assert ada.drafts.find(ticket.id) is None


def test_uploads_stay_as_long_as_a_draft_has_them(
    desk: Helpdesk, ada: Workspace, ticket: Ticket, clock: ManualClock
) -> None:
    kept, left = upload(ada, ticket), upload(ada, ticket)
    ada.drafts.save(ticket.id, "Hi", attachments=[kept])
    clock.tick(days=9)
    desk.collect_files()
    assert [each.id for each in ada.attachments.uploads(ticket.id)] == [kept] != [left]
    ada.drafts.discard(ticket.id)
    assert len(ada.attachments.uploads(ticket.id)) == 1
    desk.collect_files()
    assert ada.attachments.uploads(ticket.id) == ()


def test_a_message_takes_the_uploads_of_a_draft(ada: Workspace, ticket: Ticket) -> None:
    id = upload(ada, ticket)
    draft = ada.drafts.save(ticket.id, "Hi", attachments=[id])
    assert draft is not None
    message = ada.messages.create(ticket.id, content="Hi", draft=draft.version, attachments=[id])
    assert [each.id for each in message.attachments] == [id]
    assert ada.drafts.find(ticket.id) is None


def test_a_draft_of_files_alone_goes_with_the_last_of_them(ada: Workspace, ticket: Ticket) -> None:
    one, two = upload(ada, ticket), upload(ada, ticket)
    ada.drafts.save(ticket.id, "", attachments=[one, two])
    ada.messages.create(ticket.id, content="The first", attachments=[one])
    left = ada.drafts.find(ticket.id)
    assert left is not None and [each.id for each in left.attachments] == [two]
    ada.messages.create(ticket.id, content="The second", attachments=[two])
    assert ada.drafts.find(ticket.id) is None
