"""A desk with one team, an environment without settings, and commands that work."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cstar_web.settings import SETTINGS
from tests.cli.commands import acme_database, run


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for setting in SETTINGS:
        monkeypatch.delenv(setting.env, raising=False)
    # As a service manager does, so that the default database is nobody's real one.
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A desk with one team, acme."""
    return acme_database(tmp_path)


@pytest.fixture
def cstar(database: Path) -> Callable[..., str]:
    """Run a command that works; what it prints."""

    def run_well(*args: str) -> str:
        result = run(*args, "--database", str(database))
        assert result.exit_code == 0, result.output
        return result.stdout

    return run_well


@pytest.fixture
def cstar_json(cstar: Callable[..., str]) -> Callable[..., Any]:
    return lambda *args: json.loads(cstar(*args, "--json"))
