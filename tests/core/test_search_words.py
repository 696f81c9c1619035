"""The last word of a search: a beginning, looked for as the words that begin so if they are few."""

import re

import pytest

from cstar_core import Helpdesk, Workspace
from cstar_core.search import WORDS_MAX
from tests.core.tracing import queries
from tests.core.vocabulary import titles

TITLES = [
    "order", "ordered", "ordering", "Orders!", "orde", "border", "x-order", "card order",
    "card orders", "naïve", "naïvely", "überorder", "東京 orders", "order1", "mail@example.com",
    "mail@example.community", "a_order",
]  # fmt: skip
# A search, and the expression that the index is asked.
SPELLED: list[tuple[str, str]] = [
    ("order", '"order" OR "order1" OR "ordered" OR "ordering" OR "orders"'),
    ("ORDER", '"order" OR "order1" OR "ordered" OR "ordering" OR "orders"'),
    ("ordering", '"ordering"'),
    ("orde card", '"orde" AND "card"'),
    ("card-orders", '"card-orders"'),
    ("card-ord", '"card-ord" OR "card-orde" OR "card-order" OR'),
    ("mail@example.c", '"mail@example.c" OR "mail@example.card" OR "mail@example.com" OR'),
    ("nowhere", '"nowhere"'),
    ("naïv", '"naiv" OR "naive" OR "naively"'),
    ("東", '"東"*'),
    ("über", '"uber" OR "uberorder"'),
]


@pytest.fixture
def room(acme: Workspace) -> Workspace:
    for title in TITLES:
        acme.tickets.create(title=title)
    return acme


def asked(desk: Helpdesk, room: Workspace, search: str, sort: str = "-created_at") -> str:
    """The expression that the index is asked for a search."""
    run = queries(desk, lambda: room.tickets.list(search=search, sort=sort))
    found = [match[1] for text in run if (match := re.search(r"MATCH '(.*?)'\)?", text))]
    assert len(set(found)) == 1
    return found[0]


@pytest.mark.parametrize(("search", "expression"), SPELLED)
def test_a_beginning_is_spelled_out(
    desk: Helpdesk, room: Workspace, search: str, expression: str
) -> None:
    assert expression in asked(desk, room, search)


BEGINNINGS = ["o", "or", "ord", "order", "orderi", "card o", "x-o", "mail@example.co", "a_or", "b"]


@pytest.mark.parametrize("search", BEGINNINGS)
def test_a_beginning_finds_what_begins_so(room: Workspace, search: str) -> None:
    head, last = re.fullmatch(r"(.*?)([a-z]+)", search).groups()  # type: ignore[union-attr]
    words = {title: re.findall(r"[^\W_]+", title.lower()) for title in TITLES}
    wanted = re.findall(r"[a-z]+", head)
    expected = [
        title
        for title in TITLES
        if any(word.startswith(last) for word in words[title])
        and all(word in words[title] for word in wanted)
    ]
    assert titles(room.tickets.list(search=search, sort="number").items) == expected


@pytest.mark.parametrize(("number", "beginning"), [(WORDS_MAX, False), (WORDS_MAX + 1, True)])
def test_a_beginning_of_many_words_stays_one(
    desk: Helpdesk, acme: Workspace, number: int, beginning: bool
) -> None:
    for i in range(number):
        acme.tickets.create(title=f"many{i}")
    assert acme.tickets.list(search="many").total == number
    assert ('"many"*' in asked(desk, acme, "many")) is beginning


def test_words_with_other_letters_keep_a_beginning_whole(desk: Helpdesk, acme: Workspace) -> None:
    acme.tickets.create(title="cafeλ")
    assert asked(desk, acme, "cafe") == '(("cafe"*))'
    assert acme.tickets.list(search="cafe").total == 1


def test_relevance_ranks_by_one_word(desk: Helpdesk, room: Workspace) -> None:
    assert asked(desk, room, "order", "relevance") == '(("order"*))'
    assert asked(desk, room, "ordering", "relevance") == '(("ordering"))'


def test_a_cursor_goes_on_when_there_are_new_words(acme: Workspace) -> None:
    for title in ("order", "orders", "ordered"):
        acme.tickets.create(title=title)
    first = acme.tickets.list(search="order", sort="number", page_size=1)
    acme.tickets.create(title="ordering")
    rest = acme.tickets.list(search="order", sort="number", cursor=first.next_cursor)
    assert titles(rest.items) == ["orders", "ordered", "ordering"]


def test_the_words_of_internal_messages_tell_a_publishable_key_nothing(
    acme: Workspace, public: Workspace
) -> None:
    ticket = acme.tickets.create(title="refund")
    acme.messages.create(ticket.id, content="refundable", is_internal=True)
    assert acme.tickets.list(search="refunda").total == 1
    assert public.tickets.list(search="refunda").total == 0
