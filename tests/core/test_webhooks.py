"""The room of webhooks: what one may be, and who may see it."""

import re
from typing import Any

import pytest

from cstar_core import (
    WEBHOOKS_MAX,
    Conflict,
    Forbidden,
    Helpdesk,
    Invalid,
    NotFound,
    StaleVersion,
    Webhook,
    Workspace,
)
from cstar_core.webhooks import filling
from tests.core.receivers import URL, Receiver
from tests.core.tracing import queries, scans, steps_of
from tests.core.vocabulary import (
    NOTHING,
    START,
    ManualClock,
    ids,
    messages,
    refusal,
    walk_cursor,
    walk_pages,
)

GOOD: dict[str, Any] = {"name": "All", "url": URL, "events": ["*"]}
URLS = [
    ("", "url is required"),
    (None, "url is required"),
    (5, "url must be a string"),
    ("example.com", "url must begin with http:// or https://"),
    ("ftp://example.com", "url must begin with http:// or https://"),
    ("javascript:alert(1)", "url must begin with http:// or https://"),
    ("https://", "url must be a URL such as https://example.com/hook"),
    ("https:///path", "url must be a URL such as https://example.com/hook"),
    ("https://example.com:99999", "url must be a URL such as https://example.com/hook"),
    ("https://example.com:0", "url must be a URL such as https://example.com/hook"),
    ("https://[::1", "url must be a URL such as https://example.com/hook"),
    ("https://a\\@b.example", "url must not have a user or password"),
    ("https://example.com\\x", "url must be a URL such as https://example.com/hook"),
    ("https://user:word@example.com", "url must not have a user or password"),
    ("https://@example.com", "url must not have a user or password"),
    ("https://example.com/#here", "url must not have a fragment (#)"),
    ("https://exa mple.com", "url must be ASCII without blanks; write other characters as"),
    ("https://example.com/\r\nX: y", "url must be ASCII without blanks; write other characters as"),
    ("https://bücher.example", "url must be ASCII without blanks; write other characters as"),
    ("https://example.com/" + "x" * 2048, "url must be at most 2,048 characters"),
]
EVENTS: list[tuple[object, str]] = [
    (None, "events is required"),
    ([], "events is required"),
    ("*", "events must be an array of strings"),
    ({"a": 1}, "events must be an array of strings"),
    (["*"] * 101, "events must have at most 100 entries"),
    (["*", 5], "events.1 must be one of: *, ticket.*"),
    (["ticket"], "events.0 must be one of: *, ticket.*"),
    ([".*"], "events.0 must be one of: *, ticket.*"),
    (["member.*"], "events.0 must be one of: *, ticket.*"),
    (["key.created"], "events.0 must be one of: *, ticket.*"),
    (["webhook.disabled"], "events.0 must be one of: *, ticket.*"),
]


@pytest.mark.parametrize(("url", "problem"), URLS)
def test_a_url_has_rules(acme: Workspace, url: object, problem: str) -> None:
    (found,) = messages(acme.webhooks.check({**GOOD, "url": url}))
    assert found.startswith(problem)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com",
        "HTTPS://Example.com:8443/a/b?c=d&e=%20",
        "https://xn--bcher-kva.example/",
        "https://[2606:4700::1111]:443/x",
    ],
)
def test_a_url_is_kept_as_it_is(acme: Workspace, url: str) -> None:
    assert acme.webhooks.create(**{**GOOD, "url": url}).webhook.url == url


@pytest.mark.parametrize(("events", "problem"), EVENTS)
def test_the_events_have_rules(acme: Workspace, events: object, problem: str) -> None:
    (found,) = messages(acme.webhooks.check({**GOOD, "events": events}))
    assert found.startswith(problem)


def test_everything_wrong_is_told(acme: Workspace) -> None:
    values: dict[str, Any] = {"name": " ", "url": "x", "events": [], "is_active": 1}
    assert refusal(acme.webhooks.create, **values) == [
        "name is required",
        "url must begin with http:// or https://",
        "events is required",
        "is_active must be true or false",
    ]


def test_a_webhook_is_as_it_was_made(hook: Webhook) -> None:
    assert (hook.name, hook.url, hook.events) == ("All", GOOD["url"], ("*",))
    assert (hook.is_active, hook.disabled_at, hook.disabled_reason) == (True, None, None)
    assert (hook.created_at, hook.updated_at, hook.version) == (START, START, 1)
    assert hook.id.startswith("whk_")


def test_a_secret_has_32_random_bytes(acme: Workspace) -> None:
    one, two = (acme.webhooks.create(**GOOD).secret for _ in range(2))
    assert one.startswith("whsec_") and len(one) == 50
    assert one != two


def test_nothing_shows_a_secret_again(desk: Helpdesk, acme: Workspace) -> None:
    made = acme.webhooks.create(**GOOD)
    new = acme.webhooks.rotate(made.webhook.id)
    acme.webhooks.update(made.webhook.id, name="New")
    shown = repr((made, new, acme.webhooks.get(made.webhook.id), acme.events.list().items))
    acme.tickets.create(title="One")
    with desk.outbox() as outbox:
        outbox.fill()
        shown += repr(outbox.take(1))
    assert made.secret not in shown
    assert new.secret not in shown


def test_webhooks_are_listed_oldest_first(acme: Workspace, globex: Workspace) -> None:
    made = [acme.webhooks.create(**GOOD).webhook.id for _ in range(5)]
    globex.webhooks.create(**GOOD)
    assert ids(walk_pages(acme.webhooks.list, page_size=2)) == made
    assert ids(walk_cursor(acme.webhooks.list, page_size=2)) == made


def test_a_workspace_has_at_most_a_hundred(acme: Workspace, hook: Webhook) -> None:
    for _ in range(WEBHOOKS_MAX - 1):
        acme.webhooks.create(**GOOD)
    with pytest.raises(Conflict, match="at most 100 webhooks"):
        acme.webhooks.create(**GOOD)
    acme.webhooks.delete(hook.id)
    acme.webhooks.create(**GOOD)


@pytest.mark.parametrize("id", [NOTHING, "x", "tkt_" + 32 * "0"])
def test_what_is_no_webhook_is_not_found(acme: Workspace, id: str) -> None:
    assert acme.webhooks.find(id) is None
    for act in (acme.webhooks.get, acme.webhooks.delete, acme.webhooks.rotate, acme.webhooks.test):
        with pytest.raises(NotFound, match="Webhook not found"):
            act(id)


def test_another_workspaces_webhook_is_not_found(
    sandbox: Workspace, globex: Workspace, hook: Webhook
) -> None:
    assert (sandbox.webhooks.find(hook.id), globex.webhooks.find(hook.id)) == (None, None)


def test_a_webhook_can_be_changed(acme: Workspace, hook: Webhook, clock: ManualClock) -> None:
    clock.tick()
    found = acme.webhooks.update(hook.id, name="New", events=["ticket.*"], is_active=False)
    assert (found.name, found.events, found.is_active) == ("New", ("ticket.*",), False)
    assert (found.version, found.updated_at) == (2, clock())
    event = acme.events.list(types="webhook.updated").items[0]
    assert event.changes["events"] == {"from": ["*"], "to": ["ticket.*"]}


def test_a_change_that_changes_nothing_changes_nothing(acme: Workspace, hook: Webhook) -> None:
    assert acme.webhooks.update(hook.id, name="All", events=["*"], is_active=True) == hook


def test_an_older_version_is_not_changed(acme: Workspace, hook: Webhook) -> None:
    acme.webhooks.update(hook.id, name="New")
    with pytest.raises(StaleVersion):
        acme.webhooks.update(hook.id, name="Newer", expected_version=1)
    with pytest.raises(StaleVersion):
        acme.webhooks.delete(hook.id, expected_version=1)


def test_a_deleted_webhook_is_gone(acme: Workspace, hook: Webhook) -> None:
    acme.webhooks.delete(hook.id)
    assert (acme.webhooks.find(hook.id), acme.webhooks.list().total) == (None, 0)


def test_a_deleted_webhooks_url_and_secret_are_gone_at_once(
    desk: Helpdesk, acme: Workspace, hook: Webhook
) -> None:
    acme.webhooks.rotate(hook.id)
    acme.webhooks.delete(hook.id)
    with desk._store.snapshot() as snap:
        assert snap.sql("SELECT url, secret, older_secret FROM webhooks") == [("", "", None)]


@pytest.mark.parametrize("overlap", [-1, 90 * 86_400 + 1, 1.5, True, None])
def test_an_overlap_has_rules(acme: Workspace, hook: Webhook, overlap: Any) -> None:
    with pytest.raises(Invalid, match="overlap_seconds must be an integer from 0 to 7776000"):
        acme.webhooks.rotate(hook.id, overlap_seconds=overlap)


def test_a_publishable_key_sees_no_webhooks(public: Workspace, hook: Webhook) -> None:
    for act in (public.webhooks.list, lambda: public.webhooks.deliveries(hook.id)):
        with pytest.raises(Forbidden):
            act()
    for one in (public.webhooks.get, public.webhooks.find, public.webhooks.test):
        with pytest.raises(Forbidden):
            one(hook.id)


def test_deliveries_are_listed_newest_first(desk: Helpdesk, acme: Workspace, hook: Webhook) -> None:
    for number in range(5):
        acme.tickets.create(title=str(number))
    receiver = Receiver()
    desk.deliver_due(receiver)
    acme.webhooks.test(hook.id)

    def listing(**query: Any) -> Any:
        return acme.webhooks.deliveries(hook.id, **query)

    found = walk_cursor(listing, page_size=2)
    assert [each.event_id for each in found] == [None, *reversed(receiver.ids)]
    assert ids(walk_pages(listing, page_size=2)) == ids(found)
    assert ids(walk_pages(listing, page_size=2, status="delivered")) == ids(found[1:])
    assert refusal(listing, status="new") == ["status must be one of: pending, delivered, failed"]


def test_a_delivery_is_the_webhooks_own(
    desk: Helpdesk, acme: Workspace, globex: Workspace, hook: Webhook
) -> None:
    acme.tickets.create(title="One")
    desk.deliver_due(Receiver())
    done = acme.webhooks.deliveries(hook.id).items[0].id
    other = acme.webhooks.create(**GOOD).webhook.id
    foreign = globex.webhooks.create(**GOOD).webhook.id
    for webhooks, id in ((acme.webhooks, other), (globex.webhooks, foreign)):
        with pytest.raises(NotFound, match="Delivery not found"):
            webhooks.redeliver(id, done)


def test_what_is_in_line_cannot_be_put_in_line(acme: Workspace, hook: Webhook) -> None:
    waiting = acme.webhooks.test(hook.id)
    with pytest.raises(Conflict, match="in line already"):
        acme.webhooks.redeliver(hook.id, waiting.id)


def test_the_worker_walks_through_no_table_but_those_of_the_settings(
    desk: Helpdesk, acme: Workspace, hook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        ticket = acme.tickets.create(title="One", initial_message="Hello")
    acme.tickets.update(ticket.id, status="open")
    with desk.outbox() as outbox:
        run = queries(desk, outbox.fill) + queries(desk, lambda: outbox.take(3))
        run += queries(desk, outbox.prune) + queries(desk, outbox.hurry)
        monkeypatch.setattr(filling, "WINDOW", 1)
        acme.tickets.create(title="Behind a full window")
        run += queries(desk, outbox.fill)
    assert any('ORDER BY "t1"."due_at"' in text and "LIMIT 1" in text for text in run)
    run += queries(desk, lambda: acme.webhooks.deliveries(hook.id))
    run += queries(desk, lambda: desk.figures().backlog)
    for text in run:
        short = re.search(r'FROM "(?:webhooks|mailboxes|workspaces)" AS "(t\d)"', text)
        allowed = f"SCAN {short[1]}" if short else "nothing"
        found = scans(steps_of(desk, text))
        assert [step for step in found if not step.startswith(allowed)] == [], text


def test_a_page_of_deliveries_is_read_with_as_many_queries_as_one(
    desk: Helpdesk, acme: Workspace, hook: Webhook
) -> None:
    for _ in range(10):
        acme.tickets.create(title="One")
    desk.deliver_due(Receiver())
    one, ten = (
        len(queries(desk, lambda size=size: acme.webhooks.deliveries(hook.id, page_size=size)))  # type: ignore[misc]
        for size in (1, 10)
    )
    assert one == ten
