"""How lists are found: which index leads, in which order, and how many rows there are.

A list is two steps. The first, here, finds the keys of a page and the exact total. The second,
the room's own, reads those rows.
"""

from cstar_core.listing.far import Part
from cstar_core.listing.shape import ALL, Asked, Compared, Counters, Listed, Shape
from cstar_core.listing.statements import place_query, ranked_query
from cstar_core.listing.survey import Survey
from cstar_core.listing.walking import Counted, count_up_to, places_of, rows_of

__all__ = [
    "ALL",
    "Asked",
    "Compared",
    "Counted",
    "Counters",
    "Listed",
    "Part",
    "Shape",
    "Survey",
    "count_up_to",
    "place_query",
    "places_of",
    "ranked_query",
    "rows_of",
]
