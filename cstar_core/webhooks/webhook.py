"""A webhook, and what its values may be."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypedDict

from peewee import fn

from cstar_core.addresses import check_url
from cstar_core.checks import (
    Rule,
    check_all,
    check_flag,
    check_name,
    invalid,
    missing,
    path,
)
from cstar_core.clock import from_seconds, from_seconds_or_none
from cstar_core.errors import Problem
from cstar_core.events import EVENT_TYPES, codes_of, matches
from cstar_core.ids import public_id
from cstar_core.store import SqlRow, paged, prepare, slot
from cstar_core.tables import WebhookRow

WEBHOOKS_MAX = 100
PATTERNS_MAX = 100
OVERLAP_SECONDS = 86_400
OVERLAP_SECONDS_MAX = 90 * 86_400
_KINDS = ("ticket", "message", "customer", "custom_field")
DELIVERED_TYPES = tuple(name for name in EVENT_TYPES if name.partition(".")[0] in _KINDS)


@dataclass(frozen=True, slots=True)
class Webhook:
    """Who is told of which events. ``disabled_reason`` says why it was turned off by itself."""

    id: str
    name: str
    url: str
    events: tuple[str, ...]
    is_active: bool
    disabled_at: datetime | None
    disabled_reason: str | None
    created_at: datetime
    updated_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class NewWebhook:
    """A webhook and its signing secret, shown this once."""

    webhook: Webhook
    secret: str = field(repr=False)


class WebhookChanges(TypedDict, total=False):
    """What may change; an absent key means "leave it"."""

    name: str
    url: str
    events: list[str] | tuple[str, ...]
    is_active: bool


def check_events(param: str, value: object) -> list[Problem]:
    """Types of events and patterns such as ``ticket.*``: at least one.

    >>> check_events("events", ["ticket.*", "tikcet.created"])[0].message[:25]
    'events.1 must be one of: '
    """
    if value is None or value in ([], ()):
        return missing(param)
    if not isinstance(value, list | tuple):
        return invalid(param, "must be an array of strings")
    if len(value) > PATTERNS_MAX:
        return invalid(param, f"must have at most {PATTERNS_MAX} entries")
    known = ", ".join(("*", *(f"{kind}.*" for kind in _KINDS), *DELIVERED_TYPES))
    return [
        problem
        for place, pattern in enumerate(value)
        if not _means_something(pattern)
        for problem in invalid(path(param, place), f"must be one of: {known}")
    ]


def _means_something(pattern: object) -> bool:
    return isinstance(pattern, str) and any(matches(name, pattern) for name in DELIVERED_TYPES)


RULES: dict[str, Rule] = {
    "name": check_name,
    "url": check_url,
    "events": check_events,
    "is_active": check_flag,
}


def check_webhook(values: Mapping[str, object], *, updating: bool) -> list[Problem]:
    """Every rule that the values break."""
    return check_all(values, RULES, () if updating else ("name", "url", "events"))


def codes(events: str) -> tuple[int, ...]:
    """The stored codes of the types that a webhook's stored patterns mean."""
    return codes_of(tuple(json.loads(events)), _KINDS)


COLUMNS = (
    WebhookRow.id,
    WebhookRow.uid,
    WebhookRow.name,
    WebhookRow.url,
    WebhookRow.events,
    WebhookRow.is_active,
    WebhookRow.disabled_at,
    WebhookRow.disabled_reason,
    WebhookRow.created_at,
    WebhookRow.updated_at,
    WebhookRow.version,
)
MINE = (WebhookRow.workspace_id == slot("workspace")) & (WebhookRow.is_deleted == 0)
BY_UID = prepare(WebhookRow.select(*COLUMNS).where((WebhookRow.uid == slot("uid")) & MINE))
PAGE = prepare(
    paged(
        WebhookRow.select(*COLUMNS)
        .where(MINE & (WebhookRow.id > slot("after")))
        .order_by(WebhookRow.id)
    )
)
COUNT = prepare(WebhookRow.select(fn.COUNT(WebhookRow.id)).where(MINE))


def webhook_of(row: SqlRow) -> Webhook:
    """The value that a row of ``COLUMNS`` holds."""
    _, uid, name, url, events, is_active, disabled_at, reason, created_at, updated_at, version = row
    return Webhook(
        public_id("webhook", uid),
        name,
        url,
        tuple(json.loads(events)),
        bool(is_active),
        from_seconds_or_none(disabled_at),
        reason,
        from_seconds(created_at),
        from_seconds(updated_at),
        version,
    )
