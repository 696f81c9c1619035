"""The executable does all that cStar does, on a system with nothing but the C library."""

import json
import sqlite3
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from queue import Queue

import pytest

from tests.built.made import Bare, Client
from tests.cli.assistant.hello import HELLO

CSV = "title,customer email,message\nNo sound,kim@example.com,The speaker is silent\n"
DATABASE = ("--database", "/data/desk.db")


@pytest.fixture(scope="module")
def client(bare: Bare) -> Iterator[Client]:
    """A server in the empty root, and a client with a key of its team."""
    made = bare.told("team", "create", "Acme", *DATABASE)
    with bare.serving("--webhook-networks", "127.0.0.0/8") as (_, url):
        yield Client(url, made["teamSlug"], made["secretKey"])


@contextmanager
def receiver() -> Iterator[tuple[str, "Queue[bytes]"]]:
    """A receiver of webhooks, and what it was sent."""
    received: Queue[bytes] = Queue()

    class Receive(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.put(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Receive) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", received
        server.shutdown()


def test_it_works_with_a_sqlite_that_has_no_known_bug(bare: Bare) -> None:
    lines = bare.says("--version").splitlines()
    (told,) = (line.split()[1] for line in lines if line.startswith("SQLite "))
    assert tuple(map(int, told.split("."))) >= (3, 51, 3)
    assert lines[0].startswith("cstar ") and "unknown" not in lines[0]


def test_it_reads_mail_in_a_process_of_its_own(client: Client) -> None:
    html = b"From: jane@example.com\nContent-Type: text/html\n\n<table><tr><td>1<td>2</table>"
    asked = urllib.request.Request(
        f"{client.url}/api/v1/teams/{client.team}/mail",
        data=html,
        headers={"Authorization": f"Bearer {client.key}", "Content-Type": "message/rfc822"},
    )
    with urllib.request.urlopen(asked, timeout=20) as answer:
        mail = json.loads(answer.read())["data"]
    for _ in range(300):
        if mail["verdict"] != "waiting":
            break
        time.sleep(0.1)
        mail = client("GET", f"/mail/{mail['id']}")
    assert mail["verdict"] == "ticket", mail
    (message,) = client("GET", f"/tickets/{mail['ticketId']}")["messages"]
    # One line, as a table has it: the library for that came along.
    assert message["content"].split(" ")[0::2] == ["1", "2"]


def test_help_tells_the_commands(bare: Bare) -> None:
    assert "serve" in bare.says("--help")


def test_a_ticket_lives_through_its_days(client: Client) -> None:
    made = client("POST", "/tickets", {"title": "Cannot log in", "customerName": "Jané"})
    path = f"/tickets/{made['id']}"
    client("POST", f"{path}/messages", {"content": "Try the überlong link", "sender": "agent"})
    assert client("PATCH", path, {"status": "resolved"})["status"] == "resolved"
    found = client("GET", "/tickets?search=uberlong")
    assert [each["id"] for each in found] == [made["id"]]


def test_the_documentation_and_its_files_are_there(client: Client) -> None:
    assert "swagger" in client.page("/docs")
    assert len(client.page("/docs/static/swagger/swagger-ui-bundle.js")) > 1_000_000
    assert "RESOURCE_MISSING" in client.page("/docs/errors")
    assert json.loads(client.page("/openapi.json"))["openapi"].startswith("3.1")
    assert client.page("/readyz")


def test_webhooks_are_delivered(client: Client) -> None:
    with receiver() as (url, received):
        client("POST", "/webhooks", {"name": "Chat", "url": url, "events": ["ticket.created"]})
        made = client("POST", "/tickets", {"title": "Tell it"})
        assert made["id"].encode() in received.get(timeout=20)


def test_a_backup_can_be_checked_and_restored(bare: Bare, client: Client) -> None:
    assert bare.told("backup", "/data/monday", *DATABASE)
    assert "whole" in bare.says("restore", "/data/monday", "--check")
    bare.says("restore", "/data/monday", "--database", "/data/restored.db")
    assert bare.told("check", "--deep", "--database", "/data/restored.db")["ok"]


def test_an_export_comes_in_again(bare: Bare, client: Client) -> None:
    bare.says("export", "/data/all", *DATABASE)
    bare.says("import", "/data/all", "--database", "/data/again.db")
    assert "Acme" in bare.says("team", "list", "--database", "/data/again.db")


def test_a_table_of_tickets_can_be_imported(bare: Bare, client: Client) -> None:
    (bare.path / "data/tickets.csv").write_text(CSV, encoding="utf-8")
    bare.says("import", "/data/tickets.csv", "--team", "acme", *DATABASE)
    assert client("GET", "/tickets?search=silent")


def test_the_sample_data_is_inside(bare: Bare) -> None:
    bare.says("demo", "--database", "/data/demo.db")
    with sqlite3.connect(bare.path / "data/demo.db") as opened:
        assert opened.execute("SELECT count(*) FROM tickets").fetchone()[0] > 5
    opened.close()


def test_the_description_of_the_api_is_that_of_the_server(bare: Bare, client: Client) -> None:
    served = json.loads(client.page("/openapi.json"))
    assert json.loads(bare.says("openapi"))["paths"].keys() == served["paths"].keys()


def test_assistants_are_served(bare: Bare, client: Client) -> None:
    asked = json.dumps(HELLO) + "\n"
    with subprocess.Popen(
        bare.command("mcp", "--team", "acme", *DATABASE),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={},
    ) as server:
        assert server.stdin and server.stdout
        server.stdin.write(asked)
        server.stdin.flush()
        answer = json.loads(server.stdout.readline())
        server.stdin.close()
        assert server.wait(20) == 0
    assert answer["result"]["serverInfo"]["name"] == "cstar"


def test_an_error_is_one_line(bare: Bare) -> None:
    ran = bare.run("check", "--database", "/data/nothing.db")
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (2, "", 1)


def test_it_is_private_to_its_user(bare: Bare, client: Client) -> None:
    assert bare.unpacked
    assert all(folder.stat().st_mode & 0o777 == 0o700 for folder in bare.unpacked)


def test_the_database_is_a_file_as_ever(bare: Bare, client: Client) -> None:
    assert Path(bare.path / "data/desk.db").stat().st_size > 4096
