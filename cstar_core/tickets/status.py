"""What a status change brings with it: pure rules, no database."""

from collections.abc import Iterator

DONE = ("resolved", "closed")
WAITING = ("pending", "resolved", "closed")


def stamps(
    status: str, now: int, resolved_at: int | None, closed_at: int | None
) -> tuple[int | None, int | None]:
    """``resolved_at`` and ``closed_at`` once a ticket has entered a status.

    Entering resolved or closed sets ``resolved_at`` if it is None, entering closed sets
    ``closed_at``, leaving both clears both.

    >>> stamps("resolved", 5, None, None), stamps("closed", 9, 5, None), stamps("open", 9, 5, 9)
    ((5, None), (5, 9), (None, None))
    """
    if status not in DONE:
        return None, None
    resolved = now if resolved_at is None else resolved_at
    return resolved, now if status == "closed" else closed_at


def after_message(status: str, sender: str, is_internal: bool) -> str:
    """The status of a ticket once a message has been added to it.

    A public agent message opens a new ticket; a customer's message opens one that waited or was
    done.

    >>> after_message("new", "agent", False), after_message("new", "agent", True)
    ('open', 'new')
    >>> after_message("closed", "customer", False), after_message("new", "customer", False)
    ('open', 'new')
    """
    if sender == "agent" and not is_internal and status == "new":
        return "open"
    if sender == "customer" and status in WAITING:
        return "open"
    return status


def status_events(before: str, after: str) -> Iterator[str]:
    """The events that a change of status raises beside ``ticket.updated``.

    >>> list(status_events("open", "resolved")), list(status_events("closed", "open"))
    (['ticket.resolved'], ['ticket.reopened'])
    """
    if after != before and after in DONE:
        yield f"ticket.{after}"
    if before in DONE and after not in DONE:
        yield "ticket.reopened"
