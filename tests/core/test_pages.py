"""Pages and cursors, apart from any list."""

import base64
import json

import pytest

from cstar_core import Invalid, Page
from cstar_core.pages import Window, bad_cursor, close_page, next_cursor, open_window
from tests.core.vocabulary import messages, refusal

QUERY = ("tickets", 1)
BAD = ["cursor must be a nextCursor of an earlier answer to the same query"]


def forge(payload: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(payload).encode()).decode().rstrip("=")


def payload_of(cursor: str) -> list[object]:
    payload: list[object] = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    return payload


CURSOR = next_cursor(Window(1, 20, None), QUERY, (5, 7))
DIGEST = payload_of(CURSOR)[0]

WINDOWS: list[tuple[object, object, list[str]]] = [
    (1, 1, []),
    (1, 100, []),
    (2**53, 100, []),
    (0, 20, ["page must be an integer from 1 to 9007199254740992"]),
    (-1, 20, ["page must be an integer from 1 to 9007199254740992"]),
    (2**53 + 1, 20, ["page must be an integer from 1 to 9007199254740992"]),
    ("1", 20, ["page must be an integer from 1 to 9007199254740992"]),
    (True, 20, ["page must be an integer from 1 to 9007199254740992"]),
    (1, 0, ["page_size must be an integer from 1 to 100"]),
    (1, 101, ["page_size must be an integer from 1 to 100"]),
    (1, 2.5, ["page_size must be an integer from 1 to 100"]),
]

FORGED: list[object] = [
    "",
    "?",
    "é",
    "AAAA",
    CURSOR[:-1],
    CURSOR + "A",
    "A" * 5000,
    7,
    forge([DIGEST]),
    forge({"a": 1}),
    forge([DIGEST, 2, 5]),
    forge([DIGEST, 2, 5, 7, 9]),
    forge(["other", 2, 5, 7]),
    forge([DIGEST, 0, 5, 7]),
    forge([DIGEST, "2", 5, 7]),
    forge([DIGEST, True, 5, 7]),
    forge([DIGEST, 2, True, 7]),
    forge([DIGEST, 2, None, 7]),
    forge([DIGEST, 2, 5.5, 7]),
    forge([DIGEST, 2, [5], 7]),
    forge([DIGEST, 2, 2**63, 7]),
    forge([DIGEST, 2, "\ud800", 7]),
    base64.urlsafe_b64encode(b"[" * 3000).decode(),
]


@pytest.mark.parametrize(("page", "size", "problems"), WINDOWS)
def test_page_and_size_have_limits(page: int, size: int, problems: list[str]) -> None:
    if problems:
        assert refusal(open_window, page, size, None, QUERY, 2) == problems
    else:
        assert open_window(page, size, None, QUERY, 2) == Window(page, size, None)


@pytest.mark.parametrize("cursor", FORGED)
def test_a_cursor_that_was_not_given_out_is_refused(cursor: str) -> None:
    assert refusal(open_window, 1, 20, cursor, QUERY, 2) == BAD


def test_a_cursor_continues_where_it_was_made() -> None:
    assert open_window(1, 20, CURSOR, QUERY, 2) == Window(2, 20, (5, 7))


def test_a_cursor_of_another_query_is_refused() -> None:
    assert refusal(open_window, 1, 20, CURSOR, ("tickets", 2), 2) == BAD


def test_a_cursor_carries_any_text() -> None:
    cursor = next_cursor(Window(1, 20, None), QUERY, ('Zoë "東京" \x01', 7))
    assert open_window(1, 20, cursor, QUERY, 2).after == ('Zoë "東京" \x01', 7)


def test_the_refusal_of_a_cursor_is_an_invalid_value() -> None:
    assert isinstance(bad_cursor(), Invalid)
    assert messages(bad_cursor().problems) == BAD


def test_the_offset_follows_from_page_and_size() -> None:
    assert Window(3, 20, None).offset == 40


def test_a_window_after_a_position_needs_no_offset() -> None:
    assert Window(3, 20, (5,)).offset == 0


@pytest.mark.parametrize(
    ("total", "size", "pages"), [(0, 20, 0), (1, 20, 1), (20, 20, 1), (21, 20, 2)]
)
def test_the_number_of_pages_is_rounded_up(total: int, size: int, pages: int) -> None:
    assert Page((), total, 1, size, None).total_pages == pages


def test_a_page_with_more_after_it_has_a_cursor() -> None:
    page = close_page(["a", "b", "c"], [(1,), (2,), (3,)], 3, Window(1, 2, None), QUERY)
    assert (page.items, page.has_more) == (("a", "b"), True)
    assert open_window(1, 2, page.next_cursor, QUERY, 1).after == (2,)


def test_the_last_page_has_no_cursor() -> None:
    page = close_page(["a", "b"], [(1,), (2,)], 2, Window(1, 2, None), QUERY)
    assert (page.items, page.has_more, page.next_cursor) == (("a", "b"), False, None)
