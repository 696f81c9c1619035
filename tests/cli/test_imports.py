"""`cstar import`: what it prints, its exit codes, and an import that is killed."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cstar_core import Helpdesk
from tests.cli.commands import ROOT, run

SAMPLES = ROOT / "tests" / "data" / "imports"
QUESTIONS = str(SAMPLES / "questions.csv")
MAPPED = ("--map", "title=text", "--map", "tags=category")


def test_one_command_brings_a_file_in(cstar: Callable[..., str], database: Path) -> None:
    printed = cstar("import", QUESTIONS, *MAPPED)
    assert printed.splitlines()[:3] == [
        "Imported questions.csv (csv) into Acme (acme), live: 4 rows, 4 tickets created, "
        "0 there already, 0 left out, 0 failed.",
        "With 0 customers and 0 messages.",
        "Mapped: title=text, tags=category.",
    ]
    with Helpdesk.open(database) as desk:
        assert desk.workspace("acme").tickets.list(tags="card_arrival").total == 3


def test_the_report_is_json_for_machines(cstar_json: Callable[..., Any]) -> None:
    report = cstar_json("import", QUESTIONS, *MAPPED, "--team", "acme", "--environment", "test")
    assert (report["ok"], report["created"], report["mapping"]["tags"]) == (True, 4, ["category"])


def test_a_dry_run_shows_tickets_as_the_api_would(
    cstar_json: Callable[..., Any], database: Path, tmp_path: Path
) -> None:
    with Helpdesk.open(database) as desk:
        desk.workspace("acme").custom_fields.create(
            name="Room", key="room_no", type="number", entity_type="tickets"
        )
    file = tmp_path / "one.json"
    said = [{"content": "Hello", "senderName": "Jo", "createdAt": "2024-05-01T10:00:00Z"}]
    values = {"title": "A", "customerName": "Jo", "customFields": {"room_no": 7}, "tags": ["a"]}
    made = {**values, "metadata": {"order_id": {"sub_id": [1]}}, "messages": said}
    file.write_text(json.dumps(made))
    assert cstar_json("import", str(file), "--dry-run")["examples"] == [made]


def test_the_exit_code_says_that_some_rows_failed(database: Path, tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    rows = "".join(f"T{i},opne\n" for i in range(25))
    file.write_text(f"title,status,assignee,floor\n{rows}Good,open,Bo,3\n")
    result = run("import", str(file), "--database", str(database))
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert "Not mapped: floor." in lines
    assert "Unassigned, since there is no such member: Bo (1)." in lines
    assert "Line 2: status must be one of: new, open, pending, resolved, closed" in lines
    assert "… and 5 more." in lines
    assert f"What failed is in {file}.errors.csv: correct it and import it." in lines


def test_what_a_file_has_in_it_does_not_command_the_terminal(
    database: Path, tmp_path: Path
) -> None:
    file = tmp_path / "hostile.csv"
    file.write_text("title,\x1b[2Jfloor\nGood,3\n")
    result = run("import", str(file), "--database", str(database))
    assert "Not mapped: ?[2Jfloor." in result.stdout.splitlines()


def test_a_file_that_breaks_off_is_a_failure(database: Path, tmp_path: Path) -> None:
    file = tmp_path / "cut.json"
    file.write_text('[{"title":"A"},{"tit')
    result = run("import", str(file), "--database", str(database))
    assert result.exit_code == 1
    assert "The rest of the file cannot be read: line 1" in result.stdout


USES: list[tuple[tuple[str, ...], str]] = [
    (("--map", "title"), "cstar: --map must be written TARGET=SOURCE, not title\n"),
    (("--set", "=x"), "cstar: --set must be written TARGET=VALUE, not =x\n"),
    (("--map", "titel=text"), "cstar: map.titel is not known; did you mean title?\n"),
    (("--id", "nr"), "cstar: map.id must be a column of the file: text, category\n"),
    (("--team", "globex"), "cstar: no team globex; cstar team list shows those that exist\n"),
    (("--encoding", "x"), "cstar: encoding must be one that Python knows, such as utf-8 or"),
    (("--delimiter", "::"), "cstar: delimiter must be one character, and no quote\n"),
]


@pytest.mark.parametrize(("options", "line"), USES)
def test_wrong_use_is_one_line_and_exit_code_two(
    database: Path, options: tuple[str, ...], line: str
) -> None:
    result = run("import", QUESTIONS, *options, "--database", str(database))
    assert (result.exit_code, result.stderr[: len(line)]) == (2, line)


def test_the_tab_can_be_named(cstar: Callable[..., str], tmp_path: Path) -> None:
    file = tmp_path / "tabs.txt"
    file.write_text("title\tstatus, now\nA\topen\n")
    assert "1 tickets created" in cstar("import", str(file), "--delimiter", "tab")


def told(database: Path) -> list[tuple[Any, ...]]:
    """All that can be said of a desk but for ids."""
    with Helpdesk.open(database) as desk:
        acme = desk.workspace("acme")
        found, page = [], None
        while page is None or page.next_cursor:
            page = acme.tickets.list(
                sort="number", page_size=100, cursor=page.next_cursor if page else None
            )
            found += page.items
        assert desk.check().ok
        events = [(event.type, event.created_at) for event in acme.events.list(page_size=100).items]
        return [
            *[(t.number, t.title, t.customer_name, t.tags, t.created_at) for t in found],
            *events,
            (acme.customers.list().total,),
        ]


def test_an_import_that_is_killed_and_run_again_is_as_if_it_had_not_been(tmp_path: Path) -> None:
    rows = "".join(
        f"Ticket {i % 50},{i % 97}@example.com,2024-01-{i % 28 + 1:02}\n" for i in range(6_000)
    )
    file = tmp_path / "many.csv"
    file.write_text(f"title,email,createdAt\n{rows}")
    whole, cut = tmp_path / "whole.db", tmp_path / "cut.db"
    with Helpdesk.open(whole) as desk:
        desk.teams.create("Acme")
    # A copy, so that both teams were made in the same second.
    shutil.copy(whole, cut)
    command = [sys.executable, "-m", "cstar_web", "import", str(file), "--json", "--database"]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    assert run("import", str(file), "--database", str(whole)).exit_code == 0
    with subprocess.Popen([*command, str(cut)], env=environ, stdout=subprocess.PIPE) as running:
        with Helpdesk.open(cut) as desk:
            acme = desk.workspace("acme")
            while acme.tickets.list(page_size=1).total < 1_000 and running.poll() is None:
                time.sleep(0.01)
        running.send_signal(signal.SIGKILL)
    again = subprocess.run([*command, str(cut)], env=environ, capture_output=True, check=True)
    report = json.loads(again.stdout)
    assert report["created"] + report["skipped"] == 6_000
    assert report["skipped"] >= 1_000
    assert told(cut) == told(whole)
