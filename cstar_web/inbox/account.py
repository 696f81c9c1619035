"""What a member decides for themselves: the password, the second factor, the browsers signed in."""

import segno
from flask import Response, request
from markupsafe import Markup

from cstar_core import Conflict, Invalid, NotFound, Problem, utc_now
from cstar_web.errors import INVALID
from cstar_web.inbox.browsers import browser_of
from cstar_web.inbox.cookies import SESSION, set_cookie
from cstar_web.inbox.declaring import Page, page
from cstar_web.inbox.languages import say
from cstar_web.inbox.signing import MONTH, TAKEN, TEAM, from_where, refusals, sign_ins
from cstar_web.inbox.visits import TeamVisit

ACCOUNT = f"{TEAM}/account"
FACTOR = f"{ACCOUNT}/second-factor"

_WRONG = say("is not right")
_WRONG_CODE = say("is not right; your phone shows another one each half minute")


@page(Page(method="GET", path=ACCOUNT, name="account", access="viewer"))
def account(visit: TeamVisit) -> Response:
    member = visit.member.id
    return visit.show(
        "account.html",
        sessions=sorted(
            visit.desk.sessions.list(member), key=lambda each: each.id != visit.session.id
        ),
        browser_of=browser_of,
        now=utc_now(),
        factor=sign_ins().second_factor(member),
        has_password=sign_ins().password_changed_at(member) is not None,
    )


@page(
    Page(
        method="POST",
        path=f"{ACCOUNT}/name",
        name="change_name",
        access="viewer",
        fields=("name",),
        again=account,
    )
)
def change_name(visit: TeamVisit) -> Response:
    sign_ins().rename(visit.member.id, visit.form.values["name"].strip())
    return visit.leads_to("account", done="changed")


@page(
    Page(
        method="POST",
        path=f"{ACCOUNT}/address",
        name="change_address",
        access="viewer",
        fields=("email", "address_password"),
        again=account,
    )
)
def change_address(visit: TeamVisit) -> Response:
    typed = visit.form.values
    try:
        with refusals(_WRONG, "address_password"):
            begun = sign_ins().change_address(
                visit.member.id,
                typed["address_password"] or None,
                typed["email"].strip(),
                address=from_where(),
                user_agent=request.user_agent.string,
            )
    except Conflict as error:
        raise Invalid([Problem("email", INVALID, TAKEN)]) from error
    answer = visit.leads_to("account", done="address")
    set_cookie(answer, SESSION, begun.token, MONTH)
    return answer


@page(
    Page(
        method="POST",
        path=f"{ACCOUNT}/password",
        name="change_password",
        access="viewer",
        fields=("current", "password"),
        again=account,
    )
)
def change_password(visit: TeamVisit) -> Response:
    typed = visit.form.values
    with refusals(_WRONG, "current"):
        sign_ins().change_password(
            visit.member.id,
            typed["current"] or None,
            typed["password"],
            session_id=visit.session.id,
        )
    return visit.leads_to("account", done="password")


@page(
    Page(
        method="POST",
        path=f"{ACCOUNT}/sessions/{{session}}/end",
        name="end_session",
        access="viewer",
    )
)
def end_session(visit: TeamVisit, session: str) -> Response:
    visit.desk.sessions.end(visit.member.id, session)
    return visit.leads_to("account", done="session")


@page(Page(method="POST", path=f"{ACCOUNT}/sessions/end", name="end_sessions", access="viewer"))
def end_sessions(visit: TeamVisit) -> Response:
    visit.desk.sessions.end_all(visit.member.id, but=visit.session.id)
    return visit.leads_to("account", done="sessions")


@page(Page(method="GET", path=FACTOR, name="second_factor", access="viewer"))
def second_factor(visit: TeamVisit) -> Response:
    """Where the code is asked for once more: the phone has the secret, this page only showed it."""
    if sign_ins().second_factor(visit.member.id) is not None:
        return visit.leads_to("account")
    return visit.show("second_factor.html", secret=None, picture=None)


@page(
    Page(
        method="POST",
        path=FACTOR,
        name="begin_second_factor",
        access="viewer",
        fields=("factor_password",),
        again=account,
    )
)
def begin_second_factor(visit: TeamVisit) -> Response:
    try:
        with refusals(_WRONG, "factor_password"):
            enrolment = sign_ins().begin_second_factor(visit.member.id, given_password(visit))
    except Conflict:
        return visit.leads_to("account")
    return visit.show(
        "second_factor.html", secret=spaced(enrolment.secret), picture=picture(enrolment.uri)
    )


@page(
    Page(
        method="POST",
        path=f"{FACTOR}/confirm",
        name="confirm_second_factor",
        access="viewer",
        fields=("code",),
        again=second_factor,
    )
)
def confirm_second_factor(visit: TeamVisit) -> Response:
    try:
        with refusals(_WRONG_CODE, "code"):
            codes = sign_ins().confirm_second_factor(
                visit.member.id, visit.form.values["code"], session_id=visit.session.id
            )
    except Conflict:
        return visit.leads_to("account")
    return visit.show("recovery_codes.html", codes=codes)


@page(
    Page(
        method="POST",
        path=f"{FACTOR}/remove",
        name="remove_second_factor",
        access="viewer",
        fields=("factor_password",),
        again=account,
    )
)
def remove_second_factor(visit: TeamVisit) -> Response:
    try:
        with refusals(_WRONG, "factor_password"):
            sign_ins().remove_second_factor(visit.member.id, given_password(visit))
    except NotFound:
        return visit.leads_to("account")
    return visit.leads_to("account", done="second-factor")


def given_password(visit: TeamVisit) -> str | None:
    """The present password, as it was typed before the second factor is changed."""
    return visit.form.values["factor_password"] or None


def picture(uri: str) -> Markup:
    """A QR code as an SVG element, dark on light in every theme."""
    code = segno.make(uri, error="m", micro=False)
    drawn = code.svg_inline(scale=5, border=4, dark="#000000", light="#ffffff", svgclass="code")
    # What is drawn is made of numbers alone.
    return Markup(drawn)  # noqa: S704


def spaced(secret: str) -> str:
    """A secret in groups of four, as one types it.

    >>> spaced("GEZDGNBVGY3TQOJQ")
    'GEZD GNBV GY3T QOJQ'
    """
    return " ".join(secret[place : place + 4] for place in range(0, len(secret), 4))
