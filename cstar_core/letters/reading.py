"""From the bytes of a mail to what it says; pure, and in time by its size."""

import re
from calendar import timegm
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from email.utils import parsedate_tz
from hashlib import sha256
from urllib.parse import unquote

from cstar_core.html_text import html_to_text as plain_html_to_text
from cstar_core.letters.bodies import Gathered, HtmlToText, Said, as_html, as_text, gather
from cstar_core.letters.charsets import storable
from cstar_core.letters.correspondents import correspondents
from cstar_core.letters.headers import Headers, ids_of
from cstar_core.letters.letter import Correspondent, DeliveryReport, Letter, LetterPart
from cstar_core.letters.limits import (
    HTML_MAX,
    LETTER_BYTES_MAX,
    NAME_MAX,
    RECIPIENTS_MAX,
    REFERENCES_MAX,
    SUBJECT_MAX,
    TEXT_MAX,
    Unreadable,
)
from cstar_core.letters.mime import Entity, Parsing
from cstar_core.letters.nature import is_daemon, list_or_automatic
from cstar_core.letters.otherwise import other_text, packed_html, still_packed
from cstar_core.letters.reports import delivery_report, loose_report, original_id
from cstar_core.letters.suspicion import suspicion
from cstar_core.letters.words import header_text

_SHOWN = re.compile(r"cid:([^\s\"'<>()]{1,1000})", re.IGNORECASE)
_LOOP = "x-cstar-loop"
_LOOPS_MAX = 20
_DATE_MAX = 200
_SECONDS_MAX = 253_402_300_800


def read_letter(
    raw: bytes, *, html_to_text: HtmlToText = plain_html_to_text, trusted: Sequence[str] = ()
) -> Letter:
    """What a mail says, whatever is wrong with it.

    ``html_to_text`` makes the text of a mail that has only HTML. ``trusted`` are the names under
    which relays sign their Authentication-Results; if there are any, what others say is not
    believed. Raises Unreadable for what is no mail or beyond the limits.

    >>> letter = read_letter(b"From: Jane <jane@example.com>\\nSubject: Late\\n\\nWhere is it?")
    >>> letter.sender.address, letter.subject, letter.text
    ('jane@example.com', 'Late', 'Where is it?')
    """
    if not raw.strip():
        raise Unreadable("empty", "is empty")
    if len(raw) > LETTER_BYTES_MAX:
        raise Unreadable("too_large", f"has more than {LETTER_BYTES_MAX // 1024 // 1024} MB")
    parsing = Parsing(raw)
    return _Reading(parsing.whole(), parsing.defects, html_to_text, trusted).letter()


class _Reading:
    def __init__(
        self, whole: Entity, defects: list[str], html_to_text: HtmlToText, trusted: Sequence[str]
    ) -> None:
        self._whole = whole
        self._headers = whole.headers
        self._defects = defects
        self._to_text = html_to_text
        self._trusted = trusted
        self._found = Gathered()

    def letter(self) -> Letter:
        headers = self._headers
        pieces = list(gather(self._whole, self._found))
        said = [each for each in pieces if isinstance(each, Said)]
        parts = [each for each in pieces if isinstance(each, LetterPart)]
        text, cut = self._text(said, parts)
        html = self._html(said) or packed_html(self._found)
        senders = correspondents(headers.all("from"), 1) or correspondents(headers.all("sender"), 1)
        to, cc = self._recipients()
        ids = ids_of(headers.all("message-id"))
        answered = tuple(ids_of(headers.all("in-reply-to")))[:REFERENCES_MAX]
        sender = senders[0] if senders else None
        report = self._report(sender, text, answered)
        nature, automatic = self._nature(sender, report)
        return Letter(
            message_id=ids[0] if ids else None,
            in_reply_to=answered,
            references=tuple(ids_of(headers.all("references")))[-REFERENCES_MAX:],
            subject=headers.text("subject")[:SUBJECT_MAX],
            date=instant(headers.text("date")),
            sender=sender,
            reply_to=correspondents(headers.all("reply-to"), RECIPIENTS_MAX),
            to=to,
            cc=cc,
            text=text,
            text_cut=cut,
            html=html,
            parts=tuple(_marked(parts, html)),
            automatic=automatic,
            nature=nature,
            loops=tuple(_loops(headers)),
            report=report,
            protection=self._found.protection,
            suspected=suspicion(headers, self._trusted),
            identity=_identity(headers, _leaves(self._whole)),
            defects=tuple(dict.fromkeys((*self._defects, *self._found.defects))),
        )

    def _report(
        self, sender: Correspondent | None, text: str, answered: Sequence[str]
    ) -> DeliveryReport | None:
        found = delivery_report(self._found.reported, self._found.forwarded)
        if not found and is_daemon(self._headers, sender):
            found = loose_report(self._headers, text)
        if not found:
            return None
        known = found.original_id or original_id(self._found.forwarded)
        return replace(found, original_id=known or next(iter(answered), None))

    def _nature(
        self, sender: Correspondent | None, report: DeliveryReport | None
    ) -> tuple[str, str | None]:
        kinds = [each.type.rpartition("/")[2] for each in self._found.reported]
        if report or any(each.endswith("delivery-status") for each in kinds):
            return "bounce", "delivery status notice"
        if kinds:
            return "automatic", kinds[0].replace("-", " ")
        return list_or_automatic(self._headers, sender)

    def _recipients(self) -> tuple[tuple[Correspondent, ...], tuple[Correspondent, ...]]:
        to = correspondents(self._headers.all("to"), RECIPIENTS_MAX + 1)
        cc = correspondents(self._headers.all("cc"), RECIPIENTS_MAX + 1)
        if len(to) + len(cc) > RECIPIENTS_MAX:
            self._defects.append(f"has more than {RECIPIENTS_MAX} recipients")
        return to[:RECIPIENTS_MAX], cc[: max(0, RECIPIENTS_MAX - len(to))]

    def _text(self, said: Sequence[Said], parts: list[LetterPart]) -> tuple[str, bool]:
        """The text, at most so much of it; the whole of a longer one becomes a file."""
        texts = [as_text(each, self._to_text).strip("\n") for each in said]
        text = "\n\n".join(each for each in texts if each.strip()).rstrip()
        if not text:
            text = storable(other_text(self._found, parts, self._to_text)).strip("\n")
        parts += still_packed(self._found, text)
        is_whole = not any(each.is_cut for each in said)
        if is_whole and len(text) > TEXT_MAX:
            parts.append(LetterPart("message.txt", "text/plain", text.encode()))
        return text[:TEXT_MAX], len(text) > TEXT_MAX or not is_whole

    def _html(self, said: Sequence[Said]) -> str | None:
        if not any(each.html.strip() for each in said):
            return None
        html = "".join(as_html(each) for each in said)
        if len(html) > HTML_MAX:
            self._defects.append(f"has HTML of more than {HTML_MAX // 1024} KB")
            return None
        return html


def _marked(parts: Iterable[LetterPart], html: str | None) -> Iterator[LetterPart]:
    """The parts; inline are those that the HTML shows, since some programs say it of all."""
    shown = {unquote(each) for each in _SHOWN.findall(html or "")}
    for part in parts:
        yield replace(part, is_inline=part.content_id in shown)


def instant(text: str) -> int | None:
    """The seconds since 1970 of a date in a mail; None for what is none.

    >>> instant("Wed, 10 Dec 2025 15:30:00 +0100"), instant("yesterday")
    (1765377000, None)
    """
    try:
        read = parsedate_tz(text[:_DATE_MAX])
        seconds = timegm(read[:6]) - (read[9] or 0) if read else -1
    except (ValueError, IndexError, TypeError, OverflowError):
        return None
    return seconds if 0 <= seconds < _SECONDS_MAX else None


def _loops(headers: Headers) -> list[str]:
    return [header_text(value)[:NAME_MAX] for value in headers.all(_LOOP)][:_LOOPS_MAX]


def _leaves(entity: Entity) -> Iterable[Entity]:
    if not entity.children:
        yield entity
    for each in entity.children:
        yield from _leaves(each)


def _identity(headers: Headers, leaves: Iterable[Entity]) -> bytes:
    """The same for a mail that came twice, on whichever way and in whichever encoding.

    Programs that write neither an id nor a date say the same again, which the way tells apart.
    """
    digest = sha256()
    for name in ("message-id", "from", "date", "subject"):
        digest.update(headers.text(name).encode("utf-8", "replace") + b"\0")
    if not headers.text("message-id") and not headers.text("date"):
        for each in headers.all("received"):
            digest.update(each + b"\0")
    for leaf in leaves:
        content = leaf.content
        if leaf.type.startswith("text/"):
            content = content.replace(b"\r\n", b"\n").rstrip()
        digest.update(b"%d:" % len(content))
        digest.update(content)
    return digest.digest()
