"""Every text of the customers' pages exists in every language, and says the same."""

import re
from importlib import resources

import pytest

from cstar_web.html.catalogues import LANGUAGES, read_catalogue
from cstar_web.portal.rendering import ROOM, environment

TRANSLATED = [language for language in LANGUAGES if language != "en"]
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]")
# What the core says of a value that can be filled in; it stands in no template.
RULES = {
    "is required",
    "must be at most %(number)s bytes",
    "must be at most %(number)s characters",
    "must be at most %(number)s files",
    "must be an email address",
    "must be Unicode text without U+0000",
    "must be a finite number",
    "must be an integer of at most %(number)s bits",
    "must be true or false",
    "must be a date, YYYY-MM-DD",
    "must be a real calendar date, YYYY-MM-DD",
    "must have distinct options",
}


def messages() -> set[str]:
    made = environment("en")
    folder = resources.files(ROOM).joinpath("templates")
    sources = [folder.joinpath(name).read_text(encoding="utf-8") for name in made.list_templates()]
    found = {said for text in sources for _, _, said in made.extract_translations(text)}
    return {each for each in found if isinstance(each, str)} | RULES


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_translated_and_nothing_else_is(language: str) -> None:
    known = set(read_catalogue(ROOM, language)) - {""}
    assert (messages() - known, known - messages()) == (set(), set())


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_keeps_every_placeholder(language: str) -> None:
    for message, said in read_catalogue(ROOM, language).items():
        assert said.strip()
        assert PLACEHOLDER.findall(message) == PLACEHOLDER.findall(said), message
