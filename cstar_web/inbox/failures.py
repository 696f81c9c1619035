"""The pages that tell what went wrong. They read no database, since that may be what went wrong."""

from flask import Flask, Response, request

from cstar_web.answer import Answer
from cstar_web.envelope import request_id
from cstar_web.errors import Failure
from cstar_web.inbox.rendering import moved, page, render
from cstar_web.inbox.stopping import Elsewhere, Kept, Stopped
from cstar_web.inbox.visits import chosen_language, chosen_theme
from cstar_web.watch import CODE

_CODES = {
    400: "REQUEST_INVALID",
    401: "authentication_required",
    403: "insufficient_permissions",
    415: "UNSUPPORTED_MEDIA_TYPE",
}


def failure_page(refused: Failure) -> Response:
    """The page for what the app refuses anywhere."""
    request.environ[CODE] = refused.kind.code
    answer = _page(refused.status, problems=[problem.message for problem in refused.problems])
    answer.headers.extend(refused.headers)
    return answer


def answer_stops(app: Flask) -> None:
    """Have the app answer what ends a visit."""
    app.register_error_handler(Stopped, _stopped)
    app.register_error_handler(Elsewhere, _elsewhere)


def _stopped(stopped: Stopped) -> Response:
    request.environ[CODE] = _CODES.get(stopped.status, "RESOURCE_MISSING")
    return _page(stopped.status, stopped.reason, stopped.kept)


def _elsewhere(error: Elsewhere) -> Response:
    if "HX-Request" not in request.headers:
        return moved(error.location)
    # A script would follow a redirect itself, and put the page where it wanted a part of one.
    answer = Answer(status=204)
    answer.headers["HX-Redirect"] = error.location
    return answer


def _page(
    status: int, reason: str = "", kept: Kept | None = None, problems: object = ()
) -> Response:
    text = render(
        "failure.html",
        chosen_language(),
        chosen_theme(),
        status=status,
        reason=reason,
        kept=kept,
        problems=problems,
        request_id=request_id(),
    )
    return page(text, status)
