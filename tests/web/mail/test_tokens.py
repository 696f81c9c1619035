"""Tokens of mailboxes: kept, renewed, and asked for by one at a time, also of several programs."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cstar_core import Helpdesk, Mailbox, StorageFull, Workspace
from cstar_web.mail.granting import fetch_token
from cstar_web.mail.tokens import NoToken, Tokens
from tests.web.mail.token_giver import Giver, Rotating, giving, refusal, token

ADDRESS = "help@acme.example"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "desk.db"


@pytest.fixture
def desk(path: Path) -> Iterator[Helpdesk]:
    with Helpdesk.open(path) as desk:
        desk.teams.create("Acme")
        yield desk


@pytest.fixture
def acme(desk: Helpdesk) -> Workspace:
    return desk.workspace("acme")


@pytest.fixture
def giver() -> Iterator[Giver]:
    with giving(token("t1")) as giver:
        yield giver


def oauth(giver: Giver, **more: Any) -> dict[str, Any]:
    given = {"provider": "custom", "client_id": "cstar", "token_url": giver.url}
    return given | {"refresh_token": "r1"} | more


def mailbox(acme: Workspace, giver: Giver) -> Mailbox:
    imap = {"host": "imap.example.com", "user": "help", "auth": "oauth"}
    return acme.mailboxes.create(address=ADDRESS, incoming=imap, oauth=oauth(giver))


@dataclass
class Watch:
    """The time of a test."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_token_is_kept_until_shortly_before_it_ends(
    desk: Helpdesk, acme: Workspace, giver: Giver
) -> None:
    box, watch = mailbox(acme, giver), Watch()
    tokens = Tokens(desk, clock=watch)
    for seconds, asked in ((0, 1), (3479, 1), (3481, 2)):
        watch.now = 1000.0 + seconds
        assert tokens.get(box.id) == "t1"
        assert len(giver.forms) == asked
    giver.answer = lambda form: token("short", expires_in=100)
    watch.now += 3600
    tokens.get(box.id)
    watch.now += 49
    assert tokens.get(box.id) == "short" and len(giver.forms) == 3
    watch.now += 2
    tokens.get(box.id)
    assert len(giver.forms) == 4


def test_what_takes_the_place_of_a_refresh_token_is_stored_and_used(
    desk: Helpdesk, acme: Workspace, giver: Giver
) -> None:
    giver.answer = Rotating()
    box, watch = mailbox(acme, giver), Watch()
    tokens = Tokens(desk, clock=watch)
    assert tokens.get(box.id) == "t1" and tokens.get(box.id) == "t1"
    assert desk.mail_accounts.get(box.id).refresh_token == "r2"
    watch.now += 3600
    assert tokens.get(box.id) == "t2"
    assert [form["refresh_token"] for form in giver.forms] == ["r1", "r2"]
    assert acme.mailboxes.get(box.id).version == 1


def test_a_token_is_renewed_once_for_a_server_that_refuses_it(
    desk: Helpdesk, acme: Workspace, giver: Giver
) -> None:
    giver.answer = Rotating()
    box, watch = mailbox(acme, giver), Watch()
    tokens = Tokens(desk, clock=watch)
    assert tokens.get(box.id) == "t1"
    # It was given just now, so that another one would be refused too.
    assert tokens.another(box.id, "t1") is None
    watch.now += 61
    assert tokens.another(box.id, "t1") == "t2"
    # Whoever still has the old one gets what was given meanwhile.
    assert tokens.another(box.id, "t1") == "t2"
    assert len(giver.forms) == 2


def test_a_refusal_is_the_failure_of_the_mailbox_and_not_repeated_at_once(
    desk: Helpdesk, acme: Workspace, giver: Giver
) -> None:
    giver.answer = lambda form: refusal("invalid_grant", "revoked")
    box, watch = mailbox(acme, giver), Watch()
    tokens = Tokens(desk, clock=watch)
    for _ in range(3):
        with pytest.raises(NoToken, match="authorize it again"):
            tokens.get(box.id)
    assert len(giver.forms) == 1
    found = acme.mailboxes.get(box.id)
    assert found.failing_since and "127.0.0.1 says invalid_grant: revoked" in (found.failure or "")
    # To authorize it, in another program, ends that at once.
    giver.answer = lambda form: token()
    acme.mailboxes.update(box.id, oauth=oauth(giver, refresh_token="r9"))
    assert tokens.get(box.id) == "t1"
    assert acme.mailboxes.get(box.id).failure is None
    watch.now += 3600
    giver.answer = lambda form: (503, b"busy")
    with pytest.raises(NoToken, match="503"):
        tokens.get(box.id)
    # Which says nothing of the mailbox, and keeps nobody from asking.
    assert acme.mailboxes.get(box.id).failing_since is None
    watch.now += 61
    giver.answer = lambda form: token()
    assert tokens.get(box.id) == "t1"


def together(*acts: Callable[[], str]) -> list[str]:
    """What each of several threads gets that begin at once."""
    begin, got = threading.Barrier(len(acts)), []

    def run(act: Callable[[], str]) -> None:
        begin.wait(10)
        got.append(act())

    threads = [threading.Thread(target=run, args=(act,), daemon=True) for act in acts]
    for each in threads:
        each.start()
    for each in threads:
        each.join(20)
    return got


def test_many_threads_ask_once(desk: Helpdesk, acme: Workspace, giver: Giver) -> None:
    giver.answer = Rotating()
    box = mailbox(acme, giver)
    tokens = Tokens(desk)
    assert together(*[lambda: tokens.get(box.id)] * 8) == ["t1"] * 8
    assert len(giver.forms) == 1


def test_several_programs_use_no_refresh_token_twice(
    desk: Helpdesk, acme: Workspace, giver: Giver, path: Path
) -> None:
    giver.answer = Rotating()
    box = mailbox(acme, giver)
    with Helpdesk.open(path) as second, Helpdesk.open(path) as third:
        rooms = [Tokens(each) for each in (desk, second, third)]
        got = together(*[lambda room=room: room.get(box.id) for room in rooms])  # type: ignore[misc]
    assert sorted(got) == ["t1", "t2", "t3"]
    assert sorted(form["refresh_token"] for form in giver.forms) == ["r1", "r2", "r3"]
    assert desk.mail_accounts.get(box.id).refresh_token == "r4"


def test_another_program_that_asks_is_waited_for_and_not_for_ever(
    desk: Helpdesk, acme: Workspace, giver: Giver
) -> None:
    box = mailbox(acme, giver)
    asking = desk.mail_accounts.begin_renewal(box.id)
    assert asking is not None
    with pytest.raises(NoToken, match="another program asks for a token"):
        Tokens(desk, patience=0.0).get(box.id)
    assert giver.forms == [] and acme.mailboxes.get(box.id).failure is None
    desk.mail_accounts.end_renewal(asking)
    assert Tokens(desk).get(box.id) == "t1"


def test_who_is_interrupted_lets_the_next_one_ask(
    desk: Helpdesk, acme: Workspace, giver: Giver
) -> None:
    box = mailbox(acme, giver)

    def interrupted(_account: object) -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Tokens(desk, interrupted).get(box.id)
    assert Tokens(desk, patience=0.0).get(box.id) == "t1"


def test_a_refresh_token_that_cannot_be_stored_is_stored_later(
    desk: Helpdesk, acme: Workspace, giver: Giver
) -> None:
    giver.answer = Rotating()
    box, watch = mailbox(acme, giver), Watch()
    accounts, ends = desk.mail_accounts, desk.mail_accounts.end_renewal
    is_full = True

    class Full(type(accounts)):  # type: ignore[misc]
        """As on a disk without room: what ends a renewal is not written."""

        def end_renewal(self, *given: Any, **more: Any) -> None:
            if is_full:
                raise StorageFull("the disk is full")
            ends(*given, **more)

    desk.mail_accounts = Full(desk._store)
    tokens = Tokens(desk, clock=watch)
    assert tokens.get(box.id) == "t1" and tokens.get(box.id) == "t1"
    assert accounts.get(box.id).refresh_token == "r1"
    is_full = False
    assert tokens.get(box.id) == "t1"
    assert accounts.get(box.id).refresh_token == "r2"
    watch.now += 3600
    assert tokens.get(box.id) == "t2"
    assert [form["refresh_token"] for form in giver.forms] == ["r1", "r2"]


def test_a_mailbox_that_is_gone_or_has_passwords_gets_none(
    desk: Helpdesk, acme: Workspace, giver: Giver
) -> None:
    box = mailbox(acme, giver)
    plain = acme.mailboxes.create(address="plain@acme.example")
    tokens = Tokens(desk)
    with pytest.raises(NoToken, match="no provider of tokens"):
        tokens.get(plain.id)
    with pytest.raises(NoToken, match="no provider of tokens"):
        fetch_token(desk.mail_accounts.get(plain.id))
    acme.mailboxes.delete(box.id)
    with pytest.raises(NoToken, match="the mailbox is gone"):
        tokens.get(box.id)
