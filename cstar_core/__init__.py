"""cStar's core: a helpdesk in one SQLite file, for any Python program. Start at ``Helpdesk``."""

from cstar_core.addresses import URL_MAX, check_destination, check_url, may_reach
from cstar_core.attached import (
    ATTACHMENT_BYTES_MAX,
    ATTACHMENTS_BYTES_MAX,
    ATTACHMENTS_MAX,
    Attachment,
    NewFile,
)
from cstar_core.backups import Backup, Restored, WorkspaceCounts
from cstar_core.blobs import Blob, Collected
from cstar_core.canned_replies import CANNED_REPLIES_MAX, CANNED_REPLY_NAME_MAX, CannedReply
from cstar_core.checks import EMAIL_MAX, NAME_MAX, NOTES_MAX
from cstar_core.clock import utc_now
from cstar_core.custom_fields import CustomField
from cstar_core.customers import Customer, Erased
from cstar_core.drafts import Draft, StaleDraft
from cstar_core.errors import (
    Busy,
    Conflict,
    FileLost,
    Forbidden,
    HelpdeskError,
    Invalid,
    MailConflict,
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
    to_number,
)
from cstar_core.figures import Figures
from cstar_core.file_names import FILE_NAME_BYTES_MAX, clean_name
from cstar_core.helpdesk import Helpdesk
from cstar_core.highlighting import SNIPPET_MAX, Snippet, highlights, snippet
from cstar_core.html_text import html_to_text
from cstar_core.idempotency import Receipt
from cstar_core.ids import parse_id
from cstar_core.importing import BATCH_SIZE_DEFAULT, BATCH_SIZE_MAX, Batch
from cstar_core.imports import IMPORT_FORMATS, IMPORT_KINDS, BadRow, ImportProgress, ImportReport
from cstar_core.inspection import Finding, Report
from cstar_core.keys import Access, Key, NewKey
from cstar_core.letters import (
    LETTER_BYTES_MAX,
    Correspondent,
    DeliveryReport,
    FailedRecipient,
    Letter,
    LetterPart,
    Suspicion,
    Unreadable,
    dump_letter,
    load_letter,
    quoted_at,
    quoted_lines,
    read_letter,
)
from cstar_core.mail import (
    MAIL_BLOCK_MAX,
    MAIL_BLOCK_NOTE_MAX,
    MAIL_REASONS,
    MAIL_THREADINGS,
    SPAM_BLOCKS,
    Envelope,
    Mail,
    MailBacklog,
    MailBlock,
    MailPlace,
    SpamFiling,
    WaitingMail,
)
from cstar_core.mail_delivery import MailDelivery
from cstar_core.mail_out import (
    DEFAULT_LANGUAGES,
    TEMPLATE_MAX,
    BadAddress,
    MailLine,
    MailOutbox,
    MailPace,
    MailParcel,
    MailRecipient,
    MailReply,
    MailRoute,
    MailTemplate,
    OutgoingMail,
    Unsendable,
)
from cstar_core.mailboxes import (
    MAIL_SIGNATURE_MAX,
    MAILBOX_NAME_MAX,
    MAILBOXES_MAX,
    OAUTH_GRANTS,
    OAUTH_PROVIDERS,
    OAUTH_SECRET_MAX,
    DkimKey,
    FetchHealth,
    ImapServer,
    MailAccount,
    MailAccounts,
    Mailbox,
    MailOAuth,
    SmtpServer,
    TicketDefaults,
)
from cstar_core.members import Member, fold_email
from cstar_core.messages import Sent
from cstar_core.metadata import (
    METADATA_BYTES_MAX,
    METADATA_KEY_MAX,
    METADATA_KEYS_MAX,
    merge_metadata,
)
from cstar_core.migrations import Upgrade
from cstar_core.pages import PAGE_MAX, PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, Page
from cstar_core.presence import PRESENT_SECONDS, Presence
from cstar_core.reindexing import Reindexed
from cstar_core.reports import (
    GROUPED_TYPES,
    Bar,
    Breakdown,
    Count,
    Durations,
    Group,
    ReportFilter,
    ResponseTimes,
    Volume,
    breakdown_csv,
    times_csv,
    volume_csv,
)
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
    Standing,
)
from cstar_core.signatures import InvalidSignature, verify_signature
from cstar_core.tables import (
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
)
from cstar_core.tags import TAG_MAX, TAGS_MAX, parse_tags
from cstar_core.teams import SLUG_MAX, Team
from cstar_core.ticket_links import (
    LINK_DAYS,
    CustomersTicket,
    SeenField,
    SeenMessage,
    SeenTicket,
)
from cstar_core.tickets import (
    BULK_MAX,
    CONTENT_MAX,
    TICKET_SORTS,
    TITLE_MAX,
    BulkItem,
    BulkResult,
    Message,
    Neighbours,
    NewestMessage,
    StaleConversation,
    Stretch,
    Ticket,
    TicketFilter,
    came_by_form,
)
from cstar_core.upgrading import DryRun
from cstar_core.versions import Versions
from cstar_core.views import (
    VIEW_NAME_MAX,
    VIEW_TEXT_MAX,
    VIEWS_MAX,
    Completion,
    Reading,
    Suggestion,
    View,
    ViewCount,
)
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
    "ATTACHMENTS_BYTES_MAX", "ATTACHMENTS_MAX", "ATTACHMENT_BYTES_MAX", "BATCH_SIZE_DEFAULT",
    "BATCH_SIZE_MAX", "BULK_MAX", "CANNED_REPLIES_MAX", "CANNED_REPLY_NAME_MAX", "CONTENT_MAX",
    "DEFAULT_LANGUAGES", "DELIVERED_TYPES", "DELIVERY_STATUSES", "EMAIL_MAX", "ENTITY_TYPES",
    "ENVIRONMENTS", "EVENT_TYPES", "FIELD_KEY_PATTERN", "FIELD_TEXT_MAX", "FIELD_TYPES",
    "FILE_FORMATS", "FILE_NAME_BYTES_MAX", "GROUPED_TYPES", "IMPORT_FORMATS", "IMPORT_KINDS",
    "KEY_TYPES", "LETTER_BYTES_MAX", "LINK_DAYS", "MAILBOXES_MAX", "MAILBOX_NAME_MAX",
    "MAIL_BLOCK_MAX", "MAIL_BLOCK_NOTE_MAX", "MAIL_REASONS", "MAIL_SIGNATURE_MAX", "MAIL_SOURCES",
    "MAIL_THREADINGS", "MAIL_VERDICTS", "METADATA_BYTES_MAX", "METADATA_KEYS_MAX",
    "METADATA_KEY_MAX", "NAME_MAX", "NOTES_MAX", "OAUTH_GRANTS", "OAUTH_PROVIDERS",
    "OAUTH_SECRET_MAX", "OPTIONS_MAX", "OPTION_MAX", "OUTGOING_KINDS", "OUTGOING_STATES",
    "OVERLAP_SECONDS", "OVERLAP_SECONDS_MAX", "PAGE_MAX", "PAGE_SIZE_DEFAULT", "PAGE_SIZE_MAX",
    "PASSWORD_MAX", "PASSWORD_MIN", "POSITION_MAX", "PRESENT_SECONDS", "PRIORITIES", "ROLES",
    "SEARCH_MAX", "SENDERS", "SESSION_SECONDS_MAX", "SLUG_MAX", "SNIPPET_MAX", "SPAM_BLOCKS",
    "STATUSES", "SYSTEM", "TAGS_MAX", "TAG_MAX", "TEMPLATE_MAX", "TICKET_SORTS", "TITLE_MAX",
    "URL_MAX", "VIEWS_MAX", "VIEW_NAME_MAX", "VIEW_TEXT_MAX", "WEBHOOKS_MAX",
    "Access", "Actor", "Attachment", "Attempt", "Backlog", "Backup", "BadAddress", "BadRow", "Bar",
    "Batch", "Blob", "Breakdown", "BulkItem", "BulkResult", "Busy", "CannedReply", "Collected",
    "Completion", "Conflict", "Correspondent", "Count", "CustomField", "Customer",
    "CustomersTicket", "Delivery", "DeliveryReport", "DisabledWebhook", "DkimKey", "Draft",
    "DryRun", "Durations", "Enrolment", "Envelope", "Erased", "Event", "Export", "ExportedFile",
    "FailedRecipient", "FetchHealth", "Figures", "FileLost", "Finding", "Following", "Forbidden",
    "Group", "Hasher", "Helpdesk", "HelpdeskError", "ImapServer", "ImportProgress", "ImportReport",
    "Invalid", "InvalidSignature", "Invitation", "Key", "Letter", "LetterPart", "Listener", "Mail",
    "MailAccount", "MailAccounts", "MailBacklog", "MailBlock", "MailConflict", "MailDelivery",
    "MailLine", "MailOAuth", "MailOutbox", "MailPace", "MailParcel", "MailPlace", "MailRecipient",
    "MailReply", "MailRoute", "MailTemplate", "Mailbox", "Member", "MergeConflict", "Message",
    "Neighbours", "NewFile", "NewInvitation", "NewKey", "NewWebhook", "NewestMessage", "NotFound",
    "Notice", "Outbox", "OutgoingMail", "Pace", "Page", "Parcel", "Presence", "Problem", "Reading",
    "Receipt", "Received", "Refused", "Reindexed", "Report", "ReportFilter", "ResponseTimes",
    "Restored", "SecondFactor", "SeenField", "SeenMessage", "SeenTicket", "Sent", "Session",
    "SignIn", "SignInRefused", "SignIns", "SignedIn", "SmtpServer", "Snippet", "SpamFiling",
    "StaleConversation", "StaleDraft", "StaleVersion", "Standing", "StorageFull", "Stretch",
    "Suggestion", "Suspicion", "Team", "Ticket", "TicketDefaults", "TicketFilter", "TooManyTries",
    "Unreadable", "Unsendable", "Upgrade", "Versions", "View", "ViewCount", "Volume",
    "WaitingMail", "Webhook", "Workspace", "WorkspaceCounts", "WrongCode",
    "breakdown_csv", "came_by_form", "check_destination", "check_url", "clean_name", "dump_letter",
    "fold_email", "highlights", "html_to_text", "load_letter", "may_reach", "merge_metadata",
    "parse_id", "parse_tags", "quoted_at", "quoted_lines", "read_letter", "snippet", "times_csv",
    "to_number", "utc_now", "verify_signature", "volume_csv",
]  # fmt: skip
