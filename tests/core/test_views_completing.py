"""What could come next in a text: the table is the specification; the cursor is where | stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstar_core import Helpdesk, Workspace
from cstar_core.views import Known, complete, read_text, typed_at
from tests.core.test_views_language import ANYTHING, KNOWN
from tests.core.tracing import plan, queries, scans
from tests.core.vocabulary import refusal

KNOWING = Known(KNOWN.now, KNOWN.me, KNOWN.members, KNOWN.fields, tags=("billing", "past due"))
AGES = ["<1h", "<1d", "<7d", "<30d", ">1d", ">7d", ">30d"]

# What is typed, where what is suggested begins, and what that is.
EXAMPLES: list[tuple[str, int, list[str]]] = [
    ("st|", 0, ["status:"]),
    ("Pri|", 0, ["priority:"]),
    ("refund se|", 7, ["seats:"]),
    ("-|", 1, ["status:", "priority:", "created:", "updated:", "is:"]),
    ("-s|", 1, ["status:"]),
    ("field.st|", 0, ["field.status:"]),
    ("field.se|", 0, ["field.seats:"]),
    ("xyz|", 0, []),
    ('"st|', 0, []),
    ("status:|", 7, ["new", "open", "pending", "resolved", "closed"]),
    ("status:O|", 7, ["open"]),
    ("status:open,|", 12, ["new", "pending", "resolved", "closed"]),
    ("status:open,ne|w tag:x", 12, ["new"]),
    ("-status:re|", 8, ["resolved"]),
    ("is:u|", 3, ["unassigned"]),
    ("assignee:m|", 9, ["me", "mia@example.com"]),
    ("assignee:sm|", 9, ["jane@example.com"]),
    ("assignee:öz|", 9, ["sam@example.com"]),
    ("tag:P|", 4, ['"past due"']),
    ('tag:"past d|', 4, ['"past due"']),
    ("region:s|", 7, ['"South, East"']),
    ("region:EU,|", 10, ["US", '"South, East"']),
    ("vip:|", 4, ["yes", "no"]),
    ("due:<t|", 5, ["today", "tomorrow"]),
    ("plan:|", 5, []),
    ("customer:|", 9, []),
    ("updated:|", 8, ["yesterday", "today", "tomorrow", *AGES]),
    ("updated:<|", 8, ["<1h", "<1d", "<7d", "<30d"]),
    ("sort:-u|", 5, ["-updatedAt"]),
    ("sort:re|", 5, ["relevance"]),
]


@pytest.mark.parametrize(("text", "start", "texts"), EXAMPLES)
def test_what_could_come_next_is_suggested(text: str, start: int, texts: list[str]) -> None:
    cursor = text.index("|")
    found = complete(typed_at(text.replace("|", ""), cursor, KNOWN.fields), KNOWING)
    assert [one.text for one in found.suggestions] == texts
    assert not texts or (found.start, found.end) == (start, cursor)


def test_where_nothing_is_typed_every_name_is_suggested() -> None:
    found = complete(typed_at("status:open ", 12, KNOWN.fields), KNOWING).suggestions
    assert [one.label for one in found] == [
        "status", "priority", "tag", "assignee", "customer", "created", "updated", "is", "sort",
        "region", "langs", "seats", "due", "vip", "plan", "field.status", "old",
    ]  # fmt: skip


def test_a_member_is_shown_by_name() -> None:
    (found,) = complete(typed_at("assignee:jane", 13, KNOWN.fields), KNOWING).suggestions
    assert (found.text, found.label) == ("jane@example.com", "Jane Smith")


@given(ANYTHING, st.data())
def test_whatever_is_typed_what_is_suggested_fits_in(text: str, data: st.DataObject) -> None:
    cursor = data.draw(st.integers(0, len(text)))
    found = complete(typed_at(text, cursor, KNOWN.fields), KNOWING)
    for one in found.suggestions:
        assert 0 <= found.start <= found.end == cursor
        assert one.text and one.label


VALUES = ["status:", "priority:", "is:", "assignee:", "tag:", "region:", "langs:", "vip:", "due:",
          "updated:", "sort:"]  # fmt: skip


@pytest.mark.parametrize("name", VALUES)
def test_every_value_that_is_suggested_is_understood(name: str) -> None:
    found = complete(typed_at(name, len(name), KNOWN.fields), KNOWING)
    assert found.suggestions
    for one in found.suggestions:
        assert read_text(f"{name[: found.start]}{one.text} word", KNOWN).problems == ()


def test_tags_in_use_are_suggested(filled_desk: Helpdesk, acme: Workspace) -> None:
    filled = filled_desk.workspace("acme")
    filled.tickets.create(title="x", tags=["Zebra", "zoo", "yak"])
    filled.tickets.delete(filled.tickets.create(title="x", tags=["zulu"]).id)

    def ask() -> list[str]:
        return [one.text for one in filled.views.complete("open tag:Z", 10).suggestions]

    assert ask() == ["zebra", "zoo"]
    assert len(queries(filled_desk, ask)) == 3
    assert scans(plan(filled_desk, ask)) == []
    assert acme.views.complete("tag:", 4).suggestions == ()


def test_a_cursor_is_in_the_text(acme: Workspace) -> None:
    assert refusal(acme.views.complete, "abc", 4) == ["cursor must be an integer from 0 to 3"]
    assert refusal(acme.views.complete, 5, 0) == ["text must be a string"]
