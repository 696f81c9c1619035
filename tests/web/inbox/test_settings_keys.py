"""API keys in the settings."""

from datetime import timedelta

import pytest

from cstar_core import Helpdesk
from tests.web.inbox.browser import Browser, Seen
from tests.web.inbox.conftest import SignIn

KEYS = "/inbox/acme/settings/keys"
NEW = {"name": "Shop", "type": "secret", "environment": "live", "lifetime": ""}


@pytest.fixture
def owner(signed_in: SignIn) -> Browser:
    return signed_in("owner")


def test_a_key_is_shown_once(desk: Helpdesk, owner: Browser) -> None:
    answer = owner.send(f"{KEYS}/new", NEW)
    (shown,) = (
        each["value"] for each in Seen(answer.text).all("input") if each.get("id") == "secret"
    )
    access = desk.keys.authenticate(shown)
    assert access is not None
    assert (access.key.name, access.key.expires_at) == ("Shop", None)
    listed = owner.get(KEYS)
    assert shown not in listed.text
    assert f"…{shown[-4:]}" in Seen(listed.text).text


def test_a_key_may_end_by_itself(desk: Helpdesk, owner: Browser) -> None:
    owner.send(f"{KEYS}/new", NEW | {"lifetime": "90", "name": ""})
    key = desk.workspace("acme").keys.list()[-1]
    assert key.expires_at == key.created_at + timedelta(days=90)
    assert key.name is None
    assert "Key without a name" in owner.see(KEYS).text


@pytest.mark.parametrize(
    ("given", "status", "told"),
    [
        ({"type": "golden"}, 422, "Kind must be one of: secret, publishable"),
        ({"environment": "moon"}, 422, "Data must be one of: live, test"),
        ({"name": "x" * 300}, 422, "Name must be at most 255 characters"),
        ({"lifetime": "1"}, 400, "That did not work"),
    ],
)
def test_a_key_that_cannot_be_is_not_made(
    desk: Helpdesk, owner: Browser, given: dict[str, str], status: int, told: str
) -> None:
    before = desk.workspace("acme").keys.list()
    answer = owner.send(f"{KEYS}/new", NEW | given)
    assert answer.status_code == status
    assert told in Seen(answer.text).text
    assert desk.workspace("acme").keys.list() == before


@pytest.mark.parametrize(
    ("hours", "told", "works"),
    [
        ("24", "The former key works on until", True),
        ("0", "The former key no longer works.", False),
    ],
)
def test_a_key_is_replaced_and_both_work_for_a_while(
    desk: Helpdesk, owner: Browser, hours: str, told: str, works: bool
) -> None:
    old = desk.workspace("acme").keys.create(type="publishable", environment="test", name="Shop")
    path = f"{KEYS}/{old.key.id}/rotate"
    assert "Replace Shop?" in owner.see(path).text
    answer = owner.send(path, {"overlap": hours})
    shown = {each.get("id"): each.get("value", "") for each in Seen(answer.text).all("input")}
    access = desk.keys.authenticate(shown["secret"])
    assert access is not None
    assert (access.key.name, access.key.type, access.key.environment) == (
        "Shop",
        "publishable",
        "test",
    )
    assert told in Seen(answer.text).text
    assert (desk.keys.authenticate(old.secret) is not None) is works
    assert answer.headers["Cache-Control"] == "no-store"
    assert shown["secret"] not in owner.get(KEYS).text


def test_a_key_that_has_stopped_is_not_replaced(desk: Helpdesk, owner: Browser) -> None:
    keys = desk.workspace("acme").keys
    old = keys.create(type="secret", environment="live").key
    keys.revoke(old.id)
    before = keys.list()
    answer = owner.send(f"{KEYS}/{old.id}/rotate", {"overlap": "24"})
    assert answer.status_code == 422
    assert "It no longer works, and cannot be replaced." in Seen(answer.text).text
    assert owner.send(f"{KEYS}/{old.id}/rotate", {"overlap": "9"}).status_code == 400
    assert keys.list() == before


def test_revoking_is_asked_for_first(desk: Helpdesk, owner: Browser) -> None:
    made = desk.workspace("acme").keys.create(type="secret", environment="live", name="Shop")
    path = f"{KEYS}/{made.key.id}/revoke"
    assert "Revoke Shop?" in owner.see(path).text
    assert desk.keys.works(made.key.id)
    answer = owner.send(path)
    assert answer.headers["Location"] == f"{KEYS}?done=key-revoked"
    assert not desk.keys.works(made.key.id)
    assert "1 key that no longer works" in owner.see(KEYS).text


def test_a_key_of_another_team_is_not_there(desk: Helpdesk, owner: Browser) -> None:
    desk.teams.create("Other")
    foreign = desk.keys.create("other", type="secret", environment="live").key
    assert owner.get(f"{KEYS}/{foreign.id}/revoke").status_code == 404
    assert owner.send(f"{KEYS}/{foreign.id}/revoke", form=f"{KEYS}/new").status_code == 404
    assert desk.keys.works(foreign.id)
