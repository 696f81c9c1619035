"""A strict reader of what a form sends: each name that the page declares once, in UTF-8."""

from contextlib import ExitStack
from dataclasses import dataclass, field

from cstar_web.html.forms import read_pairs, read_with_files
from cstar_web.html.multipart import Parts, SentFile
from cstar_web.inbox.stopping import Stopped

# The name under which every form sends its token.
TOKEN = "form_token"  # noqa: S105 - the name of a field


@dataclass(frozen=True, slots=True)
class Form:
    """What was typed and chosen. A field that was not sent is empty, as an unchecked box is."""

    values: dict[str, str] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)
    token: str = ""
    files: list[SentFile] = field(default_factory=list)


def read_form(
    fields: tuple[str, ...], lists: tuple[str, ...], brings: str, closing: ExitStack
) -> Form:
    """The form of this request; raises Stopped for one that no page of ours would send.

    It may bring files in the field ``brings``, if that is named. They are closed with ``closing``.
    """
    form = Form(dict.fromkeys(fields, ""), {name: [] for name in lists})
    token, seen = "", set[str]()
    sent = read_with_files(closing) if brings else Parts(read_pairs())
    if any(each.field != brings for each in sent.files):
        raise Stopped(400)
    for name, value in sent.pairs:
        if name in lists:
            form.lists[name].append(value)
            continue
        if name in seen or not (name in fields or name == TOKEN):
            raise Stopped(400)
        seen.add(name)
        if name == TOKEN:
            token = value
        else:
            form.values[name] = value
    return Form(form.values, form.lists, token, sent.files)
