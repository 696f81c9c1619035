"""What the palette offers on every page: views, reports and settings."""

import pytest

from cstar_core import Helpdesk
from tests.core.tracing import queries
from tests.web.inbox.conftest import SignIn

PLACES = "/inbox/acme/places"


@pytest.mark.parametrize(
    ("role", "offered", "hidden"),
    [
        ("viewer", {"views/mine", "views/all", "reports", "settings/views"}, {"settings/members"}),
        ("owner", {"views/open", "settings/members", "settings/webhooks"}, set()),
    ],
)
def test_a_member_is_offered_what_the_role_opens(
    signed_in: SignIn, role: str, offered: set[str], hidden: set[str]
) -> None:
    browser = signed_in(role)
    links = browser.see(PLACES).links()
    assert {f"/inbox/acme/{each}" for each in offered} <= links
    assert not {f"/inbox/acme/{each}" for each in hidden} & links
    assert {browser.get(link).status_code for link in links} == {200}


def test_saved_views_are_offered_by_their_names_and_private_ones_to_their_maker(
    desk: Helpdesk, signed_in: SignIn
) -> None:
    agent = signed_in("agent")
    acme = desk.workspace("acme")
    acme.views.create(name="<b>Hot</b>", text="priority:urgent", shared=True)
    mine = desk.workspace_of_member(acme.members.list().items[0].id)
    mine.views.create(name="My own", text="tag:a")
    text = agent.get(PLACES).text
    assert "&lt;b&gt;Hot&lt;/b&gt;" in text and "My own" in text
    assert "My own" not in signed_in("owner").get(PLACES).text


def test_places_take_as_many_statements_for_few_views_as_for_many(
    desk: Helpdesk, signed_in: SignIn
) -> None:
    agent, counts = signed_in("agent"), []
    for number in (0, 20):
        for each in range(number):
            desk.workspace("acme").views.create(name=str(each), text="tag:a", shared=True)
        counts.append(len(queries(desk, lambda: agent.get(PLACES))))
    assert counts[0] == counts[1]
