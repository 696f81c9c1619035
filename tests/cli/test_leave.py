"""Export and import on the command line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cstar_core import Helpdesk
from tests.cli.commands import run


def fill(database: Path) -> None:
    with Helpdesk.open(database) as desk:
        acme = desk.workspace("acme")
        acme.tickets.create(title="Refund", customer_name="Jane", initial_message="Please")


def test_an_export_goes_into_a_new_database_and_out_again(
    database: Path, cstar: Callable[..., str], tmp_path: Path
) -> None:
    fill(database)
    assert cstar("export", "one") == (
        "Exported to one: 1 teams, 1 customers, 1 tickets, 1 messages, 5 events.\n"
    )
    done = run("import", "one", "--database", "new.db")
    assert done.exit_code == 0
    assert "cstar key create TEAM" in done.stdout
    assert run("export", "two", "--database", "new.db").exit_code == 0
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()


def test_an_export_says_for_machines_what_its_manifest_says(
    database: Path, cstar_json: Callable[..., Any], tmp_path: Path
) -> None:
    fill(database)
    said = cstar_json("export", "out", "--team", "acme", "--format", "csv")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_bytes())
    assert (said["export"], said["scope"], said["fileFormat"]) == ("out", "team", "csv")
    assert {each["name"]: each["sha256"] for each in said["files"]} == {
        name: facts["sha256"] for name, facts in manifest["files"].items()
    }


def test_an_import_of_a_team_that_is_there_is_refused(
    database: Path, cstar: Callable[..., str]
) -> None:
    cstar("export", "out")
    refused = run("import", "out", "--database", str(database))
    assert refused.exit_code == 2
    assert "has the team acme" in refused.stderr


def test_a_damaged_export_is_refused_with_exit_code_3(
    cstar: Callable[..., str], tmp_path: Path
) -> None:
    cstar("export", "out")
    (tmp_path / "out" / "teams.ndjson").write_text("{}\n")
    refused = run("import", "out", "--database", "new.db")
    assert refused.exit_code == 3
    assert refused.stderr == (
        "cstar: out is damaged, nothing was imported: teams.ndjson is not what manifest.json says\n"
    )


def test_an_export_of_an_unknown_team_says_what_to_do(database: Path) -> None:
    refused = run("export", "out", "--team", "nobody", "--database", str(database))
    assert refused.exit_code == 2
    assert refused.stderr == "cstar: no team nobody; cstar team list shows those that exist\n"


def test_an_export_takes_no_options_of_files(cstar: Callable[..., str]) -> None:
    cstar("export", "out")
    refused = run("import", "out", "--environment", "test", "--database", "new.db")
    assert refused.exit_code == 2
    assert "comes in as it was; leave out --environment" in refused.stderr
    assert not Path("new.db").exists()


def customer_in(database: Path) -> str:
    fill(database)
    with Helpdesk.open(database) as desk:
        return desk.workspace("acme").customers.list().items[0].id


def test_a_person_is_erased_from_the_file(database: Path, cstar: Callable[..., str]) -> None:
    id = customer_in(database)
    assert cstar("customer", "erase", id, "--yes").startswith(
        f"Erased {id} in Acme (acme), live: 1 tickets, 1 messages, 3 events, 0 receipts, 0 files.\n"
    )
    left = b"".join(file.read_bytes() for file in database.parent.glob("acme.db*"))
    assert b"Jane" not in left and b"Refund" not in left and b"Please" not in left
    with Helpdesk.open(database) as desk:
        assert desk.workspace("acme").tickets.list().items[0].title == "Erased"


def test_erasing_asks_and_does_nothing_without_an_answer(database: Path) -> None:
    id = customer_in(database)
    asked = run("customer", "erase", id, "--database", str(database))
    assert asked.exit_code == 2
    assert f"Erase {id}, Jane, in Acme (acme), live: 1 tickets" in asked.stderr
    assert "no terminal to ask on; say so with --yes" in asked.stderr
    with Helpdesk.open(database) as desk:
        assert desk.workspace("acme").customers.get(id).name == "Jane"


def test_the_name_of_whom_to_erase_does_not_command_the_terminal(database: Path) -> None:
    with Helpdesk.open(database) as desk:
        made = desk.workspace("acme").customers.create(name="Jo\x1b[1A\r\nBo")
    asked = run("customer", "erase", made.id, "--database", str(database))
    assert f"Erase {made.id}, Jo?[1A Bo, in Acme" in asked.stderr


def test_a_dry_run_of_an_erasure_changes_nothing(
    database: Path, cstar_json: Callable[..., Any]
) -> None:
    id = customer_in(database)
    said = cstar_json("customer", "erase", id, "--dry-run")
    assert said == {
        "customerId": id,
        "tickets": 1,
        "messages": 1,
        "events": 3,
        "receipts": 0,
        "files": 0,
        "blocks": 0,
    }
    with Helpdesk.open(database) as desk:
        assert desk.workspace("acme").customers.get(id).name == "Jane"


def test_more_people_can_be_erased_before_the_file_is_written_anew(
    database: Path, cstar: Callable[..., str]
) -> None:
    id = customer_in(database)
    assert "old bytes" in cstar("customer", "erase", id, "--yes", "--no-compact")


def test_an_unknown_person_is_not_erased(database: Path) -> None:
    refused = run("customer", "erase", "cus_" + "0" * 32, "--yes", "--database", str(database))
    assert refused.exit_code == 2
    assert refused.stderr.startswith("cstar: no customer cus_0")


def test_what_there_is_of_a_customer_is_exported(database: Path, cstar: Callable[..., str]) -> None:
    id = customer_in(database)
    said = cstar("export", "all", "--customer", id)
    assert "1 customers, 1 tickets, 1 messages" in said and "read it before" in said
    assert "read it before" not in cstar("export", "seen", "--customer", id, "--public-only")


def test_a_customer_and_a_team_at_once_are_refused(database: Path) -> None:
    both = ("export", "out", "--customer", "x", "--team", "acme", "--database", str(database))
    assert "leave out --team" in run(*both).stderr
    alone = run("export", "out", "--public-only", "--database", str(database))
    assert "--public-only is for --customer" in alone.stderr
