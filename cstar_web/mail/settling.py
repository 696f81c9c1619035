"""The thread that reads the mail that was taken in, and lets it become tickets and messages.

Mail that cannot be settled now waits, and what came after it goes on.
"""

import logging
import threading
from collections.abc import Callable
from time import monotonic

from cstar_core import Busy, Helpdesk, HelpdeskError, Letter, NotFound, StorageFull, WaitingMail

LOOK_SECONDS = 1.0
STOP_SECONDS = 4.0
_AT_ONCE = 50
_AGAIN_SECONDS = 60.0

log = logging.getLogger("cstar.mail")

Read = Callable[[bytes], Letter]


class Settler:
    """Settles what waits, of all teams, until it is stopped. ``read`` makes a letter of a mail."""

    def __init__(self, desk: Helpdesk, read: Read) -> None:
        self._desk = desk
        self._read = read
        self._later: dict[str, float] = {}
        self._told = ""
        self._stopping = threading.Event()
        self._some = threading.Event()
        self._thread = threading.Thread(target=self._run, name="settling-mail", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def look(self) -> None:
        """Look now: something has come."""
        self._some.set()

    def stop(self) -> None:
        """Settle the one that it is at, and end."""
        self._stopping.set()
        self._some.set()
        self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._some.clear()
            try:
                more = self._turn()
            except (HelpdeskError, OSError) as error:
                more = self._wait(error)
            except Exception:
                log.exception("mail could not be looked at, and is looked at again")
                more = False
            if not more:
                self._some.wait(LOOK_SECONDS)

    def _turn(self) -> bool:
        """Settle some of what waits; whether there may be more."""
        now = monotonic()
        self._later = {id: at for id, at in self._later.items() if at > now}
        found = self._desk.waiting_mail(min(_AT_ONCE + len(self._later), 1_000))
        ready = [each for each in found if each.id not in self._later]
        for each in ready:
            if self._stopping.is_set():
                return False
            self._settle(each)
        return bool(ready)

    def _settle(self, waiting: WaitingMail) -> None:
        try:
            room = self._desk.workspace(waiting.team_id, waiting.environment).mail
            room.work(waiting.id, self._read)
        except (Busy, StorageFull, OSError):
            raise  # that is wrong for all of them
        except NotFound:
            return  # it was taken away meanwhile
        except Exception:
            log.exception("mail %s could not be settled, and is tried again later", waiting.id)
            self._later[waiting.id] = monotonic() + _AGAIN_SECONDS
        self._told = ""

    def _wait(self, error: Exception) -> bool:
        if str(error) != self._told:
            log.warning("settling mail has to wait: %s", error)
        self._told = str(error)
        self._stopping.wait(LOOK_SECONDS)
        return False
