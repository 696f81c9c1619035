"""What a report is asked for: its days, what narrows it, and by what it is broken down."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from cstar_core import CustomField, Invalid, ReportFilter
from cstar_web.inbox.languages import say
from cstar_web.inbox.visits import TeamVisit

PERIODS: Mapping[str, str] = {
    "7": say("7 days"),
    "30": say("30 days"),
    "90": say("90 days"),
    "year": say("This year"),
    "days": say("From – to"),  # noqa: RUF001
}
USUAL = "30"
NARROWING = ("assigned_to", "tag", "priority", "custom_fields")
FIELDS = ("period", "start", "end", "zone", *NARROWING)
UTC = "UTC"
MEMBER = "member"
CUSTOM = "custom_fields."

YES_NO = {"true": True, "false": False}
# More columns than this are too narrow to be told apart.
_COLUMNS_MAX = 92
# The first day that there are reports of.
_FIRST_DAY = date(1970, 1, 1)

Interval = Literal["day", "week", "month"]


@dataclass(frozen=True, slots=True)
class Question:
    """The words of the address, and the days that they mean."""

    values: Mapping[str, str]
    by: str
    start: str
    end: str

    @property
    def zone(self) -> str:
        """The time zone that days are of."""
        return self.values["zone"]

    @property
    def interval(self) -> Interval:
        """By what the days are counted, so that there are not too many columns."""
        length = _length(self.start, self.end)
        if length <= _COLUMNS_MAX:
            return "day"
        return "week" if length <= 7 * _COLUMNS_MAX else "month"

    @property
    def before(self) -> tuple[date, date] | None:
        """As many days right before; None if there are no reports of some of them."""
        first = date.fromisoformat(self.start)
        length = timedelta(days=_length(self.start, self.end))
        if first - _FIRST_DAY < length:
            return None
        return first - length, first - timedelta(days=1)

    @property
    def is_narrowed(self) -> bool:
        """Whether it is of some tickets only."""
        return any(self.values[name] for name in NARROWING)

    def query(self, **changed: str) -> dict[str, str]:
        """The words of an address that asks the same, but for what is changed."""
        values = {**self.values, "by": self.by} | changed
        if values["period"] != "days":
            values = {name: said for name, said in values.items() if name not in ("start", "end")}
        return {name: said for name, said in values.items() if said}

    def narrowed(self, fields: Iterable[CustomField]) -> ReportFilter:
        """What narrows it, as the core is asked."""
        found: ReportFilter = {}
        if self.values["assigned_to"]:
            found["assigned_to"] = self.values["assigned_to"]
        if self.values["tag"]:
            found["tag"] = self.values["tag"]
        if self.values["priority"]:
            found["priority"] = self.values["priority"]
        if self.values["custom_fields"]:
            key, _, said = self.values["custom_fields"].partition("=")
            is_boolean = any(each.key == key and each.type == "boolean" for each in fields)
            found["custom_fields"] = {key: YES_NO.get(said, said) if is_boolean else said}
        return found


def read_question(visit: TeamVisit) -> Question:
    """What the address asks for; a word that it does not say is the usual one."""
    values = {name: visit.asked(name).strip() for name in FIELDS}
    values["zone"] = values["zone"] or UTC
    values["period"] = values["period"] if values["period"] in PERIODS else USUAL
    if values["period"] == "days":
        start, end = values["start"], values["end"]
    else:
        start, end = _days(values["period"], _today(visit, values["zone"]))
    # The days are shown, so that one can go on from them.
    values |= {"start": start, "end": end}
    return Question(values, visit.asked("by") or MEMBER, start, end)


def _today(visit: TeamVisit, zone: str) -> date:
    """The present day; that of UTC for a zone that there is not, which the core will refuse."""
    try:
        return visit.workspace.reports.today(zone)
    except Invalid:
        return visit.workspace.reports.today(UTC)


def _days(period: str, today: date) -> tuple[str, str]:
    if period == "year":
        return str(today.replace(month=1, day=1)), str(today)
    return str(today - timedelta(days=int(period) - 1)), str(today)


def _length(start: str, end: str) -> int:
    try:
        return (date.fromisoformat(end) - date.fromisoformat(start)).days + 1
    except ValueError:  # which the core will refuse
        return 1
