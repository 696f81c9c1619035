"""What is sent to a webhook because somebody asks for it: one event again, many, or a test."""

import pytest

from cstar_core import Conflict, Helpdesk, Invalid, Webhook, Workspace
from cstar_core.webhooks.delivery import TESTS_MAX
from tests.core.receivers import URL, Receiver, deliver, only, refusing
from tests.core.vocabulary import ManualClock


def test_a_delivery_can_be_made_again(desk: Helpdesk, acme: Workspace, hook: Webhook) -> None:
    acme.tickets.create(title="One")
    deliver(desk, Receiver())
    done = only(acme, hook)
    assert acme.webhooks.redeliver(hook.id, done.id).status == "pending"
    receiver = Receiver()
    deliver(desk, receiver)
    assert receiver.ids == [done.event_id]
    assert receiver.requests[0].headers["X-Delivery-Attempt"] == "2"


def test_what_is_delivered_again_goes_ahead_of_what_came_later(
    desk: Helpdesk, acme: Workspace, hook: Webhook, clock: ManualClock
) -> None:
    ticket = acme.tickets.create(title="One")
    deliver(desk, Receiver())
    acme.tickets.update(ticket.id, status="open")
    deliver(desk, refusing())
    done = acme.webhooks.deliveries(hook.id, status="delivered").items[0]
    acme.webhooks.redeliver(hook.id, done.id)
    clock.tick(seconds=30)
    receiver = Receiver()
    deliver(desk, receiver)
    assert receiver.types == ["ticket.created", "ticket.updated"]


def test_everything_after_an_event_can_be_replayed(
    desk: Helpdesk, acme: Workspace, hook: Webhook
) -> None:
    first = acme.tickets.create(title="One")
    acme.tickets.create(title="Two")
    acme.tickets.update(first.id, status="open")
    receiver = Receiver()
    deliver(desk, receiver)
    acme.webhooks.replay(hook.id, after=receiver.ids[0])
    again = Receiver()
    deliver(desk, again)
    assert again.ids == receiver.ids[1:]


def test_a_replay_reaches_back_before_the_webhook_was_made(desk: Helpdesk, acme: Workspace) -> None:
    first = acme.events.list().items[0]
    acme.tickets.create(title="Before")
    hook = acme.webhooks.create(name="All", url=URL, events=["*"]).webhook
    acme.webhooks.replay(hook.id, after=first.id)
    receiver = Receiver()
    deliver(desk, receiver)
    assert [request.title for request in receiver.requests] == ["Before"]


def test_a_replay_takes_what_is_in_line_in_its_turn(
    desk: Helpdesk, acme: Workspace, hook: Webhook, clock: ManualClock
) -> None:
    ticket = acme.tickets.create(title="One")
    receiver = Receiver()
    deliver(desk, receiver)
    acme.tickets.update(ticket.id, status="open")
    deliver(desk, refusing())
    first = acme.events.list().items[0]
    acme.webhooks.replay(hook.id, after=first.id)
    again = Receiver()
    deliver(desk, again)
    assert again.types == ["ticket.created", "ticket.updated"]


def test_a_replay_after_what_is_still_to_come_skips_nothing(
    desk: Helpdesk, acme: Workspace, hook: Webhook
) -> None:
    acme.tickets.create(title="One")
    acme.webhooks.replay(hook.id, after=acme.events.list().items[-1].id)
    assert deliver(desk, Receiver()) == 1


def test_another_workspaces_event_is_no_place_to_begin(
    acme: Workspace, globex: Workspace, hook: Webhook
) -> None:
    globex.tickets.create(title="Globex")
    with pytest.raises(Invalid, match="after must be the id of an event"):
        acme.webhooks.replay(hook.id, after=globex.events.list().items[-1].id)


def test_a_test_is_sent_also_while_the_webhook_is_off(
    desk: Helpdesk, acme: Workspace, hook: Webhook
) -> None:
    acme.webhooks.update(hook.id, is_active=False)
    made = acme.webhooks.test(hook.id)
    assert (made.type, made.event_id, made.status) == ("webhook.test", None, "pending")
    receiver = Receiver()
    deliver(desk, receiver)
    assert receiver.types == ["webhook.test"]
    assert only(acme, hook).status == "delivered"


def test_a_test_is_tried_once(
    desk: Helpdesk, acme: Workspace, hook: Webhook, clock: ManualClock
) -> None:
    acme.webhooks.test(hook.id)
    deliver(desk, refusing())
    clock.tick(days=9)
    deliver(desk, refusing())
    assert len(only(acme, hook, status="failed").attempts) == 1
    assert acme.webhooks.get(hook.id).is_active


def test_two_tests_do_not_wait_for_each_other(
    desk: Helpdesk, acme: Workspace, hook: Webhook
) -> None:
    acme.webhooks.test(hook.id)
    acme.webhooks.test(hook.id)
    with desk.outbox() as outbox:
        assert len(outbox.take(16)) == 2


def test_so_many_tests_are_in_line_at_most(acme: Workspace, hook: Webhook) -> None:
    for _ in range(TESTS_MAX):
        acme.webhooks.test(hook.id)
    with pytest.raises(Conflict, match="100 tests of this webhook are in line already"):
        acme.webhooks.test(hook.id)
