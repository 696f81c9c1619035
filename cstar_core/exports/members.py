"""What the records of each kind have: the member, the column that it comes from, and its form.

A column with a dot is of a table that is joined.
"""

from cstar_core.attached import CONTENT_ID_MAX
from cstar_core.canned_replies import CANNED_REPLY_NAME_MAX, check_shortcut
from cstar_core.checks import NAME_MAX, NOTES_MAX, check_email, check_integer, invalid, or_none
from cstar_core.errors import Problem
from cstar_core.exports.forms import (
    DIGEST,
    FLAG,
    INSTANT,
    METADATA,
    SALT,
    TAGS,
    VALUES,
    Form,
    choice,
    code,
    id_of,
    optional,
    text,
    whole,
)
from cstar_core.external_ids import EXTERNAL_ID_MAX, SOURCE_MAX
from cstar_core.fields import (
    ENTITY_TYPES,
    FIELD_TYPES,
    POSITION_MAX,
    check_key,
    check_options,
)
from cstar_core.file_names import check_media_type, clean_name
from cstar_core.mail_out import TEMPLATE_MAX
from cstar_core.mailboxes import check_language
from cstar_core.metadata import from_json, to_json
from cstar_core.tables import ENVIRONMENTS, OUTGOING_KINDS, PRIORITIES, ROLES, SENDERS, STATUSES
from cstar_core.teams import check_slug
from cstar_core.tickets import CONTENT_MAX, TITLE_MAX
from cstar_core.views import STORED_MAX, VIEW_NAME_MAX


def _check_clean(param: str, value: object) -> list[Problem]:
    """A name as a file has it here."""
    if isinstance(value, str) and clean_name(value) == value:
        return []
    return invalid(param, "must be the name of a file")


_TIMES = {"createdAt": ("created_at", INSTANT), "updatedAt": ("updated_at", INSTANT)}
_VERSION = {"version": ("version", whole(1))}
_NAME = {"name": ("name", text(NAME_MAX, blank=False))}
_EMAIL = Form(check_email)
_NOTES = optional(text(NOTES_MAX))
_CONTENT = text(CONTENT_MAX, blank=False)
_POSITION = (
    "position",
    Form(lambda param, value: check_integer(param, value, 0, POSITION_MAX)),
)

TEAMS = {
    "id": ("uid", id_of("team")),
    **_NAME,
    "slug": ("slug", Form(check_slug)),
    "createdAt": ("created_at", INSTANT),
}
WORKSPACES = {
    "environment": ("environment", choice(ENVIRONMENTS)),
    "lastTicketNumber": ("ticket_number", whole(0)),
    "eventIdPrefix": ("event_salt", SALT),
}
MEMBERS = {
    "id": ("uid", id_of("member")),
    **_NAME,
    "email": ("email", _EMAIL),
    "role": ("role", choice(ROLES)),
    **_TIMES,
    **_VERSION,
}
CUSTOM_FIELDS = {
    "id": ("uid", id_of("custom field")),
    "entityType": ("entity_type", choice(ENTITY_TYPES)),
    "key": ("key", Form(check_key)),
    **_NAME,
    "type": ("type", choice(FIELD_TYPES)),
    "required": ("required", FLAG),
    "public": ("public", FLAG),
    "options": ("options", optional(Form(check_options, from_json, to_json))),
    "position": _POSITION,
    **_TIMES,
    "archivedAt": ("archived_at", optional(INSTANT)),
    **_VERSION,
}
MAIL_TEMPLATES = {
    "id": ("uid", id_of("mail template")),
    "kind": ("kind", choice(OUTGOING_KINDS)),
    "language": ("language", Form(check_language)),
    "content": ("content", text(TEMPLATE_MAX, blank=False)),
    **_TIMES,
    **_VERSION,
}
CANNED_REPLIES = {
    "id": ("uid", id_of("canned reply")),
    "name": ("name", text(CANNED_REPLY_NAME_MAX, blank=False)),
    "content": ("content", _CONTENT),
    "shortcut": ("shortcut", optional(Form(check_shortcut))),
    "position": _POSITION,
    **_TIMES,
    **_VERSION,
}
CUSTOMERS = {
    "id": ("uid", id_of("customer")),
    **_NAME,
    "email": ("email", Form(or_none(check_email))),
    "tags": ("tags", TAGS),
    "notes": ("notes", _NOTES),
    "customFields": ("custom_fields", VALUES),
    "metadata": ("metadata", METADATA),
    **_TIMES,
    **_VERSION,
}
TICKETS = {
    "id": ("uid", id_of("ticket")),
    "number": ("number", whole(1)),
    "title": ("title", text(TITLE_MAX, blank=False)),
    "status": ("status", code(STATUSES)),
    "priority": ("priority", code(PRIORITIES)),
    "customerId": ("customers.uid", optional(id_of("customer"))),
    "customerDeleted": ("customer_gone", FLAG),
    "assignedTo": ("members.uid", optional(id_of("member"))),
    "tags": ("tags", TAGS),
    "notes": ("notes", _NOTES),
    "customFields": ("custom_fields", VALUES),
    "metadata": ("metadata", METADATA),
    "messageCount": ("message_count", whole(0)),
    "internalMessageCount": ("internal_count", whole(0)),
    **_TIMES,
    "resolvedAt": ("resolved_at", optional(INSTANT)),
    "closedAt": ("closed_at", optional(INSTANT)),
    **_VERSION,
}
MESSAGES = {
    "id": ("uid", id_of("message")),
    "ticketId": ("tickets.uid", id_of("ticket")),
    "content": ("content", _CONTENT),
    "sender": ("sender", code(SENDERS)),
    "senderName": ("sender_name", text(NAME_MAX, blank=False)),
    "isInternal": ("is_internal", FLAG),
    "createdAt": ("created_at", INSTANT),
    "homeTicketId": ("homes.uid", optional(id_of("ticket"))),
    "homeCustomerId": ("home_customer", optional(id_of("customer"))),
}
ATTACHMENTS = {
    "id": ("uid", id_of("attachment")),
    "ticketId": ("tickets.uid", id_of("ticket")),
    "messageId": ("messages.uid", id_of("message")),
    "name": ("name", Form(_check_clean)),
    "mediaType": ("media_type", Form(check_media_type)),
    "size": ("blobs.size", whole(0)),
    "sha256": ("blobs.digest", DIGEST),
    "contentId": ("content_id", optional(text(CONTENT_ID_MAX))),
    "isInline": ("is_inline", FLAG),
    "position": ("position", whole(0)),
    "createdAt": ("created_at", INSTANT),
}
MERGES = {
    "ticketId": ("tickets.uid", id_of("ticket")),
    "intoTicketId": ("survivors.uid", id_of("ticket")),
    "status": ("status", code(STATUSES)),
    "resolvedAt": ("resolved_at", optional(INSTANT)),
    "closedAt": ("closed_at", optional(INSTANT)),
}
EXTERNAL_IDS = {
    "source": ("source", text(SOURCE_MAX, blank=False)),
    "kind": ("kind", choice(ENTITY_TYPES)),
    "externalId": ("external_id", text(EXTERNAL_ID_MAX, blank=False)),
    "ticketId": ("tickets.uid", optional(id_of("ticket"))),
    "customerId": ("customers.uid", optional(id_of("customer"))),
}
VIEWS = {
    "id": ("uid", id_of("view")),
    "name": ("name", text(VIEW_NAME_MAX, blank=False)),
    "text": ("query", text(STORED_MAX)),
    "isShared": ("is_shared", FLAG),
    "memberId": ("makers.uid", optional(id_of("member"))),
    "position": ("position", whole(0)),
    **_TIMES,
    **_VERSION,
}
