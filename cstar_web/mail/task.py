"""What the server and the process that reads mail say to each other."""

import json
from dataclasses import asdict, dataclass

# What the executable is called with to be that process.
READING = "--read-letters"
READY, LETTER, UNREADABLE = b"R", b"L", b"U"
NUMBER = 8


@dataclass(frozen=True, slots=True)
class Task:
    """What to read, how many bytes of it follow, and what that may take."""

    size: int
    budget: float
    memory: int
    trusted: tuple[str, ...] = ()
    is_plain: bool = False

    def dumped(self) -> bytes:
        """As it is sent: its length and JSON."""
        told = json.dumps(asdict(self)).encode()
        return len(told).to_bytes(NUMBER, "big") + told
