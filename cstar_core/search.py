"""Find the rows of a list: filters, tags, custom fields and words, in order, with the total."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from cstar_core import facets
from cstar_core.checks import check_choice, check_text, invalid, raise_any
from cstar_core.errors import Invalid
from cstar_core.listing import (
    Asked,
    Counted,
    Listed,
    Part,
    Shape,
    Survey,
    count_up_to,
    place_query,
    places_of,
    ranked_query,
    rows_of,
)
from cstar_core.pages import PAGE_SIZE_MAX, Position, Window, bad_cursor, open_window
from cstar_core.scope import Scope
from cstar_core.store import Snapshot, SqlRow
from cstar_core.words import SEARCH_MAX, Search, parse_search

RANKED_MAX = 1_000
RELEVANCE = "relevance"
# A beginning that so many words have is looked for as these words; of more, as a beginning.
WORDS_MAX = 8
_BEGINNING = re.compile(r'"((?:[^"]*[^"0-9A-Za-z])?)([0-9A-Za-z]+)"\*\Z', re.ASCII)


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
    most: int = PAGE_SIZE_MAX,
) -> Found:
    """The keys of one page, of at most so many rows, and the number of all; from one snapshot."""
    words = _parse(listed, criteria)
    asked, possible = _resolve(snap, scope, criteria, words)
    query = (
        listed.index.kind,
        _name(asked.shape),
        *asked.values.values(),
        criteria.search,
        scope.internal,
    )
    width = 1 if criteria.sort == RELEVANCE else len(listed.sorts[asked.shape.sort])
    window = open_window(page, page_size, cursor, query, width, most)
    if not possible:
        return Found([], [], 0, window, query)
    if words.match or words.exclude:
        asked = _worded(snap, scope, listed, asked, words)
    survey = Survey(snap, listed, asked)
    if criteria.sort == RELEVANCE:
        keys, positions = _by_relevance(survey, window)
    else:
        positions = places_of(survey, window)
        keys = [int(position[-1]) for position in positions]
    return Found(keys, positions, survey.total, window, query)


def count(
    snap: Snapshot, scope: Scope, listed: Listed, criteria: Criteria, most: int, effort: int
) -> Counted:
    """How many rows match, for at most so many steps along an index; else how many at least."""
    words = _parse(listed, criteria)
    asked, possible = _resolve(snap, scope, criteria, words)
    if not possible:
        return Counted(0)
    begun = False
    if words.match or words.exclude:
        worded = _worded(snap, scope, listed, asked, words)
        # The beginning of many words takes long to find; those that have it as a word are fewer.
        begun = worded.prefix and '"*' in words.match
        if begun:
            whole = replace(words, match=words.match.replace('"*', '"'))
            worded = _worded(snap, scope, listed, asked, whole)
        asked = worded
    found = count_up_to(Survey(snap, listed, asked, effort), most)
    return Counted(found.rows, found.more or begun)


def beside(
    snap: Snapshot, scope: Scope, listed: Listed, criteria: Criteria, key: int
) -> tuple[int | None, int | None]:
    """The keys of what stands before a row and after it in a list, which need not have it."""
    words = _parse(listed, criteria)
    asked, possible = _resolve(snap, scope, criteria, words)
    if not possible:
        return None, None
    if words.match or words.exclude:
        asked = _worded(snap, scope, listed, asked, words)
    survey = Survey(snap, listed, asked)
    (place,) = snap.all(place_query(listed, asked.shape.sort), key=key)
    after = {f"after_{name}": each for name, each in zip(_order(survey), place, strict=True)}
    down = asked.shape.descending
    found = (rows_of(survey, Part(way, 0, 1, after)) for way in (not down, down))
    before, behind = (int(rows[0][-1]) if rows else None for rows in found)
    return before, behind


def _order(survey: Survey) -> tuple[str, ...]:
    return survey.listed.sorts[survey.shape.sort]


@lru_cache(maxsize=1024)
def _name(shape: Shape) -> str:
    """A shape as a cursor's digest knows it."""
    return repr(shape)


def _parse(listed: Listed, criteria: Criteria) -> Search:
    """What the search text asks for."""
    if criteria.search is None or not has_words(criteria.search):
        return Search()
    return parse_search(criteria.search, references="number" in listed.conditions)


def _resolve(snap: Snapshot, scope: Scope, criteria: Criteria, words: Search) -> tuple[Asked, bool]:
    """The list that is asked for; False if nothing can match."""
    values: dict[str, Any] = {"workspace": scope.workspace_id}
    for given in criteria.conditions.values():
        values |= given
    for name, choices in criteria.choices.items():
        values |= {f"{name}{i}": choice for i, choice in enumerate(choices)}
    tags = facets.find_tags(snap, scope.workspace_id, criteria.entity_type, criteria.tags)
    values |= {f"tag{i}": tag for i, (tag, _) in enumerate(tags or ())}
    fields = _fields(snap, scope, criteria, values)
    if len(criteria.tags) > facets.FILTERS_MAX:
        rule = f"must be at most {facets.FILTERS_MAX} filters"
        raise Invalid(invalid("tags", rule))
    references: dict[str, set[Any]] = {"number": set(words.numbers), "uid": set(words.ids)}
    values |= {name: next(iter(named)) for name, named in references.items() if named}
    shape = Shape(
        workspace_id=scope.workspace_id,
        sort=criteria.sort.removeprefix("-"),
        descending=criteria.sort.startswith("-"),
        conditions=(*criteria.conditions, *(name for name in references if references[name])),
        choices=tuple((name, len(choices)) for name, choices in criteria.choices.items()),
        tags=len(tags or ()),
        fields=fields,
        match=bool(words.match),
        exclude=bool(words.exclude and not words.match),
    )
    several = any(len(named) > 1 for named in references.values())
    possible = criteria.possible and tags is not None and not (words.impossible or several)
    return Asked(shape, values, tuple(uses for _, uses in tags or ())), possible


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
    keys = {definition.id: key for key, definition in known.items()}
    grouped: dict[tuple[int, bool], dict[str, Any]] = {}
    for field_id, how, value in filters:
        grouped.setdefault((field_id, how == "eq"), {})[how] = value
    for i, ((field_id, _), compared) in enumerate(grouped.items()):
        values[f"field{i}"] = field_id
        values |= {f"value{i}{how}": value for how, value in compared.items()}
        values[f"path{i}"] = f"$.{keys[field_id]}"
    return tuple(tuple(compared) for compared in grouped.values())


def _worded(snap: Snapshot, scope: Scope, listed: Listed, asked: Asked, words: Search) -> Asked:
    """What is asked for, with the expressions that the full-text index is asked."""
    exact = asked.shape.sort == RELEVANCE
    match = _spelled_out(snap, listed.index.words(scope.workspace_id), words.match, exact=exact)
    public = listed.index.public_columns
    only = "" if scope.internal else f"{{{' '.join(public)}}} : "
    if match:
        without = f" NOT ({words.exclude})" if words.exclude else ""
        name, expression = "match", f"{only}(({match}){without})"
    else:
        name, expression = "exclude", f"{only}({words.exclude})"
    values = {**asked.values, name: expression}
    terms, prefix = expression.count('"') // 2, '"*' in expression
    return replace(asked, values=values, terms=terms, prefix=prefix)


def _spelled_out(snap: Snapshot, table: str, match: str, *, exact: bool) -> str:
    """An expression with the words in place of the beginning of a word, if they are few.

    The index finds all that has any of the words before it gives the first, which takes long
    where a word is common. ``exact``: only the one word, since several are ranked differently.
    """
    begun = _BEGINNING.search(match)
    if begun is None:
        return match
    head, word = begun[1], begun[2].lower()
    longer = _longer_words(snap, table, word)
    most = 0 if exact else WORDS_MAX
    if len(longer) > most or not all(one.isascii() and one.isalnum() for one in longer):
        return match
    words = " OR ".join(f'"{head}{one}"' for one in (word, *longer))
    return f"{match[: begun.start()]}({words})" if longer else f"{match[: begun.start()]}{words}"


def _longer_words(snap: Snapshot, table: str, word: str) -> list[str]:
    """The words of the index that begin with another, each found by a look past the one before.

    No letter or digit sorts before 0.
    """
    first = f"{word}0"
    end = word[:-1] + chr(ord(word[-1]) + 1)
    look = f"SELECT term FROM {table} WHERE term >="  # noqa: S608 - a name made here
    every = (
        f"WITH RECURSIVE found (word) AS (SELECT ({look} ? LIMIT 1) UNION ALL "  # noqa: S608
        f"SELECT ({look} found.word || '0' LIMIT 1) FROM found WHERE found.word < ? LIMIT 0 + ?) "
        "SELECT word FROM found"
    )
    found = snap.sql(
        f"SELECT word FROM ({every}) WHERE word < ?",  # noqa: S608
        (first, end, WORDS_MAX + 1, end),
    )
    return [str(row[0]) for row in found]


def _by_relevance(survey: Survey, window: Window) -> tuple[list[int], list[Position]]:
    """The newest thousand matches by rank, then all older ones by age."""
    start = window.offset if window.after is None else window.after[0]
    if not isinstance(start, int) or start < 0:
        raise bad_cursor()
    asked = survey.asked
    ranked = _ranked(survey)
    order = [key for key, _ in sorted(ranked, key=lambda row: (row[1], -row[0]))]
    keys = order[start : start + window.size + 1]
    offset = max(start, len(ranked))
    limit = min(window.size + 1 - len(keys), survey.total - offset)
    if limit > 0:
        shape = replace(asked.shape, sort="number", descending=True)
        newest = Survey(survey.snap, survey.listed, replace(asked, shape=shape))
        keys += [int(place[-1]) for place in rows_of(newest, Part(True, offset, limit))]
    return keys, [(start + i + 1,) for i in range(len(keys))]


def _ranked(survey: Survey) -> list[SqlRow]:
    """The newest matches with their rank. Where no words are searched, nothing ranks."""
    asked = survey.asked
    if not asked.shape.match or asked.shape.referring:
        return []
    query = ranked_query(survey.listed, asked.shape)
    return survey.snap.all(query, **asked.values, limit=RANKED_MAX)
