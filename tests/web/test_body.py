"""Bodies that cannot be read without guessing are refused, whatever they hold."""

import json
import time
from io import BytesIO

import pytest

from cstar_web.body import parse_object
from cstar_web.errors import Failure
from tests.web.vocabulary import Api

DEEPEST = b'{"a":' + b"[" * 31 + b"]" * 31 + b"}"

# What is sent, and what the message says of it.
HOSTILE = {
    "nothing": (b"", "is empty; send a JSON object"),
    "a space": (b" ", "is not valid JSON: Expecting value at line 1, column 2"),
    "an array": (b"[]", "must be a JSON object"),
    "a string": (b'"title"', "must be a JSON object"),
    "null": (b"null", "must be a JSON object"),
    "cut off": (b'{"title": "a', "is not valid JSON: Unterminated string"),
    "a comma too many": (b'{"title": "a",}', "is not valid JSON"),
    "something after it": (b'{"title": "a"} {}', "is not valid JSON: Extra data"),
    "a comment": (b'{"title": "a" /* b */}', "is not valid JSON"),
    "single quotes": (b"{'title': 'a'}", "is not valid JSON"),
    "a raw newline in a string": (b'{"title": "a\nb"}', "Invalid control character"),
    "NaN": (b'{"title": NaN}', "must not contain NaN"),
    "Infinity": (b'{"title": Infinity}', "must not contain Infinity"),
    "minus Infinity": (b'{"title": -Infinity}', "must not contain -Infinity"),
    "a number too large": (b'{"title": 1e999}', "a number too large to be read"),
    "2 to the 63": (b'{"title": 9223372036854775808}', "an integer beyond 64 bits"),
    "below 64 bits": (b'{"title": -9223372036854775809}', "an integer beyond 64 bits"),
    "5,000 digits": (b'{"title": ' + b"9" * 5_000 + b"}", "an integer beyond 64 bits"),
    "a name twice": (b'{"title": "a", "title": "b"}', 'has the name "title" twice'),
    "a name twice inside": (b'{"metadata": {"a": 1, "a": 2}}', 'has the name "a" twice'),
    "a name twice by escape": (b'{"a": 1, "\\u0061": 2}', 'has the name "a" twice'),
    "half a surrogate pair": (b'{"title": "\\ud800"}', "half of a surrogate pair"),
    "half a pair in a name": (b'{"\\udfff": 1}', "half of a surrogate pair"),
    "a byte order mark": (b'\xef\xbb\xbf{"title": "a"}', "a byte order mark"),
    "UTF-16": ('{"title": "a"}'.encode("utf-16"), "must be UTF-8"),
    "broken UTF-8": (b'{"title": "\xff"}', "must be UTF-8"),
    "a surrogate in UTF-8": (b'{"title": "\xed\xa0\x80"}', "must be UTF-8"),
    "33 levels": (b'{"a":' + b"[" * 32 + b"]" * 32 + b"}", "deeper than 32 levels"),
    "100,000 arrays": (b"[" * 100_000, "deeper than 32 levels"),
    "100,000 objects": (b'{"a":' * 100_000, "deeper than 32 levels"),
}
HARMLESS = {
    "32 levels": DEEPEST,
    "the largest integer": b'{"a": 9223372036854775807}',
    "the smallest integer": b'{"a": -9223372036854775808}',
    "a whole surrogate pair": b'{"a": "\\ud83d\\ude00"}',
    "brackets in a string": b'{"a": "' + b"[{" * 100 + b'"}',
    "escaped quotes before brackets": b'{"a": "\\"' + b"[" * 100 + b'"}',
    "many short arrays": b'{"a": [' + b"[]," * 100 + b"[]]}",
    "a large float": b'{"a": 1e308}',
    "white space around it": b' \r\n\t{"a": 1}\n',
}


@pytest.mark.parametrize(("body", "rule"), HOSTILE.values(), ids=HOSTILE)
def test_a_body_that_cannot_be_read_is_refused(api: Api, body: bytes, rule: str) -> None:
    answer = api.send("POST", api.base + "/tickets", data=body, content_type="application/json")
    status, code, message = answer.refusal
    assert (status, code) == (400, "BODY_INVALID")
    assert rule in message


@pytest.mark.parametrize("body", HARMLESS.values(), ids=HARMLESS)
def test_a_body_that_only_looks_odd_is_read(body: bytes) -> None:
    assert parse_object(body) == json.loads(body)


@pytest.mark.parametrize("end", [b"", b"\\"], ids=["a quote", "a backslash"])
def test_an_endless_string_of_escapes_is_refused_at_once(end: bytes) -> None:
    with pytest.raises(Failure, match="is not valid JSON"):
        parse_object(b'{"a": ' + b"[]," * 20 + b'"' + b'\\"' * 400_000 + end)


def test_a_name_twice_among_a_hundred_thousand_is_found_at_once() -> None:
    names = ",".join(f'"{number}":1' for number in range(100_000))
    started = time.monotonic()
    with pytest.raises(Failure, match='has the name "last" twice'):
        parse_object(f'{{{names},"last":1,"last":2}}'.encode())
    assert time.monotonic() - started < 5


def test_an_endless_name_given_twice_is_cut_in_the_message() -> None:
    pair = b'"' + b"a" * 500_000 + b'":1'
    with pytest.raises(Failure) as refused:
        parse_object(b"{" + pair + b"," + pair + b"}")
    assert len(refused.value.message) < 200


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=utf-16",
        "application/jsonp",
        "application/merge-patch+json",
    ],
)
def test_a_body_must_be_declared_as_json(api: Api, content_type: str | None) -> None:
    answer = api.send("POST", api.base + "/tickets", data=b"{}", content_type=content_type)
    assert answer.refusal == (
        415,
        "UNSUPPORTED_MEDIA_TYPE",
        "Send the body as Content-Type: application/json in UTF-8",
    )


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        'Application/JSON;charset="UTF-8"',
        "application/json; charset=UTF8",
    ],
)
def test_json_may_be_declared_in_any_of_its_spellings(api: Api, content_type: str) -> None:
    body = b'{"title": "Hello"}'
    answer = api.send("POST", api.base + "/tickets", data=body, content_type=content_type)
    assert answer.status == 201


def test_a_body_over_a_mebibyte_is_too_large(api: Api) -> None:
    answer = api.post("/tickets", {"title": "a" * 1_048_576})
    assert answer.refusal == (413, "PAYLOAD_TOO_LARGE", "The request body is larger than 1 MiB")


def test_a_body_of_a_mebibyte_is_read(api: Api) -> None:
    body = b'{"title": "Hello"}'.ljust(1_048_576)
    answer = api.send("POST", api.base + "/tickets", data=body, content_type="application/json")
    assert answer.status == 201


def test_a_body_without_a_length_is_cut_at_a_mebibyte(api: Api) -> None:
    answer = api.send(
        "POST",
        api.base + "/tickets",
        input_stream=BytesIO(b" " * 2_000_000),
        content_type="application/json",
        environ_overrides={"wsgi.input_terminated": True, "CONTENT_LENGTH": ""},
    )
    assert answer.refusal[:2] == (413, "PAYLOAD_TOO_LARGE")


def test_a_body_sent_with_a_delete_is_left_alone(api: Api) -> None:
    ticket = api.ticket()
    assert api.delete(f"/tickets/{ticket['id']}", json={"any": "thing"}).status == 200


def test_text_is_stored_as_it_was_sent(api: Api) -> None:
    title = "  Zażółć\u00a0e\u0301 日本 \U0001f600\t\u202e  "
    ticket = api.ticket(title)
    assert api.get(f"/tickets/{ticket['id']}").data["title"] == title


def test_a_nul_character_is_refused(api: Api) -> None:
    status, code, message = api.post("/tickets", {"title": "a\0b"}).refusal
    assert (status, code) == (400, "PARAMETER_INVALID")
    assert message == "title must be Unicode text without U+0000"
