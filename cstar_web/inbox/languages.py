"""The languages of the pages, by the standard library's gettext."""

from collections.abc import Mapping
from gettext import NullTranslations

from cstar_core import Problem
from cstar_web.html import catalogues

LANGUAGES = catalogues.LANGUAGES
SOURCE = catalogues.SOURCE
direction = catalogues.direction

_ROOM = "cstar_web.inbox"


def translations(language: str) -> NullTranslations:
    """The words of a language; English is what the pages are written in."""
    return catalogues.translations(_ROOM, language)


def read_catalogue(language: str) -> Mapping[str, str]:
    """All that a catalogue says, by message; plural forms are joined by a NUL, as in `.mo`."""
    return catalogues.read_catalogue(_ROOM, language)


def say(message: str) -> str:
    """The same message; marks what a module says, so that translators get to see it."""
    return message


def told(problem: Problem, label: str, language: str) -> str:
    """What is wrong with a field, as a sentence that begins with the field's own name.

    >>> told(Problem("name", "PARAMETER_INVALID", "must be at most 255 characters"), "Name", "de")
    'Name: höchstens 255 Zeichen'
    """
    return catalogues.sentence(problem, label, translations(language))
