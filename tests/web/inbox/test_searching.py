"""Searching in the list: what is found, told, offered and kept."""

import threading
from collections.abc import Callable
from urllib.parse import quote

import pytest

from cstar_core import Helpdesk, Workspace
from cstar_core.documents import are_waiting
from tests.core.tracing import queries
from tests.web.inbox.browser import Browser, Seen
from tests.web.inbox.conftest import SignIn

BASE = "/inbox/acme"
SEARCH = f"{BASE}/views/search"


def search(text: str, **more: str) -> str:
    return f"{SEARCH}?q={quote(text)}" + "".join(f"&{name}={each}" for name, each in more.items())


def rows(seen: Seen) -> list[str]:
    found = [each["href"] for each in seen.all("a") if each.get("class") == "row"]
    return [each.partition("?")[0].rpartition("/")[2] for each in found]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("refund", {"refund", "money"}),
        ("status:pending", {"parcel"}),
        ("tag:billing refund", {"money"}),
        ("assignee:me", {"parcel"}),
        ("-refund", {"parcel"}),
        ('"where is"', {"parcel"}),
        ("", {"refund", "money", "parcel"}),
        ("no such thing", set()),
    ],
)
def test_a_search_finds_what_its_text_says(
    acme: Workspace, agent: Browser, text: str, found: set[str]
) -> None:
    me = acme.members.list().items[0].id
    made = {
        "refund": acme.tickets.create(title="Refund please"),
        "money": acme.tickets.create(title="A refund", tags=["billing"]),
        "parcel": acme.tickets.create(title="Where is it?", status="pending", assigned_to=me),
    }
    seen = agent.see(search(text))
    assert set(rows(seen)) == {made[name].id for name in found}
    assert next(each["value"] for each in seen.all("input") if each.get("name") == "q") == text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("status:opne", "status:opne must be one of: new, open, pending"),
        ("-tag:vip", "-tag:vip cannot be excluded"),
        ("assignee:nobody-here", "assignee:nobody-here"),
        ("x" * 3_000, "must be at most"),
        ("sort:relevance", "relevance"),
        ("created:yesterdayish", "created:yesterdayish"),
    ],
)
def test_what_cannot_be_searched_for_is_told_and_finds_nothing(
    acme: Workspace, agent: Browser, text: str, told: str
) -> None:
    acme.tickets.create(title="A ticket")
    seen = agent.see(search(text))
    assert told in seen.text
    assert rows(seen) == []


@pytest.mark.parametrize("text", ["\x00", "\ud800", "'\"<b>", "%", "(", "*", "\\", "a" * 1_999])
def test_any_text_can_be_searched_for(acme: Workspace, agent: Browser, text: str) -> None:
    acme.tickets.create(title="A ticket")
    answer = agent.get(f"{SEARCH}?q={quote(text.encode('utf-8', 'surrogatepass'))}")
    assert answer.status_code == 200
    assert "<b>" not in answer.text


def test_what_was_searched_for_is_marked(acme: Workspace, agent: Browser) -> None:
    acme.tickets.create(
        title="A <b>refund</b>", customer_name="Refunder", notes="x " * 99 + "refund"
    )
    answer = agent.get(search("refund"))
    assert "A &lt;b&gt;<mark>refund</mark>&lt;/b&gt;" in answer.text
    assert "<mark>Refund</mark>er" in answer.text
    assert '<span class="excerpt of-notes">' in answer.text and "<bdi>…" in answer.text


def test_a_list_has_the_order_that_is_chosen(acme: Workspace, agent: Browser) -> None:
    one, other = (acme.tickets.create(title=f"Refund {n}", priority=n) for n in ("urgent", "low"))
    assert rows(agent.see(search("refund", sort="-priority"))) == [one.id, other.id]
    assert rows(agent.see(search("refund sort:priority"))) == [other.id, one.id]
    assert set(rows(agent.see(search("refund", sort="relevance")))) == {one.id, other.id}
    for wrong in ("relevance", "x", "-number%00"):
        assert len(rows(agent.see(f"{BASE}/views/all?sort={wrong}"))) == 2


def test_a_search_goes_on_from_page_to_page_and_into_a_conversation(
    acme: Workspace, agent: Browser
) -> None:
    for number in range(40):
        acme.tickets.create(title=f"Refund {number}")
    seen = agent.see(search("refund", sort="created_at"))
    more = next(each["href"] for each in seen.all("a") if "after=" in each["href"])
    more = next(each["hx-get"] for each in seen.all("li") if "hx-get" in each)
    assert len(rows(agent.see(more))) == 10
    row = next(each["href"] for each in seen.all("a") if each.get("class") == "row")
    opened = agent.see(row)
    assert len(rows(opened)) == 30
    back = next(each["href"] for each in opened.all("a") if "back" in each.get("class", ""))
    assert rows(agent.see(back)) == rows(seen)


def test_a_search_is_saved_as_a_view(acme: Workspace, agent: Browser, signed_in: SignIn) -> None:
    acme.tickets.create(title="Hot", priority="urgent")
    for name, shared in (("Mine alone", ""), ("All of us", "yes")):
        given = {"name": name, "shared": shared, "q": "priority:urgent"}
        answer = agent.send(f"{BASE}/views", given, form=f"{BASE}/views/all")
        assert answer.status_code == 303
        seen = agent.see(answer.headers["Location"])
        assert name in seen.text and len(rows(seen)) == 1
    other = signed_in("owner").see(f"{BASE}/views/all").text
    assert "All of us 1" in other and "Mine alone" not in other


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"name": " ", "q": "refund"}, "Name"),
        ({"name": "x" * 300, "q": "refund"}, "Name must be at most"),
        ({"name": "Fine", "q": "status:opne"}, "must be one of"),
    ],
)
def test_a_view_that_cannot_be_saved_is_told_beside_what_was_typed(
    acme: Workspace, agent: Browser, given: dict[str, str], told: str
) -> None:
    acme.tickets.create(title="A refund")
    answer = agent.send(f"{BASE}/views", given, form=f"{BASE}/views/all")
    assert answer.status_code == 422
    assert told in Seen(answer.text).text
    assert acme.views.list()[-1].is_built_in


def test_a_viewer_saves_no_view(acme: Workspace, signed_in: SignIn) -> None:
    viewer = signed_in("viewer")
    acme.tickets.create(title="A refund")
    assert "Save as view" not in viewer.see(search("refund")).text
    answer = viewer.send(f"{BASE}/views", {"name": "N", "q": "x"}, form=f"{BASE}/views/all")
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("query", "offered"),
    [
        ("q=sta&at=3", "status:"),
        ("q=status:p", "pending"),
        ("q=status:p&at=x", "pending"),
        ("q=status:p&at=99999999999999999999", "pending"),
        ("q=tag:b", "billing"),
        ("q=assignee:ag", "agent@acme.example"),
    ],
)
def test_what_could_come_next_is_offered(
    acme: Workspace, agent: Browser, query: str, offered: str
) -> None:
    acme.tickets.create(title="A refund", tags=["billing"])
    found = agent.see(f"{BASE}/complete?{query}").all("li")
    assert offered in [each["data-text"] for each in found]


def test_too_long_a_text_is_not_completed(agent: Browser) -> None:
    assert agent.see(f"{BASE}/complete?q={'x' * 5_000}").all("li") == []


@pytest.fixture
def waits(desk: Helpdesk, acme: Workspace) -> Callable[[], bool]:
    """Whether any ticket waits to be indexed, as one does at first."""

    def ask() -> bool:
        with desk._store.snapshot() as snap:
            return are_waiting(snap)

    acme.tickets.create(title="Refund", tags=["vip"])
    assert ask()
    return ask


def test_a_list_without_words_waits_for_no_writer_and_not_for_the_search_index(
    desk: Helpdesk, acme: Workspace, agent: Browser, waits: Callable[[], bool]
) -> None:
    acme.views.create(name="Saved", text="tag:vip", shared=True)
    begun, answered = threading.Event(), threading.Event()
    in_time = []

    def write() -> None:
        with desk.transaction():
            begun.set()
            in_time.append(answered.wait(20))

    writer = threading.Thread(target=write)
    writer.start()
    assert begun.wait(20)
    found = [rows(agent.see(path)) for path in (f"{BASE}/", search("tag:vip"))]
    answered.set()
    writer.join(20)
    assert [len(each) for each in found] == [1, 1] and in_time == [True]
    assert waits()


@pytest.mark.parametrize("path", [search("refund"), f"{BASE}/views/all"])
def test_a_list_with_words_finds_what_still_waits_to_be_indexed(
    acme: Workspace, agent: Browser, waits: Callable[[], bool], path: str
) -> None:
    if path.endswith("all"):
        acme.views.create(name="Saved", text="refund", shared=True)
    assert len(rows(agent.see(path))) == 1
    assert not waits()


def test_a_search_shows_the_newest_message_around_what_was_found(
    acme: Workspace, agent: Browser
) -> None:
    said = "x " * 300 + "a refund, please"
    acme.tickets.create(title="Refund", initial_message=said, notes="Our refund")
    acme.tickets.create(title="Refund", initial_message="Hello", notes="Our refund")
    acme.tickets.create(title="Refund", initial_message="Good morning", notes="None")
    found = agent.get(search("refund")).text.split('<span class="excerpt')[1:]
    shown = [each.partition("</span>\n<span class")[0] for each in found]
    assert "Good morning" in shown[0]
    assert shown[1].startswith(" of-notes") and "Our <mark>refund</mark>" in shown[1]
    assert shown[2].startswith(" of-message") and "…x x" in shown[2]
    assert "a <mark>refund</mark>, please" in shown[2]


def test_an_excerpt_is_of_what_long_notes_begin_with(acme: Workspace, agent: Browser) -> None:
    acme.tickets.create(title="A refund", notes="refund " + "x" * 60_000)
    acme.tickets.create(title="A refund", notes="x " * 30_000 + "refund")
    seen = agent.get(search("refund"))
    assert seen.text.count('class="excerpt of-notes"') == 1
    assert "<mark>refund</mark> xxx" in seen.text and "xxx…" in seen.text


def test_a_list_takes_the_same_statements_whatever_it_shows(
    desk: Helpdesk, acme: Workspace, agent: Browser
) -> None:
    counts = []
    for number in (1, 35):
        for _ in range(number):
            acme.tickets.create(title="A refund", tags=["billing"], customer_name="Jane")
        agent.get(search("refund"))
        counts.append(len(queries(desk, lambda: agent.get(search("refund")))))
    assert abs(counts[0] - counts[1]) <= 2 and max(counts) <= 26
