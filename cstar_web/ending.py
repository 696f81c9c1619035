"""What signals do while the server does not hear them: before it listens, and after its end."""

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self

Handler = Callable[[int, FrameType | None], Any] | int | signal.Handlers | None

STOPS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


def heard_stops() -> tuple[signal.Signals, ...]:
    """The signals that end the server. One started by nohup goes on when its terminal closes."""
    is_deaf = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    return tuple(each for each in STOPS if not (each is signal.SIGHUP and is_deaf))


class OrderlyEnd:
    """Lets a start end as soon as it is told to, and the end of the server not be cut short.

    Before `begun` a signal leaves the block: by SystemExit with code 0, for Ctrl-C by
    KeyboardInterrupt. What is half made is taken back on the way. From then on signals that reach
    this are not heeded: what is left to do is to close the files.
    """

    def __init__(self) -> None:
        self._has_begun = False
        self._before: dict[signal.Signals, Handler] = {}

    def begun(self) -> None:
        """The server has begun, and hears signals itself."""
        self._has_begun = True

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in heard_stops():
                self._before[number] = signal.signal(number, self._hear)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            # The program is about to end; Python's own last steps shall not be cut short either.
            signal.signal(number, signal.SIG_IGN if self._has_begun else handler)

    def _hear(self, number: int, _frame: FrameType | None) -> None:
        if self._has_begun:
            return
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(0)
