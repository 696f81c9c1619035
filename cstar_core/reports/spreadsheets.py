"""Reports as tables for spreadsheets, in which no text is taken for a formula."""

from collections.abc import Iterator

from cstar_core.exports import table
from cstar_core.reports.report import Breakdown, ResponseTimes, Volume

_COUNT = ("start", "end", "created", "resolved", "reopened", "backlog")
_GROUP = ("key", "name", "created", "resolved", "firstResponseMedian", "resolutionMedian")


def volume_csv(report: Volume) -> Iterator[str]:
    """The lines of a table with a row for each day, week or month."""
    return table(
        _COUNT,
        (
            {
                "start": str(count.start),
                "end": str(count.end),
                "created": count.created,
                "resolved": count.resolved,
                "reopened": count.reopened,
                "backlog": count.backlog,
            }
            for count in report.counts
        ),
    )


def times_csv(report: ResponseTimes) -> Iterator[str]:
    """The lines of a table with a row for each figure; seconds, and how many tickets."""
    rows = [
        {"time": name, "figure": figure, "upTo": up_to, "value": value}
        for name, found in (
            ("firstResponse", report.first_response),
            ("resolution", report.resolution),
        )
        for figure, up_to, value in (
            ("count", None, found.count),
            ("median", None, found.median),
            ("p90", None, found.p90),
            *(("tickets", bar.up_to, bar.count) for bar in found.histogram),
        )
    ]
    return table(("time", "figure", "upTo", "value"), rows)


def breakdown_csv(report: Breakdown) -> Iterator[str]:
    """The lines of a table with a row for each group, and the last for what is summed up."""
    groups = [*report.groups, *([report.other] if report.other else [])]
    return table(
        _GROUP,
        (
            {
                "key": group.key,
                "name": group.name,
                "created": group.created,
                "resolved": group.resolved,
                "firstResponseMedian": group.first_response,
                "resolutionMedian": group.resolution,
            }
            for group in groups
        ),
    )
