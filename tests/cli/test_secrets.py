"""Keys and tokens stand nowhere but where they are given out: a server is used in every way that
there is, and everything that it wrote or answered is looked through."""

import http.client
import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from cstar_core import Helpdesk
from tests.cli.commands import ROOT, run, serving, stop

TOKEN = "prometheus:what-must-stay-hidden"
PREFIX = len("sk_live_")


@dataclass
class Spied:
    """What a server wrote and answered, and the secrets that must not be in it."""

    database: Path
    secrets: list[str]
    answers: list[str] = field(default_factory=list)
    log: str = ""

    def everything(self) -> str:
        return "\n".join([self.log, *self.answers])

    def found(self, text: str) -> list[str]:
        """The secrets in a text, even without their prefixes."""
        return [each for each in self.secrets if each[PREFIX:] in text]


def ask(spied: Spied, url: str, key: str | None = None, **how: Any) -> int:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    headers |= how.pop("headers", {})
    data = json.dumps(how["json"]).encode() if "json" in how else None
    if data:
        headers["Content-Type"] = "application/json"
    request = urllib.request.Request(url, data, headers, method=how.get("method"))
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            status, text = answer.status, f"{answer.headers}{answer.read().decode()}"
    except urllib.error.HTTPError as error:
        status, text = error.code, f"{error.headers}{error.read().decode()}"
        error.close()
    spied.answers.append(text)
    return int(status)


def use(spied: Spied, url: str, made: dict[str, str]) -> None:
    """Use the keys well, badly, and in places where they do not belong."""
    live, public, revoked = made["live"], made["public"], made["revoked"]
    team = f"{url}/api/v1/teams/acme"
    for key in (live, public, revoked, made["test"], live[:-1], f"{live}x"):
        ask(spied, f"{url}/api/v1/auth/whoami", key)
        ask(spied, f"{team}/tickets", key)
        ask(spied, f"{team}/tickets", key, json={"title": "New"})
        ask(spied, f"{team}/tickets/{32 * '0'}", key, method="DELETE")
        ask(spied, f"{team}/events", key)
        ask(spied, f"{url}/metrics", key)
    for key in (live, public, revoked, TOKEN):
        ask(spied, f"{url}/healthz", headers={"X-Request-Id": key})
        ask(spied, f"{team}/tickets", headers={"Authorization": f"Basic {key}"})
        ask(spied, f"{team}/tickets", headers={"Authorization": key})
        ask(spied, f"{url}/api/v1/teams/{key}/tickets", live)
        ask(spied, f"{team}/tickets/{key}", live)
        ask(spied, f"{team}/tickets?search={key}", live)
        ask(spied, f"{url}/{key}", live)
    assert ask(spied, f"{url}/metrics", TOKEN) == 200
    ask(spied, f"{url}/metrics", f"{TOKEN}x")


def malformed(url: str, key: str) -> str:
    """What the server refuses by itself."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=5)
    connection.putrequest("GET", "/", skip_host=True)
    connection.putheader("Authorization", f"Bearer {key}")
    connection.endheaders()
    text = connection.getresponse().read().decode()
    connection.close()
    return text


def make_keys(database: Path) -> dict[str, str]:
    """A desk with one team, acme, and keys of each kind."""
    with Helpdesk.open(database) as desk:
        team = desk.teams.create("Acme").id
        revoked = desk.keys.create(team, type="secret", environment="live")
        desk.keys.revoke(revoked.key.id)
        return {
            "live": desk.keys.create(team, type="secret", environment="live").secret,
            "public": desk.keys.create(team, type="publishable", environment="live").secret,
            "test": desk.keys.create(team, type="secret", environment="test").secret,
            "revoked": revoked.secret,
        }


@pytest.fixture(scope="module", params=["text", "json"])
def spied(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Spied]:
    database = tmp_path_factory.mktemp("spied") / "acme.db"
    made = make_keys(database)
    seen = Spied(database, [*made.values(), TOKEN])
    settings = {"CSTAR_LOG_FORMAT": request.param, "CSTAR_METRICS_TOKEN": TOKEN}
    args = ("--database", str(database), "--processes", "2")
    with serving(*args, **settings) as (server, screen):
        url = screen.split()[3]
        seen.answers.append(screen)
        use(seen, url, made)
        seen.answers.append(malformed(url, made["live"]))
        stop(server)
        assert server.stderr
        seen.log = server.stderr.read()
    yield seen


def test_no_secret_stands_in_the_log_or_in_an_answer(spied: Spied) -> None:
    assert spied.log.count("cstar.access") > 60
    assert [each for each in spied.answers if spied.found(each)] == []
    assert spied.found(spied.log) == []


def test_a_secret_that_is_written_would_be_found(spied: Spied) -> None:
    assert spied.found(f"before {spied.secrets[0]} after") == [spied.secrets[0]]
    assert spied.found(spied.secrets[1][PREFIX:]) == [spied.secrets[1]]


def test_no_secret_stands_in_the_database(spied: Spied) -> None:
    files = list(spied.database.parent.glob(f"{spied.database.name}*"))
    held = "".join(each.read_bytes().decode("latin-1") for each in files)
    assert spied.found(held) == []


def test_no_secret_stands_in_the_manifest_of_a_backup(spied: Spied, tmp_path: Path) -> None:
    made = run("backup", str(tmp_path / "copy"), "--json", "--database", str(spied.database))
    assert spied.found(made.output) == []
    assert spied.found((tmp_path / "copy" / "manifest.json").read_text()) == []


@pytest.mark.parametrize(
    "args", [("key", "list", "acme"), ("check",), ("team", "list")], ids=" ".join
)
def test_no_secret_is_printed_by_a_command(spied: Spied, args: tuple[str, ...]) -> None:
    for form in ((), ("--json",)):
        assert spied.found(run(*args, *form, "--database", str(spied.database)).output) == []


def test_a_program_that_fails_prints_no_token() -> None:
    command = [sys.executable, "-m", "cstar_web", "serve", "--metrics-token", TOKEN[:10]]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20)
    assert done.returncode == 2 and TOKEN[:10] not in done.stdout + done.stderr
