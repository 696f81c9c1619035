"""What each command does and prints, on real files."""

import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cstar_core import Helpdesk
from cstar_web.settings import SETTINGS
from tests.cli.commands import opens, run

DURATIONS = [
    ("90d", timedelta(days=90)),
    ("12h", timedelta(hours=12)),
    ("30m", timedelta(minutes=30)),
    ("45s", timedelta(seconds=45)),
    ("2w", timedelta(weeks=2)),
]
WRONG_DURATIONS = ["90", "d", "-1d", "1.5h", "1y", "0d", "999999w", "9999999d"]


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


def test_a_rotated_key_and_its_successor_both_open(
    database: Path, cstar_json: Callable[..., Any]
) -> None:
    kind = ("--type", "publishable", "--environment", "test", "--name", "shop")
    old = cstar_json("key", "create", "acme", *kind)
    new = cstar_json("key", "rotate", old["keyId"])

    assert (new["type"], new["environment"], new["expiresAt"]) == ("publishable", "test", None)
    assert new["replaces"]["keyId"] == old["keyId"]
    ends = datetime.fromisoformat(new["replaces"]["expiresAt"]) - datetime.now(UTC)
    assert timedelta(hours=23) < ends <= timedelta(hours=24)
    assert opens(database, old["key"]) and opens(database, new["key"])


def test_a_key_rotated_without_an_overlap_opens_nothing(
    database: Path, cstar: Callable[..., str], cstar_json: Callable[..., Any]
) -> None:
    old = cstar_json("key", "create", "acme", "--type", "secret", "--environment", "live")
    shown = cstar("key", "rotate", old["keyId"], "--overlap", "0s")

    assert f"{old['keyId']} works until 20" in shown
    assert not opens(database, old["key"]) and opens(database, shown.split()[3])


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


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        (("demo",), "cstar demo TEAM"),
        (("import", "pyproject.toml"), "cstar import FILE --team TEAM"),
        (("listen",), "cstar listen --team TEAM"),
        (("trigger", "ticket.created"), "cstar trigger EVENT --team TEAM"),
    ],
)
def test_of_several_teams_one_must_be_named(
    database: Path, cstar: Callable[..., str], typed: tuple[str, ...], named: str
) -> None:
    cstar("team", "create", "Other")
    result = run(*typed, "--database", str(database))

    said = f"cstar: there are 2 teams; say which: {named} (acme, other)\n"
    assert (result.exit_code, result.stderr) == (2, said)


@pytest.mark.parametrize("typed", ["import pyproject.toml", "listen", "trigger ticket.created"])
def test_where_there_is_no_team_one_must_be_made(tmp_path: Path, typed: str) -> None:
    Helpdesk.open(tmp_path / "empty.db").close()
    result = run(*typed.split(), "--database", "empty.db")

    said = "cstar: there is no team yet; make one: cstar team create NAME\n"
    assert (result.exit_code, result.stderr) == (2, said)


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

    lines = [line.split(maxsplit=1) for line in result.stdout.splitlines()]
    place = next(number for number, line in enumerate(lines) if line[0] == "WRONG")

    assert result.exit_code == 1
    assert lines[place][1].startswith("message counts")
    assert " ".join(lines[place + 1]) == "What to do: make it anew: cstar reindex"


def test_the_specification_is_printed() -> None:
    document = json.loads(run("openapi").stdout)

    assert document["openapi"].startswith("3.1")
    assert "/api/v1/teams/{team}/tickets" in document["paths"]


def test_printing_the_specification_makes_no_database(tmp_path: Path) -> None:
    run("openapi", "--json")

    assert list(tmp_path.iterdir()) == []


def test_the_environment_names_the_database(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CSTAR_DATABASE", str(database))

    assert "acme" in run("team", "list").stdout


def test_the_help_of_serve_names_every_setting() -> None:
    shown = " ".join(run("serve", "--help").stdout.split())

    assert all(setting.flag in shown and setting.env in shown for setting in SETTINGS)
