"""Files: bytes by their digest, and what is attached to messages."""

from peewee import BlobField, IntegerField, TextField

from cstar_core.tables.base import IdField, Row


class BlobRow(Row):
    """Bytes that lie beside the database, and how many rows refer to them."""

    id = IdField()
    digest = BlobField()
    size = IntegerField()
    uses = IntegerField()
    unused_since = IntegerField(null=True)
    created_at = IntegerField()

    class Meta:
        table_name = "blobs"


class AttachmentRow(Row):
    """A file of a message, or one that was uploaded to a ticket for a message."""

    id = IdField()
    uid = BlobField()
    workspace_id = IntegerField()
    ticket_id = IntegerField(null=True)
    draft_id = IntegerField(null=True)
    message_id = IntegerField(null=True)
    blob_id = IntegerField()
    name = TextField()
    media_type = TextField()
    content_id = TextField(null=True)
    is_inline = IntegerField()
    position = IntegerField()
    created_at = IntegerField()

    class Meta:
        table_name = "attachments"


class FileTotalsRow(Row):
    """How many files there are, and of how many bytes: one row."""

    id = IdField()
    files = IntegerField()
    bytes = IntegerField()

    class Meta:
        table_name = "file_totals"
