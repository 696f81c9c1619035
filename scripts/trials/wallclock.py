"""A server whose rate limits follow the wall clock: the control of the clock that jumps."""

import time

from cstar_web.__main__ import main as cstar
from cstar_web.windows import OwnWindows

MODULE = "scripts.trials.wallclock"


def main() -> None:
    """Run `cstar` with the arguments given."""
    vars(OwnWindows)["__init__"].__defaults__ = (time.time,)
    cstar()


if __name__ == "__main__":
    main()
