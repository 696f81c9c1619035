"""Every error the API answers with, in one table, and the only place where the errors of the core
and of Flask become statuses and codes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from werkzeug.exceptions import HTTPException

from cstar_core import (
    Busy,
    Conflict,
    FileLost,
    Forbidden,
    HelpdeskError,
    Invalid,
    MailConflict,
    MergeConflict,
    NotFound,
    Problem,
    StaleVersion,
    StorageFull,
)
from cstar_web.names import camel_case

MISSING = "PARAMETER_MISSING"
INVALID = "PARAMETER_INVALID"
UNKNOWN = "PARAMETER_UNKNOWN"


@dataclass(frozen=True, slots=True)
class ErrorKind:
    """One code: its status and type, what it means, and what a client should do about it."""

    status: int
    type: str
    code: str
    meaning: str
    remedy: str


_KINDS = (
    ErrorKind(
        400,
        "validation_error",
        MISSING,
        "A required parameter is absent, null or blank.",
        "Send the parameter that `param` names.",
    ),
    ErrorKind(
        400,
        "validation_error",
        INVALID,
        "A parameter has the wrong type, value or size.",
        "The message says what is allowed; when several things are wrong, `errors` lists them all.",
    ),
    ErrorKind(
        400,
        "validation_error",
        UNKNOWN,
        "The body or the query has a name that this endpoint does not know.",
        "Correct the name; the message suggests the nearest one that exists.",
    ),
    ErrorKind(
        400,
        "validation_error",
        "BODY_INVALID",
        "The body is not a JSON object that can be read without guessing: broken JSON, NaN or "
        "Infinity, the same name twice, half a surrogate pair, nesting deeper than 32, or an "
        "integer beyond 64 bits.",
        "Send one JSON object in UTF-8; the message says what stood in the way.",
    ),
    ErrorKind(
        400,
        "validation_error",
        "REQUEST_INVALID",
        "The HTTP request itself cannot be taken: it is malformed or ambiguous (400), took too "
        "long to arrive (408), has too large a head (431), or an encoding unknown here (501).",
        "Use an ordinary HTTP/1.1 client; the message says what stood in the way.",
    ),
    ErrorKind(
        401,
        "authentication_error",
        "authentication_required",
        "No API key was sent, or the key is unknown, expired or revoked.",
        "Send `Authorization: Bearer` and a valid key; keys are made with `cstar key create`.",
    ),
    ErrorKind(
        403,
        "authorization_error",
        "insufficient_permissions",
        "The key is valid but not for this: a publishable key where a secret one is needed, or "
        "another team's path.",
        "Use a secret key, and the id or slug of the team that the key belongs to.",
    ),
    ErrorKind(
        404,
        "not_found_error",
        "RESOURCE_MISSING",
        "There is no such object in the data that this key opens.",
        "Check the id, and whether it belongs to live or to test data.",
    ),
    ErrorKind(
        404,
        "not_found_error",
        "ROUTE_MISSING",
        "No endpoint has this URL.",
        "Check the path; it has no trailing slash and starts with `/api/v1`.",
    ),
    ErrorKind(
        405,
        "validation_error",
        "METHOD_NOT_ALLOWED",
        "The URL exists but does not take this method.",
        "Use one of the methods in the `Allow` header.",
    ),
    ErrorKind(
        409,
        "conflict_error",
        "RESOURCE_EXISTS",
        "Another object already has this custom-field key or email address.",
        "Use the object that exists, or choose another value.",
    ),
    ErrorKind(
        409,
        "conflict_error",
        "MERGE_CONFLICT",
        "The ticket is merged into another one, or is not, and the request needs the opposite.",
        "Go on with the ticket that `mergedInto` names, or unmerge the ticket first.",
    ),
    ErrorKind(
        409,
        "conflict_error",
        "MAIL_CONFLICT",
        "The mail is settled otherwise than the request needs, or was forgotten with its ticket.",
        "Look at its `verdict` and `hasRaw`: only what failed is tried again, only what has become "
        "no message is released. Of mail that goes out look at its `state`.",
    ),
    ErrorKind(
        409,
        "conflict_error",
        "IDEMPOTENCY_IN_PROGRESS",
        "A request with the same `Idempotency-Key` is still being answered.",
        "Wait a moment and send the same request again to get its answer.",
    ),
    ErrorKind(
        410,
        "not_found_error",
        "FILE_LOST",
        "The bytes of an attachment or of a mail are missing on the server's disk, or damaged.",
        "Tell whoever runs this server: `cstar check` says what is lost, and a backup may have it.",
    ),
    ErrorKind(
        412,
        "conflict_error",
        "STALE_VERSION",
        "The object changed since it was read: `If-Match` is not its present `ETag`.",
        "Read the object again, apply the change to what it is now, and send the new `ETag`.",
    ),
    ErrorKind(
        413,
        "validation_error",
        "PAYLOAD_TOO_LARGE",
        "The body is larger than the endpoint takes: 1 MiB, and more only where files are sent.",
        "Send less in one request.",
    ),
    ErrorKind(
        415,
        "validation_error",
        "UNSUPPORTED_MEDIA_TYPE",
        "The body is not declared as JSON.",
        "Send `Content-Type: application/json`.",
    ),
    ErrorKind(
        422,
        "validation_error",
        "IDEMPOTENCY_KEY_REUSED",
        "This `Idempotency-Key` was used before with another method, path or body.",
        "Make a new key for every new request, and keep it for retries of the same one.",
    ),
    ErrorKind(
        429,
        "rate_limit_error",
        "rate_limit_exceeded",
        "The key has used up its requests, or this address has failed to authenticate too often.",
        "Wait for as many seconds as `Retry-After` says.",
    ),
    ErrorKind(
        500,
        "api_error",
        "INTERNAL_ERROR",
        "Something failed that should not have; nothing of the request was kept.",
        "Give the `request_id` to whoever runs this server: the log explains the failure under it.",
    ),
    ErrorKind(
        503,
        "api_error",
        "BUSY",
        "The database was locked by another writer for too long, and nothing was written; or as "
        "many listeners follow the events, or as many large bodies arrive, as may.",
        "Send the request again after as many seconds as `Retry-After` says.",
    ),
    ErrorKind(
        503,
        "api_error",
        "STORAGE_FULL",
        "The server's disk is full or fails; nothing was written. Reading still works.",
        "Tell whoever runs this server to free space, then send the request again.",
    ),
)
ERRORS: Mapping[str, ErrorKind] = {kind.code: kind for kind in _KINDS}

_HTTP_CODES = {
    404: "ROUTE_MISSING",
    405: "METHOD_NOT_ALLOWED",
    413: "PAYLOAD_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
}
_BUSY_SECONDS = 1
_FULL_SECONDS = 60


class Failure(Exception):
    """A request that is refused, as the envelope will say it."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        param: str | None = None,
        problems: tuple[Problem, ...] = (),
        headers: Mapping[str, str] | None = None,
        retry_after: int | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = ERRORS[code]
        self.message = message
        self.param = param
        self.problems = problems
        self.headers = headers or {}
        self.retry_after = retry_after
        self.status = status or self.kind.status


def refused(problems: Iterable[Problem]) -> Failure:
    """The 400 for values that break rules; the first problem stands for all of them."""
    found = tuple(problems)
    first = found[0]
    return Failure(first.code, first.message, param=first.param, problems=found)


def too_large(most: int) -> Failure:
    """The 413 for a body of more bytes than these.

    >>> too_large(26_214_400).message
    'The request body is larger than 25 MiB'
    """
    return Failure("PAYLOAD_TOO_LARGE", f"The request body is larger than {most >> 20} MiB")


def invalid(param: str, rule: str) -> Failure:
    """The 400 for a single value that is not allowed."""
    return refused([Problem(param, INVALID, rule)])


def public_problem(problem: Problem) -> Problem:
    """The same problem with its parameter as the API spells it.

    >>> public_problem(Problem("custom_fields.my_key", INVALID, "must be a string")).param
    'customFields.my_key'
    """
    first, dot, rest = problem.param.partition(".")
    return replace(problem, param=f"{camel_case(first)}{dot}{rest}")


def from_core(error: HelpdeskError) -> Failure:
    """What the core refused, in the API's terms."""
    if isinstance(error, Invalid):
        return refused(public_problem(problem) for problem in error.problems)
    if isinstance(error, NotFound):
        return Failure("RESOURCE_MISSING", str(error))
    if isinstance(error, StaleVersion):
        return Failure("STALE_VERSION", str(error))
    if isinstance(error, MailConflict):
        return Failure("MAIL_CONFLICT", str(error))
    if isinstance(error, MergeConflict):
        return Failure("MERGE_CONFLICT", str(error))
    if isinstance(error, Conflict):
        param = camel_case(error.param) if error.param else None
        return Failure("RESOURCE_EXISTS", str(error), param=param)
    if isinstance(error, Forbidden):
        return Failure("insufficient_permissions", "Secret key required for this endpoint")
    if isinstance(error, FileLost):
        return Failure("FILE_LOST", str(error))
    if isinstance(error, Busy):
        return _unavailable("BUSY", "The server is busy. Try again", _BUSY_SECONDS)
    if isinstance(error, StorageFull):
        return _unavailable("STORAGE_FULL", "The server's storage is full", _FULL_SECONDS)
    return internal_error()


def from_http(error: HTTPException) -> Failure:
    """What Flask or Werkzeug refused before a view ran."""
    status = error.code or 500
    if status >= 500:
        return internal_error()
    code = _HTTP_CODES.get(status, "REQUEST_INVALID")
    message = _HTTP_MESSAGES.get(code) or str(error.description)
    return Failure(code, message, headers=_allow_header(error), status=status)


def internal_error() -> Failure:
    """The 500 that tells a stranger nothing."""
    return Failure(
        "INTERNAL_ERROR", "Something went wrong on the server; its log says what, by request id"
    )


def too_many(seconds: int) -> Failure:
    """The 429, with the wait in the message, the header and the body."""
    return Failure(
        "rate_limit_exceeded",
        f"Rate limit exceeded. Try again in {seconds} seconds",
        headers={"Retry-After": str(seconds)},
        retry_after=seconds,
    )


_HTTP_MESSAGES = {
    "ROUTE_MISSING": "No such endpoint",
    "METHOD_NOT_ALLOWED": "This endpoint does not take that method",
    "PAYLOAD_TOO_LARGE": "The request body is larger than 1 MiB",
    "UNSUPPORTED_MEDIA_TYPE": "Send the body as Content-Type: application/json",
}


def _unavailable(code: str, message: str, seconds: int) -> Failure:
    return Failure(code, message, headers={"Retry-After": str(seconds)})


def _allow_header(error: HTTPException) -> dict[str, str]:
    methods = getattr(error, "valid_methods", None)
    return {"Allow": ", ".join(sorted(methods))} if methods else {}
