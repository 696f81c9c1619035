"""Signing in and out: with a password, with a code besides, or with an invitation."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from flask import Response, current_app, request

from cstar_core import (
    Conflict,
    Invalid,
    NotFound,
    Problem,
    SignIn,
    SignInRefused,
    SignIns,
    Team,
    TooManyTries,
)
from cstar_web.calls import services
from cstar_web.errors import INVALID
from cstar_web.inbox.cookies import GUEST, PENDING, SESSION, end_cookie, read_cookie, set_cookie
from cstar_web.inbox.declaring import Page, page
from cstar_web.inbox.languages import say
from cstar_web.inbox.rendering import address, moved
from cstar_web.inbox.stopping import Stopped
from cstar_web.inbox.visits import INBOX, TeamVisit, Visit, place_after
from cstar_web.passwords import Argon2
from cstar_web.remote import client_address

TEAM = f"{INBOX}/{{team}}"
SIGN_IN = f"{TEAM}/sign-in"
CODE = f"{TEAM}/sign-in/code"
WELCOME = f"{INBOX}/welcome/{{token}}"

_EXTENSION = "cstar.sign_ins"
MONTH = 30 * 86_400
_CODE_SECONDS = 300
TAKEN = say("is a member's already")
_WRONG = say("The address or the password is not right")
_WAIT = say("Too many tries: wait %(number)s seconds")
_WRONG_CODE = say("The code is not right, was used already or came too late")


@page(Page(method="GET", path=SIGN_IN, name="sign_in", access="anyone"))
def sign_in(visit: Visit, team: str) -> Response:
    return _asked(visit, team, "sign_in.html")


@page(
    Page(
        method="POST",
        path=SIGN_IN,
        name="send_sign_in",
        access="anyone",
        fields=("email", "password", "next"),
        again=sign_in,
    )
)
def send_sign_in(visit: Visit, team: str) -> Response:
    typed = visit.form.values
    with refusals(_WRONG):
        begun = sign_ins().sign_in(
            team_of(visit, team).slug,
            typed["email"].strip(),
            typed["password"],
            address=from_where(),
            user_agent=request.user_agent.string,
        )
    return entered(begun, typed["next"])


@page(Page(method="GET", path=CODE, name="code", access="anyone"))
def code(visit: Visit, team: str) -> Response:
    return _asked(visit, team, "code.html")


@page(
    Page(
        method="POST",
        path=CODE,
        name="send_code",
        access="anyone",
        fields=("code", "next"),
        again=code,
    )
)
def send_code(visit: Visit, team: str) -> Response:
    with refusals(_WRONG_CODE):
        begun = sign_ins().enter_code(
            read_cookie(PENDING), visit.form.values["code"], address=from_where()
        )
    return entered(begun, visit.form.values["next"])


@page(Page(method="GET", path=WELCOME, name="welcome", access="anyone"))
def welcome(visit: Visit, token: str) -> Response:
    try:
        invitation = sign_ins().invitation(token)
    except NotFound:
        raise Stopped(404, "used") from None
    return visit.show("welcome.html", invitation=invitation)


@page(
    Page(
        method="POST",
        path=WELCOME,
        name="accept",
        access="anyone",
        fields=("name", "email", "password"),
        again=welcome,
    )
)
def accept(visit: Visit, token: str) -> Response:
    typed = visit.form.values
    try:
        begun = sign_ins().accept(
            token,
            typed["password"] or None,
            name=typed["name"].strip() or None,
            email=typed["email"].strip() or None,
            address=from_where(),
            user_agent=request.user_agent.string,
        )
    except NotFound:
        raise Stopped(404, "used") from None
    except Conflict as error:
        raise Invalid([Problem("email", INVALID, TAKEN)]) from error
    return entered(begun, "")


@page(Page(method="POST", path=f"{TEAM}/sign-out", name="sign_out", access="viewer"))
def sign_out(visit: TeamVisit) -> Response:
    with suppress(NotFound):  # ended from elsewhere meanwhile
        visit.desk.sessions.end(visit.member.id, visit.session.id)
    answer = visit.leads_to("sign_in", done="signed-out")
    end_cookie(answer, SESSION)
    return answer


def entered(begun: SignIn, wanted: str) -> Response:
    """The answer to who has signed in: the session, or the way to enter a code.

    What the browser had before opens nothing any more.
    """
    team = begun.team.slug
    if begun.needs_code:
        answer = moved(address("code", team=team, next=wanted or None))
        set_cookie(answer, PENDING, begun.token, _CODE_SECONDS)
        return answer
    answer = moved(place_after(team, wanted))
    set_cookie(answer, SESSION, begun.token, MONTH)
    end_cookie(answer, PENDING)
    end_cookie(answer, GUEST)
    return answer


@contextmanager
def refusals(message: str, param: str = "") -> Iterator[None]:
    """Tell in a form that whoever tries is not who they should be, or has tried too often."""
    try:
        yield
    except TooManyTries as error:
        wait = _WAIT.replace("%(number)s", str(error.retry_after))
        raise Invalid([Problem("", INVALID, wait)]) from error
    except SignInRefused as error:
        raise Invalid([Problem(param, INVALID, message)]) from error


def _asked(visit: Visit, team: str, template: str) -> Response:
    """A page that asks for something before it leads to the place that was wanted."""
    wanted = visit.form.values.get("next") or request.args.get("next", "")
    return visit.show(template, team=team_of(visit, team), next=wanted)


def team_of(visit: Visit, slug: str) -> Team:
    """The team with this slug; raises Stopped if there is none."""
    found = visit.desk.teams.find(slug)
    if found is None or found.slug != slug:
        raise Stopped(404)
    return found


def sign_ins() -> SignIns:
    """The way to sign in at this app; made once, since it holds a hash to compare nothing with."""
    held = current_app.extensions
    if _EXTENSION not in held:
        held[_EXTENSION] = services().desk.sign_ins(Argon2())
    found: SignIns = held[_EXTENSION]
    return found


def from_where() -> str:
    """The address that the request came from."""
    return client_address(request, services().settings)
