"""Taking mail from servers: who gets it, when it is said to be taken, and what is refused."""

import smtplib
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cstar_core import Busy, Helpdesk, StorageFull, Workspace
from cstar_core.mail import Mails
from cstar_web.mail import listening as module
from cstar_web.mail.listening import ListenBounds, listening
from cstar_web.mail.serving import mail_socket
from cstar_web.settings import Settings
from tests.core.posting import mail

HELP, SALES = "help@acme.example", "sales@other.example"
JANE = "jane@example.com"


@pytest.fixture
def acme(desk: Helpdesk) -> Workspace:
    room = desk.workspace("acme")
    room.mailboxes.create(address=HELP)
    desk.workspace("other").mailboxes.create(address=SALES)
    return room


@contextmanager
def taking(
    desk: Helpdesk, protocol: str, bounds: ListenBounds | None = None
) -> Iterator[tuple[str, int]]:
    with (
        socket.create_server(("127.0.0.1", 0)) as sock,
        listening(desk, protocol, sock, lambda: None, bounds),
    ):
        yield sock.getsockname()[:2]


@contextmanager
def client(protocol: str, place: tuple[str, int]) -> Iterator[smtplib.SMTP]:
    kind = smtplib.LMTP if protocol == "lmtp" else smtplib.SMTP
    with kind(*place, local_hostname="mx.example") as session:
        yield session


@pytest.mark.parametrize("protocol", ["lmtp", "smtp"])
def test_a_mail_is_stored_before_it_is_said_to_be_taken(
    desk: Helpdesk, acme: Workspace, protocol: str
) -> None:
    raw = mail(text=".\r\n..dots\r\n" + "x" * 100_000)
    with taking(desk, protocol) as place, client(protocol, place) as session:
        session.sendmail(JANE, HELP.upper(), raw)
        (taken,) = acme.mail.waiting()
    assert acme.mail.raw(taken.id) == raw
    assert (taken.source, taken.envelope.sender) == ("lmtp", JANE)
    assert taken.envelope.recipients == (HELP.upper(),)


def test_mail_for_several_mailboxes_comes_to_each(desk: Helpdesk, acme: Workspace) -> None:
    with taking(desk, "smtp") as place, client("smtp", place) as session:
        session.sendmail("<>", [HELP, "help+token@acme.example", SALES], mail())
    (ours,), (theirs,) = acme.mail.waiting(), desk.workspace("other").mail.waiting()
    assert ours.envelope.recipients == (HELP, "help+token@acme.example")
    assert theirs.envelope.recipients == (SALES,)
    assert ours.envelope.sender == ""


def test_lmtp_takes_one_recipient_at_a_time(desk: Helpdesk, acme: Workspace) -> None:
    with taking(desk, "lmtp") as place, client("lmtp", place) as session:
        refused = session.sendmail(JANE, [HELP, SALES], mail())
    assert refused[SALES][0] == 452
    assert len(acme.mail.waiting()) == 1 and not desk.workspace("other").mail.waiting()


ODD = ["nobody@acme.example", "help@acme.example.evil", '"a b"@acme.example', "x" * 300 + "@a.b"]


@pytest.mark.parametrize("address", ODD)
def test_nobody_else_gets_mail(desk: Helpdesk, acme: Workspace, address: str) -> None:
    with taking(desk, "smtp") as place, client("smtp", place) as session:
        session.helo()
        session.mail(JANE)
        assert session.rcpt(address)[0] in (550, 553)
        assert session.docmd("RCPT", f"TO:<{HELP}>")[0] == 250
        assert (
            session.docmd("RCPT", "TO:<\udcff@acme.example>".encode(errors="ignore").decode())[0]
            >= 500
        )


def test_what_is_not_utf_8_is_no_mailbox(desk: Helpdesk, acme: Workspace) -> None:
    with taking(desk, "smtp") as place, socket.create_connection(place, 5) as plain:
        answers = plain.makefile("rb")
        answers.readline()
        for line in (b"HELO a", b"MAIL FROM:<a@b.c>", b"RCPT TO:<\xff@acme.example>", b"QUIT"):
            plain.sendall(line + b"\r\n")
        assert [answers.readline()[:3] for _ in range(4)] == [b"250", b"250", b"550", b"221"]


@pytest.mark.parametrize("error", [StorageFull("The disk is full"), Busy("x"), RuntimeError("x")])
def test_what_keeps_it_from_being_stored_may_pass(
    desk: Helpdesk, acme: Workspace, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    with taking(desk, "smtp") as place, client("smtp", place) as session:
        with monkeypatch.context() as patch:
            patch.setattr(Mails, "take", fail)
            with pytest.raises(smtplib.SMTPDataError) as refused:
                session.sendmail(JANE, HELP, mail())
            assert refused.value.smtp_code == 451
        session.sendmail(JANE, HELP, mail())
    assert len(acme.mail.waiting()) == 1


def test_a_mail_that_is_too_large_is_refused_for_good(
    desk: Helpdesk, acme: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LETTER_BYTES_MAX", 10_000)
    with taking(desk, "smtp") as place, client("smtp", place) as session:
        with pytest.raises(smtplib.SMTPSenderRefused) as told:
            session.sendmail(JANE, HELP, mail(text="x" * 10_000))
        assert told.value.smtp_code == 552
        session.ehlo()
        session.esmtp_features.pop("size")
        with pytest.raises(smtplib.SMTPDataError) as refused:
            session.sendmail(JANE, HELP, mail(text="xy\r\n" * 10_000))
        assert refused.value.smtp_code == 552
        session.sendmail(JANE, HELP, mail())
    assert len(acme.mail.waiting()) == 1


def test_there_is_a_bound_to_connections_and_to_mails(desk: Helpdesk, acme: Workspace) -> None:
    bounds = ListenBounds(connections=3, per_address=2, mails_a_minute=1)
    with taking(desk, "smtp", bounds) as place:
        with client("smtp", place) as session, client("smtp", place):
            with pytest.raises(smtplib.SMTPConnectError) as late, client("smtp", place):
                pass
            assert late.value.smtp_code == 421
            session.sendmail(JANE, HELP, mail())
            with pytest.raises(smtplib.SMTPDataError) as often:
                session.sendmail(JANE, HELP, mail())
            assert often.value.smtp_code == 451
        with client("smtp", place) as again:  # those that ended make room
            assert again.noop()[0] == 250


def test_who_says_nothing_is_left(desk: Helpdesk, acme: Workspace) -> None:
    with taking(desk, "smtp", ListenBounds(seconds=0.2)) as place:
        with socket.create_connection(place, 5) as plain:
            plain.recv(1000)
            assert plain.recv(1000) == b""
        with socket.create_connection(place, 5) as plain:
            plain.recv(1000)
            plain.sendall(b"HELO a\r\nMAIL FROM:<>\r\nRCPT TO:<help@acme.example>\r\nDATA\r\n")
            with pytest.raises(OSError):
                while True:  # a byte now and then is no life
                    plain.sendall(b"x")
                    if plain.recv(1000) == b"":
                        raise OSError
    assert acme.mail.waiting() == ()


@pytest.mark.parametrize("protocol", ["lmtp", "smtp"])
def test_it_does_nothing_but_take_mail(desk: Helpdesk, acme: Workspace, protocol: str) -> None:
    with taking(desk, protocol) as place, client(protocol, place) as session:
        session.ehlo_or_helo_if_needed()
        assert not session.has_extn("auth")
        for command in ("VRFY help", "EXPN help", "AUTH PLAIN AHgAeA==", "TURN", "ETRN x"):
            code, said = session.docmd(command)
            assert code >= 500 or code == 252, (command, said)


def test_where_it_listens_is_a_setting() -> None:
    with mail_socket(Settings(mail_listen="lmtp:127.0.0.1:0")) as sock:
        assert sock is not None and sock.getsockname()[0] == "127.0.0.1"
    with mail_socket(Settings()) as sock:
        assert sock is None


SILLY = [
    ("j" * 240 + "@" + "x" * 60 + ".example", HELP, (None, (HELP,))),
    (JANE, f"help+{'x' * 300}@acme.example", (JANE, ())),
    ("", HELP, ("", (HELP,))),
]


@pytest.mark.parametrize(("sender", "recipient", "envelope"), SILLY)
@pytest.mark.parametrize("protocol", ["lmtp", "smtp"])
def test_an_address_that_is_too_long_turns_no_mail_away(
    desk: Helpdesk,
    acme: Workspace,
    protocol: str,
    sender: str,
    recipient: str,
    envelope: tuple[str | None, tuple[str, ...]],
) -> None:
    with taking(desk, protocol) as place, client(protocol, place) as session:
        session.sendmail(sender, recipient, mail())
        (taken,) = acme.mail.waiting()
    assert (taken.envelope.sender, taken.envelope.recipients) == envelope


@pytest.mark.parametrize("protocol", ["lmtp", "smtp"])
def test_a_command_of_silly_length_is_refused_for_good_and_ends_nothing(
    desk: Helpdesk, acme: Workspace, protocol: str
) -> None:
    long = f"<{'j' * 100_000}@example.com>"
    with taking(desk, protocol) as place, client(protocol, place) as session:
        session.ehlo_or_helo_if_needed()
        assert session.docmd("MAIL", f"FROM:{long}")[0] == 500
        assert session.mail(JANE)[0] == 250
        assert session.docmd("RCPT", f"TO:{long}")[0] == 500
        assert session.rcpt(HELP)[0] == 250
        assert session.data(mail())[0] == 250
    assert len(acme.mail.waiting()) == 1
