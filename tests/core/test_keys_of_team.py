"""A team's own keys, as its members see to them."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from cstar_core import (
    Actor,
    Conflict,
    Forbidden,
    Helpdesk,
    Key,
    NewKey,
    NotFound,
    Workspace,
)
from tests.core.vocabulary import NOTHING, START, ManualClock, ids, refusal


@pytest.fixture
def ada(acme: Workspace) -> Actor:
    return Actor("member", acme.members.create(name="Ada", email="ada@example.com").id)


@pytest.fixture
def mine(desk: Helpdesk, ada: Actor) -> Workspace:
    """Acme's live data as Ada has it."""
    return desk.workspace("acme", actor=ada)


@pytest.fixture
def made(mine: Workspace) -> NewKey:
    return mine.keys.create(type="secret", environment="live", name="Shop")


@pytest.fixture
def foreign(desk: Helpdesk) -> Key:
    """A key of another team."""
    return desk.keys.create("globex", type="secret", environment="live").key


def test_a_key_that_a_member_makes_opens_the_team(
    desk: Helpdesk, made: NewKey, acme: Workspace
) -> None:
    access = desk.keys.authenticate(made.secret)
    assert access is not None
    assert (access.team, access.scope.environment) == (acme.team, "live")


@pytest.mark.parametrize("environment", ["live", "test"])
def test_who_made_a_key_stands_in_the_events_of_its_workspace(
    desk: Helpdesk, mine: Workspace, ada: Actor, environment: str
) -> None:
    made = mine.keys.create(type="secret", environment=environment, name="Shop")
    (event,) = desk.workspace("acme", environment).events.list(types="key.created").items[-1:]
    assert (event.object_id, event.actor) == (made.key.id, ada)
    assert event.data == {"name": "Shop", "type": "secret", "lastFour": made.secret[-4:]}


def test_who_revoked_a_key_stands_in_the_events(
    mine: Workspace, made: NewKey, ada: Actor, acme: Workspace
) -> None:
    mine.keys.revoke(made.key.id)
    (event,) = acme.events.list(types="key.revoked").items
    assert (event.object_id, event.actor) == (made.key.id, ada)


def test_who_rotated_a_key_stands_in_the_events(
    mine: Workspace, made: NewKey, ada: Actor, acme: Workspace
) -> None:
    new = mine.keys.rotate(made.key.id)
    (event,) = acme.events.list(types="key.rotated").items
    assert (event.actor, event.data["replacedBy"]) == (ada, new.key.id)
    assert acme.events.list(types="key.created").items[-1].actor == ada


def test_no_event_has_the_secret(mine: Workspace, made: NewKey, acme: Workspace) -> None:
    new = mine.keys.rotate(made.key.id)
    mine.keys.revoke(made.key.id)
    told = json.dumps([(each.data, each.changes) for each in acme.events.list(page_size=100).items])
    assert made.key.last_four in told
    assert not {made.secret[8:], new.secret[8:]} & {told[at : at + 32] for at in range(len(told))}


def test_the_keys_of_both_environments_are_listed(
    desk: Helpdesk, mine: Workspace, made: NewKey, foreign: Key
) -> None:
    test = desk.workspace("acme", "test").keys.create(type="publishable", environment="test")
    assert ids(mine.keys.list())[-2:] == [made.key.id, test.key.id]
    assert mine.keys.list() == desk.workspace("acme", "test").keys.list() == desk.keys.list("acme")
    assert foreign not in mine.keys.list()


def test_a_key_tells_when_it_was_used(desk: Helpdesk, mine: Workspace, made: NewKey) -> None:
    desk.keys.authenticate(made.secret)
    desk.keys.write_uses()
    assert mine.keys.get(made.key.id).last_used_at == START


CALLS: dict[str, Callable[[Workspace, str], object]] = {
    "get": lambda room, id: room.keys.get(id),
    "revoke": lambda room, id: room.keys.revoke(id),
    "rotate": lambda room, id: room.keys.rotate(id),
}


@pytest.mark.parametrize("call", CALLS)
def test_the_key_of_another_team_is_not_found(
    desk: Helpdesk, mine: Workspace, foreign: Key, call: str
) -> None:
    with pytest.raises(NotFound, match="Key not found"):
        CALLS[call](mine, foreign.id)
    assert desk.keys.list("globex") == (foreign,)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("id", ["", "x", NOTHING, f"key_{32 * '0'}", f"tkt_{32 * '0'}"])
def test_an_unknown_key_is_not_found(mine: Workspace, call: str, id: str) -> None:
    with pytest.raises(NotFound, match="Key not found"):
        CALLS[call](mine, id)


@pytest.mark.parametrize("type", ["secret", "publishable"])
@pytest.mark.parametrize("call", [*CALLS, "list", "create"])
def test_a_key_sees_and_makes_no_keys(desk: Helpdesk, made: NewKey, type: str, call: str) -> None:
    access = desk.keys.authenticate(desk.keys.create("acme", type=type, environment="live").secret)
    assert access is not None
    room, before = desk.workspace_of(access), desk.keys.list("acme")
    calls = CALLS | {
        "list": lambda room, id: room.keys.list(),
        "create": lambda room, id: room.keys.create(type="secret", environment="live"),
    }
    with pytest.raises(Forbidden, match="does not open the keys"):
        calls[call](room, made.key.id)
    assert desk.keys.list("acme") == before


def test_what_a_key_may_be_is_checked(mine: Workspace) -> None:
    assert refusal(
        mine.keys.create, type="root", environment="prod", name=7, expires_in=timedelta(0)
    ) == [
        "type must be one of: secret, publishable",
        "environment must be one of: live, test",
        "name must be a string",
        "expires_in must be more than nothing and at most ten years",
    ]


def test_how_a_key_is_rotated_is_checked(mine: Workspace, made: NewKey) -> None:
    assert refusal(mine.keys.rotate, made.key.id, overlap=timedelta(days=91)) == [
        "overlap must be nothing or more, and at most 90 days"
    ]


def test_revoking_twice_changes_nothing(
    mine: Workspace, made: NewKey, clock: ManualClock, acme: Workspace
) -> None:
    first = mine.keys.revoke(made.key.id)
    clock.tick()
    assert mine.keys.revoke(made.key.id) == first
    assert acme.events.list(types="key.revoked").total == 1


def test_a_key_that_has_stopped_is_not_rotated(mine: Workspace, made: NewKey) -> None:
    mine.keys.revoke(made.key.id)
    with pytest.raises(Conflict):
        mine.keys.rotate(made.key.id)
