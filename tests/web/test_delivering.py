"""The thread that delivers while a server runs."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any

import pytest

from cstar_core import Helpdesk, Outbox, StorageFull, Workspace
from cstar_web.delivering import Deliverer, delivering
from tests.core.receivers import PACE, Got, Receiver, Request, refusing
from tests.web.sockets import wait_until as wait

PATIENCE = 20.0
wait_until = partial(wait, seconds=PATIENCE)


@pytest.fixture
def acme(desk: Helpdesk) -> Workspace:
    return desk.workspace("acme")


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def hook(acme: Workspace, url: str = "https://example.com/hook") -> str:
    return acme.webhooks.create(name="All", url=url, events=["*"]).webhook.id


def test_what_happens_is_delivered_while_it_runs(desk: Helpdesk, acme: Workspace) -> None:
    hook(acme)
    receiver = Receiver()
    with delivering(desk, receiver):
        acme.tickets.create(title="One")
        wait_until(lambda: receiver.types == ["ticket.created"])
        acme.tickets.create(title="Two")
        wait_until(lambda: len(receiver.requests) == 2)
    assert [request.title for request in receiver.requests] == ["One", "Two"]


def test_what_came_back_before_it_ended_is_noted(desk: Helpdesk, acme: Workspace) -> None:
    id = hook(acme)
    acme.tickets.create(title="One")
    receiver = Receiver()
    with delivering(desk, receiver):
        wait_until(lambda: bool(receiver.requests))
    assert acme.webhooks.deliveries(id).items[0].status == "delivered"


def test_a_ticket_has_one_event_on_its_way_at_a_time(desk: Helpdesk, acme: Workspace) -> None:
    hook(acme)
    ticket = acme.tickets.create(title="0")
    for number in range(1, 30):
        acme.tickets.update(ticket.id, title=str(number))
    busy = threading.Lock()

    def answer(request: Request) -> Got:
        assert busy.acquire(blocking=False)
        time.sleep(0.001)
        busy.release()
        return Got()

    receiver = Receiver(answer)
    with delivering(desk, receiver):
        wait_until(lambda: len(receiver.requests) == 30)
    assert [request.title for request in receiver.requests] == [str(n) for n in range(30)]


def test_receivers_that_hang_do_not_hold_up_another(
    desk: Helpdesk, acme: Workspace, stack: ExitStack
) -> None:
    release = threading.Event()
    stack.callback(release.set)
    for number in range(12):
        hook(acme, f"https://hangs{number}.example")

    def answer(request: Request) -> Got:
        if "hangs" in request.url:
            release.wait(PATIENCE)
        return Got()

    receiver = Receiver(answer)
    for _ in range(5):
        acme.tickets.create(title="One")
    desk.deliver_due(refusing(), pace=PACE)  # they are known to fail
    hook(acme, "https://lives.example")
    desk._clock.tick(minutes=1)  # type: ignore[attr-defined]
    stack.enter_context(delivering(desk, receiver, PACE))
    wait_until(lambda: sum("hangs" in each.url for each in receiver.requests) >= 12)
    for _ in range(20):
        acme.tickets.create(title="Two")
    wait_until(lambda: sum("lives" in each.url for each in receiver.requests) == 20)
    assert not release.is_set()
    assert sum("hangs" in each.url for each in receiver.requests) == 12


def test_a_request_that_cannot_be_made_is_a_failure(desk: Helpdesk, acme: Workspace) -> None:
    id = hook(acme)
    acme.tickets.create(title="One")

    def answer(request: Request) -> Got:
        raise RuntimeError("a fault of the sender's")

    with delivering(desk, Receiver(answer)):
        wait_until(lambda: bool(acme.webhooks.deliveries(id).items[:1]))
        wait_until(lambda: bool(acme.webhooks.deliveries(id).items[0].attempts))
    attempt = acme.webhooks.deliveries(id).items[0].attempts[0]
    assert attempt.error == "the request could not be made"


def test_what_cannot_be_made_keeps_the_worker_from_nothing_else(
    desk: Helpdesk, acme: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    id = hook(acme)
    for number in range(3):
        acme.tickets.create(title=f"{number}")
    with desk._store.transaction() as tx:
        tx.sql("UPDATE events SET data = '{' WHERE data LIKE '%\"1\"%'")
    receiver = Receiver()
    with delivering(desk, receiver):
        wait_until(lambda: len(receiver.requests) == 2)
        acme.tickets.create(title="3")
        wait_until(lambda: len(receiver.requests) == 3)
    assert sorted(request.title for request in receiver.requests) == ["0", "2", "3"]
    logged = [each.message for each in caplog.records if each.exc_info]
    assert logged == [f"a request to webhook {id} could not be made"]


def test_only_one_of_two_delivers_and_the_other_takes_over(
    desk: Helpdesk, acme: Workspace, stack: ExitStack
) -> None:
    hook(acme)
    one, two = Receiver(), Receiver()
    first = Deliverer(desk, one)
    first.start()
    acme.tickets.create(title="One")
    wait_until(lambda: bool(one.requests))
    other = stack.enter_context(Helpdesk.open(desk.path))
    stack.enter_context(delivering(other, two))
    acme.tickets.create(title="Two")
    wait_until(lambda: len(one.requests) == 2)
    assert two.requests == []
    first.stop()
    acme.tickets.create(title="Three")
    wait_until(lambda: [request.title for request in two.requests] == ["Three"])


def test_what_hangs_at_the_end_is_sent_again_by_the_next(
    desk: Helpdesk, acme: Workspace, stack: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cstar_web.delivering.STOP_SECONDS", 0.1)
    hook(acme)
    acme.tickets.create(title="One")
    release = threading.Event()
    stack.callback(release.set)
    hangs = Receiver(lambda request: Got(200 if release.wait(PATIENCE) else 500))
    with delivering(desk, hangs):
        wait_until(lambda: bool(hangs.requests))
    again = Receiver()
    desk.deliver_due(again)
    assert again.ids == hangs.ids


def test_what_cannot_be_noted_now_is_noted_later_and_not_sent_again(
    desk: Helpdesk,
    acme: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    id = hook(acme)
    acme.tickets.create(title="One")
    settle, full = Outbox.settle, threading.Event()
    full.set()

    def settle_later(outbox: Outbox, outcomes: list[Any]) -> list[Any]:
        if full.is_set():
            raise StorageFull("The disk took no more")
        return list(settle(outbox, outcomes))

    monkeypatch.setattr(Outbox, "settle", settle_later)
    receiver = Receiver()
    with delivering(desk, receiver):
        wait_until(lambda: bool(receiver.requests))
        time.sleep(0.3)
        full.clear()
        wait_until(lambda: acme.webhooks.deliveries(id).items[0].status == "delivered")
    assert len(receiver.requests) == 1
    assert caplog.messages == ["delivering to webhooks has to wait: The disk took no more"]
