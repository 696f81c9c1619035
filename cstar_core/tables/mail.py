"""What mail needs: the mailboxes that teams have."""

from peewee import BlobField, IntegerField, TextField

from cstar_core.tables.base import IdField, Row


class MailboxRow(Row):
    """An address that customers write to, with its servers."""

    id = IdField()
    uid = BlobField()
    workspace_id = IntegerField()
    address = TextField()
    address_key = TextField()
    name = TextField()
    language = TextField()
    signature = TextField()
    defaults = TextField()
    is_default = IntegerField()
    answers_first = IntegerField()
    plus_addressing = IntegerField()
    is_active = IntegerField()
    incoming = TextField(null=True)
    incoming_secret = TextField(null=True)
    outgoing = TextField(null=True)
    outgoing_secret = TextField(null=True)
    dkim = TextField(null=True)
    uid_validity = IntegerField(null=True)
    last_uid = IntegerField()
    fetched_at = IntegerField(null=True)
    failing_since = IntegerField(null=True)
    failure = TextField(null=True)
    created_at = IntegerField()
    updated_at = IntegerField()
    version = IntegerField()
    oauth = TextField(null=True)
    oauth_client_secret = TextField(null=True)
    oauth_refresh_token = TextField(null=True)
    oauth_renewing = IntegerField(null=True)
    oauth_failing_since = IntegerField(null=True)
    oauth_failure = TextField(null=True)
    sending_failing_since = IntegerField(null=True)
    sending_failure = TextField(null=True)

    class Meta:
        table_name = "mailboxes"
