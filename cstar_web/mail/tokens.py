"""The access tokens of mailboxes: kept until shortly before they expire, and then renewed.

A refresh token may be good for one use, so one thread of one program asks at a time, and what was
given in place of it is stored before the token is used.
"""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic, sleep

from cstar_core import (
    Helpdesk,
    HelpdeskError,
    ImapServer,
    MailAccount,
    MailParcel,
    NotFound,
    SmtpServer,
)
from cstar_web.mail.granting import Granted, NotNow, NoToken, fetch_token
from cstar_web.mail.sasl import Another

# A token is renewed so long before it expires, but no short-lived one in its first half.
EARLY_SECONDS = 120.0
# For so long a failure stands, and a token is not renewed because a server does not take it.
PAUSE_SECONDS = 60.0
_TURN_SECONDS = 30.0
_LOOK_SECONDS = 0.1
_GONE = "the mailbox is gone"

log = logging.getLogger("cstar.mail")

FetchToken = Callable[[MailAccount], Granted]


@dataclass(frozen=True, slots=True)
class _Kept:
    """A token, or why there is none; ``basis`` is what it was asked for with."""

    basis: tuple[object, ...] = field(repr=False)
    since: float
    until: float
    token: str = field(default="", repr=False)
    failure: str | None = None


class Tokens:
    """The access tokens of a desk's mailboxes, for all threads of a process."""

    def __init__(
        self,
        desk: Helpdesk,
        fetch: FetchToken = fetch_token,
        clock: Callable[[], float] = monotonic,
        patience: float = _TURN_SECONDS,
    ) -> None:
        self._desk = desk
        self._fetch = fetch
        self._clock = clock
        self._patience = patience
        self._kept: dict[str, _Kept] = {}
        self._unsaved: dict[str, tuple[MailAccount, str]] = {}
        self._turns: dict[str, threading.Lock] = {}
        self._making = threading.Lock()

    def get(self, mailbox_id: str) -> str:
        """A token that is good for the next minutes; raises NoToken."""
        with self._turn(mailbox_id):
            return self._get(mailbox_id)

    def another(self, mailbox_id: str, refused: str) -> str | None:
        """A token in place of one that a server refuses; None if that was given just now.

        Raises NoToken.
        """
        with self._turn(mailbox_id):
            kept = self._kept.get(mailbox_id)
            if kept is not None and kept.token == refused:
                if self._clock() - kept.since < PAUSE_SECONDS:
                    return None
                del self._kept[mailbox_id]
            return self._get(mailbox_id)

    def _turn(self, mailbox_id: str) -> threading.Lock:
        with self._making:
            return self._turns.setdefault(mailbox_id, threading.Lock())

    def _get(self, mailbox_id: str) -> str:
        try:
            self._save(mailbox_id)
            account = self._desk.mail_accounts.get(mailbox_id)
            kept = self._kept.get(mailbox_id)
            if kept is None or kept.basis != _basis(account) or self._clock() >= kept.until:
                kept = self._renewed(account)
        except NotFound as error:
            raise NoToken(_GONE) from error
        except HelpdeskError as error:
            raise NoToken(f"no token can be asked for: {error}") from error
        if kept.failure is not None:
            raise NoToken(kept.failure)
        return kept.token

    def _renewed(self, seen: MailAccount) -> _Kept:
        if seen.mailbox.oauth is None:
            raise NoToken("the mailbox has no provider of tokens")
        account = self._begun(seen.mailbox.id)
        try:
            found = self._fetch(account)
        except NoToken as error:
            if isinstance(error, NotNow):
                self._desk.mail_accounts.drop_renewal(account)
            else:
                self._desk.mail_accounts.end_renewal(account, failure=str(error))
            return self._keep(account, PAUSE_SECONDS, failure=str(error))
        except BaseException:
            # Such as Ctrl-C: the next one need not wait until our turn is over.
            with suppress(HelpdeskError):
                self._desk.mail_accounts.drop_renewal(account)
            raise
        self._store(account, found.refresh_token)
        life = max(found.seconds - EARLY_SECONDS, found.seconds / 2)
        is_saved = found.refresh_token is not None and account.mailbox.id not in self._unsaved
        after = replace(account, refresh_token=found.refresh_token) if is_saved else account
        return self._keep(after, life, token=found.access_token)

    def _begun(self, mailbox_id: str) -> MailAccount:
        """The account as it is once it is our turn to ask; raises NoToken if that takes long."""
        until = monotonic() + self._patience
        while (account := self._desk.mail_accounts.begin_renewal(mailbox_id)) is None:
            if monotonic() > until:
                raise NoToken("another program asks for a token at the moment")
            sleep(_LOOK_SECONDS)
        return account

    def _store(self, account: MailAccount, refresh_token: str | None) -> None:
        """Store what takes the place of the refresh token; if it cannot be now, then later."""
        if refresh_token is not None:
            self._unsaved[account.mailbox.id] = account, refresh_token
            self._save(account.mailbox.id)
        else:
            self._desk.mail_accounts.end_renewal(account)

    def _save(self, mailbox_id: str) -> None:
        if mailbox_id not in self._unsaved:
            return
        account, refresh_token = self._unsaved[mailbox_id]
        try:
            self._desk.mail_accounts.end_renewal(account, refresh_token=refresh_token)
        except HelpdeskError as error:
            log.error("the new refresh token of %s is not stored yet: %s", mailbox_id, error)
        else:
            del self._unsaved[mailbox_id]
            if kept := self._kept.get(mailbox_id):
                basis = _basis(replace(account, refresh_token=refresh_token))
                self._kept[mailbox_id] = replace(kept, basis=basis)

    def _keep(
        self, account: MailAccount, seconds: float, *, token: str = "", failure: str | None = None
    ) -> _Kept:
        now = self._clock()
        made = _Kept(_basis(account), now, now + seconds, token, failure)
        self._kept[account.mailbox.id] = made
        return made


def _basis(account: MailAccount) -> tuple[object, ...]:
    return account.mailbox.oauth, account.client_secret, account.refresh_token


def secret_of(
    account: MailAccount, server: ImapServer | SmtpServer, tokens: Tokens | None
) -> tuple[str | None, Another | None]:
    """What to sign in at a server of a mailbox with, and what gives another one if it is refused.

    That is a password, None if there is none, or a token. Raises NoToken.
    """
    if server.auth == "oauth":
        return _token(account.mailbox.id, tokens)
    is_incoming = isinstance(server, ImapServer)
    return account.incoming_password if is_incoming else account.outgoing_password, None


def secret_to_send(parcel: MailParcel, tokens: Tokens | None) -> tuple[str | None, Another | None]:
    """As ``secret_of``, for a mail that is to be handed over."""
    if parcel.server.auth == "oauth":
        return _token(parcel.mailbox_id, tokens)
    return parcel.password, None


def _token(mailbox_id: str, tokens: Tokens | None) -> tuple[str, Another]:
    if tokens is None:
        raise NoToken("nobody here asks for tokens")
    return tokens.get(mailbox_id), partial(tokens.another, mailbox_id)
