"""When keys were last used: noted in memory as they are, and written down by and by.

A key is looked at while a request reads, where nothing is written; and a write for every request
would cost more than most requests. So it is written at most once an hour for each key.
"""

import threading
from datetime import datetime

from cstar_core.clock import to_seconds
from cstar_core.store import Store, prepare, slot
from cstar_core.tables import KeyRow

_HOUR = 3600

# Another process may have written the same; an hour ahead is what a clock set back left behind.
_WRITE = prepare(
    KeyRow.update({KeyRow.last_used_at: slot("at")}).where(
        (KeyRow.uid == slot("uid"))
        & (
            KeyRow.last_used_at.is_null()
            | (KeyRow.last_used_at <= slot("hour_before"))
            | (KeyRow.last_used_at >= slot("hour_after"))
        )
    )
)


class Uses:
    """Uses that are not written down yet; any thread may note one."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._changing = threading.Lock()
        self._noted: dict[bytes, int] = {}

    def note(self, uid: bytes, written: datetime | None) -> None:
        """A key is being used; ``written`` is the use that the file knows."""
        now = self._store.now()
        if written is None or abs(now - to_seconds(written)) >= _HOUR:
            with self._changing:
                self._noted[uid] = now

    def write(self) -> int:
        """Write down what is noted; of how many keys. If that fails, it stays noted."""
        with self._changing:
            uses, self._noted = self._noted, {}
        if not uses:
            return 0
        try:
            with self._store.transaction(brief=True) as tx:
                return sum(
                    tx.run(_WRITE, uid=uid, at=at, hour_before=at - _HOUR, hour_after=at + _HOUR)
                    for uid, at in uses.items()
                )
        except BaseException:
            with self._changing:
                self._noted = uses | self._noted
            raise
