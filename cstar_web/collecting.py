"""The thread that takes away files that nothing refers to any more, while the server runs."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from cstar_core import Helpdesk, HelpdeskError

STOP_SECONDS = 2.0
_FIRST_SECONDS = 300.0
_HOUR = 3600.0
# Looking at every file is for those that a killed program left; they are few.
_STRAYS_EACH = 24

log = logging.getLogger("cstar.files")


@contextmanager
def collecting(
    desk: Helpdesk, first: float = _FIRST_SECONDS, each: float = _HOUR
) -> Iterator[None]:
    """Collect once in a while for the time of the block; several processes may do so at once."""
    stopping = threading.Event()
    thread = threading.Thread(
        target=_run, args=(desk, stopping, first, each), name="files", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(STOP_SECONDS)


def _run(desk: Helpdesk, stopping: threading.Event, first: float, each: float) -> None:
    turn, wait = 0, first
    while not stopping.wait(wait):
        try:
            done = desk.collect_files(strays=turn % _STRAYS_EACH == 0)
        except (HelpdeskError, OSError) as error:
            log.warning("collecting files has to wait: %s", error)
        except Exception:
            if not stopping.is_set():
                log.exception("collecting files stopped, and goes on")
        else:
            if done.files:
                log.info("took away %s files that nothing refers to", done.files)
        turn, wait = turn + 1, each
