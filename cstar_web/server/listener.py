"""One listening socket, with a cap on the connections of each client."""

import logging
import socket
from collections import Counter
from functools import lru_cache
from typing import Any
from wsgiref.types import WSGIApplication

from waitress import wasyncore
from waitress.server import TcpWSGIServer

from cstar_web.body import BODY_MAX
from cstar_web.body_limits import BodyLimit
from cstar_web.remote import client_network
from cstar_web.server.balance import Turns
from cstar_web.server.channel import Bounds, Channel
from cstar_web.settings import Settings
from cstar_web.watch import Watch

log = logging.getLogger("cstar.server")


def url_of(host: str, port: int | str) -> str:
    """The address of a server as one would type it."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


_client_of = lru_cache(2048)(client_network)


def _no_more(_method: str, _path: str) -> int:
    """How large a body may be where no route takes files."""
    return BODY_MAX


class Listener(TcpWSGIServer):
    """One listening socket, with a cap on the connections of each client."""

    channel_class = Channel
    # Server sweeps by the monotonic clock instead.
    next_channel_cleanup = float("inf")
    draining = False
    # Where several processes wait on the socket.
    turns: Turns | None = None
    # Told of what the app does not see.
    watch: Watch | None = None

    def __init__(self, app: WSGIApplication, settings: Settings, bounds: Bounds, **kw: Any) -> None:
        super().__init__(app, bind_socket=False, **kw)
        self.settings = settings
        self.bounds = bounds
        self.body_limit: BodyLimit = _no_more
        self._too_many = 0

    @property
    def url(self) -> str:
        return url_of(self.effective_host, self.effective_port)

    def readable(self) -> bool:
        if self.turns is not None and not self.turns.may_look(len(self.active_channels)):
            return False
        return bool(super().readable())

    def accept(self) -> tuple[socket.socket, Any] | None:
        """Take a connection; where there are too many, the longest waiting one makes room.

        Refusing the newcomer instead would let slow connections keep out honest ones that come
        from the same address.
        """
        if self.turns is not None and not self.turns.may_take(len(self.active_channels)):
            return None
        accepted: tuple[socket.socket, Any] | None = super().accept()
        if accepted and not self._make_room(accepted[1][0]):
            accepted[0].close()
            return None
        return accepted

    def _make_room(self, address: str) -> bool:
        cap, total = self.settings.connections_per_address, self.bounds.connections
        if len(self.active_channels) < min(cap, total):
            return True
        held = Counter(_client_of(each.addr[0]) for each in self.active_channels.values())
        client = _client_of(address)
        if held[client] >= cap and not self.settings.trusts(address):
            return self._close_one_of(client)
        if len(self.active_channels) >= total:
            return self._close_one_of(held.most_common(1)[0][0])
        return True

    def _close_one_of(self, client: str) -> bool:
        """Close the connection on which a client has kept us waiting longest, if there is one."""
        self._too_many += 1
        waiting = [
            channel
            for channel in self.active_channels.values()
            if channel.is_waiting and _client_of(channel.addr[0]) == client
        ]
        if waiting:
            min(waiting, key=lambda channel: channel.waiting_since).handle_close()
        return bool(waiting)

    def add_task(self, task: Channel) -> None:
        """Answer the next request of a connection once the client has read the one before."""
        task.held = task.total_outbufs_len >= self.adj.send_bytes
        if not task.held:
            super().add_task(task)

    def has_seat(self, client: str) -> bool:
        """Whether one more large body may be read now, from this address.

        Those of strangers would otherwise fill the disk before anybody is asked who they are.
        """
        channels = self.active_channels.values()
        held = Counter(_client_of(each.addr[0]) for each in channels if each.brings_much)
        if held.total() >= self.bounds.large_bodies:
            return False
        own = held[_client_of(client)]
        return own < self.bounds.large_bodies_each or self.settings.trusts(client)

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
        if self.turns is not None:
            self.turns.leave()
        wasyncore.dispatcher.close(self)
        self._report()

    def _report(self) -> None:
        if self.watch is not None:
            self.watch.hold(len(self.active_channels), self._too_many)
        if self._too_many:
            log.warning("cut or refused %d connections: too many are open", self._too_many)
            self._too_many = 0
