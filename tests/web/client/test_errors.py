"""What the server refuses, as the client raises it."""

import pytest

from cstar_core import Helpdesk
from cstar_web.app import create_app
from cstar_web.client import (
    AuthenticationError,
    Client,
    ConflictError,
    NotFoundError,
    Problem,
    RateLimitError,
    ValidationError,
)
from cstar_web.settings import Settings
from tests.web.sockets import running
from tests.web.vocabulary import Keyring


def test_everything_that_is_wrong_is_told(acme: Client) -> None:
    with pytest.raises(ValidationError) as caught:
        acme.tickets.create(title=" ", priority="hihg", tags=["a,b"])

    error = caught.value
    assert (error.status, error.code, error.param) == (400, "PARAMETER_MISSING", "title")
    assert str(error) == error.message == "title is required"
    assert error.request_id and error.request_id.startswith("req_")
    assert [problem.param for problem in error.errors] == ["title", "priority", "tags.0"]


def test_one_thing_that_is_wrong_is_in_errors_too(acme: Client) -> None:
    with pytest.raises(ValidationError) as caught:
        acme.tickets.create(title="Late", customer_ids="cus_1")  # type: ignore[call-arg]

    (problem,) = caught.value.errors
    assert problem == Problem("PARAMETER_UNKNOWN", caught.value.message, "customerIds")
    assert "did you mean customerId" in problem.message


def test_a_taken_address_is_a_conflict(acme: Client) -> None:
    acme.customers.create(name="Jane", email="jane@example.com")

    with pytest.raises(ConflictError) as caught:
        acme.customers.create(name="Janet", email="JANE@example.com")
    assert (caught.value.code, caught.value.param) == ("RESOURCE_EXISTS", "email")


def test_another_teams_ticket_is_not_found(acme: Client, url: str, keyring: Keyring) -> None:
    ticket = acme.tickets.create(title="Late")

    with Client(url, keyring.other) as other, pytest.raises(NotFoundError):
        other.tickets.get(ticket.id)


def test_an_unknown_key_is_not_authenticated(url: str) -> None:
    with Client(url, "sk_live_" + 32 * "a") as client, pytest.raises(AuthenticationError) as caught:
        client.tickets.list()
    assert (caught.value.status, caught.value.code) == (401, "authentication_required")


def test_a_long_wait_for_the_next_hour_is_told_and_not_waited_for(
    desk: Helpdesk, keyring: Keyring
) -> None:
    application = create_app(desk, Settings(secret_key_limit="2/hour"))
    waits: list[float] = []
    with running(application=application) as (host, port):
        url = f"http://{host}:{port}"
        with Client(url, keyring.secret, team="acme", sleep=waits.append) as client:
            client.tickets.list()
            client.tickets.list()
            with pytest.raises(RateLimitError) as caught:
                client.tickets.list()
    assert caught.value.code == "rate_limit_exceeded"
    assert caught.value.retry_after and caught.value.retry_after > 60
    assert waits == []


def test_a_body_that_is_too_large_is_refused(acme: Client) -> None:
    with pytest.raises(ValidationError) as caught:
        acme.tickets.create(title="Late", notes="a" * 3_000_000)
    assert caught.value.code == "PAYLOAD_TOO_LARGE"
