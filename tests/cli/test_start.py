"""The ways to start the command, also where only the library is installed."""

import os
import subprocess
import sys

import pytest

from cstar_core import Helpdesk
from cstar_web import __main__ as start
from tests.cli.commands import ROOT


def test_the_console_script_is_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["cstar", "--version"])
    with pytest.raises(SystemExit):
        start.main()

    assert capsys.readouterr().out.startswith("cstar ")


def test_without_the_web_the_command_says_what_to_install() -> None:
    block = "import sys; sys.modules['click'] = None; import cstar_web.__main__ as m; m.main()"
    result = subprocess.run(
        [sys.executable, "-c", block], cwd=ROOT, capture_output=True, text=True, timeout=20
    )

    assert result.returncode == 1
    assert result.stderr.count("\n") == 1 and "pip install '/path/to/cstar[web]'" in result.stderr


@pytest.mark.parametrize(
    ("asked", "environ"),
    [
        (["--version"], {}),
        (["team", "list", "--help"], {}),
        ([], {"_CSTAR_COMPLETE": "bash_complete", "COMP_WORDS": "cstar te", "COMP_CWORD": "1"}),
    ],
)
def test_only_what_a_command_needs_is_imported(asked: list[str], environ: dict[str, str]) -> None:
    result = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "cstar_web", *asked],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environ},
        capture_output=True,
        text=True,
        timeout=20,
    )
    imported = {line.rpartition("|")[2].strip() for line in result.stderr.splitlines()}

    assert result.stdout and "cstar_core" in imported
    assert imported & {"flask", "limits", "marshmallow", "waitress", "asyncio"} == set()


def test_a_broken_import_of_ours_is_not_called_a_missing_extra() -> None:
    block = "import sys; sys.modules['cstar_web.cli'] = None; import cstar_web.__main__"
    result = subprocess.run(
        [sys.executable, "-c", block], cwd=ROOT, capture_output=True, text=True, timeout=20
    )

    assert "ModuleNotFoundError" in result.stderr


def test_the_versions_are_printed() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "cstar_web", "--version"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=20,
    )

    versions = Helpdesk.versions()
    assert result.stdout.splitlines() == [
        f"cstar {versions.cstar}",
        f"schema {versions.schema}",
        f"SQLite {versions.sqlite}",
        f"Python {versions.python}",
    ]
