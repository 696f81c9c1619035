"""Authorizing a mailbox: in a browser with PKCE, and by a code that is typed on any device."""

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from cstar_core import MailOAuth
from cstar_web.mail.authorizing import (
    AskedInBrowser,
    ask_by_code,
    ask_in_browser,
    redeem,
    wait_for_code,
)
from cstar_web.mail.granting import NoToken
from tests.web.mail.token_giver import Form, Said, giving, refusal, token

USER = "help@acme.example"
ENDED = "http://localhost/?{}"
DEVICE = {
    "device_code": "d-hidden",
    "user_code": "ABCD-EFGH",
    "verification_uri": "https://id.example.com/device",
    "interval": 1,
    "expires_in": 900,
}


def provider(url: str, name: str = "custom") -> MailOAuth:
    return MailOAuth(
        name, "cstar", "refresh_token", ("mail", "offline_access"), url,
        "https://id.example.com/authorize?tenant=x", url,
    )  # fmt: skip


def query(asked: AskedInBrowser) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(asked.url).query).items()}


def ended(asked: AskedInBrowser, **said: str) -> str:
    """The address at which a browser ends."""
    return ENDED.format(urlencode({"state": asked.state, **said}))


def test_a_browser_is_sent_with_all_that_the_provider_wants() -> None:
    asked = ask_in_browser(provider("https://id.example.com/token", "google"), USER)
    told = query(asked)
    assert asked.url.startswith("https://id.example.com/authorize?tenant=x&response_type=code&")
    assert told.pop("state") == asked.state and len(told.pop("code_challenge")) == 43
    assert told == {
        "tenant": "x", "response_type": "code", "client_id": "cstar", "login_hint": USER,
        "redirect_uri": "http://localhost", "scope": "mail offline_access",
        "code_challenge_method": "S256", "access_type": "offline", "prompt": "consent",
    }  # fmt: skip
    again = ask_in_browser(provider("https://id.example.com/token"), USER)
    assert (again.state, again.verifier) != (asked.state, asked.verifier)
    assert asked.verifier not in repr(asked) and asked.verifier not in asked.url


def test_what_the_browser_ended_at_is_redeemed_by_who_asked() -> None:
    def answer(form: Form) -> Said:
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        assert base64.urlsafe_b64encode(digest).decode().rstrip("=") == challenge
        return token("t", refresh_token="r")

    with giving(answer) as giver:
        oauth = provider(giver.url)
        asked = ask_in_browser(oauth, USER, "http://localhost:8080/x")
        challenge = query(asked)["code_challenge"]
        found = redeem(oauth, "s", asked, f"  {ended(asked, code='c')}\n")
    assert (found.access_token, found.refresh_token) == ("t", "r")
    (form,) = giver.forms
    assert (form["grant_type"], form["code"]) == ("authorization_code", "c")
    assert (form["redirect_uri"], form["client_secret"]) == ("http://localhost:8080/x", "s")


PASTED: list[tuple[str, str]] = [
    ("", "not the answer to this request"),
    ("c-hidden", "not the answer to this request"),
    (ENDED.format("code=c"), "not the answer to this request"),
    (ENDED.format("state=other&code=c"), "not the answer to this request"),
    (ENDED.format("state=STATE&state=STATE&code=c"), "not the answer to this request"),
    (ENDED.format("state=\udcff&code=\udcff"), "not the answer to this request"),
    ("http://[::1/?state=STATE", "not the answer to this request"),
    (ENDED.format("&".join("a=1" for _ in range(100))), "not the answer to this request"),
    (ENDED.format("state=STATE"), "that address has no code"),
    (ENDED.format("state=STATE&code=a&code=b"), "that address has no code"),
    (ENDED.format("state=STATE&error=access_denied&error_description=no%1B%5B2J+way"),
     "it was not authorized: access_denied no?[2J way"),
]  # fmt: skip


@pytest.mark.parametrize(("pasted", "said"), PASTED)
def test_what_is_no_answer_to_this_request_asks_for_nothing(pasted: str, said: str) -> None:
    with giving(token()) as giver:
        oauth = provider(giver.url)
        asked = ask_in_browser(oauth, USER)
        with pytest.raises(NoToken) as refused:
            redeem(oauth, None, asked, pasted.replace("STATE", asked.state))
    assert said in str(refused.value) and giver.forms == []


def test_what_would_end_within_the_hour_is_not_taken() -> None:
    with giving(token()) as giver:
        oauth = provider(giver.url)
        asked = ask_in_browser(oauth, USER)
        with pytest.raises(NoToken, match="gave no refresh token"):
            redeem(oauth, None, asked, ended(asked, code="c"))


def test_a_code_is_typed_and_waited_for() -> None:
    said = iter(
        [
            (200, DEVICE),
            refusal("authorization_pending"),
            refusal("slow_down"),
            (503, b"busy"),
            token("t", refresh_token="r"),
        ]
    )
    slept: list[float] = []
    with giving(lambda form: next(said)) as giver:
        oauth = provider(giver.url)
        asked = ask_by_code(oauth)
        assert (asked.url, asked.user_code) == (DEVICE["verification_uri"], "ABCD-EFGH")
        assert "hidden" not in repr(asked)
        found = wait_for_code(oauth, "s", asked, sleep=slept.append)
    assert found.refresh_token == "r" and slept == [1, 1, 6, 6]
    assert "client_secret" not in giver.forms[0]
    assert giver.forms[-1] == {
        "client_id": "cstar", "client_secret": "s", "scope": "mail offline_access",
        "device_code": "d-hidden", "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
    }  # fmt: skip


@pytest.mark.parametrize("code", ["access_denied", "expired_token", "d-hidden"])
def test_who_declines_ends_the_wait(code: str) -> None:
    said = iter([(200, DEVICE), refusal(code)])
    with giving(lambda form: next(said)) as giver:
        oauth = provider(giver.url)
        with pytest.raises(NoToken) as refused:
            wait_for_code(oauth, None, ask_by_code(oauth), sleep=lambda seconds: None)
    assert code.replace("d-hidden", "(secret)") in str(refused.value)


NO_CODES: list[dict[str, Any]] = [
    {}, {"user_code": "a\x1b[2J"}, {"user_code": 7}, {"user_code": "x" * 65},
    {"verification_uri": "javascript:alert(1)"}, {"verification_uri": "https://x/\x1b"},
    {"device_code": None},
]  # fmt: skip


@pytest.mark.parametrize("changed", NO_CODES)
def test_what_is_no_code_is_not_shown(changed: dict[str, Any]) -> None:
    said = DEVICE | changed if changed else {}
    with giving((200, said)) as giver, pytest.raises(NoToken, match="no code"):
        ask_by_code(provider(giver.url))


def test_a_provider_without_a_place_for_it_says_so() -> None:
    plain = MailOAuth("custom", "c", "refresh_token", (), "https://id.example.com/token")
    with pytest.raises(NoToken, match="--oauth-authorization-url"):
        ask_in_browser(plain, USER)
    with pytest.raises(NoToken, match="--oauth-device-url"):
        ask_by_code(plain)


@pytest.mark.parametrize(
    ("interval", "seconds"), [(0, 1.0), (-5, 1.0), (10**9, 60), ("x", 5), (True, 5), (1e400, 5)]
)
def test_how_often_it_is_asked_is_bounded(interval: Any, seconds: float) -> None:
    said = (
        b'{"user_code": "A", "device_code": "d", "verification_uri": "https://x/", "interval": %s}'
    )
    shown = {"x": b'"x"', True: b"true"}.get(interval, str(interval).encode())
    if interval == 1e400:
        shown = b"1e400"
    with giving((200, said % shown)) as giver:
        assert ask_by_code(provider(giver.url)).interval == seconds
