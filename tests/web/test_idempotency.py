"""A request sent again with its key gets the first answer again, and changes nothing."""

import sqlite3
import threading
from contextlib import closing
from typing import Any

import pytest
from flask import Response
from flask.testing import FlaskClient

from cstar_core import Busy, Helpdesk
from cstar_web.app import create_app
from cstar_web.errors import Failure, internal_error
from cstar_web.idempotency import InFlight, once
from tests.web.vocabulary import Answer, Api, Keyring, ManualClock

KEY = {"Idempotency-Key": "order-7"}
REUSED = (
    422,
    "IDEMPOTENCY_KEY_REUSED",
    "This Idempotency-Key was used with another method, path or body",
)


def replayed(answer: Answer) -> bool:
    return answer.headers.get("Idempotent-Replayed") == "true"


def test_a_repeated_request_makes_one_ticket(api: Api) -> None:
    first = api.post("/tickets", {"title": "Hello"}, headers=KEY)
    again = api.post("/tickets", {"title": "Hello"}, headers=KEY)
    assert (first.status, again.status) == (201, 201)
    assert first.raw == again.raw
    assert api.get("/tickets").ids == [first.data["id"]]


def test_a_repeated_answer_says_that_it_is_one(api: Api) -> None:
    answers = [api.post("/tickets", {"title": "Hello"}, headers=KEY) for _ in range(3)]
    assert [replayed(answer) for answer in answers] == [False, True, True]


def test_a_repeated_answer_keeps_its_headers(api: Api) -> None:
    first, again = (api.post("/tickets", {"title": "Hello"}, headers=KEY) for _ in range(2))
    assert first.headers["Location"] == again.headers["Location"]
    assert first.headers["ETag"] == again.headers["ETag"]
    assert again.headers["Content-Type"] == "application/json"


def test_a_repeated_answer_has_the_request_id_of_its_own_request(api: Api) -> None:
    api.post("/tickets", {"title": "Hello"}, headers=KEY)
    again = api.post("/tickets", {"title": "Hello"}, headers={**KEY, "X-Request-Id": "second"})
    assert again.headers["X-Request-Id"] == "second"


def test_a_repeated_deletion_is_told_as_the_first_was(api: Api) -> None:
    path = f"/tickets/{api.ticket()['id']}"
    answers = [api.delete(path, headers=KEY) for _ in range(2)]
    assert [answer.data for answer in answers] == [{"deleted": True}] * 2
    assert api.delete(path).status == 404


def test_a_repeated_change_is_made_once(api: Api) -> None:
    path = f"/tickets/{api.ticket()['id']}"
    api.patch(path, {"status": "open"}, headers=KEY)
    api.patch(path, {"status": "closed"})
    api.patch(path, {"status": "open"}, headers=KEY)
    assert api.get(path).data["status"] == "closed"


# What a second request with the key of a first POST differs in.
DIFFERENT: dict[str, tuple[str, str, Any]] = {
    "body": ("POST", "/tickets", {"title": "Goodbye"}),
    "path": ("POST", "/customers", {"title": "Hello"}),
    "spelling of the body": ("POST", "/tickets", {"title": "Hello", "notes": None}),
}


@pytest.mark.parametrize(("method", "path", "body"), DIFFERENT.values(), ids=DIFFERENT)
def test_a_key_is_not_good_for_another_request(api: Api, method: str, path: str, body: Any) -> None:
    api.post("/tickets", {"title": "Hello"}, headers=KEY)
    answer = api.send(method, api.base + path, json=body, headers=KEY)
    assert answer.refusal == REUSED
    assert answer.error["param"] == "Idempotency-Key"


def test_a_key_is_not_good_for_another_method(api: Api) -> None:
    path = f"/tickets/{api.ticket()['id']}"
    api.patch(path, {}, headers=KEY)
    assert api.delete(path, headers=KEY).refusal == REUSED


def test_an_answer_that_refuses_is_kept_too(api: Api) -> None:
    path = "/tickets/tkt_" + "0" * 32
    first, again = (api.patch(path, {"status": "open"}, headers=KEY) for _ in range(2))
    assert (first.status, replayed(again)) == (404, True)
    assert first.raw == again.raw


def test_a_refused_body_is_answered_alike_again(api: Api) -> None:
    first, again = (api.post("/tickets", {"title": " "}, headers=KEY) for _ in range(2))
    assert first.refusal == again.refusal == (400, "PARAMETER_MISSING", "title is required")
    assert replayed(again)


def test_a_conflict_leaves_nothing_behind_but_its_answer(api: Api) -> None:
    api.customer(email="jane@example.com")
    body = {"name": "Jane", "email": "JANE@example.com"}
    first, again = (api.post("/customers", body, headers=KEY) for _ in range(2))
    assert (first.status, again.status, replayed(again)) == (409, 409, True)
    assert len(api.get("/customers").data) == 1


def test_an_answer_is_replayed_even_if_the_request_would_now_be_refused(api: Api) -> None:
    customer = api.customer()
    body = {"title": "Hello", "customerId": customer["id"]}
    first = api.post("/tickets", body, headers=KEY)
    api.delete(f"/customers/{customer['id']}")
    assert api.post("/tickets", body, headers=KEY).raw == first.raw


def test_an_answer_is_kept_for_a_day(api: Api, clock: ManualClock) -> None:
    first = api.post("/tickets", {"title": "Hello"}, headers=KEY)
    clock.tick(hours=23, minutes=59)
    within = api.post("/tickets", {"title": "Hello"}, headers=KEY)
    clock.tick(minutes=2)
    after = api.post("/tickets", {"title": "Hello"}, headers=KEY)
    assert first.data["id"] == within.data["id"] != after.data["id"]


def test_keys_of_different_api_keys_do_not_meet(
    desk: Helpdesk, client: FlaskClient, api: Api
) -> None:
    second = Api(client, desk.keys.create("acme", type="secret", environment="live").secret)
    ids = {
        each.post("/tickets", {"title": "Hello"}, headers=KEY).data["id"] for each in (api, second)
    }
    assert len(ids) == 2


def test_reading_takes_no_key(api: Api) -> None:
    api.get("/tickets", headers=KEY)
    assert not replayed(api.get("/tickets", headers=KEY))


@pytest.mark.parametrize("key", ["", "a b", "a" * 256, "é", "\x7f"])
def test_an_unusable_key_is_refused(api: Api, key: str) -> None:
    answer = api.post("/tickets", {"title": "Hello"}, headers={"Idempotency-Key": key})
    assert answer.refusal == (
        400,
        "PARAMETER_INVALID",
        "Idempotency-Key must be 1 to 255 visible ASCII characters",
    )
    assert answer.error["param"] == "Idempotency-Key"


@pytest.mark.parametrize("key", ["a", "!", "~" * 255, '"8e03978e-40d5-43dd-bc93-6894a57f9324"'])
def test_any_visible_ascii_makes_a_key(api: Api, key: str) -> None:
    sent = [
        api.post("/tickets", {"title": "Hello"}, headers={"Idempotency-Key": key}) for _ in range(2)
    ]
    assert sent[0].raw == sent[1].raw


def test_the_same_request_twice_at_once_is_told_to_wait() -> None:
    in_flight = InFlight()
    with (
        in_flight.claim("key_1", "a"),
        pytest.raises(Failure, match="still being answered") as refused,
        in_flight.claim("key_1", "a"),
    ):
        pass
    assert (refused.value.status, refused.value.kind.code) == (409, "IDEMPOTENCY_IN_PROGRESS")


def is_held(in_flight: InFlight, api_key: str, key: str) -> bool:
    try:
        with in_flight.claim(api_key, key):
            return False
    except Failure:
        return True


def test_a_claim_is_for_one_key_of_one_api_key() -> None:
    in_flight = InFlight()
    claims = [("key_1", "a"), ("key_2", "a"), ("key_1", "b")]
    with in_flight.claim("key_1", "a"):
        assert [is_held(in_flight, *claim) for claim in claims] == [True, False, False]


def test_a_claim_ends_with_its_request_even_if_that_fails() -> None:
    in_flight = InFlight()
    with pytest.raises(ZeroDivisionError), in_flight.claim("key_1", "a"):
        raise ZeroDivisionError
    assert not is_held(in_flight, "key_1", "a")


def test_many_at_once_have_one_effect(desk: Helpdesk, keyring: Keyring) -> None:
    app = create_app(desk)
    start = threading.Barrier(8)
    answers: list[Answer] = []

    def send() -> None:
        start.wait()
        api = Api(app.test_client(), keyring.secret)
        answers.append(api.post("/tickets", {"title": "Hello"}, headers=KEY))

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    made = [answer for answer in answers if answer.status == 201 and not replayed(answer)]
    assert len(made) == 1
    assert {answer.status for answer in answers} <= {201, 409}
    assert len(Api(app.test_client(), keyring.secret).get("/tickets").data) == 1


def test_a_request_that_was_not_let_in_keeps_no_answer(api: Api, reader: Api) -> None:
    refused = reader.post("/tickets", {"title": "Hello"}, headers=KEY)
    assert (refused.status, reader.post("/tickets", {}, headers=KEY).status) == (403, 403)


def test_a_failure_of_the_servers_keeps_no_answer(desk: Helpdesk, api: Api) -> None:
    run_sql(desk, "CREATE TRIGGER t BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'no'); END")
    failed = api.post("/tickets", {"title": "Hello"}, headers=KEY)
    run_sql(desk, "DROP TRIGGER t")
    again = api.post("/tickets", {"title": "Hello"}, headers=KEY)
    assert (failed.status, again.status, replayed(again)) == (500, 201, False)
    assert api.get("/tickets").ids == [again.data["id"]]


def run_sql(desk: Helpdesk, statement: str) -> None:
    with closing(sqlite3.connect(desk.path)) as connection:
        connection.execute(statement)


@pytest.mark.parametrize("error", [Busy("locked"), internal_error()])
def test_what_the_server_could_not_do_is_no_answer(desk: Helpdesk, error: Exception) -> None:
    workspace = desk.workspace("acme")

    def effect() -> Response:
        raise error

    def answer(refused: Failure) -> Response:
        return Response(refused.message, refused.status)

    with pytest.raises(type(error)):
        once(desk, workspace, "order-7", "mark", effect, answer)
    with desk.transaction():
        assert workspace.idempotency.find("order-7") is None
