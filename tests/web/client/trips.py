"""A client whose requests go a way on which things happen."""

from typing import Any

from cstar_web.client import Client
from tests.web.faults import Way


class Trip:
    """A client whose requests go a way on which things happen, and how long it waited."""

    def __init__(self, way: Way, key: str, options: dict[str, Any]) -> None:
        self.way = way
        self.waits: list[float] = []
        self.client = Client(way.url, key, team="acme", sleep=self.waits.append, **options)
