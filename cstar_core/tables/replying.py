"""What helps members to answer: texts that are sent often, drafts, and who is at what."""

from peewee import BlobField, CompositeKey, IntegerField, TextField

from cstar_core.tables.base import IdField, Row


class CannedReplyRow(Row):
    """A text that is sent often."""

    id = IdField()
    uid = BlobField()
    workspace_id = IntegerField()
    name = TextField()
    name_key = TextField()
    shortcut = TextField(null=True)
    position = IntegerField()
    created_at = IntegerField()
    updated_at = IntegerField()
    version = IntegerField()
    content = TextField()

    class Meta:
        table_name = "canned_replies"


class DraftRow(Row):
    """What a member has written on a ticket and not sent."""

    id = IdField()
    member_id = IntegerField()
    ticket_id = IntegerField()
    is_internal = IntegerField()
    base = BlobField(null=True)
    saved_at = IntegerField()
    version = IntegerField()
    content = TextField()

    class Meta:
        table_name = "drafts"


class PresenceRow(Row):
    """When a member was last seen at a ticket."""

    member_id = IntegerField()
    ticket_id = IntegerField()
    seen_at = IntegerField()
    is_writing = IntegerField()

    class Meta:
        table_name = "presences"
        primary_key = CompositeKey("member_id", "ticket_id")
