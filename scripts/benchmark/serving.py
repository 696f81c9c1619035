"""The server under test: the whole product, and one route that does nothing, as the floor."""

import sys

from flask import Response

from cstar_core import Helpdesk
from cstar_web.app import create_app
from cstar_web.server import serve
from cstar_web.settings import Settings

FLOOR = "/floor"
UNREACHED_LIMIT = "1000000000/hour"


def main() -> None:
    """Serve the database named first on the port named second until SIGTERM."""
    settings = Settings(
        database=sys.argv[1], port=int(sys.argv[2]), secret_key_limit=UNREACHED_LIMIT
    )
    with Helpdesk.open(settings.database) as desk:
        app = create_app(desk, settings)
        app.add_url_rule(
            FLOOR,
            endpoint="floor",
            view_func=lambda: Response(b'{"hello":"world"}', content_type="application/json"),
        )
        serve(app, settings)


if __name__ == "__main__":
    main()
