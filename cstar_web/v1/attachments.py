"""Attachments: files that are uploaded to a ticket, and then go with a message."""

from flask import Blueprint, Response
from marshmallow import fields

from cstar_core import ATTACHMENT_BYTES_MAX, ATTACHMENTS_MAX
from cstar_web.calls import Call
from cstar_web.downloads import save_as
from cstar_web.etags import attachment_tag
from cstar_web.operations import Operation, operation
from cstar_web.shapes import Shape
from cstar_web.v1 import render
from cstar_web.v1.answers import TEAM, Deleted, count, instant, kind, text, text_or_null
from cstar_web.v1.fields import Strings, Text
from cstar_web.v1.patterns import id_given

blueprint = Blueprint("attachments", __name__)
PATH = f"{TEAM}/tickets/{{ticketId}}/attachments"
ONE = f"{PATH}/{{attachmentId}}"
# Any text: what cannot be in the name of a file is taken out of it.
_ANY = "^"


class Attachment(Shape):
    """A file of a message, or one that was uploaded for a message to come."""

    id = text("Attachment id (`att_` prefix).")
    object = kind("attachment")
    message_id = text_or_null("The message that it goes with; null until there is one.")
    name = text("What it is called: a name, and never a path.")
    media_type = text("What it is said to be, such as `image/png`. It is not checked.")
    size = count("How many bytes it has.")
    sha256 = text("The SHA-256 of its bytes, in hex.", pattern="^[0-9a-f]{64}$")
    content_id = text_or_null("What the HTML of a mail calls it by.")
    is_inline = fields.Boolean(
        required=True, metadata={"description": "Whether it is shown inside the HTML of a mail."}
    )
    created_at = instant("When it was uploaded.")


class Upload(Shape):
    """What a file is called."""

    name = Text(
        required=True,
        metadata={
            "pattern": _ANY,
            "description": "Of a path the last part is kept, and at most 255 bytes of that.",
        },
    )


def attached() -> Strings:
    """The member of a message's body that names what goes with it."""
    return Strings(
        items={"pattern": id_given("att_")},
        metadata={
            "maxItems": ATTACHMENTS_MAX,
            "uniqueItems": True,
            "description": "Ids of files that were uploaded to this ticket: 50 MiB together.",
        },
    )


@operation(
    blueprint,
    Operation(
        method="GET",
        path=PATH,
        name="listAttachments",
        tag="Attachments",
        summary="List a ticket's attachments",
        description="Those of all its messages, in their order.",
        key="any",
        answer=Attachment(),
        many=True,
    ),
)
def list_attachments(call: Call, ticket_id: str) -> Response:
    found = call.workspace.attachments.list(ticket_id)
    return call.answer([render.attachment(each) for each in found])


@operation(
    blueprint,
    Operation(
        method="POST",
        path=PATH,
        name="uploadAttachment",
        tag="Attachments",
        summary="Upload a file",
        description="The body is the file itself, at most 25 MiB; its `Content-Type` is kept as "
        "`mediaType`. Then send its id with a message, within a day: what no message has is "
        "deleted. A file that is sent again is another one.",
        key="secret",
        query=Upload(),
        upload="*/*",
        body_max=ATTACHMENT_BYTES_MAX,
        answer=Attachment(),
        status=201,
    ),
)
def upload_attachment(call: Call, ticket_id: str) -> Response:
    name: str = call.query["name"]
    made = call.workspace.attachments.upload(
        ticket_id, name=name, content=call.upload, media_type=call.upload_type
    )
    return call.created(render.attachment(made))


@operation(
    blueprint,
    Operation(
        method="GET",
        path=ONE,
        name="getAttachment",
        tag="Attachments",
        summary="Get an attachment",
        description="What is known of it, without its bytes.",
        key="any",
        answer=Attachment(),
        etag=True,
    ),
)
def get_attachment(call: Call, ticket_id: str, attachment_id: str) -> Response:
    found = call.workspace.attachments.get(ticket_id, attachment_id)
    return call.answer(render.attachment(found), tag=attachment_tag(found))


@operation(
    blueprint,
    Operation(
        method="GET",
        path=f"{ONE}/content",
        name="downloadAttachment",
        tag="Attachments",
        summary="Download an attachment",
        description="Its bytes, always to be saved and never to be shown. `Range` asks for a part.",
        key="any",
        answer=Shape(),
        download=True,
        etag=True,
        errors=("FILE_LOST",),
    ),
)
def download_attachment(call: Call, ticket_id: str, attachment_id: str) -> Response:
    found, file = call.workspace.attachments.open(ticket_id, attachment_id)
    return save_as(file, found.name, found.size, f'"{found.id}"')


@operation(
    blueprint,
    Operation(
        method="DELETE",
        path=ONE,
        name="deleteAttachment",
        tag="Attachments",
        summary="Delete an upload",
        description="One that no message has. What goes with a message stays with it.",
        key="secret",
        answer=Deleted(),
        conditional=True,
        idempotent=True,
    ),
)
def delete_attachment(call: Call, ticket_id: str, attachment_id: str) -> Response:
    room = call.workspace.attachments
    with call.unless_stale(lambda: attachment_tag(room.get(ticket_id, attachment_id))):
        room.discard(ticket_id, attachment_id)
    return call.answer({"deleted": True})
