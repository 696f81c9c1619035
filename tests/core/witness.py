"""What a call leaves in a workspace's log, and what is left when it is refused."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from cstar_core import Event, HelpdeskError, Workspace
from tests.core.vocabulary import walk_pages


def log(workspace: Workspace) -> list[Event]:
    """Everything that happened in a workspace, oldest first."""
    return walk_pages(workspace.events.list, page_size=100)


def happened(
    workspace: Workspace, act: Callable[..., object], *args: Any, **kwargs: Any
) -> list[Event]:
    """The events that a call leaves, whether it is done or refused."""
    before = len(log(workspace))
    with suppress(HelpdeskError):
        act(*args, **kwargs)
    return log(workspace)[before:]


def types(events: list[Event]) -> list[str]:
    return [event.type for event in events]
