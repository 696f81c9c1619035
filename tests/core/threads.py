"""What tests of merges compare."""

from dataclasses import replace

from cstar_core import Ticket


def contents(ticket: Ticket) -> list[str]:
    return [message.content for message in ticket.messages or ()]


def fresh(ticket: Ticket) -> Ticket:
    """A ticket without what every change changes."""
    return replace(ticket, version=0, updated_at=ticket.created_at)
