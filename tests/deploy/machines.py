"""A machine of its own: systemd booted in a namespace, with a `cstar` and the samples on it.

It shares the programs of this machine, read-only; all else is in memory and ends with it.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from contextlib import suppress
from pathlib import Path

import pytest

from tests.deploy.samples import FOLDER, ROOT, need

_WHAT = "the service under systemd"
_PATIENCE = 200
_TRIAL = """\
[Unit]
After=basic.target dbus.socket
[Service]
Type=oneshot
TimeoutStartSec=120
ExecStart=/bin/bash /trial/run
ExecStopPost=/bin/systemctl --no-block poweroff
"""
_CSTAR = """\
#!/bin/sh
export PYTHONHOME=/opt/python LD_LIBRARY_PATH=/opt/python/lib PYTHONDONTWRITEBYTECODE=1
export PYTHONPATH=/opt/source:/opt/packages
exec /opt/python/bin/{python} -m cstar_web "$@"
"""


def need_machine() -> None:
    """Skip the test that calls this, loudly, where no machine can be booted."""
    need(_WHAT, "systemd-nspawn", "dbus-daemon", "curl")
    if os.geteuid() != 0:
        pytest.skip(f"NOT TESTED: {_WHAT}. To test it: run the tests as root")
    allowed = subprocess.run(["unshare", "--mount", "--pid", "--fork", "true"], capture_output=True)
    if allowed.returncode != 0:
        pytest.skip(f"NOT TESTED: {_WHAT}. To test it: allow this machine to make namespaces")


def boot(folder: Path, script: str) -> str:
    """What a script prints that runs in a fresh machine as root, in a folder with `dist/cstar` and
    `docs/deploy`; it ends at the first command that fails. `/trial` there is `folder`."""
    units, local = folder / "units", folder / "local"
    (units / "basic.target.wants").mkdir(parents=True)
    (units / "trial.service").write_text(_TRIAL)
    (units / "basic.target.wants" / "trial.service").symlink_to("../trial.service")
    (units / "default.target").symlink_to("/usr/lib/systemd/system/basic.target")
    for each in ("systemd-firstboot", "systemd-networkd", "systemd-networkd-wait-online"):
        (units / f"{each}.service").symlink_to("/dev/null")
    local.mkdir()
    (folder / "dist").mkdir(exist_ok=True)
    program = Path(sys.executable).resolve()
    (folder / "dist" / "cstar").write_text(_CSTAR.format(python=program.name))
    shutil.copytree(FOLDER, folder / "docs" / "deploy", dirs_exist_ok=True)
    (folder / "run").write_text(
        f"cd /trial\nexec >printed 2>&1\nset -e\n{script}\necho 'The end.'\n", encoding="utf-8"
    )
    _run(folder, units, local, program)
    printed = folder / "printed"
    return printed.read_text(encoding="utf-8") if printed.exists() else ""


def _run(folder: Path, units: Path, local: Path, program: Path) -> None:
    shared = {
        program.parents[1]: "/opt/python",
        Path(sysconfig.get_paths()["purelib"]): "/opt/packages",
        ROOT: "/opt/source",
    }
    command = ["systemd-nspawn", "--quiet", "--directory=/", "--volatile=yes", "--boot"]
    name = f"cstar-{os.getpid()}"
    command += ["--register=no", "--keep-unit", "--private-network", f"--machine={name}"]
    command += [f"--bind-ro={here}:{there}" for here, there in shared.items()]
    command += [f"--bind={units}:/etc/systemd/system", f"--bind={folder}:/trial"]
    command += [f"--overlay=/usr/local/bin:{local}:/usr/local/bin"]
    with (folder / "console").open("wb") as console:
        subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=console, stderr=console, timeout=_PATIENCE
        )
    # It leaves this one behind where /run is no file system of its own.
    with suppress(OSError):
        Path("/run/systemd/nspawn/propagate", name).rmdir()
