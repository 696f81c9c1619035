"""Teams, their workspaces and keys, and people: members and customers."""

from peewee import BlobField, IntegerField, TextField

from cstar_core.tables.base import IdField, Row


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


class LinkSecretRow(Row):
    """What signs the links to the tickets of a workspace."""

    workspace_id = IntegerField(primary_key=True)
    secret = TextField()
    made_at = IntegerField()

    class Meta:
        table_name = "link_secrets"


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
    last_used_at = IntegerField(null=True)

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
