"""The benchmark runs on a tiny desk, and leaves out no row."""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from scripts.benchmark import report
from scripts.benchmark.sections import core, growth, inprocess

pytestmark = pytest.mark.no_cover

ROOT = Path(__file__).parents[1]
TICKETS = 60
QUICK = ("--tickets", str(TICKETS), "--rounds", "1", "--seconds", "1", "--connections", "2")
needs_wrk = pytest.mark.skipif(
    shutil.which("wrk") is None,
    reason="NOT TESTED: the benchmark over HTTP. To test it: apt-get install wrk",
)


def bench(cache: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "scripts.benchmark", "--cache", str(cache), *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)


def measured(cache: Path, only: str) -> dict[str, Any]:
    ran = bench(cache, *QUICK, "--only", only, "--json", "-")
    assert ran.returncode == 0, ran.stderr
    run: dict[str, Any] = json.loads(ran.stdout)
    return run


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("desks")


@pytest.fixture(scope="module")
def run(cache: Path) -> dict[str, Any]:
    return measured(cache, "storage,start,inprocess,core,growth")


def operations(run: dict[str, Any], section: str) -> list[str]:
    return [row["operation"] for row in run["results"][section]]


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ("inprocess", inprocess.SECTION.operations),
        ("core", core.SECTION.operations),
        ("growth", growth.SECTION.operations),
    ],
)
def test_every_operation_is_timed(
    run: dict[str, Any], section: str, expected: Sequence[str]
) -> None:
    assert operations(run, section) == list(expected)


@pytest.mark.parametrize("section", ["storage", "start"])
def test_every_desk_is_measured(run: dict[str, Any], section: str) -> None:
    assert [row["tickets"] for row in run["results"][section]] == [TICKETS]


def test_the_document_shows_what_was_measured(run: dict[str, Any]) -> None:
    text = report.document(run)
    rows = [row for section in ("core", "growth") for row in run["results"][section]]
    names = core.OPERATIONS | growth.OPERATIONS
    assert [row for row in rows if f"| {names[row['operation']]} |" not in text] == []


def test_a_part_of_the_benchmark_writes_no_document(cache: Path) -> None:
    document = ROOT / "docs" / "performance.md"
    before = document.read_bytes() if document.exists() else None
    measured(cache, "storage")
    assert (document.read_bytes() if document.exists() else None) == before


@needs_wrk
def test_operations_are_measured_beside_the_floor(cache: Path) -> None:
    run = measured(cache, "http,get,create")
    assert operations(run, "http") == ["floor", "get", "create"]


@needs_wrk
def test_creating_is_measured_beside_searching(cache: Path) -> None:
    run = measured(cache, "contention")
    assert "create beside search" in [row["situation"] for row in run["results"]["contention"]]


def test_a_name_that_does_not_exist_is_refused(cache: Path) -> None:
    assert "there is no gett" in bench(cache, "--only", "gett").stderr
