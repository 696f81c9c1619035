"""The addresses to which customers reply: short, unforgeable, in capitals too."""

import pytest

from cstar_core.reply_addresses import (
    parse_reply_token,
    reply_token,
    token_in,
    with_token,
)

SECRET, TICKET = "s" * 43, bytes(range(16))
TOKEN = reply_token(SECRET, 4_000_000_000, TICKET)
LONG = "a" * 39


def test_a_token_is_short_enough_for_any_mailbox() -> None:
    assert len(TOKEN) == 24 <= 40
    assert TOKEN.isalnum() and TOKEN.lower() == TOKEN


@pytest.mark.parametrize("written", [TOKEN, TOKEN.upper(), TOKEN.title()])
def test_it_means_the_same_in_any_case(written: str) -> None:
    found = token_in(f"help+{written}@acme.example")
    assert found is not None
    assert (found.number, found.is_genuine(SECRET, TICKET)) == (4_000_000_000, True)


@pytest.mark.parametrize(
    ("secret", "ticket"), [("t" * 43, TICKET), (SECRET, bytes(16)), ("", TICKET)]
)
def test_another_secret_or_ticket_did_not_make_it(secret: str, ticket: bytes) -> None:
    found = parse_reply_token(TOKEN)
    assert found is not None and not found.is_genuine(secret, ticket)


@pytest.mark.parametrize("place", range(24))
def test_no_letter_of_it_can_be_another(place: int) -> None:
    other = "b" if TOKEN[place] == "a" else "a"
    found = parse_reply_token(TOKEN[:place] + other + TOKEN[place + 1 :])
    assert found is not None and not found.is_genuine(SECRET, TICKET)


@pytest.mark.parametrize(
    "address",
    [
        "", "@", "+", f"{TOKEN}@acme.example", f"+{TOKEN}@acme.example", "help+vip@acme.example",
        f"help+{TOKEN}", f"help+{TOKEN}a@acme.example", f"help+{TOKEN[:-1]}@acme.example",
        f"help+{TOKEN[:-1]}=@acme.example", f"help+{TOKEN[:-1]}1@acme.example",
        f"help+{TOKEN[:-1]}é@acme.example", f"help+{TOKEN[:-1]} @acme.example",
    ],
)  # fmt: skip
def test_anything_else_is_none(address: str) -> None:
    assert token_in(address) is None


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("help@acme.example", f"help+{TOKEN}@acme.example"),
        ("help+eu@acme.example", f"help+eu+{TOKEN}@acme.example"),
        (f"{LONG}@acme.example", f"{LONG}+{TOKEN}@acme.example"),
        (f"{LONG}a@acme.example", None),
    ],
)
def test_it_is_put_into_the_address_of_a_mailbox_if_there_is_room(
    address: str, expected: str | None
) -> None:
    assert with_token(address, TOKEN) == expected
