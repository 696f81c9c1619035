"""Signing in with address and password, and what is set by an invitation."""

import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from cstar_core import (
    Conflict,
    Forbidden,
    Helpdesk,
    Member,
    NotFound,
    SignInRefused,
    SignIns,
    Workspace,
)
from cstar_core.sign_ins.common import COMMON_PASSWORDS
from cstar_core.sign_ins.passwords import PASSWORD_MIN, check_password
from cstar_core.store import Prepared
from tests.core.hashing import QuickHasher
from tests.core.signing_in import ADDRESS, HOME, OTHER, PASSWORD, enter
from tests.core.vocabulary import NOTHING, ManualClock, messages, refusal

PASSWORDS: list[tuple[Any, list[str]]] = [
    (PASSWORD, []),
    ("x1y2z3a4b5", []),
    ("пароль не такой", []),
    ("a b" * 66 + "cd", []),
    (None, ["password is required"]),
    ("", ["password is required"]),
    (" " * 20, ["password is required"]),
    ("short1234", ["password must have at least 10 characters"]),
    ("e\u0301a\u0301i\u0301o\u0301u\u0301", ["password must have at least 10 characters"]),
    ("a b" * 67, ["password must be at most 200 characters"]),
    (1234567890, ["password must be a string"]),
    ("with\0nothing", ["password must be Unicode text without U+0000"]),
    ("\ud800 and more text", ["password must be Unicode text without U+0000"]),
    ("Password123", ["password is among the most common ones"]),
    ("QWERTYUIOP", ["password is among the most common ones"]),
    ("pass word pass word", ["password is among the most common ones"]),
    ("zzzzzzzzzzzzzzzz", ["password must have at least 4 different characters"]),
    ("ADA@example.com", ["password must not be the name or the address"]),
    ("ada  park  the  1st", ["password must not be the name or the address"]),
]


@pytest.mark.parametrize(("password", "problems"), PASSWORDS)
def test_a_password_has_rules(password: Any, problems: list[str]) -> None:
    known = ("Ada Park the 1st", ADDRESS, None)
    assert messages(check_password("password", password, known)) == problems


def test_only_common_passwords_that_could_be_chosen_are_listed() -> None:
    assert 100 < len(COMMON_PASSWORDS) < 500
    assert all(len(each) >= PASSWORD_MIN for each in COMMON_PASSWORDS)
    assert all(each == "".join(each.casefold().split()) for each in COMMON_PASSWORDS)


def test_a_member_signs_in(desk: Helpdesk, sign_ins: SignIns, ada: Member) -> None:
    begun = enter(sign_ins, address=HOME, user_agent="Browser/1")
    assert (begun.member, begun.team.slug, begun.needs_code) == (ada, "acme", False)
    found = desk.sessions.find(begun.token)
    assert found is not None and found.session == begun.session
    assert (found.session.address, found.session.user_agent) == (HOME, "Browser/1")


def test_the_team_may_be_named_by_its_id(sign_ins: SignIns, ada: Member, acme: Workspace) -> None:
    assert sign_ins.sign_in(acme.team.id, "Ada@Example.COM", PASSWORD).member == ada


def test_each_sign_in_has_a_token_of_its_own(sign_ins: SignIns, ada: Member) -> None:
    tokens = {enter(sign_ins).token for _ in range(5)}
    assert len(tokens) == 5 and all(len(token) == 32 for token in tokens)
    assert enter(sign_ins).token not in repr(enter(sign_ins))


@pytest.mark.parametrize(
    ("team", "email", "password"),
    [
        ("acme", ADDRESS, OTHER),
        ("acme", ADDRESS, ""),
        ("acme", ADDRESS, PASSWORD + "\ud800"),
        ("acme", ADDRESS, PASSWORD * 1000),
        ("acme", ADDRESS, None),
        ("acme", "nobody@example.com", PASSWORD),
        ("acme", "new@example.com", PASSWORD),
        ("acme", "new@example.com", ""),
        ("acme", "", ""),
        ("acme", "\0", PASSWORD),
        ("acme", "\ud800", PASSWORD),
        ("acme", None, PASSWORD),
        ("acme", "x" * 100_000, PASSWORD),
        ("globex", ADDRESS, PASSWORD),
        ("nobody", ADDRESS, PASSWORD),
        (None, ADDRESS, PASSWORD),
    ],
)
def test_whoever_may_not_gets_the_same_answer_after_the_same_work(
    acme: Workspace,
    sign_ins: SignIns,
    hasher: QuickHasher,
    ada: Member,
    team: Any,
    email: Any,
    password: Any,
) -> None:
    acme.members.create(name="New", email="new@example.com")
    hasher.verified.clear()
    with pytest.raises(SignInRefused) as caught:
        sign_ins.sign_in(team, email, password, address=HOME)
    assert type(caught.value) is SignInRefused
    assert str(caught.value) == "The address or the password is not right"
    assert len(hasher.verified) == 1


def test_a_member_of_another_team_has_another_password(
    globex: Workspace, sign_ins: SignIns, ada: Member
) -> None:
    made = globex.invitations.invite(ADDRESS)
    sign_ins.accept(made.token, OTHER)
    assert sign_ins.sign_in("acme", ADDRESS, PASSWORD).member == ada
    assert sign_ins.sign_in("globex", ADDRESS, OTHER).member != ada
    for team, password in (("acme", OTHER), ("globex", PASSWORD)):
        with pytest.raises(SignInRefused):
            sign_ins.sign_in(team, ADDRESS, password)


def test_one_may_type_a_password_in_any_form_of_unicode(acme: Workspace, sign_ins: SignIns) -> None:
    made = acme.invitations.invite(ADDRESS)
    sign_ins.accept(made.token, "Caf\u00e9 cafe\u0301 caf\u00e9")
    assert enter(sign_ins, "Cafe\u0301 caf\u00e9 cafe\u0301").member.email == ADDRESS


def test_a_hash_with_other_parameters_is_made_anew(
    desk: Helpdesk, path: Path, sign_ins: SignIns, ada: Member
) -> None:
    def stored() -> str:
        with sqlite3.connect(path) as file:
            return str(file.execute("SELECT hash FROM passwords").fetchone()[0])

    newer = desk.sign_ins(QuickHasher(cost=2))
    assert stored().startswith("1$")
    with suppress(SignInRefused):
        enter(newer, OTHER)
    assert stored().startswith("1$")
    enter(newer)
    assert stored().startswith("2$")
    assert enter(newer).member == ada


def test_what_opens_something_is_not_in_the_file(
    desk: Helpdesk, path: Path, sign_ins: SignIns, acme: Workspace, ada: Member
) -> None:
    kept = [enter(sign_ins).token, acme.invitations.invite("bo@example.com").token, PASSWORD]
    desk.close()
    held = b"".join(file.read_bytes() for file in path.parent.glob("desk.db*"))
    assert not [each for each in kept if each.encode() in held]


def test_signing_in_is_an_event_of_the_member(
    acme: Workspace, sandbox: Workspace, sign_ins: SignIns, ada: Member
) -> None:
    enter(sign_ins)
    for room in (acme, sandbox):
        found = room.events.list(types="member.*").items
        assert [(each.type, each.actor.type) for each in found] == [
            ("member.created", "system"),
            ("member.invited", "system"),
            ("member.password_changed", "member"),
            ("member.signed_in", "member"),
            ("member.signed_in", "member"),
        ]
        assert {each.object_id for each in found} == {ada.id}


def test_a_changed_password_ends_all_other_sessions(
    desk: Helpdesk, sign_ins: SignIns, ada: Member
) -> None:
    here, there = enter(sign_ins), enter(sign_ins)
    sign_ins.change_password(ada.id, PASSWORD, OTHER, session_id=here.session.id)
    assert desk.sessions.find(here.token) is not None
    assert desk.sessions.find(there.token) is None
    assert enter(sign_ins, OTHER).member == ada
    with pytest.raises(SignInRefused):
        enter(sign_ins)


def test_a_changed_password_ends_an_invitation(
    acme: Workspace, sign_ins: SignIns, ada: Member
) -> None:
    token = acme.invitations.renew(ada.id).token
    sign_ins.change_password(ada.id, PASSWORD, OTHER)
    with pytest.raises(NotFound):
        sign_ins.accept(token, PASSWORD)


def test_who_does_not_know_the_password_does_not_change_it(sign_ins: SignIns, ada: Member) -> None:
    for wrong in (OTHER, "", None):
        with pytest.raises(SignInRefused):
            sign_ins.change_password(ada.id, wrong, OTHER)
    assert refusal(sign_ins.change_password, ada.id, PASSWORD, "short") == [
        "password must have at least 10 characters"
    ]
    assert refusal(sign_ins.change_password, ada.id, PASSWORD, ADDRESS) == [
        "password must not be the name or the address"
    ]
    assert enter(sign_ins).member == ada


def test_it_is_known_when_a_password_was_set(
    acme: Workspace, sign_ins: SignIns, ada: Member, clock: ManualClock
) -> None:
    other = acme.members.create(name="Bo", email="bo@example.com")
    assert sign_ins.password_changed_at(ada.id) == clock.now
    assert sign_ins.password_changed_at(other.id) is None
    with pytest.raises(NotFound):
        sign_ins.password_changed_at(NOTHING)


def test_another_address_signs_a_member_out_and_its_capitals_do_not(
    desk: Helpdesk, acme: Workspace, sign_ins: SignIns, ada: Member
) -> None:
    begun = enter(sign_ins)
    acme.members.update(ada.id, name="Ada", email=ADDRESS.title())
    assert desk.sessions.find(begun.token) is not None
    acme.members.update(ada.id, email="new@example.com")
    assert desk.sessions.find(begun.token) is None
    with pytest.raises(SignInRefused):
        enter(sign_ins)


def test_members_change_their_own_address_with_the_password(
    desk: Helpdesk, acme: Workspace, sign_ins: SignIns, ada: Member
) -> None:
    before = enter(sign_ins)
    with pytest.raises(SignInRefused):
        sign_ins.change_address(ada.id, OTHER, "new@example.com")
    assert desk.sessions.find(before.token) is not None
    acme.invitations.renew(ada.id)
    begun = sign_ins.change_address(ada.id, PASSWORD, "new@example.com", address=HOME)
    assert desk.sessions.find(before.token) is None
    assert begun.member.email == "new@example.com"
    assert [each.id for each in desk.sessions.list(ada.id)] == [begun.session.id]
    assert acme.invitations.list() == ()
    assert acme.events.list(types=["member.updated"]).items[-1].actor.id == ada.id


def test_a_removed_member_is_signed_in_nowhere(
    desk: Helpdesk, acme: Workspace, sign_ins: SignIns, ada: Member
) -> None:
    begun = enter(sign_ins)
    acme.members.delete(ada.id)
    assert desk.sessions.find(begun.token) is None
    with pytest.raises(SignInRefused):
        enter(sign_ins)


def test_a_changed_role_holds_at_once(
    desk: Helpdesk, acme: Workspace, sign_ins: SignIns, ada: Member
) -> None:
    begun = enter(sign_ins)
    acme.members.update(ada.id, role="viewer")
    found = desk.sessions.find(begun.token)
    assert found is not None and found.member.role == "viewer"
    with pytest.raises(Forbidden):
        desk.workspace_of_member(found.member.id).tickets.create(title="x")


def test_many_sign_in_at_once(desk: Helpdesk, sign_ins: SignIns, ada: Member) -> None:
    with ThreadPoolExecutor(8) as pool:
        begun = list(pool.map(lambda _: enter(sign_ins, address=HOME), range(8)))
    assert len({each.token for each in begun}) == 8
    assert len(desk.sessions.list(ada.id)) == 8


class Meddling(QuickHasher):
    """Something happens while a password is compared."""

    def __init__(self, act: Any) -> None:
        super().__init__()
        self._act = act

    def verify(self, hash: str, password: str) -> bool:
        self._act()
        return super().verify(hash, password)


def test_what_was_changed_while_a_password_was_compared_counts(
    desk: Helpdesk, acme: Workspace, sign_ins: SignIns, ada: Member
) -> None:
    meddling = desk.sign_ins(Meddling(lambda: sign_ins.change_password(ada.id, PASSWORD, OTHER)))
    with pytest.raises(SignInRefused):
        enter(meddling)
    removing = desk.sign_ins(Meddling(lambda: acme.members.delete(ada.id)))
    with pytest.raises(SignInRefused):
        enter(removing, OTHER)


def test_the_hasher_works_outside_of_transactions(desk: Helpdesk, ada: Member) -> None:
    """Another writer comes in meanwhile, which would otherwise wait for ever."""

    def write() -> None:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(desk.probe).result(5)

    assert enter(desk.sign_ins(Meddling(write))).member == ada


def test_a_taken_address_does_not_use_an_invitation_up(
    acme: Workspace, sign_ins: SignIns, ada: Member
) -> None:
    token = acme.invitations.invite_first_owner().token
    with pytest.raises(Conflict):
        sign_ins.accept(token, OTHER, name="Ada", email=ADDRESS)
    made = sign_ins.accept(token, OTHER, name="Bo", email="bo@example.com").member
    assert (made.name, made.role) == ("Bo", "owner")


QUERIES = {
    f"{name}.{each}": query
    for name, module in sorted(sys.modules.items())
    if name.startswith(("cstar_core.sign_ins.", "cstar_core.roles"))
    for each, query in vars(module).items()
    if isinstance(query, Prepared)
}


@pytest.mark.parametrize("name", QUERIES)
def test_every_query_has_an_index(path: Path, name: str) -> None:
    query = QUERIES[name]
    with sqlite3.connect(path) as file:
        plan = file.execute(f"EXPLAIN QUERY PLAN {query.sql}", [1] * len(query.params)).fetchall()
    assert not [row[3] for row in plan if row[3].startswith("SCAN")]
