"""The thread that delivers events to webhooks while the server runs.

Every process has one, and a lock beside the database lets one of them work at a time; when its
process ends, however that happens, another takes over. Requests are sent by threads of their own,
so a receiver that hangs holds nothing but its place among those in flight.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from queue import Empty, SimpleQueue

from cstar_core import Busy, Helpdesk, HelpdeskError, Outbox, Pace, Parcel, Received
from cstar_web.sending import Answer

AT_ONCE = 32
STOP_SECONDS = 2.0
_LOOK_SECONDS = 0.2
_DUE_SECONDS = 1.0
_HURRY_SECONDS = 60.0
_PRUNE_SECONDS = 600.0
_PAUSE_SECONDS = 1.0

log = logging.getLogger("cstar.webhooks")

Send = Callable[[str, Mapping[str, str], bytes], Received]

# What is noted if the sending itself went wrong; that is a fault of this program.
_BROKEN = Answer(None, b"", "the request could not be made", 0.0)


class Deliverer:
    """Delivers what is due until it is stopped. ``send`` makes one request within ten seconds."""

    def __init__(self, desk: Helpdesk, send: Send, pace: Pace | None = None) -> None:
        self._desk = desk
        self._pace = pace
        self._stopping = threading.Event()
        self._senders = _Senders(send)
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
        self._returned: list[tuple[Parcel, Received]] = []
        self._told = ""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Take nothing new, and wait two seconds for what is on its way.

        What has not come back by then is sent again by the next one.
        """
        self._stopping.set()
        self._senders.wake()
        self._thread.join(2 * STOP_SECONDS)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with self._desk.outbox(self._pace) as outbox:
                    self._deliver(outbox)
            except Busy:
                pass  # another process delivers
            except Exception:
                log.exception("delivering to webhooks stopped, and goes on")
            self._stopping.wait(_PAUSE_SECONDS)

    def _deliver(self, outbox: Outbox) -> None:
        """Until it is stopped: note what came back, and send what is due."""
        self._returned.clear()
        with outbox.changes() as changes:
            seen, look_at, hurry_at, prune_at, wait = -1, 0.0, 0.0, 0.0, 0.0
            while not self._stopping.is_set():
                returned = self._collect(wait)
                wait = _LOOK_SECONDS
                number, now = changes(), time.monotonic()
                if number == seen and not returned and now < look_at:
                    continue
                seen, look_at = number, now + _DUE_SECONDS
                if now >= hurry_at:
                    hurry_at = 0.0 if self._tried(outbox.hurry) else now + _HURRY_SECONDS
                more = self._tried(lambda: self._turn(outbox))
                if now >= prune_at and not more:
                    prune_at = 0.0 if self._tried(outbox.prune) else now + _PRUNE_SECONDS
                wait = 0.0 if more else _LOOK_SECONDS
        self._end(outbox)

    def _turn(self, outbox: Outbox) -> bool:
        """Note what came back and send what is due; whether there may be more to do at once."""
        self._settle(outbox)
        more = outbox.fill()
        for parcel in outbox.take(AT_ONCE):
            self._senders.send(parcel, outbox.flying)
        return more

    def _settle(self, outbox: Outbox) -> None:
        if self._returned:
            for webhook in outbox.settle(self._returned):
                log.warning("webhook %s was turned off: %s", webhook.id, webhook.reason)
            self._returned.clear()

    def _end(self, outbox: Outbox) -> None:
        until = time.monotonic() + STOP_SECONDS
        while outbox.flying and (rest := until - time.monotonic()) > 0:
            self._collect(min(rest, _LOOK_SECONDS))
            self._tried(lambda: self._settle(outbox))

    def _collect(self, wait: float) -> bool:
        """Take what came back, waiting so long for the first; whether there was any."""
        found = list(self._senders.returned(wait))
        self._returned += found
        return bool(found)

    def _tried(self, act: Callable[[], bool | None]) -> bool:
        """Do something with the desk; if that cannot be now (a full disk), wait a second.

        What is in flight stays so meanwhile, so that nothing is sent again and again.
        """
        try:
            done = bool(act())
        except HelpdeskError as error:
            if str(error) != self._told:
                log.warning("delivering to webhooks has to wait: %s", error)
            self._told = str(error)
            self._stopping.wait(_PAUSE_SECONDS)
            return False
        self._told = ""
        return done


class _Senders:
    """Threads that make requests; as many as were ever needed at once."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._threads = 0
        self._parcels: SimpleQueue[Parcel] = SimpleQueue()
        self._results: SimpleQueue[tuple[Parcel, Received] | None] = SimpleQueue()

    def send(self, parcel: Parcel, flying: int) -> None:
        """Send a parcel, one of so many that are on their way."""
        if self._threads < flying:
            # They hold nothing of the desk: one that hangs does not keep the program from ending.
            threading.Thread(target=self._work, name="webhook-sender", daemon=True).start()
            self._threads += 1
        self._parcels.put(parcel)

    def returned(self, wait: float) -> Iterator[tuple[Parcel, Received]]:
        """What came back, waiting so many seconds for the first."""
        try:
            found = self._results.get(timeout=wait) if wait else self._results.get_nowait()
            while True:
                if found is not None:
                    yield found
                found = self._results.get_nowait()
        except Empty:
            return

    def wake(self) -> None:
        """Let whoever waits for something to come back go on."""
        self._results.put(None)

    def _work(self) -> None:
        while True:
            parcel = self._parcels.get()
            try:
                received: Received = self._send(parcel.url, parcel.headers, parcel.body)
            except Exception:
                log.exception("a request to a webhook could not be made")
                received = _BROKEN
            self._results.put((parcel, received))


@contextmanager
def delivering(desk: Helpdesk, send: Send, pace: Pace | None = None) -> Iterator[None]:
    """Deliver to webhooks for the time of the block."""
    deliverer = Deliverer(desk, send, pace)
    deliverer.start()
    try:
        yield
    finally:
        deliverer.stop()
