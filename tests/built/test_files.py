"""The other files that `scripts/build` makes: what is inside, checksums, wheel, sdist, zipapp."""

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from tests.built.made import ROOT, only

PLAIN = {"PATH": os.environ["PATH"]}


def run(*command: str | Path, folder: Path, **environ: str) -> str:
    return subprocess.run(
        command, cwd=folder, env=PLAIN | environ, check=True, timeout=100, stdout=subprocess.PIPE
    ).stdout.decode()


def bill(dist: Path) -> dict[str, str]:
    told = json.loads(only("*.cdx.json").read_text(encoding="utf-8"))
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.6")
    return {each["name"]: each["version"] for each in told["components"]}


def test_the_executable_is_small(dist: Path) -> None:
    assert (dist / "cstar").stat().st_size <= 35_000_000


def test_the_checksums_are_those_of_all_files(dist: Path) -> None:
    lines = (dist / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    told = {name: digest for digest, name in (line.split("  ") for line in lines)}
    files = {file for file in dist.iterdir() if file.name != "SHA256SUMS"}
    assert told == {file.name: sha256(file.read_bytes()).hexdigest() for file in files}


def test_the_bill_names_what_is_inside(dist: Path) -> None:
    inside = bill(dist)
    assert {"CPython", "SQLite", "flask", "mcp", "peewee", "waitress"} <= inside.keys()
    assert tuple(map(int, inside["SQLite"].split("."))) >= (3, 51, 3)


@pytest.mark.parametrize("tool", ["pip", "pyinstaller", "setuptools", "pytest", "shiv"])
def test_the_bill_names_no_tool(dist: Path, tool: str) -> None:
    assert tool not in bill(dist)


def test_the_bill_belongs_to_the_executable(dist: Path) -> None:
    product = json.loads(only("*.cdx.json").read_text())["metadata"]["component"]
    digest = sha256((dist / "cstar").read_bytes()).hexdigest()
    assert product["hashes"] == [{"alg": "SHA-256", "content": digest}]


def test_the_wheel_installs_and_works(dist: Path, tmp_path: Path) -> None:
    cstar = ROOT / "build/tools/bin/cstar"  # the build has installed it there from the wheel
    run(cstar, "demo", "--database", "desk.db", folder=tmp_path)
    assert json.loads(run(cstar, "check", "--database", "desk.db", "--json", folder=tmp_path))["ok"]


def test_the_sdist_holds_what_the_wheel_does(dist: Path) -> None:
    with zipfile.ZipFile(only("*.whl")) as wheel, tarfile.open(only("*.tar.gz")) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
        made = {"cstar_web/demo.json"}  # put in its place when the wheel is made
        made |= {name for name in wheel.namelist() if name.endswith("/man1/cstar.1")}
        code = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert code - made <= names
    assert {"data/demo.json", "LICENSE", "README.md", "pyproject.toml"} <= names


def test_the_manual_page_is_that_of_the_command_and_is_in_the_wheel(dist: Path) -> None:
    page = (dist / "cstar.1").read_bytes()
    with zipfile.ZipFile(only("*.whl")) as wheel:
        (name,) = (name for name in wheel.namelist() if name.endswith("/share/man/man1/cstar.1"))
        assert wheel.read(name) == page
    assert run(dist / "cstar", "man", folder=dist).encode() == page


def test_the_executable_completes_what_is_typed(dist: Path) -> None:
    asked = {"_CSTAR_COMPLETE": "bash_complete", "COMP_WORDS": "cstar mig", "COMP_CWORD": "1"}
    assert run(dist / "cstar", folder=dist, **asked) == "plain,migrate\n"


def test_the_zipapp_works_with_a_bare_python(dist: Path, tmp_path: Path) -> None:
    program = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
    (zipapp,) = dist.glob(f"*-cp3{sys.version_info.minor}-*.pyz")
    ran = run(program, "-I", zipapp, "--version", folder=tmp_path, HOME=str(tmp_path))
    assert ran.startswith("cstar ") and "unknown" not in ran


def test_the_zipapp_names_the_python_that_it_is_for(dist: Path) -> None:
    with zipfile.ZipFile(only("*.pyz")) as zipapp:
        assert "is for Python" in zipapp.read("site-packages/bin/preamble.py").decode()
