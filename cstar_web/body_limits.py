"""How large a body each route takes. The server asks before it reads one."""

from collections.abc import Callable
from typing import BinaryIO, cast

from flask import Flask, request
from flask.sansio.app import App
from werkzeug.exceptions import HTTPException

from cstar_web.body import BODY_MAX
from cstar_web.errors import too_large

# The method and the path of a request, and how many bytes it may bring.
BodyLimit = Callable[[str, str], int]

_REGISTRY = "cstar.body_limits"


def take_up_to(app: App, endpoint: str, most: int) -> None:
    """Let a route take larger bodies than the others do."""
    if most > BODY_MAX:
        app.extensions.setdefault(_REGISTRY, {})[endpoint] = most


def body_limit(app: Flask) -> BodyLimit:
    """How many bytes the routes of an app take."""
    known: dict[str, int] = app.extensions.get(_REGISTRY, {})
    routes = app.url_map.bind("")

    def limit(method: str, path: str) -> int:
        try:
            endpoint, _ = routes.match(path, method)
        except HTTPException:
            return BODY_MAX
        return known.get(endpoint, BODY_MAX)

    return limit


def open_body(most: int) -> BinaryIO:
    """The body as a stream, which ends after so many bytes; raises the 413 for more of them."""
    if (request.content_length or 0) > most:
        raise too_large(most)
    # A stream that is read to its very limit cannot tell that nothing is left.
    request.max_content_length = most + 1
    return cast(BinaryIO, request.stream)
