"""Whose address counts behind proxies, and which of them are believed."""

from ipaddress import ip_network

import pytest
from flask import Request
from werkzeug.test import EnvironBuilder

from cstar_web.remote import base_url, client_address
from cstar_web.settings import Settings

BEHIND = Settings(trusted_proxies=(ip_network("10.0.0.0/8"), ip_network("2001:db8::/32")))


def request(peer: str, **headers: str) -> Request:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    builder = EnvironBuilder(headers=sent, environ_base={"REMOTE_ADDR": peer})
    return Request(builder.get_environ())


# Who connects, what it forwards, and whose request it is.
CHAINS = [
    ("192.0.2.1", "", "192.0.2.1"),
    ("192.0.2.1", "198.51.100.7", "192.0.2.1"),
    ("10.0.0.1", "", "10.0.0.1"),
    ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
    ("10.0.0.1", "198.51.100.7, 10.0.0.2", "198.51.100.7"),
    ("10.0.0.1", "127.0.0.1, 198.51.100.7", "198.51.100.7"),
    ("10.0.0.1", "10.0.0.2", "10.0.0.2"),
    ("::ffff:10.0.0.1", "198.51.100.7", "198.51.100.7"),
    ("2001:db8::1", "2001:dead::7", "2001:dead::7"),
    ("10.0.0.1", "nonsense", "nonsense"),
    ("10.0.0.1", "198.51.100.7:4711", "198.51.100.7"),
    ("10.0.0.1", "198.51.100.7, 10.0.0.2:4711", "198.51.100.7"),
    ("10.0.0.1", "[2001:dead::7]:4711", "2001:dead::7"),
    ("10.0.0.1", "[2001:dead::7]", "2001:dead::7"),
]


@pytest.mark.parametrize(("peer", "forwarded", "client"), CHAINS)
def test_a_client_is_the_last_address_no_trusted_proxy_vouches_for(
    peer: str, forwarded: str, client: str
) -> None:
    assert client_address(request(peer, X_Forwarded_For=forwarded), BEHIND) == client


def test_without_trusted_proxies_nothing_forwarded_is_believed() -> None:
    spoofed = request("10.0.0.1", X_Forwarded_For="198.51.100.7", X_Forwarded_Host="evil.test")
    assert client_address(spoofed, Settings()) == "10.0.0.1"
    assert base_url(spoofed, Settings()) == "http://localhost"


# What a trusted proxy forwards, and where the client sees this server.
PLACES = [
    ({"X_Forwarded_Proto": "https"}, "https://localhost"),
    ({"X_Forwarded_Proto": "HTTPS"}, "https://localhost"),
    ({"X_Forwarded_Proto": "javascript"}, "http://localhost"),
    ({"X_Forwarded_Host": "desk.example.com:8443"}, "http://desk.example.com:8443"),
    ({"X_Forwarded_Host": "[2001:db8::1]:80"}, "http://[2001:db8::1]:80"),
    ({"X_Forwarded_Host": "a/b"}, "http://localhost"),
    ({"X_Forwarded_Host": 'x"><script>'}, "http://localhost"),
]


@pytest.mark.parametrize(("headers", "url"), PLACES)
def test_a_trusted_proxy_says_where_this_server_is(headers: dict[str, str], url: str) -> None:
    assert base_url(request("10.0.0.1", **headers), BEHIND) == url


def test_a_request_without_a_peer_is_counted_as_unknown() -> None:
    assert client_address(request(""), BEHIND) == "unknown"
