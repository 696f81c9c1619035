"""What an export holds of each table, and why it leaves out columns of it.

Each kind is a file. Its rows are in the order of the tables' own keys, which an import keeps; so
an export of what was imported is the same again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from peewee import JOIN, Query

from cstar_core.canned_replies import CANNED_REPLY_NAME_MAX, check_shortcut
from cstar_core.checks import NAME_MAX, NOTES_MAX, check_email, check_integer, or_none
from cstar_core.exports.forms import (
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
from cstar_core.metadata import from_json, to_json
from cstar_core.tables import (
    ENVIRONMENTS,
    PRIORITIES,
    ROLES,
    SENDERS,
    STATUSES,
    CannedReplyRow,
    CustomerRow,
    CustomFieldRow,
    ExternalIdRow,
    MemberRow,
    MergeRow,
    MessageRow,
    Row,
    TeamRow,
    TicketRow,
    ViewRow,
    WorkspaceRow,
)
from cstar_core.teams import check_slug
from cstar_core.tickets import CONTENT_MAX, TITLE_MAX
from cstar_core.views import STORED_MAX, VIEW_NAME_MAX

_INTEGER = "integer key of this file alone; the order of the rows keeps its order"
_PLACE = "the members teamId and environment"
TEAM_PLACE = ("teamId",)
PLACE = ("teamId", "environment")


@dataclass(frozen=True, slots=True)
class Kind:
    """One file of an export.

    ``rows`` selects the key of the place (a team's for ``of_team``, else a workspace's), then the
    columns of ``members`` in their order; the place is shown first if ``placed``. ``left_out`` has
    every other column of the table, with the reason.
    """

    name: str
    table: type[Row]
    rows: Query
    members: Mapping[str, tuple[str, Form]]
    left_out: Mapping[str, str]
    of_team: bool = False
    placed: bool = True


def _select(model: type[Row], place: Any, members: Mapping[str, tuple[str, Form]]) -> Any:
    """The columns in their order; those with a dot are of a table that is joined."""
    return model.select(place, *(_column(model, column) for column, _ in members.values()))


_OTHERS = TicketRow.alias("others")
_JOINED = {
    "tickets": TicketRow,
    "homes": _OTHERS,
    "survivors": _OTHERS,
    "customers": CustomerRow,
    "members": MemberRow,
    "makers": MemberRow,
}


def _column(model: type[Row], name: str) -> Any:
    table, _, column = name.rpartition(".")
    return getattr(_JOINED[table] if table else model, column)


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

_TEAMS = {
    "id": ("uid", id_of("team")),
    **_NAME,
    "slug": ("slug", Form(check_slug)),
    "createdAt": ("created_at", INSTANT),
}
_WORKSPACES = {
    "environment": ("environment", choice(ENVIRONMENTS)),
    "lastTicketNumber": ("ticket_number", whole(0)),
    "eventIdPrefix": ("event_salt", SALT),
}
_MEMBERS = {
    "id": ("uid", id_of("member")),
    **_NAME,
    "email": ("email", _EMAIL),
    "role": ("role", choice(ROLES)),
    **_TIMES,
    **_VERSION,
}
_CUSTOM_FIELDS = {
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
_CANNED_REPLIES = {
    "id": ("uid", id_of("canned reply")),
    "name": ("name", text(CANNED_REPLY_NAME_MAX, blank=False)),
    "content": ("content", _CONTENT),
    "shortcut": ("shortcut", optional(Form(check_shortcut))),
    "position": _POSITION,
    **_TIMES,
    **_VERSION,
}
_CUSTOMERS = {
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
_TICKETS = {
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
_MESSAGES = {
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
_MERGES = {
    "ticketId": ("tickets.uid", id_of("ticket")),
    "intoTicketId": ("survivors.uid", id_of("ticket")),
    "status": ("status", code(STATUSES)),
    "resolvedAt": ("resolved_at", optional(INSTANT)),
    "closedAt": ("closed_at", optional(INSTANT)),
}
_EXTERNAL_IDS = {
    "source": ("source", text(SOURCE_MAX, blank=False)),
    "kind": ("kind", choice(ENTITY_TYPES)),
    "externalId": ("external_id", text(EXTERNAL_ID_MAX, blank=False)),
    "ticketId": ("tickets.uid", optional(id_of("ticket"))),
    "customerId": ("customers.uid", optional(id_of("customer"))),
}
_VIEWS = {
    "id": ("uid", id_of("view")),
    "name": ("name", text(VIEW_NAME_MAX, blank=False)),
    "text": ("query", text(STORED_MAX)),
    "isShared": ("is_shared", FLAG),
    "memberId": ("makers.uid", optional(id_of("member"))),
    "position": ("position", whole(0)),
    **_TIMES,
    **_VERSION,
}

TEAMS = Kind(
    "teams",
    TeamRow,
    _select(TeamRow, TeamRow.id, _TEAMS).order_by(TeamRow.id),
    _TEAMS,
    {"id": _INTEGER},
    of_team=True,
    placed=False,
)
WORKSPACES = Kind(
    "workspaces",
    WorkspaceRow,
    _select(WorkspaceRow, WorkspaceRow.team_id, _WORKSPACES).order_by(WorkspaceRow.id),
    _WORKSPACES,
    {
        "id": _INTEGER,
        "team_id": "the member teamId",
        "newest_ticket_at": "derived: the newest ticket's createdAt",
        "in_order": "derived: whether the tickets are in the order of their createdAt",
        "customer_count": "derived: the number of customers",
        "newest_customer_at": "derived: the newest customer's createdAt",
        "customers_in_order": "derived: whether the customers are in the order of their createdAt",
    },
    of_team=True,
)
MEMBERS = Kind(
    "members",
    MemberRow,
    _select(MemberRow, MemberRow.team_id, _MEMBERS).order_by(MemberRow.id),
    _MEMBERS,
    {
        "id": _INTEGER,
        "team_id": "the member teamId",
        "email_key": "derived: email, folded to compare",
    },
    of_team=True,
)
CUSTOM_FIELDS = Kind(
    "custom_fields",
    CustomFieldRow,
    _select(CustomFieldRow, CustomFieldRow.workspace_id, _CUSTOM_FIELDS).order_by(
        CustomFieldRow.id
    ),
    _CUSTOM_FIELDS,
    {"id": _INTEGER, "workspace_id": _PLACE},
)
CANNED_REPLIES = Kind(
    "canned_replies",
    CannedReplyRow,
    _select(CannedReplyRow, CannedReplyRow.workspace_id, _CANNED_REPLIES).order_by(
        CannedReplyRow.id
    ),
    _CANNED_REPLIES,
    {
        "id": _INTEGER,
        "workspace_id": _PLACE,
        "name_key": "derived: name, folded to compare",
    },
)
CUSTOMERS = Kind(
    "customers",
    CustomerRow,
    _select(CustomerRow, CustomerRow.workspace_id, _CUSTOMERS).order_by(CustomerRow.id),
    _CUSTOMERS,
    {
        "id": _INTEGER,
        "workspace_id": _PLACE,
        "email_key": "derived: email, folded to compare",
    },
)
TICKETS = Kind(
    "tickets",
    TicketRow,
    _select(TicketRow, TicketRow.workspace_id, _TICKETS)
    .join(CustomerRow, JOIN.LEFT_OUTER, on=(CustomerRow.id == TicketRow.customer_id))
    .join_from(TicketRow, MemberRow, JOIN.LEFT_OUTER, on=(MemberRow.id == TicketRow.assigned_to))
    .order_by(TicketRow.id),
    _TICKETS,
    {
        "id": _INTEGER,
        "workspace_id": _PLACE,
        "customer_id": "the member customerId",
        "assigned_to": "the member assignedTo",
        "first_response_at": "derived: the createdAt of the first public message of an agent",
    },
)
MESSAGES = Kind(
    "messages",
    MessageRow,
    _select(MessageRow, TicketRow.workspace_id, _MESSAGES)
    .join(TicketRow, JOIN.LEFT_OUTER, on=(TicketRow.id == MessageRow.ticket_id))
    .join_from(MessageRow, _OTHERS, JOIN.LEFT_OUTER, on=(_OTHERS.id == MessageRow.home_id))
    .order_by(MessageRow.id),
    _MESSAGES,
    {
        "id": _INTEGER,
        "ticket_id": "the member ticketId",
        "home_id": "the member homeTicketId",
        "file_names": "derived: the names of its attachments",
    },
    placed=False,
)
MERGES = Kind(
    "merges",
    MergeRow,
    _select(MergeRow, TicketRow.workspace_id, _MERGES)
    .join(TicketRow, JOIN.LEFT_OUTER, on=(TicketRow.id == MergeRow.ticket_id))
    .join_from(MergeRow, _OTHERS, JOIN.LEFT_OUTER, on=(_OTHERS.id == MergeRow.into_id))
    .order_by(MergeRow.ticket_id),
    _MERGES,
    {"ticket_id": "the member ticketId", "into_id": "the member intoTicketId"},
    placed=False,
)
EXTERNAL_IDS = Kind(
    "external_ids",
    ExternalIdRow,
    _select(ExternalIdRow, ExternalIdRow.workspace_id, _EXTERNAL_IDS)
    .join(TicketRow, JOIN.LEFT_OUTER, on=(TicketRow.id == ExternalIdRow.ticket_id))
    .join_from(
        ExternalIdRow,
        CustomerRow,
        JOIN.LEFT_OUTER,
        on=(CustomerRow.id == ExternalIdRow.customer_id),
    )
    .order_by(
        ExternalIdRow.workspace_id,
        ExternalIdRow.source,
        ExternalIdRow.kind,
        ExternalIdRow.external_id,
    ),
    _EXTERNAL_IDS,
    {
        "workspace_id": _PLACE,
        "ticket_id": "the member ticketId",
        "customer_id": "the member customerId",
    },
)
VIEWS = Kind(
    "views",
    ViewRow,
    _select(ViewRow, ViewRow.workspace_id, _VIEWS)
    .join(MemberRow, JOIN.LEFT_OUTER, on=(MemberRow.id == ViewRow.member_id))
    .order_by(ViewRow.id),
    _VIEWS,
    {"id": _INTEGER, "workspace_id": _PLACE, "member_id": "the member memberId"},
)
KINDS = (
    *(TEAMS, WORKSPACES, MEMBERS, CUSTOM_FIELDS, CANNED_REPLIES, CUSTOMERS),
    *(TICKETS, MESSAGES, MERGES, EXTERNAL_IDS, VIEWS),
)
