"""The route that is no operation of the API: this description itself."""

from typing import Any

SERVER_PATHS: dict[str, Any] = {
    "/openapi.json": {
        "get": {
            "operationId": "getSpecification",
            "tags": ["Server"],
            "summary": "This description",
            "description": "OpenAPI 3.1; takes no key.",
            "security": [],
            "parameters": [{"$ref": "#/components/parameters/If-None-Match"}],
            "responses": {
                "200": {
                    "description": "The description",
                    "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
                    "content": {"application/json": {"schema": {"type": "object"}}},
                },
                "304": {"description": "Not changed"},
            },
        }
    },
}
