"""Mail goes out while the server runs, and what it is told comes back to the message."""

import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from email import message_from_bytes as parse
from pathlib import Path

import pytest

from cstar_core import Helpdesk, MailPace, MailParcel, MailReply, OutgoingMail, Workspace
from cstar_web.mail import posting as posting_module
from cstar_web.mail.posting import posting
from cstar_web.mail.sending import send_mail
from cstar_web.mail.serving import seeing_to_mail
from cstar_web.settings import Settings
from tests.core.vocabulary import ManualClock
from tests.web.mail.post_office import PostOffice, post_office
from tests.web.sockets import wait_until

JANE = "jane@example.com"


def team(desk: Helpdesk, office: PostOffice, name: str = "acme") -> Workspace:
    desk.teams.create(name.title())
    acme = desk.workspace(name)
    server = office.server()
    outgoing = {"host": server.host, "port": server.port, "security": server.security}
    acme.mailboxes.create(address=f"support@{name}.example", outgoing=outgoing)
    return acme


def written(acme: Workspace, address: str = JANE) -> str:
    ticket = acme.tickets.create(title="Cannot log in", customer_email=address)
    delivery = acme.messages.create(ticket.id, content="Hello").delivery
    assert delivery is not None
    return delivery.id


def until(acme: Workspace, mail: str, is_so: Callable[[OutgoingMail], bool]) -> OutgoingMail:
    """The mail once something is so; it must be within 20 seconds."""
    give_up = time.monotonic() + 20
    while not is_so(found := acme.outgoing_mail.get(mail)):
        assert time.monotonic() < give_up, found
        time.sleep(0.02)
    return found


def test_mail_goes_out_while_the_server_runs(tmp_path: Path) -> None:
    with post_office() as office, Helpdesk.open(tmp_path / "desk.db") as desk:
        acme = team(desk, office)
        with seeing_to_mail(desk, Settings(), None):
            mail = written(acme)
            until(acme, mail, lambda found: found.state == "sent")
        assert [each.rcpt_tos for each in office.mails] == [[JANE]]


def test_mail_goes_out_after_days_in_which_no_server_ran(tmp_path: Path) -> None:
    clock = ManualClock()
    with post_office() as office, Helpdesk.open(tmp_path / "desk.db", clock=clock) as desk:
        acme = team(desk, office)
        mail = written(acme)
        clock.tick(days=4)
        with posting(desk, send_mail):
            until(acme, mail, lambda found: found.state == "sent")
        assert [each.rcpt_tos for each in office.mails] == [[JANE]]


def test_what_is_refused_for_now_is_tried_again(tmp_path: Path) -> None:
    with post_office() as office, Helpdesk.open(tmp_path / "desk.db") as desk:
        acme = team(desk, office)
        office.answers[JANE] = "450 4.2.1 later"
        with posting(desk, send_mail, pace=MailPace(waits=(1,), jitter=0)):
            mail = written(acme)
            until(acme, mail, lambda found: found.state == "deferred")
            other = written(acme, "john@example.com")
            until(acme, other, lambda found: found.state == "sent")
            del office.answers[JANE]
            found = until(acme, mail, lambda found: found.state == "sent")
        assert found.attempts >= 2
        assert len(office.mails) == 2


def test_a_fault_with_one_mail_sends_none_on_its_way_twice(tmp_path: Path) -> None:
    path, sent, go = tmp_path / "desk.db", Counter[str](), threading.Event()

    def post(parcel: MailParcel, _raw: bytes) -> dict[str, MailReply]:
        sent.update(parcel.recipients)
        if JANE in parcel.recipients:
            go.wait(20)
        return {each: MailReply("sent", "250") for each in parcel.recipients}

    with post_office() as office, Helpdesk.open(path) as desk:
        acme = team(desk, office)
        with posting(desk, post, pace=MailPace(waits=(1,), jitter=0)):
            slow = written(acme)
            wait_until(lambda: sent[JANE] == 1, 20)
            lock = Path(f"{path}-files/lock")
            lock.unlink()
            lock.symlink_to(path)  # no file can be stored
            other = written(acme, "john@example.com")
            until(acme, other, lambda found: found.state == "deferred")
            lock.unlink()
            until(acme, other, lambda found: found.state == "sent")
            go.set()
            until(acme, slow, lambda found: found.state == "sent")
    assert sent == {JANE: 1, "john@example.com": 1}


def test_a_fault_of_the_program_sends_none_on_its_way_twice(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path, sent, go = tmp_path / "desk.db", Counter[str](), threading.Event()

    def post(parcel: MailParcel, _raw: bytes) -> dict[str, MailReply]:
        sent.update(parcel.recipients)
        go.wait(20)
        return {each: MailReply("sent", "250") for each in parcel.recipients}

    def servers(after: str) -> None:
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("UPDATE mailboxes SET outgoing = ?", (after,))

    with post_office() as office, Helpdesk.open(path) as desk:
        acme = team(desk, office)
        with posting(desk, post):
            slow = written(acme)
            wait_until(lambda: sent[JANE] == 1, 20)
            servers("no JSON")
            other = written(acme, "john@example.com")
            wait_until(lambda: "sending mail" in caplog.text, 20)
            servers('{"host": "127.0.0.1", "port": 25, "security": "none"}')
            wait_until(lambda: sent["john@example.com"] == 1, 20)
            go.set()
            for each in (slow, other):
                until(acme, each, lambda found: found.state == "sent")
    assert sent == {JANE: 1, "john@example.com": 1}


def test_of_large_mails_two_at_once_are_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting_module, "LARGE", 10)
    going, most, raws = Counter[str](), [0], []
    lock, together = threading.Lock(), threading.Barrier(posting_module.LARGE_AT_ONCE)

    def post(parcel: MailParcel, raw: bytes) -> dict[str, MailReply]:
        with lock:
            going["now"] += 1
            most.append(going["now"])
        together.wait(20)
        with lock:
            going["now"] -= 1
            raws.append(raw)
        return {each: MailReply("sent", "250") for each in parcel.recipients}

    with post_office() as office, Helpdesk.open(tmp_path / "desk.db") as desk:
        teams = [team(desk, office), team(desk, office, "globex")] * 2
        mails = [(each, written(each, f"p{n}@example.com")) for n, each in enumerate(teams)]
        with posting(desk, post):
            for mail in mails:
                until(*mail, lambda found: found.state == "sent")
    assert max(most) == posting_module.LARGE_AT_ONCE
    assert len({parse(raw)["To"] for raw in raws}) == len(mails)


def test_a_server_that_hangs_with_large_mails_leaves_others_their_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting_module, "LARGE", 10)
    hanging, go = Counter[int](), threading.Event()

    def post(parcel: MailParcel, _raw: bytes) -> dict[str, MailReply]:
        if parcel.sender.endswith("@acme.example"):
            hanging[parcel.mailbox] += 1
            go.wait(20)
        return {each: MailReply("sent", "250") for each in parcel.recipients}

    with post_office() as office, Helpdesk.open(tmp_path / "desk.db") as desk:
        acme, globex = team(desk, office), team(desk, office, "globex")
        with posting(desk, post):
            mails = [written(acme, f"p{number}@example.com") for number in range(3)]
            wait_until(lambda: hanging.total() > 0, 20)
            until(globex, written(globex), lambda found: found.state == "sent")
            assert hanging.total() == 1
            go.set()
            for each in mails:
                until(acme, each, lambda found: found.state == "sent")
