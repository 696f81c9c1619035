"""What a text that finds tickets means: the filters of a list, its order, and what is wrong."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from cstar_core.checks import PATH_MAX, check_text
from cstar_core.clock import from_seconds
from cstar_core.errors import INVALID, Problem
from cstar_core.facets import FILTERS_MAX
from cstar_core.fields import Definition
from cstar_core.ids import parse_id, public_id
from cstar_core.members import fold_email
from cstar_core.tables import PRIORITIES, STATUSES
from cstar_core.tags import check_tags, fold_tag
from cstar_core.tickets import TicketFilter
from cstar_core.views.instants import bounds_of
from cstar_core.views.language import Query, Term, read_query, write_query, write_term
from cstar_core.views.values import add_comparison, plain_text, plain_value
from cstar_core.words import SEARCH_MAX

VIEW_TEXT_MAX = 2_000
UNASSIGNED = "unassigned"
SORTS = {
    "created": "created_at",
    "createdat": "created_at",
    "updated": "updated_at",
    "updatedat": "updated_at",
    "number": "number",
    "priority": "priority",
    "relevance": "relevance",
}
SORT_NAMES = ("createdAt", "updatedAt", "number", "priority", "relevance")
_HOW = {"": "eq", "=": "eq", ">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}
# A search for no word at all. With a problem, what is left of a text would find too much.
NOTHING: TicketFilter = {"search": '""'}
_NOBODY = ("none", "nobody")
_EXCLUDED = "cannot be excluded: a list finds what has it, not what lacks it"
_SEVERAL = "takes one value: a list cannot find what has any of several"
# A term with ids in place of names, or what is wrong with it.
Read = Term | str


@dataclass(frozen=True, slots=True)
class Colleague:
    """A member, as one names them."""

    id: str
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Known:
    """What the names in a text may refer to.

    ``me`` is the id of the member who asks, ``customers`` has the ids of those whose name or
    address stands in the text, ``tags`` are for completion.
    """

    now: datetime
    me: str | None = None
    members: tuple[Colleague, ...] = ()
    fields: Mapping[str, Definition] = field(default_factory=dict)
    customers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text asks for: filters and a sort as ``tickets.list`` takes them, and what is wrong.

    With problems the filters find nothing. ``query`` is the text taken apart, with ids in place of
    the names of people.
    """

    filter: TicketFilter
    sort: str | None
    problems: tuple[Problem, ...]
    query: Query


def read_text(text: str, known: Known) -> Reading:
    """What a text that somebody typed means.

    >>> from datetime import UTC
    >>> read_text("status:open tag:vip refund", Known(datetime(2026, 1, 1, tzinfo=UTC))).filter
    {'status': ['open'], 'tags': ['vip'], 'search': 'refund'}
    """
    problems = check_text("text", text, VIEW_TEXT_MAX)
    if problems:
        return Reading(NOTHING, None, tuple(problems), Query())
    return understand(read_query(text, known.fields), known)


def understand(query: Query, known: Known, *, saved: bool = False) -> Reading:
    """What a query means. ``saved`` was checked once: an option may have been taken away since."""
    meaning = _Meaning(known, saved)
    for term in query.terms:
        meaning.take(term)
    meaning.take_words(query.words)
    filter: TicketFilter = meaning.filter  # type: ignore[assignment]
    problems = tuple(meaning.problems)
    understood = Query(tuple(dict.fromkeys(meaning.terms)), query.words)
    return Reading(NOTHING if problems else filter, meaning.sort, problems, understood)


def shown_text(query: Query, known: Known) -> str:
    """A query as text to read and change: members by their address, where they still have one."""
    addresses = {member.id: member.email for member in known.members}
    terms = (
        replace(term, values=tuple(addresses.get(value, value) for value in term.values))
        if term.name == "assignee"
        else term
        for term in query.terms
    )
    return write_query(Query(tuple(terms), query.words), known.fields)


class _Meaning:
    """What has been understood so far."""

    def __init__(self, known: Known, saved: bool) -> None:
        self.known = known
        self.saved = saved
        self.filter: dict[str, Any] = {}
        self.sort: str | None = None
        self.problems: list[Problem] = []
        self.terms: list[Term] = []

    def take(self, term: Term) -> None:
        """Take in a term, or what is wrong with it."""
        read = self._field(term) if term.key is not None else self._plain(term)
        if isinstance(read, str):
            written = write_term(term)
            shown = written if len(written) <= PATH_MAX else f"{written[: PATH_MAX - 1]}…"
            self.problems.append(Problem(shown, INVALID, read))
        self.terms.append(term if isinstance(read, str) else read)

    def take_words(self, words: str) -> None:
        """Take in what is to be searched for."""
        if words:
            self.filter["search"] = words
        self.problems += check_text("words", words, SEARCH_MAX)
        if self.sort == "relevance" and not words:
            self.problems.append(Problem("sort:relevance", INVALID, "needs words to search for"))

    def choose(self, term: Term, name: str, allowed: Sequence[str]) -> Read:
        """One of several values; what is asked for twice must hold twice."""
        chosen = [value.lower() for value in term.values]
        if not set(chosen) <= set(allowed):
            return f"must be one of: {', '.join(allowed)}"
        before = self.filter.get(name, allowed)
        left = [one for one in before if (one in chosen) is not term.negated]
        if not left:
            return f"leaves no {name}; several are written with a comma: {name}:{allowed[0]},…"
        self.filter[name] = left
        return replace(term, values=tuple(chosen), comparison="")

    def set(self, name: str, value: str, term: Term) -> Read:
        """A filter that has one value."""
        if self.filter.setdefault(name, value) != value:
            return "cannot be combined with another one: no ticket has both"
        return term

    def _plain(self, term: Term) -> Read:
        if not any(value.strip() for value in term.values):
            return "needs a value"
        if term.comparison not in ("", "=") and term.name not in ("created", "updated"):
            return "cannot be compared: only numbers, dates and instants can"
        return _READERS[term.name](self, term)

    def _field(self, term: Term) -> Read:
        definition = self.known.fields.get(term.key or "")
        if definition is None:
            return "is no custom field any more"
        if len(term.values) != 1:
            return _SEVERAL if term.values else "needs a value"
        if term.negated:
            return _EXCLUDED
        text = plain_text(definition, term.values[0])
        if isinstance(text, list) and not self.saved:
            return f"must be one of: {', '.join(text)}"
        text = term.values[0] if isinstance(text, list) else text
        value = plain_value(definition, text, self.known.now)
        before = self.filter.setdefault("custom_fields", {})
        rule = add_comparison(before, definition, _HOW[term.comparison], value)
        return replace(term, values=(text,)) if rule is None else rule


def _one(term: Term) -> str | None:
    """What is wrong with a term that can be neither excluded nor have several values."""
    if term.negated:
        return _EXCLUDED
    return _SEVERAL if len(term.values) != 1 else None


def _status(meaning: _Meaning, term: Term) -> Read:
    return meaning.choose(term, "status", STATUSES)


def _priority(meaning: _Meaning, term: Term) -> Read:
    return meaning.choose(term, "priority", PRIORITIES)


def _is(meaning: _Meaning, term: Term) -> Read:
    if UNASSIGNED not in [value.lower() for value in term.values]:
        read = meaning.choose(term, "status", STATUSES)
        wrong = isinstance(read, str) and read.startswith("must")
        return f"must be {UNASSIGNED}, or {', '.join(STATUSES)}" if wrong else read
    return _one(term) or meaning.set("assigned_to", "none", replace(term, values=(UNASSIGNED,)))


def _tag(meaning: _Meaning, term: Term) -> Read:
    if term.negated:
        return _EXCLUDED
    if len(term.values) > 1:
        return "takes one tag: tag:a tag:b finds what has both, and nothing finds what has either"
    tag = term.values[0].strip()
    problems = check_tags("tags", [tag])
    tags = meaning.filter.setdefault("tags", [])
    if problems or len(tags) == FILTERS_MAX:
        return problems[0].rule if problems else f"is one more than {FILTERS_MAX} tags"
    if fold_tag(tag) not in map(fold_tag, tags):
        tags.append(tag)
    return replace(term, values=(tag,))


def _assignee(meaning: _Meaning, term: Term) -> Read:
    value = term.values[0]
    wrong = _one(term)
    if wrong or value.lower() in (*_NOBODY, "me"):
        value = value.lower()
        id = meaning.known.me if value == "me" else "none"
        if wrong or id is None:
            return wrong or "is only for who is signed in as a member"
        return meaning.set("assigned_to", id, replace(term, values=(value,)))
    found = _members(value, meaning.known.members)
    if len(found) != 1:
        gone = "is no member any more" if meaning.saved else "is no member"
        return "names several members; give the address" if found else gone
    return meaning.set("assigned_to", found[0], replace(term, values=(found[0],)))


def _members(text: str, members: Collection[Colleague]) -> list[str]:
    """The ids of the members that a text names: by id, address, name, or how a name begins."""
    wanted = fold_email(text)
    spelt = [
        [m.id for m in members if wanted in (m.id, fold_email(m.email))],
        [m.id for m in members if wanted == fold_email(m.name)],
        [m.id for m in members if fold_email(m.name).startswith(wanted)],
    ]
    return next(filter(None, spelt), [])


def _customer(meaning: _Meaning, term: Term) -> Read:
    wrong = _one(term)
    if wrong:
        return wrong
    uid = parse_id("customer", term.values[0])
    known = meaning.known.customers.get(term.values[0], ())
    found = known if uid is None else [public_id("customer", uid)]
    if len(found) != 1:
        return "names several customers; give the address" if found else "is no customer"
    return meaning.set("customer_id", found[0], replace(term, values=(found[0],)))


def _instant(meaning: _Meaning, term: Term) -> Read:
    if len(term.values) != 1:
        return _SEVERAL
    value = term.values[0].strip()
    bounds = bounds_of(term.comparison, value, meaning.known.now, negated=term.negated)
    if isinstance(bounds, str):
        return bounds
    for end, bound, closer in zip(("after", "before"), bounds, (max, min), strict=True):
        if bound is not None:
            name, instant = f"{term.name}_{end}", from_seconds(bound)
            meaning.filter[name] = closer(instant, meaning.filter.get(name, instant))
    return replace(term, values=(value,))


def _sort(meaning: _Meaning, term: Term) -> Read:
    value = term.values[0]
    name = SORTS.get(value.removeprefix("-").replace("_", "").lower())
    if term.negated or len(term.values) != 1 or name is None or value.lower() == "-relevance":
        return f"must be one of: {', '.join(SORT_NAMES)}, with a minus for the last first"
    if meaning.sort is not None:
        return "stands twice"
    meaning.sort = f"{'-' if value.startswith('-') else ''}{name}"
    return term


_READERS: dict[str, Callable[[_Meaning, Term], Read]] = {
    "status": _status,
    "priority": _priority,
    "tag": _tag,
    "assignee": _assignee,
    "customer": _customer,
    "created": _instant,
    "updated": _instant,
    "is": _is,
    "sort": _sort,
}
