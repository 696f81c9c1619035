"""Mail that goes out: what it answers, to whom it goes, and the texts around it."""

from peewee import BlobField, CompositeKey, IntegerField, TextField

from cstar_core.tables.base import IdField, Row


class MailHeadRow(Row):
    """What an answer has to know of the mail by which a message came."""

    message_id = IntegerField(primary_key=True)
    workspace_id = IntegerField()
    mailbox_id = IntegerField(null=True)
    header_id = TextField(null=True)
    refs = TextField()
    subject = TextField()
    people = TextField()

    class Meta:
        table_name = "mail_heads"


class OutgoingMailRow(Row):
    """A mail on its way out."""

    id = IdField()
    uid = BlobField()
    workspace_id = IntegerField()
    mailbox_id = IntegerField(null=True)
    ticket_id = IntegerField(null=True)
    message_id = IntegerField(null=True)
    lane = IntegerField()
    kind = IntegerField()
    state = IntegerField()
    header_id = TextField()
    in_reply_to = TextField(null=True)
    refs = TextField()
    loops = TextField()
    subject = TextField()
    reply_to = TextField(null=True)
    attempts = IntegerField()
    since = IntegerField()
    due_at = IntegerField(null=True)
    code = TextField(null=True)
    failure = TextField(null=True)
    blob_id = IntegerField(null=True)
    created_at = IntegerField()
    finished_at = IntegerField(null=True)

    class Meta:
        table_name = "outgoing_mails"


class OutgoingRecipientRow(Row):
    """Somebody to whom a mail goes."""

    mail_id = IntegerField()
    position = IntegerField()
    workspace_id = IntegerField()
    is_copy = IntegerField()
    name = TextField()
    address = TextField()
    address_key = TextField()
    state = IntegerField()
    code = TextField(null=True)
    failure = TextField(null=True)
    created_at = IntegerField()

    class Meta:
        table_name = "outgoing_recipients"
        primary_key = CompositeKey("mail_id", "position")


class BadAddressRow(Row):
    """An address to which nothing can be delivered."""

    workspace_id = IntegerField()
    address_key = TextField()
    address = TextField()
    code = TextField(null=True)
    reason = TextField()
    noted_at = IntegerField()

    class Meta:
        table_name = "bad_addresses"
        primary_key = CompositeKey("workspace_id", "address_key")


class FirstAnswerRow(Row):
    """When a correspondent was last answered automatically."""

    workspace_id = IntegerField()
    correspondent = BlobField()
    answered_at = IntegerField()

    class Meta:
        table_name = "first_answers"
        primary_key = CompositeKey("workspace_id", "correspondent")


class MailTemplateRow(Row):
    """A text around what a team sends."""

    id = IdField()
    uid = BlobField()
    workspace_id = IntegerField()
    kind = TextField()
    language = TextField()
    content = TextField()
    created_at = IntegerField()
    updated_at = IntegerField()
    version = IntegerField()

    class Meta:
        table_name = "mail_templates"
