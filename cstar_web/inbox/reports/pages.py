"""The page of the reports, and each of its tables for spreadsheets."""

from collections.abc import Callable, Sequence

from flask import Response

from cstar_core import (
    GROUPED_TYPES,
    CustomField,
    Invalid,
    ReportFilter,
    breakdown_csv,
    times_csv,
    volume_csv,
)
from cstar_web.answer import Answer
from cstar_web.inbox.declaring import Page, page
from cstar_web.inbox.forms import Form
from cstar_web.inbox.languages import say
from cstar_web.inbox.rendering import HEADERS
from cstar_web.inbox.reports import figures
from cstar_web.inbox.reports.question import (
    CUSTOM,
    MEMBER,
    PERIODS,
    Question,
    read_question,
)
from cstar_web.inbox.signing import TEAM
from cstar_web.inbox.stopping import Stopped
from cstar_web.inbox.tickets import PRIORITY_WORDS, names
from cstar_web.inbox.visits import TeamVisit

REPORTS = f"{TEAM}/reports"
_GROUPINGS = {MEMBER: say("Member"), "tag": say("Tag"), "priority": say("Priority")}


@page(Page(method="GET", path=REPORTS, name="reports", access="viewer"))
def reports(visit: TeamVisit) -> Response:
    question = read_question(visit)
    visit.form = Form(dict(question.values))
    with visit.desk.snapshot(search=False):
        fields = grouped_fields(visit)
        shown: dict[str, object] = {
            "asked": question,
            "fields": fields,
            "members": names(visit),
            "groupings": groupings(fields),
        }
        try:
            told = answers(visit, question, fields)
        except Invalid as error:
            visit.problems = error.problems
            told = {}
    return visit.show(
        "reports.html",
        **shown,
        **told,
        told=bool(told),
        periods=PERIODS,
        priority_words=PRIORITY_WORDS,
        bound_words=figures.BOUND_WORDS,
        volume_height=figures.VOLUME_HEIGHT,
        backlog_height=figures.BACKLOG_HEIGHT,
        times_height=figures.TIMES_HEIGHT,
    )


@page(Page(method="GET", path=f"{REPORTS}/{{table}}", name="report_table", access="viewer"))
def report_table(visit: TeamVisit, table: str) -> Response:
    make = _TABLES.get(table)
    if make is None:
        raise Stopped(404)
    question = read_question(visit)
    with visit.desk.snapshot(search=False):
        narrowed = question.narrowed(grouped_fields(visit))
        lines = make(visit, question, narrowed)
    name = f"{visit.team.slug}-{question.start}-{question.end}-{table}"
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    return Answer(lines.encode(), 200, headers, content_type="text/csv; charset=utf-8")


def answers(
    visit: TeamVisit, question: Question, fields: Sequence[CustomField]
) -> dict[str, object]:
    """All that the core tells of the days; raises Invalid with what is wrong with the question."""
    room, narrowed = visit.workspace.reports, question.narrowed(fields)
    start, end, zone = question.start, question.end, question.zone
    # The first, since it is asked for the most: what is wrong is told at once.
    breakdown = room.breakdown(question.by, start, end, zone=zone, **narrowed)
    volume = room.volume(start, end, zone=zone, interval=question.interval, **narrowed)
    times = room.times(start, end, zone=zone, **narrowed)
    is_boolean = any(
        question.by == f"{CUSTOM}{each.key}" and each.type == "boolean" for each in fields
    )
    before = None
    if question.before is not None:
        then = room.volume(*question.before, zone=zone, interval="month", **narrowed)
        before = (then, room.times(*question.before, zone=zone, **narrowed))
    return {
        "volume": volume,
        "times": times,
        "figures": figures.figures(volume, times, before),
        "has_happened": figures.has_happened(volume, times),
        "volume_chart": figures.volume_chart(volume),
        "first_response_chart": figures.times_chart(times.first_response),
        "resolution_chart": figures.times_chart(times.resolution),
        "lines": figures.lines(question.by, breakdown, is_boolean),
    }


def grouped_fields(visit: TeamVisit) -> list[CustomField]:
    """The custom fields of tickets that have few values."""
    found = visit.workspace.custom_fields.list(entity_type="tickets")
    return [each for each in found if each.type in GROUPED_TYPES]


def groupings(fields: Sequence[CustomField]) -> list[tuple[str, str, bool]]:
    """By what a report can be broken down: how it is asked, its name, and whether that is ours."""
    ours = [(by, word, True) for by, word in _GROUPINGS.items()]
    return [*ours, *((f"{CUSTOM}{each.key}", each.name, False) for each in fields)]


def _volume(visit: TeamVisit, asked: Question, narrowed: ReportFilter) -> str:
    found = visit.workspace.reports.volume(
        asked.start, asked.end, zone=asked.zone, interval=asked.interval, **narrowed
    )
    return "".join(volume_csv(found))


def _times(visit: TeamVisit, asked: Question, narrowed: ReportFilter) -> str:
    found = visit.workspace.reports.times(asked.start, asked.end, zone=asked.zone, **narrowed)
    return "".join(times_csv(found))


def _breakdown(visit: TeamVisit, asked: Question, narrowed: ReportFilter) -> str:
    found = visit.workspace.reports.breakdown(
        asked.by, asked.start, asked.end, zone=asked.zone, **narrowed
    )
    return "".join(breakdown_csv(found))


_TABLES: dict[str, Callable[[TeamVisit, Question, ReportFilter], str]] = {
    "volume.csv": _volume,
    "times.csv": _times,
    "breakdown.csv": _breakdown,
}
