"""Answers go out through Postfix, over TLS and with a password, and what comes of them is seen."""

from uuid import uuid4

import pytest

from scripts.trials.correspondence.between import FETCHED, HANDED, PIPED, Between
from scripts.trials.mail_servers import Exchange
from tests.mail_servers.conftest import ANN, FULL, PATIENCE, answer, arrived, letter, received
from tests.web.sockets import wait_until

# How a customer's mail program says what it answers.
SAYS = {
    "by the address": lambda told: {"To": told["Reply-To"]},
    "by In-Reply-To": lambda told: {"To": told["From"], "In_Reply_To": told["Message-ID"]},
    "by References": lambda told: {"To": told["From"], "References": told["Message-ID"]},
    "by the subject": lambda told: {"To": told["From"], "Subject": f"Re: {told['Subject']}"},
}


@pytest.mark.parametrize("address", [FETCHED, HANDED, PIPED])
def test_an_answer_comes_from_the_address_that_was_written_to(
    desk: Between, servers: Exchange, address: str
) -> None:
    sent = letter(address)
    servers.send(sent, ANN, address)
    text = uuid4().hex
    answer(desk, arrived(desk, sent).ticket, text)
    told = received(servers, ANN, text)
    assert told["From"].addresses[0].addr_spec == address
    assert told["In-Reply-To"] == sent["Message-ID"]


@pytest.mark.parametrize("says", SAYS.values(), ids=list(SAYS))
def test_an_answer_to_the_answer_is_on_the_same_ticket(
    desk: Between, servers: Exchange, says: object
) -> None:
    sent = letter(FETCHED)
    servers.send(sent, ANN, FETCHED)
    ticket, text = arrived(desk, sent).ticket, uuid4().hex
    answer(desk, ticket, text)
    assert callable(says)
    later = letter(
        FETCHED, **{name: str(each) for name, each in says(received(servers, ANN, text)).items()}
    )
    servers.send(later, ANN, later["To"].addresses[0].addr_spec)
    assert arrived(desk, later).ticket == ticket


def test_an_answer_waits_while_postfix_is_dead(desk: Between, servers: Exchange) -> None:
    sent = letter(FETCHED)
    servers.send(sent, ANN, FETCHED)
    ticket, text = arrived(desk, sent).ticket, uuid4().hex
    servers.postfix.kill()
    answer(desk, ticket, text)
    desk.kill()
    servers.postfix.start()
    desk.start()
    assert received(servers, ANN, text)["To"].addresses[0].addr_spec == ANN


def test_an_answer_that_comes_back_from_a_full_mailbox_is_seen(
    desk: Between, servers: Exchange
) -> None:
    sent = letter(FETCHED, From=FULL)
    servers.send(sent, FULL, FETCHED)
    ticket = arrived(desk, sent).ticket
    message = answer(desk, ticket, "Can you hear us?")

    def state() -> str | None:
        assert desk.server is not None
        with desk.server.client() as client:
            told = client.send("GET", f"{desk.desk.tickets}/{ticket}/messages")
        found = {each["id"]: each["delivery"] for each in told.body["data"]}
        return found[message] and str(found[message]["state"])

    wait_until(lambda: state() == "bounced", PATIENCE)
