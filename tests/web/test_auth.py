"""Which key opens what."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cstar_core import Helpdesk
from cstar_web.operations import Operation, operations
from tests.web.vocabulary import NOTHING, Answer, Api, Keyring, ManualClock

WHOAMI = "/api/v1/auth/whoami"
FOREIGN_TEAM = (403, "insufficient_permissions", "This API key does not open that team")

UNUSABLE = {
    "nothing": None,
    "an empty header": "",
    "no scheme": "{key}",
    "another scheme": "Basic {key}",
    "no key": "Bearer",
    "an empty key": "Bearer ",
    "two keys": "Bearer {key} {key}",
    "a key that is cut off": "Bearer {cut}",
    "a key of no one": "Bearer sk_live_" + "a" * 32,
    "an accent": "Bearer sk_live_\xe9",
}


def ask(client: FlaskClient, authorization: str | None) -> Answer:
    headers = {} if authorization is None else {"Authorization": authorization}
    return Answer(client.get(WHOAMI, headers=headers))


@pytest.mark.parametrize("header", UNUSABLE.values(), ids=UNUSABLE)
def test_without_a_key_that_exists_nothing_opens(
    client: FlaskClient, keyring: Keyring, header: str | None
) -> None:
    sent = header and header.format(key=keyring.secret, cut=keyring.secret[:-1])
    answer = ask(client, sent)
    assert answer.refusal == (401, "authentication_required", "Invalid or expired API key")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer "])
def test_the_scheme_has_no_case(client: FlaskClient, keyring: Keyring, scheme: str) -> None:
    assert ask(client, f"{scheme} {keyring.secret}").status == 200


def test_a_secret_key_is_told_what_it_opens(desk: Helpdesk, api: Api) -> None:
    team = desk.teams.get("acme")
    assert api.send("GET", WHOAMI).data == {
        "teamId": team.id,
        "teamName": "Acme",
        "teamSlug": "acme",
        "keyType": "secret",
        "environment": "live",
    }


def test_a_publishable_key_is_told_so(reader: Api) -> None:
    assert reader.send("GET", WHOAMI).data["keyType"] == "publishable"


def test_a_test_key_is_told_so(sandbox: Api) -> None:
    assert sandbox.send("GET", WHOAMI).data["environment"] == "test"


def test_a_revoked_key_stops_at_its_next_request(desk: Helpdesk, client: FlaskClient) -> None:
    new = desk.keys.create("acme", type="secret", environment="live")
    before = ask(client, f"Bearer {new.secret}").status
    desk.keys.revoke(new.key.id)
    assert (before, ask(client, f"Bearer {new.secret}").status) == (200, 401)


def test_an_expired_key_opens_nothing(
    desk: Helpdesk, client: FlaskClient, clock: ManualClock
) -> None:
    new = desk.keys.create("acme", type="secret", environment="live", expires_in=timedelta(days=1))
    clock.tick(days=1)
    assert ask(client, f"Bearer {new.secret}").status == 401


def test_a_team_is_named_by_id_uuid_or_slug(desk: Helpdesk, api: Api) -> None:
    id = desk.teams.get("acme").id
    digits = id.removeprefix("team_")
    uuid = "-".join([digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]])
    names = [id, uuid, uuid.upper(), "acme"]
    found = [api.send("GET", f"/api/v1/teams/{name}/tickets").status for name in names]
    assert found == [200] * 4


@pytest.mark.parametrize("team", ["other", "nobody", "Acme", NOTHING, "team_" + "0" * 32])
def test_a_key_opens_no_other_team(api: Api, team: str) -> None:
    assert api.send("GET", f"/api/v1/teams/{team}/tickets").refusal == FOREIGN_TEAM


def test_another_team_answers_like_one_that_does_not_exist(desk: Helpdesk, api: Api) -> None:
    headers = {"X-Request-Id": "same"}
    names = ["other", desk.teams.get("other").id, "nobody"]
    bodies = {
        api.send("GET", f"/api/v1/teams/{name}/tickets", headers=headers).raw.partition(b'"meta"')[
            0
        ]
        for name in names
    }
    assert len(bodies) == 1


def test_live_and_test_data_do_not_meet(api: Api, sandbox: Api) -> None:
    ticket = api.ticket()
    assert sandbox.get(f"/tickets/{ticket['id']}").status == 404
    assert sandbox.get("/tickets").data == []


def test_another_teams_ticket_is_not_found(api: Api, other: Api) -> None:
    ticket = other.ticket()
    missing = api.get("/tickets/tkt_" + "0" * 32, headers={"X-Request-Id": "same"})
    foreign = api.get(f"/tickets/{ticket['id']}", headers={"X-Request-Id": "same"})
    assert foreign.refusal == (404, "RESOURCE_MISSING", "Ticket not found")
    assert foreign.json["error"] == missing.json["error"]


def url_of(operation: Operation) -> str:
    ids = dict.fromkeys(operation.parameters, NOTHING) | {"team": "acme"}
    return operation.path.format(**ids)


def test_every_operation_that_takes_a_key_refuses_strangers(app: Flask, stranger: Api) -> None:
    guarded = [each for each in operations(app) if each.key != "none"]
    found = {
        # Each from an address of its own, since one may only fail so often.
        each.name: stranger.send(
            each.method, url_of(each), environ_base={"REMOTE_ADDR": f"10.0.0.{number}"}
        ).status
        for number, each in enumerate(guarded)
    }
    assert set(found.values()) == {401}


def test_every_secret_operation_refuses_publishable_keys(app: Flask, reader: Api) -> None:
    secret = [each for each in operations(app) if each.key == "secret"]
    found = {each.name: reader.send(each.method, url_of(each)).refusal for each in secret}
    assert set(found.values()) == {
        (403, "insufficient_permissions", "Secret key required for this endpoint")
    }


def test_publishable_keys_write_nothing(app: Flask) -> None:
    writing = [each for each in operations(app) if each.method != "GET"]
    assert {each.key for each in writing} == {"secret"}


def test_every_operation_refuses_another_teams_path(app: Flask, other: Api) -> None:
    guarded = [each for each in operations(app) if "team" in each.parameters]
    found = {each.name: other.send(each.method, url_of(each)).refusal for each in guarded}
    assert set(found.values()) == {FOREIGN_TEAM}
