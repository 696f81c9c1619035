"""How a thread reads: quotes, links and strangers, and a long one in parts."""

import pytest

from cstar_core import Helpdesk, Workspace
from cstar_web.inbox.reading import blocks
from tests.growth import grows_with
from tests.web.inbox.browser import Browser, Seen
from tests.web.inbox.test_conversation import hidden, id_of, typed


@pytest.fixture
def path(acme: Workspace) -> str:
    made = acme.tickets.create(title="Late", customer_name="Jane", initial_message="Hello")
    return f"/inbox/acme/tickets/{made.id}"


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


@pytest.mark.no_cover
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
