"""What a team, or one of its members, has saved to look at again."""

from peewee import BlobField, IntegerField, TextField

from cstar_core.tables.base import IdField, Row


class ViewRow(Row):
    """A saved view of tickets."""

    id = IdField()
    uid = BlobField()
    workspace_id = IntegerField()
    member_id = IntegerField(null=True)
    is_shared = IntegerField()
    name = TextField()
    query = TextField()
    position = IntegerField()
    created_at = IntegerField()
    updated_at = IntegerField()
    version = IntegerField()

    class Meta:
        table_name = "views"
