"""The thread that writes down when keys were used, while the server runs."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from cstar_core import Helpdesk, HelpdeskError

_EVERY_SECONDS = 60.0
_STOP_SECONDS = 2.0

log = logging.getLogger("cstar.keys")


@contextmanager
def writing_uses(desk: Helpdesk, every: float = _EVERY_SECONDS) -> Iterator[None]:
    """Write down which keys were used, every so many seconds of the block and at its end."""
    ended = threading.Event()

    def run() -> None:
        while not ended.wait(every):
            _write(desk)
        _write(desk)

    thread = threading.Thread(target=run, name="keys", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(_STOP_SECONDS)


def _write(desk: Helpdesk) -> None:
    try:
        desk.keys.write_uses()
    except HelpdeskError:
        pass  # The file is busy or the disk full; what is noted waits for the next time.
    except Exception:
        log.exception("uses of keys could not be written down")
