"""What the tests of signing in share."""

from typing import Any

from cstar_core import Helpdesk, Member, SignIn, SignIns, Workspace

PASSWORD = "correct horse battery"
OTHER = "another horse battery"
HOME = "192.0.2.7"
AWAY = "198.51.100.9"
ADDRESS = "ada@example.com"


def enter(sign_ins: SignIns, password: str = PASSWORD, **more: Any) -> SignIn:
    return sign_ins.sign_in("acme", ADDRESS, password, **more)


def member_with_password(desk: Helpdesk, acme: Workspace, sign_ins: SignIns) -> Member:
    """A member who has a password, and is signed in nowhere."""
    made = acme.invitations.invite(ADDRESS, name="Ada Park", role="agent")
    begun = sign_ins.accept(made.token, PASSWORD)
    desk.sessions.end_all(begun.member.id)
    return begun.member
