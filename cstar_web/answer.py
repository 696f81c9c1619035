"""The response class of the app."""

from collections.abc import Iterable, Sequence
from typing import Any

from flask import Response

Header = tuple[str, str]

_BODILESS = (204, 304)


class Answer(Response):
    """A response with headers that are added last and as they are.

    werkzeug checks each header when it is set and once more when it is sent; what every answer
    carries is known to be right.
    """

    common: Sequence[Header] = ()

    def get_wsgi_response(
        self, environ: dict[str, Any]
    ) -> tuple[Iterable[bytes], str, list[Header]]:
        """The body, the status line and the headers, as WSGI takes them."""
        # werkzeug would also rewrite a Location; ours is a path that the router has read.
        if self.status_code in _BODILESS or "Content-Length" not in self.headers:
            body, status, headers = super().get_wsgi_response(environ)
            return body, status, [*headers, *self.common]
        return self.get_app_iter(environ), self.status, [*self.headers, *self.common]
