"""Taking mail from mail servers, by LMTP or SMTP: for mailboxes that there are, and within bounds.

A mail is only said to be taken once it is stored. Whatever keeps it from being stored now is said
to pass, so that the other side tries again.
"""

import asyncio
import logging
import socket
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Session
from aiosmtpd.smtp import Envelope as Received

from cstar_core import LETTER_BYTES_MAX, Envelope, Helpdesk, HelpdeskError, Invalid, MailAccount

STOP_SECONDS = 2.0
_THREADS = 4
# Whole lines are held in memory. Servers break lines of more than 1,000 bytes; programs do not.
_LINE_MAX = 4_000_000
_COMMANDS_MAX = 2_000
_MINUTE = 60.0
# One answer for one recipient, so that both sides agree on who got a mail.
_RECIPIENTS = {"lmtp": 1, "smtp": 100}

log = logging.getLogger("cstar.mail")


@dataclass(frozen=True, slots=True)
class ListenBounds:
    """How much others may ask for: connections at once, of one address too, and mails a minute.

    ``seconds`` is how long a command, or the whole of a mail, may take.
    """

    connections: int = 20
    per_address: int = 10
    mails_a_minute: int = 1_200
    seconds: float = 300.0


class _Door:
    """Who may come in, and what they may leave."""

    def __init__(
        self,
        desk: Helpdesk,
        arrived: Callable[[], None],
        bounds: ListenBounds,
        recipients_max: int,
    ) -> None:
        self._desk = desk
        self._arrived = arrived
        self._bounds = bounds
        self._recipients_max = recipients_max
        self._threads = ThreadPoolExecutor(_THREADS, "mail-taker")
        self._inside: Counter[str] = Counter()
        self._taken: dict[str, deque[float]] = {}

    def close(self) -> None:
        """Take nothing more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def enter(self, address: str) -> bool:
        """Whether one more connection of an address may be."""
        whole = self._inside.total() >= self._bounds.connections
        if whole or self._inside[address] >= self._bounds.per_address:
            return False
        self._inside[address] += 1
        return True

    def leave(self, address: str) -> None:
        """A connection has ended."""
        self._inside[address] -= 1
        if self._inside[address] <= 0:
            del self._inside[address]

    async def handle_RCPT(
        self,
        server: SMTP,
        session: Session,
        envelope: Received,
        address: str,
        options: list[str],
    ) -> str:
        """Whether there is a mailbox with an address."""
        if len(envelope.rcpt_tos) >= self._recipients_max:
            return "452 4.5.3 too many recipients; send it to the others alone"
        try:
            found = await self._apart(self._desk.mail_accounts.find, address)
        except HelpdeskError as error:
            return f"451 4.3.0 {_line(error)}"
        if found is None:
            return "550 5.1.1 there is no mailbox with this address"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 this is a mailbox"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Received) -> str:
        """Store a mail, and say so."""
        if self._is_too_often(_address(session)):
            return "451 4.7.1 too many mails in a minute; try again later"
        try:
            id = await self._apart(self._take, envelope)
        except Invalid as error:
            return f"554 5.6.0 {_line(error)}"
        except HelpdeskError as error:
            return f"451 4.3.0 {_line(error)}"
        return f"250 2.0.0 stored as {id}"

    async def handle_exception(self, error: Exception) -> str:
        """What nobody foresaw may pass."""
        log.error("a mail could not be taken", exc_info=error)
        return "451 4.3.0 a fault of cStar itself; its log has more"

    def _take(self, envelope: Received) -> str:
        """Store a mail for each mailbox that it is for; the id of the last."""
        sender = (envelope.mail_from or "").strip("<>")
        content = envelope.content or b""
        content = content if isinstance(content, bytes) else content.encode()
        id = ""
        for account, addresses in self._recipients(envelope.rcpt_tos):
            room = self._desk.workspace(account.team_id, account.environment).mail
            given = Envelope.heard(sender, addresses)
            box = account.mailbox.id
            id = room.take(content, source="lmtp", mailbox=box, envelope=given).id
        self._arrived()
        return id

    def _recipients(self, addresses: list[str]) -> list[tuple[MailAccount, list[str]]]:
        found: dict[str, tuple[MailAccount, list[str]]] = {}
        for each in addresses:
            account = self._desk.mail_accounts.find(each)
            if account is None:
                raise HelpdeskError("a mailbox was removed meanwhile")
            found.setdefault(account.mailbox.id, (account, []))[1].append(each)
        return list(found.values())

    async def _apart(self, act: Callable[..., Any], *args: Any) -> Any:
        """Do what may wait for the disk in a thread, so that others are answered meanwhile."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(act, *args))

    def _is_too_often(self, address: str) -> bool:
        now = monotonic()
        for each, times in list(self._taken.items()):
            while times and times[0] < now - _MINUTE:
                times.popleft()
            if not times:
                del self._taken[each]
        times = self._taken.setdefault(address, deque())
        if len(times) >= self._bounds.mails_a_minute:
            return True
        times.append(now)
        return False


class _Guarded(SMTP):
    """A session that is only begun if there is room for it."""

    line_length_limit = _LINE_MAX
    event_handler: _Door
    _address: str | None = None

    def connection_made(self, transport: Any) -> None:
        """Let it in, or say that it shall come later."""
        name = transport.get_extra_info("peername")
        address = str(name[0]) if name else ""
        if not self.event_handler.enter(address):
            transport.write(b"421 4.3.2 too many connections; try again later\r\n")
            transport.close()
            return
        self._address = address
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Make room."""
        if self._address is not None:
            self.event_handler.leave(self._address)
            self._address = None
            super().connection_lost(error)

    def eof_received(self) -> bool | None:
        """The other side says nothing more."""
        return None if self._address is None else super().eof_received()


class _Smtp(_Guarded):
    """SMTP."""


class _Lmtp(LMTP, _Guarded):
    """LMTP."""


def _address(session: Session) -> str:
    peer: Any = session.peer  # a place, whatever aiosmtpd says that it is
    return str(peer[0]) if peer else ""


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200].encode("ascii", "replace").decode()


@contextmanager
def listening(
    desk: Helpdesk,
    protocol: str,
    sock: socket.socket,
    arrived: Callable[[], None],
    bounds: ListenBounds | None = None,
) -> Iterator[None]:
    """Take mail on a listening socket for the time of the block; ``protocol`` is lmtp or smtp."""
    # It tells of every command, and with it of whom mail is from and to.
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    limits = bounds or ListenBounds()
    door = _Door(desk, arrived, limits, _RECIPIENTS[protocol])
    loop = asyncio.new_event_loop()
    kind = _Lmtp if protocol == "lmtp" else _Smtp
    make = partial(
        kind,
        door,
        data_size_limit=LETTER_BYTES_MAX,
        enable_SMTPUTF8=True,
        hostname=socket.gethostname(),
        ident="cStar",
        timeout=limits.seconds,
        command_call_limit=_COMMANDS_MAX,
        loop=loop,
    )
    # A socket of its own, so that closing it leaves the one that others may take over.
    server = loop.run_until_complete(loop.create_server(make, sock=sock.dup()))
    thread = threading.Thread(target=loop.run_forever, name="mail-listener", daemon=True)
    thread.start()
    try:
        yield
    finally:
        asyncio.run_coroutine_threadsafe(_end(server), loop)
        thread.join(STOP_SECONDS)
        door.close()
        if not loop.is_running():
            loop.close()


async def _end(server: asyncio.Server) -> None:
    """Close what listens and every session."""
    server.close()
    here = asyncio.current_task()
    for task in asyncio.all_tasks():
        if task is not here:
            task.cancel()
    with suppress(Exception):
        await asyncio.sleep(0.05)
    asyncio.get_running_loop().stop()
