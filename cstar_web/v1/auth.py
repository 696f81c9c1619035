"""What the key of a request opens."""

from flask import Blueprint, Response

from cstar_core import ENVIRONMENTS, KEY_TYPES
from cstar_web.calls import Call
from cstar_web.operations import Operation, operation
from cstar_web.shapes import Shape
from cstar_web.v1 import render
from cstar_web.v1.answers import text

blueprint = Blueprint("auth", __name__)


class Whoami(Shape):
    """A key's team, type and environment."""

    team_id = text("The team's id.")
    team_name = text("The team's name.")
    team_slug = text("The team's short name in URLs.")
    key_type = text("Whether the key may write.", enum=KEY_TYPES)
    environment = text("Whether the key opens live or test data.", enum=ENVIRONMENTS)


@operation(
    blueprint,
    Operation(
        method="GET",
        path="/api/v1/auth/whoami",
        name="whoami",
        tag="Authentication",
        summary="What the API key opens",
        key="any",
        answer=Whoami(),
    ),
)
def whoami(call: Call) -> Response:
    return call.answer(render.whoami(call.access))
