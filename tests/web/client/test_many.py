"""The Python client's calls for many tickets at once and for webhooks, against the real server."""

from datetime import UTC, datetime
from typing import Any

import pytest

from cstar_web.client import Client, ConflictError, Delivery, NotFoundError, ValidationError, read


def test_many_tickets_are_changed_at_once(acme: Client) -> None:
    ids = [acme.tickets.create(title=f"Ticket {n}", tags=["old"]).id for n in range(3)]

    done = acme.tickets.bulk(
        ids=ids[:2], update={"status": "resolved", "add_tags": ["new"], "remove_tags": ["old"]}
    )

    assert (done.total, done.updated, done.failed, done.next_cursor) == (2, 2, 0, None)
    assert [(item.id, item.status, item.error) for item in done.items] == [
        (id, "updated", None) for id in ids[:2]
    ]
    assert [ticket.tags for ticket in acme.tickets.list(sort="number")] == [
        ("new",),
        ("new",),
        ("old",),
    ]


def test_many_are_found_by_a_filter_and_deleted(acme: Client) -> None:
    for title in ("Spam one", "Spam two", "Parcel"):
        acme.tickets.create(title=title)
    wanted = {"search": "spam", "created_after": datetime(2020, 1, 1, tzinfo=UTC)}

    tried = acme.tickets.bulk(filter=wanted, delete=True, dry_run=True, cursor=None)
    done = acme.tickets.bulk(filter=wanted, delete=True)

    assert (tried.dry_run, tried.deleted) == (True, 2)
    assert (done.dry_run, done.deleted) == (False, 2)
    assert [ticket.title for ticket in acme.tickets.list()] == ["Parcel"]


def test_none_is_not_taken_for_no_filter_where_tickets_are_changed(acme: Client) -> None:
    acme.tickets.create(title="Parcel")
    whose: Any = {"status": "new", "customer_id": None}

    with pytest.raises(ValidationError) as caught:
        acme.tickets.bulk(filter=whose, delete=True)
    assert (caught.value.param, acme.tickets.list().total) == ("filter.customerId", 1)


def test_what_fails_for_one_ticket_is_told_as_its_error(acme: Client) -> None:
    ticket = acme.tickets.create(title="Parcel")
    nothing = "tkt_" + "0" * 32

    done = acme.tickets.bulk(ids=[ticket.id, nothing], update={"priority": "high"})

    assert (done.updated, done.failed) == (1, 1)
    error = done.items[1].error
    assert isinstance(error, NotFoundError) and error.code == "RESOURCE_MISSING"
    with pytest.raises(ValidationError):
        acme.tickets.bulk(ids=[ticket.id, nothing], update={"priority": "low"}, atomic=True)
    assert acme.tickets.get(ticket.id).priority == "high"


def test_a_ticket_is_merged_into_another_and_comes_back(acme: Client) -> None:
    kept = acme.tickets.create(title="Parcel", initial_message="Where is it?")
    double = acme.tickets.create(title="Parcel again", initial_message="Hello?")

    merged = acme.tickets.merge(double.id, into=kept.id, if_match=double.etag)
    assert (merged.merged_into, merged.status) == (kept.id, "closed")
    assert [each.content for each in acme.messages.list(kept.id)] == ["Where is it?", "Hello?"]
    with pytest.raises(ConflictError) as caught:
        acme.tickets.merge(double.id, into=kept.id)
    assert caught.value.code == "MERGE_CONFLICT"
    assert acme.tickets.unmerge(double.id).merged_into is None
    assert [each.content for each in acme.messages.list(double.id)] == ["Hello?"]


def test_a_webhook_goes_through_its_life(acme: Client) -> None:
    made = acme.webhooks.create(
        name="Chat", url="https://chat.example.com/hook", events=["ticket.*"], is_active=False
    )
    ticket = acme.tickets.create(title="Parcel")
    (event,) = acme.events.of_ticket(ticket.id)

    assert made.secret and made.secret.startswith("whsec_")
    assert made.secret not in repr(made)
    read = acme.webhooks.get(made.id)
    assert (read.secret, read.events, read.is_active) == (None, ("ticket.*",), False)
    rotated = acme.webhooks.rotate_secret(made.id, overlap_seconds=60)
    assert rotated.secret and rotated.secret != made.secret
    changed = acme.webhooks.update(made.id, events=["*"], if_match=rotated.etag)
    assert changed.events == ("*",)
    assert acme.webhooks.replay(made.id, after=event.id).id == made.id
    assert [each.id for each in acme.webhooks.list()] == [made.id]
    acme.webhooks.delete(made.id)
    with pytest.raises(NotFoundError):
        acme.webhooks.get(made.id)


def test_a_sample_is_a_delivery_that_can_be_looked_at(acme: Client) -> None:
    hook = acme.webhooks.create(name="Chat", url="https://chat.example.com/", events=["*"])
    sample = acme.webhooks.test(hook.id)

    assert (sample.webhook_id, sample.type, sample.attempts) == (hook.id, "webhook.test", ())
    found = acme.webhooks.deliveries(hook.id, status="pending", page_size=1)
    assert [each.id for each in found] == [sample.id]
    with pytest.raises(ConflictError):
        acme.webhooks.redeliver(hook.id, sample.id)


def test_a_delivery_tells_of_its_attempts() -> None:
    first = {
        "number": 1,
        "attemptedAt": "2025-12-10T14:30:00Z",
        "status": 500,
        "error": None,
        "answer": "Sorry",
        "seconds": 0.2,
    }
    delivery = {
        "id": "dlv_1",
        "webhookId": "whk_1",
        "eventId": None,
        "type": "webhook.test",
        "status": "failed",
        "createdAt": "2025-12-10T14:30:00Z",
        "finishedAt": "2025-12-10T14:30:01Z",
        "nextAttemptAt": None,
        "attempts": [first],
    }
    (attempt,) = read(Delivery, delivery).attempts
    assert (attempt.number, attempt.status, attempt.answer) == (1, 500, "Sorry")
    assert attempt.attempted_at == datetime(2025, 12, 10, 14, 30, tzinfo=UTC)
