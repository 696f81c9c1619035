"""Everything that the client raises on purpose.

CStarError
├── ValidationError       a value, a body or a request that is not allowed
├── AuthenticationError   no key, or one that is unknown, expired or revoked
├── AuthorizationError    the key is valid but not for this
├── NotFoundError         no such object in the data that the key opens
├── ConflictError         something is taken, or has changed since it was read
├── RateLimitError        too many requests; ``retry_after`` says how long to wait
├── ApiError              the server, or a proxy before it, failed
├── AnswerError           the answer is not one of cStar's, or too large
└── NetworkError          no whole answer came; whether the request was carried out is unknown
    └── TimedOut          none came in time
"""

from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken rule; ``param`` is a path as the API writes it: ``customFields.region``."""

    code: str
    message: str
    param: str | None = None


class CStarError(Exception):
    """Base of every error of the client. What the answer does not say is None, or ().

    ``status`` is the HTTP status, ``code`` the stable word for what is wrong, ``param`` the path of
    the value that is, ``errors`` everything that is wrong, ``request_id`` the name of the request
    in the server's log, ``retry_after`` the seconds to wait before the next try.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        request_id: str | None = None,
        status: int | None = None,
        errors: tuple[Problem, ...] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.param = param
        self.request_id = request_id
        self.status = status
        self.errors = errors
        self.retry_after = retry_after


class ValidationError(CStarError):
    """A value, a body or a request that is not allowed (`validation_error`)."""


class AuthenticationError(CStarError):
    """No key, or one that is unknown, expired or revoked (`authentication_error`)."""


class AuthorizationError(CStarError):
    """The key is valid but not for this (`authorization_error`)."""


class NotFoundError(CStarError):
    """No such object in the data that the key opens, or no such URL, or a file whose bytes are lost
    (`not_found_error`)."""


class ConflictError(CStarError):
    """An address or key is taken, or the object has changed since (`conflict_error`)."""


class RateLimitError(CStarError):
    """Too many requests (`rate_limit_error`)."""


class ApiError(CStarError):
    """The server, or a proxy before it, failed (`api_error`)."""


class AnswerError(CStarError):
    """The answer is not one of cStar's, leads elsewhere, or is too large."""


class NetworkError(CStarError):
    """No whole answer came. Whether the request was carried out is unknown."""


class TimedOut(NetworkError):
    """No whole answer came in time."""


_BY_TYPE: Mapping[object, type[CStarError]] = {
    "validation_error": ValidationError,
    "authentication_error": AuthenticationError,
    "authorization_error": AuthorizationError,
    "not_found_error": NotFoundError,
    "conflict_error": ConflictError,
    "rate_limit_error": RateLimitError,
    "api_error": ApiError,
}
# What an answer means that something before the server gave.
_BY_STATUS: Mapping[int, type[CStarError]] = {
    401: AuthenticationError,
    403: AuthorizationError,
    404: NotFoundError,
    429: RateLimitError,
}


def refusal(status: int, headers: Message, body: object) -> CStarError:
    """What an answer of 400 and above says; ``body`` is its JSON, or None if it has none."""
    said = body.get("error") if isinstance(body, dict) else None
    if not isinstance(said, dict) or not isinstance(said.get("message"), str):
        kind = _BY_STATUS.get(status, ApiError if status >= 500 else AnswerError)
        message = f"the server answered {status}, and not as cStar does"
        return kind(message, status=status, retry_after=retry_after(headers))
    return told(said, status, retry_after(headers))


def told(
    said: Mapping[str, Any], status: int | None = None, wait: float | None = None
) -> CStarError:
    """An error as the API tells of it."""
    # A type that came later is known by its status, as far as that goes.
    kind = _BY_TYPE.get(said.get("type")) or _BY_STATUS.get(status or 0, ApiError)
    return kind(
        str(said["message"]),
        code=said.get("code"),
        param=said.get("param"),
        request_id=said.get("request_id"),
        status=status,
        errors=_problems(said),
        retry_after=wait,
    )


def _problems(said: Mapping[str, Any]) -> tuple[Problem, ...]:
    listed = said.get("errors") or [said]
    return tuple(
        Problem(str(each.get("code")), str(each.get("message")), each.get("param"))
        for each in listed
        if isinstance(each, dict)
    )


def retry_after(headers: Message) -> float | None:
    """The seconds that `Retry-After` asks for; an instant counts from the answer's `Date`.

    >>> headers = Message()
    >>> headers["Retry-After"] = "Wed, 10 Dec 2025 14:30:05 GMT"
    >>> headers["Date"] = "Wed, 10 Dec 2025 14:30:00 GMT"
    >>> retry_after(headers)
    5.0
    """
    asked = headers.get("Retry-After", "").strip()
    if asked.isascii() and asked.isdigit():
        return float(asked[:9])
    try:
        later = parsedate_to_datetime(asked) - parsedate_to_datetime(headers.get("Date", ""))
    except (TypeError, ValueError):
        return None
    return max(0.0, later.total_seconds())
