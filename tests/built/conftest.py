"""Builds once, or says loudly why not."""

from pathlib import Path

import pytest

from tests.built.made import Bare, build, why_not


@pytest.fixture(scope="session")
def dist() -> Path:
    if reason := why_not():
        pytest.skip(f"NOT TESTED: what scripts/build makes: {reason}")
    return build()


@pytest.fixture(scope="module")
def bare(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Bare:
    return Bare(tmp_path_factory.mktemp("root")).make()
