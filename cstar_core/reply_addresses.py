"""Addresses to which a customer's reply goes, so that it is known to which ticket it belongs.

It is the address of a mailbox with ``+`` and a token: 24 letters and digits that say the ticket's
number and prove that this desk gave it away. Mail servers may write an address in capitals, so the
token is Base32, which means the same in either case. Whoever has such an address can write to
the ticket as a customer, and nothing else.
"""

import base64
import hashlib
import hmac
from typing import NamedTuple

from cstar_core.errors import NotFound
from cstar_core.link_secrets import find_or_make_secret, find_secret
from cstar_core.scope import Scope
from cstar_core.store import Snapshot, Transaction, prepare, slot
from cstar_core.tables import TicketRow

# Beside those of the links for customers, which are signed with the same secret.
_PURPOSE = 4
_NUMBER = 5
_PROOF = 10
_LENGTH = 24
# RFC 5321, 4.5.3.1.1.
_LOCAL_MAX = 64
_UID = prepare(
    TicketRow.select(TicketRow.id, TicketRow.uid).where(
        (TicketRow.workspace_id == slot("workspace")) & (TicketRow.number == slot("number"))
    )
)


class ReplyToken(NamedTuple):
    """What a token says; whether that is true is known by ``is_genuine`` alone."""

    number: int
    proof: bytes

    def is_genuine(self, secret: str, ticket: bytes) -> bool:
        """Whether it was made with the secret, for the ticket with this uid."""
        return hmac.compare_digest(_proof(secret, self.number, ticket), self.proof)


def reply_token(secret: str, number: int, ticket: bytes) -> str:
    """The token of the ticket with a number and a uid.

    >>> reply_token("secret", 123, bytes(16))
    'aaaaaad3t23vhkdvqpagxuqm'
    """
    raw = number.to_bytes(_NUMBER, "big") + _proof(secret, number, ticket)
    return base64.b32encode(raw).decode("ascii").lower()


def parse_reply_token(text: str) -> ReplyToken | None:
    """What a text says if it has the form of a token, whoever made it; else None.

    >>> parse_reply_token("AAAAAAD3t23vhkdvqpagxuqm").number, parse_reply_token("vip")
    (123, None)
    """
    if len(text) != _LENGTH or not text.isascii():
        return None
    try:
        raw = base64.b32decode(text.upper())
    except ValueError:
        return None
    # What is filled up with "=" is shorter.
    if len(raw) != _NUMBER + _PROOF:
        return None
    return ReplyToken(int.from_bytes(raw[:_NUMBER], "big"), raw[_NUMBER:])


def token_in(address: str) -> ReplyToken | None:
    """The token in an address, whatever the mailbox.

    >>> token_in("Help+AAAAAAD3t23vhkdvqpagxuqm@acme.example").number
    123
    >>> token_in("aaaaaad3t23vhkdvqpagxuqm@acme.example") is None
    True
    """
    local = address.rpartition("@")[0]
    name, plus, token = local.rpartition("+")
    return parse_reply_token(token) if name and plus else None


def with_token(address: str, token: str) -> str | None:
    """The address of a mailbox with a token; None if its local part has no room for it.

    >>> with_token("help@acme.example", "aaaaaad3t23vhkdvqpagxuqm")
    'help+aaaaaad3t23vhkdvqpagxuqm@acme.example'
    """
    local, _, domain = address.rpartition("@")
    extended = f"{local}+{token}"
    return f"{extended}@{domain}" if len(extended.encode()) <= _LOCAL_MAX else None


def reply_address(tx: Transaction, scope: Scope, address: str, number: int) -> str | None:
    """The address of a mailbox to which replies to the ticket with a number go.

    None if there is no room for a token in it. Raises NotFound.
    """
    row = tx.first(_UID, workspace=scope.workspace_id, number=number)
    if row is None:
        raise NotFound("ticket", str(number))
    return with_token(address, reply_token(find_or_make_secret(tx, scope), number, row[1]))


def ticket_of_token(snap: Snapshot, scope: Scope, token: ReplyToken) -> int | None:
    """The integer key of the ticket that a token was made for; None if it was not made here."""
    secret = find_secret(snap, scope)
    row = snap.first(_UID, workspace=scope.workspace_id, number=token.number)
    if secret is None or row is None or not token.is_genuine(secret, row[1]):
        return None
    return int(row[0])


def _proof(secret: str, number: int, ticket: bytes) -> bytes:
    said = bytes([_PURPOSE]) + number.to_bytes(_NUMBER, "big") + ticket
    return hmac.new(secret.encode(), said, hashlib.sha256).digest()[:_PROOF]
