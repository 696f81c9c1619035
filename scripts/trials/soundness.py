"""Whether a file is sound: by SQLite's own check, and by the product's."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from cstar_core import Helpdesk


def broken(path: Path) -> Iterator[str]:
    """What SQLite finds damaged."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            rows = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(3)")]
    except sqlite3.Error as error:
        rows = [str(error)]
    if rows != ["ok"]:
        yield from rows


def unsound(path: Path) -> Iterator[str]:
    """What the product finds wrong, as `cstar check` does, once everything is in the index."""
    try:
        with Helpdesk.open(path) as desk:
            yield from _wrong(desk)
            for team in desk.teams.list():
                # A search brings the index up to date; then it is looked at again.
                desk.workspace(team.slug).tickets.list(search="torture", page_size=1)
            yield from _wrong(desk)
    except Exception as error:  # what a damaged file holds may fail in any way
        yield f"{type(error).__name__}: {error}"


def _wrong(desk: Helpdesk) -> Iterator[str]:
    for finding in desk.check().findings:
        if not finding.ok:
            yield f"{finding.name}: {finding.detail}"


def unfound(path: Path, team: str, words: list[str]) -> Iterator[str]:
    """Those of the words that a search finds not exactly once."""
    with Helpdesk.open(path) as desk:
        tickets = desk.workspace(team).tickets
        for word in words:
            # In quotes, since the last word is a beginning otherwise.
            found = tickets.list(search=f'"{word}"', page_size=5).total
            if found != 1:
                yield f"the search finds {word} {found} times"
