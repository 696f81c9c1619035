"""What becomes of deliveries when a receiver moves or comes back, or the clock is set back."""

import pytest

from cstar_core import Helpdesk, Webhook, Workspace
from tests.core.receivers import PACE, Got, Receiver

URL = "https://example.com/hook"


@pytest.fixture
def hook(acme: Workspace) -> Webhook:
    return acme.webhooks.create(name="All", url=URL, events=["ticket.*"]).webhook


@pytest.mark.parametrize("status", [410, 500, None])
def test_what_the_old_address_answers_is_not_held_against_the_new_one(
    desk: Helpdesk, acme: Workspace, hook: Webhook, status: int | None
) -> None:
    acme.tickets.create(title="One")
    with desk.outbox(PACE) as outbox:
        outbox.fill()
        parcels = outbox.take(1)
        acme.webhooks.update(hook.id, url="https://example.com/new")
        assert outbox.settle([(parcels[0], Got(status))]) == []
    assert acme.webhooks.get(hook.id).is_active
    receiver = Receiver()
    assert desk.deliver_due(receiver, pace=PACE) == 1
    assert receiver.requests[0].url == "https://example.com/new"
