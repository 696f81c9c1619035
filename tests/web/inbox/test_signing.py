"""Signing in and out: with a password, a code, a link; and what one must not get by it."""

from base64 import b32decode

import pytest
from flask import Flask

from cstar_core import Helpdesk
from cstar_core.sign_ins.codes import STEP_SECONDS, code_at
from cstar_web.app import create_app
from cstar_web.passwords import Argon2
from tests.web.inbox.browser import Browser, Seen
from tests.web.inbox.conftest import SignIn
from tests.web.vocabulary import ManualClock

SIGN_IN = "/inbox/acme/sign-in"
EMAIL, PASSWORD = "ada@acme.example", "correct horse battery"


@pytest.fixture
def ada(desk: Helpdesk) -> str:
    """A member with a password."""
    made = desk.workspace("acme").invitations.invite(EMAIL, name="Ada Park")
    return desk.sign_ins(Argon2()).accept(made.token, PASSWORD).member.id


def code_of(secret: str, clock: ManualClock) -> str:
    """What a phone shows that has this secret."""
    return code_at(b32decode(secret.replace(" ", "")), int(clock.now.timestamp()) // STEP_SECONDS)


@pytest.mark.usefixtures("ada")
def test_a_member_signs_in_with_the_password(browser: Browser) -> None:
    answer = browser.send(SIGN_IN, {"email": f" {EMAIL.upper()} ", "password": PASSWORD})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/inbox/acme/")
    shown = browser.see("/inbox/acme/").text
    assert "Choose a ticket from the list to read and answer it." in shown


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize(
    ("email", "password"),
    [(EMAIL, "wrong"), ("nobody@acme.example", PASSWORD), ("", ""), ("'--", "x" * 5_000)],
)
def test_who_may_not_enter_is_not_told_why(browser: Browser, email: str, password: str) -> None:
    answer = browser.send(SIGN_IN, {"email": email, "password": password})
    seen = Seen(answer.text)
    assert answer.status_code == 422
    assert "The address or the password is not right" in seen.text
    assert "cstar_session" not in browser.cookies()
    fields = {each["name"]: each["value"] for each in seen.all("input") if "id" in each}
    assert fields == {"email": email, "password": ""}


@pytest.mark.usefixtures("ada")
def test_who_tries_too_often_is_told_to_wait(browser: Browser) -> None:
    for _ in range(30):
        answer = browser.send(SIGN_IN, {"email": EMAIL, "password": "wrong"})
        if "Too many tries: wait" in answer.text:
            break
    assert "Too many tries: wait" in answer.text
    assert (
        "Zu viele Versuche: Warten Sie"
        in browser.send(SIGN_IN, {"email": EMAIL, "password": PASSWORD}, Accept_Language="de").text
    )


# --- sessions


@pytest.mark.usefixtures("ada")
def test_a_session_is_always_a_new_one(browser: Browser) -> None:
    browser.client.set_cookie("cstar_session", "chosen-by-somebody-else-000000000")
    browser.send(SIGN_IN, {"email": EMAIL, "password": PASSWORD})
    first = browser.cookies()["cstar_session"]
    assert len(first) >= 32 and "chosen" not in first
    browser.send(SIGN_IN, {"email": EMAIL, "password": PASSWORD})
    assert browser.cookies()["cstar_session"] != first


def test_a_token_of_before_signing_in_is_good_for_nothing_after(
    app: Flask, signed_in: SignIn
) -> None:
    browser = signed_in("agent")
    assert "cstar_guest" not in browser.cookies()
    stranger = Browser(app.test_client())
    token = stranger.token(SIGN_IN)
    browser.client.set_cookie("cstar_guest", stranger.cookies()["cstar_guest"])
    answer = browser.client.post("/inbox/acme/sign-out", data={"form_token": token})
    assert answer.status_code == 403


@pytest.mark.parametrize("cookie", ["", "x", "x" * 32, "x" * 3_000, "é", "a b;c"])
def test_a_cookie_that_opens_nothing_leads_to_the_way_in(browser: Browser, cookie: str) -> None:
    browser.client.set_cookie("cstar_session", cookie)
    answer = browser.get("/inbox/acme/account")
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{SIGN_IN}?next=/inbox/acme/account"


def test_signing_out_ends_the_session(agent: Browser) -> None:
    token = agent.cookies()["cstar_session"]
    answer = agent.send("/inbox/acme/sign-out", form="/inbox/acme/")
    assert answer.headers["Location"] == f"{SIGN_IN}?done=signed-out"
    assert "You are signed out." in agent.see(answer.headers["Location"]).text
    agent.client.set_cookie("cstar_session", token)
    assert agent.get("/inbox/acme/").status_code == 303


def test_signing_out_takes_a_form(agent: Browser) -> None:
    assert agent.get("/inbox/acme/sign-out").status_code == 405
    assert agent.client.post("/inbox/acme/sign-out").status_code == 403
    assert agent.get("/inbox/acme/").status_code == 200


def test_a_session_of_another_team_opens_nothing_here(signed_in: SignIn) -> None:
    other = signed_in("owner", "other")
    answer = other.get("/inbox/acme/account")
    assert answer.headers["Location"].startswith(SIGN_IN)
    assert other.get("/inbox/other/account").status_code == 200


def test_a_member_who_was_removed_is_out_at_once(desk: Helpdesk, agent: Browser) -> None:
    members = desk.workspace("acme").members
    token = agent.token("/inbox/acme/account")
    members.delete(members.list().items[0].id)
    assert agent.get("/inbox/acme/").status_code == 303
    answer = agent.client.post("/inbox/acme/sign-out", data={"form_token": token})
    assert answer.headers["Location"] == SIGN_IN


def test_a_script_is_told_to_go_to_the_way_in(browser: Browser) -> None:
    answer = browser.get("/inbox/acme/", HX_Request="true")
    assert (answer.status_code, answer.data) == (204, b"")
    assert answer.headers["HX-Redirect"].startswith(SIGN_IN)


def test_the_session_cookie_is_kept_from_scripts(desk: Helpdesk, app: Flask) -> None:
    made = desk.workspace("acme").invitations.invite("e@acme.example", needs_password=False)
    client = app.test_client()
    page = client.get(f"/inbox/welcome/{made.token}", base_url="https://localhost")
    token = next(each["value"] for each in Seen(page.text).all("input"))
    answer = client.post(
        f"/inbox/welcome/{made.token}", data={"form_token": token}, base_url="https://localhost"
    )
    cookie = answer.headers.getlist("Set-Cookie")[0]
    assert cookie.startswith("__Host-cstar_session=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))


# --- where one goes afterwards


@pytest.mark.usefixtures("ada")
def test_after_signing_in_one_is_where_one_wanted_to_be(browser: Browser) -> None:
    away = browser.get("/inbox/acme/views/mine?after=x").headers["Location"]
    hidden = [each for each in browser.see(away).all("input") if each.get("name") == "next"]
    assert hidden[0]["value"] == "/inbox/acme/views/mine?after=x"
    values = {"email": EMAIL, "password": PASSWORD, "next": hidden[0]["value"]}
    answer = browser.send(SIGN_IN, values, form=away)
    assert answer.headers["Location"] == "/inbox/acme/views/mine?after=x"


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "/inbox/other/",
        "/inbox/acme",
        "/api/v1",
        "javascript:alert(1)",
        "/inbox/acme/\r\nSet-Cookie: a=b",
        "/inbox/acme/\tx",
        "/inbox/acme/é",
        " /inbox/acme/",
        "@evil.example",
        "/inbox/acme@evil.example/",
        "/inbox/acme/..//evil.example/",
        "/inbox/acme/../../..//evil.example",
        "/inbox/acme/../other/",
        "/inbox/acme/%2e%2e/other/",
        "/inbox/acme/.%2E/.%2e/api/v1",
        "/inbox/acme/..\\..\\..\\\\evil.example",
        "/inbox/acme/%2f%2fevil.example",
        "/inbox/acme//evil.example",
        "/inbox/acme/%5c%5cevil.example",
        "/inbox/acme/\x00",
        "/inbox/acme/\u2215\u2215evil.example",
        "/INBOX/acme/",
        "%2finbox/acme/",
        "/inbox/acme%2f..%2f",
    ],
)
def test_nobody_is_led_elsewhere_by_signing_in(browser: Browser, wanted: str) -> None:
    answer = browser.send(SIGN_IN, {"email": EMAIL, "password": PASSWORD, "next": wanted})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/inbox/acme/")


# --- the way in


def test_who_is_signed_in_comes_to_the_team(agent: Browser) -> None:
    assert agent.get("/inbox/").headers["Location"] == "/inbox/acme/"


def test_of_several_teams_one_is_asked_for(browser: Browser) -> None:
    assert "Which team?" in browser.see("/inbox/").text
    assert browser.get("/inbox/?team=Acme+").headers["Location"] == SIGN_IN
    assert "There is no team with this name." in browser.see("/inbox/?team=nobody").text


def test_the_only_team_is_not_asked_for(tmp_path_factory: pytest.TempPathFactory) -> None:
    with Helpdesk.open(tmp_path_factory.mktemp("one") / "desk.db") as desk:
        desk.teams.create("Solo")
        browser = Browser(create_app(desk).test_client())
        assert browser.get("/inbox/").headers["Location"] == "/inbox/solo/sign-in"


@pytest.mark.parametrize("team", ["nobody", "ACME", "%2e%2e", "<script>", "a" * 3_000])
def test_a_team_that_is_none_has_no_way_in(browser: Browser, team: str) -> None:
    assert browser.get(f"/inbox/{team}/sign-in").status_code == 404


# --- links


def test_a_link_lets_a_member_choose_a_password(desk: Helpdesk, browser: Browser) -> None:
    made = desk.workspace("acme").invitations.invite(EMAIL, name="Ada Park")
    path = f"/inbox/welcome/{made.token}"
    assert "Choose a password for ada@acme.example." in browser.see(path).text
    refused = browser.send(path, {"password": "short"})
    assert refused.status_code == 422
    assert "Password must have at least 10 characters" in Seen(refused.text).text
    assert browser.send(path, {"password": PASSWORD}).headers["Location"] == "/inbox/acme/"
    again = browser.get(path)
    assert again.status_code == 404
    assert "This link no longer works" in again.text


def test_a_link_for_the_first_owner_asks_for_a_name(desk: Helpdesk, browser: Browser) -> None:
    made = desk.workspace("acme").invitations.invite_first_owner()
    path = f"/inbox/welcome/{made.token}"
    refused = Seen(browser.send(path, {"name": " ", "email": "x", "password": PASSWORD}).text)
    assert "Your name is required" in refused.text
    assert "Email address must be an email address" in refused.text
    values = {"name": "Ada Park", "email": EMAIL, "password": PASSWORD}
    assert browser.send(path, values).status_code == 303
    assert [each.role for each in desk.workspace("acme").members.list().items] == ["owner"]


def test_an_address_that_is_taken_is_told_beside_it(desk: Helpdesk, browser: Browser) -> None:
    made = desk.workspace("acme").invitations.invite_first_owner()
    desk.workspace("acme").members.create(name="Ada", email=EMAIL)
    values = {"name": "Ada", "email": EMAIL, "password": PASSWORD}
    answer = browser.send(f"/inbox/welcome/{made.token}", values)
    assert "Email address is a member" in Seen(answer.text).text


@pytest.mark.parametrize("token", ["x", "x" * 43, "%00", "%ff", "..%2f"])
def test_a_link_that_nobody_made_opens_nothing(browser: Browser, token: str) -> None:
    assert browser.get(f"/inbox/welcome/{token}").status_code == 404


# --- codes


def test_a_second_factor_is_set_up_used_and_removed(
    desk: Helpdesk, ada: str, browser: Browser, clock: ManualClock
) -> None:
    browser.send(SIGN_IN, {"email": EMAIL, "password": PASSWORD})
    account, factor = "/inbox/acme/account", "/inbox/acme/account/second-factor"
    refused = browser.send(factor, {"factor_password": "wrong"}, form=account)
    assert "Present password is not right" in Seen(refused.text).text
    shown = Seen(browser.send(factor, {"factor_password": PASSWORD}, form=account).text)
    assert shown.all("svg")
    secret = shown.text.partition("Key ")[2].partition(" Code")[0]
    wrong = browser.send(f"{factor}/confirm", {"code": "000000"}, form=factor)
    assert "Code is not right" in Seen(wrong.text).text
    given = {"code": code_of(secret, clock)}
    codes = Seen(browser.send(f"{factor}/confirm", given, form=factor).text)
    assert len(codes.all("code")) == 10
    assert "10 recovery codes are left." in browser.see(account).text
    clock.tick(minutes=5)
    browser.send("/inbox/acme/sign-out", form=account)
    begun = browser.send(SIGN_IN, {"email": EMAIL, "password": PASSWORD, "next": account})
    assert begun.headers["Location"] == f"/inbox/acme/sign-in/code?next={account}"
    assert browser.get(account).status_code == 303
    step = begun.headers["Location"]
    wrong = browser.send("/inbox/acme/sign-in/code", {"code": "x", "next": account}, form=step)
    assert "The code is not right" in wrong.text
    given = {"code": code_of(secret, clock), "next": account}
    inside = browser.send("/inbox/acme/sign-in/code", given, form=step)
    assert inside.headers["Location"] == account
    removed = browser.send(f"{factor}/remove", {"factor_password": PASSWORD}, form=account)
    assert removed.headers["Location"] == f"{account}?done=second-factor"
    assert desk.sign_ins(Argon2()).second_factor(ada) is None


def test_a_code_without_a_password_before_opens_nothing(browser: Browser) -> None:
    answer = browser.send("/inbox/acme/sign-in/code", {"code": "123456"})
    assert answer.status_code == 422
    assert "The code is not right" in answer.text


def test_a_page_that_is_left_open_keeps_nobody_signed_in(
    desk: Helpdesk, signed_in: SignIn, clock: ManualClock
) -> None:
    agent = signed_in("agent")
    ticket = desk.workspace("acme").tickets.create(title="Hello").id
    company, token = f"/inbox/acme/tickets/{ticket}/colleagues", agent.token("/inbox/acme/account")
    by_itself = (
        lambda: agent.get("/inbox/acme/", X_Unasked="yes"),
        lambda: agent.get("/inbox/acme/stream"),
        lambda: agent.get(company),
        lambda: agent.client.post(company, data={"form_token": token}),
    )
    for hour in range(12):
        answers = [ask().status_code for ask in by_itself]
        assert answers == [200, 200, 200, 200], hour
        clock.tick(hours=1)
    assert [ask().status_code for ask in by_itself] == [303] * 4


def test_what_one_does_keeps_one_signed_in(agent: Browser, clock: ManualClock) -> None:
    for _ in range(5):
        assert agent.get("/inbox/acme/").status_code == 200
        clock.tick(hours=11)
