"""Listeners: what a webhook would be sent, without one."""

import json

import pytest

from cstar_core import Forbidden, Helpdesk, Invalid, Listener, Workspace, verify_signature
from tests.core.receivers import PACE, Receiver
from tests.core.tracing import queries

SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


def types(listener: Listener) -> list[str]:
    found = []
    while (notice := listener.take()) is not None:
        found.append(notice.event.type)
    return found


def test_what_happens_from_now_on_is_heard_in_order(acme: Workspace) -> None:
    acme.tickets.create(title="Before")
    listener = acme.webhooks.listen()
    ticket = acme.tickets.create(title="After")
    acme.tickets.update(ticket.id, status="closed")

    assert types(listener) == ["ticket.created", "ticket.updated", "ticket.closed"]
    assert listener.take() is None


def test_what_happened_after_an_event_is_heard_again(acme: Workspace) -> None:
    acme.tickets.create(title="One")
    first = acme.events.list().items[-1].id
    acme.tickets.create(title="Two")

    notice = acme.webhooks.listen(after=first).take()

    assert notice and notice.event.data["title"] == "Two"


def test_only_the_events_that_are_asked_for_are_heard(acme: Workspace) -> None:
    listener = acme.webhooks.listen(events=["customer.*", "ticket.closed"])
    ticket = acme.tickets.create(title="One", customer_name="Ann")
    acme.tickets.update(ticket.id, status="closed")

    assert types(listener) == ["customer.created", "ticket.closed"]


def test_what_webhooks_are_not_told_of_is_not_heard(desk: Helpdesk, acme: Workspace) -> None:
    listener = acme.webhooks.listen()
    acme.members.create(name="Ann", email="ann@example.com")
    desk.keys.create(acme.team.id, type="secret", environment="live")
    list(acme.tickets.import_many([{"title": "Old"}]))

    assert types(listener) == []


def test_an_import_that_tells_is_heard(acme: Workspace) -> None:
    listener = acme.webhooks.listen()
    list(acme.tickets.import_many([{"title": "Old"}], notify=True))

    assert types(listener) == ["ticket.created"]


def test_the_other_environment_is_not_heard(desk: Helpdesk, acme: Workspace) -> None:
    listener = desk.workspace("acme", "test").webhooks.listen()
    acme.tickets.create(title="Live")

    assert types(listener) == []


def test_the_request_is_that_of_a_webhook(desk: Helpdesk, acme: Workspace) -> None:
    receiver = Receiver()
    made = acme.webhooks.create(name="All", url="https://example.com/x", events=["*"])
    listener = acme.webhooks.listen(secret=made.secret)
    ticket = acme.tickets.create(title="Größe")
    acme.messages.create(ticket.id, content="Hello", sender="customer")
    desk.deliver_due(receiver, pace=PACE)
    desk.deliver_due(receiver, pace=PACE)

    assert receiver.types[0] == "ticket.created" and "message.created" in receiver.types
    for request in receiver.requests:
        notice = listener.take()
        assert notice
        assert notice.body == request.body
        ours, theirs = dict(notice.headers), dict(request.headers)
        assert ours.pop("X-Webhook-ID") != theirs.pop("X-Webhook-ID")
        assert ours == theirs


def test_the_request_is_signed_with_the_secret(acme: Workspace) -> None:
    listener = acme.webhooks.listen(secret=SECRET)
    acme.tickets.create(title="One")
    notice = listener.take()

    assert notice and json.loads(notice.body)["teamId"] == acme.team.id
    verify_signature(notice.headers, notice.body, SECRET, tolerance=10**9)


def test_each_listener_has_a_secret_of_its_own(acme: Workspace) -> None:
    assert acme.webhooks.listen().secret != acme.webhooks.listen().secret


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"events": []}, "events is required"),
        ({"events": ["ticket.opened"]}, "events.0 must be one of: *, ticket.*"),
        ({"after": "evt_1"}, "after must be the id of an event"),
        ({"secret": "abc"}, "secret must be whsec_ and Base64"),
        ({"secret": ""}, "secret must be whsec_ and Base64"),
        ({"secret": "whsec_"}, "secret must be whsec_ and Base64"),
    ],
)
def test_a_wrong_wish_is_refused(given: dict[str, object], message: str, acme: Workspace) -> None:
    with pytest.raises(Invalid) as error:
        acme.webhooks.listen(**given)  # type: ignore[arg-type]

    assert error.value.problems[0].message.startswith(message)


def test_a_publishable_key_does_not_listen(desk: Helpdesk, acme: Workspace) -> None:
    key = desk.keys.create(acme.team.id, type="publishable", environment="live").secret
    access = desk.keys.authenticate(key)
    assert access

    with pytest.raises(Forbidden):
        desk.workspace_of(access).webhooks.listen()


def test_waiting_costs_a_query_or_two(desk: Helpdesk, acme: Workspace) -> None:
    listener = acme.webhooks.listen()

    assert len(queries(desk, listener.take)) <= 2
