"""cStar's core: a helpdesk in one SQLite file, for any Python program. Start at ``Helpdesk``."""

from cstar_core.addresses import URL_MAX, check_destination, check_url, may_reach
from cstar_core.backups import Backup, Restored, WorkspaceCounts
from cstar_core.canned_replies import CANNED_REPLIES_MAX, CANNED_REPLY_NAME_MAX, CannedReply
from cstar_core.checks import EMAIL_MAX, NAME_MAX, NOTES_MAX
from cstar_core.clock import utc_now
from cstar_core.custom_fields import CustomField
from cstar_core.customers import Customer, Erased
from cstar_core.errors import (
    Busy,
    Conflict,
    Forbidden,
    HelpdeskError,
    Invalid,
    MergeConflict,
    NotFound,
    Problem,
    Refused,
    SignInRefused,
    StaleVersion,
    StorageFull,
    TooManyTries,
    WrongCode,
)
from cstar_core.events import EVENT_TYPES, Event, Following
from cstar_core.exports import FILE_FORMATS, Export, ExportedFile
from cstar_core.fields import (
    ENTITY_TYPES,
    FIELD_KEY_PATTERN,
    FIELD_TEXT_MAX,
    FIELD_TYPES,
    OPTION_MAX,
    OPTIONS_MAX,
    POSITION_MAX,
)
from cstar_core.figures import Figures
from cstar_core.helpdesk import Helpdesk
from cstar_core.idempotency import Receipt
from cstar_core.ids import parse_id
from cstar_core.importing import BATCH_SIZE_DEFAULT, BATCH_SIZE_MAX, Batch
from cstar_core.imports import IMPORT_FORMATS, IMPORT_KINDS, BadRow, ImportProgress, ImportReport
from cstar_core.inspection import Finding, Report
from cstar_core.keys import Access, Key, NewKey
from cstar_core.members import Member
from cstar_core.metadata import (
    METADATA_BYTES_MAX,
    METADATA_KEY_MAX,
    METADATA_KEYS_MAX,
    merge_metadata,
)
from cstar_core.migrations import Upgrade
from cstar_core.pages import PAGE_MAX, PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, Page
from cstar_core.reindexing import Reindexed
from cstar_core.scope import SYSTEM, Actor
from cstar_core.sign_ins import (
    PASSWORD_MAX,
    PASSWORD_MIN,
    SESSION_SECONDS_MAX,
    Enrolment,
    Hasher,
    Invitation,
    NewInvitation,
    SecondFactor,
    Session,
    SignedIn,
    SignIn,
    SignIns,
)
from cstar_core.signatures import InvalidSignature, verify_signature
from cstar_core.tables import (
    DELIVERY_STATUSES,
    ENVIRONMENTS,
    KEY_TYPES,
    PRIORITIES,
    ROLES,
    SENDERS,
    STATUSES,
)
from cstar_core.tags import TAG_MAX, TAGS_MAX, parse_tags
from cstar_core.teams import SLUG_MAX, Team
from cstar_core.tickets import (
    BULK_MAX,
    CONTENT_MAX,
    TICKET_SORTS,
    TITLE_MAX,
    BulkItem,
    BulkResult,
    Message,
    Ticket,
)
from cstar_core.upgrading import DryRun
from cstar_core.versions import Versions
from cstar_core.webhooks import (
    DELIVERED_TYPES,
    OVERLAP_SECONDS,
    OVERLAP_SECONDS_MAX,
    WEBHOOKS_MAX,
    Attempt,
    Backlog,
    Delivery,
    DisabledWebhook,
    Listener,
    NewWebhook,
    Notice,
    Outbox,
    Pace,
    Parcel,
    Received,
    Webhook,
)
from cstar_core.words import SEARCH_MAX
from cstar_core.workspace import Workspace

__all__ = [
    "BATCH_SIZE_DEFAULT",
    "BATCH_SIZE_MAX",
    "BULK_MAX",
    "CANNED_REPLIES_MAX",
    "CANNED_REPLY_NAME_MAX",
    "CONTENT_MAX",
    "DELIVERED_TYPES",
    "DELIVERY_STATUSES",
    "EMAIL_MAX",
    "ENTITY_TYPES",
    "ENVIRONMENTS",
    "EVENT_TYPES",
    "FIELD_KEY_PATTERN",
    "FIELD_TEXT_MAX",
    "FIELD_TYPES",
    "FILE_FORMATS",
    "IMPORT_FORMATS",
    "IMPORT_KINDS",
    "KEY_TYPES",
    "METADATA_BYTES_MAX",
    "METADATA_KEYS_MAX",
    "METADATA_KEY_MAX",
    "NAME_MAX",
    "NOTES_MAX",
    "OPTIONS_MAX",
    "OPTION_MAX",
    "OVERLAP_SECONDS",
    "OVERLAP_SECONDS_MAX",
    "PAGE_MAX",
    "PAGE_SIZE_DEFAULT",
    "PAGE_SIZE_MAX",
    "PASSWORD_MAX",
    "PASSWORD_MIN",
    "POSITION_MAX",
    "PRIORITIES",
    "ROLES",
    "SEARCH_MAX",
    "SENDERS",
    "SESSION_SECONDS_MAX",
    "SLUG_MAX",
    "STATUSES",
    "SYSTEM",
    "TAGS_MAX",
    "TAG_MAX",
    "TICKET_SORTS",
    "TITLE_MAX",
    "URL_MAX",
    "WEBHOOKS_MAX",
    "Access",
    "Actor",
    "Attempt",
    "Backlog",
    "Backup",
    "BadRow",
    "Batch",
    "BulkItem",
    "BulkResult",
    "Busy",
    "CannedReply",
    "Conflict",
    "CustomField",
    "Customer",
    "Delivery",
    "DisabledWebhook",
    "DryRun",
    "Enrolment",
    "Erased",
    "Event",
    "Export",
    "ExportedFile",
    "Figures",
    "Finding",
    "Following",
    "Forbidden",
    "Hasher",
    "Helpdesk",
    "HelpdeskError",
    "ImportProgress",
    "ImportReport",
    "Invalid",
    "InvalidSignature",
    "Invitation",
    "Key",
    "Listener",
    "Member",
    "MergeConflict",
    "Message",
    "NewInvitation",
    "NewKey",
    "NewWebhook",
    "NotFound",
    "Notice",
    "Outbox",
    "Pace",
    "Page",
    "Parcel",
    "Problem",
    "Receipt",
    "Received",
    "Refused",
    "Reindexed",
    "Report",
    "Restored",
    "SecondFactor",
    "Session",
    "SignIn",
    "SignInRefused",
    "SignIns",
    "SignedIn",
    "StaleVersion",
    "StorageFull",
    "Team",
    "Ticket",
    "TooManyTries",
    "Upgrade",
    "Versions",
    "Webhook",
    "Workspace",
    "WorkspaceCounts",
    "WrongCode",
    "check_destination",
    "check_url",
    "may_reach",
    "merge_metadata",
    "parse_id",
    "parse_tags",
    "utc_now",
    "verify_signature",
]
