"""What version of cStar this is: said in one place, and wherever data is handed on."""

import json
import platform
import sqlite3
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from cstar_core import Helpdesk
from cstar_core.migrations import scripts
from cstar_core.versions import release


def manifest(folder: Path) -> Any:
    return json.loads((folder / "manifest.json").read_bytes())


def without_version(folder: Path) -> None:
    said = manifest(folder)
    del said["cstarVersion"]
    (folder / "manifest.json").write_text(json.dumps(said), encoding="utf-8")


def test_the_versions_are_those_in_use() -> None:
    found = Helpdesk.versions()
    assert (found.cstar, found.schema) == (version("cstar"), len(scripts()))
    assert (found.sqlite, found.python) == (sqlite3.sqlite_version, platform.python_version())


def test_a_version_has_three_numbers() -> None:
    assert [part.isdecimal() for part in release().split(".")] == [True] * 3


def test_without_a_package_the_version_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.path", [])
    monkeypatch.setattr("sys.meta_path", [])
    assert release() == "unknown"


def test_a_backup_says_which_version_made_it(desk: Helpdesk, tmp_path: Path) -> None:
    assert desk.backup(tmp_path / "backup").cstar_version == release()
    assert manifest(tmp_path / "backup")["cstarVersion"] == release()
    assert Helpdesk.check_backup(tmp_path / "backup").cstar_version == release()


def test_a_backup_that_does_not_say_which_version_made_it_is_restored(
    desk: Helpdesk, tmp_path: Path
) -> None:
    desk.backup(tmp_path / "backup")
    without_version(tmp_path / "backup")
    done = Helpdesk.restore(tmp_path / "backup", tmp_path / "restored.db")
    assert done.backup.cstar_version is None


@pytest.mark.parametrize("of", ["desk", "customer"])
def test_an_export_says_which_version_made_it(of: str, desk: Helpdesk, tmp_path: Path) -> None:
    customer = desk.workspace("acme").customers.create(name="Jane").id
    made = desk.export(tmp_path / "out", customer=customer if of == "customer" else None)
    assert (made.cstar_version, manifest(tmp_path / "out")["cstarVersion"]) == (release(),) * 2


def test_an_export_that_does_not_say_which_version_made_it_is_taken_in(
    desk: Helpdesk, tmp_path: Path
) -> None:
    desk.export(tmp_path / "out")
    without_version(tmp_path / "out")
    with Helpdesk.open(tmp_path / "another.db") as other:
        assert other.import_export(tmp_path / "out").cstar_version is None
        assert [team.slug for team in other.teams.list()] == ["acme", "globex"]
