"""Counters for a window of time, alone and together with other processes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cstar_web.windows import OwnWindows, SharedWindows, Windows
from tests.web.vocabulary import ManualClock

KINDS = [OwnWindows, SharedWindows]

FORKED = """
import os, signal, sys
from cstar_web.windows import SharedWindows
windows = SharedWindows()
{before}
child = os.fork()
if child == 0:
    {child}
    os.kill(os.getpid(), signal.SIGKILL)
os.waitpid(child, 0)
{after}
"""


def printed(before: str = "", child: str = "pass", after: str = "") -> str:
    """What a program says that forks, and whose child is killed."""
    script = FORKED.format(before=before, child=child, after=after)
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", script]
    result = subprocess.run(command, capture_output=True, text=True, timeout=20, env=environ)
    assert result.stderr == ""
    return result.stdout.strip()


@pytest.fixture(params=KINDS)
def windows(request: pytest.FixtureRequest, clock: ManualClock) -> Windows:
    made: Windows = request.param(lambda: clock.now.timestamp())
    return made


def test_what_is_counted_adds_up(windows: Windows) -> None:
    assert [windows.add("a", 60, 1), windows.add("a", 60, 2), windows.count("a")] == [1, 3, 3]


def test_names_do_not_share_a_window(windows: Windows) -> None:
    windows.add("a", 60, 1)

    assert (windows.add("b", 60, 1), windows.count("c")) == (1, 0)


def test_a_window_ends_after_its_time(windows: Windows, clock: ManualClock) -> None:
    windows.add("a", 60, 1)
    clock.tick(seconds=59)
    before = windows.count("a")
    clock.tick(seconds=1)

    assert (before, windows.count("a"), windows.add("a", 60, 1)) == (1, 0, 1)


def test_a_window_tells_how_long_it_lasts(windows: Windows, clock: ManualClock) -> None:
    windows.add("a", 60, 1)
    clock.tick(seconds=20)
    left = windows.left("a")
    clock.tick(seconds=50)

    assert (left, windows.left("a"), windows.left("b")) == (40, 0, 0)


def test_counting_on_does_not_move_the_end_of_a_window(
    windows: Windows, clock: ManualClock
) -> None:
    windows.add("a", 60, 1)
    clock.tick(seconds=20)
    windows.add("a", 60, 1)

    assert windows.left("a") == 40


def test_a_window_can_be_forgotten(windows: Windows) -> None:
    for name in "ab":
        windows.add(name, 60, 1)
    windows.forget("a")
    windows.forget("c")

    assert (windows.count("a"), windows.count("b")) == (0, 1)


def test_all_windows_can_be_forgotten(windows: Windows) -> None:
    for name in "ab":
        windows.add(name, 60, 1)

    assert (windows.forget_all(), windows.count("a"), windows.count("b")) == (2, 0, 0)


def test_windows_that_are_over_are_forgotten(clock: ManualClock) -> None:
    windows = OwnWindows(lambda: clock.now.timestamp())
    for number in range(1_000):
        windows.add(f"old {number}", 60, 1)
    clock.tick(minutes=2)
    windows.add("new", 60, 1)

    assert windows.forget_all() == 1


def test_a_full_memory_forgets_the_window_that_ends_first(clock: ManualClock) -> None:
    windows = SharedWindows(lambda: clock.now.timestamp(), size=8)
    for number in range(8):
        windows.add(f"{number}", 100 - number, 1)
    windows.add("new", 50, 1)

    kept = [windows.count(f"{number}") for number in range(8)]
    assert (kept, windows.count("new")) == ([1] * 7 + [0], 1)


def test_a_full_memory_forgets_a_window_that_is_over_before_others(clock: ManualClock) -> None:
    windows = SharedWindows(lambda: clock.now.timestamp(), size=8)
    windows.add("short", 10, 1)
    for number in range(7):
        windows.add(f"{number}", 100, 1)
    clock.tick(seconds=20)
    windows.add("new", 1, 1)

    assert [windows.count(f"{number}") for number in range(7)] == [1] * 7


def test_another_process_counts_in_the_same_window() -> None:
    count = "windows.add('a', 60, 1)"

    assert printed(before=count, child=count, after=f"print({count})") == "3"


def test_what_another_process_began_to_count_is_seen() -> None:
    assert printed(child="windows.add('a', 60, 5)", after="print(windows.count('a'))") == "5"


def test_a_process_that_is_killed_while_it_counts_does_not_hold_up_others() -> None:
    killed = "windows._lock.__enter__()"

    assert printed(child=killed, after="print(windows.add('a', 60, 1))") == "1"


TOGETHER = """
children = []
for _ in range(3):
    children.append(os.fork())
    if children[-1] == 0:
        for _ in range(2000):
            windows.add("a", 60, 1)
        os._exit(0)
for each in children:
    os.waitpid(each, 0)
"""


def test_processes_that_count_at_once_lose_nothing() -> None:
    assert printed(before=TOGETHER, after="print(windows.count('a'))") == "6000"
