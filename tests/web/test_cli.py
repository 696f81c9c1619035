"""The command line, on real files and in real processes."""

import json
import os
import shlex
import socket
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

import cstar as cstar_module
from cstar_core import Busy, Helpdesk, NotFound, Refused, StorageFull
from cstar_web.cli import main
from cstar_web.cli.base import Group
from cstar_web.settings import SETTINGS

ROOT = Path(__file__).parents[2]
LAST_LINE = "Ctrl-C stops the server."
NO_KEY = "key_" + 32 * "0"

# What is typed (the database is added), the exit code, and words of the line on stderr.
REFUSED = [
    (["frob"], 2, "No such command 'frob'"),
    (["team", "create"], 2, "Missing argument 'NAME'; try: cstar team create --help"),
    (["team", "create", ""], 2, "name is required"),
    (["team", "create", "New", "--slug", "No Slug"], 2, "slug must be"),
    (["team", "create", "New", "--slug", "acme"], 2, "exists already"),
    (["key", "create", "acme", "--environment", "live"], 2, "Missing option '--type'"),
    (["key", "create", "acme", "--type", "owner", "--environment", "live"], 2, "'secret'"),
    (["key", "create", "nope", "--type", "secret", "--environment", "live"], 2, "no team nope"),
    (["key", "list", "nope"], 2, "no team nope; cstar team list shows those that exist"),
    (["key", "revoke", NO_KEY], 2, f"no key {NO_KEY}; cstar key list TEAM"),
    (["key", "revoke", "abc"], 2, "no key abc"),
    (["member", "add", "acme", "Ada", "no address"], 2, "email must be"),
    (["member", "add", "acme", "Ada", "ada@example.com", "--role", "king"], 2, "'owner'"),
    (["demo", "nope"], 2, "no team nope"),
]
# What a command may raise, the exit code, and the line on stderr.
FAILURES = [
    (click.Abort(), 1, "interrupted"),
    (click.ClickException("no such\nluck"), 1, "no such luck"),
    (Busy("The database stayed locked."), 1, "The database stayed locked."),
    (StorageFull("The disk is full."), 1, "The disk is full."),
    (OSError(28, "No space left on device", "a.db"), 1, "No space left on device: a.db"),
    (OSError("odd"), 1, "odd"),
    (Refused("a.db is damaged"), 3, "a.db is damaged"),
    (NotFound("ticket", "tkt_1"), 2, "no ticket tkt_1"),
]
DURATIONS = [
    ("90d", timedelta(days=90)),
    ("12h", timedelta(hours=12)),
    ("30m", timedelta(minutes=30)),
    ("45s", timedelta(seconds=45)),
    ("2w", timedelta(weeks=2)),
]
WRONG_DURATIONS = ["90", "d", "-1d", "1.5h", "1y", "0d", "999999w", "9999999d"]


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for setting in SETTINGS:
        monkeypatch.delenv(setting.env, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A desk with one team, acme."""
    path = tmp_path / "acme.db"
    with Helpdesk.open(path) as desk:
        desk.teams.create("Acme")
    return path


def run(*args: str) -> Result:
    return CliRunner().invoke(main, args, prog_name="cstar")


@pytest.fixture
def cstar(database: Path) -> Callable[..., str]:
    """Run a command that works; what it prints."""

    def run_well(*args: str) -> str:
        result = run(*args, "--database", str(database))
        assert result.exit_code == 0, result.output
        return result.stdout

    return run_well


@pytest.fixture
def cstar_json(cstar: Callable[..., str]) -> Callable[..., Any]:
    return lambda *args: json.loads(cstar(*args, "--json"))


def opens(database: Path, secret: str) -> bool:
    with Helpdesk.open(database) as desk:
        return desk.keys.authenticate(secret) is not None


@contextmanager
def serving(*args: str, **environ: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`cstar serve` in a process of its own, and its first screen."""
    command = [sys.executable, "-m", "cstar_web", "serve", "--port", "0", *args]
    with ExitStack() as stack:
        server = stack.enter_context(
            subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env={**os.environ, "PYTHONPATH": str(ROOT), **environ},
            )
        )
        stack.callback(stop, server)
        assert server.stdout
        lines = [server.stdout.readline()]
        while not lines[-1].startswith(("{", LAST_LINE)):
            lines.append(server.stdout.readline())
            assert lines[-1], server.communicate()
        yield server, "".join(lines)


def fetch(url: str, key: str | None = None) -> Any:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=5) as answer:
        return json.load(answer)


def crowd(host: str, port: int) -> None:
    """Two connections of which one is cut."""
    with ExitStack() as stack:
        first, _ = (
            stack.enter_context(socket.create_connection((host, port), timeout=5)) for _ in "ab"
        )
        assert first.recv(1) == b""


def follow(screen: str) -> Any:
    """Do what the curl line on the first screen says."""
    line = next(line for line in screen.splitlines() if line.strip().startswith("curl"))
    _, flag, header, url = shlex.split(line)
    assert (flag, header.split()[:2]) == ("-H", ["Authorization:", "Bearer"])
    return fetch(url, header.split()[2])


def stop(server: subprocess.Popen[str]) -> int:
    server.terminate()
    return server.wait(10)


@pytest.mark.parametrize(("args", "code", "words"), REFUSED)
def test_a_mistake_is_one_line_that_says_what_to_do(
    database: Path, args: list[str], code: int, words: str
) -> None:
    result = run(*args, "--database", str(database))

    assert (result.exit_code, result.stdout) == (code, "")
    assert result.stderr.startswith("cstar: ") and result.stderr.count("\n") == 1
    assert words in result.stderr


@pytest.mark.parametrize(("error", "code", "line"), FAILURES)
def test_a_failure_is_one_line(error: Exception, code: int, line: str) -> None:
    result = CliRunner().invoke(failing(error), [])

    assert (result.exit_code, result.stderr) == (code, f"cstar: {line}\n")


def failing(error: Exception) -> Group:
    def fail() -> None:
        raise error

    return Group(invoke_without_command=True, callback=fail)


def test_a_fault_of_ours_keeps_its_traceback() -> None:
    fault = LookupError("ours")

    assert CliRunner().invoke(failing(fault), []).exception is fault


def test_the_console_script_is_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["cstar", "--version"])
    with pytest.raises(SystemExit):
        cstar_module.main()

    assert capsys.readouterr().out.startswith("cstar ")


def test_a_team_comes_with_the_members_that_programs_read(
    cstar_json: Callable[..., Any],
) -> None:
    made = cstar_json("team", "create", "Bike Shop")

    assert list(made) == ["teamId", "teamSlug", "secretKey", "publishableKey"]
    assert made["teamSlug"] == "bike-shop"


def test_a_team_comes_with_live_keys_that_open_it(
    database: Path, cstar_json: Callable[..., Any]
) -> None:
    made = cstar_json("team", "create", "Bike Shop")

    assert made["secretKey"].startswith("sk_live_")
    assert made["publishableKey"].startswith("pk_live_")
    assert opens(database, made["secretKey"]) and opens(database, made["publishableKey"])


def test_a_team_may_be_given_its_slug(cstar_json: Callable[..., Any]) -> None:
    assert cstar_json("team", "create", "Bike Shop", "--slug", "bikes")["teamSlug"] == "bikes"


def test_a_new_team_is_shown_with_its_keys(cstar: Callable[..., str]) -> None:
    shown = cstar("team", "create", "Bike Shop")

    assert "bike-shop" in shown and "sk_live_" in shown and "pk_live_" in shown
    assert "only now" in shown


def test_a_refused_team_leaves_nothing(database: Path, cstar_json: Callable[..., Any]) -> None:
    run("team", "create", "Other", "--slug", "acme", "--database", str(database))

    assert [each["teamSlug"] for each in cstar_json("team", "list")] == ["acme"]


def test_the_first_team_makes_the_database(tmp_path: Path) -> None:
    assert run("team", "create", "Acme", "--database", "new.db").exit_code == 0
    assert (tmp_path / "new.db").exists()


def test_teams_are_listed(cstar: Callable[..., str], cstar_json: Callable[..., Any]) -> None:
    (team,) = cstar_json("team", "list")

    assert (team["teamName"], team["teamSlug"]) == ("Acme", "acme")
    assert team["teamId"] in cstar("team", "list")


def test_no_team_is_said_so(tmp_path: Path) -> None:
    with Helpdesk.open(tmp_path / "empty.db"):
        pass

    assert "cstar team create NAME" in run("team", "list", "--database", "empty.db").stdout


def test_a_key_comes_with_the_members_that_programs_read(
    database: Path, cstar_json: Callable[..., Any]
) -> None:
    made = cstar_json("key", "create", "acme", "--type", "publishable", "--environment", "test")

    assert list(made) == ["keyId", "key", "type", "environment"]
    assert (made["type"], made["environment"]) == ("publishable", "test")
    assert made["key"].startswith("pk_test_") and opens(database, made["key"])


@pytest.mark.parametrize(("text", "span"), DURATIONS)
def test_a_key_may_expire(cstar_json: Callable[..., Any], text: str, span: timedelta) -> None:
    kind = ("--type", "secret", "--environment", "live")
    cstar_json("key", "create", "acme", *kind, "--expires-in", text, "--name", "Import")
    (listed,) = cstar_json("key", "list", "acme")

    created, expires = (datetime.fromisoformat(listed[at]) for at in ("createdAt", "expiresAt"))
    assert (expires - created, listed["name"]) == (span, "Import")


@pytest.mark.parametrize("text", WRONG_DURATIONS)
def test_a_time_that_is_none_is_refused(database: Path, text: str) -> None:
    kind = ("--type", "secret", "--environment", "live", "--database", str(database))
    result = run("key", "create", "acme", *kind, "--expires-in", text)

    assert result.exit_code == 2
    assert "expires-in" in result.stderr and result.stderr.count("\n") == 1


def test_a_revoked_key_opens_nothing(database: Path, cstar_json: Callable[..., Any]) -> None:
    made = cstar_json("key", "create", "acme", "--type", "secret", "--environment", "live")
    revoked = cstar_json("key", "revoke", made["keyId"])

    assert revoked["keyId"] == made["keyId"] and revoked["revokedAt"]
    assert not opens(database, made["key"])


def test_keys_are_listed_without_themselves(cstar: Callable[..., str]) -> None:
    kind = ("--type", "secret", "--environment", "live")
    expiring = cstar("key", "create", "acme", *kind, "--expires-in", "1d").split()[3]
    revoked = cstar("key", "create", "acme", *kind).split()
    assert "Revoked" in cstar("key", "revoke", revoked[1])
    listed = cstar("key", "list", "acme")

    cstar("key", "create", "acme", *kind)
    assert "active" in cstar("key", "list", "acme")
    assert expiring not in listed and expiring[-4:] in listed
    assert f"{datetime.now(UTC) + timedelta(days=1):expires %Y-%m-%d}" in listed
    assert "revoked 20" in listed


def test_no_key_is_said_so(cstar: Callable[..., str]) -> None:
    assert "cstar key create TEAM" in cstar("key", "list", "acme")


def test_an_expired_key_is_listed_as_such(database: Path, cstar: Callable[..., str]) -> None:
    then = datetime.now(UTC) - timedelta(days=2)
    with Helpdesk.open(database, clock=lambda: then) as desk:
        day = timedelta(days=1)
        desk.keys.create("acme", type="secret", environment="live", expires_in=day)

    assert f"{then + timedelta(days=1):expired %Y-%m-%d}" in cstar("key", "list", "acme")


def test_a_member_is_added(database: Path, cstar_json: Callable[..., Any]) -> None:
    added = cstar_json("member", "add", "acme", "Ada Park", "ada@example.com", "--role", "owner")

    with Helpdesk.open(database) as desk:
        member = desk.workspace("acme").members.get(added["memberId"])
    assert (member.name, member.email, member.role) == ("Ada Park", "ada@example.com", "owner")


def test_a_member_is_an_agent_by_default(cstar: Callable[..., str]) -> None:
    assert "as agent" in cstar("member", "add", "acme", "Ada Park", "ada@example.com")


def test_the_demo_fills_the_only_team(database: Path, cstar_json: Callable[..., Any]) -> None:
    loaded = cstar_json("demo")

    with Helpdesk.open(database) as desk:
        assert desk.workspace("acme").tickets.list().total == loaded["tickets"] > 10
    assert loaded["teamSlug"] == "acme" and loaded["customFields"] > 0


def test_the_demo_may_fill_test_data(database: Path, cstar: Callable[..., str]) -> None:
    assert "into Acme (acme), test" in cstar("demo", "acme", "--environment", "test")

    with Helpdesk.open(database) as desk:
        assert desk.workspace("acme", "live").tickets.list().total == 0


def test_the_demo_makes_a_team_where_there_is_none(tmp_path: Path) -> None:
    result = run("demo", "--database", "new.db", "--json")

    loaded = json.loads(result.stdout)
    assert loaded["teamSlug"] == "acme" and loaded["tickets"] > 10
    assert opens(tmp_path / "new.db", loaded["secretKey"])


def test_the_demo_asks_which_of_several_teams(database: Path, cstar: Callable[..., str]) -> None:
    cstar("team", "create", "Other")
    result = run("demo", "--database", str(database))

    assert result.exit_code == 2
    assert "say which: cstar demo TEAM (acme, other)" in result.stderr


def test_the_demo_leaves_data_in_use_alone(database: Path, cstar: Callable[..., str]) -> None:
    cstar("demo")
    result = run("demo", "--database", str(database))

    assert result.exit_code == 2 and "already has live data" in result.stderr


def test_a_sound_database_is_found_sound(
    cstar: Callable[..., str], cstar_json: Callable[..., Any]
) -> None:
    report = cstar_json("check")

    assert report["ok"] is True
    assert {each["name"] for each in report["findings"]} >= {"integrity", "foreign keys", "sqlite"}
    assert "integrity" in cstar("check")


def test_a_database_that_contradicts_itself_is_found_wrong(
    database: Path, cstar: Callable[..., str]
) -> None:
    cstar("demo")
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE tickets SET message_count = message_count + 1")
    connection.close()
    result = run("check", "--database", str(database))

    assert result.exit_code == 1
    assert "WRONG" in result.stdout


def test_the_specification_is_printed() -> None:
    document = json.loads(run("openapi").stdout)

    assert document["openapi"].startswith("3.1")
    assert "/api/v1/teams/{team}/tickets" in document["paths"]


def test_printing_the_specification_makes_no_database(tmp_path: Path) -> None:
    run("openapi", "--json")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("args", [("team", "list"), ("check",), ("key", "list", "acme")])
def test_a_misspelt_path_makes_no_database(tmp_path: Path, args: tuple[str, ...]) -> None:
    result = run(*args, "--database", "nope.db")

    assert result.exit_code == 2 and "no database at nope.db" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_environment_names_the_database(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CSTAR_DATABASE", str(database))

    assert "acme" in run("team", "list").stdout


def test_a_misspelt_setting_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CSTAR_DATABSE", "x")
    result = run("team", "list")

    assert (result.exit_code, result.stderr) == (
        2,
        "cstar: CSTAR_DATABSE is not a setting; did you mean CSTAR_DATABASE?\n",
    )


@pytest.mark.parametrize("content", [b"not a database, not at all\n" * 50, b"x"])
@pytest.mark.parametrize("command", ["serve", "check", "demo"])
def test_a_foreign_file_is_refused_and_left_alone(
    tmp_path: Path, command: str, content: bytes
) -> None:
    path = tmp_path / "other.db"
    path.write_bytes(content)
    result = run(command, "--database", str(path))

    assert result.exit_code == 3
    assert result.stderr.startswith("cstar: ") and result.stderr.count("\n") == 1
    assert str(path) in result.stderr
    assert path.read_bytes() == content


def test_nothing_typed_shows_the_help() -> None:
    result = run()

    assert result.exit_code == 2 and "Commands:" in result.stderr


def test_the_help_documents_the_exit_codes() -> None:
    assert "Exit codes: 0 done, 1 it failed, 2 wrong use" in run("--help").stdout


def test_the_help_of_serve_names_every_setting() -> None:
    shown = " ".join(run("serve", "--help").stdout.split())

    assert all(setting.flag in shown and setting.env in shown for setting in SETTINGS)


def test_a_failure_of_the_system_is_one_line(tmp_path: Path) -> None:
    result = run("check", "--database", "x" * 300)

    assert result.exit_code in (1, 2, 3)
    assert result.stderr.startswith("cstar: ") and result.stderr.count("\n") == 1


def test_serving_without_a_team_says_how_to_make_one() -> None:
    with serving() as (server, screen):
        assert "cstar team create NAME" in screen
        assert stop(server) == 0


def test_the_first_screen_shows_where_things_are(database: Path) -> None:
    with serving("--database", str(database)) as (_, screen):
        url = screen.split()[3]

        assert fetch(f"{url}/healthz")
        assert all(each in screen for each in (f"{url}/docs", str(database), "Acme (acme)"))


def test_the_demo_server_can_be_tried_at_once(tmp_path: Path) -> None:
    with serving("--demo", "--database", "demo.db") as (server, screen):
        assert follow(screen)["meta"]["pagination"]["total"] > 10
        assert "pk_live_" in screen and "only now" in screen
        assert stop(server) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["demo.db"]


def test_the_demo_server_can_be_tried_again(database: Path) -> None:
    with serving("--demo", "--database", str(database)) as (_, screen):
        assert follow(screen)["success"] is True
    with Helpdesk.open(database) as desk:
        (key,) = desk.keys.list("acme")

    assert key.name == "serve --demo"
    assert key.expires_at == key.created_at + timedelta(hours=24)


def test_a_program_can_read_where_the_server_is(database: Path) -> None:
    with serving("--demo", "--json", "--database", str(database)) as (_, screen):
        told = json.loads(screen)
        tickets = f"{told['url']}/api/v1/teams/{told['teamSlug']}/tickets"

        assert fetch(tickets, told["secretKey"])["success"] is True
    assert told["docsUrl"] == f"{told['url']}/docs"


def test_keys_made_and_revoked_meanwhile_count_at_once(
    database: Path, cstar_json: Callable[..., Any]
) -> None:
    with serving("--json", "--database", str(database)) as (_, screen):
        whoami = json.loads(screen)["url"] + "/api/v1/auth/whoami"
        made = cstar_json("key", "create", "acme", "--type", "secret", "--environment", "live")
        assert fetch(whoami, made["key"])["data"]["teamSlug"] == "acme"
        cstar_json("key", "revoke", made["keyId"])

        with pytest.raises(urllib.error.HTTPError, match="401") as refused:
            fetch(whoami, made["key"])
        refused.value.close()


def test_a_taken_port_is_one_line(database: Path) -> None:
    with serving("--json", "--database", str(database)) as (_, screen):
        port = json.loads(screen)["url"].rpartition(":")[2]
        again = subprocess.run(
            [sys.executable, str(ROOT / "cstar.py"), "serve", "--port", port],
            capture_output=True,
            text=True,
            timeout=20,
        )

    assert again.returncode == 1
    assert again.stderr == (
        f"cstar: port {port} on 127.0.0.1 is already taken; choose another with --port\n"
    )


def test_the_log_can_be_json(database: Path) -> None:
    args = ("--json", "--database", str(database), "--connections-per-address", "1")
    with serving(*args, CSTAR_LOG_FORMAT="json") as (server, screen):
        host, _, port = json.loads(screen)["url"].removeprefix("http://").partition(":")
        crowd(host, int(port))
        stop(server)
        assert server.stderr
        logged = [json.loads(line) for line in server.stderr]

    assert logged[0].keys() == {"time", "level", "logger", "message"}
    assert "too many are open" in logged[0]["message"]


def test_without_the_web_the_command_says_what_to_install() -> None:
    block = "import sys; sys.modules['click'] = None; import cstar; cstar.main()"
    result = subprocess.run(
        [sys.executable, "-c", block], cwd=ROOT, capture_output=True, text=True, timeout=20
    )

    assert result.returncode == 1
    assert result.stderr.count("\n") == 1 and "pip install 'cstar[web]'" in result.stderr


def test_a_broken_import_of_ours_is_not_called_a_missing_extra() -> None:
    block = "import sys; sys.modules['cstar_web.cli'] = None; import cstar"
    result = subprocess.run(
        [sys.executable, "-c", block], cwd=ROOT, capture_output=True, text=True, timeout=20
    )

    assert "ModuleNotFoundError" in result.stderr


@pytest.mark.parametrize("start", [["-m", "cstar_web"], ["cstar.py"]])
def test_the_version_is_printed(start: list[str]) -> None:
    result = subprocess.run(
        [sys.executable, *start, "--version"], cwd=ROOT, capture_output=True, text=True, timeout=20
    )

    assert result.stdout.startswith("cstar ")
