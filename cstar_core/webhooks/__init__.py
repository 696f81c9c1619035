"""Webhooks: other systems are told of events over HTTP, each at least once and in order."""

from cstar_core.webhooks.backlog import Backlog, read_backlog
from cstar_core.webhooks.delivery import Attempt, Delivery
from cstar_core.webhooks.listening import Listener, Notice
from cstar_core.webhooks.outbox import Outbox, Parcel, Received, Send, deliver_due, open_outbox
from cstar_core.webhooks.recording import DisabledWebhook, Pace
from cstar_core.webhooks.room import Webhooks
from cstar_core.webhooks.webhook import (
    DELIVERED_TYPES,
    OVERLAP_SECONDS,
    OVERLAP_SECONDS_MAX,
    WEBHOOKS_MAX,
    NewWebhook,
    Webhook,
)

__all__ = [
    "DELIVERED_TYPES",
    "OVERLAP_SECONDS",
    "OVERLAP_SECONDS_MAX",
    "WEBHOOKS_MAX",
    "Attempt",
    "Backlog",
    "Delivery",
    "DisabledWebhook",
    "Listener",
    "NewWebhook",
    "Notice",
    "Outbox",
    "Pace",
    "Parcel",
    "Received",
    "Send",
    "Webhook",
    "Webhooks",
    "deliver_due",
    "open_outbox",
    "read_backlog",
]
