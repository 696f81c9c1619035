"""The routes around the API that machines ask: health, readiness and this description."""

from typing import Any

from cstar_web.openapi.components import reference

Json = dict[str, Any]


def _get(name: str, summary: str, responses: Json) -> Json:
    return {
        "get": {
            "operationId": name,
            "tags": ["Server"],
            "summary": summary,
            "security": [],
            "responses": responses,
        }
    }


def _json(description: str, schema: Json) -> Json:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


_NOT_READY = _json("The server cannot write now.", reference("schemas", "Failure"))

SERVER_PATHS: Json = {
    "/openapi.json": _get(
        "getSpecification", "This description", {"200": _json("OpenAPI 3.1.", {"type": "object"})}
    ),
}
