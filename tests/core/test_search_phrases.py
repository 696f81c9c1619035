"""Phrases of more words than the index is asked for in their order."""

from cstar_core import Workspace
from cstar_core.words import PHRASED_MAX, parse_search
from tests.core.vocabulary import titles

MANY = " ".join(f"word{number}" for number in range(PHRASED_MAX))


def test_the_words_of_a_long_phrase_need_only_be_there_beyond_the_bound(acme: Workspace) -> None:
    acme.tickets.create(title="one", initial_message=f"{MANY} first second")
    assert titles(acme.tickets.list(search=f'"{MANY} second first"').items) == ["one"]


def test_a_dash_that_stands_alone_in_a_long_phrase_is_no_word(acme: Workspace) -> None:
    acme.tickets.create(title="one", initial_message=f"{MANY} refund \u2013 paid \u2026 late")
    assert titles(acme.tickets.list(search=f'"{MANY} refund \u2013 paid \u2026 late"').items) == [
        "one"
    ]


def test_the_last_word_typed_stays_the_one_that_may_be_a_beginning() -> None:
    expression = parse_search(f'"{MANY}" refund-pay-refund').match
    assert expression.endswith('"pay" AND "refund"*)')


def test_a_long_phrase_that_is_wanted_takes_no_room_from_one_that_is_not(acme: Workspace) -> None:
    acme.tickets.create(title="one", initial_message=f"{MANY} found it, it was not lost")
    acme.tickets.create(title="two", initial_message=f"{MANY} was not found")
    assert titles(acme.tickets.list(search=f'"{MANY}" -"not found"').items) == ["one"]


def test_an_excluded_phrase_beyond_the_bound_excludes_nothing(acme: Workspace) -> None:
    acme.tickets.create(title="one", initial_message="found it, it was not lost")
    assert titles(acme.tickets.list(search=f'found -"{MANY}" -"not found"').items) == ["one"]


def test_a_single_word_is_still_excluded_beyond_the_bound(acme: Workspace) -> None:
    acme.tickets.create(title="one", initial_message="found it, it was not lost")
    assert titles(acme.tickets.list(search=f'found -"{MANY}" -lost').items) == []
