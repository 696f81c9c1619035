"""Build what is handed out, step by step, and check it."""

import json
import os
import shutil
import sys
import venv
from hashlib import file_digest
from pathlib import Path

from scripts.building.commands import Failed, ask, run
from scripts.building.platforms import machine, python_tag
from scripts.common import ROOT

DIST = ROOT / "dist"
WORK = ROOT / "build" / "work"
TOOLS = ROOT / "build" / "tools"
PYTHON = TOOLS / "bin" / "python"
PIP = (PYTHON, "-m", "pip", "--disable-pip-version-check", "--quiet")
NEEDED = Path(__file__).with_name("tools.txt")


def main() -> None:
    """Make `dist/` anew; exit code 1 with the reason if anything is not as it should be."""
    os.environ.setdefault("SOURCE_DATE_EPOCH", _date())
    try:
        _build()
    except Failed as error:
        sys.exit(f"build: {error}")


def _build() -> None:
    for program in ("cc", "objcopy", "strip"):
        if shutil.which(program) is None:
            raise Failed(
                f"{program} is needed; on Debian and Ubuntu: apt install gcc binutils libc6-dev"
            )
    shutil.rmtree(DIST, ignore_errors=True)
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    _set_up()
    _manual()
    run(PYTHON, "-m", "build", "--no-isolation", "--outdir", DIST, ROOT)
    wheel = next(DIST.glob("*.whl"))
    run(*PIP, "install", "--force-reinstall", "--no-deps", wheel)
    run(PYTHON, "-m", "scripts.building.binary", DIST / "cstar", WORK)
    _zipapp(wheel)
    bill = DIST / f"{wheel.name.split('-py3-')[0]}.cdx.json"
    run(PYTHON, "-m", "scripts.building.bill", DIST / "cstar", WORK / "notes.json", bill)
    _sums()
    notes = json.loads((WORK / "notes.json").read_text(encoding="utf-8"))
    print(f"dist/cstar has SQLite {notes['sqlite']} and needs glibc {notes['glibc']} or newer")


def _set_up() -> None:
    """Have the tools and what the application needs, in an environment of their own."""
    stamp = TOOLS / "cstar-stamp"
    wanted = f"{sys.executable}\n{NEEDED.read_text()}\n{(ROOT / 'pyproject.toml').read_text()}"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return
    shutil.rmtree(TOOLS, ignore_errors=True)
    venv.create(TOOLS, with_pip=True)
    run(*PIP, "install", "--requirement", NEEDED, f"{ROOT}[dkim,mail,mcp,sqlite,web]")
    stamp.write_text(wanted, encoding="utf-8")


def _manual() -> None:
    """Write the manual page, which the wheel and the sdist take along."""
    DIST.mkdir()
    page = run(PYTHON, "-m", "cstar_web", "man")
    (DIST / "cstar.1").write_text(page, encoding="utf-8")


def _date() -> str:
    """Seconds since 1970 of the newest commit, so that the same source gives the same files."""
    # An sdist that was unpacked has no commits.
    return ask("git", "log", "-1", "--format=%ct") or "1767225600"


def _zipapp(wheel: Path) -> None:
    """For those who have the Python that it was built with: it holds compiled parts."""
    name = f"{wheel.name.split('-py3-')[0]}-{python_tag()}-{machine()}.pyz"
    run(
        *(TOOLS / "bin" / "shiv", "--compressed", "--reproducible", "--console-script", "cstar"),
        *("--python", "/usr/bin/env python3", "--output-file", DIST / name),
        *("--preamble", _preamble(), "--quiet", "--disable-pip-version-check"),
        f"{wheel}[dkim,mail,mcp,sqlite,web]",
    )


def _preamble() -> Path:
    """A script that refuses other Pythons in words, before an import fails."""
    script = WORK / "preamble.py"
    version = ".".join(map(str, sys.version_info[:2]))
    script.write_text(
        "#!/usr/bin/env python3\n"
        "import platform, sys\n"
        f"if sys.version_info[:2] != {sys.version_info[:2]} or platform.machine() != "
        f"{machine()!r}:\n"
        f"    sys.exit('cstar: this file is for Python {version} on {machine()}; '\n"
        "             'for another one, install the wheel')\n",
        encoding="utf-8",
    )
    script.chmod(0o755)
    return script


def _sums() -> None:
    lines = []
    for file in sorted(DIST.iterdir()):
        with file.open("rb") as stream:
            lines.append(f"{file_digest(stream, 'sha256').hexdigest()}  {file.name}\n")
        print(f"{file.stat().st_size / 1e6:7.1f} MB  {file.relative_to(ROOT)}")
    (DIST / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
