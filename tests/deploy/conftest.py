"""A desk with one team."""

from pathlib import Path

import pytest

from tests.cli.commands import acme_database


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A desk with one team, acme."""
    return acme_database(tmp_path)
