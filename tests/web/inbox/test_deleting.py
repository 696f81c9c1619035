"""Many tickets deleted from the list, after a question that says how many."""

import pytest

from cstar_core import Helpdesk, NotFound, Ticket, Workspace
from tests.web.inbox.browser import Browser, Seen
from tests.web.inbox.conftest import SignIn

LIST = "/inbox/acme/views/all"
DELETE = "/inbox/acme/tickets/delete"


@pytest.fixture
def three(acme: Workspace) -> list[Ticket]:
    return [acme.tickets.create(title=f"Ticket {n}", initial_message="Hello") for n in range(3)]


def ask(browser: Browser, ids: list[str]) -> Seen:
    """The page that asks, from the form of the list with what stands in it."""
    given = {"ids": ids, "set_status": "", "set_priority": "high", "set_assignee": ""}
    answer = browser.send(f"{DELETE}/ask?view=all", {**given, "add_tags": ""}, form=LIST)
    assert answer.status_code == 200, Seen(answer.text).text
    return Seen(answer.text)


def test_the_chosen_tickets_are_deleted_once_that_is_confirmed(
    acme: Workspace, agent: Browser, three: list[Ticket]
) -> None:
    ids = [each.id for each in three[:2]]
    seen = ask(agent, [*ids, ids[0]])
    assert "Delete 2 tickets?" in seen.text and "This cannot be undone." in seen.text
    assert acme.tickets.list().total == 3
    asked = [each["value"] for each in seen.all("input") if each.get("name") == "ids"]
    action = next(each["action"] for each in seen.all("form") if "delete" in each["action"])
    answer = agent.send(action, {"ids": asked}, form=LIST)
    told = agent.see(answer.headers["Location"])
    assert answer.headers["Location"].startswith(f"{LIST}?done=deleted")
    assert "2 tickets are deleted." in told.text and "Undo" not in told.text
    assert [each.id for each in acme.tickets.list().items] == [three[2].id]
    me = acme.members.list().items[0].id
    events = acme.events.list(page_size=100).items
    assert [each.actor.id for each in events if each.type == "ticket.deleted"] == [me, me]


def test_what_somebody_has_deleted_meanwhile_is_told(
    desk: Helpdesk, acme: Workspace, agent: Browser, three: list[Ticket]
) -> None:
    acme.tickets.delete(three[0].id)
    foreign = desk.workspace("other").tickets.create(title="Foreign").id
    ids = [three[0].id, three[1].id, foreign]
    answer = agent.send(f"{DELETE}?view=all", {"ids": ids}, form=LIST)
    told = agent.see(answer.headers["Location"]).text
    assert "1 ticket is deleted. 2 were deleted already." in told
    assert desk.workspace("other").tickets.get(foreign).title == "Foreign"
    with pytest.raises(NotFound):
        acme.tickets.get(three[1].id)


@pytest.mark.parametrize(
    ("ids", "told"),
    [
        ([], "Choose tickets first"),
        ([f"tkt_{n}" for n in range(1_001)], "too many tickets at once"),
    ],
)
def test_too_few_and_too_many_are_refused(
    acme: Workspace, agent: Browser, three: list[Ticket], ids: list[str], told: str
) -> None:
    for path in (f"{DELETE}/ask", DELETE):
        answer = agent.send(f"{path}?view=all", {"ids": ids}, form=LIST)
        assert answer.status_code == 422
        assert told in Seen(answer.text).text
    assert acme.tickets.list().total == 3


def test_a_viewer_deletes_nothing(acme: Workspace, signed_in: SignIn, three: list[Ticket]) -> None:
    viewer = signed_in("viewer")
    assert "tickets/delete" not in viewer.get(LIST).text
    for path in (f"{DELETE}/ask", DELETE):
        answer = viewer.send(path, {"ids": [three[0].id]}, form=LIST)
        assert answer.status_code == 403
    assert acme.tickets.list().total == 3
