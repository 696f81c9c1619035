"""The form with which members answer, and how a thread reads."""

import pytest

from cstar_core import Helpdesk, Workspace
from cstar_web.inbox.reading import blocks
from tests.core.tracing import queries
from tests.growth import grows_with
from tests.web.inbox.browser import Browser, Seen
from tests.web.inbox.conftest import SignIn

SCRIPT = {"HX_Request": "true"}


@pytest.fixture
def acme(desk: Helpdesk) -> Workspace:
    return desk.workspace("acme")


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


# --- the thread

READ: tuple[tuple[str, list[tuple[bool, str]]], ...] = (
    ("Hi", [(False, "Hi")]),
    ("Hi\n> So?\n>\n> Yes", [(False, "Hi"), (True, "> So?\n>\n> Yes")]),
    ("> So?\nNo\n> But?", [(True, "> So?"), (False, "No"), (True, "> But?")]),
    (
        "Thanks\n\nOn Monday, Jane wrote:\n\n> Hello\n> there",
        [(False, "Thanks"), (True, "On Monday, Jane wrote:\n\n> Hello\n> there")],
    ),
    (
        "Thanks\nOn 1 Jan 2025, Jane Smith\n<jane@example.com> wrote:\n> Hello\nNo, I said",
        [
            (False, "Thanks"),
            (True, "On 1 Jan 2025, Jane Smith\n<jane@example.com> wrote:\n> Hello"),
            (False, "No, I said"),
        ],
    ),
    ("Danke\nAm 1.1. schrieb:\nHallo", [(False, "Danke"), (True, "Am 1.1. schrieb:\nHallo")]),
    ("On Monday, Jane wrote:\nHello", [(False, "On Monday, Jane wrote:\nHello")]),
    ("A\n-----Original Message-----\nB", [(False, "A"), (True, "-----Original Message-----\nB")]),
    (
        "Ja\nAm Mo., 1. Jan. 2024 um 10:00 Uhr schrieb Jane <j@a.example>:\n\n> Hallo",
        [
            (False, "Ja"),
            (True, "Am Mo., 1. Jan. 2024 um 10:00 Uhr schrieb Jane <j@a.example>:\n\n> Hallo"),
        ],
    ),
    (
        "A\n-----Ursprüngliche Nachricht-----\nB",
        [(False, "A"), (True, "-----Ursprüngliche Nachricht-----\nB")],
    ),
    (
        "Thanks\n\nFrom: Acme <a@b.example>\nSent: Monday\nTo: Jane\nSubject: Bell\n\nHello",
        [
            (False, "Thanks"),
            (True, "From: Acme <a@b.example>\nSent: Monday\nTo: Jane\nSubject: Bell\n\nHello"),
        ],
    ),
    (
        "My journey\nVon: Berlin\nDatum: 3. Mai",
        [(False, "My journey\nVon: Berlin\nDatum: 3. Mai")],
    ),
    (
        "Oui\nLe 1 mai, Jane a écrit :\n> Oui?",
        [(False, "Oui"), (True, "Le 1 mai, Jane a écrit :\n> Oui?")],
    ),
    ("   ", []),
)


@pytest.mark.parametrize(("text", "found"), READ)
def test_what_is_quoted_is_told_from_what_is_said(text: str, found: list[tuple[bool, str]]) -> None:
    read = [
        (block.is_quote, "".join(piece.text for piece in block.pieces)) for block in blocks(text)
    ]
    assert read == found


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("See https://example.com/a?b=1.", ["https://example.com/a?b=1"]),
        ("HTTP://EXAMPLE.COM", ["HTTP://EXAMPLE.COM"]),
        ("mailto:jane@example.com", ["mailto:jane@example.com"]),
        ("javascript:alert(1) data:text/html,x ftp://example.com", []),
        ('https://example.com/"onclick="x', ["https://example.com/"]),
        ("(https://example.com)", ["https://example.com"]),
        ("https://example.com/a_(b).", ["https://example.com/a_(b)"]),
        ("**https://example.com/a**", ["https://example.com/a"]),
        ("见https://example.com/路。好", ["https://example.com/路"]),
        ("https://example.com/\u202egpj.exe", ["https://example.com/"]),
        ("https://example.com\\@evil.example", ["https://example.com"]),
        ("https://example.com@evil.example/", []),
        ("https://[ https://... https:// https://a:99999999/ mailto:nobody", []),
        ("https://" + "a" * 300 + ".example", []),
    ],
)
def test_what_leads_elsewhere_is_a_link(text: str, links: list[str]) -> None:
    assert [piece.link for block in blocks(text) for piece in block.pieces if piece.link] == links


def test_a_host_whose_letters_look_like_others_is_told(
    acme: Workspace, agent: Browser, path: str
) -> None:
    acme.messages.create(id_of(path), content="https://p\u0430ypal.com/a and https://paypal.com")
    assert "https://p\u0430ypal.com/a (xn--pypal-4ve.com) and" in agent.see(path).text


@pytest.mark.parametrize(
    ("repeated", "end"),
    [
        *(("> x\n", ""), ("On \n", ""), ("https://", ""), ("\n", "x"), ("> ", "")),
        *(("https://a ", ""), (")", " https://a"), ("From: \n", ""), ("ö", "https://")),
    ],
)
def test_a_message_is_read_in_time_that_grows_with_its_length(repeated: str, end: str) -> None:
    def read(length: int) -> object:
        return blocks(repeated * (length // len(repeated)) + end)

    assert grows_with(read, 6_000, 100_000)


def shown_in(seen: Seen) -> list[str]:
    """The ids of the messages that a page shows."""
    return [each["id"] for each in seen.all("li") if each.get("id", "").startswith("msg_")]


@pytest.fixture
def long(desk: Helpdesk, acme: Workspace, path: str) -> list[str]:
    """The ids of the messages of a ticket with 160 of them."""
    with desk.transaction():
        for number in range(1, 160):
            acme.messages.create(id_of(path), content=f"Number {number}.")
    return [each.id for each in acme.messages.list(id_of(path))]


def test_a_long_thread_begins_with_its_newest_messages(
    agent: Browser, path: str, long: list[str]
) -> None:
    newest = agent.see(path)
    assert shown_in(newest) == long[-50:]
    assert "110 earlier messages" in newest.text and "later message" not in newest.text
    before = agent.get(f"{path}?before={long[-50]}")
    assert shown_in(Seen(before.text)) == long[10:110]
    assert "10 earlier messages" in before.text and "50 later messages" in before.text
    assert hidden(before.text)["seen"] == long[-1]
    assert any(f"before={long[-50]}" in link for link in newest.links())


def test_a_link_to_a_message_leads_to_it_wherever_it_is(
    agent: Browser, path: str, long: list[str]
) -> None:
    assert f'id="{long[30]}"' not in agent.get(path).text
    around = agent.see(f"{path}?at={long[30]}")
    assert long[30] in shown_in(around) and len(shown_in(around)) == 50
    leading = [each["href"] for each in around.all("a") if each.get("class") == "when"]
    assert any(each.endswith(f"at={long[30]}#{long[30]}") for each in leading)
    assert shown_in(agent.see(f"{path}?at=first")) == long[:50]


@pytest.mark.parametrize("asked", ["before", "at"])
def test_a_message_that_is_not_there_leads_to_the_newest(
    acme: Workspace, agent: Browser, path: str, long: list[str], asked: str
) -> None:
    other = acme.tickets.create(title="x", customer_name="Bo", initial_message="Of Bo").id
    foreign = acme.messages.list(other)[0].id
    for id in ("x", foreign, "msg_" + "0" * 32, "%00", "9" * 300, "first"):
        if (asked, id) != ("at", "first"):
            assert shown_in(agent.see(f"{path}?{asked}={id}")) == long[-50:]


def test_what_is_new_above_what_is_shown_can_be_reached(
    agent: Browser, path: str, long: list[str]
) -> None:
    agent.send(f"{path}/draft", typed("Half", seen=long[20]), form=path)
    seen = agent.see(path)
    assert "To the first new message" in seen.text
    leading = [each["href"] for each in seen.all("a") if f"at={long[21]}" in each.get("href", "")]
    assert leading and shown_in(agent.see(leading[0].partition("#")[0]))[5] == long[21]


def test_a_page_has_bounds_however_long_the_messages_are(
    desk: Helpdesk, acme: Workspace, agent: Browser, path: str
) -> None:
    with desk.transaction():
        for _ in range(20):
            acme.messages.create(id_of(path), content="x" * 100_000)
    assert len(agent.get(path).text) < 600_000


def test_a_stranger_in_a_conversation_is_marked(acme: Workspace, agent: Browser, path: str) -> None:
    claimed = acme.tickets.create(
        title="x", customer_name="J", metadata={"source": "form"}, initial_message="I am Jane"
    ).id
    acme.tickets.merge(claimed, into=id_of(path))
    assert agent.see(path).text.count("Address not checked") == 1


def test_what_the_system_says_is_told_apart(acme: Workspace, agent: Browser, path: str) -> None:
    acme.messages.create(id_of(path), content="Merged", sender="system")
    acme.messages.create(id_of(path), content="A bug", is_internal=True)
    kinds = [each.get("class") for each in agent.see(path).all("li") if each.get("id")]
    assert kinds == ["message customer", "message system", "message note"]


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
