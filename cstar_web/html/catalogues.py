"""Catalogues of gettext as translators edit them, one `.po` file for each language of a room.

A file is compiled in memory when it is first needed, so there is no second file that could lag
behind it.
"""

import json
import struct
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib import resources
from io import BytesIO

from cstar_core import Problem
from cstar_web.html.rules import told_rule

LANGUAGES: Mapping[str, str] = {"en": "English", "de": "Deutsch"}
SOURCE = "en"

_RIGHT_TO_LEFT = ("ar", "fa", "he", "ur")
_MAGIC = 0x950412DE
_CONTEXT = "\4"


def direction(language: str) -> str:
    """How a language is written, as HTML says it.

    >>> direction("de"), direction("ar")
    ('ltr', 'rtl')
    """
    return "rtl" if language in _RIGHT_TO_LEFT else "ltr"


def preferred(asked: Iterable[str]) -> str:
    """The first language that there is of those that a browser asks for; of de-AT there is de.

    >>> preferred(["fr", "de-AT", "en"]), preferred([])
    ('de', 'en')
    """
    found = (each.lower().partition("-")[0] for each in asked)
    return next((each for each in found if each in LANGUAGES), SOURCE)


@cache
def translations(room: str, language: str) -> NullTranslations:
    """The words of a room, a package with `catalogues`; its pages are written in English."""
    if language == SOURCE:
        return NullTranslations()
    return GNUTranslations(BytesIO(_compiled(read_catalogue(room, language))))


@cache
def read_catalogue(room: str, language: str) -> Mapping[str, str]:
    """All that a catalogue says, by message; plural forms are joined by a NUL, as in `.mo`."""
    file = resources.files(room).joinpath("catalogues", f"{language}.po")
    return dict(_entries(file.read_text(encoding="utf-8")))


def sentence(problem: Problem, label: str, found: NullTranslations) -> str:
    """What is wrong with a field, as a sentence that begins with the field's own name, if any.

    >>> sentence(Problem("name", "PARAMETER_MISSING", "is required"), "Name", NullTranslations())
    'Name is required'
    """
    said = told_rule(problem.rule, found)
    if not label:
        return said
    return f"{label} {said}" if said == problem.rule else f"{label}: {said}"


def _entries(text: str) -> Iterator[tuple[str, str]]:
    for paragraph in text.split("\n\n"):
        parts = _parts(paragraph)
        if "msgid" not in parts:
            continue
        key = parts["msgid"]
        if "msgctxt" in parts:
            key = parts["msgctxt"] + _CONTEXT + key
        if "msgid_plural" in parts:
            key += f"\0{parts['msgid_plural']}"
        yield key, "\0".join(said for name, said in parts.items() if name.startswith("msgstr"))


def _parts(paragraph: str) -> dict[str, str]:
    """The keywords of one entry with what they say; a line in quotes goes on with the last one."""
    found: dict[str, str] = {}
    name = ""
    for line in paragraph.splitlines():
        if line.startswith("#") or not line.strip():
            continue
        if not line.startswith('"'):
            name, _, line = line.partition(" ")
        found[name] = found.get(name, "") + json.loads(line)
    return found


def _compiled(messages: Mapping[str, str]) -> bytes:
    """The messages in the format of `.mo`: two tables of lengths and places, then the strings."""
    pairs = sorted((key.encode(), said.encode()) for key, said in messages.items())
    place = 28 + 16 * len(pairs)
    tables: list[int] = []
    body = b""
    for column in (0, 1):
        for pair in pairs:
            tables += (len(pair[column]), place + len(body))
            body += pair[column] + b"\0"
    head = (_MAGIC, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, place)
    return struct.pack(f"<{len(head) + len(tables)}I", *head, *tables) + body
