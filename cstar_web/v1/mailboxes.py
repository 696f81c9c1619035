"""Mailboxes: the addresses that customers write to, as a workspace has them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from flask import Blueprint, Response

from cstar_core import Invalid, Problem
from cstar_web.calls import Call
from cstar_web.etags import mailbox_tag, version_tag
from cstar_web.names import camel_case
from cstar_web.operations import Operation, operation
from cstar_web.v1 import render
from cstar_web.v1.answers import TEAM, Deleted
from cstar_web.v1.mailbox_shapes import Mailbox, MailboxChanges, NewMailbox

blueprint = Blueprint("mailboxes", __name__)
PATH = f"{TEAM}/mailboxes"
ONE = f"{PATH}/{{mailboxId}}"


def _public(problems: Iterable[Problem]) -> Iterator[Problem]:
    """As this API writes what the core calls `defaults.assigned_to`."""
    for each in problems:
        first, *rest = each.param.split(".")
        if first == "defaults" and rest:
            rest[0] = camel_case(rest[0])
        yield replace(each, param=".".join((first, *rest)))


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except Invalid as error:
        raise Invalid(_public(error.problems)) from error


@operation(
    blueprint,
    Operation(
        method="GET",
        path=PATH,
        name="listMailboxes",
        tag="Mail",
        summary="List mailboxes",
        description="All, oldest first. Their servers are set up on the server or in the inbox.",
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
    return call.answer(render.mailbox(found), tag=mailbox_tag(found))


@operation(
    blueprint,
    Operation(
        method="POST",
        path=PATH,
        name="createMailbox",
        tag="Mail",
        summary="Add a mailbox",
        description="One to which mail is brought, such as by `POST …/mail`. The first of a "
        "workspace is its default.",
        key="secret",
        body=NewMailbox(),
        answer=Mailbox(),
        status=201,
        etag=True,
        idempotent=True,
        errors=("RESOURCE_EXISTS",),
    ),
    rules=lambda workspace, values: _public(workspace.mailboxes.check(values)),
)
def create_mailbox(call: Call) -> Response:
    with _refusals():
        made = call.workspace.mailboxes.create(**call.body)
    return call.created(render.mailbox(made), tag=mailbox_tag(made))


@operation(
    blueprint,
    Operation(
        method="PATCH",
        path=ONE,
        name="updateMailbox",
        tag="Mail",
        summary="Update a mailbox",
        description="`defaults` are replaced as a whole. Its servers stay as they are.",
        key="secret",
        body=MailboxChanges(),
        answer=Mailbox(),
        etag=True,
        conditional=True,
        idempotent=True,
        errors=("RESOURCE_EXISTS",),
    ),
    rules=lambda workspace, values: _public(workspace.mailboxes.check(values, updating=True)),
)
def update_mailbox(call: Call, mailbox_id: str) -> Response:
    room = call.workspace.mailboxes
    with call.unless_stale(lambda: version_tag(room.get(mailbox_id))), _refusals():
        found = room.update(mailbox_id, **call.body)
    return call.answer(render.mailbox(found), tag=mailbox_tag(found))


@operation(
    blueprint,
    Operation(
        method="DELETE",
        path=ONE,
        name="deleteMailbox",
        tag="Mail",
        summary="Remove a mailbox",
        description="What came by it stays. If it was the default, the oldest of the others is.",
        key="secret",
        answer=Deleted(),
        conditional=True,
        idempotent=True,
    ),
)
def delete_mailbox(call: Call, mailbox_id: str) -> Response:
    room = call.workspace.mailboxes
    with call.unless_stale(lambda: version_tag(room.get(mailbox_id))):
        room.delete(mailbox_id)
    return call.answer({"deleted": True})
