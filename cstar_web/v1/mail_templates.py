"""Mail templates: the texts around what is sent, in each language."""

from flask import Blueprint, Response
from marshmallow import fields

from cstar_core import CONTENT_MAX, OUTGOING_KINDS, TEMPLATE_MAX
from cstar_web.calls import Call
from cstar_web.etags import template_tag
from cstar_web.operations import Operation, operation
from cstar_web.shapes import Shape
from cstar_web.v1 import render
from cstar_web.v1.answers import TEAM, Deleted, instant_or_null, kind, text
from cstar_web.v1.fields import Text
from cstar_web.v1.patterns import FILLED, id_given

blueprint = Blueprint("mail_templates", __name__)
PATH = f"{TEAM}/mail-templates"
ONE = f"{PATH}/{{templateKind}}/{{language}}"
_CONTENT = {
    "maxLength": TEMPLATE_MAX,
    "pattern": FILLED,
    "description": "A text with names in double braces, such as `{{customer.name|there}}`; that of "
    "a `reply` has `{{message}}`.",
}


class MailTemplate(Shape):
    """A text around what is sent, in a language."""

    object = kind("mail_template")
    kind = text("What it is for.", enum=OUTGOING_KINDS)
    language = text("The code of its language.")
    content = text("The text.")
    is_own = fields.Boolean(
        required=True, metadata={"description": "Whether the team wrote it; else cStar brings it."}
    )
    updated_at = instant_or_null("When the team last changed it; null for one of cStar's own.")


class MailTemplateText(Shape):
    """The text of a template."""

    content = Text(required=True, metadata=_CONTENT)


class MailPreviewed(Shape):
    """What is to be seen as it would be sent."""

    ticket_id = Text(
        required=True,
        metadata={"pattern": id_given("tkt_"), "description": "The ticket that it is on."},
    )
    content = Text(filled=True, metadata=_CONTENT)
    message = Text(
        metadata={"maxLength": CONTENT_MAX, "description": "The message; by default none."}
    )


class MailPreview(Shape):
    """A text as it would be sent."""

    object = kind("mail_preview")
    content = text("The text, with all that is known of the ticket filled in.")


@operation(
    blueprint,
    Operation(
        method="GET",
        path=PATH,
        name="listMailTemplates",
        tag="Mail",
        summary="List mail templates",
        description="All, by kind and language: the team's own, else those that cStar brings.",
        key="secret",
        answer=MailTemplate(),
        many=True,
    ),
)
def list_mail_templates(call: Call) -> Response:
    return call.answer(list(map(render.mail_template, call.workspace.mail_templates.list())))


@operation(
    blueprint,
    Operation(
        method="GET",
        path=ONE,
        name="getMailTemplate",
        tag="Mail",
        summary="Get a mail template",
        key="secret",
        answer=MailTemplate(),
        etag=True,
    ),
)
def get_mail_template(call: Call, template_kind: str, language: str) -> Response:
    found = call.workspace.mail_templates.get(template_kind, language)
    return call.answer(render.mail_template(found), tag=template_tag(found))


@operation(
    blueprint,
    Operation(
        method="PUT",
        path=ONE,
        name="setMailTemplate",
        tag="Mail",
        summary="Set a mail template",
        description="In any language; what is sent from a mailbox is in the language of that.",
        key="secret",
        body=MailTemplateText(),
        answer=MailTemplate(),
        etag=True,
        conditional=True,
        idempotent=True,
        errors=("RESOURCE_EXISTS",),
    ),
    rules=lambda workspace, values: workspace.mail_templates.check(values),
)
def set_mail_template(call: Call, template_kind: str, language: str) -> Response:
    room = call.workspace.mail_templates
    with call.unless_stale(lambda: template_tag(room.get(template_kind, language))):
        found = room.update(template_kind, language, **call.body)
    return call.answer(render.mail_template(found), tag=template_tag(found))


@operation(
    blueprint,
    Operation(
        method="DELETE",
        path=ONE,
        name="resetMailTemplate",
        tag="Mail",
        summary="Take a mail template back",
        description="The text that cStar brings stands again, if there is one in this language.",
        key="secret",
        answer=Deleted(),
        conditional=True,
        idempotent=True,
    ),
)
def reset_mail_template(call: Call, template_kind: str, language: str) -> Response:
    room = call.workspace.mail_templates
    with call.unless_stale(lambda: template_tag(room.get(template_kind, language))):
        room.reset(template_kind, language)
    return call.answer({"deleted": True})


@operation(
    blueprint,
    Operation(
        method="POST",
        path=f"{ONE}/preview",
        name="previewMailTemplate",
        tag="Mail",
        summary="See a mail before it is sent",
        description="The template, or the `content` that is given in its place, as it would be "
        "sent on a ticket. Nothing is changed and nothing sent.",
        key="secret",
        body=MailPreviewed(),
        answer=MailPreview(),
        idempotent=True,
    ),
)
def preview_mail_template(call: Call, template_kind: str, language: str) -> Response:
    room, asked = call.workspace.mail_templates, dict(call.body)
    if "content" not in asked:
        asked["content"] = room.get(template_kind, language).content
    said = room.preview(template_kind, **asked)
    return call.answer({"object": "mail_preview", "content": said})
