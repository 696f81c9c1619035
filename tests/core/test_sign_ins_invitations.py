"""Invitations: links that work once."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cstar_core import (
    Conflict,
    Forbidden,
    Helpdesk,
    Member,
    NewInvitation,
    NotFound,
    SignIns,
    Standing,
    Workspace,
)
from tests.core.signing_in import ADDRESS, OTHER, PASSWORD, enter
from tests.core.vocabulary import NOTHING, ManualClock, refusal

INVITED: list[tuple[dict[str, Any], list[str]]] = [
    ({"email": None}, ["email is required"]),
    ({"email": " "}, ["email is required"]),
    ({"email": "x"}, ["email must be an email address"]),
    ({"email": 5, "name": 5}, ["name must be a string", "email must be a string"]),
    ({"email": "a@b", "name": ""}, ["name is required"]),
    (
        {"email": "a@b", "role": "king", "expires_in": timedelta(0)},
        [
            "role must be one of: owner, agent, viewer",
            "expires_in must be more than nothing and at most 30 days",
        ],
    ),
    (
        {"email": "a@b", "expires_in": timedelta(days=30, seconds=1)},
        ["expires_in must be more than nothing and at most 30 days"],
    ),
    (
        {"email": "a@b", "expires_in": 72},
        ["expires_in must be more than nothing and at most 30 days"],
    ),
]
ACCEPTED: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["name is required", "email is required", "password is required"]),
    (
        {"name": "", "email": "x", "password": "short"},
        [
            "name is required",
            "email must be an email address",
            "password must have at least 10 characters",
        ],
    ),
    (
        {"name": "Ada Park the 1st", "email": "ada@example.com", "password": "ada park the 1st"},
        ["password must not be the name or the address"],
    ),
    (
        {"name": "Ada", "email": "ada.park.1st@example.com", "password": "ADA.park.1st"},
        ["password must not be the name or the address"],
    ),
]


@pytest.fixture
def bo(acme: Workspace) -> NewInvitation:
    """An invitation of a new agent."""
    return acme.invitations.invite("bo@example.com")


@pytest.mark.parametrize(("values", "problems"), INVITED)
def test_an_invitation_has_rules(
    acme: Workspace, values: dict[str, Any], problems: list[str]
) -> None:
    assert refusal(acme.invitations.invite, **values) == problems
    assert (acme.invitations.list(), acme.members.list().total) == ((), 0)


def test_who_is_invited_becomes_a_member(acme: Workspace, bo: NewInvitation) -> None:
    member = bo.invitation.member
    assert member is not None and acme.members.get(member.id) == member
    assert (member.name, member.email, member.role) == ("bo", "bo@example.com", "agent")
    assert acme.invitations.list() == (bo.invitation,)
    assert bo.token not in repr(bo)


def test_a_member_is_invited_as_it_is(acme: Workspace, ada: Member) -> None:
    made = acme.invitations.invite("ADA@example.com", name="Another").invitation
    assert (made.member, made.is_new) == (ada, False)
    with pytest.raises(Conflict, match="is a member already, as agent"):
        acme.invitations.invite(ADDRESS, role="owner")


def test_an_invitation_tells_who_it_is_for(sign_ins: SignIns, bo: NewInvitation) -> None:
    found = sign_ins.invitation(bo.token)
    assert found == bo.invitation
    assert (found.is_new, found.needs_password, found.team.slug) == (True, True, "acme")


def test_an_invitation_works_once(sign_ins: SignIns, bo: NewInvitation) -> None:
    begun = sign_ins.accept(bo.token, PASSWORD)
    assert begun.member == bo.invitation.member
    for act in (sign_ins.invitation, sign_ins.accept):
        with pytest.raises(NotFound, match="Invitation not found"):
            act(bo.token)
    assert sign_ins.sign_in("acme", "bo@example.com", PASSWORD).member == begun.member


def test_of_many_who_use_an_invitation_at_once_one_does(
    desk: Helpdesk, acme: Workspace, sign_ins: SignIns
) -> None:
    token = acme.invitations.invite_first_owner().token

    def use(number: int) -> bool:
        try:
            sign_ins.accept(token, PASSWORD, name="Ada", email=f"ada{number}@example.com")
        except NotFound:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(use, range(8))) == 1
    assert acme.members.list().total == 1


@pytest.mark.parametrize(("seconds", "works"), [(3599, True), (3600, False)])
def test_an_invitation_ends_at_its_time(
    acme: Workspace, sign_ins: SignIns, clock: ManualClock, seconds: int, works: bool
) -> None:
    token = acme.invitations.invite("a@b", expires_in=timedelta(hours=1)).token
    clock.tick(seconds=seconds)
    assert len(acme.invitations.list()) is int(works)
    if works:
        assert sign_ins.accept(token, PASSWORD).member.email == "a@b"
    else:
        with pytest.raises(NotFound):
            sign_ins.accept(token, PASSWORD)


def test_another_invitation_ends_the_one_before_it(
    acme: Workspace, sign_ins: SignIns, bo: NewInvitation
) -> None:
    assert bo.invitation.member is not None
    newer = acme.invitations.renew(bo.invitation.member.id)
    with pytest.raises(NotFound):
        sign_ins.invitation(bo.token)
    assert sign_ins.invitation(newer.token).member == bo.invitation.member


@pytest.mark.parametrize("what", ["address", "removal", "revoked"])
def test_what_an_invitation_was_for_is_gone(
    acme: Workspace, sign_ins: SignIns, bo: NewInvitation, what: str
) -> None:
    member = bo.invitation.member
    assert member is not None
    if what == "address":
        acme.members.update(member.id, email="someone.else@example.com")
    elif what == "removal":
        acme.members.delete(member.id)
    else:
        acme.invitations.revoke(member.id)
    with pytest.raises(NotFound):
        sign_ins.accept(bo.token, PASSWORD)
    assert acme.invitations.list() == ()


def test_a_member_who_is_renamed_keeps_the_invitation(
    acme: Workspace, sign_ins: SignIns, bo: NewInvitation
) -> None:
    assert bo.invitation.member is not None
    acme.members.update(bo.invitation.member.id, name="Bo Park", email="BO@example.com")
    assert sign_ins.accept(bo.token, PASSWORD).member.name == "Bo Park"


def test_what_breaks_a_rule_does_not_use_an_invitation_up(
    sign_ins: SignIns, bo: NewInvitation
) -> None:
    assert refusal(sign_ins.accept, bo.token, "short") == [
        "password must have at least 10 characters"
    ]
    assert refusal(sign_ins.accept, bo.token) == ["password is required"]
    assert sign_ins.accept(bo.token, PASSWORD).member == bo.invitation.member


@pytest.mark.parametrize(("values", "problems"), ACCEPTED)
def test_the_first_owner_has_all_problems_at_once(
    acme: Workspace, sign_ins: SignIns, values: dict[str, Any], problems: list[str]
) -> None:
    token = acme.invitations.invite_first_owner().token
    assert refusal(sign_ins.accept, token, **values) == problems
    assert acme.members.list().total == 0


def test_the_first_owner_may_do_everything(
    desk: Helpdesk, acme: Workspace, sign_ins: SignIns
) -> None:
    made = acme.invitations.invite_first_owner()
    assert made.invitation.member is None
    begun = sign_ins.accept(made.token, PASSWORD, name="Ada Park", email=ADDRESS)
    assert (begun.member.name, begun.member.role) == ("Ada Park", "owner")
    room = desk.workspace_of_member(begun.member.id)
    assert room.invitations.invite("bo@example.com").invitation.member is not None


def test_whoever_comes_in_first_ends_the_link_for_the_first_owner(
    acme: Workspace, globex: Workspace, sign_ins: SignIns, bo: NewInvitation
) -> None:
    link, other = (room.invitations.invite_first_owner().token for room in (acme, globex))
    sign_ins.accept(bo.token, PASSWORD)
    with pytest.raises(NotFound):
        sign_ins.accept(link, PASSWORD, name="Eve", email="eve@example.com")
    assert sign_ins.invitation(other).team.slug == "globex"


def test_a_forgotten_password_ends_all_sessions_when_it_is_set_anew(
    desk: Helpdesk, acme: Workspace, sign_ins: SignIns, ada: Member
) -> None:
    old = enter(sign_ins)
    begun = sign_ins.accept(acme.invitations.renew(ada.id).token, OTHER)
    assert desk.sessions.find(old.token) is None
    assert desk.sessions.find(begun.token) is not None
    assert enter(sign_ins, OTHER).member == ada


def test_a_link_may_sign_in_without_a_password(
    desk: Helpdesk, acme: Workspace, sign_ins: SignIns
) -> None:
    made = acme.invitations.invite(ADDRESS, role="owner", needs_password=False)
    begun = sign_ins.accept(made.token)
    assert sign_ins.password_changed_at(begun.member.id) is None
    sign_ins.change_password(begun.member.id, None, PASSWORD, session_id=begun.session.id)
    assert enter(sign_ins).member == begun.member
    assert desk.sessions.find(begun.token) is not None


@pytest.mark.parametrize("role", ["agent", "viewer"])
def test_only_an_owner_invites(desk: Helpdesk, acme: Workspace, role: str) -> None:
    member = acme.members.create(name="Bo", email="bo@example.com", role=role)
    room = desk.workspace_of_member(member.id).invitations
    for act in (
        lambda: room.invite("eve@example.com", role="owner"),
        lambda: room.renew(member.id),
        room.invite_first_owner,
        lambda: room.revoke(member.id),
        lambda: room.forget_second_factor(member.id),
        lambda: room.sign_out(member.id),
    ):
        with pytest.raises(Forbidden):
            act()
    assert acme.members.list().total == 1


@pytest.mark.parametrize("id", ["", "x", NOTHING, f"mem_{'0' * 32}"])
def test_who_is_no_member_of_the_team_is_not_found(
    acme: Workspace, globex: Workspace, bo: NewInvitation, id: str
) -> None:
    assert bo.invitation.member is not None
    for room, wrong in ((acme, id), (globex, bo.invitation.member.id)):
        for act in (
            room.invitations.renew,
            room.invitations.revoke,
            room.invitations.forget_second_factor,
            room.invitations.sign_out,
        ):
            with pytest.raises(NotFound, match="Member not found"):
                act(wrong)
    assert acme.invitations.list() == (bo.invitation,)


def test_what_is_over_is_removed_with_the_next_sign_in(
    acme: Workspace, path: Path, sign_ins: SignIns, ada: Member, clock: ManualClock
) -> None:
    acme.invitations.invite("bo@example.com")
    clock.tick(hours=72)
    enter(sign_ins)
    with sqlite3.connect(path) as file:
        assert file.execute("SELECT count(*) FROM invitations").fetchone() == (0,)


def test_it_shows_how_far_each_member_has_come(
    acme: Workspace,
    globex: Workspace,
    desk: Helpdesk,
    sign_ins: SignIns,
    ada: Member,
    bo: NewInvitation,
    clock: ManualClock,
) -> None:
    assert bo.invitation.member is not None
    other = acme.members.create(name="Cy", email="cy@example.com")
    globex.invitations.invite(ADDRESS)
    enter(sign_ins)
    clock.tick(hours=1)
    last = enter(sign_ins).session
    sign_ins.begin_second_factor(ada.id, PASSWORD)
    assert acme.invitations.standings() == (
        Standing(ada.id, True, False, last.last_seen_at, None),
        Standing(bo.invitation.member.id, False, False, None, bo.invitation.expires_at),
        Standing(other.id, False, False, None, None),
    )
    assert acme.invitations.sign_out(ada.id) == 2
    clock.tick(hours=72)
    assert [each.last_seen_at or each.invited_until for each in acme.invitations.standings()] == [
        None
    ] * 3


def test_an_owner_signs_a_member_out(
    desk: Helpdesk, acme: Workspace, sign_ins: SignIns, ada: Member
) -> None:
    token = enter(sign_ins).token
    assert acme.invitations.sign_out(ada.id) == 1
    assert desk.sessions.find(token) is None
