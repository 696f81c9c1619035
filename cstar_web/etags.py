"""Entity tags of single objects, and the conditions a client may put on them (RFC 9110)."""

import re
from zlib import crc32

from cstar_core import (
    Attachment,
    Customer,
    CustomField,
    Mailbox,
    MailTemplate,
    Member,
    Ticket,
    Webhook,
)

_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')


def ticket_tag(ticket: Ticket) -> str:
    """A ticket's tag; with the customer in it, the customer's counts too."""
    if ticket.customer is None:
        return f'"v{ticket.version}"'
    return f'"v{ticket.version}-{ticket.customer.version}.{ticket.customer.ticket_count}"'


def customer_tag(customer: Customer) -> str:
    """A customer's tag; the number of tickets is shown, so it counts."""
    return f'"v{customer.version}.{customer.ticket_count}"'


def mailbox_tag(mailbox: Mailbox) -> str:
    """A mailbox's tag; how fetching and sending go is shown, and changes without its version."""
    shown = (mailbox.fetched_at, mailbox.failing_since, mailbox.failure, mailbox.is_authorized)
    return f'"v{mailbox.version}-{crc32(repr(shown).encode()):x}"'


def version_tag(versioned: Member | CustomField | Webhook | Mailbox) -> str:
    """The tag of what changes only with its version; of a mailbox, that which a change is for."""
    return f'"v{versioned.version}"'


def template_tag(template: MailTemplate) -> str:
    """A template's tag: one that was taken back and written anew counts from 1 again."""
    return f'"v{template.version}.{crc32(template.content.encode()):x}"'


def attachment_tag(attachment: Attachment) -> str:
    """The tag of what is known of a file, which changes once: when a message takes it."""
    return '"v1"' if attachment.message_id is None else '"v2"'


def allows_change(if_match: str, tag: str) -> bool:
    """Whether `If-Match` lets a change go ahead: strong comparison, `*` is any tag.

    What follows a dash stands for what is shown along, such as the customer of a ticket, which the
    change leaves alone.

    >>> allows_change('"v3"', '"v3"'), allows_change('W/"v3"', '"v3"'), allows_change("*", '"v3"')
    (True, False, True)
    >>> allows_change('"v3-1.7"', '"v3"')
    True
    """
    if if_match.strip() == "*":
        return True
    tags = _TAG.findall(if_match)
    return any(not weak and f'"{text.partition("-")[0]}"' == tag for weak, text in tags)


def is_unchanged(if_none_match: str, tag: str) -> bool:
    """Whether `If-None-Match` says the client has this already: weak comparison.

    >>> is_unchanged('W/"v2", "v3"', '"v3"'), is_unchanged('"v2"', '"v3"')
    (True, False)
    """
    if if_none_match.strip() == "*":
        return True
    return any(f'"{text}"' == tag for _, text in _TAG.findall(if_none_match))
