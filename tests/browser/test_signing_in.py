"""The ways in and out, as members go them."""

import time
from base64 import b32decode

from cstar_core import Helpdesk
from cstar_core.sign_ins.codes import STEP_SECONDS, code_at
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor

PASSWORD = "seven brass owls on a fence"
SIGN_IN = "/inbox/acme/sign-in"


def invited(desk: Helpdesk, visitor: Visitor, email: str = "ada@acme.example") -> None:
    """Use an invitation, as it is sent to a new member."""
    made = desk.workspace("acme").invitations.invite(email, name="Ada", role="agent")
    visitor.open(f"/inbox/welcome/{made.token}")
    visitor.fill(password=PASSWORD)
    visitor.press("Begin")
    assert visitor.path == "/inbox/acme/"


def sign_out(visitor: Visitor) -> None:
    visitor.page.locator(".side .me summary").click()
    visitor.press("Sign out")
    assert visitor.path == SIGN_IN


def sign_in(visitor: Visitor, password: str, email: str = "ada@acme.example") -> None:
    visitor.fill(email=email, password=password)
    visitor.press("Sign in")


def test_an_invitation_leads_in_and_the_password_does_afterwards(
    visit: Visit, desk: Helpdesk
) -> None:
    ada = visit()
    invited(desk, ada)
    sign_out(ada)
    ada.sees("You are signed out.")
    ada.page.go_back()
    assert ada.open("/inbox/acme/").url.split("?")[0] == f"{ada.address}{SIGN_IN}"
    sign_in(ada, PASSWORD)
    assert ada.path == "/inbox/acme/"


def test_the_first_owner_names_herself(visit: Visit, desk: Helpdesk) -> None:
    team = desk.teams.create("Fresh")
    made = desk.workspace(team.id).invitations.invite_first_owner()
    first = visit()
    first.open(f"/inbox/welcome/{made.token}")
    first.fill(name="Grace", email="grace@fresh.example", password=PASSWORD)
    first.press("Begin")
    first.sees("All clear")
    assert first.path == "/inbox/fresh/"
    assert first.open(f"/inbox/welcome/{made.token}").status == 404


def test_a_wrong_password_and_an_unknown_address_look_the_same(
    visit: Visit, desk: Helpdesk
) -> None:
    ada, stranger = visit(), visit()
    invited(desk, ada)
    seen = []
    for email in ("ada@acme.example", "nobody@acme.example"):
        stranger.open(SIGN_IN)
        sign_in(stranger, "not the password", email)
        seen.append(stranger.page.locator("[role=alert]").inner_text())
        assert stranger.page.locator("[name=email]").input_value() == email
        assert stranger.page.locator("[name=password]").input_value() == ""
    assert seen == ["The address or the password is not right"] * 2


def test_a_second_factor_is_set_up_and_asked_for(visit: Visit, desk: Helpdesk) -> None:
    ada = visit()
    invited(desk, ada)
    ada.open("/inbox/acme/account")
    ada.fill(factor_password=PASSWORD)
    ada.press("Set up a code")
    assert ada.page.locator("svg.code").bounding_box()["width"] > 100
    ada.fill(code=code_now(ada.page.locator("code.key").inner_text()))
    ada.press("Turn on")
    recovery = ada.page.locator(".codes code").first.inner_text()
    ada.open("/inbox/acme/")
    sign_out(ada)
    sign_in(ada, PASSWORD)
    assert ada.path == f"{SIGN_IN}/code"
    ada.fill(code="000000")
    ada.press("Sign in")
    ada.sees("The code is not right")
    ada.fill(code=recovery)
    ada.press("Sign in")
    assert ada.path == "/inbox/acme/"


def code_now(secret: str) -> str:
    """What a phone shows that was told the secret."""
    return code_at(b32decode(secret.replace(" ", "")), int(time.time()) // STEP_SECONDS)
