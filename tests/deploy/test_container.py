"""The Containerfile: what it builds from, what the container may do, and its health check."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cstar_web.settings import SETTINGS, Settings
from tests.cli.commands import ROOT, serving
from tests.deploy.samples import sample
from tests.documents import read

pytestmark = pytest.mark.no_cover


def instructions() -> list[tuple[str, str]]:
    """Each instruction and what it is given, with its lines put together."""
    text = re.sub(r"^#.*\n", "", sample("Containerfile"), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    return [(each.split(None, 1)[0], each.split(None, 1)[1]) for each in lines if each]


def given(name: str) -> list[str]:
    return [value for each, value in instructions() if each == name]


def last_stage() -> list[tuple[str, str]]:
    found = instructions()
    return found[max(place for place, (name, _) in enumerate(found) if name == "FROM") :]


def environment() -> dict[str, str]:
    return dict(re.findall(r"(\S+?)=(\S+)", given("ENV")[0]))


def test_nothing_comes_from_the_network_but_the_base() -> None:
    assert given("ADD") == []
    assert given("FROM") == ["${BASE} AS build", "${BASE}"]
    for each in given("RUN"):
        assert "http" not in each and "apt-get" not in each
        assert "pip" not in each or "--no-index" in each


def test_it_runs_as_a_user_without_rights_who_owns_the_only_volume() -> None:
    stage = dict(last_stage())

    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", stage["USER"])
    assert given("VOLUME") == ["/var/lib/cstar"]
    user, group = stage["USER"].split(":")
    assert f"install -d -m 0700 -o {user} -g {group} /var/lib/cstar" in stage["RUN"]


def test_the_signal_reaches_the_server_itself() -> None:
    assert given("STOPSIGNAL") == ["SIGTERM"]
    assert [*json.loads(given("ENTRYPOINT")[0]), *json.loads(given("CMD")[0])] == ["cstar", "serve"]


def test_its_settings_are_settings_and_the_database_is_in_the_volume() -> None:
    ours = {name: value for name, value in environment().items() if name.startswith("CSTAR_")}
    settings = Settings.from_environment(ours)

    assert set(ours) <= {each.env for each in SETTINGS}
    assert Path(settings.database).parent == Path("/var/lib/cstar")
    assert given("EXPOSE") == [str(settings.port)]


@pytest.mark.parametrize("name", ["docs/deploy/Containerfile", "docs/operating.md"])
def test_podman_is_told_to_keep_the_health_check(name: str) -> None:
    builds = re.findall(r"^(?:#   )?podman build .*", read(name), re.MULTILINE)

    assert builds and all("--format=docker" in each for each in builds)


def test_the_health_check_finds_a_server_that_works_and_one_that_does_not(database: Path) -> None:
    options, _, command = given("HEALTHCHECK")[0].partition(" CMD ")
    program, *arguments = json.loads(command)
    # `cstar health` waits 5 seconds; whatever asks must wait longer to see its answer.
    assert program == "cstar" and "--timeout=6s" in options
    with serving("--json", "--database", str(database)) as (_, screen):
        port = json.loads(screen)["url"].rpartition(":")[2]
        environ = {**environment(), "CSTAR_PORT": port, "PYTHONPATH": str(ROOT)}
        ask = [sys.executable, "-m", "cstar_web", *arguments]
        well = subprocess.run(ask, env=environ, capture_output=True)
    gone = subprocess.run(ask, env=environ, capture_output=True)

    assert (well.returncode, gone.returncode) == (0, 1)
