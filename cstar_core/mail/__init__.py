"""Mail that comes in: a ledger of it, and how it becomes tickets and messages."""

from cstar_core.mail.backlog import MailBacklog, how_many_lost, read_mail_backlog
from cstar_core.mail.blocks import MAIL_BLOCK_MAX, MAIL_BLOCK_NOTE_MAX, MailBlock, MailBlocks
from cstar_core.mail.filing import SPAM_BLOCKS, SpamFiling
from cstar_core.mail.mail import (
    MAIL_REASONS,
    MAIL_THREADINGS,
    Envelope,
    Mail,
    MailPlace,
)
from cstar_core.mail.room import ATTEMPTS_MAX, Mails
from cstar_core.mail.whole import WaitingMail, waiting_mail

__all__ = [
    "ATTEMPTS_MAX",
    "MAIL_BLOCK_MAX",
    "MAIL_BLOCK_NOTE_MAX",
    "MAIL_REASONS",
    "MAIL_THREADINGS",
    "SPAM_BLOCKS",
    "Envelope",
    "Mail",
    "MailBacklog",
    "MailBlock",
    "MailBlocks",
    "MailPlace",
    "Mails",
    "SpamFiling",
    "WaitingMail",
    "how_many_lost",
    "read_mail_backlog",
    "waiting_mail",
]
