"""The `cstar` command, which says what to install where only the library is there."""

import sys
from collections.abc import Callable

_WEB = {"apispec", "click", "flask", "flask_limiter", "limits", "marshmallow", "waitress"}

_run: Callable[..., object] | None = None
try:
    from cstar_web.cli import main as _run
except ImportError as error:
    if (error.name or "").partition(".")[0] not in _WEB:
        raise


def main() -> None:
    """Run the command line."""
    if _run is None:
        sys.exit("cstar: the library is installed, the server is not; pip install 'cstar[web]'")
    _run(prog_name="cstar")


if __name__ == "__main__":
    main()
