"""Builds once, or says loudly why not."""

from pathlib import Path

import pytest

from tests.built.made import Bare, build, why_not

# The first of them builds, for which a busy machine takes minutes.
_SECONDS = 600


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the tests of this folder wait for what is built."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(_SECONDS))


@pytest.fixture(scope="session")
def dist() -> Path:
    if reason := why_not():
        pytest.skip(f"NOT TESTED: what scripts/build makes: {reason}")
    return build()


@pytest.fixture(scope="module")
def bare(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Bare:
    return Bare(tmp_path_factory.mktemp("root")).make()
