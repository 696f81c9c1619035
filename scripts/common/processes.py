"""What the system knows of processes."""

from pathlib import Path


def children(pid: int) -> list[int]:
    """The processes that a process has started; none where /proc is missing."""
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return []
    return [int(child) for child in listed]
