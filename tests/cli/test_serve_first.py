"""`cstar serve` on an empty machine: one team with keys that work, shown once."""

import json
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cstar_core import Helpdesk, NotFound
from cstar_web.passwords import Argon2
from tests.cli.commands import fetch, run, serving, stop
from tests.cli.test_serve import follow
from tests.web.sockets import wait_until

PASSWORD = "correct horse battery"
PROCESSES = [(), ("--processes", "2")]


def teams(database: Path) -> list[str]:
    with Helpdesk.open(database) as desk:
        return [each.slug for each in desk.teams.list()]


@pytest.mark.parametrize("processes", PROCESSES, ids=["one", "several"])
def test_the_first_start_makes_a_team_and_shows_keys_that_work(
    tmp_path: Path, processes: tuple[str, ...]
) -> None:
    with serving(*processes) as (server, screen):
        assert follow(screen)["success"] is True
        assert "Support (support)" in screen and "pk_live_" in screen and "only now" in screen
        assert stop(server) == 0
        assert server.stderr and "keys" not in server.stderr.read()
    assert teams(tmp_path / "cstar.db") == ["support"]


def test_the_first_start_says_how_to_go_on(tmp_path: Path) -> None:
    with serving("--database", "my desk.db") as (_, screen):
        lines = [line for line in screen.splitlines() if ": cstar " in line]
    invite, others, name = (line.partition(": cstar ")[2] for line in lines)

    assert name == f"team create NAME --database '{tmp_path}/my desk.db'"
    assert run(*shlex.split(others)).exit_code == 0
    assert run(*shlex.split(invite.replace("EMAIL", "ada@example.com"))).exit_code == 0


def test_the_keys_are_shown_only_once(tmp_path: Path) -> None:
    with serving() as (_, first):
        assert "sk_live_" in first
    with serving() as (_, second):
        assert "_live_" not in second
        line = next(line for line in second.splitlines() if line.startswith("For a key: "))
    # Whoever types it does not have the environment of a service.
    assert line == (
        "For a key: cstar key create support --type secret --environment live "
        f"--database {tmp_path}/cstar.db"
    )


def test_a_team_that_was_made_before_is_the_only_one(tmp_path: Path) -> None:
    assert run("team", "create", "Bike Shop").exit_code == 0
    with serving() as (_, screen):
        assert "_live_" not in screen
    assert teams(tmp_path / "cstar.db") == ["bike-shop"]


@pytest.mark.parametrize("processes", PROCESSES, ids=["one", "several"])
def test_a_program_reads_the_first_keys_from_the_one_line(processes: tuple[str, ...]) -> None:
    with serving("--json", *processes) as (_, screen):
        told = json.loads(screen)
        whoami = f"{told['url']}/api/v1/auth/whoami"

        assert [each["teamSlug"] for each in told["teams"]] == [told["teamSlug"]] == ["support"]
        for key in (told["secretKey"], told["publishableKey"]):
            assert fetch(whoami, key)["data"]["teamSlug"] == "support"
    with serving("--json") as (_, screen):
        assert not {"teamSlug", "secretKey", "publishableKey"} & json.loads(screen).keys()


def test_servers_that_start_at_once_make_one_team(tmp_path: Path) -> None:
    def start(_: int) -> bool:
        with serving("--json") as (server, screen):
            stop(server)
            return "secretKey" in json.loads(screen)

    with ThreadPoolExecutor(3) as pool:
        shown = list(pool.map(start, range(3)))

    assert (teams(tmp_path / "cstar.db"), sorted(shown)) == (["support"], [False, False, True])


@pytest.mark.parametrize(
    ("stdout", "processes"),
    [("| true", ()), ("| true", PROCESSES[1]), (">&-", ()), (">/dev/full", ())],
    ids=["unread", "unread by several", "closed", "full"],
)
def test_a_screen_that_nobody_reads_stops_nothing_and_the_log_says_so(
    tmp_path: Path, stdout: str, processes: tuple[str, ...]
) -> None:
    command = [sys.executable, "-m", "cstar_web", "serve", "--port", "0", *processes]
    # The reader is gone by the time that the first screen is written.
    script = f"(sleep 0.2; echo $BASHPID >pid; exec {shlex.join(command)}) {stdout}"
    with subprocess.Popen(["bash", "-c", script], stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr
        missed, unseen = server.stderr.readline(), server.stderr.readline()
        subprocess.run(["kill", (tmp_path / "pid").read_text().strip()], check=True)
        rest = server.stderr.read()
        server.wait(20)

    assert "the first screen could not be shown" in missed
    assert "nobody has seen the new keys; make others: cstar key create support " in unseen
    assert "rror" not in rest
    if "|" not in stdout:
        assert server.returncode == 0
    assert not list(tmp_path.glob("*-wal"))


def test_a_reader_that_takes_one_line_leaves_the_server_running(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cstar_web", "serve", "--port", "0"]
    script = f"(echo $BASHPID >pid; exec {shlex.join(command)}; echo $? >code) | head -n 1"
    script = script.replace("exec ", "")
    with subprocess.Popen(["bash", "-c", script], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        url = server.stdout.readline().split()[-1]
        assert fetch(f"{url}/healthz")["success"] is True
        assert fetch(f"{url}/readyz")["success"] is True
        subprocess.run(["pkill", "-TERM", "-P", (tmp_path / "pid").read_text().strip()], check=True)
        wait_until(lambda: (tmp_path / "code").exists() and bool((tmp_path / "code").read_text()))

    assert (tmp_path / "code").read_text() == "0\n"


def test_the_first_start_shows_a_link_for_the_first_owner(tmp_path: Path) -> None:
    with serving("--json") as (_, screen):
        link = json.loads(screen)["inboxUrl"]
    with serving("--json") as (_, screen):
        told = json.loads(screen)
        assert told["inboxUrl"] == f"{told['url']}/inbox"
    with Helpdesk.open(tmp_path / "cstar.db") as desk:
        sign_ins = desk.sign_ins(Argon2())
        token = link.rpartition("/inbox/welcome/")[2]
        assert sign_ins.invitation(token).member is None
        begun = sign_ins.accept(token, PASSWORD, name="Ada Park", email="ada@example.com")
    assert (begun.team.slug, begun.member.name, begun.member.role) == (
        "support",
        "Ada Park",
        "owner",
    )


def test_each_start_of_the_demo_shows_a_link_that_signs_its_owner_in(tmp_path: Path) -> None:
    links = []
    for _ in range(2):
        with serving("--demo", "--json") as (_, screen):
            links.append(json.loads(screen)["inboxUrl"])
    with Helpdesk.open(tmp_path / "cstar.db") as desk:
        sign_ins = desk.sign_ins(Argon2())
        with pytest.raises(NotFound):
            sign_ins.accept(links[0].rpartition("/")[2])
        begun = sign_ins.accept(links[1].rpartition("/")[2])
        assert (begun.member.role, begun.needs_code) == ("owner", False)
        assert desk.sessions.find(begun.token) is not None
        assert sign_ins.password_changed_at(begun.member.id) is None


def test_the_demo_signs_nobody_in_to_a_team_that_is_none(tmp_path: Path) -> None:
    invited = ("member", "invite", "bike-shop", "ada@example.com", "--role", "owner")
    assert run("team", "create", "Bike Shop").exit_code == run(*invited).exit_code == 0
    with serving("--demo", "--json") as (_, screen):
        told = json.loads(screen)
    assert told["inboxUrl"] == f"{told['url']}/inbox"
