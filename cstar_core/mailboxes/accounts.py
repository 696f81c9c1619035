"""The mailboxes of a whole desk, with their passwords, for what fetches, takes and sends mail."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from peewee import JOIN, fn

from cstar_core.beside import held_alone
from cstar_core.checks import is_storable
from cstar_core.errors import NotFound, StaleVersion
from cstar_core.ids import public_id
from cstar_core.mailboxes.mailbox import COLUMNS, Mailbox, mailbox_of
from cstar_core.members import fold_email
from cstar_core.scope import Scope, required_uid
from cstar_core.store import Snapshot, SqlRow, Store, Transaction, prepare, slot
from cstar_core.tables import MailboxRow, TeamRow, WorkspaceRow

FAILURE_MAX = 500
# So long one program alone may ask for a token; nobody gives it up in less if it ends meanwhile.
RENEWAL_SECONDS = 60


@dataclass(frozen=True, slots=True)
class MailAccount:
    """A mailbox, whose it is, and the passwords of its servers, or the secrets for tokens.

    ``team_id`` and ``environment`` name its workspace. ``uid_validity`` (None before the first) and
    ``last_uid`` tell up to where its folder was read.
    """

    mailbox: Mailbox
    team_id: str
    environment: str
    uid_validity: int | None
    last_uid: int
    incoming_password: str | None = field(repr=False)
    outgoing_password: str | None = field(repr=False)
    client_secret: str | None = field(default=None, repr=False)
    refresh_token: str | None = field(default=None, repr=False)


_ACCOUNTS = (
    MailboxRow.select(
        *COLUMNS,
        TeamRow.uid,
        WorkspaceRow.environment,
        MailboxRow.uid_validity,
        MailboxRow.last_uid,
        MailboxRow.incoming_secret,
        MailboxRow.outgoing_secret,
        MailboxRow.oauth_client_secret,
        MailboxRow.oauth_refresh_token,
    )
    .join(WorkspaceRow, JOIN.INNER, on=(WorkspaceRow.id == MailboxRow.workspace_id))
    .join(TeamRow, JOIN.INNER, on=(TeamRow.id == WorkspaceRow.team_id))
)
_ALL = prepare(_ACCOUNTS.order_by(MailboxRow.id))
_BY_UID = prepare(_ACCOUNTS.where(MailboxRow.uid == slot("uid")))
_BY_KEY = prepare(_ACCOUNTS.where(MailboxRow.id == slot("mailbox")))
_BY_ADDRESS = prepare(_ACCOUNTS.where(MailboxRow.address_key == slot("address")))
_IS_ANY = prepare(MailboxRow.select(MailboxRow.id).where(MailboxRow.is_active == 1).limit(1))
_OF_UID = MailboxRow.uid == slot("uid")
_OF_ROW = MailboxRow.id == slot("mailbox")
_KEY = prepare(
    MailboxRow.select(MailboxRow.id).where(_OF_UID & (MailboxRow.workspace_id == slot("workspace")))
)
_KEY_OF_UID = prepare(MailboxRow.select(MailboxRow.id).where(_OF_UID))
_SENDING = prepare(
    MailboxRow.select(MailboxRow.id).where(
        (MailboxRow.workspace_id == slot("workspace"))
        & (MailboxRow.is_default == 1)
        & (MailboxRow.is_active == 1)
        & MailboxRow.outgoing.is_null(False)
    )
)
_FETCHED = prepare(
    MailboxRow.update(
        {
            MailboxRow.fetched_at: slot("now"),
            MailboxRow.failing_since: None,
            MailboxRow.failure: None,
        }
    ).where(_OF_UID)
)
_FAILED = prepare(
    MailboxRow.update(
        {
            MailboxRow.failing_since: fn.COALESCE(MailboxRow.failing_since, slot("now")),
            MailboxRow.failure: slot("failure"),
        }
    ).where(_OF_UID)
)
# Not under another number: that of a folder which was changed meanwhile, or numbered anew.
_MOVE = prepare(
    MailboxRow.update(
        {MailboxRow.uid_validity: slot("validity"), MailboxRow.last_uid: slot("last")}
    ).where(
        _OF_ROW
        & (MailboxRow.uid_validity.is_null() | (MailboxRow.uid_validity == slot("validity")))
        & (MailboxRow.last_uid < slot("last"))
    )
)
_BEGIN = prepare(
    MailboxRow.update({MailboxRow.uid_validity: slot("validity"), MailboxRow.last_uid: 0}).where(
        _OF_UID & (MailboxRow.version == slot("version"))
    )
)
_RENEW = prepare(
    MailboxRow.update({MailboxRow.oauth_renewing: slot("until")}).where(
        _OF_UID
        & MailboxRow.oauth.is_null(False)
        & (
            MailboxRow.oauth_renewing.is_null()
            | (MailboxRow.oauth_renewing <= slot("now"))
            # The clock was set back since then.
            | (MailboxRow.oauth_renewing > slot("until"))
        )
    )
)
# Not where it was authorized meanwhile: then another one may be asking with that.
_OF_USED = _OF_UID & (fn.COALESCE(MailboxRow.oauth_refresh_token, "") == slot("used"))
_RENEWED = prepare(
    MailboxRow.update(
        {
            MailboxRow.oauth_renewing: None,
            MailboxRow.oauth_failing_since: None,
            MailboxRow.oauth_failure: None,
        }
    ).where(_OF_USED)
)
_DROP = prepare(MailboxRow.update({MailboxRow.oauth_renewing: None}).where(_OF_USED))
_ROTATE = prepare(
    MailboxRow.update({MailboxRow.oauth_refresh_token: slot("token")}).where(_OF_USED)
)
_NOT_RENEWED = prepare(
    MailboxRow.update(
        {
            MailboxRow.oauth_renewing: None,
            MailboxRow.oauth_failing_since: fn.COALESCE(
                MailboxRow.oauth_failing_since, slot("now")
            ),
            MailboxRow.oauth_failure: slot("failure"),
        }
    ).where(_OF_UID & (MailboxRow.version == slot("version")))
)


class MailAccounts:
    """The mailboxes of all teams, for the desk's own programs."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def list(self) -> tuple[MailAccount, ...]:
        """All of them, oldest first, also those that are not active."""
        with self._store.snapshot() as snap:
            return tuple(account_of(row) for row in snap.all(_ALL))

    def is_any(self) -> bool:
        """Whether any mailbox is active, in a few microseconds."""
        with self._store.snapshot(settled=False) as snap:
            return snap.value(_IS_ANY) is not None

    def get(self, id: str) -> MailAccount:
        """The one with a mailbox's id; raises NotFound."""
        with self._store.snapshot() as snap:
            row = snap.first(_BY_UID, uid=required_uid("mailbox", id))
        if row is None:
            raise NotFound("mailbox", id)
        return account_of(row)

    def find(self, address: str) -> MailAccount | None:
        """The active one that mail to an address comes to, with what is after a plus or without."""
        with self._store.snapshot() as snap:
            return find_account(snap, address)

    def note_fetched(self, id: str) -> None:
        """Fetching worked just now."""
        with self._store.transaction(brief=True) as tx:
            tx.run(_FETCHED, uid=required_uid("mailbox", id), now=tx.now)

    def note_failed(self, id: str, failure: str) -> None:
        """Fetching fails, and why: at most 500 characters of it are kept."""
        with self._store.transaction(brief=True) as tx:
            uid, text = required_uid("mailbox", id), failure[:FAILURE_MAX]
            tx.run(_FAILED, uid=uid, now=tx.now, failure=text)

    def note_opened(self, account: MailAccount, uid_validity: int) -> None:
        """A folder is read from its beginning: for the first time, or numbered anew since then.

        Raises StaleVersion if the mailbox was changed since the account was read, or is gone.
        """
        with self._store.transaction(brief=True) as tx:
            uid = required_uid("mailbox", account.mailbox.id)
            version = account.mailbox.version
            if not tx.run(_BEGIN, uid=uid, version=version, validity=uid_validity):
                raise StaleVersion("The mailbox was changed meanwhile")

    def note_passed(self, id: str, uid_validity: int, uid: int) -> None:
        """Nothing up to a UID is to be read any more."""
        with self._store.transaction(brief=True) as tx:
            key = tx.value(_KEY_OF_UID, uid=required_uid("mailbox", id))
            if key is not None:
                move_cursor(tx, key, uid_validity, uid)

    def begin_renewal(self, id: str) -> MailAccount | None:
        """Be the only program that asks for a token, for a minute at most; None if another does.

        What it gives is the account as it is now, since another may have asked before. Raises
        NotFound.
        """
        with self._store.transaction(reserved=True) as tx:
            uid = required_uid("mailbox", id)
            is_ours = tx.run(_RENEW, uid=uid, now=tx.now, until=tx.now + RENEWAL_SECONDS)
            row = tx.first(_BY_UID, uid=uid)
            if row is None:
                raise NotFound("mailbox", id)
            return account_of(row) if is_ours else None

    def end_renewal(
        self, account: MailAccount, *, refresh_token: str | None = None, failure: str | None = None
    ) -> None:
        """Note what came of it: a token, perhaps with another refresh token, or why there is none.

        A refresh token takes the place of the one that was used, also on a full disk; if that was
        changed meanwhile, what is there stays.
        """
        with self._store.transaction(reserved=True) as tx:
            uid, version = required_uid("mailbox", account.mailbox.id), account.mailbox.version
            if failure is not None:
                text = failure[:FAILURE_MAX]
                tx.run(_NOT_RENEWED, uid=uid, version=version, now=tx.now, failure=text)
                return
            used = account.refresh_token or ""
            tx.run(_RENEWED, uid=uid, used=used)
            if refresh_token is not None and used:
                tx.run(_ROTATE, uid=uid, token=refresh_token, used=used)

    def drop_renewal(self, account: MailAccount) -> None:
        """Let another program ask: whether tokens are given could not be found out just now."""
        with self._store.transaction(reserved=True) as tx:
            uid, used = required_uid("mailbox", account.mailbox.id), account.refresh_token or ""
            tx.run(_DROP, uid=uid, used=used)

    @contextmanager
    def alone(self) -> Iterator[Callable[[], int]]:
        """Be the only program that fetches; raises Busy while another one does.

        What it gives is a function whose number differs once somebody has written.
        """
        refusal = "Another program fetches the mail of this desk."
        with (
            held_alone(self._store.path, "mailboxes", refusal),
            self._store.changes() as number,
        ):
            yield number


def account_of(row: SqlRow) -> MailAccount:
    """The value that a row of an account holds."""
    *mailbox, team, environment, validity, last_uid, incoming, outgoing, client, token = row
    return MailAccount(
        mailbox_of(tuple(mailbox)),
        public_id("team", team),
        environment,
        validity or None,
        last_uid,
        incoming,
        outgoing,
        client,
        token,
    )


def account_at(snap: Snapshot, key: int) -> MailAccount | None:
    """The account of a mailbox's row, or None."""
    row = snap.first(_BY_KEY, mailbox=key)
    return None if row is None else account_of(row)


def find_account(snap: Snapshot, address: str) -> MailAccount | None:
    """The active account that mail to an address comes to, or None."""
    if not is_storable(address):
        return None
    for each in (address, *shorter(address)):
        row = snap.first(_BY_ADDRESS, address=fold_email(each))
        if row is not None:
            found = account_of(row)
            reached = each == address or found.mailbox.plus_addressing
            return found if reached and found.mailbox.is_active else None
    return None


def shorter(address: str) -> list[str]:
    """The address without what is after the last plus, then the first: one may be a mailbox's own.

    >>> shorter("support+eu+abc@example.com"), shorter("support@example.com")
    (['support+eu@example.com', 'support@example.com'], [])
    """
    local, _, domain = address.rpartition("@")
    names = dict.fromkeys((local.rpartition("+")[0], local.partition("+")[0]))
    return [f"{name}@{domain}" for name in names if name and name != local]


def mailbox_key(snap: Snapshot, scope: Scope, id: str) -> int:
    """The integer key of a mailbox of this workspace; raises NotFound."""
    uid = required_uid("mailbox", id)
    key: int | None = snap.value(_KEY, uid=uid, workspace=scope.workspace_id)
    if key is None:
        raise NotFound("mailbox", id)
    return key


def sending_mailbox(snap: Snapshot, scope: Scope) -> int | None:
    """The key of the default mailbox of a workspace, if it sends; else None."""
    key: int | None = snap.value(_SENDING, workspace=scope.workspace_id)
    return key


def move_cursor(tx: Transaction, key: int, uid_validity: int, uid: int) -> None:
    """Note up to where the folder of a mailbox (its integer key) was read; never back."""
    tx.run(_MOVE, mailbox=key, validity=uid_validity, last=uid)


@dataclass(frozen=True, slots=True)
class FetchHealth:
    """How fetching from a mailbox goes: when it last worked, and since when it does not.

    Both are seconds since 1970; ``fetched_at`` is when the mailbox was made, if it never did.
    """

    address: str
    fetched_at: int
    failing_since: int | None


_HEALTH = prepare(
    MailboxRow.select(
        MailboxRow.address,
        fn.COALESCE(MailboxRow.fetched_at, MailboxRow.created_at),
        MailboxRow.failing_since,
    )
    .where((MailboxRow.is_active == 1) & MailboxRow.incoming.is_null(False))
    .order_by(MailboxRow.id)
)


def fetch_health(snap: Snapshot) -> tuple[FetchHealth, ...]:
    """How fetching goes of every mailbox of the desk that is fetched."""
    return tuple(FetchHealth(*row) for row in snap.all(_HEALTH))
