"""Mailboxes: the addresses that a team is written to, and the servers that have their mail."""

from cstar_core.mailboxes.accounts import (
    FetchHealth,
    MailAccount,
    MailAccounts,
    account_at,
    fetch_health,
    find_account,
    mailbox_key,
    move_cursor,
    sending_mailbox,
    shorter,
)
from cstar_core.mailboxes.changing import usable_defaults
from cstar_core.mailboxes.mailbox import (
    MAIL_SIGNATURE_MAX,
    MAILBOX_NAME_MAX,
    MAILBOXES_MAX,
    Mailbox,
    TicketDefaults,
    check_language,
)
from cstar_core.mailboxes.oauth import (
    OAUTH_GRANTS,
    OAUTH_PROVIDERS,
    OAUTH_SECRET_MAX,
    MailOAuth,
)
from cstar_core.mailboxes.room import Mailboxes
from cstar_core.mailboxes.servers import DkimKey, ImapServer, SmtpServer

__all__ = [
    "MAILBOXES_MAX",
    "MAILBOX_NAME_MAX",
    "MAIL_SIGNATURE_MAX",
    "OAUTH_GRANTS",
    "OAUTH_PROVIDERS",
    "OAUTH_SECRET_MAX",
    "DkimKey",
    "FetchHealth",
    "ImapServer",
    "MailAccount",
    "MailAccounts",
    "MailOAuth",
    "Mailbox",
    "Mailboxes",
    "SmtpServer",
    "TicketDefaults",
    "account_at",
    "check_language",
    "fetch_health",
    "find_account",
    "mailbox_key",
    "move_cursor",
    "sending_mailbox",
    "shorter",
    "usable_defaults",
]
