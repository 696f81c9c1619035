"""What members decide for themselves, and for nobody else."""

import pytest
from flask import Flask

from cstar_core import Helpdesk
from cstar_web.passwords import Argon2
from tests.web.inbox.browser import Browser, Seen
from tests.web.inbox.conftest import SignIn

ACCOUNT = "/inbox/acme/account"
PASSWORD = "correct horse battery"
MOZILLA, WEBKIT = "Mozilla/5.0", "AppleWebKit/537.36 (KHTML, like Gecko)"


def test_a_member_without_a_password_sets_one(desk: Helpdesk, agent: Browser) -> None:
    answer = agent.send(f"{ACCOUNT}/password", {"password": PASSWORD}, form=ACCOUNT)
    assert answer.headers["Location"] == f"{ACCOUNT}?done=password"
    assert "Your password is changed." in agent.see(answer.headers["Location"]).text
    signed_in = desk.sign_ins(Argon2()).sign_in("acme", "agent@acme.example", PASSWORD)
    assert signed_in.member.name == "Agent"


@pytest.mark.parametrize(
    ("current", "password", "told"),
    [
        ("wrong", "another horse battery", "Present password is not right"),
        (PASSWORD, "short", "New password must have at least 10 characters"),
        (PASSWORD, "", "New password is required"),
        (PASSWORD, "1234567890", "New password is among the most common ones"),
    ],
)
def test_what_is_wrong_with_a_password_stands_beside_it(
    agent: Browser, current: str, password: str, told: str
) -> None:
    agent.send(f"{ACCOUNT}/password", {"password": PASSWORD}, form=ACCOUNT)
    given = {"current": current, "password": password}
    answer = agent.send(f"{ACCOUNT}/password", given, form=ACCOUNT)
    seen = Seen(answer.text)
    assert answer.status_code == 422
    assert told in seen.text
    assert PASSWORD not in answer.text
    assert [each["aria-invalid"] for each in seen.all("input") if "aria-invalid" in each] == [
        "true"
    ]


def test_another_password_signs_other_browsers_out(agent: Browser, signed_in: SignIn) -> None:
    other = signed_in("agent")
    agent.send(f"{ACCOUNT}/password", {"password": PASSWORD}, form=ACCOUNT)
    assert other.get(ACCOUNT).status_code == 303
    assert agent.get(ACCOUNT).status_code == 200


@pytest.mark.parametrize(
    ("user_agent", "shown"),
    [
        (f"{MOZILLA} (X11; Linux x86_64) {WEBKIT} Chrome/145.0.0.0 Safari/537.36", "Chrome, Linux"),
        (f"{MOZILLA} (Windows NT 10.0) {WEBKIT} Chrome/145 Safari/5 Edg/145", "Edge, Windows"),
        (f"{MOZILLA} (iPhone; CPU OS 19 like Mac OS X) {WEBKIT} Safari/6", "Safari, iPhone"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("", "Unknown browser"),
    ],
)
def test_a_browser_is_shown_as_its_owner_knows_it(
    desk: Helpdesk, app: Flask, user_agent: str, shown: str
) -> None:
    made = desk.workspace("acme").invitations.invite("e@acme.example", needs_password=False)
    browser = Browser(app.test_client())
    browser.send(f"/inbox/welcome/{made.token}", User_Agent=user_agent)
    assert shown in browser.see(ACCOUNT).text


def test_a_browser_is_signed_out_from_another(agent: Browser, signed_in: SignIn) -> None:
    other = signed_in("agent")
    forms = [each["action"] for each in agent.see(ACCOUNT).all("form") if "action" in each]
    ending = [action for action in forms if action.endswith("/end")]
    assert len(ending) == 2
    answer = agent.send(ending[0], form=ACCOUNT)
    assert answer.headers["Location"] == f"{ACCOUNT}?done=session"
    assert other.get(ACCOUNT).status_code == 303


def test_all_other_browsers_are_signed_out(agent: Browser, signed_in: SignIn) -> None:
    others = [signed_in("agent") for _ in range(2)]
    agent.send(f"{ACCOUNT}/sessions/end", form=ACCOUNT)
    assert {other.get(ACCOUNT).status_code for other in others} == {303}
    assert agent.get(ACCOUNT).status_code == 200


def test_nobody_ends_a_session_of_somebody_else(
    desk: Helpdesk, agent: Browser, signed_in: SignIn
) -> None:
    owner = signed_in("owner")
    member = next(m for m in desk.workspace("acme").members.list().items if m.role == "owner")
    session = desk.sessions.list(member.id)[0].id
    answer = agent.send(f"{ACCOUNT}/sessions/{session}/end", form=ACCOUNT)
    assert answer.status_code == 404
    assert owner.get(ACCOUNT).status_code == 200


def test_a_member_is_greeted_by_name_whatever_the_name_is(signed_in: SignIn) -> None:
    name = "<script>alert(1)</script>\"'"
    browser = signed_in("viewer", name=name)
    answer = browser.get(ACCOUNT)
    assert name in Seen(answer.text).text
    assert "<script>alert" not in answer.text


def test_a_viewer_sees_to_the_own_account(signed_in: SignIn) -> None:
    viewer = signed_in("viewer")
    answer = viewer.send(f"{ACCOUNT}/password", {"password": PASSWORD}, form=ACCOUNT)
    assert answer.headers["Location"].endswith("done=password")


def test_a_word_that_no_page_knows_is_not_shown(agent: Browser) -> None:
    assert "never-heard" not in agent.get(f"{ACCOUNT}?done=never-heard").text


def test_who_goes_back_is_not_told_once_more_what_was_done(agent: Browser) -> None:
    (choice,) = (link for link in agent.see(f"{ACCOUNT}?done=changed").links() if "next=" in link)
    assert ACCOUNT in agent.see(choice).links()


def test_a_member_has_another_name(desk: Helpdesk, signed_in: SignIn) -> None:
    viewer = signed_in("viewer")
    answer = viewer.send(f"{ACCOUNT}/name", {"name": " Ada Park "}, form=ACCOUNT)
    assert answer.headers["Location"] == f"{ACCOUNT}?done=changed"
    assert "Ada Park" in viewer.see(ACCOUNT).text
    event = desk.workspace("acme").events.list(types=["member.updated"]).items[-1]
    assert (event.changes, event.actor.id) == (
        {"name": {"from": "Viewer", "to": "Ada Park"}},
        event.object_id,
    )
    assert viewer.send(f"{ACCOUNT}/name", {"name": " "}, form=ACCOUNT).status_code == 422


def test_another_address_takes_the_password_and_ends_other_sessions(
    desk: Helpdesk, agent: Browser, signed_in: SignIn
) -> None:
    agent.send(f"{ACCOUNT}/password", {"password": PASSWORD}, form=ACCOUNT)
    there, before = signed_in("agent"), agent.cookies()["cstar_session"]
    path, given = f"{ACCOUNT}/address", {"email": "new@acme.example"}
    answer = agent.send(path, given | {"address_password": "wrong"}, form=ACCOUNT)
    assert "Present password is not right" in Seen(answer.text).text
    answer = agent.send(path, given | {"address_password": PASSWORD}, form=ACCOUNT)
    assert answer.headers["Location"] == f"{ACCOUNT}?done=address"
    assert "Your address is changed." in agent.see(answer.headers["Location"]).text
    assert agent.cookies()["cstar_session"] != before
    assert desk.sessions.find(before) is None
    assert there.get(ACCOUNT).status_code == 303
    assert desk.sign_ins(Argon2()).sign_in("acme", "new@acme.example", PASSWORD).token


@pytest.mark.parametrize(
    ("email", "told"),
    [
        ("bo@example.com", "Email address is a member's already"),
        ("", "Email address is required"),
        ("no address", "Email address must be an email address"),
    ],
)
def test_what_is_wrong_with_an_address_stands_beside_it(
    desk: Helpdesk, agent: Browser, email: str, told: str
) -> None:
    desk.workspace("acme").members.create(name="Bo", email="bo@example.com")
    answer = agent.send(f"{ACCOUNT}/address", {"email": email}, form=ACCOUNT)
    assert (answer.status_code, told in Seen(answer.text).text) == (422, True)
