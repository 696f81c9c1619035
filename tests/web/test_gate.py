"""One reader at a time, unless the one inside takes long."""

import threading

import pytest

from cstar_web.gate import Gate

PATIENT = 30.0


class Visitor:
    """A thread that enters a gate, says so, and stays until it is told to go."""

    def __init__(self, gate: Gate) -> None:
        self.inside = threading.Event()
        self.go = threading.Event()
        self._gate = gate
        self._thread = threading.Thread(target=self._visit, daemon=True)
        self._thread.start()

    def leave(self) -> None:
        self.go.set()
        self._thread.join(PATIENT)

    def _visit(self) -> None:
        with self._gate.enter():
            self.inside.set()
            self.go.wait(PATIENT)


def test_an_empty_gate_lets_in_at_once() -> None:
    visitor = Visitor(Gate(PATIENT))
    assert visitor.inside.wait(PATIENT)
    visitor.leave()


def test_a_second_one_waits_until_the_first_has_left() -> None:
    gate = Gate(PATIENT)
    first = Visitor(gate)
    assert first.inside.wait(PATIENT)
    second = Visitor(gate)
    assert not second.inside.wait(0.05)
    first.leave()
    assert second.inside.wait(PATIENT)
    second.leave()


def test_whoever_fails_inside_leaves_the_gate_open() -> None:
    gate = Gate(PATIENT)
    with pytest.raises(ZeroDivisionError), gate.enter():
        raise ZeroDivisionError
    visitor = Visitor(gate)
    assert visitor.inside.wait(PATIENT)
    visitor.leave()


def test_nobody_waits_for_one_that_takes_long() -> None:
    gate = Gate(patience=0.001)
    slow = Visitor(gate)
    assert slow.inside.wait(PATIENT)
    next_one = Visitor(gate)
    assert next_one.inside.wait(PATIENT)
    next_one.leave()
    slow.leave()


def test_after_a_slow_one_the_others_still_go_one_at_a_time() -> None:
    gate = Gate(patience=0.5)
    slow = Visitor(gate)
    assert slow.inside.wait(PATIENT)
    second = Visitor(gate)
    assert second.inside.wait(PATIENT)
    slow.leave()
    third = Visitor(gate)
    assert not third.inside.wait(0.05)
    second.leave()
    assert third.inside.wait(PATIENT)
    third.leave()


def test_many_threads_all_get_through_a_gate_that_is_never_free_for_long() -> None:
    gate, done = Gate(patience=0.0005), []

    def visit() -> None:
        for _ in range(50):
            with gate.enter():
                threading.Event().wait(0.0002)
        done.append(True)

    threads = [threading.Thread(target=visit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENT)
    assert len(done) == 8
