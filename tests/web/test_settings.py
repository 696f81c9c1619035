"""What may be written into the environment, and what is said about the rest."""

import os
from dataclasses import replace
from ipaddress import ip_network

import pytest

from cstar_web.places import default_database
from cstar_web.settings import SETTINGS, Setting, Settings, SettingsError

READ = [
    ("CSTAR_DATABASE", "/srv/desk.db", "/srv/desk.db"),
    ("CSTAR_HOST", "0.0.0.0", "0.0.0.0"),
    ("CSTAR_PORT", "0", 0),
    ("CSTAR_PORT", " 65535 ", 65535),
    ("CSTAR_THREADS", "64", 64),
    ("CSTAR_PROCESSES", "2", 2),
    ("CSTAR_SECRET_KEY_LIMIT", "20/second;5000/hour", "20/second;5000/hour"),
    ("CSTAR_SECRET_KEY_LIMIT", "OFF", "off"),
    ("CSTAR_PUBLISHABLE_KEY_LIMIT", "10 per 2 minutes", "10 per 2 minutes"),
    ("CSTAR_CORS_ORIGINS", "*", ("*",)),
    (
        "CSTAR_CORS_ORIGINS",
        "https://a.example, http://localhost:5173",
        ("https://a.example", "http://localhost:5173"),
    ),
    ("CSTAR_ALLOWED_HOSTS", "*", ("*",)),
    ("CSTAR_ALLOWED_HOSTS", "Desk.example., [::1]", ("desk.example", "::1")),
    ("CSTAR_ALLOWED_HOSTS", "*.desk.example 10.0.0.1", ("*.desk.example", "10.0.0.1")),
    (
        "CSTAR_TRUSTED_PROXIES",
        "10.0.0.0/8 ::1",
        (ip_network("10.0.0.0/8"), ip_network("::1/128")),
    ),
    ("CSTAR_CONNECTIONS_PER_ADDRESS", "1", 1),
    ("CSTAR_LOG_FORMAT", "json", "json"),
    ("CSTAR_ACCESS_LOG", "off", "off"),
    ("CSTAR_METRICS_ADDRESS", "127.0.0.1:9100", "127.0.0.1:9100"),
    ("CSTAR_METRICS_ADDRESS", "[::1]:0", "[::1]:0"),
    ("CSTAR_MAIL_LISTEN", "lmtp:127.0.0.1:2424", "lmtp:127.0.0.1:2424"),
    ("CSTAR_MAIL_RELAYS", "MX.example.com, b", ("mx.example.com", "b")),
    ("CSTAR_METRICS_TOKEN", "0123456789abcdef", "0123456789abcdef"),
]

REFUSED = [
    ("CSTAR_PORT", "65536", "a whole number from 0 to 65535"),
    ("CSTAR_PORT", "-1", "a whole number"),
    ("CSTAR_PORT", "80a", "a whole number"),
    ("CSTAR_PORT", "8_000", "a whole number"),
    ("CSTAR_THREADS", "0", "from 1 to 64"),
    ("CSTAR_THREADS", "9" * 5000, "from 1 to 64"),
    ("CSTAR_PROCESSES", "0", "from 1 to 64"),
    ("CSTAR_SECRET_KEY_LIMIT", "lots", "a limit such as 5000/hour"),
    ("CSTAR_SECRET_KEY_LIMIT", "0/hour", "a limit such as"),
    ("CSTAR_SECRET_KEY_LIMIT", "5/fortnight", "a limit such as"),
    ("CSTAR_CORS_ORIGINS", "desk.example.com", "origins such as"),
    ("CSTAR_CORS_ORIGINS", "https://desk.example.com/", "origins such as"),
    ("CSTAR_ALLOWED_HOSTS", "https://desk.example", "host names such as"),
    ("CSTAR_ALLOWED_HOSTS", "desk.example:8000", "without port"),
    ("CSTAR_ALLOWED_HOSTS", "desk.*", "host names such as"),
    ("CSTAR_TRUSTED_PROXIES", "proxy.example.com", "addresses or networks"),
    ("CSTAR_TRUSTED_PROXIES", "10.0.0.1/8", "addresses or networks"),
    ("CSTAR_LOG_FORMAT", "xml", "one of: text, json"),
    ("CSTAR_ACCESS_LOG", "yes", "one of: on, off"),
    ("CSTAR_MAIL_RELAYS", "*", "host names such as mx.example.com"),
    ("CSTAR_MAIL_LISTEN", "127.0.0.1:2424", "lmtp or smtp with an address and a port"),
    ("CSTAR_MAIL_LISTEN", "imap:127.0.0.1:2424", "lmtp or smtp with an address and a port"),
    ("CSTAR_MAIL_LISTEN", "smtp:2525", "lmtp or smtp with an address and a port"),
    ("CSTAR_METRICS_ADDRESS", "9100", "an address with a port such as 127.0.0.1:9100"),
    ("CSTAR_METRICS_ADDRESS", "127.0.0.1:65536", "an address with a port"),
    ("CSTAR_METRICS_ADDRESS", "::1:9100", "an address with a port"),
    ("CSTAR_METRICS_ADDRESS", "http://a:9100", "an address with a port"),
    ("CSTAR_METRICS_TOKEN", "0123456789abcde", "16 to 255 visible ASCII characters"),
    ("CSTAR_METRICS_TOKEN", "with a space in it", "16 to 255 visible"),
    ("CSTAR_METRICS_TOKEN", "x" * 256, "16 to 255 visible"),
]
PLACES = [
    ("127.0.0.1:9100", ("127.0.0.1", 9100)),
    ("[2001:db8::1]:80", ("2001:db8::1", 80)),
    ("metrics.internal:0", ("metrics.internal", 0)),
    ("", None),
]
DEFAULTS = replace(Settings(), database=default_database({}, os.geteuid()) or "")

TRUSTED = [
    ("10.1.2.3", True),
    ("::ffff:10.1.2.3", True),
    ("11.0.0.1", False),
    ("::1", False),
    ("not an address", False),
]


@pytest.mark.parametrize(("name", "text", "value"), READ)
def test_the_environment_sets(name: str, text: str, value: object) -> None:
    settings = Settings.from_environment({name: text})

    assert getattr(settings, name.removeprefix("CSTAR_").lower()) == value


@pytest.mark.parametrize(("name", "text", "reason"), REFUSED)
def test_a_value_that_cannot_be_used_is_refused(name: str, text: str, reason: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_environment({name: text})

    assert str(refused.value).startswith(f"{name} must ")
    assert reason in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("address", "trusted"), TRUSTED)
def test_only_the_named_proxies_are_trusted(address: str, trusted: bool) -> None:
    assert Settings(trusted_proxies=(ip_network("10.0.0.0/8"),)).trusts(address) is trusted


@pytest.mark.parametrize(("address", "place"), PLACES)
def test_an_address_is_a_host_and_a_port(address: str, place: tuple[str, int] | None) -> None:
    settings = Settings.from_environment({"CSTAR_METRICS_ADDRESS": address})
    assert (settings.metrics_place, settings.metrics) == (place, place is not None)


def test_a_refused_token_is_not_quoted() -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_environment({"CSTAR_METRICS_TOKEN": "my secret"})

    assert "my secret" not in str(refused.value)


def test_an_empty_environment_gives_the_defaults() -> None:
    assert Settings.from_environment({}) == DEFAULTS


def test_an_empty_value_means_the_default() -> None:
    assert Settings.from_environment({"CSTAR_PORT": ""}) == DEFAULTS


def test_an_empty_flag_is_refused() -> None:
    with pytest.raises(SettingsError, match="--database must not be empty"):
        Settings.from_environment({}, {"database": ""})


def test_other_programs_variables_are_left_alone() -> None:
    assert Settings.from_environment({"PORT": "x"}) == DEFAULTS


def test_an_unknown_name_is_refused_with_the_nearest_real_one() -> None:
    with pytest.raises(SettingsError, match=r"CSTAR_PROT is not a setting; .* CSTAR_PORT"):
        Settings.from_environment({"CSTAR_PROT": "1"})


def test_a_flag_wins_over_the_environment() -> None:
    settings = Settings.from_environment({"CSTAR_PORT": "1"}, {"port": "2", "host": None})

    assert (settings.port, settings.host) == (2, "127.0.0.1")


def test_a_refused_flag_is_named_as_a_flag() -> None:
    with pytest.raises(SettingsError, match=r"^--port must be"):
        Settings.from_environment({}, {"port": "x"})


def test_every_field_stands_in_the_table() -> None:
    assert [setting.name for setting in SETTINGS] == list(Settings.__dataclass_fields__)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_a_default_can_be_written_in_the_environment(setting: Setting) -> None:
    assert Settings.from_environment({setting.env: setting.default}) == DEFAULTS
