"""What becomes of deliveries when a receiver moves or comes back, or the clock is set back."""

from collections import Counter
from pathlib import Path

import pytest

from cstar_core import Helpdesk, Outbox, Pace, Webhook, Workspace
from cstar_core.webhooks import backlog, filling, recording
from tests.core.receivers import PACE, URL, Got, Receiver, refusing
from tests.core.vocabulary import ManualClock


@pytest.fixture
def hook(acme: Workspace) -> Webhook:
    return acme.webhooks.create(name="All", url=URL, events=["ticket.*"]).webhook


@pytest.mark.parametrize("status", [410, 500, None])
def test_what_the_old_address_answers_is_not_held_against_the_new_one(
    desk: Helpdesk, acme: Workspace, hook: Webhook, status: int | None
) -> None:
    acme.tickets.create(title="One")
    with desk.outbox(PACE) as outbox:
        outbox.fill()
        parcels = outbox.take(1)
        acme.webhooks.update(hook.id, url="https://example.com/new")
        assert outbox.settle([(parcels[0], Got(status))]) == []
    assert acme.webhooks.get(hook.id).is_active
    receiver = Receiver()
    assert desk.deliver_due(receiver, pace=PACE) == 1
    assert receiver.requests[0].url == "https://example.com/new"


def test_what_is_in_line_does_not_wait_for_a_clock_that_was_set_back(
    desk: Helpdesk, acme: Workspace, hook: Webhook, clock: ManualClock
) -> None:
    clock.tick(days=365)
    ticket = acme.tickets.create(title="Tried")
    desk.deliver_due(refusing(), pace=PACE)
    acme.tickets.update(ticket.id, title="Behind it")
    with desk.outbox(PACE) as outbox:
        acme.tickets.create(title="New")
        outbox.fill()
    clock.tick(days=-365)
    receiver = Receiver()
    desk.deliver_due(receiver, pace=PACE)
    assert [request.title for request in receiver.requests] == ["Tried", "Behind it", "New"]


def test_what_waits_for_its_next_try_is_not_hurried(
    desk: Helpdesk, acme: Workspace, hook: Webhook, clock: ManualClock
) -> None:
    acme.tickets.create(title="One")
    for seconds in (0, *PACE.retries[:-1]):
        clock.tick(seconds=seconds)
        assert desk.deliver_due(refusing(), pace=PACE) == 1
    clock.tick(seconds=PACE.retries[-1] - 1)
    assert desk.deliver_due(refusing(), pace=PACE) == 0


def test_webhooks_that_are_far_behind_take_turns_in_small_steps(
    desk: Helpdesk, acme: Workspace
) -> None:
    made = [
        acme.webhooks.create(name="All", url=URL, events=["ticket.*"]).webhook for _ in range(25)
    ]
    for number in range(50):
        acme.tickets.create(title=f"{number}")
    with desk.outbox(PACE) as outbox:
        assert outbox.fill()
        assert [acme.webhooks.deliveries(each.id).total for each in made] == [40] * 25
        outbox.fill()
    assert [acme.webhooks.deliveries(each.id).total for each in made] == [50] * 25


@pytest.fixture
def window(monkeypatch: pytest.MonkeyPatch) -> int:
    """A small window, so that an outage of hours takes no time."""
    monkeypatch.setattr(filling, "WINDOW", 20)
    monkeypatch.setattr(recording, "WINDOW", 20)
    return 20


@pytest.fixture
def outage(desk: Helpdesk, acme: Workspace, hook: Webhook, clock: ManualClock, window: int) -> int:
    """A receiver was down for eight hours; so many events are in line and behind that."""
    for number in range(window + 2):
        acme.tickets.create(title=f"{number}")
    for _ in range(48):
        desk.deliver_due(refusing(), pace=PACE)
        clock.tick(minutes=10)
    return window + 2


def test_what_is_behind_a_full_window_does_not_wait_for_the_next_tries(
    desk: Helpdesk, outage: int
) -> None:
    receiver = Receiver()
    desk.deliver_due(receiver, pace=PACE)
    assert len(set(receiver.ids)) == len(receiver.ids) == outage


def fail_for_an_hour(outbox: Outbox, clock: ManualClock) -> list[int]:
    """The minutes at which something was sent, to a receiver that refuses it."""
    tried = []
    for minute in range(60):
        outbox.hurry()
        outbox.fill()
        while parcels := outbox.take(32):
            outbox.settle([(each, Got(500)) for each in parcels])
            tried += [minute] * len(parcels)
            outbox.fill()
        clock.tick(minutes=1)
    return tried


@pytest.mark.usefixtures("outage")
def test_a_full_window_is_probed_every_ten_minutes(desk: Helpdesk, clock: ManualClock) -> None:
    with desk.outbox(PACE) as outbox:
        assert fail_for_an_hour(outbox, clock) == [0, 10, 20, 30, 40, 50]


def test_a_full_window_that_is_tried_once_a_day_is_probed_as_often(
    desk: Helpdesk, acme: Workspace, hook: Webhook, clock: ManualClock, window: int
) -> None:
    for number in range(window + 1):
        acme.tickets.create(title=f"{number}")
    with desk.outbox(Pace(retries=(86_400,), jitter=0)) as outbox:
        assert fail_for_an_hour(outbox, clock) == [0] * window + [10, 20, 30, 40, 50]
    assert acme.webhooks.deliveries(hook.id, status="failed").total == 0


@pytest.mark.usefixtures("outage")
def test_a_full_window_with_nothing_behind_it_waits_for_its_next_tries(
    desk: Helpdesk, acme: Workspace, hook: Webhook, clock: ManualClock
) -> None:
    acme.webhooks.update(hook.id, events=["customer.*"])
    with desk.outbox(PACE) as outbox:
        assert fail_for_an_hour(outbox, clock) == [0]


def test_a_probe_that_fails_is_no_try(
    desk: Helpdesk, acme: Workspace, hook: Webhook, outage: int, clock: ManualClock
) -> None:
    for _ in range(22 * 6):
        desk.deliver_due(refusing(), pace=PACE)
        clock.tick(minutes=10)
    assert acme.webhooks.deliveries(hook.id, status="failed").total == 0
    receiver = Receiver()
    desk.deliver_due(receiver, pace=PACE)
    assert len(receiver.ids) == outage


def test_a_receiver_that_fails_now_and_then_hurries_nothing(
    desk: Helpdesk, acme: Workspace, hook: Webhook, window: int
) -> None:
    for number in range(window + 5):
        acme.tickets.create(title=f"{number}")
    receiver = Receiver(lambda request: Got(500 if request.title == "3" else 200))
    desk.deliver_due(receiver, pace=PACE)
    assert len(receiver.ids) == window + 5


def test_what_is_far_behind_is_counted_up_to_a_limit(
    desk: Helpdesk, acme: Workspace, hook: Webhook, outage: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        list(acme.tickets.import_many([{"title": "Quiet"}]))
        acme.tickets.create(title="Behind")
    counted = []
    for most in (2, 3, 4, 5):
        monkeypatch.setattr(backlog, "COUNTED_MAX", most)
        counted.append(desk.figures().backlog.undelivered - outage)
    assert counted == [0, 1, 2, 2]


def test_those_that_are_slow_leave_room_for_the_others(desk: Helpdesk, acme: Workspace) -> None:
    for number in range(9):
        acme.webhooks.create(name="All", url=f"{URL}?slow={number}", events=["ticket.*"])
    fast = acme.webhooks.create(name="All", url=URL, events=["ticket.*"]).webhook
    for number in range(40):
        acme.tickets.create(title=f"{number}")
    with desk.outbox(PACE) as outbox:
        outbox.fill()
        taken = outbox.take(32)
        outbox.settle([(each, Got(seconds=0.1 if each.url == URL else 3.0)) for each in taken])
        slow = [each for each in outbox.take(32) if each.url != URL]
        assert len(slow) == 16
    assert acme.webhooks.deliveries(fast.id, status="delivered").total > 0


def test_those_that_are_slow_take_turns(desk: Helpdesk, acme: Workspace) -> None:
    for number in range(9):
        acme.webhooks.create(name="All", url=f"{URL}?slow={number}", events=["ticket.*"])
    acme.webhooks.create(name="All", url=URL, events=["ticket.*"])
    for number in range(40):
        acme.tickets.create(title=f"{number}")
    urls: Counter[str] = Counter()
    with desk.outbox(PACE) as outbox:
        outbox.fill()
        for _ in range(6):
            taken = outbox.take(16)
            urls.update(each.url for each in taken)
            outbox.settle([(each, Got(seconds=0.1 if each.url == URL else 3.0)) for each in taken])
    assert len(urls) == 10
    assert min(urls.values()) >= 4


def test_a_restored_desk_gives_ids_again_as_the_document_says(
    acme: Workspace, desk: Helpdesk, hook: Webhook, tmp_path: Path
) -> None:
    desk.backup(tmp_path / "backup")
    acme.tickets.create(title="Lost")
    before = Receiver()
    desk.deliver_due(before, pace=PACE)
    Helpdesk.restore(tmp_path / "backup", tmp_path / "restored.db")
    with Helpdesk.open(tmp_path / "restored.db") as restored:
        restored.workspace("acme").tickets.create(title="New")
        after = Receiver()
        restored.deliver_due(after, pace=PACE)
    assert [request.title for request in after.requests] == ["New"]
    assert after.ids == before.ids


@pytest.mark.usefixtures("outage")
def test_no_probe_is_made_for_a_webhook_that_was_emptied_meanwhile(
    desk: Helpdesk, acme: Workspace, hook: Webhook
) -> None:
    with desk.outbox(PACE) as outbox:
        outbox.fill()
        acme.webhooks.replay(hook.id, after=acme.events.list().items[0].id)
        assert outbox.take(32) == []


@pytest.mark.usefixtures("outage")
def test_no_probe_is_made_for_a_webhook_that_was_turned_off_meanwhile(
    desk: Helpdesk, acme: Workspace, hook: Webhook
) -> None:
    with desk.outbox(PACE) as outbox:
        outbox.fill()
        acme.webhooks.update(hook.id, is_active=False)
        assert outbox.take(32) == []
