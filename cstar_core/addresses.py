"""Which addresses a webhook may be sent to: public ones, and those of networks that are allowed.

A webhook's address is given by a user of the API. Without this rule it would be a way to reach what
only the server can: its own ports, the network that it stands in, the metadata of a cloud. The
blocks are those that the IANA registries of special-purpose addresses do not call globally
reachable, and those through which an IPv4 address can be reached in another form.
"""

import re
from collections.abc import Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from urllib.parse import urlsplit

from cstar_core.checks import check_text, invalid
from cstar_core.errors import Problem

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

URL_MAX = 2048
_LIKE = "must be a URL such as https://example.com/hook"
_PART = re.compile(r"0x[0-9a-f]*|[0-9]+", re.IGNORECASE)
_PARTS_MAX = 4
# Of IPv6 only this is given out as public addresses so far.
_PUBLIC_6 = IPv6Network("2000::/3")
_REFUSED = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "168.63.129.16/32",  # what Azure tells its machines
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/3",
            "2001::/23",
            "2001:db8::/32",
            "2002::/16",
            "3fff::/20",
        ),
    )
)


def may_reach(address: Address, allowed: Sequence[Network] = ()) -> bool:
    """Whether a webhook may be sent to an address; those of ``allowed`` networks always may.

    >>> may_reach(ip_address("93.184.216.34")), may_reach(ip_address("169.254.169.254"))
    (True, False)
    """
    plain = _plain(address)
    if any(plain in network or address in network for network in allowed):
        return True
    if isinstance(plain, IPv6Address) and plain not in _PUBLIC_6:
        return False
    return not any(plain in network for network in _REFUSED)


def literal_address(host: str) -> Address | None:
    """The address that a host is in itself, in any spelling that resolvers take; else None.

    >>> [str(literal_address(host)) for host in ("127.1", "0x7f000001", "[::1]", "a.example")]
    ['127.0.0.1', '127.0.0.1', '::1', 'None']
    """
    bare = host.strip("[]").partition("%")[0].rstrip(".")
    try:
        return ip_address(bare)
    except ValueError:
        return _numbers(bare)


def check_url(param: str, value: object) -> list[Problem]:
    """An address to send to: http or https, with a host, without user and fragment.

    >>> check_url("url", "ftp://example.com")[0].message
    'url must begin with http:// or https://'
    """
    problems = check_text(param, value, URL_MAX, blank=False)
    if problems:
        return problems
    text = str(value)
    if not text.isascii() or any(ord(each) <= 0x20 or ord(each) == 0x7F for each in text):
        return invalid(param, "must be ASCII without blanks; write other characters as %XX or xn--")
    if not text.lower().startswith(("http://", "https://")):
        return invalid(param, "must begin with http:// or https://")
    return _check_parts(param, text)


def check_destination(param: str, url: str, allowed: Sequence[Network] = ()) -> list[Problem]:
    """Whether a URL, checked before, names an address that may not be reached.

    What the name of a host stands for is only known when something is sent.

    >>> check_destination("url", "http://localhost/x")[0].message
    'url must not be an address of this machine or a private network'
    """
    host = (urlsplit(url).hostname or "").rstrip(".")
    here = host == "localhost" or host.endswith(".localhost")
    address = IPv4Address("127.0.0.1") if here else literal_address(host)
    if address is None or may_reach(address, allowed):
        return []
    return invalid(param, "must not be an address of this machine or a private network")


def _check_parts(param: str, text: str) -> list[Problem]:
    try:
        parts = urlsplit(text)
        port, host = parts.port, (parts.hostname or "").rstrip(".")
    except ValueError:
        return invalid(param, _LIKE)
    if "@" in parts.netloc:
        return invalid(param, "must not have a user or password")
    bracketed = parts.netloc.startswith("[") and literal_address(host) is None
    if not host or port == 0 or "\\" in text or "%" in host or bracketed:
        return invalid(param, _LIKE)
    return invalid(param, "must not have a fragment (#)") if "#" in text else []


def _plain(address: Address) -> Address:
    """An IPv4 address written as an IPv6 one is the IPv4 address."""
    if isinstance(address, IPv6Address):
        return address.ipv4_mapped or address
    return address


def _numbers(host: str) -> IPv4Address | None:
    """One to four numbers, decimal, octal or hexadecimal; the last fills what is left."""
    parts = host.split(".")
    if len(parts) > _PARTS_MAX or not all(_PART.fullmatch(part) for part in parts):
        return None
    try:
        *first, last = (_number(part) for part in parts)
    except ValueError:
        return None
    if any(number > 0xFF for number in first) or last >= 256 ** (5 - len(parts)):
        return None
    value = last
    for place, number in enumerate(first):
        value += number << (24 - 8 * place)
    return IPv4Address(value)


def _number(text: str) -> int:
    if text[:2].lower() == "0x":
        return int(text[2:] or "0", 16)
    return int(text, 8 if text.startswith("0") and len(text) > 1 else 10)
