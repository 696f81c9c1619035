"""Writes of several threads: one at a time, committed together, failing alone."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from cstar_core.errors import Busy, StorageFull
from cstar_core.store.connections import Connections, translated
from cstar_core.store.writer import GROUP_MAX, Writer
from tests.core.limits import file_size_limit

SOON = 10.0


class Desk:
    """A file with one table, its writer, and the statements that were run on it."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)
        self.connections = Connections(self.path)
        self.queue = threading.Lock()
        # Long enough that on a busy machine too a group is left to whoever waits for it.
        self.writer = Writer(self.connections, self.queue, patience=SOON)
        self.statements: list[str] = []
        with self.connections.one() as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("CREATE TABLE marks (name TEXT)")
            connection.set_trace_callback(self.statements.append)

    def mark(self, name: str, *, brief: bool = True) -> None:
        with translated(self.path), self.writer.write(brief=brief) as connection:
            connection.execute("INSERT INTO marks VALUES (?)", (name,))

    def marks(self) -> list[str]:
        with self.connections.one() as connection:
            return [row[0] for row in connection.execute("SELECT name FROM marks ORDER BY rowid")]

    @property
    def commits(self) -> int:
        return self.statements.count("COMMIT")


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path / "marks.db")
    yield desk
    desk.connections.close()
    assert not desk.queue.locked()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(GROUP_MAX + 4) as threads:
        yield threads


def until(condition: Callable[[], bool]) -> None:
    """Wait for what must come; fail if it does not."""
    end = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


def queue_up(file: Desk, pool: ThreadPoolExecutor, write: Callable[[], None]) -> Future[None]:
    """Let another thread wait for its turn; of several that wait, any may have the next one."""
    number = file.writer._waiting + 1
    queued = pool.submit(write)
    until(lambda: file.writer._waiting == number)
    return queued


@contextmanager
def behind(
    file: Desk, pool: ThreadPoolExecutor, *writes: Callable[[], None]
) -> Iterator[list[Future[None]]]:
    """A write of this thread, during which the others queue up."""
    queued: list[Future[None]] = []
    with file.writer.write(brief=True) as connection:
        connection.execute("INSERT INTO marks VALUES ('first')")
        for write in writes:
            queued.append(queue_up(file, pool, write))
        yield queued


def boom() -> None:
    raise ZeroDivisionError


def test_a_write_alone_is_committed_at_once(file: Desk) -> None:
    file.mark("a")
    assert (file.commits, file.marks()) == (1, ["a"])


def test_writes_that_queue_up_are_committed_together(file: Desk, pool: ThreadPoolExecutor) -> None:
    with behind(file, pool, *[lambda: file.mark("next")] * 3) as queued:
        pass
    assert [each.result(SOON) for each in queued] == [None] * 3
    assert (file.commits, len(file.marks())) == (1, 4)


def test_no_write_returns_before_it_is_committed(file: Desk, pool: ThreadPoolExecutor) -> None:
    release = threading.Event()

    def slow() -> None:
        with file.writer.write(brief=True):
            assert release.wait(SOON)

    seen: list[bool] = []

    def first() -> None:
        with behind(file, pool, slow):
            pass
        seen.append(release.is_set())

    leader = pool.submit(first)
    time.sleep(0.2)
    release.set()
    leader.result(SOON)
    assert seen == [True]


def test_a_group_is_not_endless(file: Desk, pool: ThreadPoolExecutor) -> None:
    with behind(file, pool, *[lambda: file.mark("next")] * (GROUP_MAX + 1)) as queued:
        pass
    for each in queued:
        each.result(SOON)
    assert (file.commits, len(file.marks())) == (2, GROUP_MAX + 2)


def test_a_write_that_fails_is_taken_back_alone(file: Desk, pool: ThreadPoolExecutor) -> None:
    def fail() -> None:
        with file.writer.write(brief=True) as connection:
            connection.execute("INSERT INTO marks VALUES ('failed')")
            boom()

    with behind(file, pool, fail) as queued:
        pass
    with pytest.raises(ZeroDivisionError):
        queued[0].result(SOON)
    assert file.marks() == ["first"]


def test_the_first_of_a_group_may_fail(file: Desk, pool: ThreadPoolExecutor) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        behind(file, pool, lambda: file.mark("next")) as queued,
    ):
        boom()
    queued[0].result(SOON)
    assert file.marks() == ["next"]


def test_what_cannot_be_committed_fails_for_all_of_the_group(
    file: Desk, pool: ThreadPoolExecutor
) -> None:
    with file_size_limit(0):
        with (
            pytest.raises(StorageFull),
            translated(file.path),
            behind(file, pool, *[lambda: file.mark("next")] * 2) as queued,
        ):
            pass
        assert [type(each.exception(SOON)) for each in queued] == [StorageFull] * 2
    assert file.marks() == []


def test_when_the_engine_gives_up_the_transaction_all_of_the_group_fail(
    file: Desk, pool: ThreadPoolExecutor
) -> None:
    def give_up() -> None:
        with translated(file.path), file.writer.write(brief=True) as connection:
            connection.execute("ROLLBACK")
            boom()

    with (
        pytest.raises(Exception, match="try again"),
        behind(file, pool, give_up) as queued,
    ):
        pass
    with pytest.raises(ZeroDivisionError):
        queued[0].result(SOON)
    assert file.marks() == []


def test_a_write_that_goes_on_after_the_engine_gave_up_holds_nobody_up(
    file: Desk, pool: ThreadPoolExecutor
) -> None:
    last: list[Future[None]] = []

    def go_on() -> None:
        with file.writer.write(brief=True) as connection:
            connection.execute("ROLLBACK")
            last.append(queue_up(file, pool, lambda: file.mark("last")))

    with (
        pytest.raises(sqlite3.OperationalError, match="no such savepoint"),
        behind(file, pool, go_on) as queued,
    ):
        pass
    with pytest.raises(sqlite3.OperationalError, match="no such savepoint"):
        queued[0].result(SOON)
    last[0].result(SOON)
    assert file.marks() == ["last"]


def test_a_part_that_cannot_be_taken_back_alone_takes_all_of_the_group_along(
    file: Desk, pool: ThreadPoolExecutor
) -> None:
    last: list[Future[None]] = []

    def release_twice() -> None:
        with file.writer.write(brief=True) as connection:
            connection.execute("INSERT INTO marks VALUES ('released')")
            connection.execute("RELEASE member")
            last.append(queue_up(file, pool, lambda: file.mark("last")))
            boom()

    with pytest.raises(Busy), behind(file, pool, release_twice) as queued:
        pass
    with pytest.raises(ZeroDivisionError):
        queued[0].result(SOON)
    last[0].result(SOON)
    assert file.marks() == ["last"]


def test_a_write_whose_transaction_the_engine_took_back_fails(file: Desk) -> None:
    with (
        pytest.raises(StorageFull),
        file.writer.write(brief=True) as connection,
    ):
        connection.execute("ROLLBACK")
    file.mark("next")
    assert file.marks() == ["next"]


def test_a_write_that_may_take_long_commits_the_others_first(
    file: Desk, pool: ThreadPoolExecutor
) -> None:
    seen: list[list[str]] = []

    def long() -> None:
        with file.writer.write(brief=False):
            seen.append(file.marks())

    with behind(file, pool, long) as queued:
        pass
    queued[0].result(SOON)
    assert seen == [["first"]]


def test_a_write_that_may_take_long_is_not_joined(file: Desk, pool: ThreadPoolExecutor) -> None:
    with file.writer.write(brief=False) as connection:
        connection.execute("INSERT INTO marks VALUES ('long')")
        queued = pool.submit(file.mark, "next")
        until(lambda: file.writer._waiting == 1)
    queued.result(SOON)
    assert (file.commits, file.marks()) == (2, ["long", "next"])


def test_who_wants_to_be_alone_finds_everything_committed(
    file: Desk, pool: ThreadPoolExecutor
) -> None:
    seen: list[list[str]] = []

    def alone() -> None:
        with file.writer.alone():
            seen.append(file.marks())

    with behind(file, pool, alone) as queued:
        pass
    queued[0].result(SOON)
    assert seen == [["first"]]


def test_a_group_whose_next_writer_never_comes_is_committed(file: Desk) -> None:
    file.writer = Writer(file.connections, file.queue)
    with file.writer.write(brief=True) as connection:
        connection.execute("INSERT INTO marks VALUES ('first')")
        # As if another thread waited and was then interrupted.
        file.writer._waiting += 1
    assert file.marks() == ["first"]


def test_the_queue_is_held_until_the_write_is_committed(file: Desk) -> None:
    with file.writer.write(brief=True):
        held = file.queue.locked()
    assert (held, file.queue.locked(), file.commits) == (True, False, 1)


def test_the_queue_is_held_by_who_is_alone(file: Desk) -> None:
    with file.writer.alone():
        held = file.queue.locked()
    assert (held, file.queue.locked()) == (True, False)


def test_the_queue_is_held_until_a_group_is_committed(file: Desk, pool: ThreadPoolExecutor) -> None:
    seen: list[tuple[bool, int]] = []

    def next_one() -> None:
        with file.writer.write(brief=True):
            seen.append((file.queue.locked(), file.commits))

    with behind(file, pool, next_one) as queued:
        pass
    queued[0].result(SOON)
    assert seen == [(True, 0)]


def test_a_write_that_cannot_begin_leaves_the_queue(file: Desk) -> None:
    with file.connections.one() as broken:
        broken.execute("BEGIN")
    with pytest.raises(sqlite3.OperationalError, match="within a transaction"):
        file.mark("never")
    assert not file.queue.locked()


def test_many_threads_write_each_of_their_rows_once(file: Desk, pool: ThreadPoolExecutor) -> None:
    names = [f"{thread}-{i}" for thread in range(12) for i in range(25)]
    list(pool.map(file.mark, names))
    assert sorted(file.marks()) == sorted(names)
