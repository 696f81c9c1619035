"""cStar over HTTP: the REST API, its documentation, the server and the command line."""

from cstar_web.app import create_app
from cstar_web.settings import Settings, SettingsError

__all__ = ["Settings", "SettingsError", "create_app"]
