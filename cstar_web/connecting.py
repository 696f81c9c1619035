"""Connections to other machines: to addresses that are allowed, within a deadline, with TLS.

A name is resolved once, and the connection goes to the address that was looked at, so that a name
which stands for another address a moment later gains nothing.
"""

import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from functools import lru_cache
from ipaddress import ip_address, ip_network
from time import monotonic

from cstar_core import may_reach
from cstar_web.readers import Network

# The system may look for a name for much longer than a request lasts. Those of a few webhooks must
# leave room for the others.
_RESOLVERS_MAX = 128
# For what an operator has typed, who may reach it by other means too, and for mail servers: they
# often are on this machine or in its network.
ANYWHERE: tuple[Network, ...] = (ip_network("0.0.0.0/0"), ip_network("::/0"))
_REFUSED = "{} is an address of this machine or a private network; it is not among those allowed"

# Where a name leads: (socket family, address) each; raises OSError.
Resolve = Callable[[str, int], Sequence[tuple[int, str]]]


class Unreachable(Exception):
    """Nothing came back; the message is one line that says why."""


def resolve(host: str, port: int) -> list[tuple[int, str]]:
    """Where a name leads, as the system says."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, str(address[0])) for family, _, _, _, address in found]


def connect(
    host: str,
    port: int,
    deadline: float,
    *,
    allowed: Sequence[Network] = ANYWHERE,
    resolve: Resolve = resolve,
) -> socket.socket:
    """A connection to the first address of a host that answers, if all of them may be reached.

    ``deadline`` is an instant of the monotonic clock. Raises Unreachable, OSError and TimeoutError.
    """
    return _connected(_addresses(host, port, allowed, deadline, resolve), port, deadline)


def secure(
    plain: socket.socket, host: str, deadline: float, context: ssl.SSLContext | None = None
) -> ssl.SSLSocket:
    """The connection with TLS, to who has a certificate for the host; raises OSError.

    ``context`` says which certificates are believed: those that the system believes, if not given.
    """
    plain.settimeout(left(deadline))
    return (context or _believing()).wrap_socket(plain, server_hostname=host.rstrip("."))


@lru_cache(1)
def _believing() -> ssl.SSLContext:
    """Making one reads every certificate that the system believes: 20 to 70 ms."""
    return ssl.create_default_context()


def _addresses(
    host: str, port: int, allowed: Sequence[Network], deadline: float, resolve: Resolve
) -> list[tuple[int, str]]:
    """Where the name leads, if all of it may be reached."""
    found = list(dict.fromkeys(_resolved(host, port, deadline, resolve)))
    if not found:
        raise Unreachable(f"{host} has no address")
    for _, address in found:
        if not may_reach(ip_address(address.partition("%")[0]), allowed):
            raise Unreachable(_REFUSED.format(host if host == address else f"{host} ({address})"))
    return found


_resolving = threading.BoundedSemaphore(_RESOLVERS_MAX)


def _resolved(host: str, port: int, deadline: float, resolve: Resolve) -> list[tuple[int, str]]:
    """Ask in a thread of its own, which is left behind if the system takes too long."""
    if not _resolving.acquire(timeout=left(deadline)):
        raise Unreachable("names are resolved too slowly here")
    told: list[tuple[int, str]] = []
    failed: list[Exception] = []
    done = threading.Event()

    def ask() -> None:
        try:
            told.extend(resolve(host, port))
        except (OSError, UnicodeError) as error:
            failed.append(error)
        finally:
            _resolving.release()
            done.set()

    try:
        threading.Thread(target=ask, name="resolve", daemon=True).start()
    except RuntimeError as error:
        _resolving.release()
        raise Unreachable("there are too many threads to resolve a name") from error
    if not done.wait(left(deadline)):
        raise Unreachable(f"{host} could not be resolved in time")
    if failed:
        raise Unreachable(f"{host} could not be resolved: {why(failed[0])}")
    return told


def _connected(addresses: Sequence[tuple[int, str]], port: int, deadline: float) -> socket.socket:
    """The first that answers; each has its share of the time that is left."""
    failure: OSError | None = None
    for place, (family, address) in enumerate(addresses):
        plain = socket.socket(family, socket.SOCK_STREAM)
        try:
            plain.settimeout(left(deadline) / (len(addresses) - place))
            plain.connect((address, port))
        except OSError as error:
            plain.close()
            failure = error
            continue
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return plain
    raise failure or Unreachable("there is no address")


def left(deadline: float) -> float:
    """How many seconds are left; raises TimeoutError if none are."""
    seconds = deadline - monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


def why(error: Exception) -> str:
    """One line that can be shown anywhere: it may quote what a receiver has answered."""
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    line = " ".join(reason.split())[:200]
    return "".join(each if each.isprintable() else "?" for each in line)
