"""Signed tokens: what they say, and that nobody else can make one."""

import base64

import pytest

from cstar_core.ticket_links import FORM_LINK, STAMP, TEAM_LINK, parse_token, seal

SECRET = "s" * 43
UID = bytes(range(16))
WHOLE = seal(SECRET, TEAM_LINK, UID, 1_765_377_000, b"customer")


def test_a_token_says_what_it_is_for() -> None:
    token = parse_token(WHOLE)
    assert token is not None
    assert (token.purpose, token.uid, token.at) == (TEAM_LINK, UID, 1_765_377_000)
    assert token.is_genuine(SECRET, b"customer")


def test_a_token_is_short_and_safe_in_a_url() -> None:
    assert len(WHOLE) == 56
    assert WHOLE.replace("-", "").replace("_", "").isalnum()


def test_a_token_does_not_say_what_it_is_bound_to() -> None:
    assert b"customer" not in base64.urlsafe_b64decode(WHOLE)


@pytest.mark.parametrize("place", range(56))
def test_a_token_that_is_changed_anywhere_is_not_genuine(place: int) -> None:
    other = "A" if WHOLE[place] != "A" else "B"
    token = parse_token(WHOLE[:place] + other + WHOLE[place + 1 :])
    assert token is not None
    assert not token.is_genuine(SECRET, b"customer")


@pytest.mark.parametrize(
    ("secret", "bound"), [("t" * 43, b"customer"), (SECRET, b"other"), (SECRET, b"")]
)
def test_a_token_of_another_secret_or_another_thing_is_not_genuine(
    secret: str, bound: bytes
) -> None:
    token = parse_token(WHOLE)
    assert token is not None
    assert not token.is_genuine(secret, bound)


@pytest.mark.parametrize("purpose", [FORM_LINK, STAMP])
def test_a_token_is_good_for_one_purpose(purpose: int) -> None:
    raw = base64.urlsafe_b64decode(WHOLE)
    token = parse_token(base64.urlsafe_b64encode(bytes([purpose]) + raw[1:]).decode())
    assert token is not None
    assert not token.is_genuine(SECRET, b"customer")


@pytest.mark.parametrize(
    "text",
    [
        None,
        7,
        b"A" * 56,
        "",
        WHOLE[:-1],
        WHOLE + "A",
        f" {WHOLE[1:]}",
        f"{WHOLE[:-1]}\n",
        f"{WHOLE[:-1]}=",
        "=" * 56,
        "+" * 56,
        "/" * 56,
        "\u00e9" * 56,
        "\ud800" * 56,
        "\0" * 56,
        f"{WHOLE[:20]}!{WHOLE[21:]}",
        WHOLE * 10_000,
    ],
)
def test_what_has_not_the_form_of_a_token_is_none(text: object) -> None:
    assert parse_token(text) is None
