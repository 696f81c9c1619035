"""Whether the process runs, and whether it can do its work."""

from flask import Blueprint, Response

from cstar_core import HelpdeskError
from cstar_web.calls import services
from cstar_web.envelope import success
from cstar_web.errors import from_core
from cstar_web.operations import Operation, operation
from cstar_web.shapes import Shape
from cstar_web.v1.answers import text

blueprint = Blueprint("health", __name__)
_RETRY_SECONDS = "1"


class Health(Shape):
    """How the server is."""

    status = text(enum=["ok"])


@operation(
    blueprint,
    Operation(
        method="GET",
        path="/healthz",
        name="getHealth",
        tag="Server",
        summary="Whether the process answers",
        key="none",
        answer=Health(),
    ),
)
def healthz() -> Response:
    return success({"status": "ok"})


@operation(
    blueprint,
    Operation(
        method="GET",
        path="/readyz",
        name="getReadiness",
        tag="Server",
        summary="Whether the database can be written",
        description="Writes to the database and takes it back.",
        key="none",
        answer=Health(),
        errors=("BUSY", "STORAGE_FULL"),
    ),
)
def readyz() -> Response:
    try:
        services().desk.probe()
    except HelpdeskError as error:
        failure = from_core(error)
        failure.status = 503
        failure.headers = {"Retry-After": _RETRY_SECONDS, **failure.headers}
        raise failure from error
    return success({"status": "ok"})
