"""Webhooks in the settings."""

from dataclasses import dataclass

import pytest

from cstar_core import Helpdesk, NewWebhook
from tests.web.inbox.browser import Browser, Seen
from tests.web.inbox.conftest import SignIn

WEBHOOKS = "/inbox/acme/settings/webhooks"
NEW: dict[str, str | list[str]] = {
    "name": "Chat",
    "url": "https://example.com/hook",
    "events": ["ticket.*"],
}


@dataclass
class Answer:
    status: int | None
    body: bytes
    error: str | None = None
    seconds: float = 0.25


@pytest.fixture
def owner(signed_in: SignIn) -> Browser:
    return signed_in("owner")


@pytest.fixture
def made(desk: Helpdesk) -> NewWebhook:
    return desk.workspace("acme").webhooks.create(
        name="Chat", url="https://example.com/hook", events=["ticket.created"]
    )


def test_the_signing_secret_is_shown_once(desk: Helpdesk, owner: Browser) -> None:
    assert "No webhook yet" in owner.see(WEBHOOKS).text
    answer = owner.send(f"{WEBHOOKS}/new", NEW)
    (secret,) = (
        each["value"] for each in Seen(answer.text).all("input") if each.get("id") == "secret"
    )
    assert secret.startswith("whsec_")
    (made,) = desk.workspace("acme").webhooks.list().items
    assert (made.name, made.url, made.events) == ("Chat", NEW["url"], ("ticket.*",))
    assert secret not in owner.get(f"{WEBHOOKS}/{made.id}").text
    assert "Chat https://example.com/hook On" in owner.see(WEBHOOKS).text


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"name": ""}, "Name is required"),
        ({"url": "ftp://example.com"}, "Address must begin with http:// or https://"),
        ({"url": "http://localhost/x"}, "Address must not be an address of this machine"),
        ({"events": []}, "Events is required"),
        ({"events": ["tickets.*"]}, "Events must be one of"),
    ],
)
def test_what_is_wrong_with_a_webhook_stands_beside_it(
    desk: Helpdesk, owner: Browser, given: dict[str, str | list[str]], told: str
) -> None:
    answer = owner.send(f"{WEBHOOKS}/new", NEW | given)
    assert answer.status_code == 422
    assert told in Seen(answer.text).text
    assert desk.workspace("acme").webhooks.list().total == 0


def test_a_webhook_is_changed(desk: Helpdesk, owner: Browser, made: NewWebhook) -> None:
    path = f"{WEBHOOKS}/{made.webhook.id}"
    answer = owner.send(path, NEW | {"events": ["*", "ticket.deleted"], "version": "1"})
    assert answer.headers["Location"] == f"{path}?done=changed"
    found = desk.workspace("acme").webhooks.get(made.webhook.id)
    assert found.events == ("*", "ticket.deleted")
    chosen = [
        each["value"]
        for each in owner.see(path).all("input")
        if each.get("name") == "events" and "checked" in each
    ]
    assert chosen == ["*", "ticket.deleted"]


def test_a_webhook_is_turned_off_and_on(desk: Helpdesk, owner: Browser, made: NewWebhook) -> None:
    path, room = f"{WEBHOOKS}/{made.webhook.id}", desk.workspace("acme").webhooks
    answer = owner.send(f"{path}/switch", form=path)
    assert answer.headers["Location"] == f"{path}?done=webhook-off"
    assert not room.get(made.webhook.id).is_active
    owner.send(f"{path}/switch", {"on": "yes"}, form=path)
    assert room.get(made.webhook.id).is_active


def test_deliveries_are_shown_and_sent_again(
    desk: Helpdesk, owner: Browser, made: NewWebhook
) -> None:
    path, room = f"{WEBHOOKS}/{made.webhook.id}", desk.workspace("acme").webhooks
    assert owner.send(f"{path}/test", form=path).headers["Location"] == f"{path}?done=tested"
    desk.deliver_due(lambda url, headers, body: Answer(500, b"<b>Out of order</b>"))
    text = owner.see(f"{path}?status=failed").text
    assert "webhook.test" in text
    assert "answered 500" in text
    assert "<b>Out of order</b>" in text
    assert "Nothing here." in owner.see(f"{path}?status=delivered").text
    assert owner.get(f"{path}?status=lost").status_code == 200
    (delivery,) = room.deliveries(made.webhook.id).items
    for _ in range(2):
        answer = owner.send(f"{path}/deliveries/{delivery.id}/resend", form=path)
        assert answer.headers["Location"] == f"{path}?done=resent"
    assert room.deliveries(made.webhook.id).items[0].status == "pending"


def test_what_came_after_an_event_is_delivered_again(
    desk: Helpdesk, owner: Browser, made: NewWebhook
) -> None:
    acme, path = desk.workspace("acme"), f"{WEBHOOKS}/{made.webhook.id}"
    for title in ("One", "Two", "Three"):
        acme.tickets.create(title=title)
    while desk.deliver_due(lambda url, headers, body: Answer(200, b"")):
        pass
    first = acme.webhooks.deliveries(made.webhook.id).items[-1].event_id
    link = next(link for link in owner.see(path).links() if link.endswith(f"after={first}"))
    shown = {each.get("name"): each.get("value") for each in owner.see(link).all("input")}
    assert shown["after"] == first
    answer = owner.send(f"{path}/replay", {"after": f" {first} "})
    assert (
        "What came after that event is in line again." in owner.see(answer.headers["Location"]).text
    )
    desk.deliver_due(lambda url, headers, body: Answer(200, b""))
    listed = acme.webhooks.deliveries(made.webhook.id).items
    assert [each.event_id for each in listed].count(first) == 1
    assert len(listed) == 3


@pytest.mark.parametrize("event", ["", "x", f"evt_{'0' * 32}"])
def test_an_event_that_is_none_is_told(owner: Browser, made: NewWebhook, event: str) -> None:
    answer = owner.send(f"{WEBHOOKS}/{made.webhook.id}/replay", {"after": event})
    assert answer.status_code == 422
    assert "Event must be the id of an event" in Seen(answer.text).text


def test_endless_deliveries_come_page_after_page(
    desk: Helpdesk, owner: Browser, made: NewWebhook
) -> None:
    for _ in range(60):
        desk.workspace("acme").webhooks.test(made.webhook.id)
    path = f"{WEBHOOKS}/{made.webhook.id}"
    first = owner.see(f"{path}?status=pending")
    (following,) = (
        link for link in first.links() if "?" in link and "after=" in link and "/replay" not in link
    )
    rest = owner.see(following)
    assert [each.text.count("webhook.test") for each in (first, rest)] == [50, 10]


def test_too_many_tests_are_told(desk: Helpdesk, owner: Browser, made: NewWebhook) -> None:
    for _ in range(100):
        desk.workspace("acme").webhooks.test(made.webhook.id)
    path = f"{WEBHOOKS}/{made.webhook.id}"
    answer = owner.send(f"{path}/test", form=path)
    assert answer.status_code == 422
    assert "Too many tests are in line already" in Seen(answer.text).text


def test_another_secret_is_shown_once(owner: Browser, made: NewWebhook) -> None:
    path = f"{WEBHOOKS}/{made.webhook.id}"
    answer = owner.send(f"{path}/secret", form=path)
    assert "The former one is good for another day." in Seen(answer.text).text
    assert made.secret not in answer.text


def test_deleting_is_asked_for_first(desk: Helpdesk, owner: Browser, made: NewWebhook) -> None:
    path, room = f"{WEBHOOKS}/{made.webhook.id}/delete", desk.workspace("acme").webhooks
    assert "Delete Chat?" in owner.see(path).text
    assert room.find(made.webhook.id) is not None
    assert owner.send(path).headers["Location"] == f"{WEBHOOKS}?done=webhook-deleted"
    assert room.find(made.webhook.id) is None
