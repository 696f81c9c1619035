"""What came in by mail: the ledger, and from whom nothing is wanted."""

from peewee import BlobField, IntegerField, TextField

from cstar_core.tables.base import IdField, Row


class MailRow(Row):
    """One mail that came in, and what became of it."""

    id = IdField()
    uid = BlobField()
    workspace_id = IntegerField()
    mailbox_id = IntegerField(null=True)
    source = IntegerField()
    uid_validity = IntegerField(null=True)
    imap_uid = IntegerField(null=True)
    blob_id = IntegerField(null=True)
    digest = BlobField()
    size = IntegerField()
    identity = BlobField(null=True)
    header_id = TextField(null=True)
    subject = TextField(null=True)
    sender = TextField(null=True)
    sender_key = TextField(null=True)
    sender_name = TextField(null=True)
    envelope_from = TextField(null=True)
    envelope_to = TextField(null=True)
    verdict = IntegerField()
    reason = TextField(null=True)
    threaded_by = IntegerField(null=True)
    message_id = IntegerField(null=True)
    original_id = IntegerField(null=True)
    is_released = IntegerField()
    attempts = IntegerField()
    facts = TextField()
    received_at = IntegerField()
    settled_at = IntegerField(null=True)
    version = IntegerField()

    class Meta:
        table_name = "mails"


class MailBlockRow(Row):
    """An address or a domain of which mail is ignored."""

    id = IdField()
    uid = BlobField()
    workspace_id = IntegerField()
    value = TextField()
    value_key = TextField()
    note = TextField(null=True)
    created_at = IntegerField()

    class Meta:
        table_name = "mail_blocks"
