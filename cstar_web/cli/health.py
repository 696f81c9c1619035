"""`cstar health`: whether a server does its work, for whatever watches over it."""

import json
from urllib.parse import urlsplit

import click

from cstar_core import check_url
from cstar_web.cli.base import Answer, Usage, answers
from cstar_web.cli.command import Command
from cstar_web.connecting import ANYWHERE
from cstar_web.sending import Answer as Received
from cstar_web.sending import send
from cstar_web.settings import Settings

_EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - compared
_TIMEOUT_MAX = 60


@click.command(
    cls=Command,
    short_help="Ask a server whether it works.",
    examples=(
        "cstar health",
        "cstar health --alive",
        "cstar health https://desk.example.com --timeout 3",
    ),
    reads=("host", "port"),
    exits={1: "it does not work, or does not answer"},
)
@click.argument("url", required=False)
@click.option(
    "--alive", is_flag=True, help="Ask only whether it answers, not whether it can write."
)
@click.option(
    "--timeout",
    metavar="SECONDS",
    type=click.IntRange(1, _TIMEOUT_MAX),
    default=5,
    show_default=True,
    help="How long it may take, at most 60.",
)
@answers
def health(url: str | None, alive: bool, timeout: int) -> Answer:
    """Ask a server whether it works: exit code 0 if it does, 1 if not.

    URL is where it is, such as https://desk.example.com. Without it, the one on this machine is
    asked, at the port of CSTAR_PORT.
    """
    asked = _address(url) + ("/healthz" if alive else "/readyz")
    received = send(asked, {}, b"", method="GET", allowed=ANYWHERE, budget=timeout)
    wrong = _wrong(received)
    data = {
        "ok": wrong is None,
        "url": asked,
        "status": received.status,
        "error": wrong,
        "seconds": round(received.seconds, 3),
    }
    remedy = "; does the server run, and is this where it listens?" if received.error else ""
    return Answer(data, f"{asked}: {wrong or 'ok'}{remedy}", wrong is None)


def _address(url: str | None) -> str:
    """Where the server is, without a path; raises Usage."""
    if url is None:
        return _own_address(Settings.from_environment())
    if problems := check_url("URL", url):
        raise Usage(problems[0].message)
    parts = urlsplit(url)
    if parts.path.strip("/") or parts.query:
        raise Usage("URL must be that of the server, without a path: http://127.0.0.1:8000")
    return f"{parts.scheme}://{parts.netloc}"


def _own_address(settings: Settings) -> str:
    """Where a server with these settings listens, as this machine reaches it."""
    if settings.port == 0:
        raise Usage("CSTAR_PORT is 0, any free port; name the server: cstar health URL")
    host = settings.host.strip("[]")
    host = _EVERY_ADDRESS.get(host, host)
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"


def _wrong(received: Received) -> str | None:
    """What is not as it should be, None if all is well."""
    if received.error is not None:
        return received.error
    try:
        told = json.loads(received.body)
    except (ValueError, RecursionError):
        told = None
    match told:
        case {"success": True, "data": {"status": "ok"}} if received.status == 200:
            return None
        case {"success": False, "error": {"code": str(code), "message": str(message)}}:
            return f"answered {received.status} {code}: {message}"
    return f"answered {received.status}, which is not what a cStar server says"
