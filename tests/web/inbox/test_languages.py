"""Every text of the pages exists in every language, and says the same."""

import ast
import re
from collections.abc import Iterator
from gettext import NullTranslations
from importlib import resources
from pathlib import Path

import pytest

from cstar_core import Problem
from cstar_core.views.instants import WANTED
from cstar_web.html.rules import told_rule
from cstar_web.inbox.languages import LANGUAGES, direction, read_catalogue, told, translations
from cstar_web.inbox.rendering import environment
from tests.web.inbox.browser import Browser, Seen

HERE = resources.files("cstar_web.inbox")
TRANSLATED = [language for language in LANGUAGES if language != "en"]
RULE = re.compile(r"(must|is|are|has|needs|cannot|can|leaves|names|takes|stands|does) ")
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|<\w[^>]*>")
# Where the core says what is wrong with something that a page asks for.
SAID_IN = (
    *("checks", "fields", "metadata", "placeholders", "tags", "values", "addresses", "members"),
    *("canned_replies", "custom_fields", "reports", "sign_ins", "tickets", "views", "webhooks"),
    *("attached", "keys", "mailboxes", "messages", "drafts", "presence", "events.room"),
    *("mail.blocks", "mail.filing", "mail_out.templates"),
)
# What no page shows: a form sends text, and names no parameter of its own.
UNSEEN = {
    "are only for select and multiselect fields",
    "can be compared by: open",
    "can be given only together with filter",
    "can be given only together with initial_message",
    "is not knownopen",
    "is only for a ticket that is resolved or closed",
    "is only for fields of open",
    "is required, unless there is a filter",
    "must be a JSON value",
    "must be a date (YYYY-MM-DD) from open to open",
    "must be a field of type open",
    "must be a list of at most 1,000 ids",
    "must be a list of ids of attachments",
    "must be a list of open",
    "must not have an id twice",
    "must be a list",
    "must be names of scopes, without blanks",
    "must be refresh_token with google",
    "must begin with https://",
    "must go with microsoft",
    "must go with oauth",
    "must not go with oauth",
    "must be a string",
    "must be a value",
    "must be an array of ids",
    "must be an array of messages",
    "must be an array of options",
    "must be an array of strings",
    "must be an array of strings or a comma-separated string",
    "must be an id",
    "must be an id that begins with open",
    "must be an id that begins with open, or none",
    "must be an instant with a time zone",
    "must be an integer from open to open",
    "must be an object",
    "must be an object of old and new options",
    "must be an option",
    "must be an option of the field",
    "must be another ticket",
    "must be at most open characters",
    "must be between created_at and updated_at",
    "must be false for a customer's message",
    "must be more than nothing and at most 30 days",
    "must be more than nothing and at most ten years",
    "must be nothing or more, and at most 90 days",
    "must be patterns such as ticket.* or of: open",
    'must be the id of a member or "none"',
    "must be the id of an existing customer",
    "must be the id of an existing ticket",
    "must be true, except for a member",
    "must each have one value, not a comparison",
    "must have 1 to 1,000 ids",
    "must have 1 to 1,000 options",
    "must have Unicode strings without U+0000 as keys",
    "must have a condition",
    "must have at most 1,000 entries",
    "must have at most 1,000 entries at once",
    "must have at most 1,000 keys",
    "must have strings as keys",
    "must match open",
    "must name the renamed options",
    "must not be before created_at or a message",
    "must not be before open",
    "must not be before resolved_at",
    "must not be given together with atomic",
    "must not be given together with filter",
    "must not be given together with tags",
    "must not be nested deeper than 1,000 levels",
    "must not be the same ticket as ids.open",
    "must not have an empty key",
    "must not stand beside before",
    "must stay true; make another one the default",
}
# What is said by a name, or in parts, and not found by reading the code.
NAMED = {
    "is not known",
    "is only for who is signed in as a member",
    "must be a URL such as https://example.com/hook",
    "must be a date (YYYY-MM-DD) from 1970-01-01 to 9998-12-31",
    "must be a time zone such as Europe/Berlin, or an offset such as +02:00",
    "must have %(number)s to 500 options",
    "must match ^[a-z][a-z0-9_]{0,63}$",
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


def said_in_core() -> Iterator[str]:
    """Each rule that a value can break, with 7 for a number and a word for what else it names."""
    with resources.as_file(resources.files("cstar_core")) as folder:
        for name in SAID_IN:
            place = folder / name.replace(".", "/")
            for file in [*place.rglob("*.py"), *folder.glob(f"{name.replace('.', '/')}.py")]:
                yield from rules_of(file)


def rules_of(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        found: ast.expr | None = None
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("invalid", "Problem"):
            found = node.args[-1]
        elif isinstance(node, ast.Return | ast.Assign) and file.parent.name == "views":
            found = node.value
        said = [text for part in (branches(found) if found else ()) if (text := plain(part))]
        yield from (text for text in said if RULE.match(text))


def branches(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.IfExp):
        yield from (*branches(node.body), *branches(node.orelse))
    else:
        yield node


def plain(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if not isinstance(node, ast.JoinedStr):
        return ""
    return "".join(
        str(part.value) if isinstance(part, ast.Constant) else filled(ast.unparse(part))
        for part in node.values
    )


def filled(part: str) -> str:
    known = {"UNASSIGNED": "unassigned", "interval": "month", "WANTED": WANTED}
    named = next((said for name, said in known.items() if name in part), None)
    return named or ("1,000" if "_MAX" in part or "_MIN" in part else "open")


def messages() -> set[str]:
    return {*in_templates(), *in_modules()}


def rules(language: str) -> set[str]:
    """What a catalogue has for rules of the core: it stands in no template and no module."""
    return set(read_catalogue(language)) - {""} - messages()


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_rule_that_a_page_can_break_is_translated(language: str) -> None:
    words = translations(language)
    said = {each for each in said_in_core() if each not in UNSEEN}
    assert len(said) > 40
    assert [each for each in sorted(said) if told_rule(each, words) == each] == []
    assert [each for each in UNSEEN if told_rule(each, words) != each] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_rule_is_translated_that_nobody_says(language: str) -> None:
    words = translations(language)
    used: set[str] = set()

    class Noting(NullTranslations):
        def gettext(self, message: str) -> str:
            used.add(message)
            return words.gettext(message)

    for each in said_in_core():
        told_rule(each, Noting())
    assert rules(language) - used == NAMED


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_translated(language: str) -> None:
    assert messages() - set(read_catalogue(language)) == set()


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
    form = ("%(shown)s ticket", "%(shown)s tickets")
    assert [german.ngettext(*form, n) % {"shown": n} for n in (0, 1, 2)] == [
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


def test_from_the_choice_one_goes_back_to_where_one_was(browser: Browser) -> None:
    way_in = "/inbox/acme/sign-in?next=/inbox/acme/views/mine"
    (choice,) = (link for link in browser.see(way_in).links() if "/appearance" in link)
    assert way_in in browser.see(choice).links()
    assert "Back" in browser.see(choice).text
    answer = browser.send(choice, {"theme": "dark", "next": way_in})
    assert way_in in browser.see(answer.headers["Location"]).links()


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example", "/inbox/../x", "/api"]
)
def test_from_the_choice_nobody_is_led_elsewhere(browser: Browser, wanted: str) -> None:
    answer = browser.send("/inbox/appearance", {"theme": "dark", "next": wanted})
    links = browser.see(answer.headers["Location"]).links()
    assert [link for link in links if "static" not in link] == ["/inbox/"]


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
            "Name: höchstens 65.536 Zeichen",
        ),
        ("must be one of: a, b", "Name must be one of: a, b", "Name: eines von: a, b"),
        ("must be one of: 1, 2", "Name must be one of: 1, 2", "Name: eines von: 1, 2"),
        (
            "is not understood: status:x must be one of: new",
            "Name is not understood: status:x must be one of: new",
            "Name: nicht zu verstehen: status:x: eines von: new",
        ),
        (
            "is not understood: x is odd",
            "Name is not understood: x is odd",
            "Name: nicht zu verstehen: x is odd",
        ),
        (
            "is not known; did you mean tag?",
            "Name is not known; did you mean tag?",
            "Name: ist unbekannt; meinten Sie tag?",
        ),
        (
            "must be one of: %(number)s",
            "Name must be one of: %(number)s",
            "Name: eines von: %(number)s",
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
