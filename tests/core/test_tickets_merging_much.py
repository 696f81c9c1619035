"""Merging long threads among many: by indexes, and with nothing left behind."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from cstar_core import Helpdesk, Workspace
from cstar_core.store import Prepared
from cstar_core.tickets import merging, writing
from tests.core.threads import fresh


def test_two_tickets_with_ten_thousand_messages_are_merged_and_parted(
    desk: Helpdesk, acme: Workspace
) -> None:
    def thread(name: str) -> list[dict[str, str]]:
        return [{"content": f"{name} {number}"} for number in range(10_000)]

    (batch,) = acme.tickets.import_many(
        [{"title": name, "messages": thread(name)} for name in ("one", "other")]
    )
    before = [fresh(acme.tickets.get(id)) for id in batch.ids]
    acme.tickets.merge(*batch.ids)
    assert acme.tickets.get(batch.ids[1]).message_count == 20_000
    assert acme.tickets.list(search="9999").items[0].id == batch.ids[1]
    acme.tickets.unmerge(batch.ids[0])
    assert [fresh(acme.tickets.get(id)) for id in batch.ids] == before
    assert desk.check(deep=True).ok


STATEMENTS = {
    "move": merging._MOVE,
    "count": merging._AWAY,
    "bring back": merging._BRING_BACK,
    "family": merging._FAMILY,
    "delete": writing._LOOSEN,
}


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
def test_no_statement_of_a_merge_walks_through_a_table(path: Path, statement: Prepared) -> None:
    marks = [1 for _ in statement.params]
    with closing(sqlite3.connect(path)) as file:
        plan = [row[3] for row in file.execute(f"EXPLAIN QUERY PLAN {statement.sql}", marks)]
    assert plan
    assert [step for step in plan if step.startswith(("SCAN m", "SCAN t"))] == []


def test_deleting_a_ticket_finds_what_was_at_home_in_it_by_an_index(path: Path) -> None:
    with closing(sqlite3.connect(path)) as file:
        place = "SELECT rootpage FROM sqlite_schema WHERE name = ?"
        (root,) = file.execute(place, ("messages_home",)).fetchone()
        file.execute("PRAGMA foreign_keys = ON")
        steps = file.execute("EXPLAIN DELETE FROM tickets WHERE id = 1").fetchall()
    opened = {step[3] for step in steps if step[1] in ("OpenRead", "OpenWrite", "ReopenIdx")}
    sought = [step for step in steps if step[1].startswith("Seek")]
    assert root in opened and sought
