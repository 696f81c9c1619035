"""Prepared queries: the values of a run are those of that run, under every SQLite."""

import re
import sqlite3
from collections.abc import Iterator
from functools import reduce
from pathlib import Path

import pytest
from peewee import SQL, CompoundSelectQuery

import cstar_core
from cstar_core.store import paged, prepare, slot
from cstar_core.tables import TagUseRow

MADE = "CREATE TABLE tag_uses (tag_id, created_at, owner_id)"
INDEXED = "CREATE INDEX uses ON tag_uses (tag_id, created_at, owner_id)"
# With so many parts, the limit is the 41st parameter.
PARTS = 40


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    """A table with 20 uses of tag 1."""
    connection = sqlite3.connect(":memory:")
    connection.execute(MADE)
    connection.execute(INDEXED)
    connection.executemany("INSERT INTO tag_uses VALUES (1, 0, ?)", [(i,) for i in range(20)])
    yield connection
    connection.close()


def merged() -> CompoundSelectQuery:
    """The uses of as many tags as there are parts, by the key of their owner."""
    parts = [
        TagUseRow.alias(f"g{i}").select(SQL("owner_id")).where(SQL("tag_id") == slot(f"tag{i}"))
        for i in range(PARTS)
    ]
    return reduce(lambda one, other: one.union_all(other), parts).order_by(SQL("1"))


def test_each_run_has_the_limit_and_offset_that_it_was_given(
    connection: sqlite3.Connection,
) -> None:
    query = prepare(paged(merged()))
    tags = {f"tag{i}": i for i in range(PARTS)}
    for limit, offset in ((2, 0), (15, 3), (1, 19), (20, 0), (3, 18), (-1, 0), (0, 0)):
        found = connection.execute(
            query.sql, query.bind({**tags, "limit": limit, "offset": offset})
        )
        end = 20 if limit < 0 else offset + limit
        assert [row[0] for row in found] == list(range(20))[offset:end]


def test_no_limit_is_a_bare_parameter() -> None:
    for module in sorted(Path(cstar_core.__file__).parent.rglob("*.py")):
        text = module.read_text()
        assert not re.search(r"(LIMIT|OFFSET) \?|\.(limit|offset)\(slot", text), module


def test_only_sqlite_3_54_0_keeps_the_first_limit_that_is_a_bare_parameter(
    connection: sqlite3.Connection,
) -> None:
    """When no Python brings that version any more, one reason for ``paged`` is gone."""
    part = "SELECT owner_id FROM tag_uses WHERE tag_id = ?"
    query = " UNION ALL ".join([part] * PARTS) + " ORDER BY 1 LIMIT ?"
    lengths = [len(connection.execute(query, [*[1] * PARTS, n]).fetchall()) for n in (2, 9)]
    kept = sqlite3.sqlite_version_info == (3, 54, 0)
    assert lengths == ([2, 2] if kept else [2, 9])
