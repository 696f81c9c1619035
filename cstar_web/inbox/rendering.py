"""Pages from templates: everything is escaped, and a name that is missing is an error."""

from functools import cache
from urllib.parse import quote, urlencode

from flask import Response, request, url_for
from jinja2 import Environment

from cstar_core import ATTACHMENT_BYTES_MAX
from cstar_web.answer import Answer
from cstar_web.html import templates
from cstar_web.html.sizes import file_size
from cstar_web.inbox.files import files
from cstar_web.inbox.keys import KEYS
from cstar_web.inbox.languages import LANGUAGES, direction, told, translations
from cstar_web.inbox.measures import days, lasting, number
from cstar_web.inbox.moments import ago, day_of, exact
from cstar_web.pictures import KINDS

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "font-src 'self'",
        "frame-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
# A form that comes from a page without a referrer says no origin, and could not be told from one
# that comes from elsewhere.
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Vary": "Cookie, Accept-Language",
}


def render(template: str, language: str, theme: str, **values: object) -> str:
    """The text of a page in a language; a theme is light or dark, or empty for the system's."""
    return environment(language).get_template(template).render(theme=theme, **values)


def page(text: str, status: int = 200) -> Answer:
    """The answer with a page and all that a browser is told about it."""
    return Answer(text.encode(), status, HEADERS, content_type="text/html; charset=utf-8")


def plain(text: str) -> Answer:
    """The answer with a text that a script asks for."""
    return Answer(text.encode(), 200, HEADERS, content_type="text/plain; charset=utf-8")


def this_place() -> str:
    """The path and query of this request, to come back to."""
    query = request.query_string.decode("latin-1")
    return quote(request.path) + (f"?{query}" if query else "")


def here() -> str | None:
    """The page that is looked at, to come back to, without what the page before has done."""
    if request.method != "GET":
        return None
    asked = [pair for pair in request.args.items(multi=True) if pair[0] != "done"]
    return quote(request.path) + (f"?{urlencode(asked, safe='/')}" if asked else "")


def asset(name: str) -> str:
    """The address of a file that the pages bring along."""
    return address("file", address=files()[name].address)


def address(name: str, **ids: object) -> str:
    """The address of a page by the name it was declared with; what is no id becomes its query."""
    return url_for(f"inbox.{name}", **ids)  # type: ignore[arg-type]


@cache
def environment(language: str) -> Environment:
    """The templates with the words of a language."""
    words = translations(language)
    return templates.environment(
        "cstar_web.inbox",
        words,
        address=address,
        ago=lambda instant, now: ago(instant, now, words),
        asset=asset,
        day=lambda day: day_of(day, words, with_year=False),
        days=lambda first, last: days(first, last, words),
        direction=direction(language),
        exact=exact,
        file_size=file_size,
        here=here,
        keys=KEYS,
        language=language,
        languages=LANGUAGES,
        lasting=lambda seconds: lasting(seconds, words),
        pictures=KINDS,
        most_of_file=ATTACHMENT_BYTES_MAX,
        number=lambda value: number(value, words),
        told=lambda problem, label: told(problem, label, language),
    )


def moved(location: str) -> Response:
    """The answer that leads to another page."""
    return Answer(status=303, headers={"Location": location})
