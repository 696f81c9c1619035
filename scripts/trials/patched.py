"""The product with other pragmas, named in the environment: for controls, never for users."""

import os

from cstar_core.store.connections import PRAGMAS
from cstar_web.__main__ import main as cstar

MODULE = "scripts.trials.patched"
NAME = "TRIAL_PRAGMAS"


def pragmas(**wanted: str | int) -> dict[str, str]:
    """The environment that makes this program use them."""
    return {NAME: " ".join(f"{name}={value}" for name, value in wanted.items())}


def main() -> None:
    """Run `cstar` with the arguments given."""
    for each in os.environ.pop(NAME).split():
        name, _, value = each.partition("=")
        PRAGMAS[name] = value
    cstar()


if __name__ == "__main__":
    main()
