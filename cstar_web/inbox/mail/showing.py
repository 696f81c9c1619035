"""A mail as it was sent: read once more when it is looked at, and cleaned."""

from base64 import b64encode
from dataclasses import dataclass

from cstar_core import FileLost, Letter, LetterPart, Mail, NotFound, Unreadable, read_letter
from cstar_web.html.letters.cleaning import Cleaned, clean
from cstar_web.html.letters.nesting import TooMuch
from cstar_web.inbox.visits import TeamVisit
from cstar_web.pictures import SIZE_MAX, picture_kind

# All pictures of one mail that stand in its HTML, in bytes; others are among its files.
PICTURES_MAX = 8 * 1024 * 1024
_SHOWN_MAX = 256 * 1024
_HEADERS_MAX = 64 * 1024


@dataclass(frozen=True, slots=True)
class Shown:
    """A mail that is looked at: what was read of it, and its HTML if it has any to be shown.

    ``why`` tells why there is none: waiting, failed, forgotten, lost, or the size or nesting of its
    HTML.
    """

    mail: Mail
    raw: bytes
    letter: Letter | None
    cleaned: Cleaned | None
    why: str = ""
    # What a mail that cannot be read is, as the end of a sentence.
    reason: str = ""

    @property
    def headers(self) -> str:
        """The lines above the text, as they came."""
        head, _, _ = self.raw[:_HEADERS_MAX].replace(b"\r\n", b"\n").partition(b"\n\n")
        return _decoded(head)

    @property
    def source(self) -> str:
        """The mail as it came, as far as a page can show it."""
        return _decoded(self.raw[:_SHOWN_MAX])

    @property
    def is_cut(self) -> bool:
        """Whether the source goes on."""
        return len(self.raw) > _SHOWN_MAX


def source_of(visit: TeamVisit, mail: Mail) -> Shown:
    """The mail as it came, not read; or nothing, and why."""
    try:
        return Shown(mail, visit.workspace.mail.raw(mail.id), None, None)
    except NotFound:
        return Shown(mail, b"", None, None, "forgotten")
    except FileLost:
        return Shown(mail, b"", None, None, "lost")


def look_at(visit: TeamVisit, mail: Mail, *, remote: bool = False) -> Shown:
    """Read a mail again; pictures of other servers are left out unless they are asked for.

    What was never read, or could not be, is not read here: it may take longer than a page may.
    """
    found = source_of(visit, mail)
    raw = found.raw
    if found.why:
        return found
    if mail.verdict in ("waiting", "failed"):
        return Shown(mail, raw, None, None, mail.verdict, str(mail.facts.get("failure", "")))
    try:
        letter = read_letter(raw)
    except Unreadable as error:
        return Shown(mail, raw, None, None, "failed", error.reason)
    if letter.html is None:
        return Shown(mail, raw, letter, None)
    try:
        cleaned = clean(letter.html, picture=_Pictures(letter), remote=remote)
    except TooMuch as error:
        return Shown(mail, raw, letter, None, error.what)
    return Shown(mail, raw, letter, cleaned)


class _Pictures:
    """The pictures that a mail brings along, by the ids that its HTML has for them.

    They become a part of the HTML: the frame that shows it has no origin, so a browser would send
    no cookie when it asks for them. So one that the HTML names again is there once more.
    """

    def __init__(self, letter: Letter) -> None:
        self._parts = {part.content_id: part for part in letter.parts if part.content_id}
        self._left = PICTURES_MAX
        self._made: dict[str, str | None] = {}

    def __call__(self, content_id: str) -> str | None:
        part = self._parts.get(content_id)
        if part is None or len(part.content) > min(self._left, SIZE_MAX):
            return None
        if content_id not in self._made:
            self._made[content_id] = self._make(part)
        if self._made[content_id] is not None:
            self._left -= len(part.content)
        return self._made[content_id]

    def _make(self, part: LetterPart) -> str | None:
        kind = picture_kind(part.content)
        if kind is None:
            return None
        return f"data:{kind};base64,{b64encode(part.content).decode()}"


def _decoded(raw: bytes) -> str:
    text = raw.decode("utf-8", "backslashreplace").replace("\r\n", "\n")
    return text.replace("\0", "\\x00")
