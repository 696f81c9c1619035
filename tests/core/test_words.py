"""The tables are the specification of folding and of search texts."""

# ruff: noqa: RUF001 - look-alike letters are what it is about

import time
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstar_core.words import Search, fold, parse_search

FOLDED = [
    ("", ""),
    ("Refund", "Refund"),
    ("été", "ete"),
    ("e\u0301te\u0301", "ete"),
    ("Łódź", "lodz"),
    ("Straße", "Strasse"),
    ("Æsir œuvre", "aesir oeuvre"),
    ("ﬁle", "file"),
    ("Ａ１", "A1"),
    ("Σίσυφος", "Σισυφοσ"),
    ("東", " 東 "),
    ("東京", " 東京 京 "),
    ("東京都", " 東京 京都 都 "),
    ("ｶﾞ", " ガ "),
    ("か\u3099き", " がき き "),
    ("한국어", " 한국 국어 어 "),
    ("iPhone東京15", "iPhone 東京 京 15"),
    ("東京、大阪", " 東京 京 、 大阪 阪 "),
    ("a\0b", "a b"),
    ("é\0b", "e b"),
]

UID = "550e8400e29b41d4a716446655440000"
SEARCHES = [
    ("refund", Search(match='"refund"*')),
    ("card refund", Search(match='"card" AND "refund"*')),
    ('"card payment"', Search(match='"card payment"')),
    ('"card payment" ref', Search(match='"card payment" AND "ref"*')),
    ('"card payment', Search(match='"card payment"')),
    ("-paypal", Search(exclude='"paypal"')),
    ("card -paypal", Search(match='"card"', exclude='"paypal"')),
    ('card -"pay pal"', Search(match='"card"', exclude='"pay pal"')),
    ("-a -b", Search(exclude='"a" OR "b"')),
    ("a a b a -c -c", Search(match='"a" AND "b"', exclude='"c"')),
    ("jane@example.com", Search(match='"jane@example.com"*')),
    ("été", Search(match='"ete"*')),
    ("東京", Search(match='"東京"')),
    ("東京都", Search(match='"東京 京都"')),
    ("東", Search(match='"東"*')),
    ("abc東京", Search(match='"abc 東京"')),
    ("東京 refund", Search(match='"東京" AND "refund"*')),
    ("#42", Search(numbers=(42,))),
    ("#42 refund", Search(match='"refund"*', numbers=(42,))),
    ("#abc", Search(match='"#abc"*')),
    ("#" + "9" * 18, Search(numbers=(10**18 - 1,))),
    ("#" + "9" * 19, Search(match=f'"#{"9" * 19}"*')),
    (f"tkt_{UID}", Search(ids=(bytes.fromhex(UID),))),
    ("550e8400-e29b-41d4-a716-446655440000", Search(ids=(bytes.fromhex(UID),))),
    ("", Search(impossible=True)),
    ("!!! ...", Search(impossible=True)),
    ('""', Search(impossible=True)),
    ("-", Search(impossible=True)),
    ("- refund", Search(match='"refund"*')),
    ("AND OR NOT NEAR(", Search(match='"AND" AND "OR" AND "NOT" AND "NEAR("*')),
    ('fo"o', Search(match='"fo o"*')),
    ("title:x*", Search(match='"title:x*"*')),
]


@pytest.mark.parametrize(("text", "folded"), FOLDED)
def test_text_is_folded_for_the_index(text: str, folded: str) -> None:
    assert fold(text).casefold().split() == folded.casefold().split()


@pytest.mark.parametrize(("text", "search"), SEARCHES)
def test_a_search_text_means(text: str, search: Search) -> None:
    assert parse_search(text) == search


@pytest.mark.parametrize("marks", ["\u0315\u0300", "\u05b0\u0591", "\uff9e\u0591"])
def test_endless_accents_are_folded_at_once(marks: str) -> None:
    started = time.monotonic()
    fold("a" + marks * 50_000)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("word", ["e\u0323\u0301", "\u1112\u1161\u11ab", "か\u3099", "ｶﾞ"])
def test_long_text_folds_the_same_composed_or_not(word: str) -> None:
    assert fold(word * 400) == fold(normalize("NFKC", word * 400))


def test_numbers_are_plain_words_where_there_are_no_references() -> None:
    assert parse_search("#42", references=False) == Search(match='"#42"*')


@given(st.text())
def test_no_search_text_is_an_error(text: str) -> None:
    found = parse_search(text)
    asked = found.match or found.exclude or found.numbers or found.ids
    assert found.impossible is not bool(asked)
