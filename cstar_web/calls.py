"""What a view is given: the request as far as it has been checked, and how to answer it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, BinaryIO

from flask import Flask, Response, current_app, request
from werkzeug.http import parse_options_header

from cstar_core import Access, Helpdesk, NewFile, Page, Workspace
from cstar_web.answer import Answer
from cstar_web.auth import authenticate, require_secret, require_team
from cstar_web.envelope import paging, success
from cstar_web.errors import Failure, too_many
from cstar_web.etags import allows_change, is_unchanged
from cstar_web.headers import RATE_HEADERS
from cstar_web.idempotency import InFlight
from cstar_web.limits import RateLimits
from cstar_web.settings import Settings
from cstar_web.streams import Streams
from cstar_web.watch import KEY, Watch

_EXTENSION = "cstar"


@dataclass(frozen=True, slots=True)
class Services:
    """What one app holds for the whole of its life."""

    desk: Helpdesk
    settings: Settings
    limits: RateLimits
    watch: Watch
    streams: Streams
    in_flight: InFlight = field(default_factory=InFlight)


@dataclass(slots=True)
class Call:
    """A request that its key opens: the workspace, and the values that passed the shapes."""

    desk: Helpdesk
    access: Access
    workspace: Workspace
    query: dict[str, Any] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)
    # A body that is not JSON but bytes.
    upload: BinaryIO = field(default_factory=BytesIO)
    # What came along with a body of JSON.
    files: list[NewFile] = field(default_factory=list)

    @property
    def upload_type(self) -> str | None:
        """What the body is said to be, without parameters; None where a client says nothing."""
        declared, _ = parse_options_header(request.environ.get("CONTENT_TYPE", ""))
        # What curl says of any body, if it is not told what it is.
        return None if declared in ("", "application/x-www-form-urlencoded") else declared

    @property
    def internal(self) -> bool:
        """Whether the key may see what customers must not."""
        return self.workspace.internal

    def answer(self, data: object, *, tag: str | None = None) -> Response:
        """The 200 with the data, or the 304 if the client has it already."""
        if tag is None:
            return success(data)
        if request.method in ("GET", "HEAD"):
            sent = request.environ.get("HTTP_IF_NONE_MATCH")
            if sent is not None and is_unchanged(sent, tag):
                return Answer(status=304, headers={"ETag": tag})
        return success(data, headers={"ETag": tag})

    def created(self, data: dict[str, object], *, tag: str | None = None) -> Response:
        """The 201; an object with a tag has an address of its own, under the one posted to."""
        if tag is None:
            return success(data, status=201)
        headers = {"ETag": tag, "Location": f"{request.path}/{data['id']}"}
        return success(data, status=201, headers=headers)

    def accepted(self, data: object) -> Response:
        """The 202: it was taken, and what becomes of it is known later."""
        return success(data, status=202)

    def page(self, page: Page[Any], render: Callable[[Any], object]) -> Response:
        """The 200 with one page of a list."""
        return success([render(item) for item in page.items], more=paging(page))

    @contextmanager
    def unless_stale(self, present_tag: Callable[[], str]) -> Iterator[None]:
        """Make the change inside, unless `If-Match` says it was meant for another version."""
        sent = request.environ.get("HTTP_IF_MATCH")
        if sent is None:
            yield
            return
        with self.desk.transaction(brief=True, reserved=request.method == "DELETE"):
            if not allows_change(sent, present_tag()):
                raise Failure("STALE_VERSION", "The object has changed since it was read")
            yield


def install(app: Flask, services: Services) -> None:
    """Give the app its services."""
    app.extensions[_EXTENSION] = services


def services() -> Services:
    """The services of the app that answers this request."""
    found: Services = current_app.extensions[_EXTENSION]
    return found


def open_call(team: str | None, secret: bool) -> Call:
    """Authenticate the request, count it, and open what its key opens."""
    held = services()
    access = authenticate(held.desk, held.limits, held.settings)
    request.environ[KEY] = access.key.id
    headers, wait = held.limits.charge(access.key)
    request.environ[RATE_HEADERS] = headers
    if wait:
        raise too_many(wait)
    if team is not None:
        require_team(access, team)
    if secret:
        require_secret(access)
    return Call(held.desk, access, held.desk.workspace_of(access))
