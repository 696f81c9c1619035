"""Looking a file over: sound files pass, each kind of damage is named."""

import random
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from cstar_core import Finding, Helpdesk, MailReply, Report, Workspace, inspection
from cstar_core.mail_out import line
from tests.core.correspondence import JANE, Server, mailbox, ticket_of_jane
from tests.core.receivers import refusing
from tests.core.test_documents import churn
from tests.core.vocabulary import ManualClock


@pytest.fixture
def damaged(acme: Workspace, desk: Helpdesk, path: Path) -> sqlite3.Connection:
    """A connection with which to do what the library never would."""
    ticket = acme.tickets.create(
        title="Refund", customer_name="Jane", initial_message="Hi", tags="a"
    )
    acme.messages.create(ticket.id, content="internal", is_internal=True)
    with desk.snapshot():
        assert desk.check().ok
    return sqlite3.connect(path, isolation_level=None)


def wrong(desk: Helpdesk) -> list[str]:
    """The names of what is wrong, after a look that whatever is not fine says what to do."""
    findings = desk.check().findings
    assert [bool(each.remedy) for each in findings] == [
        each.warning or not each.ok for each in findings
    ]
    return [finding.name for finding in findings if not finding.ok]


def one(desk: Helpdesk, name: str) -> Finding:
    wrong(desk)
    (found,) = [each for each in desk.check().findings if each.name == name]
    return found


DAMAGE = [
    ("UPDATE ticket_counts SET tickets = tickets + 1", "counters"),
    ("DELETE FROM ticket_counts", "counters"),
    ("INSERT INTO ticket_counts VALUES (1, -1, -1, 4, 3, 2)", "counters"),
    ("UPDATE ticket_counts SET tickets = 0 WHERE assigned_to = 0", "counters"),
    ("UPDATE ticket_counts SET block = 1 WHERE block = 0", "counters"),
    ("UPDATE tags SET uses = 2", "tag counters"),
    ("UPDATE file_totals SET bytes = bytes + 1", "file totals"),
    ("UPDATE file_totals SET files = 7", "file totals"),
    ("DELETE FROM file_totals", "file totals"),
    ("UPDATE workspaces SET customer_count = 2", "customer counters"),
    ("UPDATE tickets SET message_count = 7", "message counts"),
    ("UPDATE tickets SET internal_count = 0", "message counts"),
    ("UPDATE tickets SET first_response_at = 7", "first responses"),
    (
        "INSERT INTO ticket_changes (id, workspace_id, indexed) VALUES (1, 1, 0)",
        "search index 1 (live)",
    ),
    (
        "INSERT INTO customer_changes (id, workspace_id, indexed) VALUES (1, 1, 0)",
        "search index 1 (live)",
    ),
    ("INSERT INTO ticket_search_1 (rowid, title) VALUES (99, 'x')", "search index 1 (live)"),
    ("INSERT INTO customer_search_2 (rowid, name) VALUES (99, 'x')", "search index 2 (test)"),
    (
        "INSERT INTO ticket_search_1 (ticket_search_1) VALUES ('delete-all')",
        "search index 1 (live)",
    ),
    ("UPDATE tickets SET customer_id = 99", "foreign keys"),
    ("INSERT INTO merges VALUES (1, 1, 0, NULL, NULL)", "merges"),
    ("UPDATE messages SET home_id = 1", "merges"),
]


@pytest.mark.parametrize(("statement", "finding"), DAMAGE)
def test_damage_is_named(
    desk: Helpdesk, damaged: sqlite3.Connection, statement: str, finding: str
) -> None:
    with closing(damaged):
        damaged.execute(statement)
        damaged.execute("DELETE FROM ticket_changes WHERE id <> 1 OR workspace_id <> 1")
        assert finding in wrong(desk)


def test_a_counter_at_zero_is_no_damage(desk: Helpdesk, acme: Workspace) -> None:
    acme.tickets.delete(acme.tickets.create(title="x", status="open").id)
    assert wrong(desk) == []


MISMERGED = [
    "UPDATE merges SET into_id = 3 WHERE ticket_id = 1",
    "UPDATE tickets SET status = 1 WHERE number = 1",
    "UPDATE messages SET ticket_id = 1, home_id = NULL WHERE home_id = 1",
    "DELETE FROM merges",
    "INSERT INTO merges VALUES (2, 1, 0, NULL, NULL)",
]


@pytest.mark.parametrize("statement", MISMERGED)
def test_what_is_not_as_a_merge_leaves_it_is_found(
    desk: Helpdesk, acme: Workspace, path: Path, statement: str
) -> None:
    made = [acme.tickets.create(title="x", initial_message="y") for _ in range(3)]
    acme.tickets.merge(made[0].id, into=made[1].id)
    assert wrong(desk) == []
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute(statement)
    assert "merges" in wrong(desk)


def test_tickets_that_are_merged_in_a_circle_are_found(
    desk: Helpdesk, acme: Workspace, path: Path
) -> None:
    made = [acme.tickets.create(title="x", status="closed") for _ in range(3)]
    acme.tickets.merge(made[0].id, into=made[1].id)
    acme.tickets.merge(made[1].id, into=made[2].id)
    assert wrong(desk) == []
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("UPDATE merges SET into_id = 1 WHERE ticket_id = 2")
    (found,) = [finding for finding in desk.check().findings if not finding.ok]
    assert found.detail == "2 tickets are not as a merge leaves them"


def test_a_damaged_index_is_found(desk: Helpdesk, damaged: sqlite3.Connection, path: Path) -> None:
    with closing(damaged):
        [(page,)] = damaged.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'tickets_created'"
        ).fetchall()
    desk.close()
    content = bytearray(path.read_bytes())
    content[page * 4096 - 16 : page * 4096] = b"\0" * 16
    path.write_bytes(content)
    with Helpdesk.open(path) as reopened:
        assert "integrity" in wrong(reopened)


def test_a_finding_says_what_to_do(desk: Helpdesk, damaged: sqlite3.Connection) -> None:
    with closing(damaged):
        damaged.execute("UPDATE ticket_counts SET tickets = 9")
    [found] = [finding for finding in desk.check().findings if not finding.ok]
    assert found.remedy == "make it anew: cstar reindex"
    assert "reindex" not in found.detail


def test_every_workspace_is_looked_at(desk: Helpdesk) -> None:
    names = [finding.name for finding in desk.check().findings]
    assert [name for name in names if name.startswith("search index")] == [
        "search index 1 (live)",
        "search index 2 (test)",
        "search index 3 (live)",
        "search index 4 (test)",
    ]


def test_the_schema_and_the_engine_are_named(desk: Helpdesk) -> None:
    found = {finding.name: finding.detail for finding in desk.check().findings}
    assert found["schema"] == f"version {desk.schema_version}, current"
    assert found["sqlite"].startswith(sqlite3.sqlite_version)


@pytest.fixture
def indexed(acme: Workspace) -> Workspace:
    """A workspace whose index holds three documents of each kind; nothing waits."""
    for name in ("Jane", "Sam", "Ann"):
        acme.tickets.create(title="Refund", customer_name=name, initial_message="my money")
    acme.tickets.list(search="refund")
    acme.customers.list(search="jane")
    return acme


# What changes an index without its number of documents or words, and what differs then.
REPLACED = [
    (
        "ticket_search_1",
        "INSERT INTO ticket_search_1 (ticket_search_1, rowid, messages, internal, title, customer) "
        "VALUES ('delete', 2, 'my money', '', 'Refund', 'Sam ' || char(57344) || ' ')",
        "INSERT INTO ticket_search_1 (rowid, messages, internal, title, customer) "
        "VALUES (2, 'my money', '', 'Refunt', 'Sam ' || char(57344) || ' ')",
    ),
    (
        "customer_search_1",
        "INSERT INTO customer_search_1 (customer_search_1, rowid, name, email) "
        "VALUES ('delete', 2, 'Sam', '')",
        "INSERT INTO customer_search_1 (rowid, name, email) VALUES (2, 'Tim', '')",
    ),
]


@pytest.mark.parametrize(("table", "out", "into"), REPLACED)
def test_a_wrong_word_is_found_by_a_deep_look(
    desk: Helpdesk, indexed: Workspace, path: Path, table: str, out: str, into: str
) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute(out)
        file.execute(into)
    assert desk.check().ok
    listed = indexed.tickets if table.startswith("ticket") else indexed.customers
    second = listed.list(sort="created_at").items[1].id
    [found] = [each for each in desk.check(deep=True).findings if not each.ok]
    assert found.detail == f"differs from the text of {second}"
    assert found.remedy == "make it anew: cstar reindex"


def test_a_word_too_many_is_found(desk: Helpdesk, indexed: Workspace, path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("UPDATE ticket_search_1_docsize SET sz = x'03000101' WHERE id = 1")
    assert wrong(desk) == ["search index 1 (live)"]


def test_an_index_that_cannot_be_read_is_found(
    desk: Helpdesk, indexed: Workspace, path: Path
) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("UPDATE ticket_search_1_data SET block = x'ffffffffff' WHERE id > 10")
    # Whether SQLite itself looks into the index, under the name of integrity, goes by its version.
    found = [each for each in desk.check().findings if not each.ok]
    assert {each.name for each in found} - {"integrity"} == {"search index 1 (live)"}
    assert all("cstar reindex" in each.remedy for each in found)


def test_what_can_be_found_of_a_damaged_file_is_told(
    desk: Helpdesk, damaged: sqlite3.Connection, path: Path
) -> None:
    """Every page of tickets is gone: each finding either names that or does without them."""
    with closing(damaged):
        [(page,)] = damaged.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'tickets'"
        ).fetchall()
    desk.close()
    content = bytearray(path.read_bytes())
    content[(page - 1) * 4096 : page * 4096] = b"\0" * 4096
    path.write_bytes(content)
    with Helpdesk.open(path) as reopened:
        found = {each.name: each for each in reopened.check().findings if not each.ok}
    assert {"integrity", "foreign keys", "counters"} <= found.keys()
    assert found["foreign keys"].detail == "cannot be read: database disk image is malformed"
    assert "cstar restore" in found["foreign keys"].remedy


def test_what_waits_to_be_indexed_is_no_difference(desk: Helpdesk, indexed: Workspace) -> None:
    ticket = indexed.tickets.list(sort="created_at").items[1]
    indexed.tickets.update(ticket.id, title="Renamed since")
    indexed.tickets.create(title="New since", customer_name="Bo")
    assert desk.check(deep=True).ok


def test_a_deep_look_at_any_history_finds_nothing(desk: Helpdesk, acme: Workspace) -> None:
    churn(desk, acme, random.Random(7), 60)
    assert desk.check(deep=True).ok


@pytest.mark.parametrize(("least", "warning"), [(0, False), (1 << 60, True)])
def test_little_free_space_is_a_warning(
    desk: Helpdesk, monkeypatch: pytest.MonkeyPatch, least: int, warning: bool
) -> None:
    monkeypatch.setattr(inspection, "LEAST_FREE", least)
    report = desk.check()
    [finding] = [each for each in report.findings if each.name == "free space"]
    assert (finding.warning, report.ok) == (warning, True)
    assert ("make room for" in finding.remedy) is warning


@pytest.mark.parametrize(("fixed_in", "warning"), [((1, 0, 0), False), ((99, 0, 0), True)])
def test_an_old_engine_is_a_warning_and_not_wrong(
    desk: Helpdesk, monkeypatch: pytest.MonkeyPatch, fixed_in: tuple[int, ...], warning: bool
) -> None:
    monkeypatch.setattr(inspection, "WAL_BUG_FIXED_IN", fixed_in)
    report = desk.check()
    assert (report.findings[0].warning, report.ok) == (warning, True)
    assert bool(report.findings[0].remedy) is warning


@pytest.fixture
def in_public(desk: Helpdesk, path: Path) -> Path:
    """The file of a desk, in a folder that others may enter."""
    for each in path.parents:
        if not each.stat().st_mode & 0o001:
            each.chmod(0o755)
    return path


@pytest.mark.parametrize(("mode", "warning"), [(0o600, False), (0o660, False), (0o604, True)])
def test_a_database_that_others_may_read_is_a_warning(
    desk: Helpdesk, in_public: Path, mode: int, warning: bool
) -> None:
    in_public.chmod(mode)
    found = one(desk, "permissions")
    assert (found.ok, found.warning) == (True, warning)
    assert found.remedy == (f"close it to them: chmod o-rwx {in_public}" if warning else "")


def test_a_folder_that_others_may_not_enter_closes_a_database(
    desk: Helpdesk, in_public: Path
) -> None:
    in_public.chmod(0o666)
    assert one(desk, "permissions").warning
    in_public.parent.chmod(0o700)
    assert not one(desk, "permissions").warning


KINDS = [
    ("ext4", False, "ext4"),
    ("", False, "of a kind that is not known"),
    ("nfs4", True, "nfs4, where SQLite's write-ahead log may lose data"),
    ("fuse.sshfs", True, "fuse.sshfs, where SQLite's"),
    ("tmpfs", True, "tmpfs, which does not outlive the machine or the container"),
    ("fuse.fuse-overlayfs", True, "fuse.fuse-overlayfs, which does not outlive"),
]


@pytest.mark.parametrize(("kind", "warning", "detail"), KINDS)
def test_a_disk_that_does_not_do_is_a_warning(kind: str, warning: bool, detail: str) -> None:
    found = inspection.disk(kind)
    assert (found.ok, found.warning, bool(found.remedy)) == (True, warning, warning)
    assert found.detail.startswith(detail)


def test_copies_beside_a_database_are_a_warning_with_their_names(
    desk: Helpdesk, path: Path
) -> None:
    assert one(desk, "copies beside it").detail == "none"
    for end in (".replaced-20260101T000000Z", ".before-upgrade-from-1.partial"):
        Path(f"{path}{end}").write_bytes(bytes(1024 * 1024))
    found = one(desk, "copies beside it")

    assert (found.ok, found.warning) == (True, True)
    assert found.detail == "2, 1 of them half made, 2 MiB; who was erased may be in them"
    assert found.remedy == (
        "delete those that you do not need any more: rm -r "
        f"{path}.before-upgrade-from-1.partial {path}.replaced-20260101T000000Z"
    )


def test_of_many_copies_some_are_named(desk: Helpdesk, path: Path) -> None:
    for number in range(9):
        Path(f"{path}.before-upgrade-from-1-{number}").touch()
    assert one(desk, "copies beside it").remedy.endswith("before-upgrade-from-1-4 and 4 more")


def test_what_is_looked_at_stands_in_the_document(desk: Helpdesk) -> None:
    table = (Path(__file__).parents[2] / "docs" / "backups.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([a-z ,]+) \|.*\|.*\|$", table, re.MULTILINE)
    named = {name for row in rows for name in row.split(", ")}
    found = {each.name for each in desk.check().findings}
    assert {name for name in found if not name.startswith("search index")} <= named
    assert "search index" in named


def test_a_report_is_ok_unless_something_is_wrong() -> None:
    good, warned, bad = (
        Finding("a", True, ""),
        Finding("b", True, "", warning=True),
        Finding("c", False, ""),
    )
    assert (Report((good, warned)).ok, Report((good, bad)).ok) == (True, False)


def test_a_busy_desk_stays_sound(desk: Helpdesk, acme: Workspace, clock: ManualClock) -> None:
    ada, bo = (acme.members.create(name=name, email=f"{name}@x") for name in ("ada", "bo"))
    for i in range(20):
        ticket = acme.tickets.create(
            title=f"t{i}",
            customer_email=f"c{i % 3}@x",
            tags=f"g{i % 4}",
            assigned_to=(ada.id, bo.id, None)[i % 3],
        )
        clock.tick()
        acme.messages.create(ticket.id, content="x", is_internal=i % 2 == 0)
        acme.tickets.update(ticket.id, status=("open", "closed")[i % 2], priority="high")
        acme.tickets.update(ticket.id, assigned_to=(bo.id, None)[i % 2], tags=f"g{i % 3},h")
        if i % 5 == 0:
            acme.tickets.delete(ticket.id)
    acme.members.delete(bo.id)
    acme.customers.delete(acme.customers.list().items[0].id)
    assert wrong(desk) == []


def test_webhooks_that_are_behind_or_turned_off_are_a_warning(
    desk: Helpdesk, acme: Workspace, clock: ManualClock
) -> None:
    def seen() -> tuple[bool, bool, str]:
        (found,) = [each for each in desk.check().findings if each.name == "webhooks"]
        return found.ok, found.warning, found.detail

    assert seen() == (True, False, "0 on, 0 events undelivered")
    acme.webhooks.create(name="All", url="https://example.com", events=["*"])
    acme.tickets.create(title="One")
    assert seen() == (True, False, "1 on, 1 events undelivered")
    clock.tick(hours=2)
    assert seen()[:2] == (True, True)
    assert "the oldest from 2 hours ago" in seen()[2]
    desk.deliver_due(refusing(410))
    assert "1 turned off because their receiver failed" in seen()[2]
    assert "…/deliveries" in one(desk, "webhooks").remedy


def test_mail_that_waits_for_long_or_could_not_be_read_is_a_warning(
    desk: Helpdesk, acme: Workspace, clock: ManualClock
) -> None:
    def seen() -> tuple[bool, str]:
        found = one(desk, "mail")
        return found.warning, found.detail

    assert seen() == (False, "0 waiting")
    taken = acme.mail.take(b"")
    assert seen() == (False, "1 waiting")
    clock.tick(minutes=11)
    assert seen() == (True, "1 waiting, the oldest for 11 minutes")
    acme.mail.work(taken.id)
    assert seen() == (True, "0 waiting, 1 could not be read in 30 days")
    clock.tick(days=31)
    assert seen() == (False, "0 waiting")


def test_a_mailbox_that_was_not_fetched_for_an_hour_is_a_warning(
    desk: Helpdesk, acme: Workspace, clock: ManualClock
) -> None:
    def seen() -> tuple[bool, str]:
        found = one(desk, "mailboxes")
        return found.warning, found.detail

    assert seen() == (False, "none is fetched")
    imap = {"host": "imap.example.com", "user": "help", "password": "x"}
    box = acme.mailboxes.create(address="help@example.com", incoming=imap)
    acme.mailboxes.create(address="other@example.com")
    clock.tick(minutes=59)
    assert seen() == (False, "1 fetched")
    clock.tick(minutes=61)
    assert seen() == (True, "1 fetched, help@example.com not for 2 hours")
    desk.mail_accounts.note_fetched(box.id)
    assert seen() == (False, "1 fetched")
    (health,) = desk.figures().mailboxes
    assert (health.address, health.failing_since) == ("help@example.com", None)


def test_mail_that_is_not_sent_for_an_hour_is_held_or_has_failed_is_a_warning(
    desk: Helpdesk, acme: Workspace, clock: ManualClock
) -> None:
    def seen() -> tuple[bool, str]:
        found = one(desk, "outgoing mail")
        assert bool(found.remedy) == found.warning
        return found.warning, found.detail

    assert seen() == (False, "0 to be sent")
    mailbox(acme)
    ticket = ticket_of_jane(acme)
    acme.messages.create(ticket.id, content="Hello")
    later = Server({JANE: MailReply("deferred", "451", "later")})
    later.run(desk)
    clock.tick(minutes=59)
    later.run(desk)
    assert seen() == (False, "1 to be sent")
    clock.tick(minutes=61)
    assert seen() == (True, "1 to be sent, the oldest for 2 hours")
    Server({JANE: MailReply("failed", "552", "full")}).run(desk)
    assert seen() == (True, "0 to be sent, 1 failed or came back in a day")
    clock.tick(hours=25)
    assert seen() == (False, "0 to be sent")
    for _ in range(21):
        acme.messages.create(ticket.id, content="Hello")
    assert seen() == (True, "20 to be sent, 1 held back")
    for each in acme.outgoing_mail.list(state="held").items:
        acme.outgoing_mail.cancel(each.id)
    assert seen() == (False, "20 to be sent")


def test_what_is_watched_of_mail_to_be_sent_is_found_along_an_index(desk: Helpdesk) -> None:
    with desk._store.snapshot() as snap:
        for query in (line._NUMBER, line._OLDEST, line._LOST):
            values = query.bind({"state": 1, "since": 1})
            plan = [row[3] for row in snap.sql(f"EXPLAIN QUERY PLAN {query.sql}", values)]
            walks = [each for each in plan if "outgoing_mails" in each]
            assert walks and all("INDEX" in each for each in walks), plan


def test_a_mail_that_has_lost_its_message_is_found(
    desk: Helpdesk, acme: Workspace, path: Path
) -> None:
    found = acme.mail.receive(b"From: jane@example.com\r\n\r\nHello")
    assert one(desk, "mails").ok
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("UPDATE mails SET message_id = NULL")
    assert not one(desk, "mails").ok
    assert found.ticket_id is not None
