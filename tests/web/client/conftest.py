"""A server, and clients of it: straight, or by a way on which things happen."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from cstar_core import Helpdesk
from cstar_web.app import create_app
from cstar_web.client import Client
from tests.web.client.trips import Trip
from tests.web.faults import Fault, leading
from tests.web.sockets import Address, running
from tests.web.vocabulary import Keyring
from tests.web.world import limitless


@pytest.fixture
def address(desk: Helpdesk) -> Iterator[Address]:
    with running(application=create_app(desk, limitless())) as found:
        yield found


@pytest.fixture
def url(address: Address) -> str:
    return f"http://{address[0]}:{address[1]}"


@pytest.fixture
def acme(url: str, keyring: Keyring) -> Iterator[Client]:
    """A client with a secret live key."""
    with Client(url, keyring.secret) as client:
        yield client


@pytest.fixture
def visitor(url: str, keyring: Keyring) -> Iterator[Client]:
    """A client with a publishable live key."""
    with Client(url, keyring.publishable) as client:
        yield client


@pytest.fixture
def trip(address: Address, keyring: Keyring) -> Any:
    @contextmanager
    def starting(*faults: Fault, **options: Any) -> Iterator[Trip]:
        with leading(address, *faults) as way:
            found = Trip(way, keyring.secret, options)
            with found.client:
                yield found

    return starting
