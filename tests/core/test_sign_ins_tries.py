"""How often one may try to sign in, and who is held up by that."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cstar_core import Helpdesk, Member, SignInRefused, SignIns, TooManyTries, Workspace
from cstar_core.sign_ins.tries import network_of
from tests.core.hashing import QuickHasher
from tests.core.signing_in import ADDRESS, AWAY, HOME, OTHER, enter
from tests.core.vocabulary import ManualClock

NETWORKS = [
    ("192.0.2.7", "192.0.2.7"),
    ("::ffff:192.0.2.7", "192.0.2.7"),
    ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
    ("2001:db8:1:2::", "2001:db8:1:2::/64"),
    ("fe80::1%eth0", "fe80::/64"),
    ("unix", "unix"),
    ("x" * 1000, "x" * 64),
    ("", ""),
]


def fail(sign_ins: SignIns, address: str | None = HOME, email: str = ADDRESS) -> int:
    """Try a wrong password; how long to wait if there were too many tries, else 0."""
    with pytest.raises(SignInRefused) as caught:
        sign_ins.sign_in("acme", email, OTHER, address=address)
    return getattr(caught.value, "retry_after", 0)


def stranger(number: int) -> str:
    """An address of a network of its own."""
    return f"198.18.{number // 256}.{number % 256}"


@pytest.mark.parametrize(("address", "network"), NETWORKS)
def test_a_network_is_what_one_may_have_alone(address: str, network: str) -> None:
    assert network_of(address) == network


def test_a_network_has_ten_tries_and_one_each_half_minute(
    sign_ins: SignIns, ada: Member, clock: ManualClock
) -> None:
    waits = [fail(sign_ins, email=f"{number}@example.com") for number in range(12)]
    assert waits == [0] * 10 + [30, 30]
    clock.tick(seconds=29)
    assert fail(sign_ins) == 1
    clock.tick(seconds=1)
    assert (fail(sign_ins), fail(sign_ins)) == (0, 30)
    assert fail(sign_ins, AWAY) == 0


def test_too_many_tries_say_how_long_to_wait(sign_ins: SignIns, ada: Member) -> None:
    while not fail(sign_ins):
        pass
    with pytest.raises(TooManyTries, match="try again in 30 seconds"):
        enter(sign_ins, address=HOME)


def test_a_try_too_many_compares_no_password(
    sign_ins: SignIns, hasher: QuickHasher, ada: Member
) -> None:
    while not fail(sign_ins):
        pass
    hasher.verified.clear()
    assert fail(sign_ins) == 30
    assert hasher.verified == []


def test_what_succeeds_costs_nothing(sign_ins: SignIns, ada: Member) -> None:
    for _ in range(50):
        assert enter(sign_ins, address=HOME).member == ada


def test_a_success_does_not_give_others_of_the_network_new_tries(
    sign_ins: SignIns, ada: Member
) -> None:
    for _ in range(9):
        assert fail(sign_ins, email="eve@example.com") == 0
        enter(sign_ins, address=HOME)
    assert fail(sign_ins, email="eve@example.com") == 0
    assert fail(sign_ins, email="eve@example.com") == 30


@pytest.mark.parametrize("email", [ADDRESS, "nobody@example.com"])
def test_an_address_has_twenty_tries_from_wherever_known_or_not(
    sign_ins: SignIns, ada: Member, clock: ManualClock, email: str
) -> None:
    waits = [fail(sign_ins, stranger(number), email) for number in range(22)]
    assert waits == [0] * 20 + [20, 20]
    assert fail(sign_ins, stranger(99), email.upper()) == 20
    clock.tick(seconds=20)
    assert fail(sign_ins, stranger(98), email) == 0


def test_strangers_do_not_hold_a_member_up_where_it_has_been(
    sign_ins: SignIns, ada: Member
) -> None:
    enter(sign_ins, address=HOME)
    for number in range(40):
        fail(sign_ins, stranger(number))
    with pytest.raises(TooManyTries):
        enter(sign_ins, address=AWAY)
    assert enter(sign_ins, address=HOME).member == ada
    assert enter(sign_ins, address=f"::ffff:{HOME}").member == ada


def test_where_a_member_has_been_is_forgotten_after_ninety_days(
    sign_ins: SignIns, ada: Member, path: Path, clock: ManualClock
) -> None:
    for number in range(30):
        enter(sign_ins, address=stranger(number))
        clock.tick()
    with sqlite3.connect(path) as file:
        assert file.execute("SELECT count(*) FROM known_networks").fetchone() == (20,)
    clock.tick(days=90)
    enter(sign_ins, address=HOME)
    with sqlite3.connect(path) as file:
        assert file.execute("SELECT count(*) FROM known_networks").fetchone() == (1,)


def test_nobody_is_locked_out_for_longer_than_one_try_takes(
    sign_ins: SignIns, ada: Member, clock: ManualClock
) -> None:
    for number in range(500):
        assert fail(sign_ins, stranger(number)) <= 20
    clock.tick(seconds=20)
    assert enter(sign_ins, address=AWAY).member == ada


def test_a_clock_that_was_ahead_locks_nobody_out(
    sign_ins: SignIns, ada: Member, clock: ManualClock
) -> None:
    while not fail(sign_ins):
        pass
    clock.tick(days=-365)
    assert fail(sign_ins) == 0


def test_a_link_lets_in_whoever_is_held_up(acme: Workspace, sign_ins: SignIns, ada: Member) -> None:
    for number in range(30):
        fail(sign_ins, stranger(number))
    assert sign_ins.accept(acme.invitations.renew(ada.id).token, OTHER, address=AWAY).member == ada


def test_tries_at_once_count_each(sign_ins: SignIns, ada: Member) -> None:
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda _: fail(sign_ins), range(30)))
    assert waits.count(0) == 10


def test_tries_count_for_all_processes(path: Path, sign_ins: SignIns, ada: Member) -> None:
    while not fail(sign_ins):
        pass
    with Helpdesk.open(path, clock=ManualClock()) as other:
        assert fail(other.sign_ins(QuickHasher())) == 30


def test_tries_that_do_not_count_any_more_are_forgotten(
    sign_ins: SignIns, ada: Member, path: Path, clock: ManualClock
) -> None:
    for number in range(50):
        fail(sign_ins, stranger(number), f"{number}@example.com")
    clock.tick(seconds=600)
    fail(sign_ins)
    with sqlite3.connect(path) as file:
        assert file.execute("SELECT count(*) FROM sign_in_tries").fetchone() == (2,)


def test_who_tried_what_is_not_in_the_file(
    desk: Helpdesk, sign_ins: SignIns, path: Path, ada: Member
) -> None:
    fail(sign_ins, AWAY, "someone.private@example.com")
    desk.close()
    held = b"".join(file.read_bytes() for file in path.parent.glob("desk.db*"))
    assert b"someone.private" not in held and AWAY.encode() not in held


def test_a_stolen_session_is_no_way_to_guess_the_password(sign_ins: SignIns, ada: Member) -> None:
    waits = []
    for _ in range(22):
        with pytest.raises(SignInRefused) as caught:
            sign_ins.change_password(ada.id, OTHER, "yet another horse")
        waits.append(getattr(caught.value, "retry_after", 0))
    assert waits == [0] * 20 + [20, 20]
