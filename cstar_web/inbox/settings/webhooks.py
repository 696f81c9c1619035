"""Webhooks: which programs are told of what happens, and whether they have got it."""

from contextlib import suppress
from functools import partial

from flask import Response, request

from cstar_core import DELIVERED_TYPES, DELIVERY_STATUSES, Conflict, Webhook
from cstar_web.inbox.declaring import Page, page
from cstar_web.inbox.languages import say
from cstar_web.inbox.settings.frame import (
    SETTINGS,
    checked,
    listed,
    refusals,
    seen_version,
    show,
)
from cstar_web.inbox.visits import TeamVisit

WEBHOOKS = f"{SETTINGS}/webhooks"
NEW = f"{WEBHOOKS}/new"
WEBHOOK = f"{WEBHOOKS}/{{webhook}}"

SECTION = "settings_webhooks"
KIND_WORDS = {
    "ticket": say("Everything about tickets"),
    "message": say("Everything about messages"),
    "customer": say("Everything about customers"),
    "custom_field": say("Everything about custom fields"),
}
STATUS_WORDS = {
    "pending": say("In line"),
    "delivered": say("Delivered"),
    "failed": say("Failed"),
}
_ENOUGH = say("There are 100 webhooks already; delete one first")
_TESTS = say("Too many tests are in line already; wait until they are done")


@page(Page(method="GET", path=WEBHOOKS, name=SECTION, access="owner"))
def webhooks(visit: TeamVisit) -> Response:
    return show(visit, "webhooks", SECTION, listed=listed(visit.workspace.webhooks.list))


@page(Page(method="GET", path=NEW, name="ask_webhook", access="owner"))
def ask_webhook(visit: TeamVisit) -> Response:
    return show(visit, "new_webhook", SECTION, **choices(visit, None))


@page(
    Page(
        method="POST",
        path=NEW,
        name="create_webhook",
        access="owner",
        fields=("name", "url"),
        lists=("events",),
        again=ask_webhook,
    )
)
def create_webhook(visit: TeamVisit) -> Response:
    with refusals(_ENOUGH):
        made = visit.workspace.webhooks.create(
            name=visit.form.values["name"].strip(),
            url=visit.form.values["url"].strip(),
            events=visit.form.lists["events"],
        )
    return show(visit, "signing_secret", SECTION, made=made, is_new=True)


@page(Page(method="GET", path=WEBHOOK, name="settings_webhook", access="owner"))
def webhook_page(visit: TeamVisit, webhook: str) -> Response:
    asked = request.args.get("status", "")
    status = asked if asked in DELIVERY_STATUSES else None
    with visit.desk.snapshot(search=False):
        found = visit.workspace.webhooks.get(webhook)
        some = listed(partial(visit.workspace.webhooks.deliveries, found.id, status=status))
    return show(
        visit,
        "webhook",
        SECTION,
        webhook=found,
        listed=some,
        status=status,
        status_words=STATUS_WORDS,
        **choices(visit, found),
    )


@page(
    Page(
        method="POST",
        path=WEBHOOK,
        name="change_webhook",
        access="owner",
        fields=("name", "url", "version"),
        lists=("events",),
        again=webhook_page,
    )
)
def change_webhook(visit: TeamVisit, webhook: str) -> Response:
    with refusals():
        visit.workspace.webhooks.update(
            webhook,
            expected_version=seen_version(visit),
            name=visit.form.values["name"].strip(),
            url=visit.form.values["url"].strip(),
            events=visit.form.lists["events"],
        )
    return visit.leads_to("settings_webhook", webhook=webhook, done="changed")


@page(
    Page(
        method="POST",
        path=f"{WEBHOOK}/switch",
        name="switch_webhook",
        access="owner",
        fields=("on",),
    )
)
def switch_webhook(visit: TeamVisit, webhook: str) -> Response:
    on = checked(visit, "on")
    visit.workspace.webhooks.update(webhook, is_active=on)
    done = "webhook-on" if on else "webhook-off"
    return visit.leads_to("settings_webhook", webhook=webhook, done=done)


@page(
    Page(
        method="POST",
        path=f"{WEBHOOK}/test",
        name="test_webhook",
        access="owner",
        again=webhook_page,
    )
)
def test_webhook(visit: TeamVisit, webhook: str) -> Response:
    with refusals(_TESTS):
        visit.workspace.webhooks.test(webhook)
    return visit.leads_to("settings_webhook", webhook=webhook, done="tested")


@page(Page(method="POST", path=f"{WEBHOOK}/secret", name="renew_secret", access="owner"))
def renew_secret(visit: TeamVisit, webhook: str) -> Response:
    made = visit.workspace.webhooks.rotate(webhook)
    return show(visit, "signing_secret", SECTION, made=made, is_new=False)


@page(
    Page(
        method="POST",
        path=f"{WEBHOOK}/deliveries/{{delivery}}/resend",
        name="resend",
        access="owner",
    )
)
def resend(visit: TeamVisit, webhook: str, delivery: str) -> Response:
    with suppress(Conflict):  # in line already
        visit.workspace.webhooks.redeliver(webhook, delivery)
    return visit.leads_to("settings_webhook", webhook=webhook, done="resent")


@page(Page(method="GET", path=f"{WEBHOOK}/replay", name="ask_replay", access="owner"))
def ask_replay(visit: TeamVisit, webhook: str) -> Response:
    found = visit.workspace.webhooks.get(webhook)
    return show(visit, "replay", SECTION, webhook=found, after=request.args.get("after", ""))


@page(
    Page(
        method="POST",
        path=f"{WEBHOOK}/replay",
        name="replay",
        access="owner",
        fields=("after",),
        again=ask_replay,
    )
)
def replay(visit: TeamVisit, webhook: str) -> Response:
    visit.workspace.webhooks.replay(webhook, after=visit.form.values["after"].strip())
    return visit.leads_to("settings_webhook", webhook=webhook, done="replayed")


@page(Page(method="GET", path=f"{WEBHOOK}/delete", name="ask_webhook_deletion", access="owner"))
def ask_webhook_deletion(visit: TeamVisit, webhook: str) -> Response:
    found = visit.workspace.webhooks.get(webhook)
    return show(visit, "delete_webhook", SECTION, webhook=found)


@page(Page(method="POST", path=f"{WEBHOOK}/delete", name="delete_webhook", access="owner"))
def delete_webhook(visit: TeamVisit, webhook: str) -> Response:
    visit.workspace.webhooks.delete(webhook)
    return visit.leads_to(SECTION, done="webhook-deleted")


def choices(visit: TeamVisit, webhook: Webhook | None) -> dict[str, object]:
    """What a webhook can be told of, and what is chosen: what was typed, if anything is wrong."""
    chosen = webhook.events if webhook else ()
    return {
        "chosen": visit.form.lists.get("events", chosen) if visit.problems else chosen,
        "kind_words": KIND_WORDS,
        "types": DELIVERED_TYPES,
    }
