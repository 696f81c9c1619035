"""The form with which members answer: drafts, canned replies, and what is sent twice."""

import pytest

from cstar_core import Helpdesk, Workspace
from tests.core.tracing import queries
from tests.web.inbox.browser import Browser, Seen
from tests.web.inbox.conftest import SignIn

SCRIPT = {"HX_Request": "true"}


@pytest.fixture
def path(acme: Workspace) -> str:
    made = acme.tickets.create(
        title="Cannot log in", customer_name="Jane Smith", initial_message="Hello"
    )
    return f"/inbox/acme/tickets/{made.id}"


def id_of(path: str) -> str:
    return path.rpartition("/")[2]


def mine(desk: Helpdesk, name: str = "Agent") -> Workspace:
    """The workspace as a member of this name sees it."""
    members = desk.workspace("acme").members.list().items
    return desk.workspace_of_member(next(each.id for each in members if each.name == name))


def hidden(html: str) -> dict[str, str]:
    """What the composer sends along."""
    return {
        each["name"]: each.get("value", "")
        for each in Seen(html).all("input")
        if each.get("name") in ("seen", "draft", "draft_kind")
    }


def typed(content: str, kind: str = "reply", **more: str) -> dict[str, str]:
    return {"content": content, "kind": kind, "then": "", **more}


# --- drafts


def test_a_draft_is_there_when_one_comes_back(desk: Helpdesk, agent: Browser, path: str) -> None:
    answer = agent.send(f"{path}/draft", typed("\nHalf a <b>sentence", "note"), form=path)
    assert answer.headers["Location"] == f"{path}?done=draft"
    shown = agent.get(path).text
    assert "\n\nHalf a &lt;b&gt;sentence</textarea>" in shown
    assert 'value="note" checked' in shown
    kept = mine(desk).drafts.get(id_of(path), is_internal=True)
    assert hidden(shown)["draft"] == str(kept.version)
    assert kept.content == "\nHalf a <b>sentence"


def test_a_script_gets_what_the_form_needs_to_go_on(
    desk: Helpdesk, agent: Browser, path: str
) -> None:
    first = agent.send(f"{path}/draft", typed("One"), form=path, **SCRIPT)
    assert first.status_code == 200 and "<html" not in first.text
    again = agent.send(f"{path}/draft", typed("Two", **hidden(first.text)), form=path, **SCRIPT)
    assert again.status_code == 200
    assert mine(desk).drafts.get(id_of(path)).content == "Two"


def test_a_text_that_is_taken_away_is_no_draft(desk: Helpdesk, agent: Browser, path: str) -> None:
    first = agent.send(f"{path}/draft", typed("One"), form=path, **SCRIPT)
    answer = agent.send(f"{path}/draft", typed("  ", **hidden(first.text)), form=path, **SCRIPT)
    assert (answer.status_code, hidden(answer.text)["draft"]) == (200, "0")
    assert mine(desk).drafts.find(id_of(path)) is None


@pytest.mark.parametrize("by_script", [True, False])
def test_another_window_with_a_newer_draft_is_told(
    desk: Helpdesk, agent: Browser, path: str, by_script: bool
) -> None:
    mine(desk).drafts.save(id_of(path), "Of the other window")
    headers = SCRIPT if by_script else {}
    answer = agent.send(f"{path}/draft", typed("Mine", draft="0"), form=path, **headers)
    assert answer.status_code == (409 if by_script else 422)
    assert "Of the other window" in answer.text
    assert "Another window has kept a newer text." in Seen(answer.text).text
    assert mine(desk).drafts.get(id_of(path)).content == "Of the other window"
    over = agent.send(f"{path}/draft", typed("Mine", **hidden(answer.text)), form=path)
    assert over.status_code == 303
    assert mine(desk).drafts.get(id_of(path)).content == "Mine"


def test_a_draft_that_was_sent_elsewhere_is_told(desk: Helpdesk, agent: Browser, path: str) -> None:
    first = agent.send(f"{path}/draft", typed("One"), form=path, **SCRIPT)
    mine(desk).messages.create(id_of(path), content="One")
    answer = agent.send(f"{path}/draft", typed("One, two", **hidden(first.text)), form=path)
    assert answer.status_code == 422
    assert "Another window has sent this text" in Seen(answer.text).text
    assert "One, two</textarea>" in answer.text


def test_a_text_that_becomes_a_note_is_one_draft(desk: Helpdesk, agent: Browser, path: str) -> None:
    first = agent.send(f"{path}/draft", typed("One"), form=path, **SCRIPT)
    turned = typed("One", "note", **hidden(first.text))
    answer = agent.send(f"{path}/draft", turned, form=path, **SCRIPT)
    assert hidden(answer.text)["draft_kind"] == "note"
    drafts = mine(desk).drafts
    assert drafts.find(id_of(path)) is None
    assert drafts.get(id_of(path), is_internal=True).content == "One"


def test_both_drafts_of_a_ticket_can_be_reached(desk: Helpdesk, agent: Browser, path: str) -> None:
    mine(desk).drafts.save(id_of(path), "A reply")
    mine(desk).drafts.save(id_of(path), "A note", is_internal=True)
    for kind, text, other in (("reply", "A reply", "note"), ("note", "A note", "reply")):
        shown = agent.get(f"{path}?kind={kind}").text
        assert f"\n{text}</textarea>" in shown
        assert f"You also have the draft of a {other}" in shown


def test_nobody_sees_the_draft_of_another(
    desk: Helpdesk, agent: Browser, signed_in: SignIn, path: str
) -> None:
    agent.send(f"{path}/draft", typed("Not yet said"), form=path)
    for role in ("owner", "viewer"):
        assert "Not yet said" not in signed_in(role).get(path).text
    assert "Not yet said" in agent.get(path).text


@pytest.mark.parametrize("kind", ["reply", "note"])
def test_what_is_sent_leaves_no_draft(desk: Helpdesk, agent: Browser, path: str, kind: str) -> None:
    first = agent.send(f"{path}/draft", typed("One"), form=path, **SCRIPT)
    values = typed("Something else", kind, **hidden(first.text))
    assert agent.send(f"{path}/messages", values, form=path).status_code == 303
    assert mine(desk).drafts.list().total == 0


def test_a_draft_that_is_too_long_is_told_and_kept_on_the_page(agent: Browser, path: str) -> None:
    answer = agent.send(f"{path}/draft", typed("x" * 100_001), form=path)
    assert answer.status_code == 422
    assert "Message must be at most 100,000 characters" in Seen(answer.text).text
    assert "x" * 100_001 in answer.text


def test_what_came_since_a_draft_was_begun_is_marked(
    desk: Helpdesk, acme: Workspace, agent: Browser, path: str
) -> None:
    shown = hidden(agent.get(path).text)
    agent.send(f"{path}/draft", typed("Half", seen=shown["seen"]), form=path)
    later = acme.messages.create(id_of(path), content="Wait!", sender="customer")
    fresh = [each for each in agent.see(path).all("li") if "fresh" in each.get("class", "")]
    assert [each["id"] for each in fresh] == [later.id]


def test_two_who_answer_at_once_see_each_others_words(
    acme: Workspace, agent: Browser, signed_in: SignIn, path: str
) -> None:
    owner = signed_in("owner")
    seen = hidden(agent.get(path).text)
    assert hidden(owner.get(path).text)["seen"] == seen["seen"]
    assert agent.send(f"{path}/messages", typed("First", **seen), form=path).status_code == 303
    answer = owner.send(f"{path}/messages", typed("Second", **seen), form=path)
    assert answer.status_code == 422
    assert "Send anyway" in Seen(answer.text).text
    anyway = typed("Second", **hidden(answer.text))
    assert owner.send(f"{path}/messages", anyway, form=path).status_code == 303
    said = [message.content for message in acme.messages.list(id_of(path))]
    assert said == ["Hello", "First", "Second"]


def test_a_form_that_is_sent_twice_is_one_message(
    acme: Workspace, agent: Browser, path: str
) -> None:
    """By a second click, or by going back and sending the same once more."""
    fields = Seen(agent.get(path).text).all("input")
    given = {e["name"]: e["value"] for e in fields if e.get("name") in ("once", "seen")}
    for _ in range(2):
        answer = agent.send(f"{path}/messages", typed("Once", **given), form=path)
        assert (answer.status_code, answer.headers["Location"]) == (303, f"{path}?done=sent")
    assert [each.content for each in acme.messages.list(id_of(path))] == ["Hello", "Once"]
    other = agent.send(f"{path}/messages", typed("Another", **given), form=path)
    assert other.status_code == 422 and f'value="{given["once"]}"' in other.text
    acme.messages.create(id_of(path), content="x")
    assert agent.send(f"{path}/messages", typed("Once"), form=path).status_code == 303


def test_who_goes_on_comes_to_the_ticket_that_was_next(
    acme: Workspace, agent: Browser, path: str
) -> None:
    """In the list that was looked at, as it was before; at its end to the list."""
    later = acme.tickets.create(title="Later").id
    for given, after, checked in (
        ({"then": "resolved", "onward": "yes"}, id_of(path), True),
        ({"then": "", "onward": "yes"}, None, False),
    ):
        ticket = later if after else id_of(path)
        place = f"/inbox/acme/tickets/{ticket}"
        query = "?view=all&sort=-created_at"
        fields = Seen(agent.get(f"{place}{query}").text).all("form")
        action = next(each["action"] for each in fields if "/messages" in each["action"])
        answer = agent.send(action, typed("On") | given, form=place)
        led = answer.headers["Location"]
        if after is None:
            assert led == "/inbox/acme/views/all?sort=-created_at"
        else:
            assert led.startswith(f"/inbox/acme/tickets/{after}?") and "view=all" in led
            assert "Here is the next one." in agent.see(led).text
            boxes = [e for e in agent.see(led).all("input") if e.get("name") == "onward"]
            assert ["checked" in each for each in boxes] == [checked]
    assert acme.tickets.get(later).status == "resolved"


def test_who_goes_on_by_relevance_comes_to_the_list(
    acme: Workspace, agent: Browser, path: str
) -> None:
    query = "q=bell&sort=relevance"
    sent = f"{path}/messages?view=search&{query}"
    answer = agent.send(sent, typed("On") | {"onward": "yes"}, form=path)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/inbox/acme/views/search?{query}"
    assert acme.messages.list(id_of(path))[-1].content == "On"


def test_a_script_that_is_signed_out_is_told_the_way_in(
    desk: Helpdesk, acme: Workspace, agent: Browser, path: str
) -> None:
    token = agent.token(path)
    desk.sessions.end_all(acme.members.list().items[0].id)
    values = {"form_token": token, **typed("Half")}
    answer = agent.client.post(f"{path}/draft", data=values, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.text) == (204, "")
    assert answer.headers["HX-Redirect"] == "/inbox/acme/sign-in"


# --- canned replies


def test_a_canned_reply_is_put_behind_what_was_typed(
    acme: Workspace, agent: Browser, path: str
) -> None:
    made = acme.canned_replies.create(
        name="Hi <b>", shortcut="hi", content="Hello {{customer.first_name}}"
    )
    assert "Hi &lt;b&gt;</option>" in agent.get(path).text
    values = typed("Well.", canned=made.id)
    answer = agent.send(f"{path}/canned-replies", values, form=path)
    assert answer.status_code == 200
    assert "\nWell.\n\nHello Jane</textarea>" in answer.text


def test_a_canned_reply_is_found_by_script(acme: Workspace, agent: Browser, path: str) -> None:
    made = acme.canned_replies.create(name="<i>Late", shortcut="late", content="Dear you")
    acme.canned_replies.create(name="Refund", content="Money back")
    found = agent.get(f"{path}/canned-replies?search=la", **SCRIPT)
    options = Seen(found.text).all("div")
    assert [each["id"] for each in options] == [made.id]
    assert "<i>" not in found.text and "&lt;i&gt;Late" in found.text
    none = agent.get(f"{path}/canned-replies?search=zebra", **SCRIPT)
    assert "No canned reply has these words" in Seen(none.text).text


def test_a_canned_reply_is_filled_as_text(acme: Workspace, agent: Browser, path: str) -> None:
    made = acme.canned_replies.create(name="Hi", content="<b>{{customer.name}}</b> {{member.name}}")
    answer = agent.get(f"{path}/canned-replies/{made.id}", **SCRIPT)
    assert answer.text == "<b>Jane Smith</b> Agent"
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_canned_reply_of_another_team_is_none(desk: Helpdesk, agent: Browser, path: str) -> None:
    foreign = desk.workspace("other").canned_replies.create(name="Secret", content="Secret")
    assert agent.get(f"{path}/canned-replies/{foreign.id}").status_code == 404
    answer = agent.send(f"{path}/canned-replies", typed("x", canned=foreign.id), form=path)
    assert answer.status_code == 404


def test_a_conversation_runs_as_many_queries_however_long_it_is(
    desk: Helpdesk, acme: Workspace, agent: Browser, path: str
) -> None:
    for number in range(12):
        acme.tickets.update(id_of(path), title=f"Title {number}")
    agent.get(path)
    short = queries(desk, lambda: agent.get(path))
    with desk.transaction():
        for number in range(40):
            acme.messages.create(id_of(path), content=f"Number {number}", sender="customer")
            acme.canned_replies.create(name=f"Number {number}", content="Hello")
    agent.get(path)
    assert len(queries(desk, lambda: agent.get(path))) == len(short)
