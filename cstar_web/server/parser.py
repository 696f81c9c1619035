"""Reads one HTTP request, and refuses what two servers in a row could read in two ways."""

import copy
import re
import time
from typing import Protocol

from waitress.adjustments import Adjustments
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.utilities import Error, RequestEntityTooLarge

from cstar_web.body import BODY_MAX

HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?")

_ENCODINGS = re.compile(rb"\ntransfer-encoding:([^\r\n]*)")


class Limits(Protocol):
    """Asked about a body that is larger than most."""

    def body_limit(self, method: str, path: str) -> int:
        """How many bytes a route takes."""
        ...

    def has_seat(self, client: str) -> bool:
        """Whether one more large body may be read now, from this address."""
        ...


class Crowded(Error):
    """As many large bodies arrive as may."""

    code = 503
    reason = "Service Unavailable"


class NoSpace(Error):
    """There is no room for a large body on the disk."""

    code = 503
    reason = "Service Unavailable"


class Parser(HTTPRequestParser):
    """Refuses what two servers in a row could read in two ways."""

    adj: Adjustments
    error: Error | None
    path = ""
    command = ""
    # Whether more is read of it than of other requests, into a file.
    is_large = False
    body_max = BODY_MAX

    def __init__(self, adj: Adjustments, limits: Limits | None = None, client: str = "") -> None:
        super().__init__(adj)
        self.started = time.monotonic()
        self._limits = limits
        self._client = client

    def received(self, data: bytes) -> int:
        try:
            consumed: int = super().received(data)
        except OSError:
            consumed = len(data)
            self._refuse(NoSpace(""))
        self._refuse_large_chunk()
        if self.error:
            # Otherwise waitress would ask for the body that it has just refused.
            self.expect_continue = False
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        try:
            super().parse_header(header_plus)
        except ValueError as error:
            raise ParsingError("the request line or a length cannot be read") from error
        self._refuse_ambiguous(header_plus)
        if self._limits and (self.chunked or self.content_length >= self.adj.max_request_body_size):
            self._make_room(self._limits)

    def _make_room(self, limits: Limits) -> None:
        """Read more than of other requests, if the route takes it and few others bring as much."""
        self.body_max = limits.body_limit(self.command, self.path)
        larger = self.body_max - BODY_MAX
        if larger <= 0:
            return
        self.adj = copy.copy(self.adj)
        self.adj.max_request_body_size += larger
        if self.content_length >= self.adj.max_request_body_size:
            return
        if limits.has_seat(self._client):
            self.is_large = True
        else:
            self._refuse(Crowded(""))

    def _refuse(self, error: Error) -> None:
        self.error = error
        self.completed = True

    def _refuse_large_chunk(self) -> None:
        """Refuse a chunk that says it is too large, rather than read as much of it as fits."""
        if self.error or not self.chunked:
            return
        known = self.body_bytes_received + self.body_rcv.chunk_remainder
        if known > self.adj.max_request_body_size:
            self._refuse(RequestEntityTooLarge(""))

    def _refuse_ambiguous(self, header_plus: bytes) -> None:
        head = header_plus.lower()
        if self.version not in ("1.0", "1.1"):
            raise ParsingError("the version must be HTTP/1.1 or HTTP/1.0")
        if b"\r\n " in head or b"\r\n\t" in head:
            raise ParsingError("a header must stand on one line")
        if b"\ntransfer-encoding:" in head:
            if self.version == "1.0" or "CONTENT_LENGTH" in self.headers:
                raise ParsingError("send either Content-Length or Transfer-Encoding")
            if not self.chunked:
                raise ParsingError("Transfer-Encoding must name an encoding")
            if b",".join(_ENCODINGS.findall(head)).count(b"chunked") > 1:
                raise ParsingError("Transfer-Encoding must be chunked only once")
        host = self.headers.get("HOST")
        if host is None and self.version == "1.1":
            raise ParsingError("the Host header is missing")
        if host is not None and not HOST.fullmatch(host):
            raise ParsingError("there must be one Host header, with a host name in it")
        if self.proxy_netloc and host is not None and self.proxy_netloc.lower() != host.lower():
            raise ParsingError("the address and the Host header name different hosts")
