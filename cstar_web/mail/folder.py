"""Reading a folder of a mailbox: each message is stored here, in the order of its UIDs.

What was read is known by the UID alone: not by whether somebody has seen it, nor by when it came.
The cursor moves with each message in one transaction, so whatever ends this program ends it between
two messages.
"""

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from itertools import groupby

from cstar_core import (
    LETTER_BYTES_MAX,
    Helpdesk,
    HelpdeskError,
    ImapServer,
    Mail,
    MailAccount,
    MailPlace,
    Unreadable,
)
from cstar_web.mail.imap import Found, Imap

LISTED_MAX = 10_000
TRIES_MAX = 3
_BATCH_MAX = 50
_BATCH_BYTES = 4_000_000
# Servers count the ends of lines as they like, so a message may be a little larger than they say.
_SLACK = 1_000_000
_HEADER_BYTES = 65_536
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ARRIVED = re.compile(
    r" ?(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)\Z", re.ASCII
)

log = logging.getLogger("cstar.mail")

# How often a message could not be fetched, by UIDVALIDITY and UID.
Tries = dict[tuple[int, int], int]


class Reader:
    """Reads the folder of an account through a session in which somebody has signed in.

    ``stopping`` says when to do no more. ``tries`` outlive a session, so that a message that breaks
    each of them is given up, and said to be, after three.
    """

    def __init__(
        self,
        desk: Helpdesk,
        account: MailAccount,
        server: ImapServer,
        imap: Imap,
        tries: Tries,
        stopping: Callable[[], bool],
    ) -> None:
        self._server = server
        self._account = account
        self._desk = desk
        self._room = desk.workspace(account.team_id, account.environment).mail
        self._mailbox = account.mailbox.id
        self._imap = imap
        self._tries = tries
        self._stopping = stopping
        self._last = account.last_uid
        self._validity = account.uid_validity or 0

    def open(self) -> None:
        """Open the folder; one whose messages have other numbers by now is read anew."""
        folder = self._imap.open(self._server.folder, writing=self._server.delete)
        if folder.uid_validity != self._validity:
            if self._validity:
                log.warning("mailbox %s was numbered anew; all of it is read", self._mailbox)
            self._desk.mail_accounts.note_opened(self._account, folder.uid_validity)
            self._validity, self._last = folder.uid_validity, 0
        if self._server.delete:
            self._delete_stored()

    def new(self) -> Iterator[int]:
        """Store what has come; how many messages that was, each time that some were."""
        found = [Found(0, 0)] * LISTED_MAX
        while len(found) == LISTED_MAX:
            found = self._imap.after(self._last, LISTED_MAX)
            for batch in self._batches(found):
                if self._stopping():
                    return
                yield self._take(batch)
                if self._last != batch[-1].uid:
                    return  # what comes after it must wait for it

    def _batches(self, found: Sequence[Found]) -> Iterator[list[Found]]:
        """Messages that are left alone, however many, or that are asked for at once."""
        for is_left_alone, group in groupby(found, self._is_left_alone):
            some = list(group)
            yield from (some,) if is_left_alone else self._asked_for(some)

    def _asked_for(self, found: Sequence[Found]) -> Iterator[list[Found]]:
        """Messages to be asked for at once: few and small ones, and each alone that was trouble."""
        batch: list[Found] = []
        size = 0
        for each in found:
            alone = self._tried(each) or self._is_too_large(each)
            if batch and (alone or len(batch) == _BATCH_MAX or size + each.size > _BATCH_BYTES):
                yield batch
                batch, size = [], 0
            batch.append(each)
            size += each.size
            if alone:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch

    def _take(self, batch: Sequence[Found]) -> int:
        """Store some messages; how many."""
        first = batch[0]
        if self._is_left_alone(first):
            self._pass(batch[-1].uid)
            return 0
        if self._is_too_large(first):
            self._refuse(first, f"has {first.size:,} bytes, too many to be stored")
            return 1
        if self._tried(first) >= TRIES_MAX:
            self._refuse(first, f"could not be fetched in {TRIES_MAX} tries")
            return 1
        return self._store(batch)

    def _store(self, batch: Sequence[Found]) -> int:
        contents: dict[int, bytes] = {}
        try:
            for uid, content in self._imap.messages(batch, LETTER_BYTES_MAX + _SLACK):
                contents[uid] = content
        except BaseException:
            # Those before the one that broke the session are as good as any.
            for each in batch:
                if each.uid not in contents:
                    self._note_try(each)
                    break
            raise
        taken = []
        for each in batch:
            if each.uid in contents:
                self._keep(each, contents.pop(each.uid))
                taken.append(each.uid)
            elif self._imap.has(each.uid):
                # Listed, and not given: the next session asks for it alone.
                self._note_try(each)
                break
            else:
                self._pass(each.uid)
        if self._server.delete and taken:
            self._imap.delete(taken)
        return len(taken)

    def _keep(self, message: Found, content: bytes) -> Mail:
        place = MailPlace(self._validity, message.uid)
        try:
            mail = self._room.take(content, mailbox=self._mailbox, source="imap", place=place)
        except HelpdeskError:
            raise  # the disk is full, for one: it is not the message's fault
        except Exception:
            self._note_try(message)
            raise
        self._done(message)
        return mail

    def _refuse(self, message: Found, reason: str) -> None:
        """Keep what can be had of a message, its headers, and say why that is all."""
        tried = self._tried(message)
        if tried > 2 * TRIES_MAX:
            log.error("message %d of mailbox %s cannot be stored", message.uid, self._mailbox)
            self._pass(message.uid)
            return
        self._note_try(message)
        # Even that may be what breaks the session.
        few = tried <= TRIES_MAX
        beginning = self._imap.beginning(message.uid, _HEADER_BYTES) if few else b""
        with self._desk.transaction(brief=True):
            mail = self._keep(message, beginning)
            self._room.settle(mail.id, Unreadable("headers_only", reason))
        log.warning("a message of mailbox %s %s: %s", self._mailbox, reason, mail.id)

    def _pass(self, uid: int) -> None:
        """Go on behind a message that is left alone, or was gone before it could be fetched."""
        self._desk.mail_accounts.note_passed(self._mailbox, self._validity, uid)
        self._last = uid

    def _done(self, message: Found) -> None:
        self._last = message.uid
        self._tries.pop((self._validity, message.uid), None)

    def _delete_stored(self) -> None:
        """Delete what was stored, and could not be deleted any more before a session ended."""
        there = self._imap.up_to(self._last)
        stored = self._room.uids(self._mailbox, self._validity) if there else {}
        # What could not be fetched as a whole is only there.
        left = [uid for uid in there if stored.get(uid, "failed") != "failed"]
        for begin in range(0, len(left), _BATCH_MAX):
            self._imap.delete(left[begin : begin + _BATCH_MAX])

    def _is_left_alone(self, message: Found) -> bool:
        since = self._server.since
        arrived = arrived_at(message.arrived)
        return since is not None and arrived is not None and arrived < since

    def _is_too_large(self, message: Found) -> bool:
        return message.size > LETTER_BYTES_MAX

    def _tried(self, message: Found) -> int:
        return self._tries.get((self._validity, message.uid), 0)

    def _note_try(self, message: Found) -> None:
        key = (self._validity, message.uid)
        self._tries[key] = self._tries.get(key, 0) + 1


def arrived_at(text: bytes) -> datetime | None:
    """The instant that IMAP writes as a date with the English name of a month; None if it is none.

    >>> arrived_at(b" 3-Feb-2026 10:22:10 +0100").isoformat()
    '2026-02-03T10:22:10+01:00'
    """
    found = _ARRIVED.match(text.decode("latin-1"))
    if not found or found[2].lower() not in _MONTHS:
        return None
    day, year, hour, minute, second = (int(found[place]) for place in (1, 3, 4, 5, 6))
    offset = timedelta(hours=int(found[8]), minutes=int(found[9]))
    zone = timezone(-offset if found[7] == "-" else offset) if offset < timedelta(1) else UTC
    try:
        month = _MONTHS.index(found[2].lower()) + 1
        return datetime(year, month, day, hour, minute, second, tzinfo=zone)
    except ValueError:
        return None
