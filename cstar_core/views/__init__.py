"""Saved views of tickets, and the text that finds tickets."""

from cstar_core.views.language import Query, read_query, write_query
from cstar_core.views.meaning import Colleague, Known, Reading, read_text, shown_text, understand
from cstar_core.views.writing import query_of

__all__ = [
    "Colleague",
    "Known",
    "Query",
    "Reading",
    "query_of",
    "read_query",
    "read_text",
    "shown_text",
    "understand",
    "write_query",
]
