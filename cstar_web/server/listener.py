"""One listening socket, with a cap on the connections of each client."""

import logging
import socket
from functools import lru_cache
from typing import Any
from wsgiref.types import WSGIApplication

from waitress import wasyncore
from waitress.server import TcpWSGIServer

from cstar_web.remote import client_network
from cstar_web.server.channel import Bounds, Channel
from cstar_web.settings import Settings

log = logging.getLogger("cstar.server")

_client_of = lru_cache(2048)(client_network)


class Listener(TcpWSGIServer):
    """One listening socket, with a cap on the connections of each client."""

    channel_class = Channel
    # Server sweeps by the monotonic clock instead.
    next_channel_cleanup = float("inf")
    draining = False

    def __init__(self, app: WSGIApplication, settings: Settings, bounds: Bounds, **kw: Any) -> None:
        super().__init__(app, bind_socket=False, **kw)
        self.settings = settings
        self.bounds = bounds
        self._turned_away = 0

    @property
    def url(self) -> str:
        host = f"[{self.effective_host}]" if ":" in self.effective_host else self.effective_host
        return f"http://{host}:{self.effective_port}"

    def accept(self) -> tuple[socket.socket, Any] | None:
        accepted: tuple[socket.socket, Any] | None = super().accept()
        if accepted and self._crowded(accepted[1][0]):
            self._turned_away += 1
            accepted[0].close()
            return None
        return accepted

    def _crowded(self, address: str) -> bool:
        if self.settings.trusts(address):
            return False
        client = _client_of(address)
        held = sum(client == _client_of(other.addr[0]) for other in self.active_channels.values())
        return held >= self.settings.connections_per_address

    def fix_addr(self, addr: tuple[Any, ...]) -> tuple[Any, ...]:
        return (addr[0].removeprefix("::ffff:") if "." in addr[0] else addr[0], *addr[1:])

    def sweep(self, now: float) -> None:
        """Cut the connections whose time is over."""
        self._report()
        for channel in list(self.active_channels.values()):
            channel.sweep(now)

    def drain(self) -> None:
        """Accept no more; the trigger stays, by which the threads wake the loop."""
        self.draining = True
        wasyncore.dispatcher.close(self)
        self._report()

    def _report(self) -> None:
        if self._turned_away:
            log.warning("refused %d connections over the cap per address", self._turned_away)
            self._turned_away = 0
