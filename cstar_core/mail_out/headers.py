"""Header fields of a mail as they are written: nothing that is put into one can begin another.

The standard library could write them too. But it takes long for long names, and some of its
versions let a line break or a comma of a name through, which would then name another recipient.
"""

import base64
import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from cstar_core.checks import check_email
from cstar_core.letters import Correspondent

# An encoded word has at most 75 characters: 12 around it, 60 for 45 bytes.
_WORD_BYTES = 45
_LINE = 76
# What breaks a line, shows nothing or turns the direction of what follows.
_DROPPED = (
    *range(0x20),
    *range(0x7F, 0xA0),
    *(0xAD, 0x061C, 0x200B, 0x200E, 0x200F, 0x2028, 0x2029, 0xFEFF),
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2070),
    *range(0xD800, 0xE000),
    *range(0xFFF0, 0xFFFC),
)
_BLANKS = dict.fromkeys(_DROPPED, " ")
_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*\Z")
_ID = re.compile(r"[!-;=?-~]{1,250}\Z")
# What IDNA of 2003 turns into other letters than IDNA of 2008: it would be another domain.
_DEVIATING = re.compile("[\u00df\u1e9e\u03c2\u200c\u200d]")


def one_line(text: str, most: int) -> str:
    """Text as a header may have it: one line, without what is not seen, at most so long.

    >>> one_line("Hello\\r\\nBcc: all@example.com", 100)
    'Hello Bcc: all@example.com'
    """
    return " ".join(text[: 4 * most].translate(_BLANKS).split())[:most].rstrip()


def unstructured(name: str, text: str) -> str:
    """A field of free text, such as the subject.

    >>> unstructured("Subject", "Grüße")
    'Subject: =?utf-8?b?R3LDvMOfZQ==?='
    """
    words = text.split(" ") if _is_plain(text) else _encoded(text)
    return _folded(name, words, " ")


def addresses(name: str, people: Iterable[Correspondent]) -> str:
    """A field of addresses, each with its name.

    >>> addresses("To", [Correspondent("Smith, Jane", "jane@example.com")])
    'To: "Smith, Jane" <jane@example.com>'
    """
    return _folded(name, list(map(_shown, people)), ", ")


def ids(name: str, found: Iterable[str]) -> str:
    """A field of the ids of mails."""
    return _folded(name, [f"<{each}>" for each in found], " ")


def is_id(text: str) -> bool:
    """Whether a text may stand as the id of a mail, without its brackets.

    >>> is_id("a.b@example.com"), is_id("a b"), is_id("a>,<b")
    (True, False, False)
    """
    return _ID.match(text) is not None


def file_name(field: str, parameter: str, name: str) -> str:
    """A field with the name of a file: as ASCII for old programs, and as it is.

    >>> file_name("attachment", "filename", "a.txt")
    'attachment;\\r\\n filename="a.txt"'
    """
    plain = name.encode("ascii", "replace").decode().translate({34: "_", 92: "_", 63: "_"})
    shown = f'{parameter}="{plain}"'
    if plain != name:
        # The first is what some programs take.
        shown = f"{parameter}*=utf-8''{quote(name, safe='')};\r\n {shown}"
    return f"{field};\r\n {shown}"


def ascii_address(address: str) -> str | None:
    """An address whose domain is written in ASCII; None if that cannot be done.

    The part before the @ may still have other letters, which only some servers take.

    >>> ascii_address("jane@bücher.example"), ascii_address("jane@straße.example")
    ('jane@xn--bcher-kva.example', None)
    """
    local, _, domain = address.rpartition("@")
    if check_email("address", address) or _DEVIATING.search(domain):
        return None
    if domain.isascii():
        return address
    try:
        return f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        return None


def _is_plain(text: str) -> bool:
    return text.isascii() and "=?" not in text and len(text) < 900


def _encoded(text: str) -> list[str]:
    """A text in encoded words, none of which ends within a character."""
    words: list[str] = []
    part = b""
    for each in text:
        raw = each.encode()
        if len(part) + len(raw) > _WORD_BYTES:
            words.append(_word(part))
            part = b""
        part += raw
    return [*words, _word(part)]


def _word(part: bytes) -> str:
    return f"=?utf-8?b?{base64.b64encode(part).decode()}?="


def _shown(person: Correspondent) -> str:
    name = person.name
    if not name:
        return person.address
    if not _is_plain(name):
        name = "\r\n ".join(_encoded(name))
    elif not _ATOM.match(name):
        name = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{name} <{person.address}>"


def _folded(name: str, parts: Sequence[str], between: str) -> str:
    """A field whose lines are short where its parts are."""
    line = f"{name}: {parts[0] if parts else ''}"
    lines: list[str] = []
    for part in parts[1:]:
        joined = line + between + part
        if part and len(joined) - (joined.rfind("\n") + 1) <= _LINE:
            line = joined
        elif part:
            lines.append(line + between.rstrip())
            line = f" {part}"
    return "\r\n".join([*lines, line])
