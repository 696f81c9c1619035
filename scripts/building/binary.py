"""Make `cstar`, one executable that brings Python, the application and a current SQLite."""

import json
import re
import shutil
import sys
import tarfile
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import PyInstaller.__main__
from PyInstaller.archive.readers import CArchiveReader

from cstar_core.inspection import WAL_BUG_FIXED_IN
from scripts.building.commands import Failed, run
from scripts.building.platforms import glibc

HERE = Path(__file__).parent
OWN_PART = HERE / "unpacking.c"
SIZE_MAX = 35_000_000
# MiB. What must be free where it unpacks itself; checked against what it unpacks.
NEEDED_MIB = 96
_REPLACED = ("mkdtemp", "fork", "waitpid", "pyi_create_temporary_application_directory")
_UNUSED = ("_pytest", "pip", "pkg_resources", "readline", "setuptools", "tkinter", "wheel")


def main() -> None:
    """Build the executable that the first argument names, with the folder of the second."""
    executable, work = Path(sys.argv[1]), Path(sys.argv[2])
    try:
        bootloader = _bootloader(work)
        _bundle(executable, work, bootloader)
        notes = _looked_over(executable, work)
    except Failed as error:
        sys.exit(str(error))
    (work / "notes.json").write_text(json.dumps(notes, indent=2), encoding="utf-8")


def _bootloader(work: Path) -> Path:
    """PyInstaller's bootloader, compiled with what stands in unpacking.c; returns the program.

    It is kept, beside the folder of this build, for as long as both stay the same.
    """
    number = version("pyinstaller")
    digest = sha256(f"{number} {NEEDED_MIB} {_REPLACED}".encode() + OWN_PART.read_bytes())
    kept = work.parent / f"bootloader-{digest.hexdigest()[:16]}"
    if not kept.exists():
        run(
            *(sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "download"),
            *("--no-deps", "--no-build-isolation", "--no-binary", "pyinstaller"),
            *("--dest", work, f"pyinstaller=={number}"),
        )
        with tarfile.open(work / f"pyinstaller-{number}.tar.gz") as archive:
            archive.extractall(work, filter="data")
        _compile(work / f"pyinstaller-{number}", kept)
    return kept


def _compile(source: Path, kept: Path) -> None:
    shutil.copy(OWN_PART, source / "bootloader" / "src")
    run(
        *(sys.executable, "waf", "--static-zlib", "configure", "build_release", "install_release"),
        folder=source / "bootloader",
        environment={
            "CFLAGS": f"-O2 -DNEEDED_MIB={NEEDED_MIB}",
            "LINKFLAGS": " ".join(f"-Wl,--wrap={name}" for name in _REPLACED),
        },
    )
    shutil.move(next(source.glob("PyInstaller/bootloader/Linux-*/run")), kept)


def _bundle(executable: Path, work: Path, bootloader: Path) -> None:
    installed = Path(PyInstaller.__file__).parent.glob("bootloader/Linux-*/run")
    shutil.copy(bootloader, next(installed))
    # Away from the scripts, which are not to be found by what it imports.
    start = shutil.copy(HERE / "start.py", work)
    command = [
        *("--onefile", "--name", executable.name, "--strip", "--noconfirm", "--log-level", "WARN"),
        *("--distpath", executable.parent, "--workpath", work / "bundle", "--specpath", work),
        # The waiting process passes nothing on: signals reach the program itself.
        "--bootloader-ignore-signals",
        *("--copy-metadata", "cstar"),
        *(f"--collect-all={package}" for package in ("cstar_core", "cstar_web")),
        *(f"--exclude-module={name}" for name in _UNUSED),
        start,
    ]
    # What is installed from the wheel goes in, not what lies here.
    environment = {"PYTHONHASHSEED": "0", "PYTHONSAFEPATH": "1"}
    run(sys.executable, "-m", "PyInstaller", *command, environment=environment)
    if not executable.is_file():
        raise Failed("PyInstaller made no executable")


def _looked_over(executable: Path, work: Path) -> dict[str, object]:
    """Facts about it; raises Failed if it is not fit to be handed out."""
    size = executable.stat().st_size
    if size > SIZE_MAX:
        raise Failed(f"the executable has {size:,} bytes, more than {SIZE_MAX:,}")
    archive = CArchiveReader(str(executable))
    kinds = {name: entry[-1] for name, entry in archive.toc.items()}
    unpacked = sum(archive.toc[name][2] for name, kind in kinds.items() if kind in "bx")
    if unpacked > NEEDED_MIB * 1024 * 1024 * 0.9:
        raise Failed(f"it unpacks {unpacked:,} bytes; raise NEEDED_MIB")
    return {
        "sqlite": _sqlite_inside(executable, work),
        "glibc": glibc(
            [executable.read_bytes()[:1_000_000]]
            + [archive.extract(name) for name, kind in kinds.items() if kind == "b"]
        ),
        "size": size,
        "unpacked": unpacked,
    }


def _sqlite_inside(executable: Path, work: Path) -> str:
    """The SQLite that answers in the finished executable: it must be current and have FTS5."""
    database = work / "tried.db"
    run(executable, "team", "create", "Tried", "--database", database)
    told = run(executable, "--version")
    found = re.search(r"^SQLite (\S+)$", told, re.MULTILINE)
    number = found[1] if found else "unknown"
    if not found or tuple(map(int, number.split("."))) < WAL_BUG_FIXED_IN:
        raise Failed(
            f"the executable works with SQLite {number}, which can corrupt a database: "
            "the extra `sqlite` has to bring a newer one for this Python and machine"
        )
    return number


if __name__ == "__main__":
    main()
