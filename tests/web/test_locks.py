"""Locks between a process and those that are forked from it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

START = """
import os, signal
from cstar_web.locks import _NEXT, SharedLock, WriterQueue
lock, queue = SharedLock(), WriterQueue()
"""
KILLED = """
child = os.fork()
if child == 0:
    {take}
    os.kill(os.getpid(), signal.SIGKILL)
os.waitpid(child, 0)
{take}
print("taken")
"""
OVERTAKING = """
queue.acquire()
read, write = os.pipe()
if os.fork() == 0:
    queue.acquire()
    os.write(write, b"child ")
    queue.release()
    os._exit(0)
while queue._file.try_to_take(_NEXT):
    queue._file.free(_NEXT)
queue.release()
queue.acquire()
os.write(write, b"parent")
os.wait()
print(os.read(read, 100).decode())
"""
CROSSED = """
import threading, time
queue.acquire()
read, write = os.pipe()
if os.fork() == 0:
    with lock:
        threading.Thread(target=queue.acquire, daemon=True).start()
        os.write(write, b"x")
        time.sleep(0.3)
    os._exit(0)
os.read(read, 1)
with lock:
    print("taken")
"""


def printed(script: str) -> str:
    """What a program that has both kinds of lock prints."""
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", START + script]
    result = subprocess.run(command, capture_output=True, text=True, timeout=20, env=environ)
    assert result.stderr == ""
    return result.stdout.strip()


@pytest.mark.parametrize("take", ["lock.__enter__()", "queue.acquire()"])
def test_a_lock_is_free_when_its_holder_is_killed(take: str) -> None:
    assert printed(KILLED.format(take=take)) == "taken"


def test_who_has_just_written_does_not_pass_who_waits() -> None:
    assert printed(OVERTAKING) == "child parent"


def test_threads_that_wait_for_each_others_processes_are_no_deadlock() -> None:
    assert printed(CROSSED) == "taken"
