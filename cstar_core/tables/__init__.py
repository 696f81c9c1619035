"""The schema as Peewee sees it. Bound to no database: a Transaction or Snapshot runs each query.

DIALECT makes Peewee write SQLite's SQL; running a query through it by mistake raises
InterfaceError. The migrations say what the columns mean; a test keeps the two equal.
"""

from cstar_core.tables.base import DIALECT, Row
from cstar_core.tables.files import AttachmentRow, BlobRow, FileTotalsRow
from cstar_core.tables.happened import (
    AttemptRow,
    DeliveryRow,
    EventRow,
    ProbeRow,
    QuietEventsRow,
    ReceiptRow,
    WebhookRow,
)
from cstar_core.tables.mail import MailboxRow
from cstar_core.tables.people import (
    CustomerRow,
    KeyRow,
    LinkSecretRow,
    MemberRow,
    TeamRow,
    WorkspaceRow,
)
from cstar_core.tables.received import MailBlockRow, MailRow
from cstar_core.tables.replying import CannedReplyRow, DraftRow, PresenceRow
from cstar_core.tables.sending import (
    BadAddressRow,
    FirstAnswerRow,
    MailHeadRow,
    MailTemplateRow,
    OutgoingMailRow,
    OutgoingRecipientRow,
)
from cstar_core.tables.signing import (
    InvitationRow,
    KnownNetworkRow,
    PasswordRow,
    RecoveryCodeRow,
    SecondFactorRow,
    SessionRow,
    SignInTryRow,
)
from cstar_core.tables.tickets import (
    CustomFieldRow,
    ExternalIdRow,
    FieldValueRow,
    MergeRow,
    MessageMoveRow,
    MessageRow,
    TagRow,
    TagUseRow,
    TicketCountRow,
    TicketRow,
)
from cstar_core.tables.views import ViewRow
from cstar_core.tables.words import (
    ACTOR_TYPES,
    DELIVERY_STATUSES,
    ENVIRONMENTS,
    KEY_TYPES,
    MAIL_SOURCES,
    MAIL_VERDICTS,
    OUTGOING_KINDS,
    OUTGOING_STATES,
    PRIORITIES,
    ROLES,
    SENDERS,
    STATUSES,
    THREADINGS,
)

__all__ = [
    "ACTOR_TYPES",
    "DELIVERY_STATUSES",
    "DIALECT",
    "ENVIRONMENTS",
    "KEY_TYPES",
    "MAIL_SOURCES",
    "MAIL_VERDICTS",
    "OUTGOING_KINDS",
    "OUTGOING_STATES",
    "PRIORITIES",
    "ROLES",
    "SENDERS",
    "STATUSES",
    "THREADINGS",
    "AttachmentRow",
    "AttemptRow",
    "BadAddressRow",
    "BlobRow",
    "CannedReplyRow",
    "CustomFieldRow",
    "CustomerRow",
    "DeliveryRow",
    "DraftRow",
    "EventRow",
    "ExternalIdRow",
    "FieldValueRow",
    "FileTotalsRow",
    "FirstAnswerRow",
    "InvitationRow",
    "KeyRow",
    "KnownNetworkRow",
    "LinkSecretRow",
    "MailBlockRow",
    "MailHeadRow",
    "MailRow",
    "MailTemplateRow",
    "MailboxRow",
    "MemberRow",
    "MergeRow",
    "MessageMoveRow",
    "MessageRow",
    "OutgoingMailRow",
    "OutgoingRecipientRow",
    "PasswordRow",
    "PresenceRow",
    "ProbeRow",
    "QuietEventsRow",
    "ReceiptRow",
    "RecoveryCodeRow",
    "Row",
    "SecondFactorRow",
    "SessionRow",
    "SignInTryRow",
    "TagRow",
    "TagUseRow",
    "TeamRow",
    "TicketCountRow",
    "TicketRow",
    "ViewRow",
    "WebhookRow",
    "WorkspaceRow",
]
