"""What the system knows of processes."""

from pathlib import Path


def children(pid: int) -> list[int]:
    """The processes that a process has started; none where /proc is missing.

    Each belongs to the thread that started it.
    """
    found: list[int] = []
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += map(int, file.read_text(encoding="ascii").split())
        except OSError:
            continue  # that thread has ended meanwhile
    return found
