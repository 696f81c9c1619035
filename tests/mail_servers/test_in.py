"""Mail that Postfix takes comes to the desk by each way, once, whatever happens to the servers."""

from collections.abc import Sequence

import pytest

from cstar_core import Helpdesk, Mail
from scripts.trials.correspondence.between import FETCHED, HANDED, PIPED, Between
from scripts.trials.mail_servers import Exchange
from tests.mail_servers.conftest import ANN, PATIENCE, arrived, letter, on_desk, received
from tests.web.sockets import wait_until

WAYS = {"IMAP": FETCHED, "LMTP": HANDED, "pipe": PIPED}


@pytest.mark.parametrize("address", WAYS.values(), ids=list(WAYS))
def test_a_mail_becomes_a_ticket_of_whom_it_is_from(
    desk: Between, servers: Exchange, address: str
) -> None:
    sent = letter(address)
    servers.send(sent, ANN, address)
    assert arrived(desk, sent).customer == ANN


@pytest.mark.parametrize("address", WAYS.values(), ids=list(WAYS))
def test_a_mail_that_comes_twice_is_one_message(
    desk: Between, servers: Exchange, address: str
) -> None:
    first, last = letter(address), letter(address)
    for each in (first, first, last):
        servers.send(each, ANN, address)
    arrived(desk, last)
    arrived(desk, first)
    assert len(on_desk(desk, first)) == 1


def test_mail_is_read_in_a_process_of_its_own(desk: Between, servers: Exchange) -> None:
    sent = letter(HANDED)
    servers.send(sent, ANN, HANDED)
    arrived(desk, sent)
    assert desk.server is not None
    assert len(desk.server.children()) == 1


def test_mail_is_fetched_where_the_server_does_not_tell_of_it(
    desk: Between, servers: Exchange
) -> None:
    servers.dovecot.kill()
    servers.dovecot.offer(idle=False)
    servers.dovecot.start()
    try:
        sent = letter(FETCHED)
        servers.send(sent, ANN, FETCHED)
        arrived(desk, sent)
        assert len(on_desk(desk, sent)) == 1
    finally:
        servers.dovecot.kill()
        servers.dovecot.offer(idle=True)
        servers.dovecot.start()


def test_nothing_is_doubled_where_the_server_numbers_anew(desk: Between, servers: Exchange) -> None:
    before, after = letter(FETCHED), letter(FETCHED)
    servers.send(before, ANN, FETCHED)
    arrived(desk, before)
    servers.dovecot.kill()
    servers.dovecot.forget_indexes(FETCHED)
    servers.dovecot.start()
    servers.send(after, ANN, FETCHED)
    arrived(desk, after)
    assert len(on_desk(desk, before)) == 1


def test_what_is_deleted_on_the_server_stays_on_the_desk(desk: Between, servers: Exchange) -> None:
    gone, next = letter(FETCHED), letter(FETCHED)
    servers.send(gone, ANN, FETCHED)
    arrived(desk, gone)
    with servers.dovecot.session(FETCHED) as session:
        session.store("1:*", "+FLAGS", "\\Deleted")
        session.expunge()
    servers.send(next, ANN, FETCHED)
    arrived(desk, next)
    assert len(on_desk(desk, gone)) == 1


def test_what_is_moved_away_and_back_is_not_doubled(desk: Between, servers: Exchange) -> None:
    moved, next = letter(FETCHED), letter(FETCHED)
    servers.send(moved, ANN, FETCHED)
    arrived(desk, moved)
    with servers.dovecot.session(FETCHED) as session:
        session.create("Elsewhere")
        session.uid("MOVE", "1:*", "Elsewhere")
        session.select("Elsewhere")
        session.uid("MOVE", "1:*", "INBOX")
    servers.send(next, ANN, FETCHED)
    arrived(desk, next)
    assert len(on_desk(desk, moved)) == 1


def test_the_desk_reads_on_where_it_was_killed(desk: Between, servers: Exchange) -> None:
    sent = [letter(address) for address in WAYS.values()]
    desk.kill()
    for each in sent:
        servers.send(each, ANN, each["To"])
    desk.start()
    for each in sent:
        arrived(desk, each)
    assert [len(on_desk(desk, each)) for each in sent] == [1] * len(sent)


def test_a_mail_that_is_too_large_is_seen_and_stops_nothing(
    desk: Between, servers: Exchange
) -> None:
    large, next = letter(FETCHED, Subject="As large as a house"), letter(FETCHED)
    large.add_attachment(b"a" * 26_000_000, "application", "octet-stream", filename="house")
    servers.send(large, ANN, FETCHED)
    wait_until(lambda: bool(failed(desk)), PATIENCE)
    servers.send(next, ANN, FETCHED)
    arrived(desk, next)
    (found,) = failed(desk)
    assert (found.reason, found.ticket_id is None) == ("headers_only", False)


def test_who_hands_over_a_mail_that_is_too_large_is_told(servers: Exchange) -> None:
    large = letter(HANDED)
    large.add_attachment(b"a" * 26_000_000, "application", "octet-stream", filename="house")
    servers.send(large, ANN, HANDED)
    told = received(servers, ANN, large["Message-ID"])
    assert told.get_content_type() == "multipart/report"


def failed(desk: Between) -> Sequence[Mail]:
    """The mails that could not be read."""
    with Helpdesk.open(desk.desk.path) as held:
        return held.workspace(desk.desk.team).mail.list(verdict="failed").items
