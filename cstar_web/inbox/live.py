"""What happens while a page is open: a stream of events by session, not by key."""

from dataclasses import dataclass

from flask import Response

from cstar_core import EVENT_TYPES, Helpdesk
from cstar_web.following import follow
from cstar_web.inbox.declaring import Page, page
from cstar_web.inbox.signing import TEAM
from cstar_web.inbox.visits import TeamVisit

# What changes a list or a conversation.
TOLD = tuple(each for each in EVENT_TYPES if each.startswith(("ticket.", "message.")))


@dataclass(frozen=True, slots=True)
class SessionHolder:
    """A member at a browser, as long as it is signed in and the role is what it was."""

    desk: Helpdesk
    name: str
    member_id: str
    role: str

    def works(self) -> bool:
        """Whether nobody has signed it out meanwhile, or changed the role."""
        open_ones = self.desk.sessions.list(self.member_id)
        if self.name not in {each.id for each in open_ones}:
            return False
        member = self.desk.workspace_of_member(self.member_id).member
        return member is not None and member.role == self.role


@page(Page(method="GET", path=f"{TEAM}/stream", name="stream", access="viewer", unasked=True))
def stream(visit: TeamVisit) -> Response:
    """Events as the API tells them, after the last one that the browser or its page has seen."""
    holder = SessionHolder(visit.desk, visit.session.id, visit.member.id, visit.member.role)
    return follow(holder, visit.workspace, visit.asked("after") or None, TOLD)
