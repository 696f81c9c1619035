"""The web application around one desk."""

import logging
from functools import partial

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from cstar_core import Helpdesk, HelpdeskError
from cstar_web import health, metrics, pages, v1
from cstar_web.answer import Answer
from cstar_web.body import BODY_MAX
from cstar_web.calls import Services, install, services
from cstar_web.envelope import failure, request_id
from cstar_web.errors import Failure, from_core, from_http, internal_error
from cstar_web.headers import API, finish
from cstar_web.hosts import restrict_hosts
from cstar_web.inbox import add_inbox, failure_page, is_page
from cstar_web.limits import RateLimits
from cstar_web.operations import Segment, operations
from cstar_web.portal import add_portal, customers_failure_page, is_for_customers
from cstar_web.remote import base_url
from cstar_web.seats import Seats
from cstar_web.settings import Settings
from cstar_web.streams import Streams
from cstar_web.v1.events import written
from cstar_web.watch import Watch

_log = logging.getLogger("cstar.web")


class App(Flask):
    """Flask without its own HTML: OPTIONS is answered with nothing but headers."""

    response_class = Answer

    def make_default_options_response(self) -> Response:
        """Which methods the URL takes, without a body."""
        response = super().make_default_options_response()
        response.status_code = 204
        del response.headers["Content-Type"]
        return response


def create_app(
    desk: Helpdesk, settings: Settings | None = None, watch: Watch | None = None
) -> Flask:
    """An application that serves `desk`; two of them in one process share nothing.

    `watch` counts its requests and logs them; without one they are counted where the settings
    ask for `/metrics`, and not logged.
    """
    settings = settings or Settings()
    watch = watch or Watch(settings)
    app = App("cstar_web", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = BODY_MAX + 1
    # A URL with a double slash is an unknown URL, not a redirect in HTML.
    app.url_map.merge_slashes = False
    app.url_map.converters["beside_bulk"] = Segment
    streams = Streams(Seats(settings.stream_listeners), written, watch.listen)
    install(app, Services(desk, settings, RateLimits(settings), watch, streams))
    for blueprint in (*v1.BLUEPRINTS, health.blueprint, pages.pages):
        app.register_blueprint(blueprint)
    if settings.metrics_token and not settings.metrics_address:
        app.register_blueprint(metrics.blueprint)
    require_operations(app)
    add_inbox(app)
    add_portal(app)
    _answer_errors(app)
    restrict_hosts(app, settings)
    app.after_request(partial(finish, origins=settings.cors_origins))
    paths = {each.name: each.path for each in operations(app)}
    app.wsgi_app = watch.around(app, paths)  # type: ignore[method-assign, assignment]
    return app


def require_operations(app: Flask) -> None:
    """Refuse to make an app with a route of the API that declares no policy."""
    declared = {(each.rule, each.method) for each in operations(app)}
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            if rule.rule.startswith(API) and (rule.rule, method) not in declared:
                raise RuntimeError(f"{method} {rule.rule} is not declared as an operation")


def _answer_errors(app: Flask) -> None:
    app.register_error_handler(Failure, _answer)
    app.register_error_handler(HelpdeskError, _answer_core)
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(Exception, _answer_unforeseen)


def _answer(refused: Failure) -> Response:
    # What is lost is no fault of who asks, and the only one who can help reads the log.
    if refused.status >= 500 or refused.kind.code == "FILE_LOST":
        cause = refused.__cause__ or refused.message
        _log.error("Request %s failed: %s", request_id(), cause)
    return _envelope(refused)


def _answer_core(error: HelpdeskError) -> Response:
    refused = from_core(error)
    refused.__cause__ = error
    return _answer(refused)


def _answer_http(error: HTTPException) -> Response:
    return _answer(from_http(error))


def _answer_unforeseen(error: Exception) -> Response:
    _log.error("Request %s met an unforeseen error", request_id(), exc_info=error)
    return _envelope(internal_error())


def _envelope(refused: Failure) -> Response:
    if is_page(request.path):
        return failure_page(refused)
    if is_for_customers(request.path):
        return customers_failure_page(refused)
    return failure(refused, base_url(request, services().settings))
