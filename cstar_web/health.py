"""Whether the process runs, and whether it can do its work."""

from flask import Blueprint, Response
from marshmallow import fields

from cstar_core import HelpdeskError
from cstar_web.auth import presents_secret_key
from cstar_web.calls import services
from cstar_web.envelope import success
from cstar_web.errors import from_core
from cstar_web.operations import Operation, operation
from cstar_web.shapes import Shape
from cstar_web.v1.answers import text

blueprint = Blueprint("health", __name__)
_RETRY_SECONDS = "1"
_NOT_FOR_ALL = "Only with a secret key."


class Health(Shape):
    """How the server is."""

    status = text(enum=["ok"])


class Alive(Health):
    """That the process answers; for who presents a secret key also what it runs."""

    version = fields.String(metadata={"description": f"The version of cStar. {_NOT_FOR_ALL}"})
    schema = fields.Integer(
        metadata={"minimum": 1, "description": f"The schema of the database. {_NOT_FOR_ALL}"}
    )


@operation(
    blueprint,
    Operation(
        method="GET",
        path="/healthz",
        name="getHealth",
        tag="Server",
        summary="Whether the process answers",
        description="Also tells its versions to who presents a secret key of any team.",
        key="none",
        answer=Alive(),
    ),
)
def healthz() -> Response:
    held, told = services(), dict[str, object](status="ok")
    if presents_secret_key(held.desk, held.limits, held.settings):
        told |= {"version": held.desk.versions().cstar, "schema": held.desk.schema_version}
    return success(told)


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
