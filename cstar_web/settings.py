"""Everything the server can be told, read from the environment and from flags.

The only module that reads `os.environ`. `SETTINGS` is the one table from which the
command line makes its options and the documentation its list.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pkgutil import resolve_name
from typing import Any, Self

from cstar_web import places
from cstar_web.notifying import Notifier

PREFIX = "CSTAR_"
ON, OFF = "on", "off"
ANY_HOST = "*"
LOG_FORMATS = ("text", "json")

Network = IPv4Network | IPv6Network

_RETRIES_MAX = 20
_WEEK = 7 * 86_400
_NAME = re.compile(r"(\*\.)?[a-z0-9._-]+", re.IGNORECASE)
_SEPARATORS = re.compile(r"[,\s]+")
_SOCKET = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]+)):([0-9]{1,5})")
_TOKEN = re.compile(r"[\x21-\x7e]{16,255}")
_DIGITS = re.compile(r"[0-9]{1,9}")
_ORIGIN = re.compile(r"https?://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?", re.IGNORECASE)


class SettingsError(Exception):
    """A setting that cannot be used; the message is one line that says what to do."""


@dataclass(frozen=True)
class Setting:
    """One row of `SETTINGS`: what a setting is called, what it takes and what it does."""

    name: str
    takes: str
    meaning: str
    read: Callable[[str], object]
    # What it is set to must not be shown to anybody.
    secret: bool = False
    # What stands for a default that depends on the machine.
    otherwise: str = ""

    @property
    def env(self) -> str:
        """The environment variable, such as `CSTAR_PORT`."""
        return PREFIX + self.name.upper()

    @property
    def choices(self) -> tuple[str, ...]:
        """All that it may be set to; empty if that is no short list."""
        return self.read.choices if isinstance(self.read, _OneOf) else ()

    @property
    def flag(self) -> str:
        """The option of `cstar serve`, such as `--port`."""
        return "--" + self.name.replace("_", "-")

    @property
    def default(self) -> str:
        """The default as one would write it in the environment; empty for an empty list."""
        value = getattr(Settings(), self.name)
        return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        number = int(value) if _DIGITS.fullmatch(value) else -1
        if not low <= number <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return number

    return read


@dataclass(frozen=True)
class _OneOf:
    choices: tuple[str, ...]

    def __call__(self, value: str) -> str:
        if value not in self.choices:
            raise ValueError(f"must be one of: {', '.join(self.choices)}")
        return value


def _limit(value: str) -> str:
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


def _address(value: str) -> str:
    try:
        _split(value)
    except ValueError:
        raise ValueError("must be an address with a port such as 127.0.0.1:9100") from None
    return value


def _split(address: str) -> tuple[str, int]:
    found = _SOCKET.fullmatch(address)
    if not found or int(found[3]) > 65535:
        raise ValueError(address)
    return found[1] or found[2], int(found[3])


def _token(value: str) -> str:
    if not _TOKEN.fullmatch(value):
        raise ValueError("must be 16 to 255 visible ASCII characters")
    return value


def _words(value: str) -> list[str]:
    return [word for word in _SEPARATORS.split(value) if word]


def _origins(value: str) -> tuple[str, ...]:
    origins = tuple(_words(value))
    for origin in origins:
        if origin != "*" and not _ORIGIN.fullmatch(origin):
            raise ValueError("must list origins such as https://desk.example.com, or *")
    return origins


def _hosts(value: str) -> tuple[str, ...]:
    hosts = tuple(_words(value))
    for host in hosts:
        if not (host == ANY_HOST or _NAME.fullmatch(host) or _is_address(host.strip("[]"))):
            raise ValueError("must list host names such as desk.example.com, without port, or *")
    return tuple(host.strip("[]").rstrip(".").lower() for host in hosts)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _seconds(value: str) -> tuple[int, ...]:
    words = _words(value)
    numbers = tuple(int(word) if _DIGITS.fullmatch(word) else 0 for word in words)
    if not numbers or len(numbers) > _RETRIES_MAX or not all(1 <= n <= _WEEK for n in numbers):
        raise ValueError(f"must list up to {_RETRIES_MAX} numbers of seconds from 1 to {_WEEK}")
    return numbers


def _networks(value: str) -> tuple[Network, ...]:
    return tuple(map(_network, _words(value)))


def _network(word: str) -> Network:
    try:
        return ip_network(word)
    except ValueError:
        raise ValueError("must list addresses or networks such as 10.0.0.0/8") from None


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "database",
        "FILE",
        "The SQLite file; made on first use.",
        str,
        otherwise="of the service, the machine or the user",
    ),
    Setting("host", "ADDRESS", "The address to listen on; 0.0.0.0 for every one.", str),
    Setting("port", "NUMBER", "The port to listen on; 0 picks a free one.", _whole(0, 65535)),
    Setting("threads", "NUMBER", "How many requests a process works on at once.", _whole(1, 64)),
    Setting("processes", "NUMBER", "How many processes share the work.", _whole(1, 64)),
    Setting("secret_key_limit", "LIMIT", "Requests a secret key may make, or off.", _limit),
    Setting("publishable_key_limit", "LIMIT", "The same for publishable keys, or off.", _limit),
    Setting(
        "cors_origins",
        "ORIGINS",
        "Web origins whose pages may call the API, separated by commas; * for any.",
        _origins,
    ),
    Setting(
        "allowed_hosts",
        "HOSTS",
        "Host names that requests may be for, separated by commas; * for any.",
        _hosts,
    ),
    Setting(
        "trusted_proxies",
        "NETWORKS",
        "Addresses or networks of reverse proxies whose X-Forwarded headers are believed.",
        _networks,
    ),
    Setting(
        "connections_per_address",
        "NUMBER",
        "Connections one client address may keep open; trusted proxies are not counted.",
        _whole(1, 800),
    ),
    Setting(
        "webhook_networks",
        "NETWORKS",
        "Private networks that webhooks may be sent to, with commas; none unless listed.",
        _networks,
    ),
    Setting(
        "stream_listeners",
        "NUMBER",
        "Listeners that may follow the events at once, with all processes; 0 for none.",
        _whole(0, 500),
    ),
    Setting(
        "webhook_retries",
        "SECONDS",
        "How long to wait before each further try to deliver to a webhook, with commas.",
        _seconds,
    ),
    Setting(
        "disk_reserve",
        "MEGABYTES",
        "Disk space kept for deletions, in a file beside the database; 0 for none.",
        _whole(0, 100_000),
    ),
    Setting("log_format", "FORMAT", "How the log is written: text or json.", _OneOf(LOG_FORMATS)),
    Setting(
        "access_log", "SWITCH", "Whether each request has a line in the log.", _OneOf((ON, OFF))
    ),
    Setting(
        "metrics_address",
        "ADDRESS:PORT",
        "Where /metrics is served, apart from the API, such as 127.0.0.1:9100.",
        _address,
    ),
    Setting(
        "metrics_token",
        "TOKEN",
        "What must be presented for /metrics; it is beside the API unless it has an address.",
        _token,
        secret=True,
    ),
)


@dataclass(frozen=True)
class Settings:
    """What the server was told. Every field has a row in `SETTINGS`."""

    # Empty only where nothing was read: `from_environment` always finds one.
    database: str = ""
    host: str = "127.0.0.1"
    port: int = 8000
    threads: int = 8
    processes: int = 1
    secret_key_limit: str = "1000/hour"  # noqa: S105 - a limit, not a secret
    publishable_key_limit: str = "100/hour"
    cors_origins: tuple[str, ...] = ()
    allowed_hosts: tuple[str, ...] = (ANY_HOST,)
    trusted_proxies: tuple[Network, ...] = ()
    connections_per_address: int = 200
    webhook_networks: tuple[Network, ...] = ()
    stream_listeners: int = 50
    webhook_retries: tuple[int, ...] = (30, 120, 600, 3_600, 21_600, 86_400)
    disk_reserve: int = 32
    log_format: str = "text"
    access_log: str = ON
    metrics_address: str = ""
    metrics_token: str = field(default="", repr=False)

    @property
    def metrics(self) -> bool:
        """Whether there is `/metrics` anywhere."""
        return bool(self.metrics_address or self.metrics_token)

    @property
    def metrics_place(self) -> tuple[str, int] | None:
        """The host and the port of `/metrics`, if it has an address of its own."""
        return _split(self.metrics_address) if self.metrics_address else None

    @classmethod
    def from_environment(
        cls,
        environ: Mapping[str, str] | None = None,
        flags: Mapping[str, str | None] | None = None,
    ) -> Self:
        """Read the `CSTAR_*` variables; `flags` (by field name) win, None means not given.

        An empty variable means not given too. An empty flag is refused: it is most often another
        variable that is not set, and the default would be another file. Raises `SettingsError`
        for a value that cannot be used, for a `CSTAR_*` name that does not exist, and where there
        is no place for a database unless one is named.
        """
        environ = os.environ if environ is None else environ
        _refuse_unknown(environ)
        _refuse_empty(flags or {})
        values: dict[str, Any] = {}
        for setting in SETTINGS:
            for source, text in (
                (setting.flag, (flags or {}).get(setting.name)),
                (setting.env, environ.get(setting.env)),
            ):
                if text is not None and text.strip():
                    values[setting.name] = _read(setting, source, text.strip())
                    break
        if "database" not in values:
            values["database"] = _default_database(environ)
        return cls(**values)

    @property
    def is_default_database(self) -> bool:
        """Whether the database is where it is if nobody says so."""
        return self.database == places.default_database(os.environ, os.geteuid())

    @property
    def is_found_unnamed(self) -> bool:
        """Whether commands that are typed in a shell find the database without its name."""
        return places.is_found_unnamed(self.database, os.environ, os.geteuid())

    def allows(self, host: str) -> bool:
        """Whether requests may be for `host`, which may have a port.

        >>> desk = Settings(allowed_hosts=("desk.example", "*.desk.example"))
        >>> desk.allows("Desk.Example:8000"), desk.allows("eu.desk.example"), desk.allows("evil")
        (True, True, False)
        """
        name = host.lower()
        name = name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0]
        name = name.rstrip(".")
        return any(
            name.endswith(each[1:]) if each.startswith("*.") else each in (name, ANY_HOST)
            for each in self.allowed_hosts
        )

    def trusts(self, address: str) -> bool:
        """Whether `address` is one of the trusted proxies.

        >>> Settings(trusted_proxies=(ip_network("10.0.0.0/8"),)).trusts("10.1.2.3")
        True
        """
        try:
            ip = ip_address(address)
        except ValueError:
            return False
        if isinstance(ip, IPv6Address) and ip.ipv4_mapped:
            ip = ip.ipv4_mapped
        return any(ip in network for network in self.trusted_proxies)


def notifier() -> Notifier:
    """Who has started this program and wants to know how it does."""
    return Notifier.of(os.environ)


def _read(setting: Setting, source: str, text: str) -> object:
    try:
        return setting.read(text)
    except ValueError as error:
        given = "" if setting.secret else f", not {text!r}"
        raise SettingsError(f"{source} {error}{given}") from None


def _default_database(environ: Mapping[str, str]) -> str:
    found = places.default_database(environ, os.geteuid())
    if found is None:
        raise SettingsError(
            "there is no home folder to keep the database in; name it with --database or "
            "CSTAR_DATABASE"
        )
    return found


def _refuse_empty(flags: Mapping[str, str | None]) -> None:
    for setting in SETTINGS:
        given = flags.get(setting.name)
        if given is not None and not given.strip():
            raise SettingsError(f"{setting.flag} must not be empty")


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    known = [setting.env for setting in SETTINGS]
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in known:
            nearest = get_close_matches(name, known, n=1, cutoff=0.0)[0]
            raise SettingsError(f"{name} is not a setting; did you mean {nearest}?")
