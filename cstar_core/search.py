"""Find the rows of a list: filters, tags, custom fields and words, in order, with the total."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cstar_core import facets
from cstar_core.checks import check_choice, check_text, invalid, raise_any
from cstar_core.errors import Invalid
from cstar_core.listing import Listed, Shape, count_query, keys_query, ranked_query
from cstar_core.pages import Position, Window, bad_cursor, open_window
from cstar_core.scope import Scope
from cstar_core.store import Snapshot, prepare, slot
from cstar_core.tables import WorkspaceRow
from cstar_core.words import SEARCH_MAX, Search, parse_search

RANKED_MAX = 1_000
RELEVANCE = "relevance"

_IN_ORDER = prepare(
    WorkspaceRow.select(WorkspaceRow.in_order).where(WorkspaceRow.id == slot("workspace"))
)


@dataclass(frozen=True, slots=True)
class Criteria:
    """What a list is asked for.

    ``conditions`` maps names of the listed table's conditions to their values (by slot),
    ``choices`` columns to the values allowed.
    """

    entity_type: str
    sort: str
    search: str | None = None
    tags: tuple[str, ...] = ()
    custom_fields: Mapping[str, object] | None = None
    conditions: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    choices: Mapping[str, Sequence[int]] = field(default_factory=dict)
    possible: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """The integer keys of a page (one more than asked for if others follow), and the total."""

    keys: list[int]
    positions: list[Position]
    total: int
    window: Window
    query: object


def check_list(
    sort: object, sorts: Sequence[str], search: object, page_values: Mapping[str, object]
) -> None:
    """Refuse a sort that does not exist, an overlong search, a cursor beside a page."""
    plain = sort.removeprefix("-") if isinstance(sort, str) else sort
    problems = check_choice("sort", plain, sorts)
    if sort == f"-{RELEVANCE}":
        problems += invalid("sort", "must be relevance without a minus")
    if search is not None:
        problems += check_text("search", search, SEARCH_MAX)
    if plain == RELEVANCE and not (isinstance(search, str) and search.strip()):
        problems += invalid("sort", "can be relevance only together with search")
    if page_values.get("cursor") is not None and page_values.get("page") != 1:
        problems += invalid("cursor", "cannot be combined with page")
    raise_any(problems)


def has_words(search: str | None) -> bool:
    """Whether a list with this search text needs the index."""
    return search is not None and bool(search.strip())


def find(
    snap: Snapshot,
    scope: Scope,
    listed: Listed,
    criteria: Criteria,
    page: int,
    page_size: int,
    cursor: str | None,
) -> Found:
    """The keys of one page and the number of all rows, from one snapshot."""
    shape, values, possible = _resolve(snap, scope, listed, criteria)
    query = (listed.index.kind, shape, sorted((k, v) for k, v in values.items()), scope.internal)
    width = 1 if criteria.sort == RELEVANCE else _width(listed, shape)
    window = open_window(page, page_size, cursor, query, width)
    if not possible:
        return Found([], [], 0, window, query)
    total = int(snap.value(count_query(listed, shape), **values))
    if criteria.sort == RELEVANCE:
        keys, positions = _by_relevance(snap, listed, shape, values, window)
    else:
        keys, positions = _in_sequence(snap, listed, shape, values, window)
    return Found(keys, positions, total, window, query)


def _resolve(
    snap: Snapshot, scope: Scope, listed: Listed, criteria: Criteria
) -> tuple[Shape, dict[str, Any], bool]:
    """The shape of the query and its values; False if nothing can match."""
    values: dict[str, Any] = {"workspace": scope.workspace_id}
    for given in criteria.conditions.values():
        values |= given
    for name, choices in criteria.choices.items():
        values |= {f"{name}{i}": choice for i, choice in enumerate(choices)}
    tags = facets.tag_ids(snap, scope.workspace_id, criteria.entity_type, criteria.tags)
    values |= {f"tag{i}": tag for i, tag in enumerate(tags or ())}
    fields = _fields(snap, scope, criteria, values)
    if len(criteria.tags) + len(fields) > facets.FILTERS_MAX:
        rule = f"must be at most {facets.FILTERS_MAX} filters, custom fields included"
        raise Invalid(invalid("tags", rule))
    words = _words(listed, scope, criteria, values)
    references = [name for name in ("number", "uid") if name in values]
    shape = Shape(
        workspace_id=scope.workspace_id,
        sort=criteria.sort.removeprefix("-"),
        descending=criteria.sort.startswith("-"),
        conditions=(*criteria.conditions, *references),
        choices=tuple((name, len(choices)) for name, choices in criteria.choices.items()),
        tags=len(tags or ()),
        fields=fields,
        match=bool(words.match),
        exclude=bool(words.exclude and not words.match),
    )
    shape = replace(shape, index_ordered=_index_ordered(snap, scope, listed, shape))
    return shape, values, criteria.possible and tags is not None and not words.impossible


def _fields(
    snap: Snapshot, scope: Scope, criteria: Criteria, values: dict[str, Any]
) -> tuple[tuple[str, ...], ...]:
    """The comparisons of each custom-field filter; their values go into ``values``.

    A field's bounds are one filter: a range of its values.
    """
    if criteria.custom_fields is None or criteria.custom_fields == {}:
        return ()
    known = facets.definitions(snap, scope.workspace_id, criteria.entity_type)
    filters, problems = facets.parse_filters("custom_fields", criteria.custom_fields, known)
    raise_any(problems)
    grouped: dict[tuple[int, bool], dict[str, Any]] = {}
    for field_id, how, value in filters:
        grouped.setdefault((field_id, how == "eq"), {})[how] = value
    for i, ((field_id, _), compared) in enumerate(grouped.items()):
        values[f"field{i}"] = field_id
        values |= {f"value{i}{how}": value for how, value in compared.items()}
    return tuple(tuple(compared) for compared in grouped.values())


def _words(listed: Listed, scope: Scope, criteria: Criteria, values: dict[str, Any]) -> Search:
    """What the search text asks for; its expressions and references go into ``values``."""
    if criteria.search is None or not has_words(criteria.search):
        return Search()
    words = parse_search(criteria.search, references="number" in listed.conditions)
    if words.numbers:
        values["number"] = words.numbers[0]
    if words.ids:
        values["uid"] = words.ids[0]
    columns = listed.index.columns if scope.internal else listed.index.public_columns
    only = f"{{{' '.join(columns)}}} : "
    if words.match:
        without = f" NOT ({words.exclude})" if words.exclude else ""
        values["match"] = f"{only}(({words.match}){without})"
    elif words.exclude:
        values["exclude"] = f"{only}({words.exclude})"
    several = len(set(words.numbers)) > 1 or len(set(words.ids)) > 1
    return replace(words, impossible=words.impossible or several)


def _index_ordered(snap: Snapshot, scope: Scope, listed: Listed, shape: Shape) -> bool:
    """Whether the full-text index yields the order by itself: rowids follow the numbers, and the
    times too unless a ticket was ever loaded with an earlier time than the one before it."""
    if not shape.match:
        return False
    if shape.sort in ("number", RELEVANCE):
        return True
    if shape.sort != "created_at" or not listed.watched:
        return False
    return bool(snap.value(_IN_ORDER, workspace=scope.workspace_id))


def _width(listed: Listed, shape: Shape) -> int:
    return 1 if shape.match and shape.index_ordered else len(listed.sorts[shape.sort])


def _in_sequence(
    snap: Snapshot, listed: Listed, shape: Shape, values: Mapping[str, Any], window: Window
) -> tuple[list[int], list[Position]]:
    after = {f"after{i}": value for i, value in enumerate(window.after or ())}
    statement = keys_query(listed, shape, window.after is not None)
    rows = snap.all(statement, **values, **after, limit=window.size + 1, offset=window.offset)
    return [row[0] for row in rows], [tuple(row[1:]) for row in rows]


def _by_relevance(
    snap: Snapshot, listed: Listed, shape: Shape, values: Mapping[str, Any], window: Window
) -> tuple[list[int], list[Position]]:
    """The newest thousand matches by rank, then all older ones by age."""
    start = window.offset if window.after is None else window.after[0]
    if not isinstance(start, int) or start < 0:
        raise bad_cursor()
    ranked = snap.all(ranked_query(listed, shape), **values, limit=RANKED_MAX)
    order = [key for key, _ in sorted(ranked, key=lambda row: (row[1], -row[0]))]
    keys = order[start : start + window.size + 1]
    if len(keys) <= window.size and len(ranked) == RANKED_MAX:
        newest = replace(shape, sort="number", descending=True)
        older = snap.all(
            keys_query(listed, newest, False),
            **values,
            limit=window.size + 1 - len(keys),
            offset=max(start, RANKED_MAX),
        )
        keys += [row[0] for row in older]
    return keys, [(start + i + 1,) for i in range(len(keys))]
