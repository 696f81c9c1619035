"""Mailboxes: the addresses that customers write to, as a workspace has them."""

from flask import Blueprint, Response
from marshmallow import fields

from cstar_core import MAIL_SIGNATURE_MAX, MAILBOX_NAME_MAX, OAUTH_PROVIDERS
from cstar_web.calls import Call
from cstar_web.etags import version_tag
from cstar_web.operations import Operation, operation
from cstar_web.shapes import Shape
from cstar_web.v1 import render
from cstar_web.v1.answers import TEAM, instant, instant_or_null, kind, text, text_or_null

blueprint = Blueprint("mailboxes", __name__)
PATH = f"{TEAM}/mailboxes"
ONE = f"{PATH}/{{mailboxId}}"


def _flag(description: str) -> fields.Boolean:
    return fields.Boolean(required=True, metadata={"description": description})


class Mailbox(Shape):
    """An address that customers write to, and how fetching its mail goes."""

    id = text("Mailbox id (`mbx_` prefix).")
    object = kind("mailbox")
    address = text("The address.")
    name = text("Who mail from it is from.", maxLength=MAILBOX_NAME_MAX)
    language = text("The code of the language in which mail from it is written.")
    signature = text("What stands below each answer.", maxLength=MAIL_SIGNATURE_MAX)
    is_default = _flag("Whether it sends what belongs to no other mailbox.")
    answers_first = _flag("Whether who writes is told at once that it arrived.")
    plus_addressing = _flag("Whether mail to the name, a plus and anything comes here too.")
    is_active = _flag("Whether it is used at all.")
    fetches = _flag("Whether its mail is fetched from a server.")
    sends = _flag("Whether mail is sent from it.")
    oauth_provider = text_or_null(
        "Who gives the tokens of OAuth 2 with which it signs in; null where it has passwords.",
        enum=[*OAUTH_PROVIDERS, None],
    )
    is_authorized = _flag("Whether it may ask for such tokens.")
    fetched_at = instant_or_null("When fetching last worked.")
    failing_since = instant_or_null("Since when it cannot fetch or send; null while it can.")
    failure = text_or_null("Why it cannot, or why no token is given.")
    created_at = instant("When the mailbox was added.")
    updated_at = instant("When the mailbox last changed.")


@operation(
    blueprint,
    Operation(
        method="GET",
        path=PATH,
        name="listMailboxes",
        tag="Mail",
        summary="List mailboxes",
        description="All, oldest first. They are set up on the server, with their passwords.",
        key="secret",
        answer=Mailbox(),
        many=True,
    ),
)
def list_mailboxes(call: Call) -> Response:
    return call.answer([render.mailbox(each) for each in call.workspace.mailboxes.list()])


@operation(
    blueprint,
    Operation(
        method="GET",
        path=ONE,
        name="getMailbox",
        tag="Mail",
        summary="Get a mailbox",
        key="secret",
        answer=Mailbox(),
        etag=True,
    ),
)
def get_mailbox(call: Call, mailbox_id: str) -> Response:
    found = call.workspace.mailboxes.get(mailbox_id)
    return call.answer(render.mailbox(found), tag=version_tag(found))
