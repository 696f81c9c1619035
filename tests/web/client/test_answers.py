"""Answers that are late, too large, spoilt or not of cStar."""

import json
from typing import Any

import pytest

from cstar_core import Helpdesk
from cstar_web.client import (
    AnswerError,
    ApiError,
    AuthenticationError,
    Client,
    CStarError,
    NetworkError,
    RateLimitError,
    TimedOut,
    ValidationError,
)
from tests.web.faults import Hasty, Way, drip, hang, leading, says, sends
from tests.web.vocabulary import Keyring


def test_a_server_that_does_not_answer_is_given_up(trip: Any, desk: Helpdesk) -> None:
    with trip(hang, hang, timeout=0.2, retries=1) as journey, pytest.raises(TimedOut):
        journey.client.tickets.create(title="Late")

    assert len(journey.way.requests) == 2


def test_a_server_that_drips_is_given_up(trip: Any) -> None:
    with (
        trip(drip, timeout=0.3, retries=0) as journey,
        pytest.raises(TimedOut, match=r"no answer within 0\.3 seconds"),
    ):
        journey.client.tickets.list()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000001\r\n\r\n" + b" " * 1_000_001,
        b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 1_000_001,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1e8480\r\n" + b" " * 1_200_000,
    ],
    ids=["declared", "until it ends", "in chunks"],
)
def test_an_answer_that_is_too_large_is_not_read(trip: Any, answer: bytes) -> None:
    with (
        trip(sends(answer), answer_max=1_000_000) as journey,
        pytest.raises(AnswerError, match="larger than 1,000,000 bytes"),
    ):
        journey.client.tickets.list()
    assert len(journey.way.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nCont",
        b"HTTP/1.1 404 NOT FOUND\r\nContent-Type: application/json\r\n",
        b'HTTP/1.1 200 OK\r\n\r\n{"success": true, "data": [',
        b"HTTP/1.1 2",
        b"not HTTP at all\r\n\r\n",
    ],
)
def test_an_answer_that_ends_too_soon_is_none(trip: Any, answer: bytes) -> None:
    def spoilt(way: Way, request: bytes, client: Any) -> bool:
        client.sendall(answer)
        return False

    with trip(spoilt, retries=0) as journey, pytest.raises(NetworkError):
        journey.client.tickets.list()


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 There", "308 There"])
def test_the_key_is_not_taken_to_where_a_server_leads(
    trip: Any, keyring: Keyring, status: str
) -> None:
    with leading(None) as elsewhere:
        redirect = says(status, Location=f"{elsewhere.url}/api/v1")
        with trip(redirect) as journey, pytest.raises(AnswerError, match="leads to") as caught:
            journey.client.tickets.create(title="Late")

    assert elsewhere.connections == 0 and len(journey.way.requests) == 1
    assert keyring.secret not in str(caught.value)


@pytest.mark.parametrize(
    "body", [b"<html>", b"", b"[]", b"{}", b'{"data": 1}', b"[" * 200_000, b"\xff", b'"data"']
)
def test_an_answer_of_something_else_is_told_as_that(trip: Any, body: bytes) -> None:
    with trip(says("200 OK", body)) as journey, pytest.raises(AnswerError, match="url right"):
        journey.client.tickets.list()


@pytest.mark.parametrize(
    "data",
    [
        {"data": [{"id": 1}], "meta": {}},
        {"data": [7], "meta": {}},
        {"data": 7, "meta": {}},
        {"data": {"a": 1}, "meta": {}},
        {"data": None, "meta": {}},
        {"data": [], "meta": {}},
        {"data": [], "meta": {"pagination": None}},
    ],
)
def test_an_answer_of_another_shape_is_told_as_that(trip: Any, data: Any) -> None:
    with (
        trip(says("200 OK", json.dumps(data).encode())) as journey,
        pytest.raises(AnswerError, match="is not a"),
    ):
        journey.client.tickets.list()


def test_a_list_without_pages_and_a_deletion_may_be_of_another_shape_too(trip: Any) -> None:
    with trip(*[says("200 OK", b'{"data": {}, "meta": {}}')] * 3) as journey:
        with pytest.raises(AnswerError, match="is not a list of Message"):
            journey.client.messages.list("tkt_1")
        with pytest.raises(AnswerError, match="is not a list of CustomField"):
            journey.client.custom_fields.list()
        with pytest.raises(AnswerError, match="is not a Removed"):
            journey.client.custom_fields.delete("cf_1")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("401 No", AuthenticationError),
        ("429 Slow", RateLimitError),
        ("502 Bad Gateway", ApiError),
        ("400 Bad", AnswerError),
    ],
)
def test_a_page_of_a_proxy_is_an_error_too(trip: Any, status: str, kind: type[CStarError]) -> None:
    with (
        trip(says(status, b"<html>nginx</html>"), retries=0) as journey,
        pytest.raises(kind, match="not as cStar does") as caught,
    ):
        journey.client.tickets.list()
    assert (caught.value.status, caught.value.code) == (int(status[:3]), None)


def test_a_type_of_error_that_comes_later_is_still_an_error(trip: Any) -> None:
    body = json.dumps({"error": {"type": "new_error", "message": "New", "errors": ["odd"]}})
    with trip(says("402 Pay", body.encode())) as journey, pytest.raises(ApiError, match="New"):
        journey.client.tickets.list()


def test_a_refusal_before_the_body_is_read_is_heard(keyring: Keyring) -> None:
    with (
        leading(None, kind=Hasty) as way,
        Client(way.url, keyring.secret, team="acme", retries=0) as client,
        pytest.raises(ValidationError, match="Too large"),
    ):
        client.tickets.create(title="Late", notes="a" * 16_000_000)
