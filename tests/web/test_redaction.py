"""What is left of a key in what is written down."""

import logging
import sys

import pytest

from cstar_web.envelope import REQUEST_ID
from cstar_web.logs import JsonFormatter, TextFormatter
from cstar_web.redaction import redacted

SECRET = "sk_live_4eC39HqLyjWDarjtT1zdp7dcabcdefgh"
KEYS = [prefix + SECRET[8:] for prefix in ("sk_live_", "sk_test_", "pk_live_", "pk_test_")]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("around", ["{}", "no key {}; try", "x={}&y", '"{}"', "{}{}", "a\n{}\nb"])
def test_nothing_is_left_but_the_prefix(key: str, around: str) -> None:
    text = redacted(around.format(key, key))
    assert key[8:] not in text and key[:8] in text


@pytest.mark.parametrize("text", ["", "sk_live_", "sk_live_x", "key_0123", "risk_live_events"])
def test_other_text_stays(text: str) -> None:
    assert redacted(text) == text


@pytest.mark.parametrize("formatter", [TextFormatter(), JsonFormatter()], ids=["text", "json"])
def test_a_record_of_the_log_holds_no_key(formatter: logging.Formatter) -> None:
    try:
        raise LookupError(SECRET)
    except LookupError:
        record = logging.makeLogRecord({"msg": f"got {SECRET}", "exc_info": sys.exc_info()})
    written = formatter.format(record)
    assert SECRET[8:] not in written and "sk_live_…" in written


@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_no_request_id(key: str) -> None:
    assert REQUEST_ID.match(key[8:]) and not REQUEST_ID.match(key)
