"""Signatures of webhooks: made, verified, and refused when anything is not as it was sent."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook

from cstar_core import InvalidSignature, verify_signature
from cstar_core.signatures import TOLERANCE_SECONDS, new_secret, sign

SECRET = new_secret(bytes(range(32)))
OTHER = new_secret(bytes(range(1, 33)))
BODY = '{"type": "ticket.created", "title": "Grüße"}'.encode()
AT = 1_700_000_000
HEADERS = sign([SECRET], "evt_1", AT, BODY)


def at(seconds: int) -> Callable[[], datetime]:
    return lambda: datetime.fromtimestamp(AT + seconds, UTC)


def accepted(headers: dict[str, str], body: bytes | str = BODY, secret: str = SECRET) -> bool:
    try:
        verify_signature(headers, body, secret, clock=at(0))
    except InvalidSignature:
        return False
    return True


def changed(**headers: str | None) -> dict[str, str]:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    kept = {name: value for name, value in HEADERS.items() if name.lower() not in names}
    return kept | {name: value for name, value in names.items() if value is not None}


def test_a_signature_is_that_of_the_written_rule() -> None:
    # printf '1700000000.{}' | openssl dgst -sha256 -hmac "$SECRET", and with the decoded key
    headers = sign([SECRET], "evt_1", AT, b"{}")
    assert headers == {
        "X-Signature": f"t={AT},v1="
        "c96db64dcac97ab83cf9a5c23aebfdd84148c3fd17caeb1ff7f359754d7d0025",
        "webhook-id": "evt_1",
        "webhook-timestamp": str(AT),
        "webhook-signature": "v1,bXtchBV0Hi1flm60IFUb87JKA3d/Yvv8UoEjbNotegk=",
    }


def test_what_was_signed_is_verified() -> None:
    assert accepted(HEADERS)


def test_the_names_of_headers_may_be_in_any_case() -> None:
    headers = {name.upper(): value for name, value in HEADERS.items()}
    assert accepted(headers)


def test_a_body_may_be_text() -> None:
    assert accepted(HEADERS, BODY.decode())


@pytest.mark.parametrize("left_out", ["x-signature", "webhook-signature"])
def test_either_signature_is_enough(left_out: str) -> None:
    headers = {name: value for name, value in HEADERS.items() if name.lower() != left_out}
    assert accepted(headers)


@pytest.mark.parametrize("secret", [SECRET, OTHER])
def test_while_two_secrets_are_valid_either_verifies(secret: str) -> None:
    headers = sign([OTHER, SECRET], "evt_1", AT, BODY)
    assert accepted(headers, BODY, secret)


def test_another_library_verifies_it() -> None:
    now = int(datetime.now(UTC).timestamp())
    headers = sign([OTHER, SECRET], "evt_1", now, BODY)
    assert Webhook(SECRET).verify(BODY, headers)["type"] == "ticket.created"


def test_what_another_library_signed_is_verified() -> None:
    signature = Webhook(SECRET).sign("evt_1", datetime.fromtimestamp(AT, UTC), BODY.decode())
    headers = {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(AT),
        "webhook-signature": signature,
    }
    assert accepted(headers)


@pytest.mark.parametrize("seconds", [TOLERANCE_SECONDS, -TOLERANCE_SECONDS])
def test_it_may_be_so_old_or_so_early(seconds: int) -> None:
    assert verify_signature(HEADERS, BODY, SECRET, clock=at(seconds)) is None  # type: ignore[func-returns-value]


@pytest.mark.parametrize("seconds", [TOLERANCE_SECONDS + 1, -TOLERANCE_SECONDS - 1])
def test_an_old_or_early_one_is_refused(seconds: int) -> None:
    with pytest.raises(InvalidSignature, match="seconds ago"):
        verify_signature(HEADERS, BODY, SECRET, clock=at(seconds))


def test_the_tolerance_may_be_another() -> None:
    with pytest.raises(InvalidSignature):
        verify_signature(HEADERS, BODY, SECRET, tolerance=10, clock=at(11))


X, W = HEADERS["X-Signature"], HEADERS["webhook-signature"]
WRONG = [
    {"x_signature": "", "webhook_signature": ""},
    {"x_signature": X[:-1] + ("0" if X[-1] != "0" else "1")},
    {"x_signature": X.replace(f"t={AT}", f"t={AT + 1}")},
    {"x_signature": X.replace(f"t={AT},", "")},
    {"x_signature": f"{X},t={AT}"},
    {"x_signature": X.replace(str(AT), "soon")},
    {"x_signature": X.replace(str(AT), "-1")},
    {"x_signature": X.replace(str(AT), "1" * 5000)},
    {"x_signature": X.replace(str(AT), "\u0661\u0667")},
    {"x_signature": f"t={AT}"},
    {"x_signature": f"t={AT},v1="},
    {"x_signature": f"t={AT},v1=ü"},
    {"x_signature": X.replace("v1", "v0")},
    {"webhook_signature": W.replace("v1,", "v2,")},
    {"webhook_signature": W.replace("v1,", "v1")},
    {"webhook_signature": "v1,"},
    {"webhook_signature": "v1,ü"},
    {"x_signature": f"t={AT},v1=\udcff"},
    {"webhook_signature": "v1,\udcff"},
    {"webhook_id": "\udcff"},
    {"webhook_id": None},
    {"webhook_id": "evt_2"},
    {"webhook_timestamp": None},
    {"webhook_timestamp": str(AT + 1)},
    {"webhook_timestamp": "1.7e9"},
]


@pytest.mark.parametrize("headers", WRONG, ids=ascii)
def test_what_is_not_as_it_was_sent_is_refused(headers: dict[str, str | None]) -> None:
    with pytest.raises(InvalidSignature):
        verify_signature(changed(**headers), BODY, SECRET, clock=at(0))


def test_what_is_not_signed_is_refused() -> None:
    with pytest.raises(InvalidSignature, match="there is no X-Signature"):
        verify_signature({}, BODY, SECRET)


def test_another_body_is_refused() -> None:
    with pytest.raises(InvalidSignature, match="does not fit the body"):
        verify_signature(HEADERS, BODY + b" ", SECRET, clock=at(0))


def test_a_body_that_is_no_text_at_all_is_refused() -> None:
    with pytest.raises(InvalidSignature, match="does not fit the body"):
        verify_signature(HEADERS, "\udcff", SECRET, clock=at(0))


def test_another_secret_is_refused() -> None:
    with pytest.raises(InvalidSignature, match="does not fit the body and the secret"):
        verify_signature(HEADERS, BODY, OTHER, clock=at(0))


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_???", "secret", SECRET[6:], "whsec_ü"])
def test_a_secret_that_is_none_is_not_a_wrong_signature(secret: str) -> None:
    with pytest.raises(ValueError, match="a signing secret is whsec_ and Base64") as raised:
        verify_signature(HEADERS, BODY, secret, clock=at(0))
    assert not isinstance(raised.value, InvalidSignature)


def test_new_secrets_differ() -> None:
    assert new_secret() != new_secret()
