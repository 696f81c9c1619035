"""Text in headers: encoded words (RFC 2047) as they should be, and as they are."""

import binascii
from collections.abc import Iterator
from dataclasses import dataclass

from cstar_core.letters.charsets import codec_of, decoded
from cstar_core.letters.transfer import from_base64

_CHARSET_MAX = 60


@dataclass(frozen=True, slots=True)
class _Word:
    """A piece of a header: bytes in a charset, or text that is as it is."""

    raw: bytes = b""
    charset: str = ""
    text: str = ""
    is_encoded: bool = False


def header_text(raw: bytes) -> str:
    """The text of a header's value, on one line, with its encoded words read.

    >>> header_text(b"=?utf-8?q?Gr=C3?= =?utf-8?q?=BC=C3=9Fe?= from  here")
    'Grüße from here'
    """
    return " ".join(words_read(decoded(raw)).split())


def words_read(text: str) -> str:
    """The same, of a text with white space as it is.

    >>> words_read("=?utf-8?b?SGk=?= =?x?q?no")
    'Hi =?x?q?no'
    """
    if "=?" not in text:
        return text
    return "".join(_joined(_words(text)))


def _words(text: str) -> Iterator[_Word]:
    begin = 0
    while True:
        start = text.find("=?", begin)
        end = _end(text, start) if start >= 0 else -1
        if end < 0:
            break
        word = _word(text[start:end])
        if word is None:
            # Not one: the next may begin right behind it.
            yield _Word(text=text[begin : start + 2])
            begin = start + 2
            continue
        if start > begin:
            yield _Word(text=text[begin:start])
        yield word
        begin = end
    yield _Word(text=text[begin:])


def _end(text: str, start: int) -> int:
    """Where a word that begins here would end; -1 if no word can end any more."""
    # An end may look like one of the marks between: =?utf-8?q?=41?=
    first = text.find("?", start + 2)
    second = text.find("?", first + 1) if first >= 0 else -1
    close = text.find("?=", second + 1) if second >= 0 else -1
    return close + 2 if close >= 0 else -1


def _word(piece: str) -> _Word | None:
    charset, _, rest = piece[2:-2].partition("?")
    how, mark, payload = rest.partition("?")
    if not mark or how.lower() not in ("b", "q") or not 0 < len(charset) <= _CHARSET_MAX:
        return None
    raw = payload.encode("utf-8", "replace")
    read = from_base64(raw) if how.lower() == "b" else binascii.a2b_qp(raw, header=True)
    return _Word(read, charset.partition("*")[0], is_encoded=True)


def _joined(words: Iterator[_Word]) -> Iterator[str]:
    """Texts, where encoded words of one charset are read together: some cut letters in two."""
    held = _Word()
    blank = ""
    for word in words:
        if word.is_encoded:
            if held.is_encoded and codec_of(held.charset) == codec_of(word.charset):
                held = _Word(held.raw + word.raw, held.charset, is_encoded=True)
            else:
                yield _read(held)
                held = word
            blank = ""
        elif held.is_encoded and not word.text.strip() and word.text:
            # Shown only if no encoded word follows.
            blank = word.text
        else:
            yield _read(held) + blank + word.text
            held, blank = _Word(), ""
    yield _read(held) + blank


def _read(word: _Word) -> str:
    return decoded(word.raw, word.charset) if word.is_encoded else word.text
