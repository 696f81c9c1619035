"""The tools that write, which an assistant has only where it was allowed. Nothing that they write
reaches a customer: there is no tool that sends, and messages of theirs are internal.
"""

from collections.abc import Callable, Sequence

from cstar_core import NAME_MAX, Invalid, Problem, StaleVersion, Workspace, parse_tags
from cstar_web.mcp import arguments, shapes
from cstar_web.mcp.reading import Result

DRAFT = "Draft reply, not sent:\n\n"
_TRIES = 3


def add_note(workspace: Workspace, given: arguments.Write) -> Result:
    """Add an internal message to a ticket. Customers do not see it, and it changes no status."""
    return _internal(workspace, given, "")


def draft_reply(workspace: Workspace, given: arguments.Write) -> Result:
    """Keep a reply to the customer as a draft: an internal message, marked as one. It is not sent;
    a person must do that."""
    return _internal(workspace, given, DRAFT)


def add_tags(workspace: Workspace, given: arguments.Tags) -> Result:
    """Add tags to a ticket; those that it has already stay as they are."""
    return _retag(workspace, given, lambda old, tags: parse_tags([*old, *tags]))


def remove_tags(workspace: Workspace, given: arguments.Tags) -> Result:
    """Take tags off a ticket, without regard to case; those that it has not are ignored."""

    def without(old: Sequence[str], tags: Sequence[str]) -> Sequence[str]:
        # Whatever is dropped as a repeat of a tag to remove is equal to it.
        return parse_tags([*tags, *old])[len(parse_tags(tags)) :]

    return _retag(workspace, given, without)


def set_status(workspace: Workspace, given: arguments.SetStatus) -> Result:
    """Set a ticket's status: new, open, pending, resolved or closed."""
    ticket = workspace.tickets.update(given.ticket_id, status=given.status)
    return Result(shapes.Changed(ticket.id, ticket.number, ticket.status, list(ticket.tags)))


def _internal(workspace: Workspace, given: arguments.Write, heading: str) -> Result:
    _refuse(workspace.messages.check({"content": given.content}))
    message = workspace.messages.create(
        given.ticket_id,
        content=heading + given.content,
        sender_name=_author(workspace),
        is_internal=True,
    )
    return Result(shapes.Added(message.id, message.ticket_id, message.is_internal))


def _retag(
    workspace: Workspace,
    given: arguments.Tags,
    change: Callable[[Sequence[str], Sequence[str]], Sequence[str]],
) -> Result:
    """Change the tags that a ticket has now; again if somebody else was quicker."""
    _refuse(workspace.tickets.check({"tags": given.tags}, updating=True))
    for tried in range(1, _TRIES + 1):
        ticket = workspace.tickets.get(given.ticket_id)
        tags = list(change(ticket.tags, given.tags))
        try:
            ticket = workspace.tickets.update(ticket.id, tags=tags, expected_version=ticket.version)
        except StaleVersion:
            if tried == _TRIES:
                raise
            continue
        break
    return Result(shapes.Changed(ticket.id, ticket.number, ticket.status, list(ticket.tags)))


def _author(workspace: Workspace) -> str:
    """The name that stands above what an assistant writes: its own, and for whom it does."""
    actor = workspace.actor
    if actor.id is None:
        return "Assistant"
    return f"Assistant of {workspace.members.get(actor.id).name}"[:NAME_MAX]


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise Invalid(problems)
