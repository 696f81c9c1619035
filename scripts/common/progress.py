"""Say on stderr what is being done: one line that changes, or a line for each step in a log."""

import sys
import time


class Progress:
    """What is being done, and how long it has taken so far."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._changing = sys.stderr.isatty()

    def step(self, text: str) -> None:
        """A new step, which stays to be read in a log."""
        if self._changing:
            self.now(text)
        else:
            print(f"{self._clock()} {text}", file=sys.stderr, flush=True)

    def now(self, text: str) -> None:
        """What is done within a step, where the line can change."""
        if self._changing:
            print(f"\r\x1b[K{self._clock()} {text}", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Leave the line for what is printed next."""
        if self._changing:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def _clock(self) -> str:
        minutes, seconds = divmod(int(time.monotonic() - self._started), 60)
        return f"[{minutes:2d}:{seconds:02d}]"
