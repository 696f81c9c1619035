"""What signals do to a command, and to the server before it listens and after its end."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Self

Handler = Callable[[int, FrameType | None], Any] | int | signal.Handlers | None

STOPS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


def heard_stops() -> tuple[signal.Signals, ...]:
    """The signals that end the server. One started by nohup goes on when its terminal closes."""
    is_deaf = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    return tuple(each for each in STOPS if not (each is signal.SIGHUP and is_deaf))


@contextmanager
def interrupted_by_stops() -> Iterator[None]:
    """Let SIGTERM, and the end of a terminal, interrupt the block as Ctrl-C does.

    So what is half done is taken back, where the system would end the program at once.
    """

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    is_main = threading.current_thread() is threading.main_thread()
    heard = [
        each
        for each in (signal.SIGTERM, signal.SIGHUP)
        if is_main and signal.getsignal(each) is signal.SIG_DFL
    ]
    for each in heard:
        signal.signal(each, interrupt)
    try:
        yield
    finally:
        for each in heard:
            # Not what a server has left there, so that its end is not cut short.
            if signal.getsignal(each) is interrupt:
                signal.signal(each, signal.SIG_DFL)


class OrderlyEnd:
    """Lets a start end as soon as it is told to, and not be cut short while it has threads.

    Before `begun` a signal leaves the block: by SystemExit with code 0, for Ctrl-C by
    KeyboardInterrupt. What is half made is taken back on the way. From then on what reaches this
    is kept for `pass_on`; after the end of the server, which closes the files, it is not heeded.
    """

    def __init__(self) -> None:
        self._has_begun = False
        self._told: int | None = None
        self._before: dict[signal.Signals, Handler] = {}

    def begun(self) -> None:
        """The file is open: from now on things begin that have to be ended in order."""
        self._has_begun = True

    def pass_on(self) -> bool:
        """Give the server, which hears signals by now, one that came before; whether one did."""
        if self._told is None:
            return False
        signal.raise_signal(self._told)
        return True

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
        if self._told is not None and kind is KeyboardInterrupt:
            # A statement of SQLite that was interrupted does not know by what.
            raise SystemExit(0) from error

    def _hear(self, number: int, _frame: FrameType | None) -> None:
        if not self._has_begun and number == signal.SIGINT:
            raise KeyboardInterrupt
        self._told = number
        if not self._has_begun:
            raise SystemExit(0)
