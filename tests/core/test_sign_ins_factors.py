"""The second factor: codes of a phone, and codes that stand in for them."""

import sqlite3
from base64 import b32decode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from cstar_core import (
    Conflict,
    Helpdesk,
    Member,
    NotFound,
    SignInRefused,
    SignIns,
    TooManyTries,
    Workspace,
    WrongCode,
)
from cstar_core.sign_ins.codes import code_at, enrolment_uri, matching_step
from tests.core.signing_in import HOME, OTHER, PASSWORD, enter
from tests.core.vocabulary import ManualClock

# RFC 6238, appendix B, for SHA-1.
VECTORS = [
    (59, "94287082"),
    (1_111_111_109, "07081804"),
    (1_111_111_111, "14050471"),
    (1_234_567_890, "89005924"),
    (2_000_000_000, "69279037"),
    (20_000_000_000, "65353130"),
]
SECRET = b"12345678901234567890"


class Phone:
    """What makes codes of a secret."""

    def __init__(self, secret: str, clock: ManualClock) -> None:
        self._secret = b32decode(secret)
        self._clock = clock

    def code(self, off: int = 0) -> str:
        """The code of now, or of so many steps later."""
        return code_at(self._secret, int(self._clock.now.timestamp()) // 30 + off)


@pytest.fixture
def phone(sign_ins: SignIns, ada: Member, clock: ManualClock) -> Phone:
    """The phone of ada, whose second factor counts."""
    phone = Phone(sign_ins.begin_second_factor(ada.id, PASSWORD).secret, clock)
    sign_ins.confirm_second_factor(ada.id, phone.code())
    clock.tick(minutes=5)
    return phone


@pytest.mark.parametrize(("seconds", "code"), VECTORS)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    assert code_at(SECRET, seconds // 30, digits=8) == code
    assert code_at(SECRET, seconds // 30) == code[-6:]


@pytest.mark.parametrize(
    ("off", "last", "found"),
    [(0, 0, 100), (-1, 0, 99), (1, 0, 101), (-2, 0, None), (2, 0, None), (0, 100, None),
     (1, 100, 101), (-1, 99, None), (0, 99, 100)],
)  # fmt: skip
def test_a_code_counts_for_a_step_more_or_less_and_once(
    off: int, last: int, found: int | None
) -> None:
    assert matching_step(SECRET, code_at(SECRET, 100 + off), 100 * 30 + 7, last) == found


def test_a_phone_reads_the_secret_from_a_uri(sign_ins: SignIns, ada: Member) -> None:
    enrolment = sign_ins.begin_second_factor(ada.id, PASSWORD)
    parts = urlsplit(enrolment.uri)
    assert (parts.scheme, parts.netloc, parts.path) == (
        "otpauth",
        "totp",
        "/Acme:ada%40example.com",
    )
    assert parse_qs(parts.query) == {"secret": [enrolment.secret], "issuer": ["Acme"]}
    assert len(b32decode(enrolment.secret)) == 20
    assert sign_ins.second_factor(ada.id) is None


@pytest.mark.parametrize("letter", ["a", "é", "日", "\U0001f6b2", ":"])
def test_what_a_phone_reads_has_room_in_a_qr_code(letter: str) -> None:
    uri = enrolment_uri(bytes(20), letter * 255, letter * 240 + "@example.com")
    # The most that a code of the middling correction holds.
    assert len(uri) <= 2331
    assert parse_qs(urlsplit(uri).query)["issuer"] == [letter.replace(":", " ") * 40]


def test_a_second_factor_counts_once_a_code_is_given(
    sign_ins: SignIns, ada: Member, clock: ManualClock
) -> None:
    phone = Phone(sign_ins.begin_second_factor(ada.id, PASSWORD).secret, clock)
    with pytest.raises(WrongCode):
        sign_ins.confirm_second_factor(ada.id, phone.code(5))
    assert not enter(sign_ins).needs_code
    codes = sign_ins.confirm_second_factor(ada.id, phone.code())
    assert len(set(codes)) == 10
    found = sign_ins.second_factor(ada.id)
    assert found is not None and (found.since, found.recovery_codes) == (clock.now, 10)
    assert enter(sign_ins).needs_code


def test_sessions_that_were_begun_without_a_second_factor_end_once_it_counts(
    desk: Helpdesk, sign_ins: SignIns, ada: Member, clock: ManualClock
) -> None:
    own, other = enter(sign_ins), enter(sign_ins)
    phone = Phone(sign_ins.begin_second_factor(ada.id, PASSWORD).secret, clock)
    with pytest.raises(WrongCode):
        sign_ins.confirm_second_factor(ada.id, phone.code(5), session_id=own.session.id)
    assert desk.sessions.find(other.token) is not None
    sign_ins.confirm_second_factor(ada.id, phone.code(), session_id=own.session.id)
    assert desk.sessions.find(own.token) is not None
    assert desk.sessions.find(other.token) is None


def test_only_who_knows_the_password_adds_or_removes_one(
    sign_ins: SignIns, ada: Member, phone: Phone
) -> None:
    for act in (sign_ins.begin_second_factor, sign_ins.remove_second_factor):
        for wrong in (OTHER, None, ""):
            with pytest.raises(SignInRefused):
                act(ada.id, wrong)
    with pytest.raises(Conflict):
        sign_ins.begin_second_factor(ada.id, PASSWORD)
    with pytest.raises(Conflict):
        sign_ins.confirm_second_factor(ada.id, phone.code())
    sign_ins.remove_second_factor(ada.id, PASSWORD)
    assert sign_ins.second_factor(ada.id) is None and not enter(sign_ins).needs_code
    with pytest.raises(NotFound):
        sign_ins.remove_second_factor(ada.id, PASSWORD)


def test_a_password_alone_opens_nothing(desk: Helpdesk, sign_ins: SignIns, phone: Phone) -> None:
    begun = enter(sign_ins)
    assert begun.needs_code
    assert desk.sessions.find(begun.token) is None
    assert desk.sessions.list(begun.member.id) == ()


def test_a_code_opens_the_session_with_another_token(
    desk: Helpdesk, sign_ins: SignIns, ada: Member, phone: Phone
) -> None:
    begun = enter(sign_ins, user_agent="One/1")
    opened = sign_ins.enter_code(begun.token, f" {phone.code()[:3]} {phone.code()[3:]} ")
    assert (opened.member, opened.needs_code, opened.session.user_agent) == (ada, False, "One/1")
    assert opened.token != begun.token
    assert desk.sessions.find(begun.token) is None
    assert desk.sessions.find(opened.token) is not None
    with pytest.raises(SignInRefused):
        sign_ins.enter_code(begun.token, phone.code(1))


def test_a_code_may_come_with_the_password(sign_ins: SignIns, phone: Phone) -> None:
    assert not enter(sign_ins, code=phone.code()).needs_code


def test_a_code_without_need_is_not_looked_at(sign_ins: SignIns, ada: Member) -> None:
    assert not enter(sign_ins, code="000000").needs_code


def test_a_code_is_used_up(sign_ins: SignIns, phone: Phone) -> None:
    code = phone.code()
    enter(sign_ins, code=code)
    for used in (code, phone.code(-1)):
        with pytest.raises(WrongCode):
            enter(sign_ins, code=used)
    assert not enter(sign_ins, code=phone.code(1)).needs_code


def test_a_code_that_confirmed_the_second_factor_is_used_up(
    sign_ins: SignIns, ada: Member, clock: ManualClock
) -> None:
    phone = Phone(sign_ins.begin_second_factor(ada.id, PASSWORD).secret, clock)
    sign_ins.confirm_second_factor(ada.id, phone.code())
    with pytest.raises(WrongCode):
        enter(sign_ins, code=phone.code())


def test_of_many_who_give_one_code_at_once_one_comes_in(sign_ins: SignIns, phone: Phone) -> None:
    code, tokens = phone.code(), [enter(sign_ins).token for _ in range(4)]

    def use(token: str) -> bool:
        try:
            sign_ins.enter_code(token, code)
        except SignInRefused:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(use, tokens)) == 1


@pytest.mark.parametrize(
    "code", ["", "000000", "12345", "1234567", "x" * 100_000, "\ud800", "١٢٣٤٥٦", 123456, None]
)
def test_what_is_no_code_opens_nothing(
    desk: Helpdesk, sign_ins: SignIns, phone: Phone, code: Any
) -> None:
    begun = enter(sign_ins)
    with pytest.raises(WrongCode):
        sign_ins.enter_code(begun.token, code)
    assert desk.sessions.list(begun.member.id) == ()


def test_a_recovery_code_stands_in_once(sign_ins: SignIns, ada: Member, clock: ManualClock) -> None:
    phone = Phone(sign_ins.begin_second_factor(ada.id, PASSWORD).secret, clock)
    first, second, *_ = sign_ins.confirm_second_factor(ada.id, phone.code())
    assert not enter(sign_ins, code=first.upper().replace("-", " ")).needs_code
    with pytest.raises(WrongCode):
        enter(sign_ins, code=first)
    assert not enter(sign_ins, code=second).needs_code
    left = sign_ins.second_factor(ada.id)
    assert left is not None and left.recovery_codes == 8


def test_a_new_second_factor_has_other_recovery_codes(
    sign_ins: SignIns, ada: Member, clock: ManualClock
) -> None:
    phone = Phone(sign_ins.begin_second_factor(ada.id, PASSWORD).secret, clock)
    old = sign_ins.confirm_second_factor(ada.id, phone.code())
    sign_ins.remove_second_factor(ada.id, PASSWORD)
    phone = Phone(sign_ins.begin_second_factor(ada.id, PASSWORD).secret, clock)
    new = sign_ins.confirm_second_factor(ada.id, phone.code())
    assert not set(old) & set(new)
    with pytest.raises(WrongCode):
        enter(sign_ins, code=old[0])


def test_recovery_codes_are_not_in_the_file(
    desk: Helpdesk, path: Path, sign_ins: SignIns, ada: Member, clock: ManualClock
) -> None:
    phone = Phone(sign_ins.begin_second_factor(ada.id, PASSWORD).secret, clock)
    codes = sign_ins.confirm_second_factor(ada.id, phone.code())
    desk.close()
    held = b"".join(file.read_bytes() for file in path.parent.glob("desk.db*"))
    plain = [each.replace("-", "") for each in codes]
    assert not [each for each in (*codes, *plain) if each.encode() in held]


def test_a_code_is_entered_within_five_minutes(
    sign_ins: SignIns, phone: Phone, clock: ManualClock
) -> None:
    begun = enter(sign_ins)
    clock.tick(seconds=300)
    with pytest.raises(SignInRefused, match="too long"):
        sign_ins.enter_code(begun.token, phone.code())


def test_codes_cannot_be_guessed(sign_ins: SignIns, ada: Member, phone: Phone, path: Path) -> None:
    begun = enter(sign_ins)
    for _ in range(5):
        with pytest.raises(WrongCode):
            sign_ins.enter_code(begun.token, "000000")
    # Neither another try nor another session has more.
    for token in (begun.token, enter(sign_ins).token):
        with pytest.raises(TooManyTries) as caught:
            sign_ins.enter_code(token, phone.code())
        assert caught.value.retry_after == 300
    with sqlite3.connect(path) as file:
        assert file.execute("SELECT count(*) FROM sessions WHERE confirmed").fetchone() == (0,)


def test_codes_of_one_member_do_not_hold_another_up(
    acme: Workspace, sign_ins: SignIns, phone: Phone, clock: ManualClock
) -> None:
    begun = enter(sign_ins)
    for _ in range(5):
        with pytest.raises(WrongCode):
            sign_ins.enter_code(begun.token, "000000", address=HOME)
    other = sign_ins.accept(acme.invitations.invite("bo@example.com").token, OTHER).member
    secret = sign_ins.begin_second_factor(other.id, OTHER).secret
    assert sign_ins.confirm_second_factor(other.id, Phone(secret, clock).code())


def test_a_link_does_not_pass_by_the_second_factor(
    desk: Helpdesk, acme: Workspace, sign_ins: SignIns, ada: Member, phone: Phone
) -> None:
    begun = sign_ins.accept(acme.invitations.renew(ada.id).token, OTHER)
    assert begun.needs_code and desk.sessions.find(begun.token) is None
    assert desk.sessions.find(sign_ins.enter_code(begun.token, phone.code()).token) is not None


def test_an_owner_lets_in_who_has_lost_the_phone(
    acme: Workspace, sign_ins: SignIns, ada: Member, phone: Phone
) -> None:
    acme.invitations.forget_second_factor(ada.id)
    assert not enter(sign_ins).needs_code
    with pytest.raises(NotFound):
        acme.invitations.forget_second_factor(ada.id)
    types = [each.type for each in acme.events.list(types="member.*").items]
    assert types[-3:] == [
        "member.second_factor_added",
        "member.second_factor_removed",
        "member.signed_in",
    ]


def test_a_changed_password_ends_a_session_that_waits_for_a_code(
    sign_ins: SignIns, ada: Member, phone: Phone
) -> None:
    begun = enter(sign_ins)
    sign_ins.change_password(ada.id, PASSWORD, OTHER)
    with pytest.raises(SignInRefused):
        sign_ins.enter_code(begun.token, phone.code())


def test_who_has_no_phone_ends_no_session(
    desk: Helpdesk, sign_ins: SignIns, ada: Member, phone: Phone, clock: ManualClock
) -> None:
    opened = enter(sign_ins, code=phone.code())
    waiting = []
    for _ in range(30):
        clock.tick(seconds=9)
        waiting.append(enter(sign_ins))
    assert desk.sessions.find(opened.token) is not None
    clock.tick(seconds=-200)
    with pytest.raises(SignInRefused, match="took too long"):
        sign_ins.enter_code(waiting[0].token, phone.code())
    assert sign_ins.enter_code(waiting[-1].token, phone.code()).session.id
