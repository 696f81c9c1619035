"""The pages around the API: its description for machines, the documentation made from it, and
an explanation of every error code."""

import json
from http import HTTPStatus

from flask import Blueprint, Response, current_app, render_template, request

from cstar_web.errors import ERRORS
from cstar_web.openapi import specification
from cstar_web.openapi.failures import example_of

# Swagger UI sets its styles from script, so not even style attributes need an exception.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)

pages = Blueprint(
    "pages",
    __name__,
    static_folder="static",
    static_url_path="/docs/static",
    template_folder="templates",
)


@pages.after_request
def _allow_own_files(response: Response) -> Response:
    """The app forbids every file; the pages need those that come with them."""
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    # Pages of other hosts neither load these nor keep a handle on their window.
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


@pages.get("/openapi.json")
def openapi() -> Response:
    response = Response(_specification_bytes(), mimetype="application/json")
    response.add_etag()
    response.cache_control.no_cache = True
    response.make_conditional(request)
    return response


@pages.get("/docs")
def docs() -> str:
    whoami = f"{request.script_root}/api/v1/auth/whoami"
    return render_template("docs.html", page="docs", whoami=whoami)


@pages.get("/docs/errors")
def errors() -> str:
    kinds = sorted(ERRORS.values(), key=lambda kind: (kind.status, kind.code))
    phrases = {status.value: status.phrase for status in HTTPStatus}
    example = example_of(ERRORS["PARAMETER_MISSING"], request.url_root.rstrip("/"))
    return render_template(
        "errors.html",
        page="errors",
        errors=kinds,
        phrases=phrases,
        example=json.dumps(example, indent=2),
    )


def _specification_bytes() -> bytes:
    cache: dict[str, bytes] = current_app.extensions.setdefault("openapi", {})
    if "bytes" not in cache:
        document = specification(current_app)
        cache["bytes"] = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return cache["bytes"]
