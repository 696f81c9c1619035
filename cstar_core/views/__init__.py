"""Saved views of tickets, and the text that finds tickets."""

from cstar_core.views.completing import Completion, Suggestion, complete, typed_at
from cstar_core.views.language import Query, read_query, write_query
from cstar_core.views.meaning import (
    VIEW_TEXT_MAX,
    Colleague,
    Known,
    Reading,
    read_text,
    shown_text,
    understand,
)
from cstar_core.views.room import Views
from cstar_core.views.view import STORED_MAX, VIEW_NAME_MAX, VIEWS_MAX, View, ViewChanges, ViewCount
from cstar_core.views.writing import query_of

__all__ = [
    "STORED_MAX",
    "VIEWS_MAX",
    "VIEW_NAME_MAX",
    "VIEW_TEXT_MAX",
    "Colleague",
    "Completion",
    "Known",
    "Query",
    "Reading",
    "Suggestion",
    "View",
    "ViewChanges",
    "ViewCount",
    "Views",
    "complete",
    "query_of",
    "read_query",
    "read_text",
    "shown_text",
    "typed_at",
    "understand",
    "write_query",
]
