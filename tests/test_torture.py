"""The short form of the trials: nothing is lost, and every control finds what is wrong."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts.trials import report
from scripts.trials.section import Outcome, Section, left_out
from scripts.trials.sections import SECTIONS

pytestmark = pytest.mark.no_cover

ROOT = Path(__file__).parents[1]


def torture(*words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "scripts.trials", "--short", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)


def section_of(name: str, *outcomes: dict[str, Any]) -> dict[str, Any]:
    facts = {"form": "short", "seed": 1, "date": "2026-01-01", "cstar": "here", "seconds": 1}
    return {name: {**facts, "outcomes": list(outcomes)}}


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.name)
def test_all_is_well_whatever_goes_wrong(section: Section, tmp_path: Path) -> None:
    told = tmp_path / "outcome.json"
    ran = torture("--only", section.name, "--json", str(told), "--folder", str(tmp_path))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    outcomes = json.loads(told.read_text(encoding="utf-8"))["sections"][section.name]["outcomes"]
    missing = [f"{each['test']}: {each['left_out']}" for each in outcomes if each["left_out"]]
    if missing:
        pytest.skip(f"NOT TESTED: {'; '.join(missing)}")


def test_a_failure_is_not_ok() -> None:
    assert not Outcome("a test", 1, ["it failed"], "").ok


def test_a_control_that_finds_nothing_is_not_ok() -> None:
    assert not Outcome("a test", 1, (), "", "found nothing", bites=False).ok


def test_what_is_left_out_does_not_fail() -> None:
    assert left_out("a test", "there is no strace").ok


def test_the_document_tells_what_was_left_out() -> None:
    row = {**vars(left_out("a test", "there is no strace"))}
    text = report.document({"machine": {}, "sections": section_of("one", row)})
    assert "| a test | left out | - | there is no strace |" in text


def test_the_document_counts_the_failures() -> None:
    row = {**vars(Outcome("a test", 7, ("one", "two"), "the figure", "it bites"))}
    text = report.document({"machine": {}, "sections": section_of("one", row)})
    assert "| a test | 7 | 2 | the figure |" in text


def test_a_section_that_does_not_exist_is_refused() -> None:
    assert "there is no kil" in torture("--only", "kil").stderr
