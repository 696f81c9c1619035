"""Which hosts the server answers for: a request for any other was meant for somebody else."""

from collections.abc import Callable

from flask import Flask, request

from cstar_web.errors import Failure
from cstar_web.readers import ANY
from cstar_web.remote import host_of
from cstar_web.settings import Settings

# Whoever watches the server asks it by its address, and learns nothing but that it runs.
_PROBES = ("/healthz", "/readyz")


def restrict_hosts(app: Flask, settings: Settings) -> None:
    """Refuse requests for hosts that are not among the allowed ones, unless all are."""
    if ANY not in settings.allowed_hosts:
        app.before_request(_guard(settings))


def _guard(settings: Settings) -> Callable[[], None]:
    def refuse_foreign_host() -> None:
        named = "HTTP_HOST" in request.environ
        if request.path in _PROBES or (named and settings.allows(host_of(request, settings))):
            return
        raise Failure("REQUEST_INVALID", "This server does not answer for the host of the request")

    return refuse_foreign_host
