"""The units of docs/deploy: systemd takes them as they are, and they leave little open."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.deploy.samples import FOLDER, need, sample

pytestmark = pytest.mark.no_cover

SERVICES = ("cstar.service", "cstar-backup.service", "cstar-litestream.service")
UNITS = (*SERVICES, "cstar-backup.timer")
PROGRAMS = ("local/bin/cstar", "local/bin/cstar-backup", "bin/litestream", "bin/rsync")
# What systemd-analyze calls "OK", in tenths; 0 would be a service that can do nothing.
EXPOSURE_MAX = 15
SYSTEM = Path("/usr/lib/systemd/system")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A machine's tree with the units, the programs that they start, and systemd's own units."""
    need("what systemd says of the units", "systemd-analyze")
    if not SYSTEM.is_dir():
        pytest.skip(f"NOT TESTED: what systemd says of the units. There is no {SYSTEM}")
    root = tmp_path_factory.mktemp("machine")
    folder = root / "etc/systemd/system"
    (folder / "cstar-backup.service.d").mkdir(parents=True)
    for each in UNITS:
        shutil.copy(FOLDER / each, folder)
    shutil.copy(FOLDER / "cstar-backup-copy.conf", folder / "cstar-backup.service.d" / "copy.conf")
    for each in PROGRAMS:
        program = root / "usr" / each
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    shutil.copytree(SYSTEM, root / "usr/lib/systemd/system", symlinks=True)
    return root


def verified(root: Path, unit: str) -> tuple[int, str]:
    command = ["systemd-analyze", "verify", "--man=no", f"--root={root}", unit]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    ours = [line for line in done.stderr.splitlines() if "cstar" in line]
    return done.returncode, "\n".join(ours)


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_has_nothing_to_say_against_a_unit(root: Path, unit: str) -> None:
    assert verified(root, unit) == (0, "")


def test_systemd_would_say_so_if_a_line_were_wrong(root: Path) -> None:
    wrong = root / "etc/systemd/system/cstar-wrong.service"
    wrong.write_text(sample("cstar.service").replace("PrivateTmp=yes", "PrivateTemp=yes"))

    assert "PrivateTemp" in verified(root, wrong.name)[1]


@pytest.mark.parametrize("unit", SERVICES)
def test_a_service_leaves_little_open(root: Path, unit: str) -> None:
    limit = f"--threshold={EXPOSURE_MAX}"
    command = ["systemd-analyze", "security", "--offline=true", f"--root={root}", limit, unit]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Overall exposure level" in done.stdout


def test_the_timer_starts_every_night() -> None:
    need("when the timer starts", "systemd-analyze")
    (when,) = re.findall(r"^OnCalendar=(.*)$", sample("cstar-backup.timer"), re.MULTILINE)
    command = ["systemd-analyze", "calendar", "--iterations=3", when]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    days = re.findall(r"(?:Next elapse|Iter\. #\d|Iteration #\d): \w+ (\S+) 03:00:00", shown)
    assert len(set(days)) == 3


def lines(unit: str, name: str) -> list[str]:
    return re.findall(rf"^{name}=(.*)$", sample(unit), re.MULTILINE)


def test_the_server_has_time_to_end_cleanly_and_to_upgrade() -> None:
    assert lines("cstar.service", "TimeoutStopSec") == ["30"]
    assert lines("cstar.service", "TimeoutStartSec") == ["30min"]


def test_a_failure_that_a_restart_does_not_cure_is_not_repeated() -> None:
    assert lines("cstar.service", "RestartPreventExitStatus") == ["2 3"]


@pytest.mark.parametrize("unit", SERVICES)
def test_all_services_are_the_same_user_with_the_same_folder(unit: str) -> None:
    assert lines(unit, "User") == ["cstar"] and lines(unit, "DynamicUser") == ["yes"]
    assert lines(unit, "StateDirectory")[0].split()[0] == "cstar"
