"""Pages far down a list, asked for by number: what comes before them is not walked through.

The total is exact, so a page in the second half is found from the end. Where counters know how
many rows each block of ticket numbers has, the walk begins at the block of the page.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from cstar_core.listing.shape import AGE, Counters
from cstar_core.listing.statements import blocks_query, neighbour_query
from cstar_core.listing.survey import Survey
from cstar_core.pages import Window

# So many rows are walked over in less time than it takes to ask the counters.
NEAR = 200
_FAR = 1 << 62


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows of a list: from a place on, or after an offset, or both."""

    descending: bool
    offset: int
    limit: int
    after: Mapping[str, object] | None = None


def part_of(survey: Survey, window: Window) -> Part:
    """The rows of a window, and one more to see whether there is any."""
    shape = survey.shape
    if window.after is not None:
        names = (f"after_{name}" for name in survey.listed.sorts[shape.sort])
        after = dict(zip(names, window.after, strict=True))
        return Part(shape.descending, 0, window.size + 1, after)
    limit = max(0, min(window.size + 1, survey.total - window.offset))
    return Part(shape.descending, window.offset, limit)


def turned(part: Part, total: int) -> Part:
    """The same rows in the opposite order, if they are nearer to the other end."""
    if part.after is not None or 2 * part.offset <= total:
        return part
    return Part(not part.descending, total - part.offset - part.limit, part.limit)


def approached(survey: Survey, part: Part) -> Part:
    """The same rows, from a place close before them."""
    counters = survey.listed.counters
    if part.offset < NEAR or counters is None or not survey.shape.counted:
        return part
    if survey.order == "priority":
        part = _in_priority(survey, part)
    if survey.order in (AGE, "priority") and survey.in_order:
        part = _in_block(survey, counters, part)
    return part


def _in_priority(survey: Survey, part: Part) -> Part:
    """Begin where the tickets of the page's first priority begin."""
    tickets: Counter[int] = Counter()
    for _, priority, number in survey.cells(survey.member):
        tickets[priority] += number
    priority, part = _into(tickets, part)
    edge = _FAR if part.descending else -_FAR
    after = {"after_priority": priority, "after_created_at": edge, "after_id": edge}
    return replace(part, after=after)


def _in_block(survey: Survey, counters: Counters, part: Part) -> Part:
    """Begin where the page's first block of ticket numbers begins."""
    listed, after = survey.listed, part.after or {}
    values = {**survey.asked.values, **after, "member": survey.member}
    query = blocks_query(listed, survey.shape.choices, of_priority=bool(after))
    block, part = _into(dict(survey.snap.all(query, **values)), part)
    number = (block + part.descending) * counters.block_size
    edge = neighbour_query(listed, before=not part.descending)
    place = survey.snap.first(edge, **values, number=number)
    far = _FAR if part.descending else -_FAR
    created_at, key = place or (far, far)
    return replace(part, after={**after, "after_created_at": created_at, "after_id": key})


def _into(tickets: Mapping[int, int], part: Part) -> tuple[int, Part]:
    """The group of rows that a part begins in, and the part counted from the nearer end of it."""
    offset, group = part.offset, -1
    for group in sorted(tickets, reverse=part.descending):
        if offset < tickets[group]:
            break
        offset -= tickets[group]
    rest = tickets[group] - offset - part.limit
    if 0 <= rest < offset:
        return group, replace(part, descending=not part.descending, offset=rest)
    return group, replace(part, offset=offset)
