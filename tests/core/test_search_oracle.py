"""Search against a plain matcher, and against texts that nobody thought of."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cstar_core import Helpdesk, Workspace
from tests.core.vocabulary import ids

WORDS = ["ab", "abc", "abd", "b", "bc", "card", "cart", "car", "payment", "pay", "refund", "re"]
QUERIES = st.lists(
    st.tuples(st.sampled_from(["", "-"]), st.lists(st.sampled_from(WORDS), min_size=1, max_size=2)),
    min_size=1,
    max_size=4,
)


@pytest.fixture(scope="module")
def texts() -> list[str]:
    chance = random.Random(1)
    return [" ".join(chance.choices(WORDS, k=chance.randrange(1, 6))) for _ in range(60)]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> Iterator[Workspace]:
    path: Path = tmp_path_factory.mktemp("oracle") / "desk.db"
    with Helpdesk.open(path) as desk:
        room = desk.workspace(desk.teams.create("Acme").slug)
        with desk.transaction():
            for text in texts:
                room.tickets.create(title=text)
        yield room


def contains(text: list[str], phrase: list[str], *, prefix: bool) -> bool:
    size = len(phrase)
    for start in range(len(text) - size + 1):
        part = text[start : start + size]
        if part == phrase or (prefix and size == 1 and part[0].startswith(phrase[0])):
            return True
    return False


@settings(deadline=None, max_examples=150)
@given(query=QUERIES)
def test_ascii_words_are_found_as_by_a_plain_matcher(
    library: Workspace, texts: list[str], query: list[tuple[str, list[str]]]
) -> None:
    parts = [
        minus + (words[0] if len(words) == 1 else f'"{" ".join(words)}"') for minus, words in query
    ]
    last = len(query) - 1
    expected = [
        text
        for text in texts
        if all(
            contains(text.split(), words, prefix=not minus and i == last) is not bool(minus)
            for i, (minus, words) in enumerate(query)
        )
    ]
    page = library.tickets.list(search=" ".join(parts), sort="number", page_size=100)
    assert [ticket.title for ticket in page.items] == expected
    assert page.total == len(expected)


@settings(deadline=None, max_examples=300)
@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60))
def test_no_text_is_an_error(library: Workspace, text: str) -> None:
    found = library.tickets.list(search=text, page_size=100)
    assert found.total == len(found.items) <= 60
    library.tickets.list(search=text, sort="relevance" if text.strip() else "number")
    library.customers.list(search=text)


SYNTAX = st.text(st.sampled_from('"*():^{}+-#. ANDORTabc東\u3099\u0301'), max_size=30)


@settings(deadline=None, max_examples=300)
@given(text=SYNTAX)
def test_no_text_in_the_words_of_the_index_is_an_error(library: Workspace, text: str) -> None:
    assert library.tickets.list(search=text).total <= 60


@settings(deadline=None, max_examples=100)
@given(
    title=st.text(
        st.characters(exclude_categories=["Cs", "Cn", "Co"], exclude_characters="\0"),
        min_size=1,
        max_size=40,
    ).filter(str.strip)
)
def test_any_text_can_be_indexed_found_by_its_id_and_taken_out_again(
    library: Workspace, title: str
) -> None:
    ticket = library.tickets.create(title=title)
    assert ids(library.tickets.list(search=ticket.id).items) == [ticket.id]
    library.tickets.delete(ticket.id)
    assert library.tickets.list().total == 60
