"""How the tests are spread over processes: what takes long first, some of it test by test.

``pytest -p tests.spread -n 3``. Each file is for one process, so that what its tests share is made
once. Of a few files whose tests take long and share nothing, each test is by itself.
"""

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

APART = ("tests/test_torture.py", "tests/test_docs.py")
# Longest first, so that no process is left with one of them at the end.
LONG = (*APART, "tests/test_bench.py")


def _file(nodeid: str) -> str:
    return nodeid.partition("::")[0]


class Spread(LoadFileScheduling):
    """Hands out files, and single tests of some."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid if _file(nodeid) in APART else _file(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Spread:
    return Spread(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {path: place for place, path in enumerate(LONG)}
    items.sort(key=lambda item: places.get(_file(item.nodeid), len(LONG)))
