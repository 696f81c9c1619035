"""Version 1 of the API: one module for each resource."""

from flask import Blueprint

from cstar_web.v1 import (
    attachments,
    auth,
    bulk,
    custom_fields,
    customers,
    events,
    mail,
    mail_templates,
    mailboxes,
    members,
    messages,
    outgoing,
    tickets,
    webhooks,
)

BLUEPRINTS: tuple[Blueprint, ...] = (
    auth.blueprint,
    tickets.blueprint,
    bulk.blueprint,
    messages.blueprint,
    attachments.blueprint,
    customers.blueprint,
    members.blueprint,
    custom_fields.blueprint,
    events.blueprint,
    webhooks.blueprint,
    mail.blueprint,
    mail_templates.blueprint,
    mailboxes.blueprint,
    outgoing.blueprint,
)
