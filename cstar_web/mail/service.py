"""What sees to mail while the server runs: it fetches, settles what came in, and the like.

Every process has one thread that looks, and a lock beside the database lets one of them work at a
time; when its process ends, however that happens, another takes over. As long as there is nothing
to do for mail, that thread is all there is.
"""

import logging
import ssl
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from time import monotonic
from typing import Self

from cstar_core import Busy, Helpdesk, MailAccount
from cstar_web.mail.fetching import STOP_SECONDS, Fetcher, FetchPace
from cstar_web.mail.settling import Read, Settler
from cstar_web.mail.tokens import Tokens

LOOK_SECONDS = 1.0
_ACCOUNTS_SECONDS = 15.0

log = logging.getLogger("cstar.mail")

Reading = Callable[[], AbstractContextManager[Read]]
# What else works in the process that sees to mail. It is given what to call when some was taken in.
Beside = Callable[[Callable[[], None]], AbstractContextManager[object]]


class MailService:
    """Sees to the mail of a desk until it is stopped.

    ``reading`` gives what makes letters of mails. ``beside`` works meanwhile; ``always`` says that
    it does so without a mailbox too. ``tokens`` are those of all mailboxes.
    """

    def __init__(
        self,
        desk: Helpdesk,
        reading: Reading,
        beside: Sequence[Beside] = (),
        *,
        always: bool = False,
        pace: FetchPace | None = None,
        context: ssl.SSLContext | None = None,
        tokens: Tokens | None = None,
    ) -> None:
        self._desk = desk
        self._tokens = tokens or Tokens(desk)
        self._reading = reading
        self._beside = beside
        self._always = always
        self._pace = pace
        self._context = context
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mail-service", daemon=True)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """End all of it, with what is being stored or settled done."""
        self._stopping.set()
        self._thread.join(4 * STOP_SECONDS)

    def _run(self) -> None:
        told = ""
        while not self._stopping.is_set():
            try:
                if self._has_work():
                    with self._desk.mail_accounts.alone() as changes:
                        self._work(changes)
            except Busy:
                pass  # another process does it
            except Exception as error:
                if str(error) != told:
                    log.exception("seeing to mail stopped, and goes on")
                told = str(error)
            self._stopping.wait(LOOK_SECONDS)

    def _has_work(self) -> bool:
        return self._always or self._desk.mail_accounts.is_any() or bool(self._desk.waiting_mail(1))

    def _work(self, changes: Callable[[], int]) -> None:
        """Until it is stopped: fetch from every mailbox that there is, and settle what came."""
        with ExitStack() as stack:
            settler = Settler(self._desk, stack.enter_context(self._reading()))
            settler.start()
            stack.callback(settler.stop)
            for each in self._beside:
                stack.enter_context(each(settler.look))
            fetcher = partial(
                Fetcher,
                self._desk,
                arrived=settler.look,
                pace=self._pace,
                context=self._context,
                tokens=self._tokens,
            )
            fetchers = _Fetchers(fetcher)
            stack.callback(fetchers.stop)
            seen, look_at = -1, 0.0
            while not self._stopping.is_set():
                number, now = changes(), monotonic()
                if number != seen or now >= look_at or fetchers.is_changing:
                    seen, look_at = number, now + _ACCOUNTS_SECONDS
                    fetchers.follow(self._desk.mail_accounts.list())
                self._stopping.wait(LOOK_SECONDS)


class _Fetchers:
    """One fetcher for each mailbox that has mail on a server."""

    def __init__(self, make: Callable[[str], Fetcher]) -> None:
        self._make = make
        self._running: dict[str, tuple[object, Fetcher]] = {}
        self._ending: list[tuple[str, Fetcher]] = []

    @property
    def is_changing(self) -> bool:
        """Whether some are still to end, and others to begin in their place."""
        return bool(self._ending)

    def follow(self, accounts: Sequence[MailAccount]) -> None:
        """Let there be a fetcher for each mailbox, as it is now; never two for one."""
        wanted = {
            each.mailbox.id: _how(each)
            for each in accounts
            if each.mailbox.is_active and each.mailbox.incoming is not None
        }
        for id, (how, fetcher) in list(self._running.items()):
            if wanted.get(id) != how or not fetcher.is_alive:
                fetcher.ask_to_stop()
                self._ending.append((id, fetcher))
                del self._running[id]
        self._ending = [each for each in self._ending if each[1].is_alive]
        busy = {id for id, _ in self._ending}
        for id, how in wanted.items():
            if id not in self._running and id not in busy:
                fetcher = self._make(id)
                self._running[id] = (how, fetcher)
                fetcher.start()

    def stop(self) -> None:
        """End them all; one that waits for a server that hangs ends with the program."""
        fetchers = [fetcher for _, fetcher in self._running.values()]
        fetchers += [fetcher for _, fetcher in self._ending]
        for each in fetchers:
            each.ask_to_stop()
        until = monotonic() + STOP_SECONDS
        for each in fetchers:
            each.join(max(0.0, until - monotonic()))


def _how(account: MailAccount) -> object:
    """What of a mailbox makes its fetcher begin anew, such as after it was authorized."""
    box, server = account.mailbox, account.mailbox.incoming
    by_token = server is not None and server.auth == "oauth"
    return server, account.incoming_password, box.version if by_token else None
