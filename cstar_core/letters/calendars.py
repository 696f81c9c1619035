"""What an invitation says, for a mail that says nothing else."""

import re
from collections.abc import Iterator

_CUT = 64 * 1024
_LINES_MAX = 500
_INSTANT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z?))?\Z")
_SHOWN = ("SUMMARY", "DTSTART", "DTEND", "LOCATION", "DESCRIPTION")
_ESCAPED = re.compile(r"\\([\\;,nN])")


def invitation(text: str) -> str:
    """The first event of a calendar: what, when, where, and more; empty if there is none.

    >>> invitation("BEGIN:VEVENT\\nSUMMARY:Bell\\nDTSTART:20260102T100000Z\\nEND:VEVENT")
    'Bell\\n2026-01-02 10:00 UTC'
    """
    found: dict[str, str] = {}
    for name, parameters, value in _fields(text[:_CUT]):
        if name == "END" and value.strip().upper() == "VEVENT":
            break
        if name in _SHOWN:
            found.setdefault(name, _moment(value, parameters) if name[:2] == "DT" else value)
    when = " \u2013 ".join(found[name] for name in ("DTSTART", "DTEND") if name in found)
    said = (found.get("SUMMARY"), when, found.get("LOCATION"), found.get("DESCRIPTION"))
    return "\n".join(each.strip() for each in said if each and each.strip())


def _fields(text: str) -> Iterator[tuple[str, str, str]]:
    """Name, parameters and value of each field of the first event."""
    unfolded = text.replace("\n ", "").replace("\n\t", "")
    _, begun, inside = unfolded.partition("BEGIN:VEVENT")
    for line in inside.split("\n", _LINES_MAX)[:_LINES_MAX] if begun else ():
        head, _, value = line.partition(":")
        name, _, parameters = head.partition(";")
        yield name.strip().upper(), parameters, _ESCAPED.sub(_plain, value)


def _plain(escaped: "re.Match[str]") -> str:
    return "\n" if escaped[1] in "nN" else escaped[1]


def _moment(value: str, parameters: str) -> str:
    found = _INSTANT.match(value.strip())
    if not found:
        return value
    year, month, day, hour, minute, is_utc = found.groups()
    date = f"{year}-{month}-{day}"
    zone = "UTC" if is_utc else parameters.rpartition("TZID=")[2].partition(";")[0]
    return f"{date} {hour}:{minute} {zone}".strip() if hour else date
