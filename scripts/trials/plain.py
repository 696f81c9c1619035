"""The same app under waitress as it comes, without the bounds: the control of what is hostile."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask
from waitress.server import create_server

from cstar_web.__main__ import main as cstar
from cstar_web.settings import Settings


@dataclass
class _Listening:
    url: str


def serve(app: Flask, settings: Settings, *, ready: Callable[[Any], None], **_how: Any) -> None:
    """Serve with waitress's own defaults, but for the number of threads."""
    server: Any = create_server(app, host="127.0.0.1", port=0, threads=settings.threads)
    ready(_Listening(f"http://127.0.0.1:{server.effective_port}"))
    server.run()


def main() -> None:
    """Run `cstar` with the arguments given, on such a server."""
    vars(importlib.import_module("cstar_web.cli.serve"))["run_server"] = serve
    cstar()


if __name__ == "__main__":
    main()
