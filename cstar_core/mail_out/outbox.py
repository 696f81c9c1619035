"""What sends mail: one program at a time takes what is due, sends it, and notes what came of it.

Nothing is put together or sent inside a transaction. The bytes of a mail are stored before they are
sent for the first time, so each try sends the same. Until what a server said is committed a mail is
in line, and is sent again after a crash: the same mail, with the same Message-ID.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain, islice, zip_longest
from typing import BinaryIO

from peewee import SQL, fn

from cstar_core.beside import held_alone
from cstar_core.blobs import Blob, Blobs
from cstar_core.clock import Clock, to_seconds
from cstar_core.errors import FileLost, HelpdeskError
from cstar_core.mail_out.headers import ascii_address, one_line
from cstar_core.mail_out.outgoing import read_people
from cstar_core.mail_out.pacing import MailPace
from cstar_core.mail_out.parcels import MailParcel, MailReply, all_replied, parcel_of
from cstar_core.mail_out.rendering import Unsendable, compose_mail
from cstar_core.mail_out.settling import Known, known_mail, people_of_mail, write
from cstar_core.mail_out.states import DEFERRED, FAILED, OPEN, SENT, Addressee
from cstar_core.mailboxes import DkimKey
from cstar_core.store import (
    EngineError,
    Snapshot,
    SqlRow,
    Store,
    Transaction,
    is_of_one_row,
    limited,
    prepare,
    slot,
)
from cstar_core.tables import BlobRow, MailboxRow, OutgoingMailRow

log = logging.getLogger("cstar.mail")

# Of those in flight at once, a mailbox has at most so many.
PER_MAILBOX = 4
_TOGETHER = 100
# The bytes of what failed: somebody may want to send it again.
KEPT_SECONDS = 30 * 86_400
_LEEWAY_SECONDS = 60
_TEXT_MAX = 400
_WAITING = "waiting"
# After how many attempts others wait as long as those for which nobody may sign in.
_WAITS = 2
_HOMELESS = "the mailbox that was to send it was deleted"
_LATE = "it could not be delivered for too long, and is not tried again"


PostMail = Callable[[MailParcel, bytes], Mapping[str, MailReply]]
SignMail = Callable[[DkimKey, bytes], bytes]
# The row of a mailbox, and that of a mail which is due there.
_Due = tuple[SqlRow, SqlRow]

_IS_DUE = (OutgoingMailRow.mailbox_id == MailboxRow.id) & (OutgoingMailRow.due_at <= slot("now"))
_SENDING = (MailboxRow.is_active == 1) & MailboxRow.outgoing.is_null(False)
_BOXES = prepare(
    MailboxRow.select(
        MailboxRow.id,
        MailboxRow.address,
        MailboxRow.outgoing,
        MailboxRow.outgoing_secret,
        MailboxRow.dkim,
        MailboxRow.uid,
        MailboxRow.plus_addressing,
    )
    .where(_SENDING & fn.EXISTS(OutgoingMailRow.select(SQL("1")).where(_IS_DUE)))
    .order_by(MailboxRow.id)
)
_DUE = prepare(
    limited(
        OutgoingMailRow.select(
            OutgoingMailRow.id,
            OutgoingMailRow.kind,
            OutgoingMailRow.due_at,
            OutgoingMailRow.reply_to,
        )
        .where(
            (OutgoingMailRow.mailbox_id == slot("mailbox"))
            & (OutgoingMailRow.due_at <= slot("now"))
        )
        .order_by(OutgoingMailRow.due_at, OutgoingMailRow.id)
    )
)
_AS_SENT = prepare(
    OutgoingMailRow.select(BlobRow.digest, BlobRow.size)
    .join(BlobRow, on=(BlobRow.id == OutgoingMailRow.blob_id))
    .where(OutgoingMailRow.id == slot("mail"))
)
_KEEP = prepare(
    OutgoingMailRow.update({OutgoingMailRow.blob_id: slot("blob")}).where(
        OutgoingMailRow.id == slot("mail")
    )
)
_FAILS = prepare(
    MailboxRow.update(
        {
            MailboxRow.sending_failing_since: fn.COALESCE(
                MailboxRow.sending_failing_since, slot("now")
            ),
            MailboxRow.sending_failure: slot("failure"),
        }
    ).where(MailboxRow.id == slot("mailbox"))
)
_WORKS = prepare(
    MailboxRow.update(
        {MailboxRow.sending_failing_since: None, MailboxRow.sending_failure: None}
    ).where((MailboxRow.id == slot("mailbox")) & MailboxRow.sending_failing_since.is_null(False))
)
_LINE = OutgoingMailRow.due_at.is_null(False)
_IN_LINE = OutgoingMailRow.select(OutgoingMailRow.id, OutgoingMailRow.mailbox_id).limit(_TOGETHER)
_OLD = prepare(_IN_LINE.where(_LINE & (OutgoingMailRow.since <= slot("before"))))
_ASTRAY = prepare(_IN_LINE.where(_LINE & OutgoingMailRow.mailbox_id.is_null()))
# A look for each mailbox, and not at all that are in line.
_HURRY = prepare(
    OutgoingMailRow.update(
        {OutgoingMailRow.due_at: slot("now"), OutgoingMailRow.since: slot("now")}
    ).where(
        OutgoingMailRow.mailbox_id.in_(MailboxRow.select(MailboxRow.id))
        & (OutgoingMailRow.due_at > slot("late"))
    )
)
_LET_GO = prepare(
    OutgoingMailRow.update({OutgoingMailRow.blob_id: None}).where(
        (OutgoingMailRow.finished_at <= slot("before")) & OutgoingMailRow.blob_id.is_null(False)
    )
)


class MailOutbox:
    """What is to be sent, for the one thread that sees to it; ``open_mail_outbox`` makes it."""

    def __init__(self, store: Store, clock: Clock, pace: MailPace) -> None:
        self._store = store
        self._clock = clock
        self._pace = pace
        self._blobs = Blobs(store)
        self._flying: dict[int, int] = {}  # the mailbox of each mail that was taken
        self._silent: set[int] = set()  # the mailboxes whose servers did not answer the last time

    @property
    def flying(self) -> int:
        """How many were taken and not settled yet."""
        return len(self._flying)

    @contextmanager
    def changes(self) -> Iterator[Callable[[], int]]:
        """A function whose number differs once somebody has written; it takes microseconds."""
        with self._store.changes() as number:
            yield number

    def take(self, limit: int) -> list[MailParcel]:
        """What to send now, so that at most ``limit`` are on their way; mailboxes take turns.

        A server that does not answer holds its places for long. So those that did not the last
        time have one each, and half of all at most.
        """
        now, room = to_seconds(self._clock()), limit - len(self._flying)
        if room <= 0:
            return []
        with self._store.snapshot() as snap:
            queues = [self._queue(snap, box, now) for box in snap.all(_BOXES, now=now)]
            chosen = list(islice(self._in_turns(queues, limit), room))
            people = read_people(snap, [row[0] for _, row in chosen])
        parcels = [parcel_of(box, row, people[row[0]]) for box, row in chosen]
        self._flying |= {each.mail: each.mailbox for each in parcels}
        return parcels

    def render(self, parcel: MailParcel, sign: SignMail | None = None) -> bytes:
        """The bytes to send: those of the last try, or else put together, signed, and kept.

        What cannot be put together is settled as failed, and raises Unsendable. Raises Busy and
        StorageFull; then the mail is to be given back.
        """
        try:
            kept = self._kept(parcel)
            return self._made(parcel, sign) if kept is None else kept
        except Unsendable as error:
            state = "deferred" if error.for_now else "failed"
            self._note(parcel, all_replied(parcel, MailReply(state, None, str(error))))
            raise
        except Exception as error:
            if isinstance(error, (HelpdeskError, EngineError)) and not is_of_one_row(error):
                raise
            log.exception("a mail could not be put together")
            words = "the mail could not be put together"
            self._note(parcel, all_replied(parcel, MailReply("deferred", None, words)))
            raise Unsendable(words) from error

    def rendered(self, parcel: MailParcel) -> BinaryIO:
        """The file with what ``render`` made, for who has to keep its bytes out of memory.

        The caller closes it. Raises FileLost.
        """
        blob = self._as_sent(parcel)
        if blob is None:
            raise FileLost
        return self._blobs.open(blob)

    def settle(self, parcel: MailParcel, replies: Mapping[str, MailReply]) -> None:
        """Note what became of each recipient. Nothing is noted of a mail that is gone.

        Raises Busy and StorageFull; then it is to be tried again.
        """
        self._note(parcel, replies)
        if any(each.code is not None for each in replies.values()):
            self._silent.discard(parcel.mailbox)
        elif replies:
            self._silent.add(parcel.mailbox)

    def give_back(self, parcel: MailParcel) -> None:
        """Let a mail be taken again that nothing was done with."""
        self._flying.pop(parcel.mail, None)

    def tidy(self, *, late: bool = True) -> None:
        """Give up what was tried for too long or has lost its mailbox, and let old bytes go.

        What waits for long only since the clock was set back is due now. Without ``late`` nothing
        is too late: nobody may have run for days, and what is due is to be tried first.
        """
        now = to_seconds(self._clock())
        longest = now + max(self._pace.waits) * (1 + self._pace.jitter) + _LEEWAY_SECONDS
        with self._store.transaction(brief=True) as tx:
            tx.run(_HURRY, now=tx.now, late=round(longest))
            tx.run(_LET_GO, before=tx.now - KEPT_SECONDS)
            before = now - self._pace.give_up - _LEEWAY_SECONDS
            old = tx.all(_OLD, before=before) if late else []
            for key, mailbox in dict([*old, *tx.all(_ASTRAY)]).items():
                mail = known_mail(tx, key)
                if mail is not None and key not in self._flying:
                    words = _HOMELESS if mailbox is None else _LATE
                    self._record(tx, mail, {}, MailReply("failed", None, words))

    def _note(self, parcel: MailParcel, replies: Mapping[str, MailReply]) -> None:
        with self._store.transaction(brief=True) as tx:
            mail = known_mail(tx, parcel.mail)
            if mail is not None and mail.state in OPEN:
                self._record(tx, mail, replies)
            _note_server(tx, parcel.mailbox, [*replies.values()])
        self._flying.pop(parcel.mail, None)

    def _queue(self, snap: Snapshot, box: SqlRow, now: int) -> list[_Due]:
        most = 1 if box[0] in self._silent else PER_MAILBOX
        flying = Counter(self._flying.values())[box[0]]
        if flying >= most:
            return []
        rows = snap.all(_DUE, mailbox=box[0], now=now, limit=most + flying)
        free = [row for row in rows if row[0] not in self._flying]
        return [(box, row) for row in free[: most - flying]]

    def _in_turns(self, queues: Iterable[list[_Due]], limit: int) -> Iterator[_Due]:
        """One of each queue after another, first of that which has waited longest."""
        waiting = sorted(filter(None, queues), key=lambda queue: queue[0][1][2])
        silent = [queue[0] for queue in waiting if queue[0][0][0] in self._silent]
        others = [queue for queue in waiting if queue[0][0][0] not in self._silent]
        yield from filter(None, chain.from_iterable(zip_longest(*others)))
        held = sum(box in self._silent for box in self._flying.values())
        yield from silent[: max(0, (limit + 1) // 2 - held)]

    def _made(self, parcel: MailParcel, sign: SignMail | None) -> bytes:
        made = compose_mail(self._store, self._blobs, parcel.mail)
        made = sign(parcel.dkim, made) if sign and parcel.dkim else made
        blob = self._blobs.put(made)
        with self._store.transaction(brief=True) as tx:
            tx.run(_KEEP, mail=parcel.mail, blob=self._blobs.claim(tx, blob))
        return made

    def _kept(self, parcel: MailParcel) -> bytes | None:
        blob = self._as_sent(parcel)
        if blob is None:
            return None
        try:
            return self._blobs.read(blob)
        except FileLost:
            log.error("what was sent of a mail before is lost; it is put together anew")
            return None

    def _as_sent(self, parcel: MailParcel) -> Blob | None:
        with self._store.snapshot() as snap:
            row = snap.first(_AS_SENT, mail=parcel.mail)
        return None if row is None else Blob(bytes(row[0]), row[1])

    def _record(
        self,
        tx: Transaction,
        mail: Known,
        replies: Mapping[str, MailReply],
        default: MailReply | None = None,
    ) -> None:
        before = people_of_mail(tx, mail)
        waits = any(each.state == _WAITING for each in replies.values())
        # Whoever looks how long mail is in line must see that it is for long.
        since = max(mail.since, tx.now - self._pace.give_up // 2) if waits else mail.since
        attempts = mail.attempts + (default is None and not waits)
        due = self._pace.next_due(since, _WAITS if waits else mail.attempts + 1, tx.now)
        after = [
            _after(each, replies.get(ascii_address(each.address) or "", default), due)
            for each in before
        ]
        write(tx, mail, before, after, attempts=attempts, since=since, due=due)


def _note_server(tx: Transaction, mailbox: int, replies: Sequence[MailReply]) -> None:
    """Note with a mailbox that its server lets nothing through, or that it does again."""
    if replies and all(each.of_server for each in replies):
        failure = f"it cannot send: {one_line(replies[0].text, _TEXT_MAX)}"
        tx.run(_FAILS, mailbox=mailbox, now=tx.now, failure=failure)
    elif any(each.code is not None and not each.of_server for each in replies):
        tx.run(_WORKS, mailbox=mailbox)


def _after(each: Addressee, reply: MailReply | None, due: int | None) -> Addressee:
    """A recipient after a try; what is not told of, or comes too late, is tried again or lost."""
    if each.state not in OPEN or (reply is None and due is not None):
        return each
    found = reply or MailReply("deferred", None, "")
    text = one_line(found.text, _TEXT_MAX)
    code = None if found.code is None else one_line(found.code, 40)
    if found.state == "sent":
        return each._replace(state=SENT, code=code, failure=None)
    if found.state in ("deferred", _WAITING) and due is not None:
        return each._replace(state=DEFERRED, code=code, failure=text or None)
    words = text or each.failure or _LATE
    return each._replace(state=FAILED, code=code or each.code, failure=words)


@contextmanager
def open_mail_outbox(store: Store, clock: Clock, pace: MailPace) -> Iterator[MailOutbox]:
    """The outbox, for whoever is the only one to send; raises Busy while another program does."""
    with held_alone(store.path, "mail", "Another program sends the mail of this desk."):
        yield MailOutbox(store, clock, pace)


def send_due(outbox: MailOutbox, post: PostMail, sign: SignMail | None = None) -> int:
    """Send everything that is due, one after another; how many attempts that took."""
    made = 0
    outbox.tidy(late=False)
    while parcels := outbox.take(1):
        for each in parcels:
            try:
                outbox.settle(each, post(each, outbox.render(each, sign)))
            except Unsendable:
                continue
            made += 1
    outbox.tidy()
    return made
