"""A connection on which somebody follows events, and the answer that begins it."""

from collections.abc import Iterator

from flask import Response, request

from cstar_core import Following, Invalid, Workspace
from cstar_web.answer import Answer
from cstar_web.calls import services
from cstar_web.errors import Failure, invalid
from cstar_web.seats import Full
from cstar_web.streams import HOLD, Holder, Stream, Wish

EVENT_STREAM = "text/event-stream"
LAST_EVENT_ID = "Last-Event-ID"
# For how many milliseconds a client waits before it connects again; longer where the server that
# the app runs under cannot keep connections, so that each time is a request of its own.
RETRY_MS, POLLING_RETRY_MS = 2_000, 10_000
_BUSY_SECONDS = 10


def follow(
    holder: Holder, workspace: Workspace, after: str | None, types: tuple[str, ...]
) -> Response:
    """Tell a holder of these types of events: of those from now on, or after one of them.

    A client that connects again names the last one in a header, which goes before `after`. Raises
    Invalid for what is no event, and Failure if there is no seat left.
    """
    after = request.headers.get(LAST_EVENT_ID) or after
    streams = services().streams
    hold = request.environ.get(HOLD) if request.method == "GET" else None
    found = _following(workspace, after, types, limit=1 if hold else 100)
    start = after or found.reached
    if hold is None:
        # The server cannot keep the connection: tell what there is, and let the client come again.
        told = b"".join(map(streams.write, found.events))
        return _streamed(_opening(start, POLLING_RETRY_MS) + told + _reached(found.reached))
    hold(_seated(holder, Wish(workspace, types), start))
    return _streamed(iter([_opening(start, RETRY_MS)]))


def _opening(after: str, retry_ms: int) -> bytes:
    """What a stream begins with: when to connect again, and after which event."""
    return f"retry: {retry_ms}\n".encode() + _reached(after)


def _reached(event_id: str) -> bytes:
    """After which event to go on, whatever was told before."""
    return f"id: {event_id}\n\n".encode()


def _following(
    workspace: Workspace, after: str | None, types: tuple[str, ...], limit: int
) -> Following:
    try:
        return workspace.events.following(after, types=types, limit=limit)
    except Invalid as error:
        if error.problems[0].param == "after" and request.headers.get(LAST_EVENT_ID):
            raise invalid(LAST_EVENT_ID, "must be the id of an event") from error
        raise


def _seated(holder: Holder, wish: Wish, after: str) -> Stream:
    try:
        return services().streams.open(holder, wish, after)
    except Full as error:
        headers = {"Retry-After": str(_BUSY_SECONDS)}
        raise Failure("BUSY", str(error), headers=headers) from error


def _streamed(body: bytes | Iterator[bytes]) -> Answer:
    # The header keeps nginx from waiting for more before it passes something on.
    headers = {"X-Accel-Buffering": "no"}
    return Answer(body, headers=headers, content_type=f"{EVENT_STREAM}; charset=utf-8")
