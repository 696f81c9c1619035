"""The headers that every answer carries, whoever made it."""

from flask import request

from cstar_web.answer import Answer
from cstar_web.cors import allow_origin
from cstar_web.envelope import request_id

API = "/api/"
# Where a request's environ holds the headers that tell how often its key may ask.
RATE_HEADERS = "cstar.rate_headers"

_VARIES = ("Vary", "Authorization")
# An object with a tag may be kept by the client, and asked for again with If-None-Match.
_KEPT = ("Cache-Control", "private, no-cache")
_NOT_KEPT = ("Cache-Control", "no-store")
HARDENED = (
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
)


def finish(response: Answer, origins: tuple[str, ...]) -> Answer:
    """Complete an answer; what it says itself of its caching and its contents stays."""
    present = {name for name, _ in response.headers}
    environ = request.environ
    added = [("X-Request-Id", request_id()), *environ.get(RATE_HEADERS, ())]
    if environ["PATH_INFO"].startswith(API):
        added.append(_VARIES)
    added.append(_KEPT if "ETag" in present else _NOT_KEPT)
    added += HARDENED
    response.common = [header for header in added if header[0] not in present]
    if origins:
        allow_origin(origins, request, response)
    return response
