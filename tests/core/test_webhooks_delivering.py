"""How events reach webhooks: each at least once, in order for each ticket, again if it fails."""

import pytest

from cstar_core import DELIVERED_TYPES, Helpdesk, Webhook, Workspace
from tests.core.receivers import URL, Got, Receiver, deliver, only, refusing, rows
from tests.core.vocabulary import ManualClock

RETRIES = (30, 120, 600, 3_600, 21_600, 86_400)


def test_what_happens_is_delivered(desk: Helpdesk, acme: Workspace, hook: Webhook) -> None:
    acme.tickets.create(title="One", initial_message="Hello", customer_name="Jane")
    receiver = Receiver()
    deliver(desk, receiver)
    assert receiver.types == ["customer.created", "ticket.created", "message.created"]
    assert {request.url for request in receiver.requests} == {URL}


def test_what_was_delivered_is_not_sent_again(
    desk: Helpdesk, acme: Workspace, hook: Webhook
) -> None:
    acme.tickets.create(title="One")
    assert deliver(desk, Receiver()) == 1
    assert deliver(desk, Receiver()) == 0


def test_what_happened_before_a_webhook_was_made_is_not_delivered(
    desk: Helpdesk, acme: Workspace
) -> None:
    acme.tickets.create(title="Before")
    acme.webhooks.create(name="All", url=URL, events=["*"])
    acme.tickets.create(title="After")
    receiver = Receiver()
    deliver(desk, receiver)
    assert [request.title for request in receiver.requests] == ["After"]


def test_only_the_types_asked_for_are_delivered(desk: Helpdesk, acme: Workspace) -> None:
    acme.webhooks.create(name="Some", url=URL, events=["ticket.resolved", "message.*"])
    ticket = acme.tickets.create(title="One", initial_message="Hello")
    acme.tickets.update(ticket.id, status="resolved")
    receiver = Receiver()
    deliver(desk, receiver)
    assert receiver.types == ["message.created", "ticket.resolved"]


def test_members_keys_and_webhooks_are_nobodys_business(
    desk: Helpdesk, acme: Workspace, hook: Webhook
) -> None:
    acme.members.create(name="Ada", email="ada@example.com")
    desk.keys.create("acme", type="secret", environment="live")
    acme.webhooks.rotate(hook.id)
    assert deliver(desk, Receiver()) == 0
    kinds = {type.partition(".")[0] for type in DELIVERED_TYPES}
    assert kinds == {"ticket", "message", "customer", "custom_field"}


def test_another_workspaces_events_are_not_delivered(
    desk: Helpdesk, acme: Workspace, sandbox: Workspace, globex: Workspace, hook: Webhook
) -> None:
    sandbox.tickets.create(title="Test")
    globex.tickets.create(title="Globex")
    assert deliver(desk, Receiver()) == 0


def test_what_is_imported_is_not_delivered_unless_asked(
    desk: Helpdesk, acme: Workspace, hook: Webhook
) -> None:
    acme.tickets.create(title="One")
    list(acme.tickets.import_many([{"title": "Quiet"}, {"title": "Too"}], batch_size=1))
    acme.tickets.create(title="Two")
    list(acme.tickets.import_many([{"title": "Told"}], notify=True))
    receiver = Receiver()
    deliver(desk, receiver)
    assert [request.title for request in receiver.requests] == ["One", "Two", "Told"]


def test_a_failure_is_tried_again_six_times_at_growing_intervals(
    desk: Helpdesk, acme: Workspace, hook: Webhook, clock: ManualClock
) -> None:
    acme.tickets.create(title="One")
    receiver = refusing()
    assert deliver(desk, receiver) == 1
    for seconds in RETRIES:
        clock.tick(seconds=seconds - 1)
        assert deliver(desk, receiver) == 0
        clock.tick()
        assert deliver(desk, receiver) == 1
    clock.tick(days=2)
    assert deliver(desk, receiver) == 0
    assert only(acme, hook, status="failed").attempts[-1].number == 7


def test_each_attempt_is_kept(
    desk: Helpdesk, acme: Workspace, hook: Webhook, clock: ManualClock
) -> None:
    acme.tickets.create(title="One")
    deliver(desk, Receiver(lambda request: Got(503, b"x" * 5000, None, 1.5)))
    clock.tick(seconds=30)
    deliver(desk, refusing(None))
    kept = only(acme, hook).attempts
    assert [(each.status, each.error, each.seconds) for each in kept] == [
        (503, None, 1.5),
        (None, "no answer", 0.25),
    ]
    assert kept[0].answer == "x" * 4096


@pytest.mark.parametrize("status", [199, 301, 307, 400, 404, 500, None])
def test_what_is_no_success_is_a_failure(
    desk: Helpdesk, acme: Workspace, hook: Webhook, status: int | None
) -> None:
    acme.tickets.create(title="One")
    deliver(desk, refusing(status))
    assert only(acme, hook).status == "pending"


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_every_2xx_is_a_success(
    desk: Helpdesk, acme: Workspace, hook: Webhook, status: int
) -> None:
    acme.tickets.create(title="One")
    deliver(desk, Receiver(lambda request: Got(status)))
    assert only(acme, hook).status == "delivered"


def test_a_tickets_later_events_wait_for_the_one_that_failed(
    desk: Helpdesk, acme: Workspace, hook: Webhook, clock: ManualClock
) -> None:
    ticket = acme.tickets.create(title="One")
    acme.messages.create(ticket.id, content="Hello")
    acme.tickets.create(title="Other")
    receiver = Receiver(lambda request: Got(500 if request.title == "One" else 200))
    deliver(desk, receiver)
    assert [request.title for request in receiver.requests] == ["One", "Other"]
    clock.tick(seconds=30)
    again = Receiver()
    deliver(desk, again)
    assert again.types[:2] == ["ticket.created", "message.created"]


def test_a_tickets_next_event_goes_on_once_one_is_given_up(
    desk: Helpdesk, acme: Workspace, hook: Webhook, clock: ManualClock
) -> None:
    ticket = acme.tickets.create(title="One")
    acme.messages.create(ticket.id, content="Hello")
    refuses = Receiver(lambda request: Got(500 if request.title == "One" else 200))
    for seconds in (0, *RETRIES):
        clock.tick(seconds=seconds or 1)
        deliver(desk, refuses)
    assert refuses.types.count("ticket.created") == 7
    assert refuses.types[7] == "message.created"


def test_410_turns_the_webhook_off(desk: Helpdesk, acme: Workspace, hook: Webhook) -> None:
    acme.tickets.create(title="One")
    acme.tickets.create(title="Two")
    assert deliver(desk, refusing(410)) == 1
    found = acme.webhooks.get(hook.id)
    assert (found.is_active, found.disabled_reason) == (False, "The receiver answered 410 Gone")
    assert acme.events.list(types="webhook.disabled").items[0].object_id == hook.id


def test_what_a_webhook_that_was_turned_off_has_missed_is_delivered_once_it_is_on_again(
    desk: Helpdesk, acme: Workspace, hook: Webhook
) -> None:
    acme.tickets.create(title="One")
    deliver(desk, refusing(410))
    acme.tickets.create(title="Two")
    acme.webhooks.update(hook.id, is_active=True)
    receiver = Receiver()
    deliver(desk, receiver)
    assert [request.title for request in receiver.requests] == ["One", "Two"]
    assert acme.webhooks.get(hook.id).disabled_reason is None


def test_a_webhook_that_fails_for_three_days_is_turned_off(
    desk: Helpdesk, acme: Workspace, hook: Webhook, clock: ManualClock
) -> None:
    for _ in range(3):
        acme.tickets.create(title="One")
        deliver(desk, refusing())
        clock.tick(hours=23, minutes=59)
    assert acme.webhooks.get(hook.id).is_active
    clock.tick(minutes=3)
    deliver(desk, refusing())
    found = acme.webhooks.get(hook.id)
    assert found.disabled_reason == "No delivery has succeeded since 2025-12-10T14:30:00Z"
    assert found.disabled_at == clock()


def test_a_success_begins_the_three_days_anew(
    desk: Helpdesk, acme: Workspace, hook: Webhook, clock: ManualClock
) -> None:
    acme.tickets.create(title="One")
    deliver(desk, refusing())
    clock.tick(days=2)
    deliver(desk, Receiver())
    clock.tick(days=2)
    acme.tickets.create(title="Two")
    deliver(desk, refusing())
    assert acme.webhooks.get(hook.id).is_active


def test_a_new_url_is_tried_at_once(desk: Helpdesk, acme: Workspace, hook: Webhook) -> None:
    acme.tickets.create(title="One")
    deliver(desk, refusing())
    acme.webhooks.update(hook.id, url="https://example.com/new")
    receiver = Receiver()
    deliver(desk, receiver)
    assert receiver.requests[0].url == "https://example.com/new"


def test_nothing_is_sent_while_a_webhook_is_off(
    desk: Helpdesk, acme: Workspace, hook: Webhook
) -> None:
    acme.tickets.create(title="One")
    acme.webhooks.update(hook.id, is_active=False)
    assert deliver(desk, Receiver()) == 0


def test_nothing_is_sent_to_a_webhook_that_is_deleted(
    desk: Helpdesk, acme: Workspace, hook: Webhook
) -> None:
    acme.tickets.create(title="One")
    deliver(desk, refusing())
    acme.webhooks.delete(hook.id)
    acme.tickets.create(title="Two")
    assert deliver(desk, Receiver()) == 0


def test_nothing_of_a_webhook_that_is_deleted_is_left(
    desk: Helpdesk, acme: Workspace, hook: Webhook
) -> None:
    acme.tickets.create(title="One")
    deliver(desk, Receiver())
    acme.webhooks.delete(hook.id)
    deliver(desk, Receiver())
    assert rows(desk) == {"webhooks": 0, "deliveries": 0, "attempts": 0}


def test_what_is_done_is_kept_for_thirty_days(
    desk: Helpdesk, acme: Workspace, hook: Webhook, clock: ManualClock
) -> None:
    acme.tickets.create(title="One")
    deliver(desk, Receiver())
    clock.tick(days=29)
    deliver(desk, Receiver())
    assert rows(desk)["deliveries"] == 1
    clock.tick(days=1)
    deliver(desk, Receiver())
    assert rows(desk) == {"webhooks": 1, "deliveries": 0, "attempts": 0}


def test_other_types_are_told_of_from_now_on(desk: Helpdesk, acme: Workspace) -> None:
    hook = acme.webhooks.create(name="Some", url=URL, events=["customer.*"]).webhook
    acme.tickets.create(title="Before")
    acme.webhooks.update(hook.id, events=["*"])
    acme.tickets.create(title="After")
    receiver = Receiver()
    deliver(desk, receiver)
    assert [request.title for request in receiver.requests] == ["After"]


def test_what_is_still_to_be_told_stays_when_the_types_change(
    desk: Helpdesk, acme: Workspace, hook: Webhook
) -> None:
    acme.customers.create(name="Before")
    acme.webhooks.update(hook.id, events=["customer.*"])
    receiver = Receiver()
    deliver(desk, receiver)
    assert receiver.types == ["customer.created"]


def test_a_change_of_the_name_alone_hurries_nothing(
    desk: Helpdesk, acme: Workspace, hook: Webhook
) -> None:
    acme.tickets.create(title="One")
    deliver(desk, refusing())
    acme.webhooks.update(hook.id, name="New", is_active=True)
    assert deliver(desk, refusing()) == 0


def test_quiet_runs_that_follow_each_other_are_passed_over(
    desk: Helpdesk, acme: Workspace, hook: Webhook
) -> None:
    for number in range(120):
        list(acme.tickets.import_many([{"title": "Quiet"}]))
        acme.members.create(name="Ada", email=f"ada{number}@example.com")
    acme.tickets.create(title="Told")
    receiver = Receiver()
    deliver(desk, receiver)
    assert [request.title for request in receiver.requests] == ["Told"]
    assert desk.figures().backlog.undelivered == 0
