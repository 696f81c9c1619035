"""The schema as Peewee sees it. Bound to no database: a Transaction or Snapshot runs each query.

DIALECT makes Peewee write SQLite's SQL; running a query through it by mistake raises
InterfaceError. The migrations say what the columns mean; a test keeps the two equal.
"""

from peewee import (
    BlobField,
    CompositeKey,
    Field,
    IntegerField,
    Model,
    SqliteDatabase,
    TextField,
)

DIALECT = SqliteDatabase(None)

ENVIRONMENTS = ("live", "test")
KEY_TYPES = ("secret", "publishable")
ROLES = ("owner", "agent", "viewer")
STATUSES = ("new", "open", "pending", "resolved", "closed")
PRIORITIES = ("low", "normal", "high", "urgent")
SENDERS = ("customer", "agent", "system")
ACTOR_TYPES = ("system", "key", "member")
DELIVERY_STATUSES = ("pending", "delivered", "failed")


class IdField(IntegerField):
    """The integer primary key."""

    field_type = "INTEGER"

    def __init__(self) -> None:
        super().__init__(primary_key=True)


class Row(Model):
    """Base of all tables."""

    class Meta:
        database = DIALECT
        legacy_table_names = False


class TeamRow(Row):
    """A team and its slug."""

    id = IdField()
    uid = BlobField()
    name = TextField()
    slug = TextField()
    created_at = IntegerField()

    class Meta:
        table_name = "teams"


class WorkspaceRow(Row):
    """A team's live or test data, with what it counts up."""

    id = IdField()
    team_id = IntegerField()
    environment = TextField()
    ticket_number = IntegerField()
    event_salt = BlobField()
    newest_ticket_at = IntegerField()
    in_order = IntegerField()
    customer_count = IntegerField()
    newest_customer_at = IntegerField()
    customers_in_order = IntegerField()

    class Meta:
        table_name = "workspaces"


class KeyRow(Row):
    """An API key, known by its SHA-256."""

    id = IdField()
    uid = BlobField()
    team_id = IntegerField()
    type = TextField()
    environment = TextField()
    name = TextField(null=True)
    hash = BlobField()
    prefix = TextField()
    last_four = TextField()
    created_at = IntegerField()
    expires_at = IntegerField(null=True)
    revoked_at = IntegerField(null=True)

    class Meta:
        table_name = "keys"


class MemberRow(Row):
    """An agent who answers; the team's own."""

    id = IdField()
    uid = BlobField()
    team_id = IntegerField()
    name = TextField()
    email = TextField()
    email_key = TextField()
    role = TextField()
    created_at = IntegerField()
    updated_at = IntegerField()
    version = IntegerField()

    class Meta:
        table_name = "members"


class CustomFieldRow(Row):
    """The definition of a custom field."""

    id = IdField()
    uid = BlobField()
    workspace_id = IntegerField()
    entity_type = TextField()
    key = TextField()
    name = TextField()
    type = TextField()
    required = IntegerField()
    options = TextField(null=True)
    position = IntegerField()
    created_at = IntegerField()
    updated_at = IntegerField()
    archived_at = IntegerField(null=True)
    version = IntegerField()

    class Meta:
        table_name = "custom_fields"


class CustomerRow(Row):
    """Who asks."""

    id = IdField()
    uid = BlobField()
    workspace_id = IntegerField()
    name = TextField()
    email = TextField(null=True)
    email_key = TextField(null=True)
    tags = TextField()
    notes = TextField(null=True)
    custom_fields = TextField()
    metadata = TextField()
    created_at = IntegerField()
    updated_at = IntegerField()
    version = IntegerField()

    class Meta:
        table_name = "customers"


class TicketRow(Row):
    """A conversation with one customer about one thing."""

    id = IdField()
    uid = BlobField()
    workspace_id = IntegerField()
    number = IntegerField()
    title = TextField()
    status = IntegerField()
    priority = IntegerField()
    customer_id = IntegerField(null=True)
    customer_gone = IntegerField()
    assigned_to = IntegerField(null=True)
    tags = TextField()
    notes = TextField(null=True)
    custom_fields = TextField()
    metadata = TextField()
    message_count = IntegerField()
    internal_count = IntegerField()
    created_at = IntegerField()
    updated_at = IntegerField()
    resolved_at = IntegerField(null=True)
    closed_at = IntegerField(null=True)
    version = IntegerField()

    class Meta:
        table_name = "tickets"


class MessageRow(Row):
    """One entry of a ticket's thread."""

    id = IdField()
    uid = BlobField()
    ticket_id = IntegerField()
    content = TextField()
    sender = IntegerField()
    sender_name = TextField()
    is_internal = IntegerField()
    created_at = IntegerField()
    home_id = IntegerField(null=True)

    class Meta:
        table_name = "messages"


class MergeRow(Row):
    """That a ticket is merged into another one, and what it was before."""

    ticket_id = IntegerField(primary_key=True)
    into_id = IntegerField()
    status = IntegerField()
    resolved_at = IntegerField(null=True)
    closed_at = IntegerField(null=True)

    class Meta:
        table_name = "merges"


class TagRow(Row):
    """A tag in the form in which spellings are compared."""

    id = IdField()
    workspace_id = IntegerField()
    entity_type = TextField()
    tag_key = TextField()
    uses = IntegerField()

    class Meta:
        table_name = "tags"


class TagUseRow(Row):
    """A tag on a ticket or customer."""

    tag_id = IntegerField()
    created_at = IntegerField()
    owner_id = IntegerField()

    class Meta:
        table_name = "tag_uses"
        primary_key = CompositeKey("tag_id", "created_at", "owner_id")


class FieldValueRow(Row):
    """A custom-field value of a ticket or customer, as filters look for it."""

    field_id = IntegerField()
    value = Field()
    created_at = IntegerField()
    owner_id = IntegerField()

    class Meta:
        table_name = "field_values"
        primary_key = CompositeKey("field_id", "value", "created_at", "owner_id")


class EventRow(Row):
    """What happened, written in the transaction that did it."""

    workspace_id = IntegerField()
    number = IntegerField()
    type = IntegerField()
    created_at = IntegerField()
    object_uid = BlobField()
    ticket_number = IntegerField(null=True)
    actor_type = IntegerField()
    actor_uid = BlobField(null=True)
    data = TextField(null=True)
    changes = TextField(null=True)

    class Meta:
        table_name = "events"
        primary_key = CompositeKey("workspace_id", "number")


class QuietEventsRow(Row):
    """A run of events that nobody is told of."""

    workspace_id = IntegerField()
    first = IntegerField()
    last = IntegerField()

    class Meta:
        table_name = "quiet_events"
        primary_key = CompositeKey("workspace_id", "first")


class WebhookRow(Row):
    """Who is told of events over HTTP."""

    id = IdField()
    uid = BlobField()
    workspace_id = IntegerField()
    name = TextField()
    url = TextField()
    events = TextField()
    is_active = IntegerField()
    disabled_at = IntegerField(null=True)
    disabled_reason = TextField(null=True)
    secret = TextField()
    older_secret = TextField(null=True)
    older_until = IntegerField(null=True)
    cursor = IntegerField()
    failing_since = IntegerField(null=True)
    is_deleted = IntegerField()
    created_at = IntegerField()
    updated_at = IntegerField()
    version = IntegerField()

    class Meta:
        table_name = "webhooks"


class DeliveryRow(Row):
    """An event on its way to a webhook."""

    id = IdField()
    webhook_id = IntegerField()
    event_number = IntegerField(null=True)
    lane = BlobField()
    type = IntegerField(null=True)
    status = IntegerField()
    due_at = IntegerField()
    attempts = IntegerField()
    tries = IntegerField()
    created_at = IntegerField()
    finished_at = IntegerField(null=True)

    class Meta:
        table_name = "deliveries"


class AttemptRow(Row):
    """What one attempt to deliver got."""

    delivery_id = IntegerField()
    number = IntegerField()
    attempted_at = IntegerField()
    status = IntegerField(null=True)
    error = TextField(null=True)
    answer = BlobField()
    milliseconds = IntegerField()

    class Meta:
        table_name = "attempts"
        primary_key = CompositeKey("delivery_id", "number")


class ReceiptRow(Row):
    """The stored answer to an idempotency key."""

    actor_uid = BlobField()
    idempotency_key = TextField()
    fingerprint = TextField()
    status = IntegerField()
    headers = TextField()
    body = BlobField()
    created_at = IntegerField()

    class Meta:
        table_name = "receipts"
        primary_key = CompositeKey("actor_uid", "idempotency_key")


class TicketCountRow(Row):
    """How many tickets of a status and priority are with a member, in all or a block of numbers."""

    workspace_id = IntegerField()
    assigned_to = IntegerField()
    block = IntegerField()
    status = IntegerField()
    priority = IntegerField()
    tickets = IntegerField()

    class Meta:
        table_name = "ticket_counts"
        primary_key = CompositeKey("workspace_id", "assigned_to", "block", "status", "priority")


class ExternalIdRow(Row):
    """Which ticket or customer an object of another system has become."""

    workspace_id = IntegerField()
    source = TextField()
    kind = TextField()
    external_id = TextField()
    ticket_id = IntegerField(null=True)
    customer_id = IntegerField(null=True)

    class Meta:
        table_name = "external_ids"
        primary_key = CompositeKey("workspace_id", "source", "kind", "external_id")


class ProbeRow(Row):
    """The one row that a write probe writes."""

    id = IdField()
    written_at = IntegerField()

    class Meta:
        table_name = "probes"
