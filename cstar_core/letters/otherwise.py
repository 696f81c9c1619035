"""The text of a mail that has none of its own: in a winmail.dat, a file, an invitation, a mail."""

from collections.abc import Iterator, Sequence

from cstar_core.letters.bodies import (
    Gathered,
    HtmlToText,
    Said,
    as_text,
    forwarded_headers,
    gather,
)
from cstar_core.letters.calendars import invitation
from cstar_core.letters.charsets import decoded
from cstar_core.letters.letter import LetterPart
from cstar_core.letters.limits import HTML_MAX, TEXT_MAX, Unreadable
from cstar_core.letters.mime import Entity, Parsing

_SHOWN = ("from", "date", "to", "subject")
_FORWARDED_MAX = 3


def other_text(found: Gathered, parts: Sequence[LetterPart], html_to_text: HtmlToText) -> str:
    """The text that a mail has elsewhere, from where it is most likely meant to be read."""
    for text in _texts(found, parts, html_to_text):
        if text.strip():
            return text
    return ""


def packed_html(found: Gathered) -> str | None:
    """The HTML that is packed in a winmail.dat, if it is within the limits."""
    for packed, _ in found.packed:
        if packed.html.strip() and len(packed.html) <= HTML_MAX:
            return packed.html
    return None


def still_packed(found: Gathered, text: str) -> Iterator[LetterPart]:
    """What is shown as it came, since it has a text that is not read: as RTF."""
    for packed, part in found.packed:
        if packed.has_rtf and not text.strip():
            yield part


def _texts(found: Gathered, parts: Sequence[LetterPart], html_to_text: HtmlToText) -> Iterator[str]:
    for packed, _ in found.packed:
        yield as_text(Said(packed.text, packed.html[:HTML_MAX]), html_to_text)
    for part in parts:
        if part.is_inline and part.media_type == "text/plain":
            yield decoded(part.content[: 4 * TEXT_MAX])
    yield from map(invitation, found.calendars)
    for entity in found.forwarded[:_FORWARDED_MAX]:
        yield _forwarded(entity, html_to_text)


def _forwarded(entity: Entity, html_to_text: HtmlToText) -> str:
    """Who wrote a mail that is in this one, and what."""
    headers = forwarded_headers(entity)
    head = [f"{name.capitalize()}: {headers.text(name)}" for name in _SHOWN if name in headers]
    try:
        pieces = list(gather(Parsing(entity.content).whole(), Gathered()))
    except Unreadable:
        return "\n".join(head)
    said = [as_text(each, html_to_text) for each in pieces if isinstance(each, Said)]
    return "\n".join([*head, "", *said])
