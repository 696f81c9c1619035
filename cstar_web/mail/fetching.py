"""The thread that fetches the mail of one mailbox: connects, reads, waits for news, begins again.

Whatever goes wrong ends a session, is noted with the mailbox, and is tried again after a while that
grows. A server that tells of news by itself is listened to; others are asked every minute.
"""

import logging
import select
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic

from cstar_core import Helpdesk, HelpdeskError, ImapServer, MailAccount, NotFound
from cstar_web.mail.folder import Reader, Tries
from cstar_web.mail.granting import NoToken
from cstar_web.mail.imap import Imap, Refusal
from cstar_web.mail.tokens import Tokens, secret_of
from cstar_web.mail.trying import NO_PASSWORD, TROUBLES, connected, explain

STOP_SECONDS = 2.0
# A session that says again and again that there is news has so many turns, and no more.
_TURN_SECONDS = 0.5
_NOTED_SECONDS = 30.0

log = logging.getLogger("cstar.mail")


@dataclass(frozen=True, slots=True)
class FetchPace:
    """How many seconds lie between looks at a server, and between tries if something is wrong.

    ``ask`` is for a server that tells of nothing by itself, ``wait`` for one that does: it may have
    forgotten us. ``first`` is after a failure, twice as much after each further one up to ``most``,
    and at least ``refused`` where signing in failed, since some servers shut out who tries often.
    ``connect`` and ``answer`` are how long a server may take for these.
    """

    ask: float = 60.0
    wait: float = 300.0
    first: float = 2.0
    most: float = 600.0
    refused: float = 60.0
    connect: float = 20.0
    answer: float = 60.0


class Fetcher:
    """Fetches the mail of a mailbox until it is stopped; ``arrived`` is called when some was.

    ``context`` says which certificates are believed: those that the system believes, if not given.
    ``tokens`` are those of all mailboxes in this process.
    """

    def __init__(
        self,
        desk: Helpdesk,
        mailbox_id: str,
        arrived: Callable[[], None],
        pace: FetchPace | None = None,
        context: ssl.SSLContext | None = None,
        tokens: Tokens | None = None,
    ) -> None:
        self._desk = desk
        self._id = mailbox_id
        self._tokens = tokens or Tokens(desk)
        self._arrived = arrived
        self._pace = pace or FetchPace()
        self._context = context
        self._tries: Tries = {}
        self._failures = 0
        self._noted_at = float("-inf")
        self._stopping = threading.Event()
        self._hear, self._say = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="mailbox", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Let it end after the message that it is at."""
        self._stopping.set()
        with suppress(OSError):
            self._say.send(b"x")

    def join(self, seconds: float = STOP_SECONDS) -> None:
        """Wait so long for its end; one that waits for a server then ends with the program."""
        self._thread.join(seconds)

    @property
    def is_alive(self) -> bool:
        """Whether it goes on."""
        return self._thread.is_alive()

    def _run(self) -> None:
        with self._hear, self._say:
            while not self._stopping.is_set():
                self._stopping.wait(self._session())

    def _session(self) -> float:
        """Connect and read until something goes wrong; how long to wait after that."""
        host = ""
        try:
            account = self._desk.mail_accounts.get(self._id)
            server = account.mailbox.incoming
            if server is None:
                return self._failed("it is not said where its mail is")
            secret, another = secret_of(account, server, self._tokens)
            if secret is None:
                return self._failed(NO_PASSWORD)
            host = server.host
            with connected(server, self._context, self._pace.connect) as wire:
                imap = Imap(wire, self._pace.answer)
                imap.begin(server, secret, self._context, another)
                self._read(account, server, imap)
        except NotFound:
            self._stopping.set()  # the mailbox is gone
        except (Refusal, NoToken) as error:
            return max(self._failed(str(error)), self._pace.refused)
        except TROUBLES as error:
            return self._failed(explain(error, host))
        except HelpdeskError as error:
            return self._failed(f"what was fetched could not be stored: {error}")
        except Exception:
            log.exception("fetching the mail of %s stopped, and goes on", self._id)
            return self._failed("a fault of cStar itself; its log has more")
        return 0.0

    def _read(self, account: MailAccount, server: ImapServer, imap: Imap) -> None:
        """Read what is there and what comes, until it is stopped."""
        is_stopping = self._stopping.is_set
        reader = Reader(self._desk, account, server, imap, self._tries, is_stopping)
        reader.open()
        while not is_stopping():
            for taken in reader.new():
                if taken:
                    self._arrived()
                self._worked()
            self._worked()
            if is_stopping():
                break
            if imap.can_wait:
                imap.wait(self._pace.wait, self._hear.fileno())
                self._stopping.wait(_TURN_SECONDS)
            else:
                select.select([self._hear], [], [], self._pace.ask)
                imap.nothing()
        imap.end()

    def _worked(self) -> None:
        """Note that fetching works, now and then."""
        now = monotonic()
        if self._failures or now - self._noted_at > _NOTED_SECONDS:
            if self._failures:
                log.info("the mail of %s is fetched again", self._id)
            self._desk.mail_accounts.note_fetched(self._id)
            self._failures, self._noted_at = 0, now

    def _failed(self, reason: str) -> float:
        """Note why fetching does not work; how long to wait."""
        # What one has asked to stop fails in ways that tell nothing.
        if self._stopping.is_set():
            return 0.0
        if self._failures == 0:
            log.warning("the mail of %s cannot be fetched: %s", self._id, reason)
        self._failures += 1
        with suppress(HelpdeskError):
            self._desk.mail_accounts.note_failed(self._id, reason)
        doubled: float = self._pace.first * 2.0 ** min(self._failures - 1, 20)
        return min(doubled, self._pace.most)
