"""Tags and custom-field values as rows, so that lists filter by them along an index.

The object's own JSON stays what answers show; these rows follow it in the same transaction.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from peewee import SQL

from cstar_core.checks import HINTS_MAX, invalid, path, same, unknown
from cstar_core.errors import Problem
from cstar_core.fields import (
    COMPARISONS,
    Definition,
    Scalar,
    check_values,
    index_text,
    index_values,
    parse_filter,
)
from cstar_core.metadata import check_merged, merge_metadata
from cstar_core.store import Snapshot, Transaction, limited, prepare, prepare_insert, slot
from cstar_core.tables import CustomFieldRow, FieldValueRow, TagRow, TagUseRow
from cstar_core.tags import fold_tag, parse_tags

FieldFilter = tuple[int, str, Scalar]
FILTERS_MAX = 20

_DEFINITIONS = prepare(
    CustomFieldRow.select(
        CustomFieldRow.id,
        CustomFieldRow.key,
        CustomFieldRow.type,
        CustomFieldRow.required,
        CustomFieldRow.options,
        CustomFieldRow.archived_at,
    )
    .where(
        (CustomFieldRow.workspace_id == slot("workspace"))
        & (CustomFieldRow.entity_type == slot("entity"))
    )
    .order_by(CustomFieldRow.position, CustomFieldRow.id)
)
_FIND_TAG = prepare(
    TagRow.select(TagRow.id, TagRow.uses).where(
        (TagRow.workspace_id == slot("workspace"))
        & (TagRow.entity_type == slot("entity"))
        & (TagRow.tag_key == slot("tag"))
    )
)
_BEGUN_TAGS = prepare(
    limited(
        TagRow.select(TagRow.tag_key)
        .where(
            (TagRow.workspace_id == slot("workspace"))
            & (TagRow.entity_type == slot("entity"))
            & (TagRow.tag_key >= slot("begun"))
            & (TagRow.tag_key < slot("end"))
            & (TagRow.uses > 0)
        )
        .order_by(TagRow.tag_key)
    )
)
_ADD_TAG = prepare(
    TagRow.insert(
        {
            TagRow.workspace_id: slot("workspace"),
            TagRow.entity_type: slot("entity"),
            TagRow.tag_key: slot("tag"),
        }
    )
)
_USE_TAG = prepare_insert(TagUseRow, ("tag_id", "created_at", "owner_id"))
_DROP_TAG = prepare(
    TagUseRow.delete().where(
        (TagUseRow.tag_id == slot("tag_id"))
        & (TagUseRow.created_at == slot("created_at"))
        & (TagUseRow.owner_id == slot("owner_id"))
    )
)
_ADD_VALUE = prepare_insert(FieldValueRow, ("field_id", "value", "created_at", "owner_id"))
_DROP_VALUE = prepare(
    FieldValueRow.delete().where(
        (FieldValueRow.field_id == slot("field_id"))
        & (FieldValueRow.value == slot("value"))
        & (FieldValueRow.created_at == slot("created_at"))
        & (FieldValueRow.owner_id == slot("owner_id"))
    )
)


def definitions(snap: Snapshot, workspace_id: int, entity_type: str) -> dict[str, Definition]:
    """The custom fields of one kind of object, by key, in position order."""
    rows = snap.all(_DEFINITIONS, workspace=workspace_id, entity=entity_type)
    return {
        key: Definition(
            id,
            key,
            type,
            bool(required),
            tuple(json.loads(options)) if options else (),
            archived_at is not None,
        )
        for id, key, type, required, options, archived_at in rows
    }


def replace_tags(
    tx: Transaction,
    workspace_id: int,
    entity_type: str,
    owner: tuple[int, int],
    before: Iterable[str],
    after: Iterable[str],
) -> None:
    """Make the rows of an object (its integer key and when it was made) follow its tags."""
    old, new = {fold_tag(tag) for tag in before}, {fold_tag(tag) for tag in after}
    owner_id, created_at = owner
    for statement, tags in ((_DROP_TAG, old - new), (_USE_TAG, new - old)):
        for tag in sorted(tags):
            tag_id = _tag_id(tx, workspace_id, entity_type, tag)
            tx.run(statement, tag_id=tag_id, created_at=created_at, owner_id=owner_id)


def replace_values(
    tx: Transaction,
    known: Mapping[str, Definition],
    owner: tuple[int, int],
    before: Mapping[str, object],
    after: Mapping[str, object],
) -> None:
    """Make the rows of an object follow its custom-field values."""
    old, new = _value_rows(known, before), _value_rows(known, after)
    owner_id, created_at = owner
    for statement, rows in ((_DROP_VALUE, old - new), (_ADD_VALUE, new - old)):
        for field_id, _, value in rows:
            tx.run(
                statement,
                field_id=field_id,
                value=value,
                created_at=created_at,
                owner_id=owner_id,
            )


class NewRows:
    """The rows of new objects; ``write`` writes them, neighbours in the tables together."""

    def __init__(
        self,
        tx: Transaction,
        workspace_id: int,
        entity_type: str,
        known: Mapping[str, Definition],
    ) -> None:
        self._tx = tx
        self._place = workspace_id, entity_type
        self._known = known
        self._tag_ids: dict[str, int] = {}
        self._uses: list[tuple[int, int, int]] = []
        self._values: list[tuple[int, Scalar, int, int]] = []

    def add(
        self, owner: tuple[int, int], tags: Iterable[str], values: Mapping[str, object]
    ) -> None:
        """Take in an object (its integer key and when it was made) with its tags and values."""
        owner_id, created_at = owner
        for tag in {fold_tag(tag) for tag in tags}:
            if tag not in self._tag_ids:
                self._tag_ids[tag] = _tag_id(self._tx, *self._place, tag)
            self._uses.append((self._tag_ids[tag], created_at, owner_id))
        for key, value in values.items():
            for row in index_values(self._known[key], value):
                self._values.append((self._known[key].id, row, created_at, owner_id))

    def write(self) -> None:
        """Write everything."""
        self._tx.many(_USE_TAG, sorted(self._uses))
        self._tx.many(_ADD_VALUE, sorted(self._values))


def find_tags(
    snap: Snapshot, workspace_id: int, entity_type: str, tags: Collection[str]
) -> list[tuple[int, int]] | None:
    """The keys of tags to filter by, and how many objects have each; None if one is not here."""
    if not tags:
        return []
    found = {
        snap.first(_FIND_TAG, workspace=workspace_id, entity=entity_type, tag=fold_tag(tag))
        for tag in tags
    }
    rows = [(int(row[0]), int(row[1])) for row in found if row is not None]
    return sorted(rows) if len(rows) == len(found) else None


def begun_tags(
    snap: Snapshot, workspace_id: int, entity_type: str, begun: str, most: int
) -> tuple[str, ...]:
    """The first tags in use that begin so, without case."""
    folded = fold_tag(begun)
    asked = {"workspace": workspace_id, "entity": entity_type, "limit": most}
    rows = snap.all(_BEGUN_TAGS, begun=folded, end=f"{folded}\U0010ffff", **asked)
    return tuple(tag for (tag,) in rows)


def parse_filters(
    param: str, filters: object, known: Mapping[str, Definition]
) -> tuple[list[FieldFilter], list[Problem]]:
    """Filters on custom fields: ``{"region": "EU", "seats": {"gte": 10}}``.

    Each becomes (field key, comparison, value); everything wrong is in the problems.
    """
    if not isinstance(filters, Mapping):
        return [], invalid(param, "must be an object")
    found: list[FieldFilter] = []
    problems: list[Problem] = []
    for key, wanted in filters.items():
        definition = known.get(key)
        where = path(param, key)
        if definition is None:
            hints = known if len(problems) < HINTS_MAX else ()
            problems += unknown(where, str(key), hints)
            continue
        comparisons = wanted if isinstance(wanted, Mapping) else {"eq": wanted}
        for comparison, value in comparisons.items():
            parsed = _parse_filter(where, str(comparison), value, definition)
            if isinstance(parsed, list):
                problems += parsed
            else:
                found.append((definition.id, str(comparison), parsed))
    if len(found) > FILTERS_MAX:
        problems += invalid(param, f"must be at most {FILTERS_MAX} filters")
    return found, problems


def count_uses(snap: Snapshot, field_id: int) -> int:
    """How many objects have a value in a field."""
    query = FieldValueRow.select(SQL("COUNT(DISTINCT owner_id)"))
    return int(snap.value(query.where(FieldValueRow.field_id == field_id)))


def _parse_filter(
    where: str, comparison: str, value: object, definition: Definition
) -> Scalar | list[Problem]:
    if comparison == "eq":
        parsed = parse_filter(where, value, definition)
        return index_text(parsed) if isinstance(parsed, str) else parsed
    if comparison not in COMPARISONS:
        return invalid(where, f"can be compared by: {', '.join(COMPARISONS)}")
    if definition.type not in ("number", "date"):
        return invalid(where, "can only be compared if it is a number or a date")
    return parse_filter(where, value, definition)


def _value_rows(
    known: Mapping[str, Definition], values: Mapping[str, object]
) -> set[tuple[int, str, Scalar]]:
    """The rows of some values; the type's name keeps 1 and 1.0 apart in the set."""
    return {
        (known[key].id, type(row).__name__, row)
        for key, value in values.items()
        for row in index_values(known[key], value)
    }


def _tag_id(tx: Transaction, workspace_id: int, entity_type: str, tag: str) -> int:
    found = tx.value(_FIND_TAG, workspace=workspace_id, entity=entity_type, tag=tag)
    if found is not None:
        return int(found)
    return tx.insert(_ADD_TAG, workspace=workspace_id, entity=entity_type, tag=tag)


def check_merge(
    before: Mapping[str, Any], changes: Mapping[str, Any], known: Mapping[str, Definition]
) -> list[Problem]:
    """What metadata and custom fields would break once merged into what an object has."""
    problems: list[Problem] = []
    if "metadata" in changes:
        problems += check_merged("metadata", before["metadata"], changes["metadata"])
    if "custom_fields" in changes:
        given, current = changes["custom_fields"], before["custom_fields"]
        problems += check_values("custom_fields", given, known, current)
    return problems


def merge(before: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The values that really change: tags parsed, metadata and custom fields merged."""
    after = dict(changes)
    if "tags" in after:
        after["tags"] = list(parse_tags(after["tags"]))
    for name in ("metadata", "custom_fields"):
        if name in after:
            after[name] = merge_metadata(before[name], after[name])
    return {name: value for name, value in after.items() if not same(value, before[name])}
