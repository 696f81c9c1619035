"""Who sent a request and which address they sent it to, behind trusted reverse proxies too."""

import re
from ipaddress import IPv6Address, ip_address, ip_network
from wsgiref.types import WSGIEnvironment

from flask import Request

from cstar_web.settings import Settings

_HOST = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?\Z")
# One household or server gets a whole /64, so one address of it is no identity.
_IPV6_PREFIX = 64


def client_address(request: Request, settings: Settings) -> str:
    """The address the request came from: the last one that no trusted proxy vouches for."""
    return address_of(request.environ, settings)


def address_of(environ: WSGIEnvironment, settings: Settings) -> str:
    """The same for a request that is not Flask's."""
    address: str = environ.get("REMOTE_ADDR") or "unknown"
    if not settings.trusted_proxies:
        return address
    hops = environ.get("HTTP_X_FORWARDED_FOR", "").split(",")
    while hops and settings.trusts(address):
        address = _without_port(hops.pop().strip()) or address
    return address


def client_network(address: str) -> str:
    """What failed attempts are counted by: an IPv4 address, or the /64 of an IPv6 address.

    >>> client_network("2001:db8::1"), client_network("192.0.2.7")
    ('2001:db8::/64', '192.0.2.7')
    """
    try:
        ip = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped:
            return str(ip.ipv4_mapped)
        return str(ip_network((int(ip), _IPV6_PREFIX), strict=False))
    return str(ip)


def base_url(request: Request, settings: Settings) -> str:
    """Where the client sees this server, without a slash at the end; "" if it named no host."""
    scheme, host = request.scheme, host_of(request, settings)
    if _comes_from_proxy(request, settings):
        scheme = _forwarded(request, "X-Forwarded-Proto", ("http", "https")) or scheme
    return f"{scheme}://{host}" if host else ""


def host_of(request: Request, settings: Settings) -> str:
    """The host that the client named, with its port if it named one."""
    if _comes_from_proxy(request, settings):
        forwarded = request.headers.get("X-Forwarded-Host", "")
        if _HOST.match(forwarded):
            return forwarded
    return request.host


def _without_port(hop: str) -> str:
    """An address without what some proxies write with it: each connection has another port, so it
    would count as another client.

    >>> _without_port("192.0.2.7:4711"), _without_port("[2001:db8::1]:80"), _without_port("::1")
    ('192.0.2.7', '2001:db8::1', '::1')
    """
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop


def _comes_from_proxy(request: Request, settings: Settings) -> bool:
    return settings.trusts(request.environ.get("REMOTE_ADDR") or "")


def _forwarded(request: Request, header: str, allowed: tuple[str, ...]) -> str | None:
    value = request.headers.get(header, "").lower()
    return value if value in allowed else None
