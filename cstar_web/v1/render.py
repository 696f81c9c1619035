"""Answers from the core's values: plain functions, since a schema's dump costs more than the rest
of a request. The answer shapes beside the views describe what these functions make.

Instants stay datetimes: the envelope's encoder writes them.
"""

from collections.abc import Callable
from typing import Any

from cstar_core import (
    Access,
    Attachment,
    Attempt,
    BadAddress,
    Customer,
    CustomField,
    Delivery,
    Event,
    Mail,
    MailBlock,
    Mailbox,
    MailDelivery,
    MailRecipient,
    MailTemplate,
    Member,
    Message,
    NewWebhook,
    OutgoingMail,
    Ticket,
    TicketDefaults,
    Webhook,
)

Json = dict[str, Any]
TicketRenderer = Callable[[Ticket, bool], Json]


def ticket(value: Ticket, internal: bool) -> Json:
    """A ticket; its messages and its customer where the value has them."""
    answer: Json = {
        "id": value.id,
        "object": "ticket",
        "number": value.number,
        "title": value.title,
        "status": value.status,
        "priority": value.priority,
        "customerId": value.customer_id,
        "customerName": value.customer_name,
        "assignedTo": value.assigned_to,
        "tags": value.tags,
        "notes": value.notes,
        "customFields": value.custom_fields,
        "metadata": value.metadata,
        "messageCount": value.message_count,
        "createdAt": value.created_at,
        "updatedAt": value.updated_at,
        "resolvedAt": value.resolved_at,
        "closedAt": value.closed_at,
        "mergedInto": value.merged_into,
    }
    if value.messages is not None:
        answer["messages"] = [message(each) for each in value.messages]
    return answer if internal else _for_customers(answer)


def ticket_with_customer(value: Ticket, internal: bool) -> Json:
    """A ticket with its customer in it; null where it has none."""
    answer = ticket(value, internal)
    answer["customer"] = None if value.customer is None else customer(value.customer, internal)
    return answer


def message(value: Message) -> Json:
    """A message."""
    return {
        "id": value.id,
        "object": "message",
        "ticketId": value.ticket_id,
        "content": value.content,
        "sender": value.sender,
        "senderName": value.sender_name,
        "isInternal": value.is_internal,
        "createdAt": value.created_at,
        "attachments": [attachment(each) for each in value.attachments],
        "delivery": None if value.delivery is None else delivery_of_mail(value.delivery),
    }


def attachment(value: Attachment) -> Json:
    """A file of a message, or an upload."""
    return {
        "id": value.id,
        "object": "attachment",
        "messageId": value.message_id,
        "name": value.name,
        "mediaType": value.media_type,
        "size": value.size,
        "sha256": value.sha256,
        "contentId": value.content_id,
        "isInline": value.is_inline,
        "createdAt": value.created_at,
    }


def delivery_of_mail(value: MailDelivery) -> Json:
    """What became of the mail of a message."""
    return {
        "id": value.id,
        "state": value.state,
        "attempts": value.attempts,
        "nextAttemptAt": value.next_attempt_at,
        "finishedAt": value.finished_at,
        "code": value.code,
        "failure": value.failure,
    }


def outgoing_mail(value: OutgoingMail) -> Json:
    """A mail on its way out, or what became of it."""
    return {
        "id": value.id,
        "object": "outgoing_mail",
        "ticketId": value.ticket_id,
        "messageId": value.message_id,
        "mailboxId": value.mailbox_id,
        "kind": value.kind,
        "state": value.state,
        "subject": value.subject,
        "headerId": value.header_id,
        "recipients": [_recipient(each) for each in value.recipients],
        "attempts": value.attempts,
        "nextAttemptAt": value.next_attempt_at,
        "code": value.code,
        "failure": value.failure,
        "createdAt": value.created_at,
        "finishedAt": value.finished_at,
    }


def _recipient(value: MailRecipient) -> Json:
    return {
        "name": value.name,
        "address": value.address,
        "isCopy": value.is_copy,
        "state": value.state,
        "code": value.code,
        "failure": value.failure,
    }


def customer(value: Customer, internal: bool) -> Json:
    """A customer."""
    answer: Json = {
        "id": value.id,
        "object": "customer",
        "name": value.name,
        "email": value.email,
        "tags": value.tags,
        "notes": value.notes,
        "customFields": value.custom_fields,
        "metadata": value.metadata,
        "ticketCount": value.ticket_count,
        "createdAt": value.created_at,
        "updatedAt": value.updated_at,
    }
    return answer if internal else _for_customers(answer)


def member(value: Member) -> Json:
    """A member of a team."""
    return {
        "id": value.id,
        "object": "member",
        "name": value.name,
        "email": value.email,
        "role": value.role,
        "createdAt": value.created_at,
        "updatedAt": value.updated_at,
    }


def custom_field(value: CustomField) -> Json:
    """The definition of a custom field."""
    return {
        "id": value.id,
        "object": "custom_field",
        "name": value.name,
        "key": value.key,
        "type": value.type,
        "entityType": value.entity_type,
        "required": value.required,
        "public": value.public,
        "options": value.options,
        "position": value.position,
        "createdAt": value.created_at,
        "updatedAt": value.updated_at,
        "archivedAt": value.archived_at,
    }


def event(value: Event) -> Json:
    """Something that happened."""
    return {
        "id": value.id,
        "object": "event",
        "type": value.type,
        "createdAt": value.created_at,
        "objectId": value.object_id,
        "data": value.data,
        "changes": value.changes,
        "actor": {"type": value.actor.type, "id": value.actor.id},
    }


def webhook(value: Webhook) -> Json:
    """A webhook, without its secret."""
    return {
        "id": value.id,
        "object": "webhook",
        "name": value.name,
        "url": value.url,
        "events": value.events,
        "isActive": value.is_active,
        "disabledAt": value.disabled_at,
        "disabledReason": value.disabled_reason,
        "createdAt": value.created_at,
        "updatedAt": value.updated_at,
    }


def new_webhook(value: NewWebhook) -> Json:
    """A webhook with its new secret, which is shown this once."""
    return {**webhook(value.webhook), "secret": value.secret}


def delivery(value: Delivery) -> Json:
    """A delivery with its attempts."""
    return {
        "id": value.id,
        "object": "delivery",
        "webhookId": value.webhook_id,
        "eventId": value.event_id,
        "type": value.type,
        "status": value.status,
        "createdAt": value.created_at,
        "finishedAt": value.finished_at,
        "nextAttemptAt": value.next_attempt_at,
        "attempts": [_attempt(each) for each in value.attempts],
    }


def _attempt(value: Attempt) -> Json:
    return {
        "number": value.number,
        "attemptedAt": value.attempted_at,
        "status": value.status,
        "error": value.error,
        "answer": value.answer,
        "seconds": value.seconds,
    }


def whoami(access: Access) -> Json:
    """What a key opens."""
    return {
        "teamId": access.team.id,
        "teamName": access.team.name,
        "teamSlug": access.team.slug,
        "keyType": access.key.type,
        "environment": access.key.environment,
    }


def _for_customers(answer: Json) -> Json:
    del answer["notes"], answer["metadata"]
    return answer


def mail(value: Mail) -> Json:
    """A mail that came in."""
    return {
        "id": value.id,
        "object": "mail",
        "mailboxId": value.mailbox_id,
        "source": value.source,
        "size": value.size,
        "hasRaw": value.has_raw,
        "headerId": value.header_id,
        "subject": value.subject,
        "sender": value.sender,
        "senderName": value.sender_name,
        "envelopeFrom": value.envelope.sender,
        "envelopeTo": value.envelope.recipients,
        "verdict": value.verdict,
        "reason": value.reason,
        "explanation": value.explanation,
        "threadedBy": value.threaded_by,
        "threading": value.threading,
        "ticketId": value.ticket_id,
        "messageId": value.message_id,
        "originalId": value.original_id,
        "isReleased": value.is_released,
        "attempts": value.attempts,
        "facts": value.facts,
        "receivedAt": value.received_at,
        "settledAt": value.settled_at,
    }


def mailbox(value: Mailbox) -> Json:
    """A mailbox, without its servers and their passwords."""
    return {
        "id": value.id,
        "object": "mailbox",
        "address": value.address,
        "name": value.name,
        "language": value.language,
        "signature": value.signature,
        "isDefault": value.is_default,
        "answersFirst": value.answers_first,
        "plusAddressing": value.plus_addressing,
        "isActive": value.is_active,
        "defaults": _defaults(value.defaults),
        "fetches": value.incoming is not None,
        "sends": value.outgoing is not None,
        "oauthProvider": value.oauth and value.oauth.provider,
        "isAuthorized": value.is_authorized,
        "fetchedAt": value.fetched_at,
        "failingSince": value.failing_since,
        "failure": value.failure,
        "createdAt": value.created_at,
        "updatedAt": value.updated_at,
    }


def _defaults(value: TicketDefaults) -> Json:
    return {
        "priority": value.priority,
        "tags": value.tags,
        "assignedTo": value.assigned_to,
        "customFields": value.custom_fields,
    }


def mail_block(value: MailBlock) -> Json:
    """An address or a domain of which mail is ignored."""
    return {
        "id": value.id,
        "object": "mail_block",
        "value": value.value,
        "note": value.note,
        "createdAt": value.created_at,
    }


def mail_template(value: MailTemplate) -> Json:
    """A text around what is sent, in a language."""
    return {
        "object": "mail_template",
        "kind": value.kind,
        "language": value.language,
        "content": value.content,
        "isOwn": value.updated_at is not None,
        "updatedAt": value.updated_at,
    }


def bad_address(value: BadAddress) -> Json:
    """An address to which nothing can be delivered."""
    return {
        "object": "bad_address",
        "address": value.address,
        "code": value.code,
        "reason": value.reason,
        "notedAt": value.noted_at,
    }
