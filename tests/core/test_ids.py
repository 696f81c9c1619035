"""Public ids and tokens."""

# ruff: noqa: RUF001 - look-alike digits are what it is about

import string
import uuid

import pytest

from cstar_core import parse_id
from cstar_core.ids import PREFIXES, looks_like_id, new_token, new_uid, public_id

HEX = "550e8400e29b41d4a716446655440000"
DASHED = "550e8400-e29b-41d4-a716-446655440000"
PARSED: list[tuple[object, bool]] = [
    (f"tkt_{HEX}", True),
    (DASHED, True),
    (DASHED.upper(), True),
    (HEX, False),
    (f"tkt_{DASHED}", False),
    (f"tkt_{HEX.upper()}", False),
    (f"TKT_{HEX}", False),
    (f"cus_{HEX}", False),
    (f"tkt_{HEX[:-1]}", False),
    (f"tkt_{HEX}0", False),
    (f"tkt_{HEX}\n", False),
    (f" tkt_{HEX}", False),
    (f"{DASHED}\n", False),
    (f"{{{DASHED}}}", False),
    ("tkt_" + "٠" * 32, False),
    ("", False),
    (None, False),
    (7, False),
    (HEX.encode(), False),
]


@pytest.mark.parametrize(("text", "valid"), PARSED)
def test_an_id_is_a_prefix_and_hex_or_a_uuid_with_dashes(text: object, valid: bool) -> None:
    assert parse_id("ticket", text) == (bytes.fromhex(HEX) if valid else None)


@pytest.mark.parametrize("kind", PREFIXES)
def test_every_kind_reads_what_it_prints(kind: str) -> None:
    assert parse_id(kind, public_id(kind, bytes.fromhex(HEX))) == bytes.fromhex(HEX)


def test_the_prefixes_are_those_of_the_api() -> None:
    assert set(PREFIXES.values()) == {
        "team_", "tkt_", "msg_", "cus_", "cf_", "mem_", "key_", "evt_", "whk_", "dlv_", "cr_",
        "ses_", "view_", "mbx_", "att_", "eml_", "mbk_", "oml_", "mtl_",
    }  # fmt: skip


def test_any_kind_of_id_looks_like_one() -> None:
    assert looks_like_id(f"mem_{HEX}")


def test_a_word_does_not_look_like_an_id() -> None:
    assert not looks_like_id("jane")


def test_a_new_uid_is_a_uuid_of_version_7() -> None:
    made = uuid.UUID(bytes=new_uid(1_765_377_000))
    assert (made.version, made.variant) == (7, uuid.RFC_4122)


def test_a_new_uid_begins_with_its_milliseconds() -> None:
    assert int.from_bytes(new_uid(1_765_377_000)[:6], "big") == 1_765_377_000_000


def test_an_instant_before_1970_still_makes_a_uid() -> None:
    assert len(new_uid(-5)) == 16


def test_new_uids_differ() -> None:
    assert len({new_uid(0) for _ in range(1000)}) == 1000


def test_a_token_is_letters_and_digits() -> None:
    token = new_token()
    assert len(token) == 32
    assert set(token) <= set(string.ascii_letters + string.digits)
