"""Members who answer, each in a workspace of their own."""

from typing import Any

from cstar_core import Draft, Helpdesk, Workspace


def member(desk: Helpdesk, name: str, role: str = "agent") -> Workspace:
    made = desk.workspace("acme").members.create(name=name, email=f"{name}@example.com", role=role)
    return desk.workspace_of_member(made.id)


def save(room: Workspace, ticket: str, content: str, **more: Any) -> Draft:
    kept = room.drafts.save(ticket, content, **more)
    assert kept is not None
    return kept
