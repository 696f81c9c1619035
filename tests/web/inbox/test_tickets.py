"""The views, the list and a conversation, as members with each role see them."""

import pytest

from cstar_core import Helpdesk, Workspace
from tests.web.inbox.browser import Browser, Seen
from tests.web.inbox.conftest import SignIn

XSS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "\u202e<svg onload=alert(1)>",
    "</textarea><script>alert(1)</script>",
)


def ticket(acme: Workspace, title: str = "Cannot log in", **values: object) -> str:
    made = acme.tickets.create(title=title, **{"customer_name": "Jane Smith", **values})  # type: ignore[arg-type]
    return f"/inbox/acme/tickets/{made.id}"


def titles(seen: Seen) -> list[str]:
    rows = [each for each in seen.all("a") if each.get("class") == "row"]
    return [each["href"].partition("?")[0] for each in rows]


@pytest.mark.parametrize(
    ("view", "found"),
    [
        ("mine", {"mine"}),
        ("unassigned", {"new", "pending"}),
        ("open", {"new", "mine"}),
        ("pending", {"pending"}),
        ("resolved", {"resolved", "closed"}),
        ("all", {"new", "mine", "pending", "resolved", "closed"}),
    ],
)
def test_a_view_has_what_its_name_says(
    acme: Workspace, agent: Browser, view: str, found: set[str]
) -> None:
    me = acme.members.list().items[0].id
    made = {
        "new": ticket(acme),
        "mine": ticket(acme, status="open", assigned_to=me),
        "pending": ticket(acme, status="pending"),
        "resolved": ticket(acme, status="resolved"),
        "closed": ticket(acme, status="closed", assigned_to=me),
    }
    seen = agent.see(f"/inbox/acme/views/{view}")
    assert set(titles(seen)) == {made[name] for name in found}
    assert f"{len(found)} ticket" in seen.text
    counts = "Mine 1 Unassigned 2 Open 2 Pending 1 Resolved 2 All 5"
    assert counts in seen.text


@pytest.mark.parametrize(("language", "shown"), [("en", "1,001"), ("de", "1.001")])
def test_large_numbers_are_written_as_the_language_does(
    acme: Workspace, agent: Browser, language: str, shown: str
) -> None:
    list(acme.tickets.import_many({"title": "One of many"} for _ in range(1_001)))
    page = Seen(agent.get("/inbox/acme/views/all", Accept_Language=language).text)
    assert f"{shown} ticket" in page.text.lower()
    assert f"Alle {shown}" in page.text or f"All {shown}" in page.text


def test_a_view_that_there_is_not_is_told(agent: Browser) -> None:
    assert agent.get("/inbox/acme/views/none").status_code == 404


def test_an_empty_view_says_what_to_do(agent: Browser) -> None:
    for view in ("mine", "unassigned", "open", "pending", "resolved", "all"):
        assert len(agent.see(f"/inbox/acme/views/{view}").all("h2")) == 2


def test_a_long_view_goes_on(acme: Workspace, agent: Browser) -> None:
    made = [ticket(acme, f"Ticket {number}") for number in range(65)]
    place, found = "/inbox/acme/views/all", []
    while place:
        seen = agent.see(place)
        found += titles(seen)
        more = [each["href"] for each in seen.all("a") if "after=" in each.get("href", "")]
        place = next((each for each in more if "/views/" in each), "")
    assert sorted(found) == sorted(made)


@pytest.mark.parametrize("after", ["x", "x" * 5_000, "%00", "eyJ4IjoxfQ"])
def test_a_place_in_a_view_that_cannot_be_is_its_beginning(
    acme: Workspace, agent: Browser, after: str
) -> None:
    made = ticket(acme)
    assert titles(agent.see(f"/inbox/acme/views/all?after={after}")) == [made]


# --- a conversation


def test_a_reply_is_the_members_own(acme: Workspace, agent: Browser) -> None:
    path = ticket(acme)
    answer = agent.send(
        f"{path}/messages", {"content": "Hello\r\nthere", "kind": "reply", "then": ""}, form=path
    )
    assert answer.headers["Location"] == f"{path}?done=sent"
    assert "Your reply is on the ticket." in agent.see(answer.headers["Location"]).text
    found = acme.tickets.list().items[0]
    message = acme.messages.list(found.id)[0]
    assert (message.content, message.sender_name) == ("Hello\nthere", "Agent")
    assert (message.is_internal, found.status) == (False, "open")
    events = acme.events.of_ticket(found.id).items
    assert {event.actor.type for event in events if event.type == "message.created"} == {"member"}


def test_a_note_is_not_for_customers(acme: Workspace, agent: Browser) -> None:
    path = ticket(acme)
    agent.send(f"{path}/messages", {"content": "A bug", "kind": "note", "then": ""}, form=path)
    assert acme.messages.list(path.rpartition("/")[2])[0].is_internal
    assert "Internal note" in agent.see(path).text


@pytest.mark.parametrize("then", ["pending", "resolved"])
def test_a_reply_is_sent_and_the_status_set_at_once(
    acme: Workspace, agent: Browser, then: str
) -> None:
    path = ticket(acme)
    agent.send(f"{path}/messages", {"content": "Done", "kind": "reply", "then": then}, form=path)
    assert acme.tickets.list().items[0].status == then


def test_what_was_typed_is_kept_if_it_is_refused(acme: Workspace, agent: Browser) -> None:
    path = ticket(acme)
    given = {"content": "x" * 100_001, "kind": "note", "then": "resolved"}
    answer = agent.send(f"{path}/messages", given, form=path)
    assert answer.status_code == 422
    assert "Message must be at most 100,000 characters" in answer.text
    assert "x" * 100_001 in answer.text
    assert 'value="note" checked' in answer.text
    assert acme.tickets.list().items[0].status == "new"


def test_what_came_meanwhile_is_shown_before_a_reply_goes(acme: Workspace, agent: Browser) -> None:
    path = ticket(acme, initial_message="Hello")
    id = path.rpartition("/")[2]
    given = {"content": "Answer", "kind": "reply", "then": "resolved"}
    seen = acme.messages.list(id)[-1].id
    acme.messages.create(id, content="Solved already!", sender="customer")
    answer = agent.send(f"{path}/messages", {**given, "seen": seen}, form=path)
    shown = Seen(answer.text)
    assert answer.status_code == 422
    assert "Somebody has written meanwhile." in shown.text
    fresh = [each for each in shown.all("li") if "fresh" in each.get("class", "")]
    assert len(fresh) == 1 and "\nAnswer</textarea>" in answer.text
    assert acme.tickets.get(id).message_count == 2
    hidden = {each.get("name"): each.get("value", "") for each in shown.all("input")}
    again = agent.send(f"{path}/messages", {**given, "seen": hidden["seen"]}, form=path)
    assert again.headers["Location"] == f"{path}?done=sent"
    assert acme.tickets.get(id).status == "resolved"


def test_what_was_typed_is_given_back_to_who_is_signed_out(
    desk: Helpdesk, acme: Workspace, agent: Browser
) -> None:
    path = ticket(acme)
    token = agent.token(path)
    desk.sessions.end_all(acme.members.list().items[0].id)
    data = {"form_token": token, "content": "Long <b>text", "kind": "reply", "then": ""}
    for headers, shown in (({}, True), ({"Origin": "http://evil.example"}, False)):
        answer = agent.client.post(f"{path}/messages", data=data, headers=headers)
        assert answer.status_code == (401 if shown else 403)
        assert ("Long &lt;b&gt;text" in answer.text) is shown
    assert acme.tickets.list().items[0].message_count == 0


def test_what_was_typed_before_signing_in_again_is_put_back(
    desk: Helpdesk, acme: Workspace, agent: Browser, signed_in: SignIn
) -> None:
    """As a form without scripts does it: signed out while writing, signed in elsewhere, back."""
    path = ticket(acme)
    data = {"form_token": agent.token(path), "content": "Long <b>text", "kind": "note", "then": ""}
    desk.sessions.end_all(acme.members.list().items[0].id)
    out = agent.client.post(f"{path}/messages?view=all", data=data)
    assert out.status_code == 401
    form = Seen(out.text)
    way = next(each["href"] for each in form.all("a") if each.get("target") == "_blank")
    assert way == f"/inbox/acme/sign-in?next={path}"
    assert form.all("form")[0]["action"] == f"{path}/messages?view=all"
    sent = {each["name"]: each["value"] for each in form.all("input")}
    assert {**sent, "content": data["content"]} == {**sent, **data}
    agent.client = signed_in("agent").client
    back = agent.client.post(f"{path}/messages?view=all", data={**sent, **data})
    assert back.status_code == 422
    assert "You have signed in anew" in back.text and "Long &lt;b&gt;text</textarea>" in back.text
    assert acme.tickets.list().items[0].message_count == 0
    token = next(e["value"] for e in Seen(back.text).all("input") if e["name"] == "form_token")
    again = {**sent, **data, "form_token": token}
    assert agent.client.post(f"{path}/messages?view=all", data=again).status_code == 303
    assert acme.messages.list(path.rpartition("/")[2])[0].content == "Long <b>text"


def test_a_merged_ticket_leads_to_the_one_that_it_is_merged_into(
    acme: Workspace, agent: Browser
) -> None:
    one, other = ticket(acme), ticket(acme)
    acme.tickets.merge(one.rpartition("/")[2], other.rpartition("/")[2])
    answer = agent.get(f"{one}?view=all")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{other}?view=all")


def test_what_is_written_to_a_ticket_that_was_merged_meanwhile_is_kept(
    acme: Workspace, agent: Browser
) -> None:
    one, other = (ticket(acme, initial_message="Hello") for _ in range(2))
    given = {"content": "Answer", "kind": "reply", "then": "", "form_token": agent.token(one)}
    given["seen"] = acme.messages.list(one.rpartition("/")[2])[-1].id
    acme.tickets.merge(one.rpartition("/")[2], other.rpartition("/")[2])
    answer = agent.client.post(f"{one}/messages", data=given)
    assert answer.status_code == 422
    assert "\nAnswer</textarea>" in answer.text
    assert f'action="{other}/messages' in answer.text


@pytest.mark.parametrize(("kind", "then"), [("", ""), ("reply", "deleted"), ("secret", "")])
def test_a_choice_that_no_page_offers_is_refused(
    acme: Workspace, agent: Browser, kind: str, then: str
) -> None:
    path = ticket(acme)
    answer = agent.send(f"{path}/messages", {"content": "x", "kind": kind, "then": then}, form=path)
    assert answer.status_code == 400
    assert acme.tickets.list().items[0].message_count == 0


def changed(**values: str) -> dict[str, str]:
    was = {"status": "new", "priority": "normal", "assigned_to": ""}
    return {**was, **values} | {f"was_{name}": value for name, value in was.items()}


def test_a_form_changes_what_was_changed_in_it(acme: Workspace, agent: Browser) -> None:
    path = ticket(acme)
    id = path.rpartition("/")[2]
    acme.tickets.update(id, priority="urgent")
    answer = agent.send(path, changed(status="pending"))
    assert answer.headers["Location"] == f"{path}?done=changed"
    found = acme.tickets.get(id)
    assert (found.status, found.priority) == ("pending", "urgent")


def test_a_ticket_is_assigned_and_given_back(acme: Workspace, agent: Browser) -> None:
    path = ticket(acme)
    me = acme.members.list().items[0].id
    agent.send(path, changed(assigned_to=me))
    assert acme.tickets.list().items[0].assigned_to == me
    agent.send(path, {**changed(), "was_assigned_to": me})
    assert acme.tickets.list().items[0].assigned_to is None


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("status", "opne", "Status must be one of: new, open, pending, resolved, closed"),
        ("assigned_to", "mem_" + "0" * 32, "Assigned to"),
    ],
)
def test_a_value_that_cannot_be_is_told_beside_it(
    acme: Workspace, agent: Browser, name: str, value: str, told: str
) -> None:
    answer = agent.send(ticket(acme), changed(**{name: value}))
    assert answer.status_code == 422
    assert told in Seen(answer.text).text


def test_links_and_quotes_are_shown_as_such(acme: Workspace, agent: Browser) -> None:
    content = "See https://example.com/a?b=1&c=2.\n> What do you mean?\n> Really?"
    seen = agent.see(ticket(acme, initial_message=content))
    links = [each for each in seen.all("a") if each["href"].startswith("http")]
    assert [(each["href"], each["rel"]) for each in links] == [
        ("https://example.com/a?b=1&c=2", "noopener noreferrer nofollow ugc")
    ]
    assert len(seen.all("blockquote")) == 1


def test_what_is_known_stands_beside_a_conversation(acme: Workspace, signed_in: SignIn) -> None:
    for key, type in (("region", "text"), ("seats", "number"), ("vip", "boolean")):
        acme.custom_fields.create(name=key.title(), key=key, type=type, entity_type="tickets")
    acme.custom_fields.create(
        name="Parts", key="parts", type="multiselect", entity_type="tickets", options=["A", "B"]
    )
    values = {"region": "EU <b>", "seats": 2.5, "vip": False, "parts": ["A", "B"]}
    path = ticket(acme, customer_email="jane@example.com", custom_fields=values)
    other = ticket(acme, "Another one", customer_email="jane@example.com")
    seen = signed_in("viewer").see(path)
    assert "Region EU <b> Seats 2.5 Vip No Parts A, B" in seen.text
    assert "jane@example.com" in seen.text
    beside = [each["href"] for each in seen.all("a") if each["href"].startswith(other)]
    assert len(beside) == 2


# --- who may not


def test_a_viewer_reads_and_does_not_write(acme: Workspace, signed_in: SignIn) -> None:
    viewer = signed_in("viewer")
    path = ticket(acme, initial_message="Hello")
    seen = viewer.see(path)
    assert "Hello" in seen.text
    assert not seen.all("textarea")
    assert all("disabled" in each for each in seen.all("select"))
    for target, values in (
        (f"{path}/messages", {"content": "x", "kind": "reply", "then": ""}),
        (path, changed(status="closed")),
    ):
        answer = viewer.send(target, values, form=path)
        assert answer.status_code == 403
        assert "You may not do that" in answer.text
    unchanged = acme.tickets.list().items[0]
    assert (unchanged.status, unchanged.message_count) == ("new", 1)


def test_a_role_that_was_taken_away_is_gone_at_once(acme: Workspace, agent: Browser) -> None:
    path = ticket(acme)
    token = agent.token(path)
    acme.members.update(acme.members.list().items[0].id, role="viewer")
    data = {"form_token": token, "content": "x", "kind": "reply", "then": ""}
    assert agent.client.post(f"{path}/messages", data=data).status_code == 403


def test_a_ticket_of_another_team_is_as_none(
    desk: Helpdesk, acme: Workspace, agent: Browser
) -> None:
    foreign = desk.workspace("other").tickets.create(title="Secret").id
    tested = desk.workspace("acme", "test").tickets.create(title="Tested").id
    for id in (foreign, tested, "tkt_" + "0" * 32, "x", "%00", "a" * 3_000):
        answer = agent.get(f"/inbox/acme/tickets/{id}")
        assert answer.status_code == 404
        assert "Secret" not in answer.text
    assert ticket(acme)


# --- what is typed by strangers


@pytest.mark.parametrize("text", XSS)
def test_what_strangers_write_stays_text(desk: Helpdesk, agent: Browser, text: str) -> None:
    acme = desk.workspace("acme")
    harmless = ticket(acme, "Harmless", initial_message="Hello")
    plain = Seen(agent.get(harmless).text)
    path = ticket(
        acme,
        text,
        customer_name=text,
        initial_message=text,
        tags=[text[:60].replace(",", "")],
        notes=text,
    )
    acme.messages.create(path.rpartition("/")[2], content=text, sender_name=text)
    seen = Seen(agent.get(path).text)
    assert text in "".join(seen.words)
    assert {name for name, _ in seen.tags} <= {name for name, _ in plain.tags} | {"dt", "dd"}
    assert not [name for _, each in seen.tags for name in each if name.startswith("on")]
    assert not [each for each in seen.all("a") if each["href"].startswith("javascript")]


def test_a_page_with_all_it_brings_is_small(acme: Workspace, agent: Browser) -> None:
    for number in range(40):
        ticket(acme, f"Ticket {number} " + "long " * 40, tags=["billing", "urgent", "refund"])
    path = ticket(acme, initial_message="Hello " * 500)
    page = agent.get(path)
    links = {each for each in Seen(page.text).links() if "/static/" in each}
    files = [agent.get(link, Accept_Encoding="gzip") for link in links]
    assert len(page.data) + sum(len(file.data) for file in files) < 150_000


# --- what a row shows of what was written


def row_of(agent: Browser, view: str = "all") -> str:
    html = agent.get(f"/inbox/acme/views/{view}").text
    return html.partition('<span class="excerpt')[2].partition('<span class="facts">')[0]


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ({"content": "My bell\n\n  is <b>gone</b>", "sender": "customer"},
         ' of-message"><bdi>My bell is &lt;b&gt;gone&lt;/b&gt;</bdi>'),
        ({"content": "On its way", "sender_name": "Ada"},
         ' of-message"><bdi class="by">Ada:</bdi> <bdi>On its way</bdi>'),
        ({"content": "> Is it?\n\nIt is", "sender": "customer"}, ' of-message"><bdi>It is</bdi>'),
        ({"content": "> Is it?", "sender": "customer"}, ' of-message"><bdi>&gt; Is it?</bdi>'),
        ({"content": "Merged", "sender": "system"}, ' of-message"><bdi>Merged</bdi>'),
    ],
)  # fmt: skip
def test_a_row_shows_how_the_newest_message_begins(
    acme: Workspace, agent: Browser, message: dict[str, str], shown: str
) -> None:
    id = ticket(acme, initial_message="Hello").rpartition("/")[2]
    acme.messages.create(id, **message)
    assert row_of(agent).startswith(shown)


def test_a_row_tells_what_is_internal(acme: Workspace, signed_in: SignIn) -> None:
    id = ticket(acme).rpartition("/")[2]
    acme.messages.create(id, content="Between us", sender_name="Ada", is_internal=True)
    shown = row_of(signed_in("viewer"))
    assert shown.startswith(' of-internal"><svg') and "Internal note: " in shown
    assert "Between us" in shown


def test_a_row_of_a_silent_ticket_shows_none_and_a_long_message_is_cut(
    acme: Workspace, agent: Browser
) -> None:
    path = ticket(acme)
    assert row_of(agent) == ""
    acme.messages.create(path.rpartition("/")[2], content="word " * 20_000)
    assert "word…</bdi>" in row_of(agent) and len(row_of(agent)) < 300
