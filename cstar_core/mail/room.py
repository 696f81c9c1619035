"""The room of mail: take in what comes, settle it, look at it, and put right what went wrong."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from io import BufferedReader

from peewee import fn

from cstar_core.attached import NewFile, new_file
from cstar_core.blobs import Blob, Blobs
from cstar_core.checks import check_choice, check_integer, raise_any
from cstar_core.clock import from_seconds
from cstar_core.errors import (
    Busy,
    FileLost,
    Forbidden,
    HelpdeskError,
    MailConflict,
    NotFound,
    StorageFull,
)
from cstar_core.events import quietly
from cstar_core.ids import parse_id
from cstar_core.letters import Letter, Unreadable, read_letter
from cstar_core.mail.filing import (
    SPAM_BLOCKS,
    SpamFiling,
    block_sender,
    file_as_spam,
    files_going,
    refuse_filing,
    would_file,
)
from cstar_core.mail.listing import check_ids, check_verdicts, mails_of_messages, read_page, wanted
from cstar_core.mail.mail import Envelope, Mail, MailPlace, mail_key, read_mail
from cstar_core.mail.settling import WAITING, Case, find_taken, settle
from cstar_core.mail.taking import check_taken, take
from cstar_core.mail.unreadable import HEADERS_ONLY, LOST, blob_of, settle_unreadable
from cstar_core.mailboxes import mailbox_key
from cstar_core.pages import PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, Page, open_window
from cstar_core.scope import Scope
from cstar_core.store import Snapshot, Store, Transaction, limited, prepare, slot
from cstar_core.tables import MAIL_VERDICTS, MailRow

# Whatever stops the program that reads it so often would stop it again. Not fewer: mail is read in
# a process of its own, so what stops this one is most often a restart that came meanwhile.
ATTEMPTS_MAX = 10
Read = Callable[[bytes], Letter]

_RELEASED = ("spam", "ignored", "bounce")
_UIDS = prepare(
    MailRow.select(MailRow.imap_uid, MailRow.verdict).where(
        (MailRow.mailbox_id == slot("mailbox"))
        & (MailRow.uid_validity == slot("validity"))
        & MailRow.imap_uid.is_null(False)
    )
)
_OLDEST = prepare(
    limited(
        MailRow.select(MailRow.id)
        .where((MailRow.workspace_id == slot("workspace")) & (MailRow.verdict == WAITING))
        .order_by(MailRow.id)
    )
)
_TRY = prepare(
    MailRow.update({MailRow.attempts: MailRow.attempts + 1}).where(
        (MailRow.id == slot("mail")) & (MailRow.verdict == WAITING)
    )
)
_UNTRY = prepare(
    MailRow.update({MailRow.attempts: MailRow.attempts - 1}).where(
        (MailRow.id == slot("mail")) & (MailRow.verdict == WAITING) & (MailRow.attempts > 0)
    )
)
_WAIT = prepare(
    MailRow.update(
        {
            MailRow.verdict: WAITING,
            MailRow.reason: None,
            MailRow.attempts: 0,
            MailRow.identity: None,
            MailRow.settled_at: None,
            MailRow.is_released: fn.MAX(MailRow.is_released, slot("released")),
            MailRow.version: MailRow.version + 1,
        }
    ).where(MailRow.id == slot("mail"))
)


class Mails:
    """The ledger of one workspace: every mail that came in, and what became of it."""

    def __init__(self, store: Store, scope: Scope) -> None:
        self._store = store
        self._scope = scope
        self._blobs = Blobs(store)

    def take(
        self,
        raw: bytes,
        *,
        source: str = "api",
        mailbox: str | None = None,
        envelope: Envelope | None = None,
        place: MailPlace | None = None,
    ) -> Mail:
        """Take in a mail, whatever it is: from here on it is accounted for, and waits.

        ``source`` is api, imap, lmtp, pipe or import. ``mailbox`` is an id; without it that of the
        envelope is found, else it is the default one. With ``place`` the mailbox has been read up
        to there. What was taken before, from the same place or with the same bytes, is that mail.
        Raises Invalid, StorageFull and Busy; then nothing is taken.
        """
        raise_any(check_taken(raw, source, envelope, place))
        blob = self._blobs.put(raw)
        with self._store.transaction(brief=True) as tx:
            given = envelope or Envelope()
            key = take(tx, self._scope, self._blobs, blob, mailbox, source, given, place)
            return read_mail(tx, key)

    def settle(self, id: str, letter: Letter | Unreadable) -> Mail:
        """Do with a mail that waits what its content asks for; one that is settled stays as it is.

        Raises NotFound, and StorageFull and Busy; then it still waits.
        """
        with self._store.snapshot() as snap:
            if find_taken(snap, mail_key(snap, self._scope, id)) is None:
                return read_mail(snap, mail_key(snap, self._scope, id))
        files = () if isinstance(letter, Unreadable) else self._store_parts(letter)
        with self._store.transaction(brief=True) as tx:
            key = mail_key(tx, self._scope, id)
            self._decide(tx, key, letter, files)
            return read_mail(tx, key)

    def receive(
        self,
        raw: bytes,
        *,
        source: str = "api",
        mailbox: str | None = None,
        envelope: Envelope | None = None,
        place: MailPlace | None = None,
        read: Read = read_letter,
    ) -> Mail:
        """Take in a mail and settle it; ``read`` makes a letter of its bytes.

        Raises as ``take`` and ``settle``.
        """
        mail = self.take(raw, source=source, mailbox=mailbox, envelope=envelope, place=place)
        return self.work(mail.id, read)

    def work(self, id: str, read: Read = read_letter) -> Mail:
        """Read and settle a mail that waits; what stopped whoever tried it too often is unreadable.

        ``read`` may raise Unreadable, and OSError if nothing can be read now. Raises as ``settle``.
        """
        mail = self.begin(id)
        if mail.verdict != "waiting":
            return mail
        if mail.attempts > ATTEMPTS_MAX:
            return self.settle(id, Unreadable("stopped", "stopped whatever tried to read it"))
        try:
            return self.settle(id, self._letter(id, read))
        except (Busy, StorageFull, OSError):
            # None of that is the mail's fault.
            with suppress(HelpdeskError), self._store.transaction(brief=True) as tx:
                tx.run(_UNTRY, mail=mail_key(tx, self._scope, id))
            raise

    def _letter(self, id: str, read: Read) -> Letter | Unreadable:
        try:
            return read(self.raw(id))
        except (NotFound, FileLost):
            return Unreadable(LOST, "is lost: its file is missing or damaged")
        except Unreadable as error:
            return error

    def bring_in(self, raw: bytes, *, mailbox: str | None = None, read: Read = read_letter) -> Mail:
        """Take in and settle a mail of an archive, as of when it was written.

        No webhook is told of it, and nothing is sent. What came before is that mail, so an archive
        can be brought in again. Raises as ``take`` and ``settle``, and OSError if it cannot be
        read now.
        """
        raise_any(check_taken(raw, "import", None, None))
        try:
            letter: Letter | Unreadable = read(raw)
        except Unreadable as error:
            letter = error
        files = () if isinstance(letter, Unreadable) else self._store_parts(letter)
        blob, at = self._blobs.put(raw), self._written(letter)
        with self._store.transaction(at) as tx, quietly(tx, self._scope.workspace_id):
            key = take(tx, self._scope, self._blobs, blob, mailbox, "import", Envelope(), None)
            self._decide(tx, key, letter, files)
            return read_mail(tx, key)

    def begin(self, id: str) -> Mail:
        """Note that somebody tries to read a mail now, before it may stop them; how it is then."""
        with self._store.transaction(brief=True) as tx:
            key = mail_key(tx, self._scope, id)
            tx.run(_TRY, mail=key)
            return read_mail(tx, key)

    def waiting(self, limit: int = PAGE_SIZE_MAX) -> tuple[Mail, ...]:
        """The mails that wait, the oldest first."""
        raise_any(check_integer("limit", limit, 1, 1_000))
        self._refuse_customers()
        with self._store.snapshot() as snap:
            keys = snap.all(_OLDEST, workspace=self._scope.workspace_id, limit=limit)
            return tuple(read_mail(snap, key) for (key,) in keys)

    def get(self, id: str) -> Mail:
        """One mail; raises NotFound."""
        with self._store.snapshot() as snap:
            return read_mail(snap, self._key(snap, id))

    def find(self, id: str) -> Mail | None:
        """One mail, or None."""
        try:
            return self.get(id)
        except NotFound:
            return None

    def list(
        self,
        *,
        verdict: str | Sequence[str] | None = None,
        mailbox: str | None = None,
        ticket: str | None = None,
        page: int = 1,
        page_size: int = PAGE_SIZE_DEFAULT,
        cursor: str | None = None,
    ) -> Page[Mail]:
        """Mails that came in, the newest first.

        ``verdict`` is one or several, ``mailbox`` and ``ticket`` are ids. Raises Invalid.
        """
        self._refuse_customers()
        raise_any(check_verdicts("verdict", verdict) + check_ids(mailbox, ticket))
        with self._store.snapshot() as snap:
            these = wanted(snap, self._scope, verdict, mailbox, ticket)
            query = ("mails", self._scope.workspace_id, these)
            window = open_window(page, page_size, cursor, query, 1)
            return read_page(snap, self._scope, these, window, query)

    def uids(self, mailbox: str, uid_validity: int) -> dict[int, str]:
        """The verdict of each mail that came from the folder of a mailbox (an id), by its UID.

        Raises NotFound for a mailbox that is not there.
        """
        self._refuse_customers()
        with self._store.snapshot() as snap:
            key = mailbox_key(snap, self._scope, mailbox)
            rows = snap.all(_UIDS, mailbox=key, validity=uid_validity)
        return {uid: MAIL_VERDICTS[verdict] for uid, verdict in rows}

    def of_messages(self, ticket_id: str, message_ids: Sequence[str]) -> dict[str, Mail]:
        """The mails by which some messages of a ticket came, by the message's id.

        Raises NotFound for the ticket; what is no message of it is left out.
        """
        self._refuse_customers()
        uids = [uid for each in message_ids if (uid := parse_id("message", each)) is not None]
        with self._store.snapshot() as snap:
            return mails_of_messages(snap, self._scope, ticket_id, uids)

    def raw(self, id: str) -> bytes:
        """A mail as it came. Raises NotFound, also if its bytes were forgotten, and FileLost."""
        return self._blobs.read(self._kept(id)[1])

    def open(self, id: str) -> tuple[Mail, BufferedReader]:
        """A mail, and its bytes to read, which the caller closes. Raises as ``raw``."""
        mail, blob = self._kept(id)
        return mail, self._blobs.checked(blob)

    def retry(self, id: str) -> Mail:
        """Read a mail again that could not be read: it waits again, and its ticket stays.

        Raises NotFound, and MailConflict for one that is no failure, or of which nothing is left.
        """
        return self._wait_again(id, ("failed",), released=False)

    def release(self, id: str) -> Mail:
        """Take a mail that was filed as spam, ignored or led nowhere for a message: it waits again.

        Raises NotFound, and MailConflict for one that has a message, or of which nothing is left.
        """
        return self._wait_again(id, _RELEASED, released=True)

    def spam(self, id: str, *, block: str | None = None) -> Mail:
        """File a mail that became a message as spam; ``release`` undoes it.

        The ticket that it has made goes, with all mails of its sender there, if nobody else has
        written on it; else only its message goes. ``block`` is "sender" or "domain", to ignore what
        comes from there from now on. What is filed already stays so. Raises Invalid, NotFound, and
        MailConflict for one that is no message.
        """
        raise_any([] if block is None else check_choice("block", block, SPAM_BLOCKS))
        damaged = self._damaged(id)
        with self._store.transaction(brief=True, reserved=True) as tx:
            key = self._key(tx, id)
            mail = read_mail(tx, key)
            if mail.verdict != "spam":
                refuse_filing(mail)

                def is_kept(blob: Blob) -> bool:
                    return blob not in damaged and self._blobs.has(blob)

                file_as_spam(tx, self._scope, is_kept, key)
            if block is not None:
                block_sender(tx, self._scope, mail, block)
            return read_mail(tx, key)

    def would_spam(self, id: str) -> SpamFiling:
        """What ``spam`` would take away; raises NotFound and MailConflict as it does."""
        with self._store.snapshot() as snap:
            key = self._key(snap, id)
            mail = read_mail(snap, key)
            if mail.verdict == "spam":
                raise MailConflict("The mail is settled: spam")
            refuse_filing(mail)
            return would_file(snap, self._blobs.has, key)

    def _damaged(self, id: str) -> set[Blob]:
        """Which files of the mails that would be filed have other bytes; reads all of them."""
        with self._store.snapshot() as snap:
            key = self._key(snap, id)
            mail = read_mail(snap, key)
            if mail.verdict == "spam":
                return set()
            refuse_filing(mail)
            going = files_going(snap, self._blobs.has, key)
        return {each for each in going if not self._blobs.is_sound(each)}

    def _wait_again(self, id: str, verdicts: Sequence[str], *, released: bool) -> Mail:
        with self._store.transaction(brief=True) as tx:
            key = self._key(tx, id)
            mail = read_mail(tx, key)
            if mail.verdict == "waiting":
                return mail
            done = released and mail.message_id is not None
            if mail.verdict not in verdicts or mail.reason == "own_mail" or done:
                raise MailConflict(f"The mail is settled: {mail.verdict}")
            if not mail.has_raw:
                raise MailConflict("The mail was forgotten; nothing is left to be read")
            if mail.reason == HEADERS_ONLY:
                raise MailConflict("Only the headers of the mail were fetched")
            tx.run(_WAIT, mail=key, released=int(released))
            return read_mail(tx, key)

    def _written(self, letter: Letter | Unreadable) -> datetime | None:
        """When a mail was written, as far as that can be true."""
        date = None if isinstance(letter, Unreadable) else letter.date
        return from_seconds(date) if date is not None and 0 < date < self._store.now() else None

    def _decide(
        self, tx: Transaction, key: int, letter: Letter | Unreadable, files: Sequence[NewFile]
    ) -> None:
        """Settle a mail, unless it is settled."""
        taken = find_taken(tx, key)
        if taken is not None and isinstance(letter, Unreadable):
            settle_unreadable(tx, self._scope, self._blobs, taken, letter)
        elif taken is not None and isinstance(letter, Letter):
            settle(Case(tx, self._scope, taken, letter), self._blobs, files)

    def _store_parts(self, letter: Letter) -> tuple[NewFile, ...]:
        """Store the files of a mail, before the transaction that refers to them."""
        return tuple(
            new_file(
                self._blobs.put(part.content),
                part.name,
                part.media_type,
                content_id=part.content_id,
                is_inline=part.is_inline,
            )
            for part in letter.parts
        )

    def _kept(self, id: str) -> tuple[Mail, Blob]:
        """A mail, and where its bytes are; raises NotFound."""
        with self._store.snapshot() as snap:
            key = self._key(snap, id)
            mail, blob = read_mail(snap, key), blob_of(snap, key)
        if blob is None:
            raise NotFound("raw mail", id)
        return mail, blob

    def _key(self, snap: Snapshot, id: str) -> int:
        self._refuse_customers()
        return mail_key(snap, self._scope, id)

    def _refuse_customers(self) -> None:
        if not self._scope.internal:
            raise Forbidden("A publishable key does not open the mail")
