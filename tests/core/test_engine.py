"""Which SQLite a process uses: Python's own, or a newer one beside it."""

import sqlite3
import sys
from contextlib import closing
from types import ModuleType

import pytest

from cstar_core import Helpdesk
from cstar_core.engine import code_of, newer, words_of
from cstar_core.engine import sqlite3 as chosen


def module(*version: int) -> ModuleType:
    made = ModuleType("sqlite")
    made.sqlite_version_info = version  # type: ignore[attr-defined]
    return made


OLD, SAME, NEW = module(3, 40, 1), module(3, 40, 1), module(3, 53, 4)
# Python's own, the other one, and which of them is taken.
CHOICES = [(OLD, None, OLD), (OLD, NEW, NEW), (NEW, OLD, NEW), (OLD, SAME, OLD)]


@pytest.mark.parametrize(("own", "another", "taken"), CHOICES)
def test_the_newer_sqlite_is_taken(
    own: ModuleType, another: ModuleType | None, taken: ModuleType
) -> None:
    assert newer(own, another) is taken


def test_what_is_told_of_a_desk_is_the_sqlite_that_it_uses(desk: Helpdesk) -> None:
    with desk._store.snapshot() as snap:
        used = snap.sql("SELECT sqlite_version()")[0][0]
    assert used == chosen.sqlite_version == Helpdesk.versions().sqlite
    assert desk.check().findings[0].detail.startswith(used)


def test_the_sqlite_of_a_process_is_at_least_the_one_of_python(desk: Helpdesk) -> None:
    assert chosen.sqlite_version_info >= sqlite3.sqlite_version_info
    assert sys.modules[chosen.Connection.__module__.partition(".")[0]] is not None


# A statement, the code of the error that it ends with, and what is told of it.
FAILURES = [
    ("SELECT * FROM nowhere", chosen.SQLITE_ERROR, "no such table: nowhere"),
    (
        "SELECT ?",
        0,
        "Incorrect number of bindings supplied. "
        "The current statement uses 1, and there are 0 supplied.",
    ),
    (
        "SELECT CAST(x'53656372657420FF' AS TEXT) AS words",
        chosen.SQLITE_CORRUPT,
        "Could not decode to UTF-8 column 'words'",
    ),
]


@pytest.mark.parametrize(("statement", "code", "words"), FAILURES)
def test_an_error_has_a_code_and_words_that_quote_no_text(
    statement: str, code: int, words: str
) -> None:
    with closing(chosen.connect(":memory:")) as connection, pytest.raises(chosen.Error) as caught:
        connection.execute(statement).fetchall()
    assert (code_of(caught.value), words_of(caught.value)) == (code, words)
