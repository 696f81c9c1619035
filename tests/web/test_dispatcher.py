"""Quick reads go one after another; writes, and whatever comes behind a slow read, do not wait."""

import threading
from collections.abc import Iterator

import pytest

from cstar_web.server.dispatcher import Dispatcher

PATIENT = 30.0
ENDLESS = 3600.0


class Request:
    """A request that is answered once it is told to be."""

    def __init__(self, *, writes: bool = False) -> None:
        self.writes = writes
        self.begun = threading.Event()
        self.go = threading.Event()
        self.answered = threading.Event()
        self.cancelled = threading.Event()

    def service(self) -> None:
        self.begun.set()
        self.go.wait(PATIENT)
        self.answered.set()

    def cancel(self) -> None:
        self.cancelled.set()

    def finish(self) -> None:
        self.go.set()
        assert self.answered.wait(PATIENT)


class Failing(Request):
    """A request whose answering fails."""

    def service(self) -> None:
        self.begun.set()
        raise ZeroDivisionError


@pytest.fixture
def patient() -> Iterator[Dispatcher]:
    """One that finds no read slow."""
    yield from running(ENDLESS)


@pytest.fixture
def hasty() -> Iterator[Dispatcher]:
    """One that finds every read slow."""
    yield from running(0)


def running(patience: float) -> Iterator[Dispatcher]:
    dispatcher = Dispatcher(patience)
    dispatcher.set_thread_count(4)
    yield dispatcher
    dispatcher.shutdown()


def sent(dispatcher: Dispatcher, request: Request) -> Request:
    dispatcher.add_task(request)
    return request


def test_a_read_is_answered(patient: Dispatcher) -> None:
    request = sent(patient, Request())
    assert request.begun.wait(PATIENT)
    request.finish()


def test_a_second_read_waits_for_the_first(patient: Dispatcher) -> None:
    first = sent(patient, Request())
    assert first.begun.wait(PATIENT)
    second = sent(patient, Request())
    patient.relieve()
    assert not second.begun.wait(0.05)
    assert patient.reads_wait
    first.finish()
    assert second.begun.wait(PATIENT)
    assert not patient.reads_wait
    second.finish()


def test_a_write_waits_for_no_read_and_for_no_write(patient: Dispatcher) -> None:
    read = sent(patient, Request())
    writes = [sent(patient, Request(writes=True)) for _ in range(3)]
    assert all(each.begun.wait(PATIENT) for each in (read, *writes))
    for each in (read, *writes):
        each.finish()


def test_behind_a_slow_read_another_thread_goes_on(hasty: Dispatcher) -> None:
    slow = sent(hasty, Request())
    assert slow.begun.wait(PATIENT)
    second = sent(hasty, Request())
    hasty.relieve()
    assert second.begun.wait(PATIENT)
    second.finish()
    slow.finish()


def test_a_thread_that_was_relieved_takes_no_more_reads(hasty: Dispatcher) -> None:
    slow = sent(hasty, Request())
    assert slow.begun.wait(PATIENT)
    second = sent(hasty, Request())
    hasty.relieve()
    assert second.begun.wait(PATIENT)
    slow.finish()
    third = sent(hasty, Request())
    assert not third.begun.wait(0.05)
    second.finish()
    assert third.begun.wait(PATIENT)
    third.finish()


def test_nobody_is_relieved_while_no_read_waits(hasty: Dispatcher) -> None:
    slow = sent(hasty, Request())
    assert slow.begun.wait(PATIENT)
    hasty.relieve()
    later = sent(hasty, Request())
    assert not later.begun.wait(0.05)
    slow.finish()
    assert later.begun.wait(PATIENT)
    later.finish()


def test_a_reader_that_found_no_thread_yet_is_not_relieved_again_and_again() -> None:
    dispatcher = Dispatcher(patience=0)
    for _ in range(3):
        dispatcher.add_task(Request())
        dispatcher.relieve()
    assert len(dispatcher.queue) == 1


def test_a_read_that_fails_does_not_hold_up_the_next(
    patient: Dispatcher, caplog: pytest.LogCaptureFixture
) -> None:
    failing = sent(patient, Failing())
    assert failing.begun.wait(PATIENT)
    after = sent(patient, Request())
    assert after.begun.wait(PATIENT)
    after.finish()
    assert "ZeroDivisionError" in caplog.text


def test_reads_that_still_wait_at_the_end_are_given_up() -> None:
    dispatcher = Dispatcher(ENDLESS)
    requests = [sent(dispatcher, Request()) for _ in range(3)]
    dispatcher.shutdown()
    assert all(each.cancelled.is_set() for each in requests)


def test_many_reads_are_all_answered_once() -> None:
    answered = []

    class Quick(Request):
        def service(self) -> None:
            answered.append(self)

    dispatcher = Dispatcher(patience=0)
    dispatcher.set_thread_count(4)
    requests = [Quick() for _ in range(500)]
    for request in requests:
        dispatcher.add_task(request)
        dispatcher.relieve()
    last = sent(dispatcher, Request())
    while not last.begun.wait(0.01):
        dispatcher.relieve()
    last.finish()
    dispatcher.shutdown()
    assert sorted(map(id, answered)) == sorted(map(id, requests))
