"""The outbox: who delivers, how much at once, in which turns, and what it costs."""

import pytest

from cstar_core import Busy, Helpdesk, Outbox, Webhook, Workspace
from cstar_core.webhooks.filling import WINDOW
from cstar_core.webhooks.outbox import PER_WEBHOOK
from tests.core.receivers import PACE, URL, Got, Receiver, deliver, refusing, rows
from tests.core.vocabulary import ManualClock


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
