"""Whether the process runs, and whether the database takes writes."""

from pathlib import Path

from flask.testing import FlaskClient

from cstar_core import Helpdesk
from tests.web.vocabulary import Answer


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
