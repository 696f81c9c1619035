"""What is sent: the body and the headers of one attempt."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from peewee import JOIN

from cstar_core.clock import from_seconds
from cstar_core.events import Event, event_at, salt_of
from cstar_core.ids import numbered_id, parse_id, public_id
from cstar_core.signatures import sign
from cstar_core.store import Snapshot, SqlRow, limited, prepare, slot
from cstar_core.tables import (
    DeliveryRow,
    MessageMoveRow,
    MessageRow,
    TeamRow,
    TicketRow,
    WebhookRow,
    WorkspaceRow,
)
from cstar_core.webhooks.delivery import DUE, TEST_TYPE

_NO_EVENT = 1 << 62
_STAMP = "%Y-%m-%dT%H:%M:%SZ"
USER_AGENT = "cStar"


@dataclass(frozen=True, slots=True)
class Parcel:
    """One attempt to make: where to send what. ``delivery`` and ``webhook`` are integer keys."""

    delivery: int
    webhook: int
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    sent_at: int


WEBHOOK = (
    WebhookRow.id,
    WebhookRow.uid,
    WebhookRow.name,
    WebhookRow.url,
    WebhookRow.secret,
    WebhookRow.older_secret,
    WebhookRow.older_until,
    WebhookRow.failing_since,
    WebhookRow.is_active,
    WebhookRow.workspace_id,
    WorkspaceRow.environment,
    TeamRow.uid,
)
SENDABLE = (
    WebhookRow.select(*WEBHOOK)
    .join(WorkspaceRow, JOIN.INNER, on=(WorkspaceRow.id == WebhookRow.workspace_id))
    .join(TeamRow, JOIN.INNER, on=(TeamRow.id == WorkspaceRow.team_id))
)
_SOON = (
    (DeliveryRow.status == DUE)
    & (DeliveryRow.due_at <= slot("now"))
    & ((slot("active") == 1) | DeliveryRow.event_number.is_null())
)
DUE_OF_WEBHOOK = prepare(
    limited(
        DeliveryRow.select(
            DeliveryRow.id, DeliveryRow.event_number, DeliveryRow.attempts, DeliveryRow.created_at
        )
        .where((DeliveryRow.webhook_id == slot("webhook")) & _SOON)
        .order_by(DeliveryRow.due_at, DeliveryRow.id)
    )
)
# An id of a message has no index of its own, so the ticket leads that it was written to: it is
# there, has come with a merge to another one, or was moved.
_WRITTEN_TO = TicketRow.select(TicketRow.id).where(TicketRow.uid == slot("ticket"))
_MOVED = MessageMoveRow.select(MessageMoveRow.message_id).where(
    MessageMoveRow.from_id == _WRITTEN_TO
)
_MESSAGE = prepare(
    MessageRow.select(MessageRow.content, MessageRow.sender_name).where(
        (
            (MessageRow.ticket_id == _WRITTEN_TO)
            | (MessageRow.home_id == _WRITTEN_TO)
            | MessageRow.id.in_(_MOVED)
        )
        & (MessageRow.uid == slot("uid"))
    )
)


def parcel(snap: Snapshot, webhook: SqlRow, delivery: SqlRow, now: int) -> Parcel:
    """The next attempt of a delivery; the body is the same each time, while its data exists."""
    key, uid, _, url, *_, workspace_id, environment, team_uid = webhook
    number, attempts = delivery[1:3]
    salt = salt_of(snap, workspace_id)
    facts = {"teamId": public_id("team", team_uid), "environment": environment}
    if number is None:
        content = _sample(webhook, delivery, salt, facts)
    else:
        content = content_of(snap, event_at(snap, workspace_id, salt, number), facts)
    body, webhook_id = body_of(content), public_id("webhook", uid)
    headers = headers_of(content, body, webhook_id, attempts + 1, _secrets(webhook, now), now)
    return Parcel(delivery[0], key, url, headers, body, now)


def body_of(content: Mapping[str, Any]) -> bytes:
    """What is sent of the content."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def headers_of(
    content: Mapping[str, Any],
    body: bytes,
    webhook_id: str,
    attempt: int,
    secrets: Sequence[str],
    now: int,
) -> dict[str, str]:
    """The headers of an attempt, which is signed now."""
    return {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "X-Event-Type": content["type"],
        "X-Event-ID": content["id"],
        "X-Webhook-ID": webhook_id,
        "X-Delivery-Attempt": str(attempt),
        "X-Timestamp": str(now),
        **sign(secrets, content["id"], now, body),
    }


def _secrets(webhook: SqlRow, now: int) -> list[str]:
    secret, older, until = webhook[4:7]
    return [secret] if older is None or until <= now else [secret, older]


def content_of(snap: Snapshot, event: Event, facts: Mapping[str, str]) -> dict[str, Any]:
    """What is told of an event; ``facts`` say whose it is."""
    data = event.data
    if event.type == "message.created" and "ticketId" in data:
        ticket, uid = parse_id("ticket", data["ticketId"]), parse_id("message", event.object_id)
        row = snap.first(_MESSAGE, ticket=ticket, uid=uid)
        data = data if row is None else {**data, "content": row[0], "senderName": row[1]}
    return {
        "id": event.id,
        "type": event.type,
        "createdAt": event.created_at.strftime(_STAMP),
        **facts,
        "objectId": event.object_id,
        "data": data,
        "changes": event.changes,
        "actor": {"type": event.actor.type, "id": event.actor.id},
    }


def _sample(
    webhook: SqlRow, delivery: SqlRow, salt: bytes, facts: Mapping[str, str]
) -> dict[str, Any]:
    webhook_id = public_id("webhook", webhook[1])
    # No event has the id of a delivery: the highest bit that numbers leave free tells them apart.
    id = numbered_id("event", salt, _NO_EVENT | delivery[0])
    return {
        "id": id,
        "type": TEST_TYPE,
        "createdAt": from_seconds(delivery[3]).strftime(_STAMP),
        **facts,
        "objectId": webhook_id,
        "data": {"name": webhook[2]},
        "changes": {},
        "actor": {"type": "system", "id": None},
    }
