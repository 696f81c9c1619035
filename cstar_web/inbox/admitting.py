"""Who is let in to the pages of a team: a member who is signed in there, and has the role."""

from flask import request

from cstar_core import NotFound
from cstar_web.calls import services
from cstar_web.inbox.cookies import SESSION, read_cookie
from cstar_web.inbox.rendering import address, this_place
from cstar_web.inbox.stopping import Elsewhere, Stopped
from cstar_web.inbox.visits import TeamVisit, has_role

# The header with which a script says that nobody has asked for what it reads.
UNASKED = "X-Unasked"


def admit(team: str, role: str, unasked: bool = False) -> TeamVisit:
    """The visit of a member; raises Elsewhere for who has to sign in, Stopped for a lower role.

    What nobody asked for keeps no session: else a page that is left open would for a month.
    """
    token = read_cookie(SESSION)
    desk = services().desk
    unasked = unasked or UNASKED in request.headers
    signed_in = desk.sessions.find(token, used=not unasked) if token else None
    if signed_in is None or signed_in.team.slug != team:
        after = this_place() if request.method == "GET" else None
        raise Elsewhere(address("sign_in", team=team, next=after))
    if not has_role(signed_in.member, role):
        raise Stopped(403)
    try:
        workspace = desk.workspace_of_member(signed_in.member.id)
    except NotFound:  # removed a moment ago
        raise Elsewhere(address("sign_in", team=team)) from None
    return TeamVisit(
        desk=desk,
        secret=token,
        session=signed_in.session,
        member=signed_in.member,
        team=signed_in.team,
        workspace=workspace,
    )
