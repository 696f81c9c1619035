"""Units of work and snapshots: all or nothing, never mixed, never "locked"."""

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from cstar_core import Busy, Helpdesk, Refused, StorageFull, Workspace
from cstar_core.store import Store, prepare, prepare_insert, slot
from cstar_core.store.statements import AT_ONCE
from cstar_core.tables import ProbeRow, TagRow, TagUseRow, TeamRow, TicketRow
from tests.core.vocabulary import START, ManualClock, titles

GROWING = (
    "tickets", "messages", "customers", "members", "events", "tags", "tag_uses", "field_values",
    "custom_fields", "ticket_counts", "ticket_changes", "customer_changes", "receipts", "keys",
    "workspaces", "ticket_search_1_docsize", "customer_search_1_docsize", "ticket_search_1_data",
)  # fmt: skip


def everything(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables."""
    with closing(sqlite3.connect(path)) as connection:
        return {
            table: connection.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608
            for table in GROWING
        }


@contextmanager
def switching_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def in_threads(*work: Callable[[], object]) -> None:
    """Run all at once; the first error is raised here."""
    errors: list[BaseException] = []

    def run(one: Callable[[], object]) -> None:
        try:
            one()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def impatient(desk: Helpdesk) -> None:
    """Make the desk's connection wait for other processes for a moment only."""
    with desk._store.snapshot() as snap:
        snap.sql("PRAGMA busy_timeout = 50")


def do_a_bit_of_everything(acme: Workspace) -> None:
    member = acme.members.create(name="Ada", email="ada@example.com")
    acme.custom_fields.create(name="Region", key="region", type="text", entity_type="tickets")
    customer = acme.customers.create(name="Jane", email="jane@example.com", tags="vip")
    ticket = acme.tickets.create(
        title="Refund",
        tags="money,new",
        customer_id=customer.id,
        assigned_to=member.id,
        custom_fields={"region": "EU"},
        initial_message="Where is it?",
    )
    acme.messages.create(ticket.id, content="Soon", is_internal=True)
    acme.tickets.update(ticket.id, title="Refund 2", status="closed", tags="done")
    acme.customers.update(customer.id, name="Jane Smith")


def test_a_failed_unit_of_work_leaves_no_trace(desk: Helpdesk, acme: Workspace, path: Path) -> None:
    acme.tickets.create(title="before", tags="money", customer_name="Zoe")
    before = everything(path)
    with pytest.raises(ZeroDivisionError), desk.transaction():
        do_a_bit_of_everything(acme)
        raise ZeroDivisionError
    assert everything(path) == before


def test_a_failed_unit_of_work_is_not_searchable(desk: Helpdesk, acme: Workspace) -> None:
    with pytest.raises(ZeroDivisionError), desk.transaction():
        do_a_bit_of_everything(acme)
        raise ZeroDivisionError
    assert acme.tickets.list(search="refund").total == 0


def test_the_number_of_a_failed_ticket_is_given_to_the_next(
    desk: Helpdesk, acme: Workspace
) -> None:
    with pytest.raises(ZeroDivisionError), desk.transaction():
        acme.tickets.create(title="lost")
        raise ZeroDivisionError
    assert acme.tickets.create(title="kept").number == 1


def test_a_unit_of_work_has_one_instant(
    desk: Helpdesk, acme: Workspace, clock: ManualClock
) -> None:
    with desk.transaction():
        one = acme.tickets.create(title="one")
        clock.tick(minutes=5)
        other = acme.tickets.create(title="other")
    assert one.created_at == other.created_at == START


def test_an_instant_may_be_given_for_what_happened_earlier(desk: Helpdesk, acme: Workspace) -> None:
    with desk.transaction(at=START - timedelta(days=30)):
        ticket = acme.tickets.create(title="old")
    assert ticket.created_at == START - timedelta(days=30)


def test_a_nested_unit_of_work_that_fails_undoes_its_own_part_alone(
    desk: Helpdesk, acme: Workspace
) -> None:
    with desk.transaction():
        acme.tickets.create(title="kept")
        with pytest.raises(ZeroDivisionError), desk.transaction():
            acme.tickets.create(title="undone")
            raise ZeroDivisionError
        acme.tickets.create(title="kept too")
    assert titles(acme.tickets.list(sort="number").items) == ["kept", "kept too"]


def test_nesting_goes_to_any_depth(desk: Helpdesk, acme: Workspace) -> None:
    with desk.transaction():
        with pytest.raises(ZeroDivisionError), desk.transaction():
            with desk.transaction():
                acme.tickets.create(title="undone with the one around it")
            raise ZeroDivisionError
        with desk.transaction(), desk.transaction():
            acme.tickets.create(title="kept")
    assert titles(acme.tickets.list().items) == ["kept"]


def test_what_a_savepoint_undid_is_not_in_the_index(desk: Helpdesk, acme: Workspace) -> None:
    with desk.transaction():
        with pytest.raises(ZeroDivisionError), desk.transaction():
            acme.tickets.create(title="undone")
            raise ZeroDivisionError
        acme.tickets.create(title="kept")
    assert acme.tickets.list(search="undone").total == 0
    assert desk.check().ok


def test_a_refused_write_inside_a_unit_of_work_leaves_the_rest(
    desk: Helpdesk, acme: Workspace
) -> None:
    with desk.transaction():
        acme.tickets.create(title="kept")
        with pytest.raises(Exception, match="title is required"):
            acme.tickets.create(title="")
    assert acme.tickets.list().total == 1


def test_a_savepoint_whose_transaction_the_engine_ended_reports_the_cause(path: Path) -> None:
    store = Store(str(path), ManualClock(), lambda tx: None)
    with pytest.raises(ZeroDivisionError), store.transaction(), store.transaction() as inner:
        inner.connection.execute("ROLLBACK")
        raise ZeroDivisionError
    store.close()


def test_a_snapshot_refuses_to_write(desk: Helpdesk, acme: Workspace) -> None:
    with desk.snapshot(), pytest.raises(RuntimeError, match="not inside a snapshot"):
        acme.tickets.create(title="x")


@pytest.mark.parametrize(
    "text", ["DELETE FROM teams", "INSERT INTO teams DEFAULT VALUES", "  drop table teams"]
)
def test_a_snapshot_refuses_raw_writes(desk: Helpdesk, text: str) -> None:
    with desk._store.snapshot() as snap, pytest.raises(RuntimeError, match="only reads"):
        snap.sql(text)


def test_a_snapshot_refuses_written_queries(desk: Helpdesk) -> None:
    with desk._store.snapshot() as snap, pytest.raises(RuntimeError, match="only reads"):
        snap.all(ProbeRow.delete())


def test_a_snapshot_sees_nothing_of_what_is_written_meanwhile(
    desk: Helpdesk, acme: Workspace
) -> None:
    acme.tickets.create(title="before")
    with desk.snapshot():
        assert acme.tickets.list().total == 1
        in_threads(lambda: acme.tickets.create(title="meanwhile"))
        assert acme.tickets.list(search="meanwhile").total == 0
    assert acme.tickets.list().total == 2


def test_a_snapshot_inside_a_unit_of_work_sees_what_it_wrote(
    desk: Helpdesk, acme: Workspace
) -> None:
    with desk.transaction():
        acme.tickets.create(title="x")
        with desk.snapshot():
            assert acme.tickets.list().total == 1


def test_a_snapshot_inside_a_snapshot_is_the_same(desk: Helpdesk, acme: Workspace) -> None:
    with desk.snapshot():
        assert acme.tickets.list().total == 0
        in_threads(lambda: acme.tickets.create(title="meanwhile"))
        with desk.snapshot():
            assert acme.tickets.list().total == 0


def test_a_snapshot_ends_when_an_error_leaves_it(desk: Helpdesk, acme: Workspace) -> None:
    with pytest.raises(ZeroDivisionError), desk.snapshot():
        raise ZeroDivisionError
    acme.tickets.create(title="x")


def test_another_thread_does_not_join_a_unit_of_work(desk: Helpdesk, acme: Workspace) -> None:
    seen: list[int] = []
    with desk.transaction():
        acme.tickets.create(title="not committed yet")
        in_threads(lambda: seen.append(acme.tickets.list().total))
    assert seen == [0]


def test_two_desks_in_two_threads_never_mix(tmp_path: Path) -> None:
    def fill(name: str) -> Callable[[], None]:
        def work() -> None:
            with Helpdesk.open(tmp_path / f"{name}.db") as desk:
                room = desk.workspace(desk.teams.create(name).slug).tickets
                for _ in range(60):
                    ticket = room.create(title=name, tags=name)
                    assert room.get(ticket.id).title == name
                assert {one.title for one in room.list(search=name, page_size=100).items} == {name}

        return work

    with switching_often():
        in_threads(fill("one"), fill("two"))
    for name in ("one", "two"):
        with Helpdesk.open(tmp_path / f"{name}.db") as desk:
            found = desk.workspace(name).tickets.list(page_size=100)
            assert (found.total, {one.title for one in found.items}) == (60, {name})


def test_eight_threads_write_without_waiting_in_vain_and_lose_nothing(
    desk: Helpdesk, acme: Workspace
) -> None:
    ticket = acme.tickets.create(title="shared", metadata={"sum": 0})

    def work(name: str) -> Callable[[], None]:
        def write() -> None:
            for i in range(12):
                acme.tickets.create(title=f"{name} {i}")
                with desk.transaction():
                    total = acme.tickets.get(ticket.id).metadata["sum"]
                    acme.tickets.update(ticket.id, metadata={"sum": total + 1})

        return write

    with switching_often():
        in_threads(*[work(f"thread{n}") for n in range(8)])
    numbers = {
        one.number
        for page in range(1, 3)
        for one in acme.tickets.list(page=page, page_size=100).items
    }
    assert numbers == set(range(1, 8 * 12 + 2))
    assert acme.tickets.get(ticket.id).metadata["sum"] == 8 * 12
    assert desk.check().ok


def test_readers_are_never_stopped_by_a_writer(desk: Helpdesk, acme: Workspace) -> None:
    totals: list[int] = []
    with desk.transaction():
        acme.tickets.create(title="x")
        in_threads(*[lambda: totals.append(acme.tickets.list().total) for _ in range(4)])
    assert totals == [0, 0, 0, 0]


def test_another_process_writes_while_this_one_runs(
    desk: Helpdesk, acme: Workspace, path: Path
) -> None:
    acme.tickets.create(title="from here")
    code = (
        "import sys; from cstar_core import Helpdesk\n"
        "with Helpdesk.open(sys.argv[1]) as desk:\n"
        "    desk.workspace('acme').tickets.create(title='from there')"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)
    acme.tickets.create(title="from here again")
    assert titles(acme.tickets.list(sort="number").items) == [
        "from here",
        "from there",
        "from here again",
    ]


def test_a_lock_held_by_another_process_is_busy(
    desk: Helpdesk, acme: Workspace, path: Path
) -> None:
    impatient(desk)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Busy, match="try again"):
            acme.tickets.create(title="x")


def test_reading_goes_on_while_another_process_writes(
    desk: Helpdesk, acme: Workspace, path: Path
) -> None:
    impatient(desk)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert acme.tickets.list().total == 0


def test_writing_works_again_once_the_lock_is_gone(
    desk: Helpdesk, acme: Workspace, path: Path
) -> None:
    impatient(desk)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Busy):
            desk.probe()
    desk.probe()


def test_a_full_disk_is_said_so_and_nothing_is_left(
    desk: Helpdesk, acme: Workspace, path: Path
) -> None:
    before = everything(path)
    with desk._store.snapshot() as snap:
        snap.sql("PRAGMA max_page_count = 1")
    with pytest.raises(StorageFull), desk.transaction():
        for _ in range(100):
            acme.tickets.create(title="x", notes="n" * 60_000)
    assert everything(path) == before


def test_damage_found_while_reading_is_refused(desk: Helpdesk, path: Path) -> None:
    with desk._store.snapshot() as snap:
        [(page,)] = snap.sql("SELECT rootpage FROM sqlite_schema WHERE name = 'teams'")
    desk.close()
    content = bytearray(path.read_bytes())
    content[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    path.write_bytes(content)
    with Helpdesk.open(path) as damaged, pytest.raises(Refused, match="is damaged"):
        damaged.teams.list()


def test_a_file_that_cannot_be_opened_any_more_is_refused(path: Path) -> None:
    desk = Helpdesk.open(path)
    path.unlink()
    path.mkdir()
    with desk.snapshot(), ThreadPoolExecutor(1) as another, pytest.raises(Refused) as caught:
        another.submit(desk.teams.list).result()  # this thread has the only connection
    assert "cannot be opened" in str(caught.value)
    desk.close()


def test_a_mistake_in_a_query_is_not_dressed_up(desk: Helpdesk) -> None:
    with pytest.raises(sqlite3.OperationalError), desk._store.snapshot() as snap:
        snap.sql("SELECT nothing")


def test_a_closed_desk_says_so(desk: Helpdesk, acme: Workspace) -> None:
    desk.close()
    with pytest.raises(RuntimeError, match="closed"):
        acme.tickets.list()


def test_closing_while_a_thread_reads_closes_its_connection_after_it(
    desk: Helpdesk, acme: Workspace
) -> None:
    with desk.snapshot():
        desk.close()
        assert acme.tickets.list().total == 0
    with pytest.raises(RuntimeError, match="closed"):
        acme.tickets.list()


def test_closing_twice_is_harmless(desk: Helpdesk, path: Path) -> None:
    desk.close()
    desk.close()
    with Helpdesk.open(path) as again:
        assert again.check().ok


def test_the_last_desk_folds_the_log_into_the_file(desk: Helpdesk, path: Path) -> None:
    desk.probe()
    desk.close()
    assert [file.name for file in path.parent.iterdir()] == ["desk.db"]


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        *(("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)),
        *(("trusted_schema", 0), ("secure_delete", 1)),
    ],
)
def test_every_connection_is_durable_and_strict(desk: Helpdesk, pragma: str, value: object) -> None:
    with desk._store.snapshot() as snap:
        assert snap.sql(f"PRAGMA {pragma}") == [(value,)]


def test_a_value_without_a_name_in_a_prepared_query_is_a_mistake(desk: Helpdesk) -> None:
    query = prepare(TeamRow.select(TeamRow.id).where(TeamRow.slug == slot("slug")))
    with desk._store.snapshot() as snap, pytest.raises(KeyError):
        snap.all(query)


@pytest.mark.parametrize("number", [0, 1, AT_ONCE - 1, AT_ONCE, 2 * AT_ONCE + 3])
def test_many_rows_are_written_with_one_prepared_query(desk: Helpdesk, number: int) -> None:
    query = prepare_insert(TagUseRow, ("tag_id", "owner_id", "created_at"))
    with desk._store.transaction() as tx:
        tag = tx.insert(TagRow.insert(workspace_id=1, entity_type="tickets", tag_key="vip", uses=0))
        tx.many(query, ((tag, owner, 7) for owner in range(number)))
        rows = tx.all(TagUseRow.select(TagUseRow.owner_id, TagUseRow.created_at))
        assert rows == [(owner, 7) for owner in range(number)]


def test_the_key_of_the_next_row_is_known(desk: Helpdesk, acme: Workspace) -> None:
    acme.tickets.delete(acme.tickets.create(title="x").id)
    with desk._store.transaction() as tx:
        expected = tx.next_key("tickets")
        acme.tickets.create(title="y")
        assert tx.value(TicketRow.select(TicketRow.id)) == expected == 2


def test_the_key_of_the_first_row_is_one(desk: Helpdesk) -> None:
    with desk._store.transaction() as tx:
        assert tx.next_key("tickets") == 1


def test_a_query_without_a_row_gives_no_value(desk: Helpdesk) -> None:
    with desk._store.snapshot() as snap:
        assert snap.value(ProbeRow.select(ProbeRow.written_at)) is None


@pytest.mark.parametrize("brief", [True, False])
def test_a_file_that_was_upgraded_underneath_is_not_written_any_more(
    desk: Helpdesk, acme: Workspace, path: Path, brief: bool
) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as newer:
        newer.execute(f"PRAGMA user_version = {desk.schema_version + 1}")
    with pytest.raises(Refused, match="has been upgraded"), desk.transaction(brief=brief):
        acme.tickets.create(title="By the older version")
    with closing(sqlite3.connect(path, isolation_level=None)) as newer:
        newer.execute("UPDATE workspaces SET customer_count = customer_count")
    assert acme.tickets.list().total == 0
