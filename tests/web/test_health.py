"""Whether the process runs, and whether the database takes writes."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from cstar_core import Helpdesk
from cstar_web.limits import FAILURES_PER_MINUTE
from tests.web.vocabulary import Answer, ManualClock


def test_the_process_says_that_it_runs(client: FlaskClient) -> None:
    answer = Answer(client.get("/healthz"))
    assert (answer.status, answer.data) == (200, {"status": "ok"})


def test_a_monitor_may_add_what_it_likes_to_the_url(client: FlaskClient) -> None:
    assert client.get("/healthz?nocache=1").status_code == 200


def test_a_desk_that_can_be_written_is_ready(client: FlaskClient) -> None:
    answer = Answer(client.get("/readyz"))
    assert (answer.status, answer.data) == (200, {"status": "ok"})


def test_a_desk_whose_file_is_damaged_is_not_ready(client: FlaskClient, desk: Helpdesk) -> None:
    for file in Path(desk.path).parent.glob("desk.db*"):
        file.write_bytes(b"not a database " * 4096)
    answer = Answer(client.get("/readyz"))
    assert (answer.status, answer.error["type"]) == (503, "api_error")
    assert answer.headers["Retry-After"] == "1"


def test_the_process_runs_even_if_the_desk_does_not(client: FlaskClient, desk: Helpdesk) -> None:
    desk.close()
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 500


def told(client: FlaskClient, secret: str) -> Answer:
    return Answer(client.get("/healthz", headers={"Authorization": f"Bearer {secret}"}))


def test_who_has_a_secret_key_is_told_the_versions(client: FlaskClient, desk: Helpdesk) -> None:
    team = desk.teams.create("Another")
    made = desk.keys.create(team.id, type="secret", environment="test")
    assert told(client, made.secret).data == {
        "status": "ok",
        "version": desk.versions().cstar,
        "schema": desk.schema_version,
    }


@pytest.mark.parametrize("how", ["publishable", "revoked", "expired", "unknown", "not a key"])
def test_any_other_key_is_told_what_everybody_is(
    how: str, client: FlaskClient, desk: Helpdesk, clock: ManualClock
) -> None:
    team = desk.teams.create("Another")
    made = desk.keys.create(
        team.id,
        type="publishable" if how == "publishable" else "secret",
        environment="live",
        expires_in=timedelta(hours=1),
    )
    if how == "revoked":
        desk.keys.revoke(made.key.id)
    clock.tick(hours=2 if how == "expired" else 0)
    secret = {"unknown": "sk_live_" + "0" * 32, "not a key": "\xe4 b"}.get(how, made.secret)
    answer = told(client, secret)
    assert (answer.status, answer.data) == (200, {"status": "ok"})
    assert "X-RateLimit-Limit" not in answer.headers


def test_a_key_on_a_desk_that_cannot_be_read_is_told_what_everybody_is(
    client: FlaskClient, desk: Helpdesk
) -> None:
    made = desk.keys.create(desk.teams.list()[0].id, type="secret", environment="live")
    desk.close()
    answer = told(client, made.secret)
    assert (answer.status, answer.data) == (200, {"status": "ok"})


def test_keys_that_fail_here_are_counted_as_elsewhere(client: FlaskClient) -> None:
    answers = [told(client, "sk_live_" + "0" * 32).status for _ in range(FAILURES_PER_MINUTE)]
    assert set(answers) == {200}
    headers = {"Authorization": "Bearer sk_live_" + "0" * 32}
    assert client.get("/api/v1/auth/whoami", headers=headers).status_code == 429
    assert told(client, "sk_live_" + "0" * 32).data == {"status": "ok"}


@pytest.mark.parametrize(
    "url", ["/healthz", "/readyz", "/openapi.json", "/docs", "/docs/errors", "/nowhere"]
)
def test_no_answer_to_the_public_names_the_version(client: FlaskClient, url: str) -> None:
    answer = client.get(url)
    version = re.compile(rf"(?<![\d.]){re.escape(Helpdesk.versions().cstar)}(?![\d.])")
    assert not version.search(f"{answer.headers}{answer.get_data(as_text=True)}")
