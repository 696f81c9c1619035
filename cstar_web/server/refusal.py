"""What the server refuses before the app sees it, in the envelope of the API."""

import json
import time
from uuid import uuid4

from waitress.task import ErrorTask
from waitress.utilities import Error

from cstar_web.envelope import REQUEST_ID
from cstar_web.errors import ERRORS, too_large
from cstar_web.headers import HARDENED
from cstar_web.server.parser import HOST, NoSpace
from cstar_web.watch import Watch

_REFUSALS = {
    408: ("REQUEST_INVALID", "The request took too long to arrive"),
    431: ("REQUEST_INVALID", "The request line and headers are too large"),
    500: ("INTERNAL_ERROR", "Something went wrong on the server; its log says what"),
    501: ("REQUEST_INVALID", "This Transfer-Encoding is not supported; send the body as it is"),
}
_CROWDED = ("BUSY", "Too many large bodies arrive at once. Try again")
_FULL = ("STORAGE_FULL", "The server's storage is full")
_TOO_LARGE, _UNAVAILABLE = 413, 503
_WAIT_SECONDS = "5"


class RequestTimeout(Error):
    code = 408
    reason = "Request Timeout"


class Refusal(ErrorTask):
    """What waitress refuses, in the envelope of the API."""

    def execute(self) -> None:
        error = self.request.error
        request_id = self._request_id()
        code, message = self._told(error)
        envelope = self._envelope(code, message, request_id)
        body = json.dumps(envelope, separators=(",", ":")).encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers += [
            ("Cache-Control", "no-store"),
            ("Content-Type", "application/json"),
            ("X-Request-Id", request_id),
            *HARDENED,
        ]
        if error.code == _UNAVAILABLE:
            self.response_headers.append(("Retry-After", _WAIT_SECONDS))
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)
        self._tell(code, error.code, request_id, len(body))

    def _told(self, error: Error) -> tuple[str, str]:
        """The code and the words for what was refused."""
        if error.code == _UNAVAILABLE:
            return _FULL if isinstance(error, NoSpace) else _CROWDED
        if error.code == _TOO_LARGE:
            refused = too_large(self.request.body_max)
            return refused.kind.code, refused.message
        malformed = f"Malformed HTTP request: {error.body[:200]}"
        return _REFUSALS.get(error.code, ("REQUEST_INVALID", malformed))

    def _tell(self, code: str, status: int, request_id: str, size: int) -> None:
        watch: Watch | None = self.channel.server.watch
        if watch is not None:
            watch.refuse(
                code,
                status,
                request_id=request_id,
                method=getattr(self.request, "command", None) or "",
                seconds=time.monotonic() - self.request.started,
                size=size,
                client=str(self.channel.addr[0]),
            )

    def _envelope(self, code: str, message: str, request_id: str) -> dict[str, object]:
        timestamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.start_time))
        failure = {
            "type": ERRORS[code].type,
            "code": code,
            "message": message,
            "doc_url": f"{self._base_url()}/docs/errors#{code}",
            "request_id": request_id,
        }
        meta = {"requestId": request_id, "timestamp": timestamp}
        return {"success": False, "error": failure, "meta": meta}

    def _request_id(self) -> str:
        sent = self.request.headers.get("X_REQUEST_ID", "")
        return sent if REQUEST_ID.match(sent) else f"req_{uuid4().hex}"

    def _base_url(self) -> str:
        host = self.request.headers.get("HOST", "")
        return f"http://{host}" if HOST.fullmatch(host) else ""
