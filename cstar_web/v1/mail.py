"""Mail that comes in: taken from relays, looked through, and put right."""

from dataclasses import replace

from flask import Blueprint, Response

from cstar_core import LETTER_BYTES_MAX, Envelope, Invalid, Problem
from cstar_web.calls import Call
from cstar_web.downloads import save_as
from cstar_web.operations import Operation, operation
from cstar_web.shapes import Shape
from cstar_web.v1 import render
from cstar_web.v1.answers import TEAM, Deleted
from cstar_web.v1.mail_shapes import (
    Mail,
    MailBlock,
    MailQuery,
    MailsQuery,
    NewMailBlock,
    SpamBlock,
)
from cstar_web.v1.queries import Paged

blueprint = Blueprint("mail", __name__)
PATH = f"{TEAM}/mail"
ONE = f"{PATH}/{{mailId}}"
BLOCKS = f"{TEAM}/mail-blocks"
BLOCK = f"{BLOCKS}/{{mailBlockId}}"
_ASKED = {"envelope.sender": "envelope_from", "envelope.recipients.0": "envelope_to"}


@operation(
    blueprint,
    Operation(
        method="GET",
        path=PATH,
        name="listMail",
        tag="Mail",
        summary="List mail that came in",
        description="The newest first, also what has become nothing.",
        key="secret",
        query=MailsQuery(),
        answer=Mail(),
        many=True,
        paged=True,
    ),
)
def list_mail(call: Call) -> Response:
    return call.page(call.workspace.mail.list(**call.query), render.mail)


@operation(
    blueprint,
    Operation(
        method="POST",
        path=PATH,
        name="receiveMail",
        tag="Mail",
        summary="Hand over a mail",
        description="The body is the mail as it came, at most 25 MiB. Once this is answered it is "
        "accounted for; what becomes of it is known a moment later. The same bytes are the same "
        "mail, however often they are sent.",
        key="secret",
        query=MailQuery(),
        upload="message/rfc822",
        body_max=LETTER_BYTES_MAX,
        answer=Mail(),
        status=202,
    ),
)
def receive_mail(call: Call) -> Response:
    asked = call.query
    recipients = (asked["envelope_to"],) if "envelope_to" in asked else ()
    envelope = Envelope(asked.get("envelope_from"), recipients)
    try:
        taken = call.workspace.mail.take(
            call.upload.read(), source="api", mailbox=asked.get("mailbox"), envelope=envelope
        )
    except Invalid as error:
        raise Invalid(_asked(each) for each in error.problems) from error
    return call.accepted(render.mail(taken))


def _asked(problem: Problem) -> Problem:
    """As the query calls what the core calls the envelope."""
    return replace(problem, param=_ASKED.get(problem.param, problem.param))


@operation(
    blueprint,
    Operation(
        method="GET",
        path=ONE,
        name="getMail",
        tag="Mail",
        summary="Get a mail",
        key="secret",
        answer=Mail(),
    ),
)
def get_mail(call: Call, mail_id: str) -> Response:
    return call.answer(render.mail(call.workspace.mail.get(mail_id)))


@operation(
    blueprint,
    Operation(
        method="GET",
        path=f"{ONE}/raw",
        name="downloadMail",
        tag="Mail",
        summary="Download a mail as it came",
        description="Its bytes, to be saved. Of a ticket that was deleted, or a person who was "
        "erased, there are none any more.",
        key="secret",
        answer=Shape(),
        download=True,
        etag=True,
        errors=("FILE_LOST",),
    ),
)
def download_mail(call: Call, mail_id: str) -> Response:
    found, file = call.workspace.mail.open(mail_id)
    return save_as(file, "message.eml", found.size, f'"{found.id}"')


@operation(
    blueprint,
    Operation(
        method="POST",
        path=f"{ONE}/retry",
        name="retryMail",
        tag="Mail",
        summary="Read a mail again",
        description="One that could not be read. It waits again; its ticket stays.",
        key="secret",
        answer=Mail(),
        idempotent=True,
        errors=("MAIL_CONFLICT",),
    ),
)
def retry_mail(call: Call, mail_id: str) -> Response:
    return call.answer(render.mail(call.workspace.mail.retry(mail_id)))


@operation(
    blueprint,
    Operation(
        method="POST",
        path=f"{ONE}/release",
        name="releaseMail",
        tag="Mail",
        summary="Release a mail",
        description="One that was filed as spam or ignored, or that told of a delivery which is "
        "not known. It waits again, and becomes what it would have been.",
        key="secret",
        answer=Mail(),
        idempotent=True,
        errors=("MAIL_CONFLICT",),
    ),
)
def release_mail(call: Call, mail_id: str) -> Response:
    return call.answer(render.mail(call.workspace.mail.release(mail_id)))


@operation(
    blueprint,
    Operation(
        method="POST",
        path=f"{ONE}/spam",
        name="fileMailAsSpam",
        tag="Mail",
        summary="File a mail as spam",
        description="One that became a message. It is kept, and can be released. The ticket that "
        "it has made goes, with all mails of its sender on it, if nobody else has written there; "
        "otherwise only its message goes.",
        key="secret",
        body=SpamBlock(),
        answer=Mail(),
        idempotent=True,
        errors=("MAIL_CONFLICT",),
    ),
)
def file_mail_as_spam(call: Call, mail_id: str) -> Response:
    return call.answer(render.mail(call.workspace.mail.spam(mail_id, **call.body)))


@operation(
    blueprint,
    Operation(
        method="GET",
        path=BLOCKS,
        name="listMailBlocks",
        tag="Mail",
        summary="List blocks",
        description="By what they block.",
        key="secret",
        query=Paged(),
        answer=MailBlock(),
        many=True,
        paged=True,
    ),
)
def list_mail_blocks(call: Call) -> Response:
    return call.page(call.workspace.mail_blocks.list(**call.query), render.mail_block)


@operation(
    blueprint,
    Operation(
        method="POST",
        path=BLOCKS,
        name="createMailBlock",
        tag="Mail",
        summary="Block an address or a domain",
        description="Mail of it is ignored from now on.",
        key="secret",
        body=NewMailBlock(),
        answer=MailBlock(),
        status=201,
        idempotent=True,
        errors=("RESOURCE_EXISTS",),
    ),
    rules=lambda workspace, values: workspace.mail_blocks.check(values),
)
def create_mail_block(call: Call) -> Response:
    return call.created(render.mail_block(call.workspace.mail_blocks.create(**call.body)))


@operation(
    blueprint,
    Operation(
        method="GET",
        path=BLOCK,
        name="getMailBlock",
        tag="Mail",
        summary="Get a block",
        key="secret",
        answer=MailBlock(),
    ),
)
def get_mail_block(call: Call, mail_block_id: str) -> Response:
    return call.answer(render.mail_block(call.workspace.mail_blocks.get(mail_block_id)))


@operation(
    blueprint,
    Operation(
        method="DELETE",
        path=BLOCK,
        name="deleteMailBlock",
        tag="Mail",
        summary="Delete a block",
        description="What was ignored stays ignored, until it is released.",
        key="secret",
        answer=Deleted(),
        idempotent=True,
    ),
)
def delete_mail_block(call: Call, mail_block_id: str) -> Response:
    call.workspace.mail_blocks.delete(mail_block_id)
    return call.answer({"deleted": True})
