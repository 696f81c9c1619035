"""How members sign in: passwords, second factors, invitations, sessions and tries."""

from peewee import BlobField, CompositeKey, IntegerField, TextField

from cstar_core.tables.base import IdField, Row


class PasswordRow(Row):
    """A member's password, as the hasher has it."""

    member_id = IntegerField(primary_key=True)
    hash = TextField()
    changed_at = IntegerField()

    class Meta:
        table_name = "passwords"


class SecondFactorRow(Row):
    """What a member's codes are made of."""

    member_id = IntegerField(primary_key=True)
    secret = BlobField()
    confirmed_at = IntegerField(null=True)
    last_step = IntegerField()

    class Meta:
        table_name = "second_factors"


class RecoveryCodeRow(Row):
    """What stands in for a code, once."""

    member_id = IntegerField()
    hash = BlobField()

    class Meta:
        table_name = "recovery_codes"
        primary_key = CompositeKey("member_id", "hash")


class InvitationRow(Row):
    """A link with which a password is set, known by the SHA-256 of its token."""

    id = IdField()
    hash = BlobField()
    team_id = IntegerField()
    member_id = IntegerField(null=True)
    needs_password = IntegerField()
    created_at = IntegerField()
    expires_at = IntegerField()

    class Meta:
        table_name = "invitations"


class SessionRow(Row):
    """A browser that is signed in, known by the SHA-256 of its token."""

    id = IdField()
    uid = BlobField()
    hash = BlobField()
    member_id = IntegerField()
    confirmed = IntegerField()
    created_at = IntegerField()
    last_seen_at = IntegerField()
    user_agent = TextField(null=True)
    address = TextField(null=True)

    class Meta:
        table_name = "sessions"


class SignInTryRow(Row):
    """Up to when the tries of one kind are paid for."""

    subject = BlobField(primary_key=True)
    paid_until = IntegerField()

    class Meta:
        table_name = "sign_in_tries"


class KnownNetworkRow(Row):
    """A network from which a member has signed in."""

    member_id = IntegerField()
    network = BlobField()
    signed_in_at = IntegerField()

    class Meta:
        table_name = "known_networks"
        primary_key = CompositeKey("member_id", "network")
