"""The customers' pages from templates: all is escaped, nothing is kept, no script ever runs."""

from functools import cache
from hashlib import sha256
from importlib import resources

from flask import request, url_for
from jinja2 import Environment

from cstar_web.answer import Answer
from cstar_web.html import templates
from cstar_web.html.catalogues import direction, preferred, sentence, translations
from cstar_web.html.sizes import file_size

ROOM = "cstar_web.portal"
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
# The address of a ticket's page is all that it takes to open it, so it must not be handed on.
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept-Language",
    "X-Robots-Tag": "noindex, nofollow",
}
_DIGEST_LENGTH = 12
_KEPT = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def show(template: str, code: int = 200, **values: object) -> Answer:
    """The answer with a page in the language that the browser asks for."""
    language = preferred(each for each, _ in request.accept_languages)
    text = environment(language).get_template(template).render(**values)
    return Answer(text.encode(), code, HEADERS, content_type="text/html; charset=utf-8")


def stylesheet_name() -> str:
    """What the stylesheet is called; another one has another name, so it is kept for ever."""
    return f"portal.{sha256(_stylesheet()).hexdigest()[:_DIGEST_LENGTH]}.css"


def send_stylesheet() -> Answer:
    """The answer with the stylesheet."""
    return Answer(_stylesheet(), 200, _KEPT, content_type="text/css; charset=utf-8")


@cache
def environment(language: str) -> Environment:
    """The templates with the words of a language."""
    words = translations(ROOM, language)
    return templates.environment(
        ROOM,
        words,
        direction=direction(language),
        file_size=file_size,
        language=language,
        stylesheet=lambda: url_for("portal.stylesheet", name=stylesheet_name()),
        told=lambda problem, label: sentence(problem, label, words),
    )


@cache
def _stylesheet() -> bytes:
    return resources.files(ROOM).joinpath("static", "portal.css").read_bytes()
