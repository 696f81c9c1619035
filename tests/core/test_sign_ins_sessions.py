"""Sessions: how long they last, how they are listed and ended."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from cstar_core import (
    SESSION_SECONDS_MAX,
    Helpdesk,
    Member,
    NotFound,
    SignIns,
    StorageFull,
    Workspace,
)
from tests.core.limits import file_size_limit
from tests.core.signing_in import HOME, enter
from tests.core.vocabulary import NOTHING, ManualClock

DAY = 86_400


@pytest.mark.parametrize("token", ["", "x", "a" * 32, "\ud800", "\0"])
def test_no_other_token_opens_anything(
    desk: Helpdesk, sign_ins: SignIns, ada: Member, token: str
) -> None:
    enter(sign_ins)
    assert desk.sessions.find(token) is None


def test_the_hash_of_a_token_opens_nothing(
    desk: Helpdesk, path: Path, sign_ins: SignIns, ada: Member
) -> None:
    enter(sign_ins)
    with sqlite3.connect(path) as file:
        (hashed,) = file.execute("SELECT hash FROM sessions").fetchone()
    assert desk.sessions.find(hashed.hex()) is None
    assert desk.sessions.find(hashed.decode("latin-1")) is None


@pytest.mark.parametrize(("seconds", "lasts"), [(43_199, True), (43_200, False), (DAY, False)])
def test_a_session_ends_after_twelve_hours_without_use(
    desk: Helpdesk, sign_ins: SignIns, ada: Member, clock: ManualClock, seconds: int, lasts: bool
) -> None:
    token = enter(sign_ins).token
    clock.tick(seconds=seconds)
    assert (desk.sessions.find(token) is not None) is lasts
    assert len(desk.sessions.list(ada.id)) is int(lasts)


def test_a_session_that_is_used_ends_after_thirty_days(
    desk: Helpdesk, sign_ins: SignIns, ada: Member, clock: ManualClock
) -> None:
    token, hours = enter(sign_ins).token, 0
    while desk.sessions.find(token) is not None:
        clock.tick(hours=10)
        hours += 10
    assert hours * 3600 == SESSION_SECONDS_MAX == 30 * DAY


def test_what_nobody_asked_for_keeps_no_session(
    desk: Helpdesk, sign_ins: SignIns, ada: Member, clock: ManualClock
) -> None:
    token, hours = enter(sign_ins).token, 0
    while desk.sessions.find(token, used=False) is not None:
        clock.tick(hours=1)
        hours += 1
    assert hours == 12


def test_of_more_than_twenty_sessions_the_one_used_longest_ago_ends(
    desk: Helpdesk, sign_ins: SignIns, ada: Member, clock: ManualClock
) -> None:
    begun = []
    for _ in range(20):
        begun.append(enter(sign_ins))
        clock.tick(seconds=60)
    clock.tick(seconds=300)
    assert desk.sessions.find(begun[0].token) is not None
    enter(sign_ins)
    open_ones = {each.id for each in desk.sessions.list(ada.id)}
    assert len(open_ones) == 20
    assert [each.session.id in open_ones for each in begun[:3]] == [True, False, True]


def test_a_session_is_not_ended_by_its_own_beginning(
    desk: Helpdesk, sign_ins: SignIns, ada: Member, clock: ManualClock
) -> None:
    for _ in range(20):
        enter(sign_ins)
    clock.tick(days=-1)
    assert desk.sessions.find(enter(sign_ins).token) is not None
    assert len(desk.sessions.list(ada.id)) == 20


def test_a_session_tells_when_it_ends(
    desk: Helpdesk, sign_ins: SignIns, ada: Member, clock: ManualClock
) -> None:
    session = enter(sign_ins).session
    assert (session.expires_at - clock.now).total_seconds() == 43_200
    assert (session.created_at, session.last_seen_at) == (clock.now, clock.now)


def test_its_use_is_noted_once_in_five_minutes(
    desk: Helpdesk, sign_ins: SignIns, ada: Member, clock: ManualClock
) -> None:
    token, seen = enter(sign_ins).token, []
    for _ in range(11):
        clock.tick(seconds=60)
        assert desk.sessions.find(token) is not None
        seen.append(desk.sessions.list(ada.id)[0].last_seen_at)
    assert len(set(seen)) == 3


def test_a_clock_that_was_ahead_keeps_nobody_signed_in_for_longer(
    desk: Helpdesk, sign_ins: SignIns, ada: Member, clock: ManualClock
) -> None:
    token = enter(sign_ins).token
    clock.tick(days=-365)
    assert desk.sessions.find(token) is not None
    clock.tick(hours=12)
    assert desk.sessions.find(token) is None


def test_sessions_are_listed_with_what_browsers_told(
    desk: Helpdesk, sign_ins: SignIns, ada: Member
) -> None:
    enter(sign_ins, address=HOME, user_agent="One/1")
    enter(sign_ins, address="2001:db8::1", user_agent=None)
    shown = [(each.address, each.user_agent) for each in desk.sessions.list(ada.id)]
    assert shown == [(HOME, "One/1"), ("2001:db8::1", None)]


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("x" * 1000, "x" * 255),
        ("a\r\nb\0c\u202ed", "a  b c d"),
        ("\ud800 x", "x"),
        ("  ", None),
        ("", None),
    ],
)
def test_what_a_browser_tells_is_bounded_and_of_one_line(
    sign_ins: SignIns, ada: Member, told: str, kept: str | None
) -> None:
    assert enter(sign_ins, user_agent=told).session.user_agent == kept


def test_one_session_is_ended(desk: Helpdesk, sign_ins: SignIns, ada: Member) -> None:
    here, there = enter(sign_ins), enter(sign_ins)
    desk.sessions.end(ada.id, there.session.id)
    assert desk.sessions.find(there.token) is None
    assert desk.sessions.find(here.token) is not None
    with pytest.raises(NotFound, match="Session not found"):
        desk.sessions.end(ada.id, there.session.id)


def test_all_other_sessions_are_ended(desk: Helpdesk, sign_ins: SignIns, ada: Member) -> None:
    begun = [enter(sign_ins) for _ in range(4)]
    assert desk.sessions.end_all(ada.id, but=begun[1].session.id) == 3
    assert [desk.sessions.find(each.token) is not None for each in begun] == [
        False,
        True,
        False,
        False,
    ]
    assert desk.sessions.end_all(ada.id) == 1


def test_nobody_ends_the_session_of_another_member(
    desk: Helpdesk, acme: Workspace, sign_ins: SignIns, ada: Member
) -> None:
    begun = enter(sign_ins)
    other = acme.members.create(name="Bo", email="bo@example.com")
    with pytest.raises(NotFound):
        desk.sessions.end(other.id, begun.session.id)
    assert desk.sessions.end_all(other.id) == 0
    assert desk.sessions.list(other.id) == ()
    assert desk.sessions.find(begun.token) is not None


@pytest.mark.parametrize("id", ["", "x", f"ses_{'0' * 32}", NOTHING])
def test_what_is_no_session_is_not_found(
    desk: Helpdesk, sign_ins: SignIns, ada: Member, id: Any
) -> None:
    with pytest.raises(NotFound):
        desk.sessions.end(ada.id, id)


def test_what_ended_by_itself_is_removed_with_the_next_sign_in(
    path: Path, sign_ins: SignIns, ada: Member, clock: ManualClock
) -> None:
    for _ in range(3):
        enter(sign_ins)
    clock.tick(hours=12)
    enter(sign_ins)
    with sqlite3.connect(path) as file:
        assert file.execute("SELECT count(*) FROM sessions").fetchone() == (1,)


def test_on_a_full_disk_one_stays_signed_in(
    desk: Helpdesk, path: Path, sign_ins: SignIns, ada: Member, clock: ManualClock
) -> None:
    token = enter(sign_ins).token
    clock.tick(hours=1)
    size = max(file.stat().st_size for file in path.parent.iterdir())
    with file_size_limit(size):
        with pytest.raises(StorageFull):
            for _ in range(1_000):
                desk.workspace("acme").tickets.create(title="x", notes="x" * 60_000)
        found = desk.sessions.find(token)
    assert found is not None and found.member == ada
