"""Everything the server can be told, read from the environment and from flags.

The only module that reads `os.environ`. `SETTINGS` is the one table from which the
command line makes its options and the documentation its list.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from ipaddress import IPv6Address, ip_address
from typing import Any, Self

from cstar_web import places, readers
from cstar_web.notifying import Notifier

PREFIX = "CSTAR_"
ON, OFF = "on", readers.OFF
LOG_FORMATS = ("text", "json")
ALL = readers.ALL


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
        return self.read.choices if isinstance(self.read, readers.OneOf) else ()

    @property
    def flag(self) -> str:
        """The option of `cstar serve`, such as `--port`."""
        return "--" + self.name.replace("_", "-")

    @property
    def default(self) -> str:
        """The default as one would write it in the environment; empty for an empty list."""
        value = getattr(Settings(), self.name)
        return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "database",
        "FILE",
        "The SQLite file; made on first use.",
        str,
        otherwise="of the service, the machine or the user",
    ),
    Setting("host", "ADDRESS", "The address to listen on; 0.0.0.0 for every one.", str),
    Setting(
        "port", "NUMBER", "The port to listen on; 0 picks a free one.", readers.whole(0, 65535)
    ),
    Setting(
        "threads", "NUMBER", "How many requests a process works on at once.", readers.whole(1, 64)
    ),
    Setting("processes", "NUMBER", "How many processes share the work.", readers.whole(1, 64)),
    Setting("secret_key_limit", "LIMIT", "Requests a secret key may make, or off.", readers.limit),
    Setting(
        "publishable_key_limit", "LIMIT", "The same for publishable keys, or off.", readers.limit
    ),
    Setting(
        "customer_form",
        "TEAMS",
        "Teams (slugs, with commas) that customers may write to by a form; all for every one.",
        readers.teams,
    ),
    Setting(
        "customer_form_limit",
        "LIMIT",
        "How often a network may send customers' forms and answers, or off.",
        readers.limit,
    ),
    Setting(
        "cors_origins",
        "ORIGINS",
        "Web origins whose pages may call the API, separated by commas; * for any.",
        readers.origins,
    ),
    Setting(
        "allowed_hosts",
        "HOSTS",
        "Host names that requests may be for, separated by commas; * for any.",
        readers.hosts,
    ),
    Setting(
        "trusted_proxies",
        "NETWORKS",
        "Addresses or networks of reverse proxies whose X-Forwarded headers are believed.",
        readers.networks,
    ),
    Setting(
        "connections_per_address",
        "NUMBER",
        "Connections one client address may keep open; trusted proxies are not counted.",
        readers.whole(1, 800),
    ),
    Setting(
        "webhook_networks",
        "NETWORKS",
        "Private networks that webhooks may be sent to, with commas; none unless listed.",
        readers.networks,
    ),
    Setting(
        "stream_listeners",
        "NUMBER",
        "Listeners that may follow the events at once, with all processes; 0 for none.",
        readers.whole(0, 500),
    ),
    Setting(
        "webhook_retries",
        "SECONDS",
        "How long to wait before each further try to deliver to a webhook, with commas.",
        readers.seconds,
    ),
    Setting(
        "mail_listen",
        "PROTOCOL:ADDRESS:PORT",
        "Where mail servers bring mail, such as lmtp:127.0.0.1:2424 or smtp:127.0.0.1:2525.",
        readers.mail_place,
    ),
    Setting(
        "mail_relays",
        "NAMES",
        "Your mail servers, with commas, as Authentication-Results name them; only they count.",
        readers.names,
    ),
    Setting(
        "disk_reserve",
        "MEGABYTES",
        "Disk space kept for deletions, in a file beside the database; 0 for none.",
        readers.whole(0, 100_000),
    ),
    Setting(
        "log_format", "FORMAT", "How the log is written: text or json.", readers.OneOf(LOG_FORMATS)
    ),
    Setting(
        "access_log",
        "SWITCH",
        "Whether each request has a line in the log.",
        readers.OneOf((ON, OFF)),
    ),
    Setting(
        "metrics_address",
        "ADDRESS:PORT",
        "Where /metrics is served, apart from the API, such as 127.0.0.1:9100.",
        readers.address,
    ),
    Setting(
        "metrics_token",
        "TOKEN",
        "What must be presented for /metrics; it is beside the API unless it has an address.",
        readers.token,
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
    customer_form: tuple[str, ...] = ()
    customer_form_limit: str = "10/minute;60/hour"
    cors_origins: tuple[str, ...] = ()
    allowed_hosts: tuple[str, ...] = (readers.ANY,)
    trusted_proxies: tuple[readers.Network, ...] = ()
    connections_per_address: int = 200
    webhook_networks: tuple[readers.Network, ...] = ()
    stream_listeners: int = 50
    webhook_retries: tuple[int, ...] = (30, 120, 600, 3_600, 21_600, 86_400)
    mail_listen: str = ""
    mail_relays: tuple[str, ...] = ()
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
        return readers.split_address(self.metrics_address) if self.metrics_address else None

    @property
    def mail_place(self) -> tuple[str, str, int] | None:
        """By which protocol, and at which host and port, mail is taken; None if nowhere."""
        return readers.split_mail_place(self.mail_listen) if self.mail_listen else None

    def has_form(self, slug: str) -> bool:
        """Whether customers may write to a team by a form.

        >>> Settings(customer_form=("acme",)).has_form("acme"), Settings().has_form("acme")
        (True, False)
        """
        return slug in self.customer_form or ALL in self.customer_form

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
            name.endswith(each[1:]) if each.startswith("*.") else each in (name, readers.ANY)
            for each in self.allowed_hosts
        )

    def trusts(self, address: str) -> bool:
        """Whether `address` is one of the trusted proxies.

        >>> Settings(trusted_proxies=readers.networks("10.0.0.0/8")).trusts("10.1.2.3")
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
