"""The cookies of the pages. Over https their names begin with `__Host-`, so that no other host of
the same domain can set them."""

from flask import Response, request

from cstar_web.calls import services
from cstar_web.remote import base_url

SESSION = "cstar_session"
# Ties a form to a browser before anybody has signed in with it.
GUEST = "cstar_guest"
# Who has given a password, and still has to give a code.
PENDING = "cstar_code"
LANGUAGE = "cstar_language"
THEME = "cstar_theme"

_YEAR = 365 * 86_400
_LENGTH_MAX = 256


def read_cookie(name: str) -> str:
    """What the browser sent, or nothing."""
    found = request.cookies.get(_named(name), "")
    return found if len(found) <= _LENGTH_MAX else ""


def set_cookie(response: Response, name: str, value: str, seconds: int | None = _YEAR) -> None:
    """Have the browser keep a value; without seconds until it is closed."""
    response.set_cookie(
        _named(name),
        value,
        max_age=seconds,
        path="/",
        secure=is_https(),
        httponly=True,
        samesite="Lax",
    )


def end_cookie(response: Response, name: str) -> None:
    """Have the browser forget a value."""
    set_cookie(response, name, "", 0)


def is_https() -> bool:
    """Whether the browser came by https, as far as the server or a trusted proxy knows."""
    return base_url(request, services().settings).startswith("https:")


def _named(name: str) -> str:
    return f"__Host-{name}" if is_https() else name
