"""cStar over HTTP: the REST API, its documentation, the server and the command line.

Importing this package needs nothing: ``cstar_web.app.create_app`` makes the application and
``cstar_web.settings.Settings`` configures it, and both need the extra ``web``.
"""
