"""Several tickets changed at once from the list, and that undone."""

import pytest

from cstar_core import Helpdesk, Ticket, Workspace
from tests.core.tracing import queries
from tests.web.inbox.browser import Browser, Seen
from tests.web.inbox.conftest import SignIn

LIST = "/inbox/acme/views/all"
MANY = "/inbox/acme/tickets"


@pytest.fixture
def three(acme: Workspace) -> list[Ticket]:
    return [acme.tickets.create(title=f"Ticket {n}", tags=["old"]) for n in range(3)]


def change(browser: Browser, ids: list[str], **values: str) -> str:
    """Where the form leads that changes these tickets."""
    answer = browser.send(f"{MANY}?view=all", {"ids": ids, **values}, form=LIST)
    assert answer.status_code == 303, Seen(answer.text).text
    return answer.headers["Location"]


def undo(browser: Browser, page: str) -> Seen:
    fields = {
        each["name"]: each["value"] for each in browser.see(page).all("input") if "value" in each
    }
    given = {name: fields[name] for name in ("since", "until")}
    answer = browser.send(f"{MANY}/undo?view=all", given, form=LIST)
    assert answer.status_code == 303
    return browser.see(answer.headers["Location"])


def test_the_chosen_tickets_are_changed_and_no_other(
    acme: Workspace, agent: Browser, three: list[Ticket]
) -> None:
    me = acme.members.list().items[0].id
    ids = [each.id for each in three[:2]]
    page = change(
        agent, ids, set_status="pending", set_priority="high", set_assignee=me, add_tags="new, hot"
    )
    assert "2 tickets are changed." in agent.see(page).text
    for id in ids:
        found = acme.tickets.get(id)
        assert (found.status, found.priority, found.assigned_to) == ("pending", "high", me)
        assert found.tags == ("old", "new", "hot")
    assert acme.tickets.get(three[2].id).status == "new"
    events = acme.events.of_ticket(ids[0]).items
    assert events[-1].actor.id == me


def test_a_change_is_undone(acme: Workspace, agent: Browser, three: list[Ticket]) -> None:
    acme.tickets.update(three[0].id, status="open", assigned_to=acme.members.list().items[0].id)
    before = [acme.tickets.get(each.id) for each in three]
    ids = [each.id for each in three]
    page = change(agent, ids, set_status="resolved", set_assignee="none", add_tags="x")
    assert {acme.tickets.get(id).assigned_to for id in ids} == {None}
    assert "3 tickets are as they were." in undo(agent, page).text
    for was in before:
        now = acme.tickets.get(was.id)
        assert (now.status, now.assigned_to, now.tags) == (was.status, was.assigned_to, was.tags)
        assert now.resolved_at is None


def test_what_a_colleague_has_changed_since_is_left(
    acme: Workspace, agent: Browser, three: list[Ticket]
) -> None:
    ids = [each.id for each in three]
    page = change(agent, ids, set_status="resolved")
    acme.tickets.update(ids[0], status="closed")
    acme.tickets.update(ids[1], priority="urgent")
    seen = undo(agent, page)
    assert "2 tickets are as they were. 1 was changed since" in seen.text
    assert [acme.tickets.get(id).status for id in ids] == ["closed", "new", "new"]
    assert acme.tickets.get(ids[1]).priority == "urgent"


def test_an_undo_done_twice_changes_nothing_more(
    acme: Workspace, agent: Browser, three: list[Ticket]
) -> None:
    page = change(agent, [three[0].id], set_status="resolved")
    undo(agent, page)
    assert "0 tickets are as they were." in undo(agent, page).text
    assert acme.tickets.get(three[0].id).status == "new"


def test_what_others_have_changed_is_not_undone(
    acme: Workspace, agent: Browser, signed_in: SignIn, three: list[Ticket]
) -> None:
    page = change(signed_in("owner"), [three[0].id], set_status="resolved")
    assert "0 tickets are as they were." in undo(agent, page).text
    assert acme.tickets.get(three[0].id).status == "resolved"


@pytest.mark.parametrize(
    ("ids", "values", "told"),
    [
        ([], {"set_status": "open"}, "Choose tickets first"),
        (["first"], {}, "Choose what is to change"),
        (["first"], {"set_status": "opne"}, "Status must be one of"),
        (["first"], {"set_assignee": "x"}, "Assigned to"),
        (["first"], {"add_tags": "x" * 300}, "Tags"),
        ([f"tkt_{n}" for n in range(1_001)], {"set_status": "open"}, "too many tickets at once"),
        (["tkt_x"] * 1_001 + ["first"], {"set_status": "open"}, "1 ticket is changed. 1 could not"),
    ],
)
def test_what_cannot_be_changed_is_told_and_the_choice_kept(
    acme: Workspace,
    agent: Browser,
    three: list[Ticket],
    ids: list[str],
    values: dict[str, str],
    told: str,
) -> None:
    given = [three[0].id if each == "first" else each for each in ids]
    answer = agent.send(f"{MANY}?view=all", {"ids": given, **values}, form=LIST)
    if answer.status_code == 303:
        answer = agent.get(answer.headers["Location"])
    else:
        assert answer.status_code == 422
        assert ("checked" in answer.text) is ("first" in ids)
        assert acme.tickets.get(three[0].id).status == "new"
    assert told in Seen(answer.text).text


def test_tickets_of_others_are_not_changed(
    desk: Helpdesk, agent: Browser, three: list[Ticket]
) -> None:
    foreign = desk.workspace("other").tickets.create(title="Foreign").id
    page = change(agent, [foreign, three[0].id], set_status="resolved")
    assert "1 ticket is changed. 1 could not be changed." in agent.see(page).text
    assert desk.workspace("other").tickets.get(foreign).status == "new"


@pytest.mark.parametrize("since", ["", "x", "evt_" + "0" * 32, "\x00"])
def test_an_undo_of_nothing_is_refused(agent: Browser, three: list[Ticket], since: str) -> None:
    given = {"since": since, "until": since}
    answer = agent.send(f"{MANY}/undo?view=all", given, form=LIST)
    assert answer.status_code in (303, 422)
    assert "Traceback" not in answer.text


def test_a_viewer_chooses_nothing(acme: Workspace, signed_in: SignIn, three: list[Ticket]) -> None:
    viewer = signed_in("viewer")
    assert 'name="ids"' not in viewer.get(LIST).text
    given = {"ids": [three[0].id], "set_status": "open"}
    assert viewer.send(f"{MANY}?view=all", given, form=LIST).status_code == 403
    assert acme.tickets.get(three[0].id).status == "new"


def test_a_number_that_is_none_says_nothing(agent: Browser) -> None:
    for wrong in ("x", "-1", "9" * 5_000, "²"):
        seen = agent.see(f"{LIST}?done=many&changed={wrong}")
        assert "0 tickets are changed." in seen.text


def test_an_undo_takes_as_many_statements_for_few_as_for_many(
    desk: Helpdesk, acme: Workspace, agent: Browser
) -> None:
    counts = []
    token = agent.token(LIST)
    for number in (2, 12):
        ids = [acme.tickets.create(title="One of many").id for _ in range(number)]
        data = {"form_token": token, "ids": ids, "set_priority": "high"}
        counts.append(len(queries(desk, lambda data=data: agent.client.post(MANY, data=data))))  # type: ignore[misc]
    assert counts[1] - counts[0] <= 10 * 8
