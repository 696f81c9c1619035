"""API keys."""

import re
from datetime import timedelta

import pytest

from cstar_core import Actor, Conflict, Helpdesk, NewKey, NotFound, Workspace
from tests.core.vocabulary import NOTHING, START, ManualClock, ids, refusal

KINDS = [
    ("secret", "live", "sk_live_"),
    ("secret", "test", "sk_test_"),
    ("publishable", "live", "pk_live_"),
    ("publishable", "test", "pk_test_"),
]


@pytest.fixture
def key(desk: Helpdesk) -> NewKey:
    return desk.keys.create("acme", type="secret", environment="live", name="Shop")


@pytest.mark.parametrize(("type", "environment", "prefix"), KINDS)
def test_a_key_is_its_prefix_and_32_letters_and_digits(
    desk: Helpdesk, type: str, environment: str, prefix: str
) -> None:
    made = desk.keys.create("acme", type=type, environment=environment)
    assert re.fullmatch(prefix + "[A-Za-z0-9]{32}", made.secret)
    assert (made.key.prefix, made.key.last_four) == (prefix, made.secret[-4:])


def test_keys_differ(desk: Helpdesk) -> None:
    made = {desk.keys.create("acme", type="secret", environment="live").secret for _ in range(20)}
    assert len(made) == 20


def test_a_key_that_is_printed_does_not_show_its_secret(key: NewKey) -> None:
    assert key.secret not in repr(key)
    assert key.key.id in repr(key)


def test_a_key_says_what_it_is(desk: Helpdesk, key: NewKey) -> None:
    made = key.key
    assert (made.team_id, made.name, made.type, made.environment) == (
        desk.teams.get("acme").id,
        "Shop",
        "secret",
        "live",
    )
    assert (made.created_at, made.expires_at, made.revoked_at) == (START, None, None)


def test_the_secret_is_stored_nowhere(desk: Helpdesk, key: NewKey) -> None:
    desk.close()
    with open(desk.path, "rb") as file:
        assert key.secret[8:].encode() not in file.read()


def test_a_key_opens_its_team_and_environment(desk: Helpdesk) -> None:
    made = desk.keys.create("globex", type="secret", environment="test")
    access = desk.keys.authenticate(made.secret)
    assert access is not None
    workspace = desk.workspace_of(access)
    assert (access.key, access.team) == (made.key, desk.teams.get("globex"))
    assert (workspace.team.slug, workspace.environment, workspace.internal) == (
        "globex",
        "test",
        True,
    )
    assert workspace.actor == Actor("key", made.key.id)


def test_a_publishable_key_does_not_see_what_is_internal(public: Workspace) -> None:
    assert public.internal is False


@pytest.mark.parametrize("change", [str.lower, str.upper, lambda s: s[:-1], lambda s: s + "a"])
def test_a_key_must_be_presented_exactly(desk: Helpdesk, key: NewKey, change: object) -> None:
    assert desk.keys.authenticate(change(key.secret)) is None  # type: ignore[operator]


@pytest.mark.parametrize("secret", ["", "sk_live_", "é", "\ud800", "\0", "x" * 100_000])
def test_no_text_is_an_error(desk: Helpdesk, secret: str) -> None:
    assert desk.keys.authenticate(secret) is None


def test_a_key_works_until_it_expires(desk: Helpdesk, clock: ManualClock) -> None:
    made = desk.keys.create(
        "acme", type="secret", environment="live", expires_in=timedelta(hours=1)
    )
    clock.tick(minutes=59)
    assert desk.keys.authenticate(made.secret) is not None
    clock.tick(minutes=1)
    assert desk.keys.authenticate(made.secret) is None


def test_a_revoked_key_stops_at_once(desk: Helpdesk, key: NewKey) -> None:
    desk.keys.revoke(key.key.id)
    assert desk.keys.authenticate(key.secret) is None


def test_a_key_works_until_it_is_revoked_or_expires(desk: Helpdesk, clock: ManualClock) -> None:
    made = [
        desk.keys.create("acme", type="secret", environment="live", expires_in=span).key.id
        for span in (None, None, timedelta(hours=1))
    ]
    desk.keys.revoke(made[1])
    assert [desk.keys.works(id) for id in made] == [True, False, True]
    clock.tick(hours=1)
    assert [desk.keys.works(id) for id in made] == [True, False, False]


@pytest.mark.parametrize("id", ["", NOTHING, f"key_{32 * '0'}"])
def test_whether_an_unknown_key_works_cannot_be_told(desk: Helpdesk, id: str) -> None:
    with pytest.raises(NotFound):
        desk.keys.works(id)


def test_revoking_says_when(desk: Helpdesk, key: NewKey, clock: ManualClock) -> None:
    clock.tick(hours=1)
    assert desk.keys.revoke(key.key.id).revoked_at == START + timedelta(hours=1)


def test_revoking_twice_changes_nothing(
    desk: Helpdesk, key: NewKey, clock: ManualClock, acme: Workspace
) -> None:
    first = desk.keys.revoke(key.key.id)
    clock.tick()
    assert desk.keys.revoke(key.key.id) == first
    assert acme.events.list(types="key.revoked").total == 1


@pytest.mark.parametrize("id", [f"key_{'0' * 32}", NOTHING, "x", ""])
def test_an_unknown_key_cannot_be_revoked(desk: Helpdesk, id: str) -> None:
    with pytest.raises(NotFound, match="Key not found"):
        desk.keys.revoke(id)


def test_the_keys_of_a_team_are_listed_oldest_first(desk: Helpdesk, key: NewKey) -> None:
    desk.keys.revoke(key.key.id)
    other = desk.keys.create("acme", type="secret", environment="test")
    assert ids(desk.keys.list("acme"))[1:] == [key.key.id, other.key.id]


def test_the_keys_of_another_team_are_not_listed(desk: Helpdesk, key: NewKey) -> None:
    assert desk.keys.list("globex") == ()


def test_a_key_needs_a_team(desk: Helpdesk) -> None:
    with pytest.raises(NotFound, match="Team not found"):
        desk.keys.create("nobody", type="secret", environment="live")
    with pytest.raises(NotFound, match="Team not found"):
        desk.keys.list("nobody")


def test_everything_wrong_with_a_key_is_said_at_once(desk: Helpdesk) -> None:
    assert refusal(
        desk.keys.create,
        "acme",
        type="public",
        environment="staging",
        name="x" * 256,
        expires_in=timedelta(0),
    ) == [
        "type must be one of: secret, publishable",
        "environment must be one of: live, test",
        "name must be at most 255 characters",
        "expires_in must be more than nothing and at most ten years",
    ]


def test_a_key_lasts_ten_years_at_most(desk: Helpdesk) -> None:
    assert refusal(
        desk.keys.create,
        "acme",
        type="secret",
        environment="live",
        expires_in=timedelta(days=3651),
    ) == ["expires_in must be more than nothing and at most ten years"]


def test_making_and_revoking_a_key_are_events_without_the_secret(
    desk: Helpdesk, acme: Workspace, key: NewKey
) -> None:
    desk.keys.revoke(key.key.id)
    events = acme.events.list(types="key.*").items[1:]
    assert [event.type for event in events] == ["key.created", "key.revoked"]
    data = {"name": "Shop", "type": "secret", "lastFour": key.secret[-4:]}
    assert [event.data for event in events] == [data, data]


# --- rotating


@pytest.mark.parametrize(("type", "environment", "prefix"), KINDS)
def test_a_rotated_key_gets_one_of_the_same_kind(
    desk: Helpdesk, type: str, environment: str, prefix: str
) -> None:
    old = desk.keys.create("globex", type=type, environment=environment, name="Shop")
    new = desk.keys.rotate(old.key.id)
    alike = ("team_id", "name", "type", "environment", "prefix", "expires_at", "revoked_at")
    assert {name: getattr(new.key, name) for name in alike} == {
        name: getattr(old.key, name) for name in alike
    }
    assert new.key.id != old.key.id and new.secret != old.secret
    assert new.secret.startswith(prefix)


def test_both_keys_work_during_the_overlap(desk: Helpdesk, key: NewKey, clock: ManualClock) -> None:
    new = desk.keys.rotate(key.key.id)
    clock.tick(hours=23, minutes=59)
    opened = [desk.keys.authenticate(each.secret) for each in (key, new)]
    assert [each.key.id for each in opened if each] == [key.key.id, new.key.id]


def test_after_the_overlap_only_the_new_key_works(
    desk: Helpdesk, key: NewKey, clock: ManualClock
) -> None:
    new = desk.keys.rotate(key.key.id, overlap=timedelta(minutes=10))
    clock.tick(minutes=10)
    assert desk.keys.authenticate(key.secret) is None
    assert desk.keys.authenticate(new.secret) is not None


def test_without_an_overlap_the_old_key_stops_at_once(desk: Helpdesk, key: NewKey) -> None:
    desk.keys.rotate(key.key.id, overlap=timedelta(0))
    assert desk.keys.authenticate(key.secret) is None


def test_rotating_never_lengthens_a_life(desk: Helpdesk, clock: ManualClock) -> None:
    hour = timedelta(hours=1)
    old = desk.keys.create("acme", type="secret", environment="live", expires_in=hour)
    desk.keys.rotate(old.key.id)
    clock.tick(hours=1)
    assert desk.keys.authenticate(old.secret) is None


def test_a_new_key_lives_as_long_as_the_old_was_made_to(desk: Helpdesk, clock: ManualClock) -> None:
    span = timedelta(days=90)
    old = desk.keys.create("acme", type="secret", environment="live", expires_in=span)
    clock.tick(days=89)
    assert desk.keys.rotate(old.key.id).key.expires_at == clock.now + span


def test_the_life_of_a_new_key_can_be_chosen(desk: Helpdesk, key: NewKey) -> None:
    made = desk.keys.rotate(key.key.id, expires_in=timedelta(days=7))
    assert made.key.expires_at == START + timedelta(days=7)


def test_what_is_wrong_with_a_rotation_is_said_at_once(desk: Helpdesk, key: NewKey) -> None:
    assert refusal(
        desk.keys.rotate, key.key.id, overlap=timedelta(seconds=-1), expires_in=timedelta(0)
    ) == [
        "overlap must be nothing or more, and at most 90 days",
        "expires_in must be more than nothing and at most ten years",
    ]


def test_an_overlap_lasts_90_days_at_most(desk: Helpdesk, key: NewKey) -> None:
    assert refusal(desk.keys.rotate, key.key.id, overlap=timedelta(days=91)) == [
        "overlap must be nothing or more, and at most 90 days"
    ]


@pytest.mark.parametrize("how", ["revoked", "expired"])
def test_a_key_that_has_stopped_is_not_rotated(
    desk: Helpdesk, clock: ManualClock, how: str
) -> None:
    hour = timedelta(hours=1)
    old = desk.keys.create("acme", type="secret", environment="live", expires_in=hour)
    if how == "revoked":
        desk.keys.revoke(old.key.id)
    else:
        clock.tick(hours=1)
    with pytest.raises(Conflict, match="A key that has stopped cannot be rotated"):
        desk.keys.rotate(old.key.id)
    assert len(desk.keys.list("acme")) == 2


@pytest.mark.parametrize("id", [f"key_{'0' * 32}", NOTHING, "x", ""])
def test_an_unknown_key_cannot_be_rotated(desk: Helpdesk, id: str) -> None:
    with pytest.raises(NotFound, match="Key not found"):
        desk.keys.rotate(id)


def test_rotating_is_an_event_of_the_old_key(desk: Helpdesk, acme: Workspace, key: NewKey) -> None:
    new = desk.keys.rotate(key.key.id)
    made, rotated = acme.events.list(types="key.*").items[-2:]
    assert (made.type, made.object_id) == ("key.created", new.key.id)
    assert (rotated.type, rotated.object_id) == ("key.rotated", key.key.id)
    assert rotated.data == {
        "name": "Shop",
        "type": "secret",
        "lastFour": key.secret[-4:],
        "replacedBy": new.key.id,
    }
