"""Webhooks over HTTP."""

import logging
from dataclasses import dataclass
from typing import Any

import pytest

from cstar_core import Helpdesk, verify_signature
from tests.core.receivers import PACE, Receiver, refusing
from tests.web.vocabulary import NOTHING, Answer, Api, ManualClock

NEW: dict[str, Any] = {"name": "Chat", "url": "https://example.com/hook", "events": ["ticket.*"]}


@dataclass
class Hook:
    """A webhook, as one handles it over HTTP."""

    api: Api
    made: Any

    @property
    def path(self) -> str:
        return f"/webhooks/{self.made['id']}"

    def post(self, what: str, body: object = None, **options: Any) -> Answer:
        if body is None:
            return self.api.send("POST", f"{self.api.base}{self.path}/{what}", **options)
        return self.api.post(f"{self.path}/{what}", body, **options)

    def deliveries(self, query: str = "") -> Any:
        return self.api.get(f"{self.path}/deliveries{query}").data


@pytest.fixture
def hook(api: Api) -> Hook:
    return Hook(api, api.post("/webhooks", NEW).data)


def test_a_webhook_is_made_with_a_secret(api: Api) -> None:
    answer = api.post("/webhooks", NEW)
    assert answer.status == 201
    assert answer.headers["Location"].endswith(f"/webhooks/{answer.data['id']}")
    assert answer.data == {
        **NEW,
        "id": answer.data["id"],
        "object": "webhook",
        "isActive": True,
        "disabledAt": None,
        "disabledReason": None,
        "createdAt": "2025-12-10T14:30:00Z",
        "updatedAt": "2025-12-10T14:30:00Z",
        "secret": answer.data["secret"],
    }


def test_no_later_answer_and_no_line_of_the_log_shows_the_secret(
    api: Api, hook: Hook, desk: Helpdesk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    api.ticket()
    desk.deliver_due(refusing(410))
    new = hook.post("rotate-secret", {}).data["secret"]
    answers = [
        *(api.get("/webhooks"), api.get(hook.path), api.get(f"{hook.path}/deliveries")),
        *(api.patch(hook.path, {"name": "New"}), hook.post("test"), api.get("/events")),
        api.post("/webhooks", {"name": "x"}),
    ]
    shown = b"".join(each.raw for each in answers) + caplog.text.encode()
    assert hook.made["secret"].encode() not in shown
    assert new.encode() not in shown


def test_everything_wrong_is_told(api: Api) -> None:
    answer = api.post("/webhooks", {"url": "x", "events": "all", "isActive": 1, "secret": "mine"})
    assert answer.status == 400
    assert answer.problems == [
        "name is required",
        "url must begin with http:// or https://",
        "events must be an array of strings",
        "isActive must be true or false",
        "secret is not a known parameter",
    ]


def test_an_event_that_does_not_exist_is_named_by_its_place(api: Api) -> None:
    answer = api.post("/webhooks", {**NEW, "events": ["ticket.*", "ticket.creatd"]})
    assert answer.error["param"] == "events.1"
    assert "message.created" in answer.error["message"]


def test_a_publishable_key_sees_no_webhook(reader: Api, hook: Hook) -> None:
    for path in ("/webhooks", hook.path, f"{hook.path}/deliveries"):
        assert reader.get(path).status == 403


def test_live_and_test_data_have_their_own(sandbox: Api, hook: Hook) -> None:
    assert sandbox.get("/webhooks").data == []
    assert sandbox.get(hook.path).status == 404


def test_a_webhook_is_changed_only_at_the_version_that_was_read(api: Api, hook: Hook) -> None:
    tag = api.get(hook.path).headers["ETag"]
    assert api.patch(hook.path, {"name": "New"}, headers={"If-Match": tag}).data["name"] == "New"
    assert api.patch(hook.path, {"name": "No"}, headers={"If-Match": tag}).status == 412
    assert api.get(hook.path, headers={"If-None-Match": tag}).status == 200


def test_a_webhook_is_deleted(api: Api, hook: Hook) -> None:
    assert api.delete(hook.path).data == {"deleted": True}
    assert api.get(hook.path).refusal == (404, "RESOURCE_MISSING", "Webhook not found")


def test_a_repeated_request_makes_one_webhook_and_shows_the_same_secret(api: Api) -> None:
    one, two = (api.post("/webhooks", NEW, headers={"Idempotency-Key": "once"}) for _ in range(2))
    assert one.data == two.data
    assert len(api.get("/webhooks").data) == 1


def test_deliveries_tell_what_each_attempt_got(
    api: Api, hook: Hook, desk: Helpdesk, clock: ManualClock
) -> None:
    api.ticket()
    desk.deliver_due(refusing(503), pace=PACE)
    clock.tick(seconds=30)
    desk.deliver_due(Receiver(), pace=PACE)
    (found,) = hook.deliveries("?status=delivered")
    assert found == {
        "id": found["id"],
        "object": "delivery",
        "webhookId": hook.made["id"],
        "eventId": api.get("/events?types=ticket.created").data[0]["id"],
        "type": "ticket.created",
        "status": "delivered",
        "createdAt": "2025-12-10T14:30:00Z",
        "finishedAt": "2025-12-10T14:30:30Z",
        "nextAttemptAt": None,
        "attempts": [
            {
                "number": 1,
                "attemptedAt": "2025-12-10T14:30:00Z",
                "status": 503,
                "error": None,
                "answer": "no",
                "seconds": 0.25,
            },
            {
                "number": 2,
                "attemptedAt": "2025-12-10T14:30:30Z",
                "status": 200,
                "error": None,
                "answer": "fine",
                "seconds": 0.25,
            },
        ],
    }
    assert hook.deliveries("?status=failed") == []


def test_a_delivery_is_made_again(api: Api, hook: Hook, desk: Helpdesk) -> None:
    api.ticket()
    desk.deliver_due(Receiver())
    id = hook.deliveries()[0]["id"]
    assert hook.post(f"deliveries/{id}/redeliver").data["status"] == "pending"
    refusal = hook.post(f"deliveries/{id}/redeliver").refusal
    assert refusal == (409, "RESOURCE_EXISTS", "The delivery is in line already")
    assert desk.deliver_due(Receiver()) == 1


def test_a_delivery_that_does_not_exist_is_not_found(hook: Hook) -> None:
    refusal = hook.post(f"deliveries/{NOTHING}/redeliver").refusal
    assert refusal == (404, "RESOURCE_MISSING", "Delivery not found")


def test_events_are_replayed(api: Api, hook: Hook, desk: Helpdesk) -> None:
    for title in ("One", "Two"):
        api.ticket(title)
    receiver = Receiver()
    desk.deliver_due(receiver)
    assert hook.post("replay", {"after": receiver.ids[0]}).status == 200
    assert desk.deliver_due(receiver) == 1
    assert receiver.ids[1] == receiver.ids[2]
    assert hook.post("replay", {"after": "x"}).problems == ["after must be the id of an event"]


def test_a_sample_is_signed_with_the_new_secret_after_a_rotation(
    hook: Hook, desk: Helpdesk, clock: ManualClock
) -> None:
    new = hook.post("rotate-secret", {"overlapSeconds": 0}).data["secret"]
    assert hook.post("test").status == 201
    receiver = Receiver()
    desk.deliver_due(receiver)
    (request,) = receiver.requests
    assert request.headers["X-Event-Type"] == "webhook.test"
    verify_signature(request.headers, request.body, new, clock=clock)
    with pytest.raises(ValueError, match="does not fit"):
        verify_signature(request.headers, request.body, hook.made["secret"], clock=clock)


def test_an_overlap_has_limits(hook: Hook) -> None:
    answer = hook.post("rotate-secret", {"overlapSeconds": 7_776_001})
    assert answer.problems == ["overlapSeconds must be an integer from 0 to 7776000"]


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "[::ffff:10.0.0.1]", "localhost"])
def test_a_webhook_must_not_lead_into_the_servers_own_network(api: Api, host: str) -> None:
    answer = api.post("/webhooks", {**NEW, "url": f"http://{host}/"})
    assert answer.error["param"] == "url"
    assert answer.problems == ["url must not be an address of this machine or a private network"]
