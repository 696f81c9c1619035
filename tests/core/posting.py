"""Mails as tests send them to a desk, and a workspace that has mailboxes."""

from itertools import count
from typing import Any

from cstar_core import Mail, Mailbox, Message, Ticket, Workspace
from cstar_core.mail import Envelope

ADDRESS = "help@acme.example"
_NUMBERS = count(1)


def mail(
    sender: str | None = "Jane Smith <jane@example.com>",
    *,
    subject: str | None = "Late",
    text: str = "Where is it?",
    to: str = ADDRESS,
    id: str | None = None,
    **headers: str | None,
) -> bytes:
    """The bytes of a mail; of more headers the names are written with _ for -."""
    given: dict[str, str | None] = {
        "From": sender,
        "To": to,
        "Subject": subject,
        "Date": "Wed, 10 Dec 2025 14:30:00 +0000",
        "Message-ID": f"<{id or f'{next(_NUMBERS)}@example.com'}>",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    head = [f"{name}: {value}" for name, value in given.items() if value is not None]
    return "\r\n".join([*head, "", text, ""]).encode()


def with_file(name: str, content: str, *, cid: str | None = None, **more: Any) -> bytes:
    """A mail with a text and a file, which is shown in the text if it has a Content-ID."""
    shown = f"Content-ID: <{cid}>\r\nContent-Disposition: inline" if cid else ""
    disposition = shown or f'Content-Disposition: attachment; filename="{name}"'
    text = f'See the file.<img src="cid:{cid}">' if cid else "See the file."
    parts = (
        f"--b\r\nContent-Type: text/{'html' if cid else 'plain'}\r\n\r\n{text}\r\n"
        f'--b\r\nContent-Type: image/png; name="{name}"\r\n{disposition}\r\n\r\n{content}\r\n--b--'
    )
    return mail(text=parts, Content_Type='multipart/mixed; boundary="b"', **more)


def notice(original: str, address: str, action: str = "failed", **more: Any) -> bytes:
    """A delivery status notice of a mail that was sent to an address."""
    parts = (
        "--b\r\nContent-Type: text/plain\r\n\r\nYour mail could not be delivered.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.example.com\r\n\r\n"
        f"Final-Recipient: rfc822; {address}\r\nAction: {action}\r\nStatus: 5.1.1\r\n"
        "Diagnostic-Code: smtp; 550 no such user\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{original}>\r\n"
        "Subject: Re: Late\r\n\r\n--b--"
    )
    kind = 'multipart/report; report-type=delivery-status; boundary="b"'
    given = {"sender": "MAILER-DAEMON@mx.example.com", "subject": "Undelivered"} | more
    return mail(text=parts, Content_Type=kind, **given)


def box(workspace: Workspace, address: str = ADDRESS, **values: Any) -> Mailbox:
    """A mailbox that sends."""
    server = {"host": "smtp.example.com", "port": 587, "security": "starttls"}
    return workspace.mailboxes.create(
        **{"address": address, "name": "Acme", "outgoing": server} | values
    )


def ticket_of(workspace: Workspace, mail: Mail) -> Ticket:
    """The ticket that a mail is on, with its thread."""
    assert mail.ticket_id is not None
    return workspace.tickets.get(mail.ticket_id)


def message_of(workspace: Workspace, mail: Mail) -> Message:
    """The message that a mail became."""
    return next(m for m in ticket_of(workspace, mail).messages or () if m.id == mail.message_id)


def sent(workspace: Workspace, ticket_id: str, text: str = "Here it is.") -> str:
    """Answer on a ticket; the Message-ID of the mail that goes out."""
    workspace.messages.create(ticket_id, content=text)
    return workspace.outgoing_mail.list().items[0].header_id


def from_nobody(*recipients: str) -> Envelope:
    """The envelope of what has no return path."""
    return Envelope("", recipients or (ADDRESS,))
