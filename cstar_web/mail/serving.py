"""What `cstar serve` does for mail, as the settings say."""

import importlib
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any

from cstar_core import Helpdesk
from cstar_web.mail.service import Beside, MailService
from cstar_web.mail.settling import Read
from cstar_web.mail.tokens import Tokens
from cstar_web.server import listen
from cstar_web.settings import Settings, SettingsError

_MISSING = "CSTAR_MAIL_LISTEN needs the package aiosmtpd; pip install 'aiosmtpd>=1.4.6'"


def seeing_to_mail(
    desk: Helpdesk, settings: Settings, sock: socket.socket | None
) -> AbstractContextManager[object]:
    """See to mail for the time of a block; ``sock`` is what mail servers connect to, if any."""
    tokens = Tokens(desk)
    beside: list[Beside] = [partial(_sending, desk, tokens)]
    if settings.mail_place is not None and sock is not None:
        beside.append(partial(_listener().listening, desk, settings.mail_place[0], sock))
    reads = partial(reading, settings.mail_relays)
    return MailService(desk, reads, beside, always=sock is not None, tokens=tokens)


@contextmanager
def _sending(desk: Helpdesk, tokens: Tokens, _arrived: Callable[[], None]) -> Iterator[None]:
    """Send the mail that is due, for the time of the block."""
    # Imported only where there is a mailbox: a server without one starts the sooner.
    posting, sending, signing = (
        importlib.import_module(f"cstar_web.mail.{name}")
        for name in ("posting", "sending", "signing")
    )
    with posting.posting(desk, partial(sending.send_mail, tokens=tokens), signing.sign_mail):
        yield


@contextmanager
def mail_socket(settings: Settings) -> Iterator[socket.socket | None]:
    """The socket that mail servers connect to, if they do; raises ListenError."""
    if settings.mail_place is None:
        yield None
        return
    _listener()  # what is missing is told before anything is begun
    _, host, port = settings.mail_place
    option = "--mail-listen"
    with listen(host, port, host_option=option, port_option=option) as sock:
        yield sock


@contextmanager
def reading(relays: Sequence[str] = ()) -> Iterator[Read]:
    """What makes letters of mails, in a process of its own, for the time of the block.

    ``relays`` are the names under which servers tell what they found, which is believed.
    """
    # Takes as long to import as much of the server, which may have no mailbox.
    worker = importlib.import_module("cstar_web.mail.worker")
    with worker.LetterReader(relays) as reader:
        yield reader.read


def _listener() -> Any:
    """The module that takes mail from servers; it needs an extra, and is slow to import."""
    try:
        return importlib.import_module("cstar_web.mail.listening")
    except ImportError as error:
        if (error.name or "").partition(".")[0] == "aiosmtpd":
            raise SettingsError(_MISSING) from error
        raise
