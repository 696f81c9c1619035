"""A desk with one team."""

from pathlib import Path

import pytest

from cstar_core import Helpdesk


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A desk with one team, acme."""
    path = tmp_path / "acme.db"
    with Helpdesk.open(path) as desk:
        desk.teams.create("Acme")
    return path
