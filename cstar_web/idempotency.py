"""Requests that may be sent again: the first answer is kept with its effect, and given again."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256

from flask import Response, request

from cstar_core import Helpdesk, HelpdeskError, Receipt, Workspace
from cstar_web.answer import Answer
from cstar_web.envelope import JSON
from cstar_web.errors import Failure, from_core, invalid

_KEY = re.compile(r"[\x21-\x7e]{1,255}\Z")
_RETRY_SECONDS = "1"
_KEPT_HEADERS = ("Location", "ETag")


class InFlight:
    """The idempotent requests that this process is answering now."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._claims: set[tuple[str, str]] = set()

    @contextmanager
    def claim(self, api_key: str, key: str) -> Iterator[None]:
        """Hold a key for the time of a request; raises the 409 if another request holds it."""
        with self._lock:
            if (api_key, key) in self._claims:
                raise Failure(
                    "IDEMPOTENCY_IN_PROGRESS",
                    "A request with this Idempotency-Key is still being answered",
                    headers={"Retry-After": _RETRY_SECONDS},
                )
            self._claims.add((api_key, key))
        try:
            yield
        finally:
            with self._lock:
                self._claims.discard((api_key, key))


def idempotency_key() -> str | None:
    """The `Idempotency-Key` of the request, if it has one; raises the 400 for an unusable one."""
    key = request.environ.get("HTTP_IDEMPOTENCY_KEY")
    if key is not None and not _KEY.match(key):
        raise invalid("Idempotency-Key", "must be 1 to 255 visible ASCII characters")
    return key


def fingerprint(raw: bytes) -> str:
    """What makes two requests the same: method, path, query and body."""
    target = (request.method, request.path, request.environ.get("QUERY_STRING", ""))
    return sha256("\n".join(target).encode() + b"\n" + raw).hexdigest()


def once(
    desk: Helpdesk,
    workspace: Workspace,
    key: str,
    mark: str,
    effect: Callable[[], Response],
    answer_failure: Callable[[Failure], Response],
    *,
    reserved: bool = False,
) -> Response:
    """Run the effect unless its answer is kept already; keep its answer in its transaction.

    An error of the client's is an answer too and is kept; a failure of the server's is not.
    ``reserved`` lets it use the disk space that is kept for deletions.
    """
    with desk.transaction(brief=True, reserved=reserved):
        receipt = workspace.idempotency.find(key)
        if receipt is not None:
            return _replay(receipt, mark)
        response = _attempt(desk, effect, answer_failure)
        workspace.idempotency.save(key, _receipt(response, mark))
        return response


def _attempt(
    desk: Helpdesk,
    effect: Callable[[], Response],
    answer_failure: Callable[[Failure], Response],
) -> Response:
    try:
        with desk.transaction():
            return effect()
    except (Failure, HelpdeskError) as error:
        refused = error if isinstance(error, Failure) else from_core(error)
        if refused.status >= 500:
            raise
        return answer_failure(refused)


def _receipt(response: Response, mark: str) -> Receipt:
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    return Receipt(mark, response.status_code, response.get_data(), headers)


def _replay(receipt: Receipt, mark: str) -> Response:
    if receipt.fingerprint != mark:
        raise Failure(
            "IDEMPOTENCY_KEY_REUSED",
            "This Idempotency-Key was used with another method, path or body",
            param="Idempotency-Key",
        )
    headers = {**receipt.headers, "Idempotent-Replayed": "true"}
    return Answer(receipt.body, receipt.status, headers, content_type=JSON)
