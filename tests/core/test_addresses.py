"""Where a webhook may be sent: the table is the rule."""

import socket
from ipaddress import (
    IPv4Address,
    IPv6Address,
    ip_address,
    ip_network,
)

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstar_core import URL_MAX, check_destination, check_url, may_reach
from cstar_core.addresses import literal_address

PUBLIC = ["93.184.216.34", "8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8"]
NOT_PUBLIC = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255",
    "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.100.100.200", "168.63.129.16",
    "192.0.0.192", "198.18.0.1", "192.0.2.1", "198.51.100.1", "203.0.113.1", "192.88.99.1",
    "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1",
    "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1",
    "2002:7f00:1::", "2002:a9fe:a9fe::", "2001::1", "2001:db8::1", "3fff::1", "100::1", "5f00::1",
]  # fmt: skip
LOCAL_SPELLINGS = [
    "127.0.0.1", "127.1", "127.0.1", "0x7f000001", "0X7F.0.0.1", "2130706433", "017700000001",
    "0177.0.0.1", "0177.1", "127.0.0.1.", "[::1]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1]",
    "0", "0.0.0.0", "localhost", "LOCALHOST", "localhost.", "a.localhost", "169.254.169.254",
    "2852039166", "0xA9FEA9FE", "[fd00:ec2::254]", "10.0.0.1", "192.168.0.1", "[::]",
]  # fmt: skip
NO_URLS = [
    "", " ", "example.com", "/hook", "//example.com", "ftp://example.com", "file:///etc/passwd",
    "javascript:alert(1)", "http://", "https:///x", "http://:80", "http://.", "http://example.com:0",
    "http://example.com:99999", "http://example.com:x", "http://[::1", "http://[v1.x]/",
    "http://user@example.com", "http://user:pass@example.com", "http://example.com@127.0.0.1/",
    "http://example.com/#x", "http://example.com\\@127.0.0.1/", "http://exa mple.com",
    "http://example.com/\r\nHost: x", "http://example.com/\t", "http://example.com/ü",
    "http://ⓛocalhost/", "http://127。0。0。1/", "http://%6cocalhost/", "http://[fe80::1%25eth0]/",
    "http://example.com/\0", f"http://example.com/{'x' * URL_MAX}", 5, None, ["http://a.example"],
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_reached(address: str) -> None:
    assert may_reach(ip_address(address))


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_any_other_may_not(address: str) -> None:
    assert not may_reach(ip_address(address))


@given(st.ip_addresses())
def test_what_python_does_not_call_global_may_not_be_reached(
    address: IPv4Address | IPv6Address,
) -> None:
    plain = (isinstance(address, IPv6Address) and address.ipv4_mapped) or address
    assert plain.is_global or not may_reach(address)


@given(st.ip_addresses(v=4))
def test_an_address_in_another_form_may_be_reached_no_more_than_itself(
    address: IPv4Address,
) -> None:
    number = int(address)
    forms = [
        (0xFFFF << 32) + number,
        number,
        (0x64FF9B << 96) + number,
        (0x2002 << 112) + (number << 80),
    ]
    reached = [may_reach(IPv6Address(form)) for form in forms]
    assert reached == [may_reach(address), False, False, False]


@pytest.mark.parametrize("address", ["10.1.2.3", "::ffff:10.1.2.3"])
def test_an_allowed_network_may_be_reached(address: str) -> None:
    allowed = [ip_network("fd00::/8"), ip_network("10.0.0.0/8")]
    assert may_reach(ip_address(address), allowed)
    assert not may_reach(ip_address("192.168.1.1"), allowed)


PART = st.one_of(
    st.integers(0, 2**32).map(str),
    st.integers(0, 255).map(str),
    st.integers(0, 2**32).map(hex),
    st.integers(0, 255).map(lambda number: f"0{number:o}"),
)


@given(st.lists(PART, min_size=1, max_size=4).map(".".join))
def test_a_literal_address_is_what_the_system_takes_it_for(host: str) -> None:
    try:
        expected = IPv4Address(socket.inet_aton(host))
    except OSError:
        return
    assert literal_address(host) == expected


@pytest.mark.parametrize("host", LOCAL_SPELLINGS)
@pytest.mark.parametrize("place", ["http://{}/", "https://{}:8443/hook?x=1"])
def test_no_spelling_of_a_private_address_is_a_url(host: str, place: str) -> None:
    assert check_url("url", place.format(host)) == []
    problems = check_destination("url", place.format(host))
    assert [each.message for each in problems] == [
        "url must not be an address of this machine or a private network"
    ]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "[::ffff:127.0.0.1]"])
def test_an_allowed_one_is(host: str) -> None:
    assert check_destination("url", f"http://{host}:8000/", [ip_network("127.0.0.0/8")]) == []


@pytest.mark.parametrize("url", NO_URLS, ids=lambda url: str(url)[:40])
def test_what_is_no_url_is_refused(url: object) -> None:
    (problem,) = check_url("url", url)
    assert problem.param == "url"


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "http://example.com:8080/hook?team=a&x=%20",
        "https://xn--mnchen-3ya.example/",
        "https://93.184.216.34/",
        "https://[2606:4700::1111]:443/x",
        "HTTPS://EXAMPLE.COM/",
        "https://example.com/[a]",
    ],
)
def test_a_public_url_is_taken(url: str) -> None:
    assert check_url("url", url) == check_destination("url", url) == []
