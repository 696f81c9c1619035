"""Webhooks: other systems that are told of events, and what became of each delivery."""

from flask import Blueprint, Response

from cstar_web.calls import Call
from cstar_web.etags import version_tag
from cstar_web.operations import Operation, operation
from cstar_web.v1 import render
from cstar_web.v1.answers import TEAM, Deleted
from cstar_web.v1.queries import Paged
from cstar_web.v1.webhook_shapes import (
    DeliveriesQuery,
    Delivery,
    NewWebhook,
    Replay,
    Rotation,
    Webhook,
    WebhookChanges,
    WebhookWithSecret,
)

blueprint = Blueprint("webhooks", __name__)
PATH = f"{TEAM}/webhooks"
ONE = f"{PATH}/{{webhookId}}"


@operation(
    blueprint,
    Operation(
        method="GET",
        path=PATH,
        name="listWebhooks",
        tag="Webhooks",
        summary="List webhooks",
        key="secret",
        query=Paged(),
        answer=Webhook(),
        many=True,
        paged=True,
    ),
)
def list_webhooks(call: Call) -> Response:
    return call.page(call.workspace.webhooks.list(**call.query), render.webhook)


@operation(
    blueprint,
    Operation(
        method="POST",
        path=PATH,
        name="createWebhook",
        tag="Webhooks",
        summary="Make a webhook",
        description="It is told of what happens from now on.",
        key="secret",
        body=NewWebhook(),
        answer=WebhookWithSecret(),
        status=201,
        etag=True,
        idempotent=True,
        errors=("RESOURCE_EXISTS",),
    ),
    rules=lambda workspace, values: workspace.webhooks.check(values),
)
def create_webhook(call: Call) -> Response:
    made = call.workspace.webhooks.create(**call.body)
    return call.created(render.new_webhook(made), tag=version_tag(made.webhook))


@operation(
    blueprint,
    Operation(
        method="GET",
        path=ONE,
        name="getWebhook",
        tag="Webhooks",
        summary="Get a webhook",
        key="secret",
        answer=Webhook(),
        etag=True,
    ),
)
def get_webhook(call: Call, webhook_id: str) -> Response:
    found = call.workspace.webhooks.get(webhook_id)
    return call.answer(render.webhook(found), tag=version_tag(found))


@operation(
    blueprint,
    Operation(
        method="PATCH",
        path=ONE,
        name="updateWebhook",
        tag="Webhooks",
        summary="Update a webhook",
        description="One that is turned on again goes on where it stopped.",
        key="secret",
        body=WebhookChanges(),
        answer=Webhook(),
        etag=True,
        conditional=True,
        idempotent=True,
    ),
    rules=lambda workspace, values: workspace.webhooks.check(values, updating=True),
)
def update_webhook(call: Call, webhook_id: str) -> Response:
    webhooks = call.workspace.webhooks
    with call.unless_stale(lambda: version_tag(webhooks.get(webhook_id))):
        found = webhooks.update(webhook_id, **call.body)
    return call.answer(render.webhook(found), tag=version_tag(found))


@operation(
    blueprint,
    Operation(
        method="DELETE",
        path=ONE,
        name="deleteWebhook",
        tag="Webhooks",
        summary="Delete a webhook",
        description="What is in line for it is not sent any more.",
        key="secret",
        answer=Deleted(),
        conditional=True,
        idempotent=True,
    ),
)
def delete_webhook(call: Call, webhook_id: str) -> Response:
    webhooks = call.workspace.webhooks
    with call.unless_stale(lambda: version_tag(webhooks.get(webhook_id))):
        webhooks.delete(webhook_id)
    return call.answer({"deleted": True})


@operation(
    blueprint,
    Operation(
        method="POST",
        path=f"{ONE}/test",
        name="testWebhook",
        tag="Webhooks",
        summary="Send a sample to a webhook",
        description="It is sent at once and tried once, also while the webhook is off. "
        "The deliveries tell what it got.",
        key="secret",
        answer=Delivery(),
        status=201,
        idempotent=True,
        errors=("RESOURCE_EXISTS",),
    ),
)
def send_sample(call: Call, webhook_id: str) -> Response:
    return call.created(render.delivery(call.workspace.webhooks.test(webhook_id)))


@operation(
    blueprint,
    Operation(
        method="POST",
        path=f"{ONE}/rotate-secret",
        name="rotateWebhookSecret",
        tag="Webhooks",
        summary="Replace a webhook's secret",
        description="Requests are signed with both secrets for a time.",
        key="secret",
        body=Rotation(),
        answer=WebhookWithSecret(),
        etag=True,
        idempotent=True,
    ),
)
def rotate_secret(call: Call, webhook_id: str) -> Response:
    made = call.workspace.webhooks.rotate(webhook_id, **call.body)
    return call.answer(render.new_webhook(made), tag=version_tag(made.webhook))


@operation(
    blueprint,
    Operation(
        method="POST",
        path=f"{ONE}/replay",
        name="replayWebhook",
        tag="Webhooks",
        summary="Deliver events again",
        description="Everything after an event, from the oldest on.",
        key="secret",
        body=Replay(),
        answer=Webhook(),
        etag=True,
        idempotent=True,
    ),
)
def replay_webhook(call: Call, webhook_id: str) -> Response:
    found = call.workspace.webhooks.replay(webhook_id, **call.body)
    return call.answer(render.webhook(found), tag=version_tag(found))


@operation(
    blueprint,
    Operation(
        method="GET",
        path=f"{ONE}/deliveries",
        name="listDeliveries",
        tag="Webhooks",
        summary="List a webhook's deliveries",
        description="Newest first. What is finished is kept for 30 days.",
        key="secret",
        query=DeliveriesQuery(),
        answer=Delivery(),
        many=True,
        paged=True,
    ),
)
def list_deliveries(call: Call, webhook_id: str) -> Response:
    found = call.workspace.webhooks.deliveries(webhook_id, **call.query)
    return call.page(found, render.delivery)


@operation(
    blueprint,
    Operation(
        method="POST",
        path=f"{ONE}/deliveries/{{deliveryId}}/redeliver",
        name="redeliver",
        tag="Webhooks",
        summary="Deliver an event again",
        description="It goes ahead of later events of the same ticket.",
        key="secret",
        answer=Delivery(),
        idempotent=True,
        errors=("RESOURCE_EXISTS",),
    ),
)
def redeliver(call: Call, webhook_id: str, delivery_id: str) -> Response:
    return call.answer(render.delivery(call.workspace.webhooks.redeliver(webhook_id, delivery_id)))
