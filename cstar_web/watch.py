"""Watches the requests of an app from outside it: for the access log and for what is counted."""

import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask
from werkzeug.routing import Rule

from cstar_web.access import AccessLog, known_method
from cstar_web.counters import UNKNOWN, Counters, Series
from cstar_web.params import template
from cstar_web.remote import address_of
from cstar_web.settings import Settings

Headers = list[tuple[str, str]]

# Where the app leaves what it finds out about a request.
KEY = "cstar.key"
CODE = "cstar.code"

_BODILESS = (204, 304)


class Watch:
    """What is done about each request of a server: it is counted, and has a line in the log."""

    def __init__(
        self,
        settings: Settings,
        *,
        log: AccessLog | None = None,
        counters: Counters | None = None,
    ) -> None:
        self._settings = settings
        self._log = log
        self.counters = counters or Counters(1)
        self._counts = settings.metrics
        self._routes: dict[tuple[str, str], Series] = {}
        self.attach(0)

    def attach(self, number: int) -> None:
        """Count as the process of this number."""
        self.counters.attach(number)

    def around(self, app: Flask, paths: Mapping[str, str]) -> WSGIApplication:
        """The app as it is watched; itself, if there is nothing to do.

        `paths` are the routes of operations as the API writes them, by the operation's name.
        """
        if not self._counts and self._log is None:
            return app.wsgi_app
        self._routes = dict(_routes(app, paths))
        self.counters.know(self._routes.values())
        return _Watched(self, app.wsgi_app)

    def begin(self) -> None:
        """A request has reached the app."""
        if self._counts:
            self.counters.begin()

    def finish(
        self,
        environ: WSGIEnvironment,
        status: int,
        headers: Headers,
        rule: Rule | None,
        seconds: float,
    ) -> None:
        """The app has answered it, by this route if one took it."""
        method = environ["REQUEST_METHOD"]
        series = None if rule is None else self._routes.get((rule.endpoint, method))
        code = environ.get(CODE)
        if self._counts:
            self.counters.finish(series or UNKNOWN, status, seconds, code)
        if self._log is None:
            return
        request_id, size = "-", 0
        for name, value in headers:
            if name == "X-Request-Id":
                request_id = value
            elif name == "Content-Length" and method != "HEAD" and status not in _BODILESS:
                size = int(value)
        self._log.note(
            request_id,
            known_method(method),
            status,
            seconds,
            size,
            address_of(environ, self._settings),
            None if series is None else series[0],
            environ.get(KEY),
            code,
        )

    def refuse(
        self,
        code: str,
        status: int,
        *,
        request_id: str,
        method: str,
        seconds: float,
        size: int,
        client: str,
    ) -> None:
        """The server has refused a request before the app saw it."""
        if self._counts:
            self.counters.count(UNKNOWN, status, seconds, code)
        if self._log is not None:
            method = known_method(method)
            self._log.note(request_id, method, status, seconds, size, client, None, None, code)

    def hold(self, connections: int, cut: int) -> None:
        """So many connections are open, and so many more were cut."""
        if self._counts:
            self.counters.hold(connections, cut)

    def listen(self, listeners: int) -> None:
        """So many listeners follow the events."""
        if self._counts:
            self.counters.listen(listeners)


class _Watched:
    """An app that says when it begins and has finished to answer."""

    def __init__(self, watch: Watch, app: WSGIApplication) -> None:
        self._watch = watch
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        status, rule = "500", None
        sent: Headers = []

        def start_seen(line: str, headers: Headers, *error: Any) -> Any:
            nonlocal status, sent, rule
            status, sent = line, headers
            # Flask takes its request out of the environment before it returns.
            request = environ.get("werkzeug.request")
            rule = None if request is None else request.url_rule
            return start(line, headers, *error)

        began = time.perf_counter()
        self._watch.begin()
        try:
            return self._app(environ, start_seen)
        finally:
            seconds = time.perf_counter() - began
            self._watch.finish(environ, int(status[:3]), sent, rule, seconds)


def _routes(app: Flask, paths: Mapping[str, str]) -> Iterator[tuple[tuple[str, str], Series]]:
    """The series of each endpoint and method, in an order that only depends on the code."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint)):
        path = paths.get(rule.endpoint.rpartition(".")[2]) or template(rule.rule)
        for method in sorted(rule.methods or ()):
            yield (rule.endpoint, method), (path, method)
