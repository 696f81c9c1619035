"""The thread that sends mail while the server runs.

Every process has one, and a lock beside the database lets one of them work at a time; when its
process ends, however that happens, another takes over. Mails are handed over by threads of their
own, so a mail server that hangs holds nothing but the places of its own mailbox.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from queue import Empty, SimpleQueue
from typing import BinaryIO

from cstar_core import (
    Busy,
    DkimKey,
    FileLost,
    Helpdesk,
    HelpdeskError,
    MailOutbox,
    MailPace,
    MailParcel,
    MailReply,
    Unsendable,
)

AT_ONCE = 8
# In bytes: what is longer is sent two at once, each of another mailbox.
LARGE = 4 * 1024 * 1024
LARGE_AT_ONCE = 2
STOP_SECONDS = 2.0
_LOOK_SECONDS = 0.2
_DUE_SECONDS = 1.0
_TIDY_SECONDS = 60.0
# What was due while nobody has sent is tried first, and given up as too late from then on.
_LATE_SECONDS = 600.0
_PAUSE_SECONDS = 1.0

log = logging.getLogger("cstar.mail")

_Posted = tuple[MailParcel, Mapping[str, MailReply]]
SignMail = Callable[[DkimKey, bytes], bytes]
PostMail = Callable[[MailParcel, bytes], Mapping[str, MailReply]]


class Poster:
    """Sends what is due until it is stopped. ``post`` hands one mail over and raises nothing."""

    def __init__(
        self,
        desk: Helpdesk,
        post: PostMail,
        sign: SignMail | None = None,
        pace: MailPace | None = None,
    ) -> None:
        self._desk = desk
        self._post = post
        self._sign = sign
        self._pace = pace
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mail", daemon=True)
        self._threads = 0
        self._parcels: SimpleQueue[tuple[MailParcel, bytes | BinaryIO]] = SimpleQueue()
        self._large = threading.BoundedSemaphore(LARGE_AT_ONCE)
        self._large_of: dict[int, threading.Lock] = {}
        self._results: SimpleQueue[_Posted | None] = SimpleQueue()
        self._returned: list[_Posted] = []
        self._told = ""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Take nothing new, and wait two seconds for what is on its way.

        What a server has taken by then and nobody has noted is sent again by the next one.
        """
        self._stopping.set()
        self._results.put(None)
        self._thread.join(2 * STOP_SECONDS)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with self._desk.mail_outbox(self._pace) as outbox:
                    self._send(outbox)
            except Busy:
                pass  # another process sends
            except Exception:
                log.exception("sending mail stopped, and goes on")
            self._stopping.wait(_PAUSE_SECONDS)

    def _send(self, outbox: MailOutbox) -> None:
        """Until it is stopped: note what came back, and send what is due."""
        self._returned.clear()
        with outbox.changes() as changes:
            seen, look_at, tidy_at = -1, 0.0, 0.0
            late_at = time.monotonic() + _LATE_SECONDS
            while not self._stopping.is_set():
                returned = self._collect(_LOOK_SECONDS)
                number, now = changes(), time.monotonic()
                if number == seen and not returned and now < look_at:
                    continue
                seen, look_at = number, now + _DUE_SECONDS
                tidy = partial(outbox.tidy, late=now >= late_at)
                if now >= tidy_at and self._tried(tidy):
                    tidy_at = now + _TIDY_SECONDS
                self._tried(lambda: self._turn(outbox))
        until = time.monotonic() + STOP_SECONDS
        while outbox.flying and (rest := until - time.monotonic()) > 0:
            self._collect(min(rest, _LOOK_SECONDS))
            self._tried(lambda: self._settle(outbox))

    def _turn(self, outbox: MailOutbox) -> None:
        """Note what came back and send what is due."""
        self._settle(outbox)
        parcels = outbox.take(AT_ONCE)
        for place, each in enumerate(parcels):
            try:
                self._hand_over(outbox, each)
            except BaseException:
                for left in parcels[place:]:
                    outbox.give_back(left)
                raise

    def _hand_over(self, outbox: MailOutbox, parcel: MailParcel) -> None:
        try:
            raw = outbox.render(parcel, self._sign)
        except Unsendable as error:
            log.warning("a mail was not sent: %s", error)
            return
        waiting: bytes | BinaryIO = raw
        if len(raw) > LARGE:
            # Until somebody sends it, it lies on the disk alone, if that gives it back.
            with suppress(FileLost, OSError):
                waiting = outbox.rendered(parcel)
        if self._threads < outbox.flying:
            # They hold nothing of the desk: one that hangs does not keep the program from ending.
            threading.Thread(target=self._work, name="mail-sender", daemon=True).start()
            self._threads += 1
        self._parcels.put((parcel, waiting))

    def _settle(self, outbox: MailOutbox) -> None:
        while self._returned:
            outbox.settle(*self._returned[0])
            del self._returned[0]

    def _collect(self, wait: float) -> bool:
        """Take what came back, waiting so long for the first; whether there was any."""
        try:
            found = self._results.get(timeout=wait)
            while True:
                self._returned += [] if found is None else [found]
                found = self._results.get_nowait()
        except Empty:
            return bool(self._returned)

    def _work(self) -> None:
        while True:
            parcel, waiting = self._parcels.get()
            try:
                replies = self._posted(parcel, waiting)
            except Exception:
                log.exception("a mail could not be handed over")
                replies = {}
            self._results.put((parcel, replies))

    def _posted(self, parcel: MailParcel, waiting: bytes | BinaryIO) -> Mapping[str, MailReply]:
        """Hand one over; of large ones only a few at once, as each is in memory as a whole.

        Of one mailbox it is one, so that a server which hangs leaves others their turn.
        """
        if isinstance(waiting, bytes):
            return self._post(parcel, waiting)
        with self._large_of.setdefault(parcel.mailbox, threading.Lock()), self._large, waiting:
            return self._post(parcel, waiting.read())

    def _tried(self, act: Callable[[], None]) -> bool:
        """Do something with the desk; if that cannot be now (a full disk), wait a second.

        After a fault of the program too: another outbox would send anew what is on its way.
        """
        try:
            act()
        except Exception as error:
            if str(error) != self._told:
                fault = None if isinstance(error, HelpdeskError) else error
                log.warning("sending mail has to wait: %s", error, exc_info=fault)
            self._told = str(error)
            self._stopping.wait(_PAUSE_SECONDS)
            return False
        self._told = ""
        return True


@contextmanager
def posting(
    desk: Helpdesk, post: PostMail, sign: SignMail | None = None, pace: MailPace | None = None
) -> Iterator[None]:
    """Send mail for the time of the block."""
    poster = Poster(desk, post, sign, pace)
    poster.start()
    try:
        yield
    finally:
        poster.stop()
