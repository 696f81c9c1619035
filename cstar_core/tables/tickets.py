"""Tickets with their messages, what they have in common with customers, and how many there are."""

from peewee import BlobField, CompositeKey, Field, IntegerField, TextField

from cstar_core.tables.base import IdField, Row


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
    first_response_at = IntegerField(null=True)

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
    home_customer = BlobField(null=True)
    file_names = TextField(null=True)

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


class MessageMoveRow(Row):
    """That a message was moved by hand, and what the ticket it went to was before."""

    id = IdField()
    message_id = IntegerField()
    from_id = IntegerField()
    into_id = IntegerField()
    status = IntegerField()
    resolved_at = IntegerField(null=True)
    closed_at = IntegerField(null=True)
    version = IntegerField()

    class Meta:
        table_name = "message_moves"


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
    public = IntegerField()

    class Meta:
        table_name = "custom_fields"


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
