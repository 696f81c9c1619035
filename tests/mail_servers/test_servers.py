"""The servers that the other tests here rest on do what those of users do."""

import smtplib

import pytest

from scripts.trials.mail_servers import Exchange
from tests.mail_servers.conftest import ANN, FULL, letter, received


def test_who_has_no_password_sends_nothing(servers: Exchange) -> None:
    with pytest.raises(smtplib.SMTPAuthenticationError):
        servers.postfix.send(letter(ANN), ANN, "another", ANN)


def test_a_mail_for_a_full_mailbox_comes_back(servers: Exchange) -> None:
    sent = letter(FULL)
    servers.send(sent, ANN, FULL)
    told = received(servers, ANN, sent["Message-ID"])
    assert "Diagnostic-Code: smtp; 552 5.2.2" in told.as_string()


def test_servers_that_were_killed_deliver_what_they_took(servers: Exchange) -> None:
    servers.dovecot.kill()
    with pytest.raises(smtplib.SMTPException):  # nobody is there who knows the passwords
        servers.send(letter(ANN), ANN, ANN)
    servers.dovecot.start()
    sent = letter(ANN)
    servers.send(sent, ANN, ANN)
    servers.postfix.kill()
    servers.postfix.start()
    received(servers, ANN, sent["Message-ID"])
