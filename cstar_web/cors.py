"""Cross-origin access for the web origins that the settings allow."""

from flask import Request, Response

ANY = "*"
METHODS = "GET, POST, PUT, PATCH, DELETE"
REQUEST_HEADERS = (
    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, "
    "X-Request-Id"
)
EXPOSED_HEADERS = (
    "ETag, Idempotent-Replayed, Location, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, "
    "X-RateLimit-Reset, X-RateLimit-Window, X-Request-Id"
)
MAX_AGE_SECONDS = "600"


def allow_origin(origins: tuple[str, ...], request: Request, response: Response) -> None:
    """Let a page of an allowed origin read the answer, and say what its requests may carry."""
    if ANY not in origins:
        response.headers.add("Vary", "Origin")
    origin = request.headers.get("Origin", "")
    if not origin or (ANY not in origins and origin.lower() not in map(str.lower, origins)):
        return
    response.headers["Access-Control-Allow-Origin"] = ANY if ANY in origins else origin
    response.headers["Access-Control-Expose-Headers"] = EXPOSED_HEADERS
    if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
        response.headers["Access-Control-Allow-Methods"] = METHODS
        response.headers["Access-Control-Allow-Headers"] = REQUEST_HEADERS
        response.headers["Access-Control-Max-Age"] = MAX_AGE_SECONDS
