"""The OpenAPI 3.1 description of the API, made from the operations and schemas that validate."""

import json
from typing import Any, cast

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask

from cstar_web.openapi.components import HEADERS, PARAMETERS, SCHEMAS, SECURITY_SCHEMES
from cstar_web.openapi.failures import responses_of
from cstar_web.openapi.paths import Describer
from cstar_web.openapi.server import SERVER_PATHS
from cstar_web.openapi.words import INTRODUCTION, TAGS
from cstar_web.operations import operations

Json = dict[str, Any]

# That of the paths. Anybody may read this, and the version of cStar is not for everybody.
API_VERSION = "1"


def specification(app: Flask) -> Json:
    """The whole description, ready to be written as JSON."""
    plugin = MarshmallowPlugin()
    spec = APISpec("cStar API", API_VERSION, "3.1.0", plugins=[plugin], **_frame())
    declared = operations(app)
    describer = Describer(plugin, declared)
    for operation in declared:
        described = describer.describe(operation)
        spec.path(path=operation.path, operations={operation.method.lower(): described})
    document = spec.to_dict()
    document["paths"] |= SERVER_PATHS
    describer.complete(document["components"]["schemas"])
    whole = _with_components(document, responses_of(declared))
    # Tuples among the schemas' choices become the lists that JSON knows.
    return cast(Json, json.loads(json.dumps(whole)))


def _frame() -> Json:
    return {
        "info": {
            "description": INTRODUCTION,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/", "description": "This server"}],
        "security": [{"apiKey": []}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
    }


def _with_components(document: Json, responses: Json) -> Json:
    components = document["components"]
    components["schemas"] = SCHEMAS | components["schemas"]
    components["parameters"] = PARAMETERS
    components["headers"] = HEADERS
    components["responses"] = responses
    components["securitySchemes"] = SECURITY_SCHEMES
    return document
