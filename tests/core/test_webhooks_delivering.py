"""How events reach webhooks: each at least once, in order for each ticket, again if it fails."""

import pytest

from cstar_core import (
    DELIVERED_TYPES,
    Busy,
    Conflict,
    Delivery,
    Helpdesk,
    Invalid,
    Outbox,
    Webhook,
    Workspace,
    verify_signature,
)
from cstar_core.webhooks.delivery import TESTS_MAX
from cstar_core.webhooks.filling import WINDOW
from cstar_core.webhooks.outbox import PER_WEBHOOK
from tests.core.receivers import PACE, Got, Receiver, Request, refusing
from tests.core.vocabulary import ManualClock

URL = "https://example.com/hook"
RETRIES = (30, 120, 600, 3_600, 21_600, 86_400)


@pytest.fixture
def hook(acme: Workspace) -> Webhook:
    return acme.webhooks.create(name="All", url=URL, events=["*"]).webhook


def deliver(desk: Helpdesk, receiver: Receiver) -> int:
    return desk.deliver_due(receiver, pace=PACE)


def only(acme: Workspace, hook: Webhook, **query: str) -> Delivery:
    page = acme.webhooks.deliveries(hook.id, **query)
    assert page.total == 1
    return page.items[0]


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


def rows(desk: Helpdesk) -> dict[str, int]:
    with desk._store.snapshot() as snap:
        return {
            table: snap.sql(f"SELECT count(*) FROM {table}")[0][0]  # noqa: S608
            for table in ("webhooks", "deliveries", "attempts")
        }


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


def test_what_was_taken_and_not_settled_is_sent_again_by_the_next(
    desk: Helpdesk, acme: Workspace, hook: Webhook
) -> None:
    acme.tickets.create(title="One")
    with desk.outbox() as outbox:
        outbox.fill()
        (lost,) = outbox.take(16)
    receiver = Receiver()
    deliver(desk, receiver)
    assert receiver.requests[0].body == lost.body


def test_what_is_on_its_way_is_not_taken_twice(
    desk: Helpdesk, acme: Workspace, hook: Webhook
) -> None:
    acme.tickets.create(title="One")
    with desk.outbox() as outbox:
        outbox.fill()
        assert len(outbox.take(16)) == 1
        assert outbox.take(16) == []


def test_only_one_delivers_at_a_time(desk: Helpdesk) -> None:
    with Helpdesk.open(desk.path) as other:
        with desk.outbox(), pytest.raises(Busy, match="Another program delivers"):
            other.deliver_due(Receiver())
        assert other.deliver_due(Receiver()) == 0


def taken(outbox: Outbox, limit: int) -> list[str]:
    return [each.url for each in outbox.take(limit)]


def test_webhooks_take_turns(desk: Helpdesk, acme: Workspace) -> None:
    for name in "abc":
        acme.webhooks.create(name=name, url=f"https://{name}.example", events=["*"])
    for _ in range(9):
        acme.tickets.create(title="One")
    with desk.outbox() as outbox:
        outbox.fill()
        first = taken(outbox, 4)
        assert sorted(first[:3]) == ["https://a.example", "https://b.example", "https://c.example"]
        assert len(taken(outbox, 100)) == 3 * PER_WEBHOOK - 4


def test_those_that_fail_leave_room_for_the_others(desk: Helpdesk, acme: Workspace) -> None:
    for number in range(6):
        acme.webhooks.create(name="x", url=f"https://dead{number}.example", events=["*"])
    acme.tickets.create(title="One")
    deliver(desk, refusing())
    for number in range(3):
        acme.webhooks.create(name="x", url=f"https://live{number}.example", events=["*"])
    for _ in range(9):
        acme.tickets.create(title="Two")
    with desk.outbox() as outbox:
        outbox.fill()
        urls = taken(outbox, 8)
    assert sum("dead" in url for url in urls) == 4
    assert sum("live" in url for url in urls) == 4


def test_a_dead_receiver_has_no_more_in_line_than_fits(
    desk: Helpdesk, acme: Workspace, hook: Webhook
) -> None:
    tickets = [{"title": "One"} for _ in range(WINDOW + 200)]
    list(acme.tickets.import_many(tickets, notify=True))
    with desk.outbox() as outbox:
        while outbox.fill():
            continue
        assert rows(desk)["deliveries"] == WINDOW
        parcels = outbox.take(PER_WEBHOOK)
        outbox.settle([(each, Got()) for each in parcels])
        outbox.fill()
    assert acme.webhooks.deliveries(hook.id, status="pending").total == WINDOW
    assert desk.figures().backlog.undelivered == WINDOW + 200 - PER_WEBHOOK


def test_what_no_webhook_is_told_of_costs_no_write(desk: Helpdesk, acme: Workspace) -> None:
    acme.webhooks.create(name="Fields", url=URL, events=["custom_field.*"])
    acme.tickets.create(title="One")
    with desk.outbox() as outbox, outbox.changes() as changes:
        before = changes()
        outbox.fill()
        assert changes() == before


def test_a_write_is_seen(desk: Helpdesk, acme: Workspace) -> None:
    with desk.outbox() as outbox, outbox.changes() as changes:
        before = changes()
        acme.tickets.create(title="One")
        assert changes() != before


def test_the_figures_tell_what_is_undelivered(
    desk: Helpdesk, acme: Workspace, hook: Webhook, clock: ManualClock
) -> None:
    at = int(clock().timestamp())
    acme.tickets.create(title="One")
    clock.tick(hours=1)
    acme.tickets.create(title="Two")
    acme.webhooks.create(name="Other", url=URL, events=["customer.*"])
    found = desk.figures().backlog
    assert (found.undelivered, found.oldest_at, found.failed) == (2, at, 0)
    assert (found.active, found.disabled) == (2, 0)
    deliver(desk, refusing(410))
    found = desk.figures().backlog
    assert (found.undelivered, found.active, found.disabled) == (0, 1, 1)


def test_retries_have_some_jitter() -> None:
    waits = {PACE.wait(1), type(PACE)(chance=lambda: 1.0).wait(1)}
    assert waits == {30, 33}


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


def test_so_many_tests_are_in_line_at_most(acme: Workspace, hook: Webhook) -> None:
    for _ in range(TESTS_MAX):
        acme.webhooks.test(hook.id)
    with pytest.raises(Conflict, match="100 tests of this webhook are in line already"):
        acme.webhooks.test(hook.id)
