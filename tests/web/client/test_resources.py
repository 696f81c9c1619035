"""The resources of the client against the real server, over a real socket."""

from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime

import pytest

from cstar_web import client as package
from cstar_web.client import (
    AnswerError,
    AuthorizationError,
    Client,
    ConflictError,
    NewFile,
    NotFoundError,
    ValidationError,
)
from tests.web.vocabulary import ManualClock


def test_a_ticket_goes_through_its_life(acme: Client, clock: ManualClock) -> None:
    made = acme.tickets.create(
        title="Cannot log in",
        customer_name="Jane Smith",
        tags=["login"],
        metadata={"order_id": 7},
        initial_message="The new password does not work.",
    )
    clock.tick(hours=1)
    changed = acme.tickets.update(made.id, status="resolved", metadata={"orderId": 8})

    assert made.created_at == datetime(2025, 12, 10, 14, 30, tzinfo=UTC)
    assert changed.resolved_at == datetime(2025, 12, 10, 15, 30, tzinfo=UTC)
    assert (changed.number, changed.customer_name, changed.tags) == (1, "Jane Smith", ("login",))
    assert changed.metadata == {"order_id": 7, "orderId": 8}
    assert acme.tickets.get(made.id) == changed
    acme.tickets.delete(made.id)
    with pytest.raises(NotFoundError, match="Ticket not found"):
        acme.tickets.get(made.id)


def test_the_messages_of_a_ticket_are_values_too(acme: Client) -> None:
    ticket = acme.tickets.create(title="Late", initial_message="Where is it?")
    note = acme.messages.create(ticket.id, content="Looking", is_internal=True, sender_name="Ada")

    assert (note.sender, note.sender_name, note.is_internal) == ("agent", "Ada", True)
    assert acme.messages.list(ticket.id) == acme.tickets.get(ticket.id).messages
    assert [each.content for each in acme.messages.list(ticket.id)] == ["Where is it?", "Looking"]


def test_a_file_goes_up_with_a_message_and_down_again(acme: Client) -> None:
    ticket = acme.tickets.create(title="Late")
    content = b"%PDF\0\xff" * 300_000
    made = acme.attachments.upload(ticket.id, content, name="Maß 1.pdf")
    thrown = acme.attachments.upload(ticket.id, b"", name="x", media_type="image/png")
    acme.attachments.delete(ticket.id, thrown.id)
    message = acme.messages.create(ticket.id, content="See it", attachments=[made.id])

    assert (made.name, made.media_type, made.message_id) == ("Maß 1.pdf", "application/pdf", None)
    assert (thrown.size, thrown.media_type) == (0, "image/png")
    assert acme.attachments.list(ticket.id) == message.attachments
    assert replace(acme.attachments.get(ticket.id, made.id), etag=None) == message.attachments[0]
    assert acme.attachments.download(ticket.id, made.id) == content
    with pytest.raises(NotFoundError):
        acme.attachments.download(ticket.id, thrown.id)


def test_a_ticket_is_made_with_files(acme: Client) -> None:
    files = [
        NewFile('Maß "1".pdf', b"%PDF\0\xff\r\n--" * 300_000),
        NewFile("a\r\nb.txt", b"", "text/markdown"),
    ]
    values = {"title": "Late", "initial_message": "See it", "attachments": files}
    made = acme.tickets.create(**values, idempotency_key="once")  # type: ignore[arg-type]
    assert acme.tickets.create(**values, idempotency_key="once") == made  # type: ignore[arg-type]
    (message,) = made.messages or ()
    first, second = message.attachments
    assert (first.name, first.media_type) == ('Maß "1".pdf', "application/pdf")
    assert (second.name, second.media_type, second.size) == ("a%0D%0Ab.txt", "text/markdown", 0)
    assert acme.attachments.download(made.id, first.id) == files[0].content
    with pytest.raises(ValidationError, match="together with initialMessage"):
        acme.tickets.create(title="Late", attachments=files)
    with pytest.raises(ValueError, match="visible ASCII"):
        acme.tickets.create(title="Late", attachments=[NewFile("a", b"", "a\r\nb")])


def test_how_mail_is_set_up_is_read_and_changed(acme: Client) -> None:
    box = acme.mailboxes.create(address="help@acme.example", defaults={"tags": ["mail"]})
    changed = acme.mailboxes.update(box.id, signature="Acme", if_match=box.etag)
    assert (changed.defaults["tags"], changed.signature, changed.fetches) == (
        ["mail"],
        "Acme",
        False,
    )
    ticket = acme.tickets.create(title="Late", customer_name="Jane")
    brought = acme.mail_templates.get("reply", "de")
    own = acme.mail_templates.set("reply", "de", content="Hallo\n{{message}}{{signature}}")
    assert (brought.is_own, own.is_own) == (False, True)
    assert own in [replace(each, etag=own.etag) for each in acme.mail_templates.list()]
    shown = acme.mail_templates.preview("reply", "de", ticket_id=ticket.id, message="Bald.")
    assert shown == "Hallo\nBald.-- \nAcme"
    with pytest.raises(ConflictError):
        acme.mail_templates.reset("reply", "de", if_match=brought.etag)
    acme.mail_templates.reset("reply", "de", if_match=own.etag)
    assert acme.mail_templates.get("reply", "de") == brought
    assert acme.bad_addresses.list().total == 0
    with pytest.raises(ValidationError, match="must be a bad address"):
        acme.bad_addresses.trust(address="jane@example.com")
    acme.mailboxes.delete(box.id)
    assert acme.mailboxes.list() == ()


def test_what_is_no_file_is_not_taken_for_one(acme: Client) -> None:
    with pytest.raises(AnswerError, match="no file"):
        acme._calls.download("/auth/whoami")


def test_the_customer_is_there_if_it_is_asked_for(acme: Client) -> None:
    made = acme.tickets.create(title="Late", customer_name="Jane", customer_email="j@example.com")

    assert made.customer is None
    expanded = acme.tickets.get(made.id, expand="customer").customer
    assert expanded and (expanded.email, expanded.ticket_count) == ("j@example.com", 1)
    assert [each.customer for each in acme.tickets.list(expand="customer")] == [expanded]


def test_a_value_cannot_be_changed(acme: Client) -> None:
    ticket = acme.tickets.create(title="Late")

    with pytest.raises(FrozenInstanceError):
        ticket.title = "Early"  # type: ignore[misc]
    assert replace(ticket, title="Early").title == "Early"


def test_members_that_a_later_server_adds_break_nothing(acme: Client) -> None:
    ticket = acme.tickets.create(title="Late")

    later = package.read(package.Ticket, {**ticket.raw, "mood": "angry"}, ticket.etag)

    assert later == ticket
    assert later.raw["mood"] == "angry"


def test_a_publishable_key_gets_values_without_what_is_internal(
    acme: Client, visitor: Client
) -> None:
    made = acme.tickets.create(title="Late", notes="Rude", metadata={"a": 1}, customer_name="Jane")
    seen = visitor.tickets.get(made.id, expand="customer")

    assert (seen.notes, seen.metadata) == (None, {})
    assert seen.customer and seen.customer.notes is None
    with pytest.raises(AuthorizationError, match="Secret key required"):
        visitor.tickets.update(made.id, title="Early")


def test_customers_have_the_same_verbs(acme: Client) -> None:
    made = acme.customers.create(name="Jane", email="jane@example.com", tags=["vip"])
    changed = acme.customers.update(made.id, email=None, notes="Calls")

    assert (changed.email, changed.notes, changed.tags) == (None, "Calls", ("vip",))
    assert [each.id for each in acme.customers.list(tag="vip", sort="name")] == [made.id]
    acme.customers.delete(made.id)
    with pytest.raises(NotFoundError):
        acme.customers.get(made.id)


def test_members_have_the_same_verbs(acme: Client) -> None:
    made = acme.members.create(name="Ada", email="ada@example.com", role="owner")

    assert acme.members.update(made.id, role="viewer").role == "viewer"
    assert [each.id for each in acme.members.list()] == [made.id]
    acme.members.delete(made.id)
    with pytest.raises(NotFoundError):
        acme.members.get(made.id)


def test_custom_fields_have_the_same_verbs(acme: Client) -> None:
    made = acme.custom_fields.create(
        name="Region", key="region", type="select", entity_type="tickets", options=["US", "EU"]
    )
    acme.tickets.create(title="Late", custom_fields={"region": "EU"})
    renamed = acme.custom_fields.update(made.id, rename_options={"EU": "EMEA"})

    assert renamed.options == ("US", "EMEA")
    assert acme.custom_fields.get(made.id) == renamed
    assert [each.key for each in acme.custom_fields.list(entity_type="tickets")] == ["region"]
    assert acme.custom_fields.list(entity_type="customers") == ()
    assert acme.custom_fields.delete(made.id) == 1


def test_events_tell_what_happened_and_by_whom(acme: Client) -> None:
    ticket = acme.tickets.create(title="Late")
    acme.tickets.update(ticket.id, status="resolved")

    kinds = [event.type for event in acme.events.list(types=["ticket.*"], page_size=1)]
    assert kinds == ["ticket.created", "ticket.updated", "ticket.resolved"]
    first, *rest = acme.events.of_ticket(ticket.id)
    assert first.actor.type == "key" and first.object_id == ticket.id
    assert list(acme.events.list(after=first.id)) == rest
