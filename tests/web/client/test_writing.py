"""Changes that are safe to make, and what is not sent at all."""

import pytest

from cstar_web.client import Client, ConflictError, ValidationError


def test_a_change_meant_for_another_state_is_refused(acme: Client) -> None:
    read = acme.tickets.create(title="Late")
    acme.tickets.update(read.id, title="Later", if_match=read.etag)

    with pytest.raises(ConflictError) as caught:
        acme.tickets.update(read.id, title="Latest", if_match=read.etag)
    with pytest.raises(ConflictError):
        acme.tickets.delete(read.id, if_match=read.etag)
    assert (caught.value.status, caught.value.code) == (412, "STALE_VERSION")
    assert acme.tickets.get(read.id).title == "Later"


def test_what_has_no_tag_cannot_be_changed_as_if_it_had_one(acme: Client) -> None:
    acme.tickets.create(title="Late")
    (listed,) = acme.tickets.list()

    with pytest.raises(ValueError, match="get the object first"):
        acme.tickets.update(listed.id, title="Later", if_match=listed.etag)
    assert acme.tickets.get(listed.id).title == "Late"


def test_a_key_of_ones_own_repeats_nothing(acme: Client) -> None:
    first = acme.tickets.create(title="Late", idempotency_key="order-1")

    assert acme.tickets.create(title="Late", idempotency_key="order-1") == first
    with pytest.raises(ValidationError) as caught:
        acme.tickets.create(title="Other", idempotency_key="order-1")
    assert caught.value.code == "IDEMPOTENCY_KEY_REUSED"
    assert acme.tickets.list().total == 1


def test_the_same_call_twice_is_two_tickets(acme: Client) -> None:
    acme.tickets.create(title="Late")
    acme.tickets.create(title="Late")

    assert acme.tickets.list().total == 2


@pytest.mark.parametrize("name", ["idempotency_key", "if_match"])
def test_a_header_cannot_be_smuggled_in(acme: Client, name: str) -> None:
    ticket = acme.tickets.create(title="Late")

    with pytest.raises(ValueError, match="visible ASCII"):
        acme.tickets.update(ticket.id, **{name: "a\r\nX-Other: b"})


@pytest.mark.parametrize("id", ["", ".", "..", "../customers", "tkt_1/messages", "a?b", "a#b", "ä"])
def test_what_cannot_be_an_id_is_not_sent(acme: Client, id: str) -> None:
    with pytest.raises(ValueError, match="is not an id"):
        acme.tickets.delete(id)


def test_a_value_that_is_not_json_is_not_sent(acme: Client) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        acme.tickets.create(title="Late", metadata={"a": float("nan")})
    with pytest.raises(TypeError, match="set cannot be sent as JSON"):
        acme.tickets.create(title="Late", metadata={"a": {1, 2}})
