"""What the lists of the settings cost: as many queries, however much there is."""

import pytest

from cstar_core import Helpdesk
from tests.core.tracing import queries
from tests.web.inbox.conftest import SignIn

LISTS = (
    "members",
    "fields",
    "replies",
    "keys",
    "webhooks",
    "views",
    "team",
    "mailboxes",
    "templates",
)


def add(desk: Helpdesk, number: int) -> None:
    """One of each thing that a page of the settings lists."""
    acme = desk.workspace("acme")
    acme.members.create(name="Bo", email=f"bo{number}@example.com")
    acme.custom_fields.create(
        name="Plan", key=f"plan{number}", type="text", entity_type="customers"
    )
    acme.canned_replies.create(name=f"Late {number}", content="Hello")
    acme.keys.create(type="secret", environment="test")
    acme.webhooks.create(name="Chat", url="https://example.com/hook", events=["*"])
    acme.mailboxes.create(address=f"support{number}@example.com")
    acme.views.create(name="Hot", text="priority:urgent", shared=True)


@pytest.mark.parametrize("part", LISTS)
def test_a_list_runs_as_many_queries_however_long_it_is(
    desk: Helpdesk, signed_in: SignIn, part: str
) -> None:
    owner, path = signed_in("owner"), f"/inbox/acme/settings/{part}"
    add(desk, 0)
    owner.get(path)
    few = queries(desk, lambda: owner.get(path))
    for number in range(1, 20):
        add(desk, number)
    assert len(queries(desk, lambda: owner.get(path))) == len(few)
    assert len(few) < 20
