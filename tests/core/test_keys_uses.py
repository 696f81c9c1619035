"""When keys were last used."""

import sqlite3
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from cstar_core import Helpdesk, NewKey, StorageFull, Workspace
from tests.core.limits import file_size_limit
from tests.core.vocabulary import START, ManualClock

# Minutes between two uses, and whether the later one is written.
LATER = [
    (0, False),
    (59, False),
    (60, True),
    (60 * 24 * 400, True),
    (-59, False),
    (-60, True),  # the clock was wrong before
]


@pytest.fixture
def key(desk: Helpdesk) -> NewKey:
    return desk.keys.create("acme", type="secret", environment="live", name="Shop")


def used_at(desk: Helpdesk, key: NewKey) -> datetime | None:
    return next(each for each in desk.keys.list("acme") if each.id == key.key.id).last_used_at


def use(desk: Helpdesk, key: NewKey) -> int:
    """Use a key; how many uses are written then."""
    assert desk.keys.authenticate(key.secret) is not None
    return desk.keys.write_uses()


def test_a_new_key_is_not_used(desk: Helpdesk, key: NewKey) -> None:
    assert key.key.last_used_at is None
    assert (desk.keys.write_uses(), used_at(desk, key)) == (0, None)


def test_a_use_is_noted_and_then_written_down(desk: Helpdesk, key: NewKey) -> None:
    with desk.snapshot():
        assert desk.keys.authenticate(key.secret) is not None
    assert used_at(desk, key) is None
    assert desk.keys.write_uses() == 1
    assert used_at(desk, key) == START


def test_a_use_is_written_to_the_file(desk: Helpdesk, key: NewKey, path: Path) -> None:
    use(desk, key)
    with Helpdesk.open(path) as again:
        assert used_at(again, key) == START


@pytest.mark.parametrize(("minutes", "written"), LATER)
def test_a_key_is_written_at_most_once_an_hour(
    desk: Helpdesk, key: NewKey, clock: ManualClock, minutes: int, written: bool
) -> None:
    use(desk, key)
    clock.tick(minutes=minutes)
    assert use(desk, key) == written
    assert used_at(desk, key) == (clock.now if written else START)


def test_the_last_of_several_uses_is_written(
    desk: Helpdesk, key: NewKey, clock: ManualClock
) -> None:
    for _ in range(3):
        clock.tick(seconds=20)
        assert desk.keys.authenticate(key.secret) is not None
    assert (desk.keys.write_uses(), used_at(desk, key)) == (1, START + timedelta(seconds=60))


def test_two_processes_write_the_same_hour_once(desk: Helpdesk, key: NewKey, path: Path) -> None:
    clock = ManualClock()
    clock.tick(minutes=5)
    with Helpdesk.open(path, clock=clock) as other:
        assert other.keys.authenticate(key.secret) is not None
        assert [use(desk, key), other.keys.write_uses()] == [1, 0]
    assert used_at(desk, key) == START


def test_what_opens_nothing_is_not_used(desk: Helpdesk, key: NewKey, clock: ManualClock) -> None:
    span = timedelta(hours=2)
    expired = desk.keys.create("acme", type="secret", environment="live", expires_in=span)
    clock.tick(hours=2)
    desk.keys.revoke(key.key.id)
    for secret in (key.secret, expired.secret, "sk_live_" + 32 * "x"):
        assert desk.keys.authenticate(secret) is None
    assert desk.keys.write_uses() == 0


def test_to_keep_something_open_is_a_use(desk: Helpdesk, key: NewKey) -> None:
    assert desk.keys.works(key.key.id)
    assert (desk.keys.write_uses(), used_at(desk, key)) == (1, START)


def test_a_key_that_has_stopped_keeps_nothing_open(desk: Helpdesk, key: NewKey) -> None:
    desk.keys.revoke(key.key.id)
    assert not desk.keys.works(key.key.id)
    assert desk.keys.write_uses() == 0


def test_a_use_is_no_event(desk: Helpdesk, key: NewKey, acme: Workspace) -> None:
    before = acme.events.list().total
    use(desk, key)
    assert acme.events.list().total == before


def test_what_a_full_disk_refuses_is_written_later(
    desk: Helpdesk, key: NewKey, clock: ManualClock
) -> None:
    assert desk.keys.authenticate(key.secret) is not None
    with file_size_limit(0), pytest.raises(StorageFull):
        desk.keys.write_uses()
    clock.tick(minutes=10)
    assert (desk.keys.write_uses(), used_at(desk, key)) == (1, START)


def test_a_use_since_a_failed_write_is_the_one_that_is_written(
    desk: Helpdesk, key: NewKey, clock: ManualClock
) -> None:
    assert desk.keys.authenticate(key.secret) is not None
    with file_size_limit(0), pytest.raises(StorageFull):
        desk.keys.write_uses()
    clock.tick(minutes=10)
    assert use(desk, key) == 1
    assert used_at(desk, key) == START + timedelta(minutes=10)


def test_keys_open_while_another_program_writes(desk: Helpdesk, key: NewKey, path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        with desk.snapshot():
            assert desk.keys.authenticate(key.secret) is not None
    finally:
        other.close()
    assert desk.keys.write_uses() == 1


def test_a_snapshot_does_not_write(desk: Helpdesk, key: NewKey) -> None:
    assert desk.keys.authenticate(key.secret) is not None
    with desk.snapshot(), pytest.raises(RuntimeError):
        desk.keys.write_uses()
    assert desk.keys.write_uses() == 1


def test_many_threads_use_keys_while_uses_are_written(desk: Helpdesk) -> None:
    keys = [desk.keys.create("acme", type="secret", environment="live") for _ in range(8)]
    written: list[int] = []

    def work(key: NewKey) -> Callable[[], None]:
        def run() -> None:
            for _ in range(50):
                written.append(use(desk, key))

        return run

    threads = [threading.Thread(target=work(key)) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (sum(written), len(written)) == (8, 400)
    assert {used_at(desk, key) for key in keys} == {START}
