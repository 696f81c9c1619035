"""A damaged database is refused in one line and left as it is, or opened with all it holds."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from cstar_core import Helpdesk, Refused
from cstar_core.migrations import log
from tests.core import damage

pytestmark = pytest.mark.no_cover


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "damaged.db"


@pytest.mark.parametrize(("make", "why"), damage.REFUSED)
def test_damage_is_refused_in_one_line(make: Callable[[Path], None], why: str, file: Path) -> None:
    make(file)
    with pytest.raises(Refused) as caught:
        Helpdesk.open(file)
    assert str(caught.value) == f"{file}{why.format(file)}"


@pytest.mark.parametrize("make", [make for make, _ in damage.REFUSED])
def test_what_is_refused_is_left_as_it_is(make: Callable[[Path], None], file: Path) -> None:
    make(file)
    before = damage.contents(file)
    for _ in range(2):
        with pytest.raises(Refused):
            Helpdesk.open(file)
    assert damage.contents(file) == before


@pytest.mark.parametrize(("make", "tickets"), damage.OPENED)
def test_what_is_opened_holds_everything(
    make: Callable[[Path], None], tickets: int, file: Path
) -> None:
    make(file)
    with Helpdesk.open(file) as desk:
        assert desk.workspace("acme").tickets.list().total == tickets
        assert desk.check(deep=True).ok


def test_a_file_cut_off_anywhere_is_refused(file: Path) -> None:
    damage.sound(file)
    content = file.read_bytes()
    pages = len(content) // 4096
    lengths = [1, 15, 16, 17, 50, 99, 100, 101, 511, 512, 513, 4095]
    lengths += [page * 4096 + extra for page in range(1, pages) for extra in (-1, 0, 1, 2048)]
    for length in lengths:
        file.write_bytes(content[:length])
        with pytest.raises(Refused):
            Helpdesk.open(file)
        assert file.read_bytes() == content[:length]
    assert len(lengths) > 200


def test_a_file_cut_off_anywhere_beside_its_log_is_refused_or_whole(file: Path) -> None:
    damage.sound(file)
    damage.write_and_die(file, "In the log", 30)
    content = damage.contents(file)
    database, log = (content[f"{file.name}{end}"] for end in ("", "-wal"))
    refused = 0
    for page in range(1, len(database) // 4096):
        file.write_bytes(database[: page * 4096])
        Path(f"{file}-wal").write_bytes(log)
        try:
            with Helpdesk.open(file) as desk:
                assert desk.workspace("acme").tickets.list().total == 32
                assert desk.check(deep=True).ok
        except Refused:
            refused += 1
            assert damage.contents(file) == {
                file.name: database[: page * 4096],
                f"{file.name}-wal": log,
            }
    assert refused > 40


def test_a_log_cut_off_anywhere_leaves_whole_transactions(file: Path) -> None:
    damage.killed(file)
    content = damage.contents(file)
    database, log = (content[f"{file.name}{end}"] for end in ("", "-wal"))
    totals = []
    for length in range(0, len(log), 2011):
        file.write_bytes(database)
        Path(f"{file}-wal").write_bytes(log[:length])
        with Helpdesk.open(file) as desk:
            tickets = desk.workspace("acme").tickets.list().items
            assert [len(desk.workspace("acme").messages.list(t.id)) for t in tickets[:-2]] == [
                1
            ] * (len(tickets) - 2)
            assert desk.check(deep=True).ok
        totals.append(len(tickets))
    assert totals == sorted(totals)
    assert set(totals) == {2, 3, 4, 5}


def test_after_the_log_of_another_is_taken_away_the_file_opens(file: Path) -> None:
    damage.closed_with_the_log_of_another(file)
    with pytest.raises(Refused):
        Helpdesk.open(file)
    os.unlink(f"{file}-wal")
    with Helpdesk.open(file) as desk:
        assert desk.workspace("acme").tickets.list().total == 2


def test_the_log_of_an_open_desk_is_its_own(file: Path) -> None:
    damage.sound(file)
    with Helpdesk.open(file) as desk:
        for number in range(40):
            desk.workspace("acme").tickets.create(title=f"{number}")
            with Helpdesk.open(file) as again:
                assert again.workspace("acme").tickets.list().total == number + 3


def test_looking_whose_log_it_is_does_not_take_longer_the_more_has_happened(file: Path) -> None:
    damage.sound(file)
    with closing(sqlite3.connect(file)) as connection:
        for rows, one in log._MARKS:
            for query, values in ((rows, ()), (one, (1,) * one.count("?"))):
                plan = str(connection.execute(f"EXPLAIN QUERY PLAN {query}", values).fetchall())
                assert "SCAN e" not in plan and "SCAN events" not in plan


def test_a_file_of_no_bytes_is_a_new_one(file: Path) -> None:
    file.touch()
    with Helpdesk.open(file) as desk:
        assert desk.teams.list() == ()
