"""Every text of the pages exists in every language, and says the same."""

import ast
import re
from collections.abc import Iterator
from importlib import resources

import pytest

from cstar_core import Problem
from cstar_web.inbox.languages import LANGUAGES, direction, read_catalogue, told, translations
from cstar_web.inbox.rendering import environment
from tests.web.inbox.browser import Browser, Seen

HERE = resources.files("cstar_web.inbox")
TRANSLATED = [language for language in LANGUAGES if language != "en"]
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|<[^>]*>")
# What the core says of a value, as far as pages show it; it stands in no template.
RULES = {
    "is required",
    "must be at most %(number)s characters",
    "must have at least %(number)s characters",
    "must have at least %(number)s different characters",
    "is among the most common ones",
    "must not be the name or the address",
    "must be an email address",
    "must be Unicode text without U+0000",
    "must match ^[a-z][a-z0-9_]{0,63}$",
    "must match ^[a-z0-9][a-z0-9_-]{0,31}$",
    "must be closed by }}",
    "must begin with http:// or https://",
    "must be a URL such as https://example.com/hook",
    "must not be an address of this machine or a private network",
    "must not have a user or password",
    "can be taken back only by who made the view",
    "must have %(number)s to 500 options",
    "must be distinct",
    "must leave the options distinct",
    "must not be blank",
    "must be a time zone such as Europe/Berlin, or an offset such as +02:00",
    "must be a date (YYYY-MM-DD) from 1970-01-01 to 9998-12-31",
    "must not be before start",
    "must be at most %(number)s months from start on",
    "must be one tag",
    "must be the id of an event",
}


def in_templates() -> Iterator[str]:
    made = environment("en")
    for name in made.list_templates():
        if not name.endswith(".html"):
            continue
        source = HERE.joinpath("templates", name).read_text(encoding="utf-8")
        for _, function, said in made.extract_translations(source):
            if isinstance(said, str):
                yield said
            elif said is not None:
                forms = said[:2] if function == "ngettext" else said[:1]
                yield from ["\0".join(map(str, forms))] if forms[0] else []


def in_modules() -> Iterator[str]:
    """What a module marks with `say(...)`, since a template gets it as a value."""
    with resources.as_file(HERE) as folder:
        for file in folder.rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "say":
                    yield ast.literal_eval(node.args[0])


def messages() -> set[str]:
    return {*in_templates(), *in_modules(), *RULES}


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_translated_and_nothing_else_is(language: str) -> None:
    known = set(read_catalogue(language)) - {""}
    assert (messages() - known, known - messages()) == (set(), set())


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_translation_is_empty_or_has_spaces_around_it(language: str) -> None:
    said = [each for whole in read_catalogue(language).values() for each in whole.split("\0")]
    assert all(said)
    assert [each for each in said[1:] if each != each.strip()] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_keeps_every_placeholder(language: str) -> None:
    for message, said in read_catalogue(language).items():
        wanted = set(PLACEHOLDER.findall(message))
        for form in said.split("\0"):
            assert set(PLACEHOLDER.findall(form)) in (wanted, wanted - {"%(num)s"}), message


def test_plural_forms_are_chosen_by_number() -> None:
    german = translations("de")
    assert german.gettext("Light") == "Hell"
    form = ("%(num)s ticket", "%(num)s tickets")
    assert [german.ngettext(*form, n) % {"num": n} for n in (0, 1, 2)] == [
        "0 Tickets",
        "1 Ticket",
        "2 Tickets",
    ]
    assert german.gettext("Something that nobody says") == "Something that nobody says"


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("de", "de"),
        ("de-AT, en;q=0.5", "de"),
        ("fr, de;q=0.5, en;q=0.2", "de"),
        ("en-GB", "en"),
        ("fr", "en"),
        ("", "en"),
        ("*;q=x,,\x01", "en"),
    ],
)
def test_a_page_speaks_what_the_browser_asks_for(
    browser: Browser, asked: str, language: str
) -> None:
    html = Seen(browser.get("/inbox/appearance", Accept_Language=asked).text).all("html")[0]
    assert (html["lang"], html["dir"]) == (language, "ltr")


def test_a_choice_goes_before_what_the_browser_asks_for(browser: Browser) -> None:
    browser.send("/inbox/appearance", {"language": "en"})
    answer = browser.get("/inbox/appearance", Accept_Language="de")
    assert Seen(answer.text).all("html")[0]["lang"] == "en"
    browser.send("/inbox/appearance", {"language": ""})
    answer = browser.get("/inbox/appearance", Accept_Language="de")
    assert Seen(answer.text).all("html")[0]["lang"] == "de"


def test_a_theme_is_chosen_without_a_flash(browser: Browser) -> None:
    assert "data-theme" not in browser.see("/inbox/appearance").all("html")[0]
    browser.send("/inbox/appearance", {"theme": "dark"})
    assert browser.see("/inbox/appearance").all("html")[0]["data-theme"] == "dark"


@pytest.mark.parametrize("name", ["language", "theme"])
def test_a_cookie_that_says_anything_else_is_as_none(browser: Browser, name: str) -> None:
    browser.client.set_cookie(f"cstar_{name}", '"><script>alert(1)</script>')
    html = browser.see("/inbox/appearance").all("html")[0]
    assert html == {"lang": "en", "dir": "ltr"}


def test_every_language_has_a_direction() -> None:
    assert {direction(language) for language in LANGUAGES} == {"ltr"}
    assert direction("he") == "rtl"


@pytest.mark.parametrize(
    ("rule", "english", "german"),
    [
        ("is required", "Name is required", "Name: wird gebraucht"),
        (
            "must be at most 65,536 characters",
            "Name must be at most 65,536 characters",
            "Name: höchstens 65,536 Zeichen",
        ),
        ("is odd", "Name is odd", "Name is odd"),
    ],
)
def test_what_is_wrong_is_told_in_the_language_of_the_page(
    rule: str, english: str, german: str
) -> None:
    problem = Problem("name", "PARAMETER_INVALID", rule)
    assert told(problem, "Name", "en") == english
    assert told(problem, "Name", "de") == german
