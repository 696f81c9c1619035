"""The server under test: the product's own command, and in its app one route that does nothing."""

import importlib

from flask import Flask, Response

from cstar_core import Helpdesk
from cstar_web.__main__ import main as cstar
from cstar_web.app import create_app
from cstar_web.settings import Settings
from cstar_web.watch import Watch
from scripts.benchmark.operations import FLOOR, FLOOR_PATH

# The limiter counts every request, but never refuses one.
UNREACHED_LIMIT = "1000000000/hour"


def make_app(desk: Helpdesk, settings: Settings | None = None, watch: Watch | None = None) -> Flask:
    """The product's app with the floor beside its own routes."""
    app = create_app(desk, settings, watch)
    app.add_url_rule(FLOOR_PATH, endpoint=FLOOR, view_func=_hello)
    return app


def _hello() -> Response:
    return Response(b'{"hello":"world"}', content_type="application/json")


def main() -> None:
    """Run `cstar` with the arguments given, serving an app that has the floor."""
    command = importlib.import_module("cstar_web.cli.serve")
    vars(command)["create_app"] = make_app
    cstar()


if __name__ == "__main__":
    main()
