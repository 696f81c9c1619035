"""Filters of a list written as the text that finds the same."""

from collections.abc import Iterator, Mapping
from typing import Any

from cstar_core.checks import invalid, raise_any
from cstar_core.fields import COMPARISONS, check_key
from cstar_core.search import check_list
from cstar_core.tags import parse_tags
from cstar_core.tickets import TICKET_SORTS, TicketFilter, check_filter
from cstar_core.views.instants import instant_text
from cstar_core.views.language import FIELD, Query, Term

_SORTS = {"created_at": "createdAt", "updated_at": "updatedAt"}
_SIGNS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_BOUNDS = {
    "created_after": ("created", ">"),
    "created_before": ("created", "<"),
    "updated_after": ("updated", ">"),
    "updated_before": ("updated", "<"),
}


def query_of(given: TicketFilter, sort: str | None = None) -> Query:
    """The query that means these filters and this sort of ``tickets.list``. Raises Invalid.

    >>> query_of({"status": "open", "search": "refund"}, "-created_at").terms[1]
    Term(name='sort', values=('-createdAt',), comparison='', negated=False)
    """
    raise_any(check_filter(given))
    if sort is not None:
        check_list(sort, TICKET_SORTS, given.get("search"), {})
    terms = [*_plain(given), *_fields(given.get("custom_fields") or {})]
    if sort is not None:
        name = sort.removeprefix("-")
        terms.append(Term("sort", (sort[: -len(name)] + _SORTS.get(name, name),)))
    return Query(tuple(terms), " ".join((given.get("search") or "").split()))


def _plain(given: Mapping[str, Any]) -> Iterator[Term]:
    for name in ("status", "priority"):
        value = given.get(name)
        chosen = value.split(",") if isinstance(value, str) else tuple(value or ())
        if chosen:
            yield Term(name, tuple(chosen))
    yield from (Term("tag", (tag,)) for tag in parse_tags(given.get("tags") or ()))
    for name, column in (("assignee", "assigned_to"), ("customer", "customer_id")):
        if given.get(column) is not None:
            yield Term(name, (given[column],))
    for column, (name, sign) in _BOUNDS.items():
        if given.get(column) is not None:
            yield Term(name, (instant_text(given[column]),), sign)


def _fields(fields: object) -> Iterator[Term]:
    if not isinstance(fields, Mapping):
        raise_any(invalid("custom_fields", "must be an object"))
        return
    for key, wanted in fields.items():
        raise_any(check_key(f"custom_fields.{key}"[:64], key))
        for how, value in (wanted if isinstance(wanted, Mapping) else {"eq": wanted}).items():
            if how != "eq" and how not in COMPARISONS:
                rule = f"can be compared by: {', '.join(COMPARISONS)}"
                raise_any(invalid(f"custom_fields.{key}", rule))
            yield Term(f"{FIELD}{key}", (_text(value),), _SIGNS.get(how, ""))


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
