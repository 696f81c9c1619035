"""Finding the mailbox that somebody named on the command line."""

from cstar_core import Helpdesk, MailAccount
from cstar_web.cli.base import Usage


def named(desk: Helpdesk, text: str) -> MailAccount:
    """The mailbox with an address or id; raises Usage."""
    wanted = text.casefold()
    for each in desk.mail_accounts.list():
        if wanted in (each.mailbox.id, each.mailbox.address.casefold()):
            return each
    raise Usage(f"there is no mailbox {text}; see cstar mailbox list")
