"""Members: who they are, whether they can sign in, and the links that let them."""

from flask import Response, request

from cstar_core import Forbidden, Invalid, NewInvitation, Problem, Standing
from cstar_web.calls import services
from cstar_web.errors import INVALID
from cstar_web.inbox.declaring import Page, page
from cstar_web.inbox.languages import say
from cstar_web.inbox.rendering import address
from cstar_web.inbox.settings.frame import SETTINGS, listed, refusals, seen_version, show
from cstar_web.inbox.signing import TAKEN
from cstar_web.inbox.visits import TeamVisit
from cstar_web.remote import base_url

MEMBERS = f"{SETTINGS}/members"
INVITE = f"{MEMBERS}/invite"
MEMBER = f"{MEMBERS}/{{member}}"

SECTION = "settings_members"
ROLE_WORDS = {"owner": say("Owner"), "agent": say("Agent"), "viewer": say("Viewer")}
_OTHER_ROLE = say("is another one than this member has; change it on the member's own page")
_LAST_OWNER = say("has to stay: no other owner can sign in. Make somebody else an owner first")
_FOREVER = say("You are the only owner who can sign in. Make somebody else an owner first")


@page(Page(method="GET", path=MEMBERS, name=SECTION, access="owner"))
def members(visit: TeamVisit) -> Response:
    with visit.desk.snapshot(search=False):
        found = listed(visit.workspace.members.list)
        standings = standings_by_id(visit)
    return show(visit, "members", SECTION, listed=found, standings=standings, role_words=ROLE_WORDS)


@page(Page(method="GET", path=INVITE, name="ask_member", access="owner"))
def ask_member(visit: TeamVisit) -> Response:
    return show(visit, "invite", SECTION, role_words=ROLE_WORDS)


@page(
    Page(
        method="POST",
        path=INVITE,
        name="invite_member",
        access="owner",
        fields=("email", "name", "role"),
        again=ask_member,
    )
)
def invite_member(visit: TeamVisit) -> Response:
    typed = visit.form.values
    with visit.desk.transaction(), refusals(role=_OTHER_ROLE):
        made = visit.workspace.invitations.invite(
            typed["email"].strip(), name=typed["name"].strip() or None, role=typed["role"]
        )
        invited = made.invitation.member
        if invited is not None and invited.id == visit.member.id:
            # A link for oneself would set another password without the present one.
            raise Invalid([Problem("email", INVALID, TAKEN)])
    return show_link(visit, made)


@page(Page(method="GET", path=MEMBER, name="settings_member", access="owner"))
def member_page(visit: TeamVisit, member: str) -> Response:
    with visit.desk.snapshot(search=False):
        found = visit.workspace.members.get(member)
        standing = standings_by_id(visit)[found.id]
    return show(visit, "member", SECTION, member=found, standing=standing, role_words=ROLE_WORDS)


@page(
    Page(
        method="POST",
        path=MEMBER,
        name="change_member",
        access="owner",
        fields=("name", "email", "role", "version"),
        again=member_page,
    )
)
def change_member(visit: TeamVisit, member: str) -> Response:
    changes = {name: visit.form.values[name].strip() for name in ("name", "email", "role")}
    if is_oneself(visit, member):
        # One's own is changed with the password, at one's account.
        del changes["email"]
    try:
        with refusals(email=TAKEN):
            changed = visit.workspace.members.update(
                member, expected_version=seen_version(visit), **changes
            )
    except Forbidden as error:
        raise _of_oneself(visit, member, error, Problem("role", INVALID, _LAST_OWNER)) from error
    if changed.id == visit.member.id and changed.role != "owner":
        return visit.leads_to("settings")
    return visit.leads_to("settings_member", member=changed.id, done="changed")


@page(Page(method="POST", path=f"{MEMBER}/link", name="renew_invitation", access="owner"))
def renew_invitation(visit: TeamVisit, member: str) -> Response:
    if is_oneself(visit, member):
        return visit.leads_to("account")
    return show_link(visit, visit.workspace.invitations.renew(member))


@page(Page(method="POST", path=f"{MEMBER}/sign-out", name="sign_out_member", access="owner"))
def sign_out_member(visit: TeamVisit, member: str) -> Response:
    visit.workspace.invitations.sign_out(member)
    return visit.leads_to("settings_member", member=member, done="signed-out-member")


@page(Page(method="GET", path=f"{MEMBER}/forget-code", name="ask_forgetting", access="owner"))
def ask_forgetting(visit: TeamVisit, member: str) -> Response:
    return show(visit, "forget_code", SECTION, member=visit.workspace.members.get(member))


@page(Page(method="POST", path=f"{MEMBER}/forget-code", name="forget_code", access="owner"))
def forget_code(visit: TeamVisit, member: str) -> Response:
    if is_oneself(visit, member):
        return visit.leads_to("account")
    visit.workspace.invitations.forget_second_factor(member)
    return visit.leads_to("settings_member", member=member, done="code-forgotten")


@page(Page(method="GET", path=f"{MEMBER}/remove", name="ask_removal", access="owner"))
def ask_removal(visit: TeamVisit, member: str) -> Response:
    with visit.desk.snapshot(search=False):
        found = visit.workspace.members.get(member)
        tickets = visit.workspace.tickets.list(assigned_to=found.id, page_size=1).total
    return show(visit, "remove_member", SECTION, member=found, tickets=tickets)


@page(
    Page(
        method="POST",
        path=f"{MEMBER}/remove",
        name="remove_member",
        access="owner",
        again=ask_removal,
    )
)
def remove_member(visit: TeamVisit, member: str) -> Response:
    try:
        visit.workspace.members.delete(member)
    except Forbidden as error:
        raise _of_oneself(visit, member, error, Problem("", INVALID, _FOREVER)) from error
    return visit.leads_to(SECTION, done="member-removed")


def standings_by_id(visit: TeamVisit) -> dict[str, Standing]:
    """How far each member has come with signing in."""
    return {each.member_id: each for each in visit.workspace.invitations.standings()}


def is_oneself(visit: TeamVisit, member: str) -> bool:
    """Whether an id, however it is written, is the visitor's own; raises NotFound."""
    return visit.workspace.members.get(member).id == visit.member.id


def show_link(visit: TeamVisit, made: NewInvitation) -> Response:
    """The page with the link of an invitation: what it opens is not kept, so it is shown now."""
    beginning = base_url(request, services().settings)
    return show(
        visit,
        "link",
        SECTION,
        invitation=made.invitation,
        link=beginning + address("welcome", token=made.token),
    )


def _of_oneself(visit: TeamVisit, member: str, error: Forbidden, problem: Problem) -> Exception:
    """What stops owners who would leave the team without one, told in the form."""
    return Invalid([problem]) if is_oneself(visit, member) else error
