"""A strict reader of what a form sends: each name that the page declares once, in UTF-8."""

from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from flask import request
from werkzeug.http import parse_options_header

from cstar_web.body import read_bytes
from cstar_web.inbox.stopping import Stopped

# The name under which every form sends its token.
TOKEN = "form_token"  # noqa: S105 - the name of a field

_FIELDS_MAX = 2_000
_KIND = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Form:
    """What was typed and chosen. A field that was not sent is empty, as an unchecked box is."""

    values: dict[str, str] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)
    token: str = ""


def read_form(fields: tuple[str, ...], lists: tuple[str, ...]) -> Form:
    """The form of this request; raises Stopped for one that no page of ours would send."""
    form = Form(dict.fromkeys(fields, ""), {name: [] for name in lists})
    token, seen = "", set[str]()
    for name, value in _pairs():
        if name in lists:
            form.lists[name].append(value)
            continue
        if name in seen or not (name in fields or name == TOKEN):
            raise Stopped(400)
        seen.add(name)
        if name == TOKEN:
            token = value
        else:
            # Browsers send lines as mail does; what the core keeps has plain ones.
            form.values[name] = value.replace("\r\n", "\n").replace("\r", "\n")
    return Form(form.values, form.lists, token)


def _pairs() -> list[tuple[str, str]]:
    raw = read_bytes()
    if not raw:
        return []
    kind, _ = parse_options_header(request.environ.get("CONTENT_TYPE", ""))
    if kind.lower() != _KIND:
        raise Stopped(415)
    try:
        return parse_qsl(
            raw.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=_FIELDS_MAX,
        )
    except ValueError:
        raise Stopped(400) from None
