"""Reports: what the tickets of a time tell, exact however many there are."""

from cstar_core.reports.grouping import GROUPED_TYPES
from cstar_core.reports.narrowing import ReportFilter
from cstar_core.reports.period import INTERVALS, INTERVALS_MAX
from cstar_core.reports.report import Breakdown, Count, Group, ResponseTimes, Volume
from cstar_core.reports.room import GROUPS_MAX, Reports
from cstar_core.reports.spread import Bar, Durations
from cstar_core.reports.spreadsheets import breakdown_csv, times_csv, volume_csv

__all__ = [
    "GROUPED_TYPES",
    "GROUPS_MAX",
    "INTERVALS",
    "INTERVALS_MAX",
    "Bar",
    "Breakdown",
    "Count",
    "Durations",
    "Group",
    "ReportFilter",
    "Reports",
    "ResponseTimes",
    "Volume",
    "breakdown_csv",
    "times_csv",
    "volume_csv",
]
