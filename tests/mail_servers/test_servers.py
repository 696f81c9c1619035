"""The servers that the other tests here rest on do what those of users do."""

import smtplib
from email.message import EmailMessage
from uuid import uuid4

import pytest

from scripts.trials.mail_servers import Exchange
from tests.mail_servers.conftest import ANN, FULL, SUPPORT
from tests.web.sockets import wait_until


def letter(to: str) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = ANN, to, "Hello"
    made["Message-ID"] = f"<{uuid4()}@customers.test>"
    made.set_content("Is anybody there?")
    return made


def has(servers: Exchange, user: str, text: str) -> bool:
    return any(text.encode() in each for each in servers.dovecot.letters(user))


def test_a_mail_that_postfix_takes_is_fetched_from_dovecot(servers: Exchange) -> None:
    sent = letter(SUPPORT)
    servers.send(sent, ANN, SUPPORT)
    wait_until(lambda: has(servers, SUPPORT, sent["Message-ID"]))
    with servers.dovecot.session(SUPPORT) as session:
        found = session.uid("search", "HEADER", "Message-ID", sent["Message-ID"])
    assert len(found[1][0].split()) == 1


def test_who_has_no_password_sends_nothing(servers: Exchange) -> None:
    with pytest.raises(smtplib.SMTPAuthenticationError):
        servers.postfix.send(letter(SUPPORT), ANN, "another", SUPPORT)


def test_what_is_sent_while_dovecot_is_dead_comes_later(servers: Exchange) -> None:
    servers.dovecot.kill()
    sent = letter(ANN)
    with pytest.raises(smtplib.SMTPException):  # nobody is there who knows the passwords
        servers.send(sent, ANN, ANN)
    servers.dovecot.start()
    servers.send(sent, ANN, ANN)
    wait_until(lambda: has(servers, ANN, sent["Message-ID"]))


def test_a_mail_for_a_full_mailbox_comes_back(servers: Exchange) -> None:
    sent = letter(FULL)
    servers.send(sent, ANN, FULL)
    wait_until(lambda: has(servers, ANN, sent["Message-ID"]))
    assert has(servers, ANN, "Diagnostic-Code: smtp; 552 5.2.2")


def test_a_killed_postfix_sends_what_it_took(servers: Exchange) -> None:
    servers.dovecot.kill()
    servers.dovecot.start()
    sent = letter(ANN)
    servers.send(sent, ANN, ANN)
    servers.postfix.kill()
    servers.postfix.start()
    wait_until(lambda: has(servers, ANN, sent["Message-ID"]))
