"""What is sent to a webhook: the body, the headers and the signatures."""

from collections.abc import Callable

import pytest

from cstar_core import Helpdesk, Webhook, Workspace, verify_signature
from tests.core.receivers import URL, Receiver, Request, deliver, refusing
from tests.core.tracing import queries, scans, steps_of
from tests.core.vocabulary import ManualClock


def test_the_body_tells_the_event(desk: Helpdesk, acme: Workspace, hook: Webhook) -> None:
    ticket = acme.tickets.create(title="One")
    acme.tickets.update(ticket.id, status="open")
    receiver = Receiver()
    deliver(desk, receiver)
    event = acme.events.list(types="ticket.updated").items[0]
    assert receiver.requests[1].json == {
        "id": event.id,
        "type": "ticket.updated",
        "createdAt": "2025-12-10T14:30:00Z",
        "teamId": acme.team.id,
        "environment": "live",
        "objectId": ticket.id,
        "data": event.data,
        "changes": {"status": {"from": "new", "to": "open"}},
        "actor": {"type": "system", "id": None},
    }


def test_a_message_comes_with_its_content(desk: Helpdesk, acme: Workspace, hook: Webhook) -> None:
    ticket = acme.tickets.create(title="One")
    acme.messages.create(ticket.id, content="Grüße", sender_name="Ada")
    receiver = Receiver()
    deliver(desk, receiver)
    assert receiver.requests[1].json["data"] == {
        "ticketId": ticket.id,
        "sender": "agent",
        "isInternal": False,
        "content": "Grüße",
        "senderName": "Ada",
    }


def _stays(acme: Workspace, ticket: str, message: str, other: str) -> None:
    """Nothing happens to it."""


def _merged(acme: Workspace, ticket: str, message: str, other: str) -> None:
    acme.tickets.merge(ticket, other)


def _moved(acme: Workspace, ticket: str, message: str, other: str) -> None:
    acme.messages.move(ticket, message, other)


def _moved_on(acme: Workspace, ticket: str, message: str, other: str) -> None:
    _moved(acme, ticket, message, other)
    last = acme.tickets.create(title="Three").id
    acme.messages.move(other, message, acme.tickets.create(title="Four").id)
    acme.tickets.merge(other, last)


@pytest.mark.parametrize("goes", [_stays, _merged, _moved, _moved_on])
def test_a_message_is_found_wherever_it_is_by_now_along_an_index(
    desk: Helpdesk,
    acme: Workspace,
    hook: Webhook,
    goes: Callable[[Workspace, str, str, str], None],
) -> None:
    ticket, other = (acme.tickets.create(title=title).id for title in ("One", "Two"))
    message = acme.messages.create(ticket, content="Hello").id
    goes(acme, ticket, message, other)
    receiver = Receiver()
    run = [each for each in queries(desk, lambda: deliver(desk, receiver)) if "messages" in each]
    assert run and scans([step for each in run for step in steps_of(desk, each)]) == []
    told = [each.json["data"] for each in receiver.requests]
    assert [each["content"] for each in told if "content" in each] == ["Hello"]


def test_what_is_left_of_a_deleted_ticket_is_delivered(
    desk: Helpdesk, acme: Workspace, hook: Webhook
) -> None:
    ticket = acme.tickets.create(title="One", initial_message="Hello")
    acme.tickets.delete(ticket.id)
    receiver = Receiver()
    deliver(desk, receiver)
    told = [(request.json["type"], request.json["data"]) for request in receiver.requests]
    assert told[:2] == [("ticket.created", {}), ("message.created", {})]
    assert told[2][0] == "ticket.deleted"


def test_each_attempt_sends_the_same_bytes(
    desk: Helpdesk, acme: Workspace, hook: Webhook, clock: ManualClock
) -> None:
    acme.tickets.create(title="One")
    receiver = refusing()
    deliver(desk, receiver)
    clock.tick(minutes=1)
    deliver(desk, receiver)
    one, two = receiver.requests
    assert one.body == two.body
    assert [each.headers["X-Delivery-Attempt"] for each in (one, two)] == ["1", "2"]


def test_the_headers_name_and_sign_what_is_sent(
    desk: Helpdesk, acme: Workspace, clock: ManualClock
) -> None:
    made = acme.webhooks.create(name="All", url=URL, events=["*"])
    acme.tickets.create(title="One")
    receiver = Receiver()
    deliver(desk, receiver)
    request = receiver.requests[0]
    assert request.headers["X-Webhook-ID"] == made.webhook.id
    assert request.headers["X-Event-ID"] == request.headers["webhook-id"] == request.json["id"]
    assert request.headers["X-Event-Type"] == "ticket.created"
    assert request.headers["X-Delivery-Attempt"] == "1"
    assert request.headers["X-Timestamp"] == request.headers["webhook-timestamp"]
    assert request.headers["Content-Type"] == "application/json"
    verify_signature(request.headers, request.body, made.secret, clock=clock)


@pytest.mark.parametrize(("hours", "old_too"), [(23, True), (25, False)])
def test_a_secret_that_was_replaced_signs_too_for_a_day(
    desk: Helpdesk, acme: Workspace, clock: ManualClock, hours: int, old_too: bool
) -> None:
    made = acme.webhooks.create(name="All", url=URL, events=["*"])
    new = acme.webhooks.rotate(made.webhook.id).secret
    clock.tick(hours=hours)
    acme.tickets.create(title="One")
    receiver = Receiver()
    deliver(desk, receiver)
    request = receiver.requests[0]
    verify_signature(request.headers, request.body, new, clock=clock)
    if old_too:
        verify_signature(request.headers, request.body, made.secret, clock=clock)
    else:
        with pytest.raises(ValueError, match="does not fit"):
            verify_signature(request.headers, request.body, made.secret, clock=clock)


def test_a_secret_that_is_replaced_with_no_overlap_stops_at_once(
    desk: Helpdesk, acme: Workspace, hook: Webhook
) -> None:
    acme.webhooks.rotate(hook.id)
    acme.webhooks.rotate(hook.id, overlap_seconds=0)
    acme.tickets.create(title="One")
    receiver = Receiver()
    deliver(desk, receiver)
    request: Request = receiver.requests[0]
    assert request.headers["X-Signature"].count("v1=") == 1


def test_never_more_than_two_secrets_sign(desk: Helpdesk, acme: Workspace, hook: Webhook) -> None:
    for _ in range(3):
        acme.webhooks.rotate(hook.id)
    acme.tickets.create(title="One")
    receiver = Receiver()
    deliver(desk, receiver)
    assert receiver.requests[0].headers["webhook-signature"].count("v1,") == 2
