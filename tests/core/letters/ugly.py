"""Ugly mail as a table: the bytes, and what is read of them; all written for this project.

A row has a name, the bytes, and some of what `seen` shows of the letter, or the code of Unreadable.
"""

from typing import Any, NamedTuple

from cstar_core import Correspondent, Letter


class Ugly(NamedTuple):
    """One mail and its reading."""

    name: str
    raw: bytes
    read: dict[str, Any] | str


def seen(letter: Letter) -> dict[str, Any]:
    """A letter in the words of the tables."""
    report, suspected = letter.report, letter.suspected
    return {
        "id": letter.message_id,
        "answers": list(letter.in_reply_to),
        "refs": list(letter.references),
        "subject": letter.subject,
        "date": letter.date,
        "sender": written(letter.sender),
        "reply_to": [written(each) for each in letter.reply_to],
        "to": [written(each) for each in letter.to],
        "cc": [written(each) for each in letter.cc],
        "text": letter.text,
        "cut": letter.text_cut,
        "html": letter.html,
        "parts": [(part.name, part.media_type, part.content) for part in letter.parts],
        "names": [part.name for part in letter.parts],
        "inline": [part.content_id for part in letter.parts if part.is_inline],
        "nature": letter.nature,
        "automatic": letter.automatic,
        "loops": list(letter.loops),
        "failed": report
        and [(each.address, each.action, each.status) for each in report.recipients],
        "why": report and [each.diagnostic for each in report.recipients],
        "original": report and report.original_id,
        "protection": letter.protection,
        "spam": suspected.is_spam,
        "score": suspected.score,
        "checks": f"{suspected.spf}/{suspected.dkim}/{suspected.dmarc} {suspected.told_by}".strip(),
        "defects": list(letter.defects),
    }


def written(who: Correspondent | None) -> str | None:
    """An address with its name."""
    if who is None:
        return None
    return f"{who.name} <{who.address}>" if who.name else who.address


def mail(headers: str | bytes = "", body: str | bytes = "", *, end: bytes = b"\r\n") -> bytes:
    """A mail from Jane, with more headers and a body; what is text becomes UTF-8."""
    head = headers if isinstance(headers, bytes) else headers.encode()
    said = body if isinstance(body, bytes) else body.encode()
    begin = b"From: Jane <jane@example.com>\n" + (head.strip(b"\n") + b"\n" if head else b"")
    whole = begin + b"\n" + said
    return whole.replace(b"\n", end) if b"\r" not in whole else whole


def typed(kind: str, body: str | bytes, encoding: str = "") -> bytes:
    """A mail of one part."""
    how = f"\nContent-Transfer-Encoding: {encoding}" if encoding else ""
    return mail(f"MIME-Version: 1.0\nContent-Type: {kind}{how}", body)


def part(headers: str, body: str | bytes) -> bytes:
    """A part, for `parts`."""
    said = body if isinstance(body, bytes) else body.encode()
    return headers.encode() + b"\n\n" + said


def parts(kind: str, *pieces: bytes, more: str = "") -> bytes:
    """A mail of several parts."""
    joined = b"".join(b"--x\n" + piece + b"\n" for piece in pieces) + b"--x--\n"
    return mail(f"{more}\nContent-Type: {kind}; boundary=x".strip(), joined)
