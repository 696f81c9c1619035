"""What helps members to answer: texts that are sent often."""

from peewee import BlobField, IntegerField, TextField

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
