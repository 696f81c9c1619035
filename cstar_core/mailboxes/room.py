"""The room of mailboxes: the addresses that a workspace is written to."""

from collections.abc import Mapping
from typing import Any, Unpack

from cstar_core import events
from cstar_core.checks import check_all, invalid, raise_any
from cstar_core.clock import to_seconds
from cstar_core.errors import Conflict, Forbidden, Invalid, NotFound, Problem, StaleVersion
from cstar_core.ids import new_uid
from cstar_core.mailboxes.changing import (
    OAUTH_SECRETS,
    changed,
    check_defaults,
    check_signing_in,
    stored,
)
from cstar_core.mailboxes.mailbox import (
    ALL,
    BY_UID,
    COUNT,
    LANGUAGE_DEFAULT,
    MAILBOX_NAME_MAX,
    MAILBOXES_MAX,
    RULES,
    Mailbox,
    MailboxChanges,
    mailbox_of,
    shown,
)
from cstar_core.mailboxes.servers import SERVERS
from cstar_core.members import fold_email
from cstar_core.scope import Scope, required_uid
from cstar_core.store import Prepared, Snapshot, SqlRow, Store, Transaction, prepare, slot
from cstar_core.tables import MailboxRow, MailHeadRow, MailRow, OutgoingMailRow

_MINE = MailboxRow.workspace_id == slot("workspace")
_DEFAULT = _MINE & (MailboxRow.is_default == 1)
_TAKEN = prepare(MailboxRow.select(MailboxRow.id).where(MailboxRow.address_key == slot("key")))
_OLDEST = prepare(MailboxRow.select(MailboxRow.uid).where(_MINE).order_by(MailboxRow.id).limit(1))
# Another folder may give out the same numbers.
_FORGET_PLACES = prepare(
    MailRow.update({MailRow.uid_validity: None, MailRow.imap_uid: None}).where(
        (MailRow.mailbox_id == slot("mailbox")) & MailRow.imap_uid.is_null(False)
    )
)
_SOME = 1_000


def _leaving(row: Any, key: str) -> Prepared:
    """Let some of the rows that came by a mailbox be of none."""
    some = row.alias()
    keys = some.select(getattr(some, key)).where(some.mailbox_id == slot("mailbox"))
    return prepare(row.update(mailbox_id=None).where(getattr(row, key).in_(keys.limit(_SOME))))


_LEAVING = ((MailRow, "id"), (OutgoingMailRow, "id"), (MailHeadRow, "message_id"))
_LEAVE = tuple(_leaving(*each) for each in _LEAVING)
_THE_DEFAULT = prepare(MailboxRow.select(MailboxRow.uid).where(_DEFAULT))


class Mailboxes:
    """The mailboxes of one workspace. A publishable key does not open them."""

    def __init__(self, store: Store, scope: Scope) -> None:
        self._store = store
        self._scope = scope

    def create(
        self,
        *,
        address: str,
        name: str | None = None,
        language: str = LANGUAGE_DEFAULT,
        signature: str = "",
        defaults: Mapping[str, Any] | None = None,
        is_default: bool = False,
        answers_first: bool = False,
        plus_addressing: bool = True,
        is_active: bool = True,
        incoming: Mapping[str, Any] | None = None,
        outgoing: Mapping[str, Any] | None = None,
        dkim: Mapping[str, Any] | None = None,
        oauth: Mapping[str, Any] | None = None,
    ) -> Mailbox:
        """Add an address that customers write to; the first of a workspace is its default.

        ``name`` is that of the team if not given. ``defaults`` has what new tickets get:
        ``priority``, ``tags``, ``assigned_to``, ``custom_fields``. ``incoming`` has the IMAP server
        (``host``, ``user``, ``password``, and if need be ``port``, ``security``, ``folder``,
        ``delete``, ``since``, ``auth``), ``outgoing`` the SMTP server, ``oauth`` who gives tokens.
        Raises Invalid, and Conflict for an address that this desk has and one mailbox too many.
        """
        given: dict[str, Any] = {
            "address": address,
            "name": self._scope.team_name[:MAILBOX_NAME_MAX] if name is None else name,
            "language": language,
            "signature": signature,
            "defaults": {} if defaults is None else defaults,
            "is_default": is_default,
            "answers_first": answers_first,
            "plus_addressing": plus_addressing,
            "is_active": is_active,
            "incoming": incoming,
            "outgoing": outgoing,
            "dkim": dkim,
            "oauth": oauth,
        }
        raise_any(self.check(given))
        with self._store.transaction() as tx:
            number = tx.value(COUNT, workspace=self._workspace)
            if number >= MAILBOXES_MAX:
                raise Conflict(f"A workspace has at most {MAILBOXES_MAX} mailboxes")
            self._refuse_taken(tx, address, None)
            if number and is_default:
                self._take_default(tx)
            given["is_default"] = is_default or not number
            return self._insert(tx, given)

    def check(self, values: Mapping[str, object], *, updating: bool = False) -> list[Problem]:
        """Every rule that the values break; nothing is written."""
        problems = check_all(values, RULES, () if updating else ("address",))
        if not problems and not updating:
            problems += check_signing_in(values)
        defaults = values.get("defaults")
        if isinstance(defaults, Mapping) and not problems:
            with self._store.snapshot() as snap:
                problems += check_defaults(snap, self._scope, defaults)
        return problems

    def get(self, id: str) -> Mailbox:
        """The mailbox with this id; raises NotFound, and Forbidden for a publishable key."""
        self._refuse_customers()
        with self._store.snapshot() as snap:
            return mailbox_of(self._row(snap, id))

    def find(self, id: str) -> Mailbox | None:
        """The mailbox with this id, or None; raises Forbidden for a publishable key."""
        try:
            return self.get(id)
        except NotFound:
            return None

    def list(self) -> tuple[Mailbox, ...]:
        """All mailboxes, oldest first; raises Forbidden for a publishable key."""
        self._refuse_customers()
        with self._store.snapshot() as snap:
            return tuple(mailbox_of(row) for row in snap.all(ALL, workspace=self._workspace))

    def update(
        self, id: str, *, expected_version: int | None = None, **changes: Unpack[MailboxChanges]
    ) -> Mailbox:
        """Change a mailbox. A server that is given replaces the one before; None takes it away.

        A password stays if none is given and the host, port, security and user are the same, and
        so do the secrets of ``oauth`` if its token URL and client are. Of another host, user or
        folder all mail is read. Raises Invalid, NotFound, Conflict and StaleVersion.
        """
        raise_any(self.check(changes, updating=True))
        with self._store.transaction() as tx:
            row = self._at(tx, id, expected_version)
            before = mailbox_of(row)
            if changes.get("is_default") is False and before.is_default:
                raise Invalid(invalid("is_default", "must stay true; make another one the default"))
            columns = changed(tx, row[0], changes)
            if not columns:
                return before
            if "address" in columns:
                self._refuse_taken(tx, columns["address"], row[0])
            if columns.get("is_default"):
                self._take_default(tx)
            if "uid_validity" in columns:
                tx.run(_FORGET_PLACES, mailbox=row[0])
            return self._write(tx, row, before, columns)

    def delete(self, id: str, *, expected_version: int | None = None) -> None:
        """Fetch and take no more mail for an address, and send none from it.

        What came by it stays. If it was the default, the oldest of the others is it then. Raises
        NotFound, StaleVersion.
        """
        with self._store.snapshot() as snap:
            row = self._at(snap, id, expected_version)
        # A few at a time: hundreds of thousands at once would keep other writers out for seconds.
        for each in _LEAVE:
            while self._let_go(each, row[0]) == _SOME:
                continue
        with self._store.transaction(reserved=True) as tx:
            row = self._at(tx, id, expected_version)
            before = mailbox_of(row)
            tx.run(MailboxRow.delete().where(MailboxRow.id == row[0]))
            events.record(
                tx, self._scope, "mailbox.deleted", row[1], data={"address": before.address}
            )
            uid = tx.value(_OLDEST, workspace=self._workspace)
            if before.is_default and uid is not None:
                other = tx.all(BY_UID, uid=uid, workspace=self._workspace)[0]
                self._write(tx, other, mailbox_of(other), {"is_default": 1})

    @property
    def _workspace(self) -> int:
        return self._scope.workspace_id

    def _refuse_customers(self) -> None:
        if not self._scope.internal:
            raise Forbidden("A publishable key does not open the mailboxes")

    def _row(self, snap: Snapshot, id: str) -> SqlRow:
        row = snap.first(BY_UID, uid=required_uid("mailbox", id), workspace=self._workspace)
        if row is None:
            raise NotFound("mailbox", id)
        return row

    def _at(self, snap: Snapshot, id: str, expected_version: int | None) -> SqlRow:
        """The row of a mailbox; raises NotFound, and StaleVersion if it is at another version."""
        row = self._row(snap, id)
        version = mailbox_of(row).version
        if expected_version not in (None, version):
            raise StaleVersion(f"The mailbox is at version {version}")
        return row

    def _let_go(self, some: Prepared, mailbox: int) -> int:
        with self._store.transaction(brief=True, reserved=True) as tx:
            return tx.run(some, mailbox=mailbox)

    def _refuse_taken(self, tx: Transaction, address: str, own: int | None) -> None:
        if tx.value(_TAKEN, key=fold_email(address)) not in (None, own):
            raise Conflict("A mailbox with this address exists already", "address")

    def _take_default(self, tx: Transaction) -> None:
        """Let the mailbox that is the default be one like the others."""
        uid = tx.value(_THE_DEFAULT, workspace=self._workspace)
        if uid is not None:
            row = tx.all(BY_UID, uid=uid, workspace=self._workspace)[0]
            self._write(tx, row, mailbox_of(row), {"is_default": 0})

    def _insert(self, tx: Transaction, values: Mapping[str, Any]) -> Mailbox:
        uid = new_uid(tx.now)
        tx.insert(
            MailboxRow.insert(
                uid=uid,
                workspace_id=self._workspace,
                last_uid=0,
                created_at=tx.now,
                updated_at=tx.now,
                version=1,
                **stored(values),
            )
        )
        made = mailbox_of(tx.all(BY_UID, uid=uid, workspace=self._workspace)[0])
        events.record(tx, self._scope, "mailbox.created", uid, data={"address": made.address})
        return made

    def _write(
        self, tx: Transaction, row: SqlRow, before: Mailbox, columns: Mapping[str, Any]
    ) -> Mailbox:
        written = {
            **columns,
            "updated_at": max(tx.now, to_seconds(before.updated_at)),
            "version": before.version + 1,
        }
        tx.run(MailboxRow.update(written).where(MailboxRow.id == row[0]))
        after = mailbox_of(self._row(tx, before.id))
        made = events.difference(shown(before), shown(after))
        data: dict[str, object] = {"address": after.address}
        passwords = [name for name in SERVERS if f"{name}_secret" in columns]
        passwords += ["oauth"] if columns.keys() & set(OAUTH_SECRETS) else []
        if passwords:
            data["passwordsChanged"] = passwords
        events.record(tx, self._scope, "mailbox.updated", row[1], data=data, changes=made)
        return after
