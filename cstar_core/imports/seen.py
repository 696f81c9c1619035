"""How often something has been seen, for more of it than memory holds."""

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from contextlib import closing

from cstar_core.engine import sqlite3
from cstar_core.imports.drafts import NOTES

_DIGEST_SIZE = 15
_CACHE_KIB = 16_384


class Seen:
    """Counts texts in a temporary file of SQLite's, which is gone when it is closed."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect("", isolation_level=None)
        self._connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        self._connection.execute("PRAGMA journal_mode = OFF")
        self._connection.execute(
            "CREATE TABLE seen (text TEXT PRIMARY KEY, times INTEGER NOT NULL) WITHOUT ROWID"
        )
        self._connection.execute("BEGIN")

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def times(self, text: str) -> int:
        """How often the text has been seen, with this time."""
        with closing(
            self._connection.execute(
                "INSERT INTO seen VALUES (?, 1) ON CONFLICT DO UPDATE SET times = times + 1 "
                "RETURNING times",
                (text,),
            )
        ) as found:
            return int(found.fetchall()[0][0])


def digest(original: Sequence[str] | Mapping[str, object]) -> str:
    """What stands for the content of a row or object that has no id of its own.

    >>> digest(["a", "b"]) == digest(["ab", ""])
    False
    >>> digest({"a": 1, "import_line": 7}) == digest({"a": 1})
    True
    """
    if isinstance(original, Mapping):
        plain = {name: value for name, value in original.items() if name not in NOTES}
        text = json.dumps(plain, sort_keys=True)
    else:
        text = json.dumps(list(original))
    made = hashlib.blake2b(text.encode(), digest_size=_DIGEST_SIZE).digest()
    return f"#{urlsafe_b64encode(made).decode()}"
