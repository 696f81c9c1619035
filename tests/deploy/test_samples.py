"""What holds of all samples: they agree with the program, with each other and with the document."""

import re
import shutil
import subprocess

import pytest

from cstar_web.settings import SETTINGS, Settings
from tests.deploy.samples import FOLDER, sample
from tests.documents import read

pytestmark = pytest.mark.no_cover

FILES = sorted(each.name for each in FOLDER.iterdir() if each.name != "README.md")


@pytest.mark.parametrize("name", FILES)
def test_every_file_stands_in_the_document_and_says_what_it_is(name: str) -> None:
    assert f"[{name}]({name})" in read("docs/deploy/README.md")
    first = sample(name).removeprefix("#!/bin/sh\n").splitlines()[0]
    assert first.startswith("# ") and len(first) > 20


def assignments(text: str) -> dict[str, str]:
    """The settings of an environment file, those that are only shown too."""
    return dict(re.findall(r"^#?(CSTAR_[A-Z_]+)=(.*)$", text, re.MULTILINE))


def test_the_settings_of_the_service_can_be_used() -> None:
    assert set(assignments(sample("cstar.env"))) <= {each.env for each in SETTINGS}
    settings = Settings.from_environment(assignments(sample("cstar.env")))

    assert settings.trusts("127.0.0.1") and not settings.trusts("192.0.2.7")
    assert settings.allows("desk.example.com") and not settings.allows("evil.example")


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile"])
def test_a_proxy_says_which_settings_the_server_needs(name: str) -> None:
    shown = re.findall(r"^#   (CSTAR_[A-Z_]+)=(.*)$", sample(name), re.MULTILINE)
    settings = Settings.from_environment(dict(shown))

    assert settings.trusts("127.0.0.1") and settings.allows("desk.example.com")
    assert settings.host == "127.0.0.1" and f"127.0.0.1:{settings.port}" in sample(name)


def test_every_number_of_an_alert_is_one_that_the_server_shows() -> None:
    metrics = read("docs/monitoring.md")
    used = re.findall(r"\bcstar_[a-z_]+\b", sample("alerts.yml"))
    names = {each.removesuffix("_bucket") for each in used}

    assert len(names) > 6
    assert [each for each in names if f"`{each}`" not in metrics] == []


def test_the_backup_script_is_plain_shell() -> None:
    shells = [[found] for each in ("sh", "dash", "bash") if (found := shutil.which(each))]
    if found := shutil.which("busybox"):
        shells.append([found, "sh"])
    codes = [subprocess.run([*each, "-n", FOLDER / "cstar-backup"]).returncode for each in shells]
    assert codes and not any(codes)
