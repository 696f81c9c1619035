"""The settings: what an owner sees to, and the views that each member saves."""

from cstar_web.inbox.settings import (
    fields,
    keys,
    mailboxes,
    members,
    replies,
    start,
    team,
    templates,
    views,
    webhooks,
)

__all__ = [
    "fields",
    "keys",
    "mailboxes",
    "members",
    "replies",
    "start",
    "team",
    "templates",
    "views",
    "webhooks",
]
