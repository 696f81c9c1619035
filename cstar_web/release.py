"""Which version of cStar this is, for the client, which needs the standard library alone."""

from importlib.metadata import PackageNotFoundError, version


def release() -> str:
    """The version that is installed."""
    try:
        return version("cstar")
    except PackageNotFoundError:
        return "unknown"
