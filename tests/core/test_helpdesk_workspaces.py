"""Which workspace a desk gives, and what its probe of the file finds."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from cstar_core import SYSTEM, Actor, Helpdesk, Invalid, NotFound, Refused, Workspace
from tests.core.witness import log

ROOMS = ["tickets", "messages", "customers", "members", "custom_fields", "events", "idempotency"]


@pytest.mark.parametrize("form", ["id", "slug"])
def test_a_workspace_is_found_by_the_id_and_the_slug_of_its_team(
    desk: Helpdesk, acme: Workspace, form: str
) -> None:
    assert desk.workspace(getattr(acme.team, form)).team == acme.team


@pytest.mark.parametrize("name", ["Acme", "ACME", "nobody", "", f"team_{'0' * 32}"])
def test_a_workspace_of_no_team_is_not_found(desk: Helpdesk, name: str) -> None:
    with pytest.raises(NotFound, match="Team not found"):
        desk.workspace(name)


@pytest.mark.parametrize("environment", ["Live", "production", ""])
def test_there_is_live_and_test_data_and_no_other(desk: Helpdesk, environment: str) -> None:
    with pytest.raises(Invalid, match="environment must be one of: live, test"):
        desk.workspace("acme", environment)


def test_a_workspace_knows_who_acts(desk: Helpdesk, acme: Workspace) -> None:
    actor = Actor("member", acme.members.create(name="Ada", email="ada@example.com").id)
    assert desk.workspace("acme", actor=actor).actor == actor


def test_a_key_acts_as_itself(desk: Helpdesk) -> None:
    made = desk.keys.create("acme", type="secret", environment="test")
    access = desk.keys.authenticate(made.secret)
    assert access is not None
    opened = desk.workspace_of(access)
    assert (opened.actor, opened.environment, opened.internal) == (
        Actor("key", made.key.id),
        "test",
        True,
    )


def test_what_a_key_does_is_logged_as_its_doing(desk: Helpdesk, acme: Workspace) -> None:
    made = desk.keys.create("acme", type="secret", environment="live")
    access = desk.keys.authenticate(made.secret)
    assert access is not None
    desk.workspace_of(access).tickets.create(title="Help")
    assert [event.actor for event in log(acme)[-2:]] == [SYSTEM, Actor("key", made.key.id)]


@pytest.mark.parametrize("room", ROOMS)
def test_two_workspaces_share_no_room(acme: Workspace, sandbox: Workspace, room: str) -> None:
    assert getattr(acme, room) is not getattr(sandbox, room)


def test_a_probe_leaves_no_event(desk: Helpdesk, acme: Workspace) -> None:
    before = log(acme)
    desk.probe()
    assert log(acme) == before


def test_a_probe_refuses_a_file_that_a_newer_version_has_changed_meanwhile(
    desk: Helpdesk, path: Path
) -> None:
    with closing(sqlite3.connect(path)) as file:
        file.execute(f"PRAGMA user_version = {desk.schema_version + 1}")
    with pytest.raises(Refused, match="has been upgraded; restart with the newer version"):
        desk.probe()


def test_a_closed_desk_cannot_be_probed(desk: Helpdesk) -> None:
    desk.close()
    with pytest.raises(RuntimeError, match="The desk is closed"):
        desk.probe()


def test_a_room_of_a_closed_desk_says_that_it_is_closed(desk: Helpdesk, acme: Workspace) -> None:
    desk.close()
    with pytest.raises(RuntimeError, match="The desk is closed"):
        acme.tickets.create(title="Help")
