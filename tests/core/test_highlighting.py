"""Where words of a search stand in a text: the table is the specification, the index the proof."""

# ruff: noqa: RUF001 - look-alike letters are what it is about

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstar_core import Invalid, highlights, snippet
from cstar_core.engine import sqlite3
from cstar_core.highlighting import _tokens
from cstar_core.words import fold, parse_search
from tests.growth import grows_with

# A text, a search, and the parts of the text that are shown.
EXAMPLES: list[tuple[str, str, list[str]]] = [
    ("", "refund", []),
    ("Refund", "", []),
    ("Refund", '""', []),
    ("A refund, please", "refund", ["refund"]),
    ("A REFUND", "refund", ["REFUND"]),
    ("Refunds refunded", "refund", ["Refund", "refund"]),
    ("Refunds are a refund", "refund are", ["are", "refund"]),
    ("card payment, card", '"card payment"', ["card payment"]),
    ("card-payment", '"card payment"', ["card-payment"]),
    ("card payments", '"card payment"', []),
    ("card payments", "card-paym", ["card paym"]),
    ("paypal card", "card -paypal", ["card"]),
    ("number #42", "#42", []),
    ("snake_case", "case", ["case"]),
    ("café cafe\u0301 cafe", "cafe", ["café", "cafe\u0301", "cafe"]),
    ("café", "café", ["café"]),
    ("cafe\u0301s", "cafe", ["cafe\u0301"]),
    ("Straße STRASSE", "strasse", ["Straße", "STRASSE"]),
    ("Straße", "stras", ["Straß"]),
    ("İstanbul ISTANBUL ıstanbul", "istanbul", ["İstanbul", "ISTANBUL", "ıstanbul"]),
    ("ΟΔΟΣ οδος", "οδος", ["ΟΔΟΣ", "οδος"]),
    ("ﬁnance", "fin", ["ﬁn"]),
    ("ﬁnance", "f", ["ﬁ"]),
    ("Ǆ ǆ", "dz", ["Ǆ", "ǆ"]),
    ("東京都へ", "東京", ["東京"]),
    ("東京都へ", "東京都", ["東京都"]),
    ("東京都へ", "京", ["京"]),
    ("東京と京都", "京都", ["京都"]),
    ("これは東京abc", "東京abc", ["東京abc"]),
    ("ｶﾞｽ", "ガス", ["ｶﾞｽ"]),
    ("한국어", "한국", ["한국"]),
    ("\u1112\u1161\u11ab\u1100\u116e\u11a8", "한국", ["\u1112\u1161\u11ab\u1100\u116e\u11a8"]),
    ("😀 refund 👩\u200d👧", "refund", ["refund"]),
    ("a\0b", "b", ["b"]),
    ("x", "a\ud800", []),
]


@pytest.mark.parametrize(("text", "search", "parts"), EXAMPLES)
def test_what_is_searched_for_is_found_where_it_stands(
    text: str, search: str, parts: list[str]
) -> None:
    assert [text[start:end] for start, end in highlights(text, search)] == parts


class Index:
    """The tokenizer and the queries of the search index, for one text at a time."""

    def __init__(self) -> None:
        self.file = sqlite3.connect(":memory:")
        tokenizer = 'tokenize="unicode61 remove_diacritics 2"'
        self.file.execute(f"CREATE VIRTUAL TABLE d USING fts5(text, {tokenizer})")
        self.file.execute("CREATE VIRTUAL TABLE words USING fts5vocab(d, 'instance')")

    def put(self, text: str) -> None:
        self.file.execute("DELETE FROM d")
        self.file.execute("INSERT INTO d VALUES (?)", (fold(text),))

    def words(self) -> list[str]:
        found = self.file.execute("SELECT term FROM words ORDER BY offset").fetchall()
        return [word for (word,) in found]

    def matches(self, expression: str) -> bool:
        query = "SELECT count(*) FROM d WHERE d MATCH ?"
        return bool(self.file.execute(query, (expression,)).fetchone()[0])


@pytest.fixture(scope="module")
def index() -> Iterator[Index]:
    made = Index()
    yield made
    made.file.close()


# What is older than the tables of every SQLite, and is a letter, a mark or a sign in all of them.
LETTERS = st.one_of(
    st.sampled_from(
        "abc ABC ß İ ı é e\u0301 \u0301 Σς ﬁ Ǆ 東京都 ガ ｶﾞ \u3099 한 \u1112\u1161\u11ab _-,.\n"
    ),
    st.characters(min_codepoint=32, max_codepoint=0x24F),
    st.characters(min_codepoint=0x370, max_codepoint=0x3FF, categories=("L", "P")),
    st.characters(min_codepoint=0x3041, max_codepoint=0x30FF, categories=("L", "M")),
    st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5),
    st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3),
)
TEXTS = st.text(alphabet=LETTERS, max_size=40)


@given(TEXTS)
def test_a_text_has_the_words_that_the_index_has_of_it(index: Index, text: str) -> None:
    index.put(text)
    assert [token.word for token in _tokens(text)] == index.words()


@given(TEXTS, TEXTS)
def test_what_the_index_finds_has_places(index: Index, text: str, search: str) -> None:
    index.put(text)
    match = parse_search(search).match
    if match and index.matches(match):
        assert highlights(text, search)


@given(TEXTS.filter(lambda text: bool(parse_search(text).match)), TEXTS, TEXTS)
def test_a_text_that_is_searched_for_is_found_in_itself(word: str, before: str, after: str) -> None:
    words = " ".join(word.replace('"', " ").replace("-", " ").split())
    text = f"{before} {words} {after}"
    if words and parse_search(words).match:
        assert highlights(text, words)


@given(st.text(max_size=60), st.text(max_size=20), st.integers(1, 80))
def test_places_are_in_order_and_in_the_text_whatever_it_is(
    text: str, search: str, most: int
) -> None:
    spans = highlights(text, search)
    edges = [edge for span in spans for edge in span]
    assert edges == sorted(set(edges)) and all(0 <= edge <= len(text) for edge in edges)
    part = snippet(text, search, most)
    assert part.text in text and len(part.text) <= most
    assert part.cut_before or text.startswith(part.text)
    assert part.cut_after or text.endswith(part.text)
    assert all(0 <= start < end <= len(part.text) for start, end in part.spans)
    assert bool(part.spans) or not spans


@given(TEXTS, TEXTS)
def test_every_place_holds_what_was_searched_for(text: str, search: str) -> None:
    # Each part that is shown begins with the beginning of one of the words.
    words = [token.word for token in _tokens(search)]
    for start, end in highlights(text, search):
        (first, *_) = _tokens(text[start:end])
        assert any(word.startswith(first.word) or first.word.startswith(word) for word in words)


SNIPPETS = [
    ("The parcel never came, so I want a refund", "refund", 20,
     ("so I want a refund", ["refund"], True, False)),
    ("A refund for the parcel that never came", "refund", 20,
     ("A refund for the", ["refund"], False, True)),
    ("one two three four five six seven", "four", 16, ("four five six", ["four"], True, True)),
    ("one two three four", "none", 9, ("one two", [], False, True)),
    ("short", "short", 200, ("short", ["short"], False, False)),
    ("x" * 50, "x", 10, ("x" * 10, ["x"], False, True)),
    ("cafe\u0301" * 5, "none", 4, ("caf", [], False, True)),
    ("👩\u200d👧" * 3, "none", 4, ("👩\u200d👧", [], False, True)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "search", "most", "shown"), SNIPPETS)
def test_a_snippet_is_around_the_first_place(
    text: str, search: str, most: int, shown: tuple[str, list[str], bool, bool]
) -> None:
    part = snippet(text, search, most)
    parts = [part.text[start:end] for start, end in part.spans]
    assert (part.text, parts, part.cut_before, part.cut_after) == shown


def test_a_snippet_has_some_length() -> None:
    with pytest.raises(Invalid):
        snippet("x", "x", 0)


WORST = [
    ("a ", '"a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a b"'),
    ("a", "a"),
    ("é", "e"),
    ("\u0301", "e"),
    ("a\u0301", "a"),
    ("東", " ".join("東京都道府県市区町村字番地号")),
    ("ab ", " ".join(f'"ab{chr(97 + i)}"' for i in range(26))),
    ("한", "한"),
    ("\u1161", "한"),
    ("👩\u200d", "x"),
    (" ", "x"),
]


@pytest.mark.no_cover
@pytest.mark.parametrize(("repeated", "search"), WORST)
def test_time_grows_with_the_length_of_the_text(repeated: str, search: str) -> None:
    def shown(length: int) -> object:
        return snippet(repeated * (length // len(repeated)), search)

    assert grows_with(shown, 5_000, 80_000)
