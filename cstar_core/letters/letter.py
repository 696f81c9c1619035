"""What is read of a mail."""

from dataclasses import dataclass, field

ACTIONS = ("failed", "delayed", "delivered", "relayed", "expanded")


@dataclass(frozen=True, slots=True)
class Correspondent:
    """Who a mail is from or to: a valid address, and a name that may be empty."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class LetterPart:
    """A part of a mail that is not its text: a file, or an image that its HTML shows.

    The name is what the mail calls it, so anything, but never empty. ``content_id`` is what HTML
    refers to as ``cid:``, without its brackets; ``is_inline`` says that it does.
    """

    name: str
    media_type: str
    content: bytes
    content_id: str | None = None
    is_inline: bool = False


@dataclass(frozen=True, slots=True)
class FailedRecipient:
    """What a notice says of one recipient: ``action`` is one of failed, delayed, delivered,
    relayed and expanded, ``status`` a code such as 5.1.1, and either may be empty."""

    address: str
    action: str
    status: str
    diagnostic: str


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What a notice says became of a mail, and the Message-ID of that mail if it tells."""

    recipients: tuple[FailedRecipient, ...]
    original_id: str | None = None


@dataclass(frozen=True, slots=True)
class Suspicion:
    """What relays noted of a mail: was it called spam, with which score, and what was checked.

    ``spf``, ``dkim`` and ``dmarc`` are results such as "pass" and "fail", or empty, and
    ``told_by`` is the server that they are of.
    """

    is_spam: bool = False
    score: float | None = None
    spf: str = ""
    dkim: str = ""
    dmarc: str = ""
    told_by: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail that was read.

    Ids are without their brackets, ``date`` is in seconds since 1970, ``html`` is as it came and
    must be cleaned before it is shown. ``automatic`` says why a mail is not personal, and is None
    exactly for those whose ``nature`` is "personal". ``protection`` is None, "signed" or
    "encrypted". ``identity`` is the same for a mail that is delivered twice. ``defects`` has a
    line for what is broken or was left out; what it was is in the raw mail.
    """

    message_id: str | None = None
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    subject: str = ""
    date: int | None = None
    sender: Correspondent | None = None
    reply_to: tuple[Correspondent, ...] = ()
    to: tuple[Correspondent, ...] = ()
    cc: tuple[Correspondent, ...] = ()
    text: str = ""
    text_cut: bool = False
    html: str | None = None
    parts: tuple[LetterPart, ...] = ()
    automatic: str | None = None
    nature: str = "personal"
    loops: tuple[str, ...] = ()
    report: DeliveryReport | None = None
    protection: str | None = None
    suspected: Suspicion = field(default_factory=Suspicion)
    identity: bytes = b""
    defects: tuple[str, ...] = ()
