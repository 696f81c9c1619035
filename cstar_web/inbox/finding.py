"""What a list shows: a view or a search, its order, and where the words of a search stand."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from cstar_core import (
    Invalid,
    NewestMessage,
    Problem,
    Ticket,
    TicketFilter,
    View,
    highlights,
    snippet,
)
from cstar_core import Page as Listed
from cstar_web.inbox.languages import say
from cstar_web.inbox.reading import blocks
from cstar_web.inbox.visits import TeamVisit

SEARCH = "search"
START = "open"
ICONS = {
    "mine": "user",
    "unassigned": "user-x",
    "open": "inbox",
    "pending": "clock",
    "resolved": "circle-check",
    "all": "layers",
    SEARCH: "search",
}
# What the core calls the views that every team has.
BUILT_IN = (
    say("Mine"),
    say("Unassigned"),
    say("Open"),
    say("Pending"),
    say("Resolved"),
    say("All"),
)
_SEARCHED = say("Search")
_ORDER = "-updated_at"
_BY_RELEVANCE = "relevance"
_SORTS = {
    _ORDER: say("Changed last"),
    "updated_at": say("Changed long ago"),
    "-created_at": say("Newest"),
    "created_at": say("Oldest"),
    "-priority": say("Most urgent"),
}
_RELEVANT = say("Best match")
_PAGE_SIZE = 30
_EXCERPT = 120
# Notes and messages may be long, and to look through a thousand East Asian letters takes 3 ms.
_OF_NOTES, _OF_MESSAGES, _OF_MESSAGES_UNSEARCHED = 4_000, 1_000, 300


@dataclass(frozen=True, slots=True)
class Part:
    """Some text, which is what was searched for or not."""

    text: str
    is_match: bool


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What a row shows of what is written on a ticket. Customers see neither notes nor what is
    internal; `by` is who wrote it, if it was no customer."""

    parts: list[Part]
    kind: Literal["message", "internal", "notes"]
    by: str = ""

    @property
    def is_match(self) -> bool:
        """Whether any of it was searched for."""
        return any(part.is_match for part in self.parts)


@dataclass(frozen=True, slots=True)
class Place:
    """The list that is looked at: a view, or what a text finds."""

    name: str
    label: str
    text: str
    filter: TicketFilter
    sort: str
    problems: tuple[Problem, ...] = ()

    @property
    def icon(self) -> str:
        """The picture of it."""
        return ICONS.get(self.name, "filter")

    @property
    def is_search(self) -> bool:
        """Whether somebody has typed it."""
        return self.name == SEARCH

    @property
    def words(self) -> str:
        """The words among what it asks for."""
        return self.filter.get("search") or ""

    @property
    def sorts(self) -> dict[str, str]:
        """The orders that it can have, with what they are called."""
        return {_BY_RELEVANCE: _RELEVANT, **_SORTS} if self.words else _SORTS

    def marked(self, text: str) -> Iterator[Part]:
        """The text, with what was searched for apart."""
        return parts(text, highlights(text, self.words) if self.words else ())

    def excerpt(self, ticket: Ticket, newest: NewestMessage | None) -> Excerpt | None:
        """What stands around the words in the newest message, else in the notes; if they are in
        neither, how the message begins."""
        shown = None if newest is None else self._of_message(newest)
        if self.words and ticket.notes and not (shown and shown.is_match):
            begun = ticket.notes[:_OF_NOTES]
            notes = Excerpt(self._around(begun, len(begun) < len(ticket.notes)), "notes")
            return notes if notes.is_match else shown
        return shown

    def _of_message(self, newest: NewestMessage) -> Excerpt | None:
        said = [block for block in blocks(newest.text) if not block.is_quote]
        text = " ".join(piece.text for block in said for piece in block.pieces) or newest.text
        shown = self._around(" ".join(text.split()), newest.goes_on)
        kind: Literal["internal", "message"] = "internal" if newest.is_internal else "message"
        return Excerpt(shown, kind, newest.sender_name if newest.sender == "agent" else "")

    def _around(self, text: str, goes_on: bool) -> list[Part]:
        """The text around the words, or its beginning; with dots where it is cut."""
        found = snippet(text, self.words, _EXCERPT)
        before = "…" if found.cut_before else ""
        after = "…" if found.cut_after or goes_on else ""
        shown = (Part(before, False), *parts(found.text, found.spans), Part(after, False))
        return [each for each in shown if each.text]


def parts(text: str, spans: Sequence[tuple[int, int]]) -> Iterator[Part]:
    """The text in its order, with the places that `spans` names apart.

    >>> [part.text for part in parts("a refund", ((2, 8),)) if part.is_match]
    ['refund']
    """
    begin = 0
    for start, end in spans:
        if start > begin:
            yield Part(text[begin:start], False)
        yield Part(text[start:end], True)
        begin = end
    if begin < len(text):
        yield Part(text[begin:], False)


def find_place(visit: TeamVisit, name: str, views: Sequence[View]) -> Place | None:
    """The list of this name: a view, or the search that the address or the form asks for."""
    wanted = visit.asked("sort")
    if name != SEARCH:
        found = next((each for each in views if each.id == name), None)
        return None if found is None else _ordered(_of_view(found), wanted)
    text = visit.form.values.get("q") or visit.asked("q")
    try:
        reading = visit.workspace.views.read(text)
    except Invalid as error:
        return Place(SEARCH, _SEARCHED, text, {}, _ORDER, error.problems)
    sort = reading.sort or _ORDER
    place = Place(SEARCH, _SEARCHED, text, reading.filter, sort, reading.problems)
    return _ordered(place, wanted)


def listed(visit: TeamVisit, place: Place, after: str | None) -> Listed[Ticket] | None:
    """A page of a list, which goes on after a cursor; one of another list counts as none.

    Nothing of a list that has problems.
    """
    if place.problems:
        return None
    find = partial(
        visit.workspace.tickets.list, **place.filter, sort=place.sort, page_size=_PAGE_SIZE
    )
    try:
        return find(cursor=after)
    except Invalid:
        return find()


def _of_view(view: View) -> Place:
    return Place(view.id, view.name, view.text, view.filter, view.sort or _ORDER, view.problems)


def _ordered(place: Place, wanted: str) -> Place:
    if wanted not in place.sorts:
        return place
    return Place(place.name, place.label, place.text, place.filter, wanted, place.problems)


def newest(visit: TeamVisit, place: Place, some: Listed[Ticket] | None) -> dict[str, NewestMessage]:
    """What came last to each ticket of a page, as far as a row may show it."""
    if some is None:
        return {}
    most = _OF_MESSAGES if place.words else _OF_MESSAGES_UNSEARCHED
    return visit.workspace.messages.newest([each.id for each in some.items], most)
