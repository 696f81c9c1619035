"""What a client is given, needs and shows, and what its key opens."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cstar_core import Helpdesk
from cstar_web import client as package
from cstar_web.app import create_app
from cstar_web.client import AuthorizationError, Client
from tests.web.sockets import running
from tests.web.test_server import needs_ipv6
from tests.web.vocabulary import Keyring
from tests.web.world import limitless

ROOT = Path(__file__).parents[3]


def test_importing_it_needs_nothing_that_is_to_be_installed() -> None:
    code = (
        "import sys\n"
        "class Wall:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        first = name.partition('.')[0]\n"
        "        if first not in sys.stdlib_module_names | {'cstar_web'}:\n"
        "            raise ImportError('not installed: ' + name)\n"
        "sys.meta_path.insert(0, Wall())\n"
        "from cstar_web.client import Client\n"
        "print(Client('http://127.0.0.1:1', 'sk_live_your_key'))\n"
        "print(sorted(set(sys.modules) & {'flask', 'marshmallow', 'waitress', 'click', 'peewee'}))"
    )
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert run.stdout == "<Client of http://127.0.0.1:1/api/v1>\n[]\n"


def test_its_public_names_are_those_that_it_promises() -> None:
    assert all(hasattr(package, name) for name in package.__all__)
    assert all(package.__dict__[name].__doc__ for name in package.__all__)


@pytest.mark.parametrize(
    "url",
    [
        "desk.example.com",
        "ftp://desk.example.com",
        "http://",
        "http://me:secret@desk.example.com",
        "http://desk.example.com/?a=b",
        "http://desk.example.com/#a",
        "http://desk.example.com/a b",
        "http://desk.example.com:port",
    ],
)
def test_an_url_that_cannot_be_right_is_refused(url: str) -> None:
    with pytest.raises(ValueError):
        Client(url, "sk_live_your_key")


@pytest.mark.parametrize("key", ["", "sk live", "sk_live\r\nHost: a", "ключ", None, "a" * 256])
def test_a_key_that_cannot_be_right_is_refused_and_not_shown(key: Any) -> None:
    with pytest.raises(ValueError, match="key must be an API key") as caught:
        Client("http://127.0.0.1", key)
    assert not key or key not in str(caught.value)


@pytest.mark.parametrize("options", [{"timeout": 0}, {"retries": -1}, {"team": "a/b"}])
def test_other_options_that_cannot_be_right_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Client("http://127.0.0.1", "sk_live_your_key", **options)


def test_the_key_is_in_nothing_that_is_shown() -> None:
    with Client("https://desk.example.com", "sk_live_secret") as client:
        shown = [repr(client), str(client), repr(vars(client)), repr(vars(client._connections))]
    assert "sk_live_secret" not in "".join(shown)


@pytest.mark.parametrize("path", ["", "/", "/api/v1", "/api/v1/"])
def test_the_url_may_be_that_of_the_api(url: str, keyring: Keyring, path: str) -> None:
    with Client(url + path, keyring.secret) as client:
        assert client.whoami().team_slug == "acme"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://127.0.0.1:80", "http://127.0.0.1/api/v1"),
        ("https://Desk.Example.com:8443/a/b/", "https://desk.example.com:8443/a/b/api/v1"),
        ("https://[2001:db8::1]", "https://[2001:db8::1]/api/v1"),
    ],
)
def test_a_client_shows_where_it_asks(url: str, shown: str) -> None:
    assert repr(Client(url, "sk_live_your_key")) == f"<Client of {shown}>"


@needs_ipv6
def test_a_server_may_have_an_ipv6_address(desk: Helpdesk, keyring: Keyring) -> None:
    with (
        running(host="::1", application=create_app(desk, limitless())) as found,
        Client(f"http://[::1]:{found[1]}", keyring.secret) as client,
    ):
        assert client.whoami().team_slug == "acme"


def test_whoami_says_what_the_key_opens(acme: Client) -> None:
    opened = acme.whoami()

    assert (opened.team_name, opened.key_type, opened.environment) == ("Acme", "secret", "live")


def test_the_team_may_be_named(url: str, keyring: Keyring) -> None:
    with Client(url, keyring.secret, team="acme") as client:
        assert client.tickets.list().total == 0


def test_a_team_that_the_key_does_not_open_is_refused(url: str, keyring: Keyring) -> None:
    with (
        Client(url, keyring.secret, team="other") as client,
        pytest.raises(AuthorizationError) as caught,
    ):
        client.tickets.list()
    assert (caught.value.status, caught.value.code) == (403, "insufficient_permissions")


def test_a_test_key_opens_other_data(url: str, keyring: Keyring, acme: Client) -> None:
    acme.tickets.create(title="Live")

    with Client(url, keyring.test) as sandbox:
        assert sandbox.tickets.list().items == ()


def test_a_closed_client_says_so(url: str, keyring: Keyring) -> None:
    client = Client(url, keyring.secret)
    client.whoami()
    client.close()
    client.close()

    with pytest.raises(RuntimeError, match="closed"):
        client.whoami()
