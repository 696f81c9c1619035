"""Templates of mail: the texts around replies, and what is answered by itself."""

from contextlib import suppress

from flask import Response

from cstar_core import NotFound
from cstar_web.inbox.declaring import Page, page
from cstar_web.inbox.languages import LANGUAGES, say
from cstar_web.inbox.mail.words import KIND_WORDS
from cstar_web.inbox.settings.frame import SETTINGS, checked, refusals, seen_version, show
from cstar_web.inbox.visits import TeamVisit

TEMPLATES = f"{SETTINGS}/templates"
TEMPLATE = f"{TEMPLATES}/{{kind}}/{{spoken}}"

SECTION = "settings_templates"
_ENOUGH = say("There are as many templates as a team may have")


@page(Page(method="GET", path=TEMPLATES, name=SECTION, access="owner"))
def templates(visit: TeamVisit) -> Response:
    return show(
        visit,
        "templates",
        SECTION,
        templates=visit.workspace.mail_templates.list(),
        kind_words=KIND_WORDS,
        spoken_words=LANGUAGES,
    )


@page(Page(method="GET", path=TEMPLATE, name="settings_template", access="owner"))
def template_page(visit: TeamVisit, kind: str, spoken: str) -> Response:
    return _shown(visit, kind, spoken, None)


@page(
    Page(
        method="POST",
        path=TEMPLATE,
        name="change_template",
        access="owner",
        fields=("content", "version", "preview"),
        again=template_page,
    )
)
def change_template(visit: TeamVisit, kind: str, spoken: str) -> Response:
    room, content = visit.workspace.mail_templates, visit.form.values["content"].strip()
    before = room.get(kind, spoken)
    if checked(visit, "preview"):
        return _shown(visit, kind, spoken, content)
    version = seen_version(visit)
    with refusals(_ENOUGH):
        room.update(
            kind,
            spoken,
            content=content,
            expected_version=before.version if version is None else version,
        )
    return visit.leads_to("settings_template", kind=kind, spoken=spoken, done="changed")


@page(Page(method="POST", path=f"{TEMPLATE}/reset", name="reset_template", access="owner"))
def reset_template(visit: TeamVisit, kind: str, spoken: str) -> Response:
    with suppress(NotFound):  # it is what cStar brings already
        visit.workspace.mail_templates.reset(kind, spoken)
    return visit.leads_to(SECTION, done="template-reset")


def _shown(visit: TeamVisit, kind: str, spoken: str, typed: str | None) -> Response:
    """A template, with what was typed in place of what is stored, and how that would be sent."""
    room = visit.workspace.mail_templates
    template = room.get(kind, spoken)
    content = template.content if typed is None else typed
    return show(
        visit,
        "template",
        SECTION,
        mail_template=template,
        content=content,
        preview="" if visit.problems else _preview(visit, kind, content),
        placeholders=room.placeholders(),
        kind_words=KIND_WORDS,
        spoken_words=LANGUAGES,
    )


def _preview(visit: TeamVisit, kind: str, content: str) -> str:
    """What would be sent on the newest ticket; nothing if there is none yet."""
    newest = visit.workspace.tickets.list(page_size=1, sort="-created_at").items
    if not newest:
        return ""
    return visit.workspace.mail_templates.preview(kind, content, newest[0].id, message="…")
