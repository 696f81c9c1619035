"""What the page shows of the core's reports: figures, groups, and charts with their numbers."""

from dataclasses import dataclass

from cstar_core import Breakdown, Durations, Group, ResponseTimes, Volume
from cstar_web.inbox.languages import say
from cstar_web.inbox.reports import charts
from cstar_web.inbox.reports.question import CUSTOM, MEMBER
from cstar_web.inbox.tickets import PRIORITY_WORDS

VOLUME_HEIGHT, BACKLOG_HEIGHT, TIMES_HEIGHT = 200, 72, 150
# The bounds of the bars in seconds, and what stands below them.
BOUND_WORDS = {
    3_600: say("≤ 1 h"),
    4 * 3_600: say("≤ 4 h"),
    8 * 3_600: say("≤ 8 h"),
    86_400: say("≤ 1 d"),
    2 * 86_400: say("≤ 2 d"),
    7 * 86_400: say("≤ 7 d"),
    None: say("> 7 d"),
}
_OTHERS = say("All others")
_NOBODY = say("Nobody")
_YES_NO = {"yes": ("true", say("Yes")), "no": ("false", say("No"))}


@dataclass(frozen=True, slots=True)
class Figure:
    """One number, and what it was in the time before; None where there was nothing to measure."""

    label: str
    value: int | None
    before: int | None
    is_time: bool = False

    @property
    def change(self) -> int | None:
        """By how many percent it is more, or less, than before."""
        if self.value is None or not self.before:
            return None
        return round(100 * (self.value - self.before) / self.before)


@dataclass(frozen=True, slots=True)
class Line:
    """A group of the breakdown: its name or a word for it, and what narrows a report to it."""

    group: Group
    name: str
    word: str
    narrows: dict[str, str]
    created: float
    resolved: float


@dataclass(frozen=True, slots=True)
class VolumeChart:
    """Created and resolved to one scale, the backlog below, and which places have a label."""

    changes: charts.Columns
    backlog: charts.Steps
    marked: tuple[int, ...]

    @property
    def margin(self) -> int:
        """How wide the axis of both is, so that a day is in one place in both."""
        return max(self.changes.margin, self.backlog.margin)


def figures(
    volume: Volume, times: ResponseTimes, before: tuple[Volume, ResponseTimes] | None
) -> list[Figure]:
    """The figures at the top."""
    now, then = _numbers(volume, times), [None] * 5
    if before is not None:
        then = _numbers(*before)  # type: ignore[assignment]
    labels = (
        (say("Created"), False),
        (say("Resolved"), False),
        (say("Open at the end"), False),
        (say("Median first response"), True),
        (say("Median resolution"), True),
    )
    return [
        Figure(label, value, was, is_time)
        for (label, is_time), value, was in zip(labels, now, then, strict=True)
    ]


def has_happened(volume: Volume, times: ResponseTimes) -> bool:
    """Whether there is anything to draw."""
    return bool(volume.created or volume.resolved or times.first_response.count)


def volume_chart(volume: Volume) -> VolumeChart:
    """The chart of what came and went."""
    counts = volume.counts
    return VolumeChart(
        charts.mirrored(
            [count.created for count in counts],
            [count.resolved for count in counts],
            VOLUME_HEIGHT,
        ),
        charts.steps([max(count.backlog, 0) for count in counts], BACKLOG_HEIGHT),
        charts.marked(len(counts)),
    )


def times_chart(durations: Durations) -> charts.Columns:
    """The chart of how long something took."""
    return charts.columns([bar.count for bar in durations.histogram], TIMES_HEIGHT)


def lines(by: str, found: Breakdown, is_boolean: bool) -> list[Line]:
    """The groups, to one scale, and what is summed up last."""
    groups = [*found.groups, *([found.other] if found.other else [])]
    most = max([max(group.created, group.resolved) for group in groups], default=0)

    def line(group: Group, name: str, word: str, narrows: dict[str, str]) -> Line:
        created, resolved = charts.share(group.created, most), charts.share(group.resolved, most)
        return Line(group, name, word, narrows, created, resolved)

    told = [line(group, *_told(by, group, is_boolean)) for group in found.groups]
    return [*told, *([line(found.other, "", _OTHERS, {})] if found.other else [])]


def _numbers(volume: Volume, times: ResponseTimes) -> list[int | None]:
    return [
        volume.created,
        volume.resolved,
        volume.counts[-1].backlog,
        times.first_response.median,
        times.resolution.median,
    ]


def _told(by: str, group: Group, is_boolean: bool) -> tuple[str, str, dict[str, str]]:
    """The name of a group or a word for it, and what narrows a report to it."""
    key = group.key
    if by == MEMBER:
        if key is None:
            return "", _NOBODY, {"assigned_to": "none"}
        return group.name, "", {"assigned_to": key}
    if by == "priority":
        return "", PRIORITY_WORDS[group.name], {by: group.name}
    if not by.startswith(CUSTOM):
        return group.name, "", {by: group.name}
    sent, word = _YES_NO[group.name] if is_boolean else (group.name, "")
    name = "" if is_boolean else group.name
    return name, word, {CUSTOM[:-1]: f"{by.removeprefix(CUSTOM)}={sent}"}
