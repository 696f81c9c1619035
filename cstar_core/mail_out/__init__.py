"""Mail that goes out: from the message of an agent to what a server said of it."""

from cstar_core.mail_out.bouncing import Bounced, note_bounce, note_bounce_on
from cstar_core.mail_out.first_answers import answer_first, is_looping
from cstar_core.mail_out.heads import keep_head
from cstar_core.mail_out.line import MailLine, read_line
from cstar_core.mail_out.outbox import (
    MailOutbox,
    PostMail,
    SignMail,
    open_mail_outbox,
    send_due,
)
from cstar_core.mail_out.outgoing import MailRecipient, MailRoute, OutgoingMail
from cstar_core.mail_out.pacing import MailPace
from cstar_core.mail_out.parcels import MailParcel, MailReply
from cstar_core.mail_out.queueing import queue_reply
from cstar_core.mail_out.rendering import Unsendable
from cstar_core.mail_out.room import OutgoingMails
from cstar_core.mail_out.templates import (
    DEFAULT_LANGUAGES,
    TEMPLATE_MAX,
    MailTemplate,
    MailTemplates,
)
from cstar_core.mail_out.wrong import BadAddress

__all__ = [
    "DEFAULT_LANGUAGES",
    "TEMPLATE_MAX",
    "BadAddress",
    "Bounced",
    "MailLine",
    "MailOutbox",
    "MailPace",
    "MailParcel",
    "MailRecipient",
    "MailReply",
    "MailRoute",
    "MailTemplate",
    "MailTemplates",
    "OutgoingMail",
    "OutgoingMails",
    "PostMail",
    "SignMail",
    "Unsendable",
    "answer_first",
    "is_looping",
    "keep_head",
    "note_bounce",
    "note_bounce_on",
    "open_mail_outbox",
    "queue_reply",
    "read_line",
    "send_due",
]
