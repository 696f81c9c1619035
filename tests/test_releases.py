"""What has to be right about versions before one is released."""

import re
import tomllib
from pathlib import Path

import pytest

from cstar_core.migrations import scripts
from cstar_core.versions import release
from tests.documents import ROOT, read

VERSION = tomllib.loads(read("pyproject.toml"))["project"]["version"]
HEADINGS = re.findall(r"^## (.+)$", read("CHANGELOG.md"), re.MULTILINE)
RELEASED = re.compile(r"\[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d")
SOURCES = sorted(
    path
    for folder in ("cstar_core", "cstar_web", "scripts", ".ci", "data")
    for path in (ROOT / folder).rglob("*")
    if path.is_file() and path.suffix in ("", ".py", ".sql", ".json", ".html", ".js", ".css")
    if not {"swagger", "__pycache__"} & set(path.parts)
)


def test_what_is_installed_is_the_version_of_the_project() -> None:
    assert release() == VERSION


def test_the_version_stands_in_one_place() -> None:
    written = re.compile(rf"(?<![\d.]){re.escape(VERSION)}(?![\d.])")
    assert len(SOURCES) > 200
    found = [path for path in SOURCES if written.search(path.read_text(encoding="utf-8"))]
    assert found == []
    assert len(written.findall(read("pyproject.toml"))) == 1


def test_the_changelog_begins_with_what_is_unreleased_or_with_this_version() -> None:
    top = RELEASED.fullmatch(HEADINGS[0])
    assert HEADINGS[0] == "[Unreleased]" or (top and top[1] == VERSION), HEADINGS[0]


def test_the_changelog_names_this_version() -> None:
    newest = read("CHANGELOG.md").split("\n## ")[1]
    assert VERSION in newest or any(f"[{VERSION}]" in heading for heading in HEADINGS)


def test_every_released_version_has_a_heading_with_its_day_newest_first() -> None:
    found = [RELEASED.fullmatch(each) for each in HEADINGS if each != "[Unreleased]"]
    numbers = [tuple(map(int, each[1].split("."))) for each in found if each]
    assert len(numbers) == len(found)
    assert numbers == sorted(numbers, reverse=True)


def test_a_release_has_a_database_of_its_schema() -> None:
    """Once the top heading is a version; until then the newest schema may still change."""
    newest = ROOT / "tests" / "data" / f"schema-{len(scripts())}.db.xz"
    assert HEADINGS[0] == "[Unreleased]" or newest.exists()


@pytest.mark.parametrize(
    "step", ["scripts/build", "scripts/old_database", "scripts/torture", ".ci/run"]
)
def test_what_the_checklist_has_one_run_is_there(step: str) -> None:
    assert f"`{step}" in read("docs/releasing.md")
    assert Path(ROOT, step).exists()
