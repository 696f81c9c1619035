"""Handing a mail to a server: what it takes, what it refuses, and what it must not get."""

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult

from cstar_core import MailReply, SmtpServer
from cstar_web.mail import sending
from cstar_web.mail.sending import send_mail, try_smtp
from cstar_web.mail.trying import NO_PASSWORD
from tests.web.mail.post_office import PASSWORD, USER, account, believing, parcel, post_office

RAW = b"Subject: x\r\n\r\nHello\r\n.\r\nrest\r\n"
JANE, JOHN = "jane@example.com", "john@example.com"


@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
def test_a_mail_arrives_byte_for_byte(security: str) -> None:
    with post_office(security) as office:
        replies = send_mail(parcel(office.server(security), JANE, JOHN), RAW, context=believing())
    assert {each: reply.state for each, reply in replies.items()} == {JANE: "sent", JOHN: "sent"}
    (mail,) = office.mails
    assert (mail.content, mail.rcpt_tos) == (RAW, [JANE, JOHN])
    assert mail.mail_from == "support@acme.example"


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 65_536])
@pytest.mark.parametrize(
    "raw",
    [b"", b".", b"a", b".\r\n", b"a\r\n.\r\n..\r\n.b", b"a.\r\n\r\n", b"x\n.y\n.", b"\r\n.\r"],
)
def test_dots_are_doubled_as_the_library_does_it(
    monkeypatch: pytest.MonkeyPatch, piece: int, raw: bytes
) -> None:
    monkeypatch.setattr(sending, "_PIECE", piece)
    quoted = re.sub(rb"(?m)^\.", b"..", raw)
    end = b"" if quoted.endswith(b"\r\n") else b"\r\n"
    assert b"".join(sending._dotted(raw)) == quoted + end + b".\r\n"


def test_a_mail_waits_for_the_password_of_its_mailbox() -> None:
    with post_office("starttls", auth_required=True) as office:
        mail = parcel(office.server("starttls", USER))
        (reply,) = send_mail(mail, RAW, context=believing()).values()
    assert reply == MailReply("waiting", None, NO_PASSWORD, of_server=True)
    assert office.mails == []


def test_an_automatic_mail_has_no_sender_to_give_it_back_to() -> None:
    with post_office() as office:
        send_mail(parcel(office.server(), sender=""), RAW)
    assert [mail.mail_from for mail in office.mails] == ["<>"]


ANSWERS = [
    ("550 5.1.1 no such user", MailReply("failed", "550 5.1.1", "5.1.1 no such user")),
    ("450 4.2.1 later", MailReply("deferred", "450 4.2.1", "4.2.1 later")),
    ("552 full", MailReply("failed", "552", "full")),
    ("421 4.3.2 going down", MailReply("deferred", "421 4.3.2", "4.3.2 going down")),
]


@pytest.mark.parametrize(("answer", "reply"), ANSWERS)
def test_each_recipient_has_its_own_answer(answer: str, reply: MailReply) -> None:
    with post_office() as office:
        office.answers[JOHN] = answer
        replies = send_mail(parcel(office.server(), JANE, JOHN), RAW)
    assert replies[JOHN] == reply
    assert replies[JANE].state == "sent"
    assert [mail.rcpt_tos for mail in office.mails] == [[JANE]]


@pytest.mark.parametrize(("answer", "reply"), ANSWERS[:3])
def test_what_is_said_of_the_mail_holds_for_all_that_were_taken(
    answer: str, reply: MailReply
) -> None:
    with post_office() as office:
        office.to_data = answer
        office.answers[JOHN] = "550 5.1.1 no"
        replies = send_mail(parcel(office.server(), JANE, JOHN), RAW)
    assert replies == {JANE: reply, JOHN: MailReply("failed", "550 5.1.1", "5.1.1 no")}


def test_a_sender_that_is_refused_is_refused_for_all() -> None:
    with post_office() as office:
        office.to_sender = "553 5.7.1 not yours"
        replies = send_mail(parcel(office.server(), JANE, JOHN), RAW)
    assert {reply.code for reply in replies.values()} == {"553 5.7.1"}


SIGNED = "support+aaaaaad3t23vhkdvqpagxuqm@acme.example"
AS_OTHERS = [
    ("to_sender", "553 5.7.1 not yours", 2),
    ("to_sender", "550 sender rejected", 2),
    ("to_sender", "451 4.7.1 later", 1),
    ("to_data", "554 5.2.252 SendAsDenied", 2),
    ("to_data", "552 5.3.4 too large", 1),
    ("to_rcpt", "553 5.7.1 sender rejected: not owned by user", 2),
    ("to_rcpt", "550 5.1.1 no such user", 1),
]


@pytest.mark.parametrize(("at", "answer", "tries"), AS_OTHERS)
def test_where_only_the_mailbox_may_send_it_is_the_sender(at: str, answer: str, tries: int) -> None:
    with post_office() as office:
        office.of_senders[SIGNED] = (at, answer)
        own = parcel(office.server(), JANE, sender=SIGNED)
        bare = replace(own, bare_sender="support@acme.example")
        replies = send_mail(bare, RAW)
        alone = send_mail(own, RAW)
    assert office.senders == [*[SIGNED, "support@acme.example"][:tries], SIGNED]
    assert replies[JANE].state == ("sent" if tries == 2 else alone[JANE].state)
    assert len(office.mails) == tries - 1


def test_a_mail_is_not_sent_twice_where_some_took_it() -> None:
    with post_office() as office:
        office.answers[JOHN] = "553 5.7.1 not for you"
        own = parcel(office.server(), JANE, JOHN, sender=SIGNED)
        replies = send_mail(replace(own, bare_sender="support@acme.example"), RAW)
    assert [replies[each].state for each in (JANE, JOHN)] == ["sent", "failed"]
    assert office.senders == [SIGNED] and len(office.mails) == 1


def test_who_is_not_there_keeps_no_other_from_the_mail_that_the_mailbox_may_send() -> None:
    with post_office() as office:
        office.of_senders[SIGNED] = ("to_data", "554 5.2.252 SendAsDenied")
        office.answers[JOHN] = "550 5.1.1 no such user"
        own = parcel(office.server(), JOHN, JANE, sender=SIGNED)
        replies = send_mail(replace(own, bare_sender="support@acme.example"), RAW)
    assert {each: reply.state for each, reply in replies.items()} == {JOHN: "failed", JANE: "sent"}
    assert [mail.rcpt_tos for mail in office.mails] == [[JANE]]


def test_nobody_is_sent_to_who_is_not_taken() -> None:
    with post_office() as office:
        office.answers[JANE] = "550 no"
        replies = send_mail(parcel(office.server()), RAW)
    assert (replies[JANE].state, office.mails) == ("failed", [])


def test_the_user_and_password_are_shown_over_tls() -> None:
    with post_office("starttls", auth_required=True) as office:
        server = office.server("starttls", USER)
        replies = send_mail(parcel(server, password=PASSWORD), RAW, context=believing())
        assert replies[JANE].state == "sent"
        wrong = send_mail(parcel(server, password="x"), RAW, context=believing())
    assert wrong[JANE].state == "deferred"
    assert "the user or the password is refused" in wrong[JANE].text


def test_a_password_of_any_letters_is_shown_and_not_told() -> None:
    """The library knows ASCII alone, and its error names the letter that is none."""
    given: list[bytes] = []

    def authenticator(*said: Any) -> AuthResult:
        given.append(said[-1].password)
        return AuthResult(success=len(given) == 1, handled=False)

    with post_office("starttls", authenticator=authenticator, auth_required=True) as office:
        server = office.server("starttls", USER)
        replies = [
            send_mail(parcel(server, password="süß"), RAW, context=believing()) for _ in "12"
        ]
    assert [each[JANE].state for each in replies] == ["sent", "deferred"]
    assert "the user or the password is refused" in replies[1][JANE].text
    assert given == ["süß".encode()] * 2


def test_a_certificate_that_is_not_believed_gets_nothing() -> None:
    for security in ("tls", "starttls"):
        with post_office(security) as office:
            replies = send_mail(parcel(office.server(security)), RAW)
        assert replies[JANE].state == "deferred"
        assert "TLS failed" in replies[JANE].text
        assert office.mails == []


def test_where_starttls_is_wanted_nothing_goes_without_it() -> None:
    with post_office() as office:
        replies = send_mail(parcel(office.server("starttls")), RAW, context=believing())
    assert replies[JANE].text == "the server offers no STARTTLS, and nothing is sent in clear text"
    assert office.mails == []


def test_what_is_too_large_for_a_server_is_not_offered() -> None:
    with post_office(data_size_limit=100) as office:
        replies = send_mail(parcel(office.server()), RAW + b"x" * 100)
    assert replies[JANE] == MailReply(
        "failed", "552 5.3.4", "the mail has 130 bytes, the server takes 100"
    )


def test_an_international_address_is_sent_to_a_server_that_takes_it() -> None:
    with post_office(enable_SMTPUTF8=True) as office:
        replies = send_mail(parcel(office.server(), "jäne@example.com"), RAW)
    assert replies["jäne@example.com"].state == "sent"
    assert "SMTPUTF8" in office.mails[0].mail_options


def test_an_international_address_fails_in_words_elsewhere() -> None:
    with post_office(enable_SMTPUTF8=False) as office:
        replies = send_mail(parcel(office.server(), "jäne@example.com"), RAW)
    assert replies["jäne@example.com"].code == "553 5.6.7"
    assert office.mails == []


def test_nobody_there_is_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    replies = send_mail(parcel(SmtpServer("localhost", port, "none")), RAW)
    assert replies[JANE].state == "deferred"
    assert replies[JANE].text == "Connection refused" and replies[JANE].of_server


Talk = Callable[[socket.socket], None]


def test_what_a_server_says_is_one_line_that_can_be_shown() -> None:
    def talk(connection: socket.socket) -> None:
        connection.sendall(b"554-no\x1b[2J\r\n554 mail\r\n")

    with talker(talk) as server:
        (tried,) = try_smtp(account(server))
    said = "connect (none): the server does not let us in: no?[2J mail"
    assert (tried.ok, tried.said) == (False, said)


def saying(*lines: bytes) -> Talk:
    """A server that greets, and answers each command with the next line, the last one for ever."""

    def talk(connection: socket.socket) -> None:
        rest = list(lines)
        connection.sendall(rest.pop(0) + b"\r\n")
        for _ in connection.makefile("rb"):
            connection.sendall((rest.pop(0) if len(rest) > 1 else rest[0]) + b"\r\n")

    return talk


REFUSING = [
    (saying(b"554 5.3.2 no SMTP here", b"221 bye"), "554 5.3.2", "the server does not let us in"),
    (saying(b"521 not today", b"221 bye"), "521", "the server does not let us in"),
    (saying(b"220 hi", b"550 who are you?"), "550", "the server refuses our greeting: who are"),
    (saying(b"220 hi", b"250 hi", b"530 5.7.0 sign in first"), "530 5.7.0", "sign in first"),
]


@pytest.mark.parametrize(("talk", "code", "said"), REFUSING)
def test_what_a_server_has_against_us_is_not_held_against_the_mail(
    talk: Talk, code: str, said: str
) -> None:
    with talker(talk) as server:
        replies = send_mail(parcel(server), RAW)
    assert (replies[JANE].state, replies[JANE].code) == ("deferred", code)
    assert said in replies[JANE].text and replies[JANE].of_server


@pytest.mark.parametrize("answer", ["535 5.7.8 no", "550 no", "454 4.7.0 later"])
def test_who_may_not_sign_in_tries_again_later(answer: str) -> None:
    talk = saying(b"220 hi", b"250-hi\r\n250 AUTH PLAIN", answer.encode())
    with talker(talk) as server:
        replies = send_mail(parcel(replace(server, user=USER), password=PASSWORD), RAW)
    assert (replies[JANE].state, replies[JANE].code) == ("deferred", answer[:3])
    assert replies[JANE].of_server
    assert "the user or the password is refused" in replies[JANE].text


def test_a_server_that_refuses_starttls_is_tried_again() -> None:
    talk = saying(b"220 hi", b"250-hi\r\n250 STARTTLS", b"554 5.7.0 no")
    with talker(talk) as server:
        replies = send_mail(parcel(replace(server, security="starttls")), RAW)
    assert replies[JANE] == MailReply(
        "deferred", "554 5.7.0", "the server refuses STARTTLS: 5.7.0 no", of_server=True
    )


def test_a_server_is_tried_without_a_mail() -> None:
    with post_office("starttls", auth_required=True) as office:
        server = office.server("starttls", USER)
        good = try_smtp(account(server, PASSWORD), believing())
        bad = try_smtp(account(server, "x"), believing())
        office.to_sender = "550 5.7.1 not from you"
        mute = try_smtp(account(server, PASSWORD), believing())
        strange = try_smtp(account(server, PASSWORD))
        (none,) = try_smtp(account(server), believing())
    assert office.mails == [] and try_smtp(account(None)) == []
    assert (none.ok, none.said) == (False, NO_PASSWORD)
    assert [each.said.partition(": ")[0] for each in good] == [
        "connect (starttls)",
        "sign in as acme",
        "send from support@acme.example",
    ]
    assert all(each.ok for each in good) and "SMTP" in good[0].said
    assert not bad[1].ok and "refused" in bad[1].said and len(bad) == 2
    assert (mute[2].ok, mute[2].said.partition(": ")[2]) == (False, "5.7.1 not from you")
    assert not strange[0].ok and "certificate" in strange[0].said


TROUBLE = [
    (b"220-hi\r\n" * 200_000, "within 0.5 s|says more than"),
    (b"", "ended the connection"),
    (b"220 hi\r\n", "within 0.5 s|ended the connection"),
    (b"\xff\x00\r\n", "connect"),
]


@pytest.mark.parametrize(("said", "told"), TROUBLE)
def test_whatever_a_server_does_a_trial_ends(said: bytes, told: str) -> None:
    def talk(connection: socket.socket) -> None:
        with suppress(OSError):
            connection.sendall(said)

    with talker(talk) as server:
        (tried,) = try_smtp(account(server), seconds=0.5)
    assert not tried.ok and re.search(told, tried.said), tried.said


def test_a_password_that_a_server_repeats_is_hidden() -> None:
    def talk(connection: socket.socket) -> None:
        connection.sendall(b"220 hi\r\n")
        connection.recv(999)
        connection.sendall(b"250-me\r\n250 AUTH PLAIN\r\n")
        connection.sendall(b"535 no: " + connection.recv(999).strip() + b" hunter2\r\n")
        connection.recv(999)

    with talker(talk) as server:
        local = SmtpServer(server.host, server.port, "none", "u")
        tried = try_smtp(account(local, "hunter2"))
    assert "AUTH PLAIN (password) (password)" in tried[-1].said


@contextmanager
def talker(talk: Talk) -> Iterator[SmtpServer]:
    """A server that does as it likes with one connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)

        def run() -> None:
            with suppress(OSError), listener.accept()[0] as connection:
                connection.settimeout(10)
                talk(connection)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield SmtpServer("127.0.0.1", listener.getsockname()[1], "none")
    thread.join(10)


def silent(connection: socket.socket) -> None:
    connection.recv(1)


def dripping(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"2")
        time.sleep(0.05)


def endless_line(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"2" * 65536)


def endless_lines(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"220-hello\r\n" * 4096)


def vanishing(connection: socket.socket) -> None:
    connection.sendall(b"220 hello\r\n")
    connection.recv(100)


def speaking_http(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    connection.recv(1000)


def deaf_to_data(connection: socket.socket) -> None:
    reader = connection.makefile("rb")
    connection.sendall(b"220 hello\r\n")
    for line in reader:
        connection.sendall(b"354 go\r\n" if line.lower().startswith(b"data") else b"250 OK\r\n")
        if line.lower().startswith(b"data"):
            break
    time.sleep(2)


def taking_what_it_was_not_sent(connection: socket.socket) -> None:
    connection.sendall(b"220 hello\r\n")
    for _ in connection.makefile("rb"):
        connection.sendall(b"250 2.0.0 taken\r\n")


HOSTILE: list[tuple[Talk, str]] = [
    (silent, "the server was not done within 0.5 s"),
    (dripping, "the server was not done within 0.5 s"),
    (endless_line, ""),
    (endless_lines, ""),
    (vanishing, "the server ended the connection"),
    (speaking_http, ""),
    (taking_what_it_was_not_sent, "2.0.0 taken"),
    (deaf_to_data, "the server was not done within 0.5 s"),
]


@pytest.mark.parametrize(("talk", "said"), HOSTILE, ids=lambda each: getattr(each, "__name__", ""))
def test_a_server_that_misbehaves_holds_nothing_for_long(talk: Talk, said: str) -> None:
    with talker(talk) as server:
        began = time.monotonic()
        replies = send_mail(parcel(server), RAW + b"x" * 5_000_000, budget=0.5)
        assert time.monotonic() - began < 5
    assert replies[JANE].state == "deferred"
    assert said in replies[JANE].text
