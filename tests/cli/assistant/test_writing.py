"""What an assistant writes where it is allowed to, and in whose name."""

from typing import Any

import pytest

from cstar_core import Helpdesk, StaleVersion, Workspace
from cstar_web.mcp import arguments, writing
from cstar_web.mcp.server import Assistance
from tests.cli.assistant.sessions import Session


def test_a_note_is_internal_and_says_who_wrote_it(
    writer: Session, acme: Workspace, member: str
) -> None:
    ticket = acme.tickets.create(title="Late")
    made = writer.call("add_note", ticket_id=ticket.id, content="Called back").data

    (note,) = acme.messages.list(ticket.id)
    assert (note.id, note.content, note.is_internal) == (made["message_id"], "Called back", True)
    assert note.sender_name == "Assistant of Ada Park"
    assert acme.tickets.get(ticket.id).status == "new"
    event = acme.events.of_ticket(ticket.id).items[-1]
    assert (event.type, event.actor.type, event.actor.id) == ("message.created", "member", member)


def test_a_draft_is_kept_and_not_shown_to_customers(
    writer: Session, acme: Workspace, desk: Helpdesk
) -> None:
    ticket = acme.tickets.create(title="Late")
    writer.call("draft_reply", ticket_id=ticket.id, content="Dear Jane")

    (draft,) = acme.messages.list(ticket.id)
    assert draft.content == "Draft reply, not sent:\n\nDear Jane" and draft.is_internal
    public = desk.keys.create("acme", type="publishable", environment="live").secret
    access = desk.keys.authenticate(public)
    assert access and desk.workspace_of(access).messages.list(ticket.id) == ()


def test_tags_are_added_and_taken_off_one_by_one(writer: Session, acme: Workspace) -> None:
    ticket = acme.tickets.create(title="Late", tags=["Refund", "vip"])

    assert writer.call("add_tags", ticket_id=ticket.id, tags=["REFUND", "late"]).data["tags"] == [
        "Refund",
        "vip",
        "late",
    ]
    assert writer.call("remove_tags", ticket_id=ticket.id, tags=["refund", "none", " "]).data[
        "tags"
    ] == ["vip", "late"]
    assert acme.tickets.get(ticket.id).tags == ("vip", "late")


def test_tags_that_are_there_already_change_nothing(writer: Session, acme: Workspace) -> None:
    ticket = acme.tickets.create(title="Late", tags=["vip"])
    writer.call("add_tags", ticket_id=ticket.id, tags=["VIP"])
    writer.call("remove_tags", ticket_id=ticket.id, tags=["other"])

    assert acme.tickets.get(ticket.id).version == ticket.version


def test_a_status_is_set_with_what_follows_from_it(writer: Session, acme: Workspace) -> None:
    ticket = acme.tickets.create(title="Late")
    changed = writer.call("set_status", ticket_id=ticket.id, status="resolved").data

    assert (changed["status"], changed["number"]) == ("resolved", ticket.number)
    assert acme.tickets.get(ticket.id).resolved_at
    kinds = [event.type for event in acme.events.of_ticket(ticket.id).items]
    assert kinds[-1] == "ticket.resolved"


def test_without_a_member_the_system_writes(acme: Workspace) -> None:
    ticket = acme.tickets.create(title="Late")
    wrote = {"ticket_id": ticket.id, "content": "Hello"}

    assert not Assistance(acme, allow_write=True).run("add_note", wrote).is_error
    assert acme.messages.list(ticket.id)[0].sender_name == "Assistant"
    assert acme.events.of_ticket(ticket.id).items[-1].actor.type == "system"


def test_a_tag_that_somebody_adds_meanwhile_is_kept(acme: Workspace) -> None:
    ticket = acme.tickets.create(title="Late", tags=["a"])
    rushed: list[str] = []

    def late(old: Any, tags: Any) -> Any:
        if not rushed:
            rushed.append("once")
            acme.tickets.update(ticket.id, tags=[*old, "between"])
        return [*old, *tags]

    writing._retag(acme, arguments.Tags(ticket_id=ticket.id, tags=["b"]), late)
    assert acme.tickets.get(ticket.id).tags == ("a", "between", "b")


def test_a_ticket_that_never_rests_is_given_up(acme: Workspace) -> None:
    ticket = acme.tickets.create(title="Late")

    def late(old: Any, tags: Any) -> Any:
        acme.tickets.update(ticket.id, tags=[*old, f"tag {len(old)}"])
        return [*old, *tags]

    with pytest.raises(StaleVersion):
        writing._retag(acme, arguments.Tags(ticket_id=ticket.id, tags=["b"]), late)
    assert "b" not in acme.tickets.get(ticket.id).tags
