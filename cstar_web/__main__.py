"""The `cstar` command, which says what to install where only the library is there."""

import os
import signal
import sys
from collections.abc import Callable
from importlib.util import find_spec

_WEB = ("apispec", "click", "flask", "flask_limiter", "limits", "marshmallow", "orjson", "waitress")

_INTERRUPTED = 130

_run: Callable[..., object] | None = None
try:
    # Looked for all at once: each command imports only what it needs.
    if all(map(find_spec, _WEB)):
        from cstar_web.cli import main as _run
except KeyboardInterrupt:
    sys.exit(_INTERRUPTED)


def main() -> None:
    """Run the command line."""
    if _run is None:
        sys.exit(
            "cstar: the library is installed, the server is not; "
            "install it again with its extra: pip install '/path/to/cstar[web]'"
        )
    try:
        _run(prog_name="cstar")
    except SystemExit as leaving:
        if leaving.code == _INTERRUPTED:
            _die_interrupted()
        raise


def _die_interrupted() -> None:
    """End as Ctrl-C ends a program, so that a shell's loop around it ends too."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__":
    main()
