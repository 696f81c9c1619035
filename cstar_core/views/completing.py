"""What could come next in a text that finds tickets: names, and the values of a name."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from cstar_core.members import fold_email
from cstar_core.tables import PRIORITIES, STATUSES
from cstar_core.tags import fold_tag
from cstar_core.views.instants import DAYS
from cstar_core.views.language import FIELD, NAMES, pieces_of, quoted, values_of
from cstar_core.views.meaning import SORT_NAMES, UNASSIGNED, Known

SUGGESTIONS_MAX = 20
_EXCLUDABLE = ("status", "priority", "created", "updated", "is")
_AGES = ("<1h", "<1d", "<7d", "<30d", ">1d", ">7d", ">30d")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What could stand there: its ``text`` in place of what is typed, and a ``label`` to show."""

    text: str
    label: str


@dataclass(frozen=True, slots=True)
class Completion:
    """What could stand from ``start`` to ``end`` of the text, in order."""

    start: int
    end: int
    suggestions: tuple[Suggestion, ...]


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands before the cursor: the beginning of a name (None), or of a value of this name.

    ``others`` are the values of the same term that stand before it.
    """

    name: str | None
    text: str
    start: int
    end: int
    negated: bool = False
    others: tuple[str, ...] = ()


def typed_at(text: str, cursor: int, keys: Collection[str]) -> Typed | None:
    """What is being typed where the cursor is; None within a phrase.

    >>> typed_at("status:open pri", 15, ()).text
    'pri'
    """
    before = text[:cursor]
    pieces = list(pieces_of(before, keys))
    if not pieces or pieces[-1].end < cursor:
        return Typed(None, "", cursor, cursor)
    last = pieces[-1]
    if last.term is None:
        minus = last.word.startswith("-")
        word = before[last.start + minus : cursor]
        return None if '"' in word else Typed(None, word, last.start + minus, cursor, minus)
    name, negated = last.term.name, last.term.negated
    if name in ("created", "updated"):
        start = last.start + last.word.index(":") + 1
        return Typed(name, before[start:cursor], start, cursor, negated)
    *others, (value, place) = values_of(last)
    return Typed(name, value, place, cursor, negated, tuple(value for value, _ in others))


def complete(typed: Typed | None, known: Known) -> Completion:
    """What could stand there, of what is known: the first twenty."""
    if typed is None:
        return Completion(0, 0, ())
    offered = _names(typed, known) if typed.name is None else _values(typed, known)
    taken = {quoted(value).casefold() for value in typed.others}
    found = (one for one in offered if one.text.casefold() not in taken)
    return Completion(typed.start, typed.end, tuple(islice(found, SUGGESTIONS_MAX)))


def _names(typed: Typed, known: Known) -> Iterator[Suggestion]:
    names = _EXCLUDABLE if typed.negated else (*NAMES, *_fields(typed.text, known))
    begun = typed.text.lower()
    return (Suggestion(f"{name}:", name) for name in names if name.startswith(begun))


def _fields(begun: str, known: Known) -> Iterator[str]:
    for key in known.fields:
        yield f"{FIELD}{key}" if key in NAMES or begun.startswith(FIELD) else key


def _values(typed: Typed, known: Known) -> Iterator[Suggestion]:
    if typed.name == "assignee":
        return _members(typed.text, known)
    begun = fold_tag(typed.text)
    offered = _OFFERED.get(typed.name or "") or _of_field(typed.name or "", known)
    return (_plain(one) for one in offered if fold_tag(one).startswith(begun))


def _members(begun: str, known: Known) -> Iterator[Suggestion]:
    begun = fold_email(begun)
    words = ("none",) if known.me is None else ("me", "none")
    yield from (_plain(word) for word in words if word.startswith(begun))
    for member in known.members:
        name = fold_email(member.name)
        if any(one.startswith(begun) for one in (name, *name.split(), fold_email(member.email))):
            yield Suggestion(quoted(member.email), member.name)


def _of_field(name: str, known: Known) -> Sequence[str]:
    if name == "tag":
        return known.tags
    definition = known.fields.get(name.removeprefix(FIELD)) if name.startswith(FIELD) else None
    if definition is None:
        return ()
    kinds = {"boolean": ("yes", "no"), "date": tuple(DAYS)}
    return definition.options or kinds.get(definition.type, ())


def _plain(value: str) -> Suggestion:
    # An age begins with the sign that a value in quotes would be taken for.
    return Suggestion(value if value in _AGES else quoted(value), value)


_OFFERED = {
    "status": STATUSES,
    "priority": PRIORITIES,
    "is": (UNASSIGNED, *STATUSES),
    "created": (*DAYS, *_AGES),
    "updated": (*DAYS, *_AGES),
    "sort": (*SORT_NAMES, *(f"-{name}" for name in SORT_NAMES[:-1])),
}
