"""Receipts: stored answers to idempotency keys."""

from datetime import timedelta

import pytest

from cstar_core import Helpdesk, Receipt, Workspace
from tests.core.vocabulary import ManualClock

RECEIPT = Receipt("POST /tickets abc", 201, b'{"a": "\xc3\xa9"}\x00', {"ETag": '"1"'})


def room_of_a_new_key(desk: Helpdesk, team: str = "acme") -> Workspace:
    made = desk.keys.create(team, type="secret", environment="live")
    access = desk.keys.authenticate(made.secret)
    assert access is not None
    return desk.workspace_of(access)


@pytest.fixture
def room(desk: Helpdesk) -> Workspace:
    return room_of_a_new_key(desk)


def test_an_unknown_key_has_no_receipt(room: Workspace) -> None:
    assert room.idempotency.find("k") is None


def test_a_receipt_comes_back_as_it_was_saved(room: Workspace) -> None:
    room.idempotency.save("k", RECEIPT)
    assert room.idempotency.find("k") == RECEIPT


def test_a_key_is_its_exact_text(room: Workspace) -> None:
    room.idempotency.save("k", RECEIPT)
    assert room.idempotency.find("K") is None


def test_another_api_key_has_receipts_of_its_own(desk: Helpdesk, room: Workspace) -> None:
    room.idempotency.save("k", RECEIPT)
    assert room_of_a_new_key(desk).idempotency.find("k") is None
    assert room_of_a_new_key(desk, "globex").idempotency.find("k") is None


def test_a_receipt_lasts_for_24_hours(room: Workspace, clock: ManualClock) -> None:
    room.idempotency.save("k", RECEIPT)
    clock.tick(hours=24, seconds=-1)
    assert room.idempotency.find("k") == RECEIPT
    clock.tick(seconds=1)
    assert room.idempotency.find("k") is None


def test_a_key_may_be_used_again_after_a_day(room: Workspace, clock: ManualClock) -> None:
    room.idempotency.save("k", RECEIPT)
    clock.tick(days=1)
    other = Receipt("other", 200, b"", {})
    room.idempotency.save("k", other)
    assert room.idempotency.find("k") == other


def test_old_receipts_are_dropped_on_the_way(
    desk: Helpdesk, room: Workspace, clock: ManualClock
) -> None:
    room.idempotency.save("old", RECEIPT)
    clock.now += timedelta(days=1)
    room.idempotency.save("new", RECEIPT)
    with desk._store.snapshot() as snap:
        assert snap.sql("SELECT idempotency_key FROM receipts") == [("new",)]


def test_a_receipt_is_saved_with_its_effect_or_not_at_all(desk: Helpdesk, room: Workspace) -> None:
    with pytest.raises(ZeroDivisionError), desk.transaction():
        room.tickets.create(title="x")
        room.idempotency.save("k", RECEIPT)
        raise ZeroDivisionError
    assert (room.idempotency.find("k"), room.tickets.list().total) == (None, 0)


def test_the_system_has_receipts_too(acme: Workspace) -> None:
    acme.idempotency.save("k", RECEIPT)
    assert acme.idempotency.find("k") == RECEIPT
