"""Mail that goes out: what became of it, and what is done about that by hand."""

from flask import Blueprint, Response

from cstar_core import NotFound
from cstar_web.calls import Call
from cstar_web.errors import invalid
from cstar_web.operations import Operation, operation
from cstar_web.v1 import render
from cstar_web.v1.answers import TEAM
from cstar_web.v1.outgoing_shapes import (
    BadAddress,
    OutgoingMail,
    OutgoingMailsQuery,
    Trusted,
    TrustedAddress,
)
from cstar_web.v1.queries import Paged

blueprint = Blueprint("outgoing", __name__)
PATH = f"{TEAM}/outgoing-mail"
ONE = f"{PATH}/{{outgoingMailId}}"
BAD = f"{TEAM}/bad-addresses"


@operation(
    blueprint,
    Operation(
        method="GET",
        path=PATH,
        name="listOutgoingMail",
        tag="Mail",
        summary="List mail that goes out",
        description="The newest first.",
        key="secret",
        query=OutgoingMailsQuery(),
        answer=OutgoingMail(),
        many=True,
        paged=True,
    ),
)
def list_outgoing_mail(call: Call) -> Response:
    return call.page(call.workspace.outgoing_mail.list(**call.query), render.outgoing_mail)


@operation(
    blueprint,
    Operation(
        method="GET",
        path=ONE,
        name="getOutgoingMail",
        tag="Mail",
        summary="Get a mail that goes out",
        key="secret",
        answer=OutgoingMail(),
    ),
)
def get_outgoing_mail(call: Call, outgoing_mail_id: str) -> Response:
    return call.answer(render.outgoing_mail(call.workspace.outgoing_mail.get(outgoing_mail_id)))


@operation(
    blueprint,
    Operation(
        method="POST",
        path=f"{ONE}/release",
        name="releaseOutgoingMail",
        tag="Mail",
        summary="Let a mail go that is held",
        description="It is sent at once.",
        key="secret",
        answer=OutgoingMail(),
        idempotent=True,
        errors=("MAIL_CONFLICT",),
    ),
)
def release_outgoing_mail(call: Call, outgoing_mail_id: str) -> Response:
    found = call.workspace.outgoing_mail.release(outgoing_mail_id)
    return call.answer(render.outgoing_mail(found))


@operation(
    blueprint,
    Operation(
        method="POST",
        path=f"{ONE}/retry",
        name="retryOutgoingMail",
        tag="Mail",
        summary="Send a mail again",
        description="To whom it was not sent, at once, and also to an address that was bad.",
        key="secret",
        answer=OutgoingMail(),
        idempotent=True,
        errors=("MAIL_CONFLICT",),
    ),
)
def retry_outgoing_mail(call: Call, outgoing_mail_id: str) -> Response:
    found = call.workspace.outgoing_mail.retry(outgoing_mail_id)
    return call.answer(render.outgoing_mail(found))


@operation(
    blueprint,
    Operation(
        method="POST",
        path=f"{ONE}/cancel",
        name="cancelOutgoingMail",
        tag="Mail",
        summary="Do not send a mail",
        description="One that is queued, deferred or held.",
        key="secret",
        answer=OutgoingMail(),
        idempotent=True,
        errors=("MAIL_CONFLICT",),
    ),
)
def cancel_outgoing_mail(call: Call, outgoing_mail_id: str) -> Response:
    found = call.workspace.outgoing_mail.cancel(outgoing_mail_id)
    return call.answer(render.outgoing_mail(found))


@operation(
    blueprint,
    Operation(
        method="GET",
        path=BAD,
        name="listBadAddresses",
        tag="Mail",
        summary="List bad addresses",
        description="Those to which nothing could be delivered, by address. A message to one of "
        "them fails at once.",
        key="secret",
        query=Paged(),
        answer=BadAddress(),
        many=True,
        paged=True,
    ),
)
def list_bad_addresses(call: Call) -> Response:
    found = call.workspace.outgoing_mail.bad_addresses(**call.query)
    return call.page(found, render.bad_address)


@operation(
    blueprint,
    Operation(
        method="POST",
        path=f"{BAD}/trust",
        name="trustAddress",
        tag="Mail",
        summary="Trust an address again",
        description="The next mail to it is sent. What has failed stays so, until it is sent "
        "again.",
        key="secret",
        body=TrustedAddress(),
        answer=Trusted(),
        idempotent=True,
    ),
)
def trust_address(call: Call) -> Response:
    try:
        call.workspace.outgoing_mail.trust(call.body["address"])
    except NotFound:
        raise invalid("address", "must be a bad address") from None
    return call.answer({"trusted": True})
