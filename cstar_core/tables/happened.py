"""What happened, who is told of it, and what was answered."""

from peewee import BlobField, CompositeKey, IntegerField, TextField

from cstar_core.tables.base import IdField, Row


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


class ProbeRow(Row):
    """The one row that a write probe writes."""

    id = IdField()
    written_at = IntegerField()

    class Meta:
        table_name = "probes"
