"""What the API key of a request opens."""

import re

from flask import request

from cstar_core import Access, Helpdesk, HelpdeskError, Team, parse_id
from cstar_web.errors import Failure
from cstar_web.limits import RateLimits
from cstar_web.remote import client_address, client_network
from cstar_web.settings import Settings

_BEARER = re.compile(r"Bearer +([^\s]+) *\Z", re.IGNORECASE)


def presents_secret_key(desk: Helpdesk, limits: RateLimits, settings: Settings) -> bool:
    """Whether the request has a secret key that works, of any team; it is answered in any case.

    Without a key the database is not asked, and if it cannot be read no key works. What fails is
    counted as elsewhere, so that keys are not guessed here.
    """
    if "HTTP_AUTHORIZATION" not in request.environ:
        return False
    try:
        return authenticate(desk, limits, settings).key.type == "secret"
    except (Failure, HelpdeskError, RuntimeError):  # the last: the desk is being closed
        return False


def authenticate(desk: Helpdesk, limits: RateLimits, settings: Settings) -> Access:
    """The access that the request's key gives; raises the 401, or the 429 after too many."""
    match = _BEARER.match(request.environ.get("HTTP_AUTHORIZATION", ""))
    access = desk.keys.authenticate(match[1]) if match else None
    if access is None:
        limits.charge_failure(client_network(client_address(request, settings)))
        raise Failure(
            "authentication_required",
            "Invalid or expired API key",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return access


def require_team(access: Access, team: str) -> None:
    """The team in the path must be the key's own; any other answers as one that does not exist."""
    if not names_team(access.team, team):
        raise Failure("insufficient_permissions", "This API key does not open that team")


def require_secret(access: Access) -> None:
    """Refuse publishable keys."""
    if access.key.type != "secret":
        raise Failure("insufficient_permissions", "Secret key required for this endpoint")


def names_team(team: Team, text: str) -> bool:
    """Whether the text is the team's id, the same id as a plain UUID, or its slug."""
    if text in (team.id, team.slug):
        return True
    uid = parse_id("team", text)
    return uid is not None and uid == parse_id("team", team.id)
