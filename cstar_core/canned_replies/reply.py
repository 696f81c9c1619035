"""One canned reply: its shape, its rules, and how its row is read and found."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TypedDict

from cstar_core.checks import Rule, check_integer, check_text, invalid, or_none
from cstar_core.clock import from_seconds
from cstar_core.errors import Problem
from cstar_core.fields import POSITION_MAX
from cstar_core.ids import public_id
from cstar_core.store import SqlRow
from cstar_core.tables import CannedReplyRow
from cstar_core.tags import fold_tag
from cstar_core.tickets import check_content
from cstar_core.words import fold

CANNED_REPLIES_MAX = 1_000
CANNED_REPLY_NAME_MAX = 100
# Up to here a search looks into the text: it is asked again with each key that somebody presses.
HEAD_MAX = 1_000
_NOT_FOUND = 4
_SHORTCUT = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}\Z")


@dataclass(frozen=True, slots=True)
class CannedReply:
    """A text that is sent often; ``shortcut`` is what one types to get it, or None."""

    id: str
    name: str
    content: str
    shortcut: str | None
    position: int
    created_at: datetime
    updated_at: datetime
    version: int


class CannedReplyChanges(TypedDict, total=False):
    """What may change; an absent key means "leave it"."""

    name: str
    content: str
    shortcut: str | None
    position: int


def _name(param: str, value: object) -> list[Problem]:
    return check_text(param, value, CANNED_REPLY_NAME_MAX, blank=False)


def check_shortcut(param: str, value: object) -> list[Problem]:
    """A shortcut: lower-case letters, digits, ``-`` and ``_``, at most 32 of them.

    >>> check_shortcut("shortcut", "refund-late"), len(check_shortcut("shortcut", "/refund"))
    ([], 1)
    """
    if isinstance(value, str) and _SHORTCUT.match(value):
        return []
    return invalid(param, "must match ^[a-z0-9][a-z0-9_-]{0,31}$")


def _position(param: str, value: object) -> list[Problem]:
    return check_integer(param, value, 0, POSITION_MAX)


UPDATE_RULES: dict[str, Rule] = {
    "name": _name,
    "content": check_content,
    "shortcut": or_none(check_shortcut),
    "position": _position,
}
CREATE_RULES: dict[str, Rule] = UPDATE_RULES | {"position": or_none(_position)}
REQUIRED = ("name", "content")

COLUMNS = (
    CannedReplyRow.id,
    CannedReplyRow.uid,
    CannedReplyRow.name,
    CannedReplyRow.content,
    CannedReplyRow.shortcut,
    CannedReplyRow.position,
    CannedReplyRow.created_at,
    CannedReplyRow.updated_at,
    CannedReplyRow.version,
)


def fold_name(name: str) -> str:
    """The form in which two spellings of a name are the same.

    >>> fold_name(" Late  parcel ") == fold_name("late Parcel")
    True
    """
    return fold_tag(" ".join(name.split()))


def reply_of(row: SqlRow) -> CannedReply:
    """The value that a row of ``COLUMNS`` holds."""
    _, uid, name, content, shortcut, position, created_at, updated_at, version = row
    return CannedReply(
        public_id("canned reply", uid),
        name,
        content,
        shortcut,
        position,
        from_seconds(created_at),
        from_seconds(updated_at),
        version,
    )


def shown(reply: CannedReply) -> dict[str, object]:
    """The members that events quote, as the API would name them."""
    return {
        "name": reply.name,
        "content": reply.content,
        "shortcut": reply.shortcut,
        "position": reply.position,
    }


def ranked(search: str, rows: Iterable[SqlRow]) -> list[tuple[int, int, int]]:
    """Which replies have every word of a search: how well, the position and the integer key.

    A row has the key, position, shortcut, name, and the text's beginning. First comes whose
    shortcut begins so, then whose name does, then who has the words there, then in the text.
    """
    asked = _folded(search)
    ranks = ((_rank(asked, *texts), position, key) for key, position, *texts in rows)
    return sorted(each for each in ranks if each[0] < _NOT_FOUND)


def _rank(asked: str, shortcut: str | None, name: str, head: str) -> int:
    title, words = f"{shortcut or ''} {_folded(name)}", asked.split()
    begins = ((shortcut or "").startswith(asked), _folded(name).startswith(asked))
    if any(begins):
        return begins.index(True)
    if all(word in title for word in words):
        return 2
    text = f"{title} {_folded(head)}"
    return 3 if all(word in text for word in words) else _NOT_FOUND


# Folding takes a hundred times as long as looking: a thousand texts would be 0.2 s for each key.
@lru_cache(4 * CANNED_REPLIES_MAX)
def _folded(text: str) -> str:
    return fold(text).casefold().strip()
