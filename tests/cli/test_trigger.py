"""`cstar trigger`: each event happens for real, in test data and nowhere else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cstar_core import EVENT_TYPES, Helpdesk
from cstar_web.samples import SAMPLES
from tests.cli.commands import run

KINDS = ("ticket", "message", "customer", "custom_field")
# What only mail makes happen.
OF_MAIL = {"message.delivered", "message.bounced", "message.held", "message.deleted"}
DELIVERED = {name for name in EVENT_TYPES if name.partition(".")[0] in KINDS} - OF_MAIL


def test_every_event_that_webhooks_are_told_of_can_be_triggered() -> None:
    assert set(SAMPLES) == DELIVERED


@pytest.mark.parametrize("type", SAMPLES)
def test_an_event_happens_once_and_is_shown(
    type: str, database: Path, cstar_json: Callable[..., Any]
) -> None:
    with Helpdesk.open(database) as desk:
        desk.workspace("acme", "test").members.create(name="Ann", email="ann@example.com")
        before = desk.workspace("acme", "test").events.list().items[-1].id

    shown = cstar_json("trigger", type)["events"]

    with Helpdesk.open(database) as desk:
        happened = desk.workspace("acme", "test").events.list(after=before).items
    assert [each["id"] for each in shown] == [each.id for each in happened]
    assert [each["type"] for each in shown].count(type) == (
        # Told of both tickets.
        2 if type.endswith(("merged", "moved")) else 1
    )


@pytest.mark.parametrize("type", SAMPLES)
def test_an_event_happens_in_a_new_team(type: str, cstar_json: Callable[..., Any]) -> None:
    assert type in [each["type"] for each in cstar_json("trigger", type)["events"]]


@pytest.mark.parametrize("type", SAMPLES)
def test_an_event_happens_where_fields_are_required(type: str, database: Path) -> None:
    types = {"text": None, "number": None, "select": ["a"], "multiselect": ["a"]}
    with Helpdesk.open(database) as desk:
        workspace = desk.workspace("acme", "test")
        for entity in ("tickets", "customers"):
            for each in (*types, "date", "boolean"):
                workspace.custom_fields.create(
                    name=each,
                    key=each,
                    type=each,
                    entity_type=entity,
                    options=types.get(each),
                    required=True,
                )

    assert run("trigger", type, "--database", str(database)).exit_code == 0


def test_nothing_happens_to_live_data(database: Path, cstar: Callable[..., str]) -> None:
    for type in SAMPLES:
        cstar("trigger", type)

    with Helpdesk.open(database) as desk:
        live = desk.workspace("acme")
        assert live.tickets.list().total == live.customers.list().total == 0
        assert live.custom_fields.list() == () and live.members.list().total == 0


@pytest.mark.parametrize(
    "name", ["ticket.create", "TICKET.CREATED", "ticket_created", " ticket.created"]
)
def test_an_event_that_does_not_exist_gets_the_nearest(name: str, database: Path) -> None:
    result = run("trigger", name, "--database", str(database))

    assert result.exit_code == 2
    assert "did you mean ticket.created?" in result.stderr


def test_of_several_teams_the_one_that_is_named_is_meant(database: Path) -> None:
    with Helpdesk.open(database) as desk:
        desk.teams.create("Other")

    result = run("trigger", "ticket.created", "--team", "other", "--database", str(database))

    assert result.stdout.startswith("ticket.created")
