"""What becomes of a delivery that this program cannot make or note: the others go on."""

import sqlite3

import pytest

from cstar_core import Helpdesk, Webhook, Workspace
from tests.core.receivers import PACE, Got, Receiver
from tests.core.vocabulary import ManualClock

# No text that can be stored: SQLite's driver raises UnicodeEncodeError.
UNSTORABLE = Got(None, b"", "\ud800")


def spoil(desk: Helpdesk, event_title: str) -> None:
    """Let the data of an event be none, as if the file had been written by something else."""
    damage(desk, event_title, "'{'")


def damage(desk: Helpdesk, event_title: str, data: str) -> None:
    with desk._store.transaction() as tx:
        tx.sql(f"UPDATE events SET data = {data} WHERE data LIKE '%{event_title}%'")  # noqa: S608


def titles(receiver: Receiver) -> list[str]:
    return [request.title for request in receiver.requests]


def faults(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The messages of the log that come with a traceback."""
    return [each.message for each in caplog.records if each.exc_info]


@pytest.mark.parametrize("data", ["'{'", "CAST(x'7bff7d' AS TEXT)"])
def test_a_delivery_that_cannot_be_made_keeps_none_of_the_others_waiting(
    desk: Helpdesk, acme: Workspace, hook: Webhook, caplog: pytest.LogCaptureFixture, data: str
) -> None:
    for title in ("One", "Bad", "Two"):
        acme.tickets.create(title=title)
    damage(desk, "Bad", data)
    receiver = Receiver()
    assert desk.deliver_due(receiver, pace=PACE) == 2
    assert titles(receiver) == ["One", "Two"]
    (bad,) = acme.webhooks.deliveries(hook.id, status="pending").items
    assert [each.error for each in bad.attempts] == ["the request could not be made"]
    assert faults(caplog) == [f"a request to webhook {hook.id} could not be made"]


def test_a_delivery_that_cannot_be_made_is_tried_again_and_given_up(
    desk: Helpdesk, acme: Workspace, hook: Webhook, clock: ManualClock
) -> None:
    ticket = acme.tickets.create(title="Bad")
    spoil(desk, "Bad")
    acme.tickets.update(ticket.id, title="Later")
    receiver = Receiver()
    for seconds in PACE.retries:
        assert desk.deliver_due(receiver, pace=PACE) == 0
        clock.tick(seconds=seconds)
    desk.deliver_due(receiver, pace=PACE)
    assert titles(receiver) == ["Later"]
    (bad,) = acme.webhooks.deliveries(hook.id, status="failed").items
    assert len(bad.attempts) == 1 + len(PACE.retries)


def test_what_cannot_be_noted_keeps_nothing_else_from_being_noted(
    desk: Helpdesk, acme: Workspace, hook: Webhook, caplog: pytest.LogCaptureFixture
) -> None:
    for title in ("One", "Bad", "Two"):
        acme.tickets.create(title=title)
    with desk.outbox(PACE) as outbox:
        outbox.fill()
        one, bad, two = outbox.take(3)
        assert outbox.settle([(one, Got()), (bad, UNSTORABLE), (two, Got())]) == []
        assert (outbox.flying, outbox.take(3)) == (0, [])
    assert acme.webhooks.deliveries(hook.id, status="delivered").total == 2
    assert faults(caplog) == [f"what was answered to webhook {hook.id} could not be noted"]


def test_what_cannot_be_noted_is_sent_again_later_and_given_up(
    desk: Helpdesk, acme: Workspace, hook: Webhook, clock: ManualClock
) -> None:
    ticket = acme.tickets.create(title="Bad")
    acme.tickets.update(ticket.id, title="Later")
    receiver = Receiver(lambda request: UNSTORABLE if request.title == "Bad" else Got())
    for seconds in (*PACE.retries, 0):
        desk.deliver_due(receiver, pace=PACE)
        clock.tick(seconds=seconds)
    assert titles(receiver) == ["Bad"] * (1 + len(PACE.retries)) + ["Later"]
    numbers = [request.headers["X-Delivery-Attempt"] for request in receiver.requests]
    assert numbers == ["1", "2", "3", "4", "5", "6", "7", "1"]


def test_a_test_of_which_nothing_can_be_noted_is_tried_once_too(
    desk: Helpdesk, acme: Workspace, hook: Webhook, clock: ManualClock
) -> None:
    acme.webhooks.test(hook.id)
    receiver = Receiver(lambda request: UNSTORABLE)
    for _ in range(2):
        desk.deliver_due(receiver, pace=PACE)
        clock.tick(days=9)
    assert len(receiver.requests) == 1
    assert acme.webhooks.deliveries(hook.id).items[0].status == "failed"


def rename(desk: Helpdesk, table: str, name: str) -> None:
    with desk._store.transaction() as tx:
        tx.sql(f"ALTER TABLE {table} RENAME TO {name}")


def test_what_is_wrong_with_the_whole_file_is_no_attempt(
    desk: Helpdesk, acme: Workspace, hook: Webhook
) -> None:
    acme.webhooks.update(hook.id, events=["message.*"])
    acme.tickets.create(title="One", initial_message="Hello")
    rename(desk, "messages", "elsewhere")
    with pytest.raises(sqlite3.OperationalError, match="no such table: messages"):
        desk.deliver_due(Receiver(), pace=PACE)
    rename(desk, "elsewhere", "messages")
    assert desk.deliver_due(Receiver(), pace=PACE) == 1
    (done,) = acme.webhooks.deliveries(hook.id).items
    assert [each.status for each in done.attempts] == [200]
