"""What an export holds of each table, and why it leaves out columns of it.

Each kind is a file. Its rows are in the order of the tables' own keys, which an import keeps; so
an export of what was imported is the same again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from peewee import JOIN, Query

from cstar_core.exports import members
from cstar_core.exports.forms import Form
from cstar_core.tables import (
    AttachmentRow,
    BlobRow,
    CannedReplyRow,
    CustomerRow,
    CustomFieldRow,
    ExternalIdRow,
    MailTemplateRow,
    MemberRow,
    MergeRow,
    MessageRow,
    Row,
    TeamRow,
    TicketRow,
    ViewRow,
    WorkspaceRow,
)

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


def _select(model: type[Row], place: Any, shown: Mapping[str, tuple[str, Form]]) -> Any:
    """The columns in their order; those with a dot are of a table that is joined."""
    return model.select(place, *(_column(model, column) for column, _ in shown.values()))


_OTHERS = TicketRow.alias("others")
_JOINED = {
    "tickets": TicketRow,
    "homes": _OTHERS,
    "survivors": _OTHERS,
    "customers": CustomerRow,
    "members": MemberRow,
    "makers": MemberRow,
    "messages": MessageRow,
    "blobs": BlobRow,
}


def _column(model: type[Row], name: str) -> Any:
    table, _, column = name.rpartition(".")
    return getattr(_JOINED[table] if table else model, column)


TEAMS = Kind(
    "teams",
    TeamRow,
    _select(TeamRow, TeamRow.id, members.TEAMS).order_by(TeamRow.id),
    members.TEAMS,
    {"id": _INTEGER},
    of_team=True,
    placed=False,
)
WORKSPACES = Kind(
    "workspaces",
    WorkspaceRow,
    _select(WorkspaceRow, WorkspaceRow.team_id, members.WORKSPACES).order_by(WorkspaceRow.id),
    members.WORKSPACES,
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
    _select(MemberRow, MemberRow.team_id, members.MEMBERS).order_by(MemberRow.id),
    members.MEMBERS,
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
    _select(CustomFieldRow, CustomFieldRow.workspace_id, members.CUSTOM_FIELDS).order_by(
        CustomFieldRow.id
    ),
    members.CUSTOM_FIELDS,
    {"id": _INTEGER, "workspace_id": _PLACE},
)
CANNED_REPLIES = Kind(
    "canned_replies",
    CannedReplyRow,
    _select(CannedReplyRow, CannedReplyRow.workspace_id, members.CANNED_REPLIES).order_by(
        CannedReplyRow.id
    ),
    members.CANNED_REPLIES,
    {
        "id": _INTEGER,
        "workspace_id": _PLACE,
        "name_key": "derived: name, folded to compare",
    },
)
MAIL_TEMPLATES = Kind(
    "mail_templates",
    MailTemplateRow,
    _select(MailTemplateRow, MailTemplateRow.workspace_id, members.MAIL_TEMPLATES).order_by(
        MailTemplateRow.id
    ),
    members.MAIL_TEMPLATES,
    {"id": _INTEGER, "workspace_id": _PLACE},
)
CUSTOMERS = Kind(
    "customers",
    CustomerRow,
    _select(CustomerRow, CustomerRow.workspace_id, members.CUSTOMERS).order_by(CustomerRow.id),
    members.CUSTOMERS,
    {
        "id": _INTEGER,
        "workspace_id": _PLACE,
        "email_key": "derived: email, folded to compare",
    },
)
TICKETS = Kind(
    "tickets",
    TicketRow,
    _select(TicketRow, TicketRow.workspace_id, members.TICKETS)
    .join(CustomerRow, JOIN.LEFT_OUTER, on=(CustomerRow.id == TicketRow.customer_id))
    .join_from(TicketRow, MemberRow, JOIN.LEFT_OUTER, on=(MemberRow.id == TicketRow.assigned_to))
    .order_by(TicketRow.id),
    members.TICKETS,
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
    _select(MessageRow, TicketRow.workspace_id, members.MESSAGES)
    .join(TicketRow, JOIN.LEFT_OUTER, on=(TicketRow.id == MessageRow.ticket_id))
    .join_from(MessageRow, _OTHERS, JOIN.LEFT_OUTER, on=(_OTHERS.id == MessageRow.home_id))
    .order_by(MessageRow.id),
    members.MESSAGES,
    {
        "id": _INTEGER,
        "ticket_id": "the member ticketId",
        "home_id": "the member homeTicketId",
        "file_names": "derived: the names of its attachments",
    },
    placed=False,
)
ATTACHMENTS = Kind(
    "attachments",
    AttachmentRow,
    _select(AttachmentRow, AttachmentRow.workspace_id, members.ATTACHMENTS)
    .join(MessageRow, on=(MessageRow.id == AttachmentRow.message_id))
    .join_from(MessageRow, TicketRow, on=(TicketRow.id == MessageRow.ticket_id))
    .join_from(AttachmentRow, BlobRow, on=(BlobRow.id == AttachmentRow.blob_id))
    .order_by(AttachmentRow.id),
    members.ATTACHMENTS,
    {
        "id": _INTEGER,
        "workspace_id": _PLACE,
        "ticket_id": "of uploads, which are left out: no message has them yet",
        "draft_id": "of uploads, which are left out: no message has them yet",
        "message_id": "the member messageId",
        "blob_id": "the members sha256 and size",
    },
)
MERGES = Kind(
    "merges",
    MergeRow,
    _select(MergeRow, TicketRow.workspace_id, members.MERGES)
    .join(TicketRow, JOIN.LEFT_OUTER, on=(TicketRow.id == MergeRow.ticket_id))
    .join_from(MergeRow, _OTHERS, JOIN.LEFT_OUTER, on=(_OTHERS.id == MergeRow.into_id))
    .order_by(MergeRow.ticket_id),
    members.MERGES,
    {"ticket_id": "the member ticketId", "into_id": "the member intoTicketId"},
    placed=False,
)
EXTERNAL_IDS = Kind(
    "external_ids",
    ExternalIdRow,
    _select(ExternalIdRow, ExternalIdRow.workspace_id, members.EXTERNAL_IDS)
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
    members.EXTERNAL_IDS,
    {
        "workspace_id": _PLACE,
        "ticket_id": "the member ticketId",
        "customer_id": "the member customerId",
    },
)
VIEWS = Kind(
    "views",
    ViewRow,
    _select(ViewRow, ViewRow.workspace_id, members.VIEWS)
    .join(MemberRow, JOIN.LEFT_OUTER, on=(MemberRow.id == ViewRow.member_id))
    .order_by(ViewRow.id),
    members.VIEWS,
    {"id": _INTEGER, "workspace_id": _PLACE, "member_id": "the member memberId"},
)
KINDS = (
    *(TEAMS, WORKSPACES, MEMBERS, CUSTOM_FIELDS, CANNED_REPLIES, MAIL_TEMPLATES, CUSTOMERS),
    *(TICKETS, MESSAGES, ATTACHMENTS, MERGES, EXTERNAL_IDS, VIEWS),
)
