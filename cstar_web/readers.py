"""What the text of a setting may be, and what is read of it.

Each raises ValueError with a rule for what cannot be used.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pkgutil import resolve_name

OFF = "off"
ALL = "all"
ANY = "*"

Network = IPv4Network | IPv6Network

_RETRIES_MAX = 20
_WEEK = 7 * 86_400
_NAME = re.compile(r"(\*\.)?[a-z0-9._-]+", re.IGNORECASE)
_SEPARATORS = re.compile(r"[,\s]+")
MAIL_PROTOCOLS = ("lmtp", "smtp")
_SOCKET = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]+)):([0-9]{1,5})")
_TOKEN = re.compile(r"[\x21-\x7e]{16,255}")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_DIGITS = re.compile(r"[0-9]{1,9}")
_ORIGIN = re.compile(r"https?://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?", re.IGNORECASE)


def whole(low: int, high: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        number = int(value) if _DIGITS.fullmatch(value) else -1
        if not low <= number <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return number

    return read


@dataclass(frozen=True)
class OneOf:
    choices: tuple[str, ...]

    def __call__(self, value: str) -> str:
        if value not in self.choices:
            raise ValueError(f"must be one of: {', '.join(self.choices)}")
        return value


def limit(value: str) -> str:
    if value.lower() == OFF:
        return OFF
    # Most commands are told of no limit, and to import this takes as long as much of the core.
    parse_many = resolve_name("limits:parse_many")
    try:
        items = parse_many(value)
    except ValueError:
        items = []
    if not items or any(item.amount < 1 for item in items):
        raise ValueError(f"must be a limit such as 5000/hour or 20/second;5000/hour, or {OFF}")
    return value


def address(value: str) -> str:
    try:
        split_address(value)
    except ValueError:
        raise ValueError("must be an address with a port such as 127.0.0.1:9100") from None
    return value


def split_address(address: str) -> tuple[str, int]:
    found = _SOCKET.fullmatch(address)
    if not found or int(found[3]) > 65535:
        raise ValueError(address)
    return found[1] or found[2], int(found[3])


def mail_place(value: str) -> str:
    try:
        split_mail_place(value)
    except ValueError:
        raise ValueError(
            "must be lmtp or smtp with an address and a port such as lmtp:127.0.0.1:2424"
        ) from None
    return value


def split_mail_place(text: str) -> tuple[str, str, int]:
    protocol, _, address = text.partition(":")
    if protocol not in MAIL_PROTOCOLS:
        raise ValueError(text)
    return (protocol, *split_address(address))


def token(value: str) -> str:
    if not _TOKEN.fullmatch(value):
        raise ValueError("must be 16 to 255 visible ASCII characters")
    return value


def _words(value: str) -> list[str]:
    return [word for word in _SEPARATORS.split(value) if word]


def teams(value: str) -> tuple[str, ...]:
    slugs = tuple(_words(value))
    if not all(_SLUG.fullmatch(slug) for slug in slugs):
        raise ValueError("must list slugs of teams such as acme, or all")
    return slugs


def origins(value: str) -> tuple[str, ...]:
    origins = tuple(_words(value))
    for origin in origins:
        if origin != ANY and not _ORIGIN.fullmatch(origin):
            raise ValueError("must list origins such as https://desk.example.com, or *")
    return origins


def hosts(value: str) -> tuple[str, ...]:
    hosts = tuple(_words(value))
    for host in hosts:
        if not (host == ANY or _NAME.fullmatch(host) or _is_address(host.strip("[]"))):
            raise ValueError("must list host names such as desk.example.com, without port, or *")
    return tuple(host.strip("[]").rstrip(".").lower() for host in hosts)


def names(value: str) -> tuple[str, ...]:
    found = hosts(value)
    if ANY in found:
        raise ValueError("must list host names such as mx.example.com")
    return found


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def seconds(value: str) -> tuple[int, ...]:
    words = _words(value)
    numbers = tuple(int(word) if _DIGITS.fullmatch(word) else 0 for word in words)
    if not numbers or len(numbers) > _RETRIES_MAX or not all(1 <= n <= _WEEK for n in numbers):
        raise ValueError(f"must list up to {_RETRIES_MAX} numbers of seconds from 1 to {_WEEK}")
    return numbers


def networks(value: str) -> tuple[Network, ...]:
    return tuple(map(_network, _words(value)))


def _network(word: str) -> Network:
    try:
        return ip_network(word)
    except ValueError:
        raise ValueError("must list addresses or networks such as 10.0.0.0/8") from None
