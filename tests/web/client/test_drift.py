"""The Python client has what the API has: its calls, what they take, and what they answer."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any, get_args, get_type_hints

import pytest
from flask import Flask

from cstar_core import Helpdesk
from cstar_web import client
from cstar_web.app import create_app
from cstar_web.client import mailing, outgoing, resources
from cstar_web.names import camel_case
from cstar_web.operations import Operation, operations
from cstar_web.settings import Settings
from cstar_web.shapes import public_names

# Each operation of the API: the call for it, and what that returns.
CALLS: dict[str, tuple[Any, type | None]] = {
    "whoami": (client.Client.whoami, client.Whoami),
    "listTickets": (resources.Tickets.list, client.Ticket),
    "createTicket": (resources.Tickets.create, client.Ticket),
    "getTicket": (resources.Tickets.get, client.Ticket),
    "updateTicket": (resources.Tickets.update, client.Ticket),
    "deleteTicket": (resources.Tickets.delete, None),
    "bulkTickets": (resources.Tickets.bulk, client.Bulk),
    "mergeTicket": (resources.Tickets.merge, client.Ticket),
    "unmergeTicket": (resources.Tickets.unmerge, client.Ticket),
    "listMessages": (resources.Messages.list, client.Message),
    "createMessage": (resources.Messages.create, client.Message),
    "moveMessage": (resources.Messages.move, client.Message),
    "listAttachments": (resources.Attachments.list, client.Attachment),
    "uploadAttachment": (resources.Attachments.upload, client.Attachment),
    "getAttachment": (resources.Attachments.get, client.Attachment),
    "downloadAttachment": (resources.Attachments.download, None),
    "deleteAttachment": (resources.Attachments.delete, None),
    "listMail": (resources.Mails.list, client.Mail),
    "receiveMail": (resources.Mails.receive, client.Mail),
    "getMail": (resources.Mails.get, client.Mail),
    "downloadMail": (resources.Mails.raw, None),
    "retryMail": (resources.Mails.retry, client.Mail),
    "releaseMail": (resources.Mails.release, client.Mail),
    "fileMailAsSpam": (resources.Mails.spam, client.Mail),
    "listOutgoingMail": (outgoing.OutgoingMails.list, client.OutgoingMail),
    "getOutgoingMail": (outgoing.OutgoingMails.get, client.OutgoingMail),
    "releaseOutgoingMail": (outgoing.OutgoingMails.release, client.OutgoingMail),
    "retryOutgoingMail": (outgoing.OutgoingMails.retry, client.OutgoingMail),
    "cancelOutgoingMail": (outgoing.OutgoingMails.cancel, client.OutgoingMail),
    "listMailBlocks": (resources.MailBlocks.list, client.MailBlock),
    "createMailBlock": (resources.MailBlocks.create, client.MailBlock),
    "getMailBlock": (resources.MailBlocks.get, client.MailBlock),
    "deleteMailBlock": (resources.MailBlocks.delete, None),
    "listMailTemplates": (mailing.MailTemplates.list, client.MailTemplate),
    "getMailTemplate": (mailing.MailTemplates.get, client.MailTemplate),
    "setMailTemplate": (mailing.MailTemplates.set, client.MailTemplate),
    "resetMailTemplate": (mailing.MailTemplates.reset, None),
    "previewMailTemplate": (mailing.MailTemplates.preview, None),
    "listBadAddresses": (mailing.BadAddresses.list, client.BadAddress),
    "trustAddress": (mailing.BadAddresses.trust, None),
    "listCustomers": (resources.Customers.list, client.Customer),
    "createCustomer": (resources.Customers.create, client.Customer),
    "getCustomer": (resources.Customers.get, client.Customer),
    "updateCustomer": (resources.Customers.update, client.Customer),
    "deleteCustomer": (resources.Customers.delete, None),
    "listMailboxes": (mailing.Mailboxes.list, client.Mailbox),
    "getMailbox": (mailing.Mailboxes.get, client.Mailbox),
    "createMailbox": (mailing.Mailboxes.create, client.Mailbox),
    "updateMailbox": (mailing.Mailboxes.update, client.Mailbox),
    "deleteMailbox": (mailing.Mailboxes.delete, None),
    "listMembers": (resources.Members.list, client.Member),
    "createMember": (resources.Members.create, client.Member),
    "getMember": (resources.Members.get, client.Member),
    "updateMember": (resources.Members.update, client.Member),
    "deleteMember": (resources.Members.delete, None),
    "listCustomFields": (resources.CustomFields.list, client.CustomField),
    "createCustomField": (resources.CustomFields.create, client.CustomField),
    "getCustomField": (resources.CustomFields.get, client.CustomField),
    "updateCustomField": (resources.CustomFields.update, client.CustomField),
    "deleteCustomField": (resources.CustomFields.delete, None),
    "listEvents": (resources.Events.list, client.Event),
    "streamEvents": (resources.Events.stream, client.Event),
    "listTicketEvents": (resources.Events.of_ticket, client.Event),
    "listWebhooks": (resources.Webhooks.list, client.Webhook),
    "createWebhook": (resources.Webhooks.create, client.Webhook),
    "getWebhook": (resources.Webhooks.get, client.Webhook),
    "updateWebhook": (resources.Webhooks.update, client.Webhook),
    "deleteWebhook": (resources.Webhooks.delete, None),
    "testWebhook": (resources.Webhooks.test, client.Delivery),
    "rotateWebhookSecret": (resources.Webhooks.rotate_secret, client.Webhook),
    "replayWebhook": (resources.Webhooks.replay, client.Webhook),
    "listDeliveries": (resources.Webhooks.deliveries, client.Delivery),
    "redeliver": (resources.Webhooks.redeliver, client.Delivery),
}
HEADERS = {"idempotencyKey", "ifMatch"}
# A body that is no JSON, and what it is said to be.
BYTES = {"content", "mediaType"}
KINDS = {"object"}
PACKED = {"filters", "values", "changes", "options"}
OWN = {"raw", "etag"}


@pytest.fixture(scope="module")
def declared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Operation]]:
    with Helpdesk.open(tmp_path_factory.mktemp("drift") / "desk.db") as desk:
        app: Flask = create_app(desk, Settings())
        yield {each.name: each for each in operations(app) if each.path.startswith("/api/")}


def takes(call: Any) -> set[str]:
    """The names that a call takes, as the API writes them."""
    hints = get_type_hints(call)
    hints.pop("return", None)
    names: set[str] = set()
    for name, hint in hints.items():
        names |= set(get_type_hints(get_args(hint)[0])) if name in PACKED else {name}
    return {camel_case(name) for name in names}


def test_there_is_a_call_for_every_operation(declared: dict[str, Operation]) -> None:
    assert declared.keys() == CALLS.keys()


@pytest.mark.parametrize("name", CALLS)
def test_a_call_takes_what_its_operation_does(name: str, declared: dict[str, Operation]) -> None:
    operation, (call, _) = declared[name], CALLS[name]
    shapes = [shape for shape in (operation.query, operation.body) if shape]
    wanted = {public for shape in shapes for public in public_names(shape).values()}
    path = {part.strip("{}") for part in operation.path.split("/")}

    bytes_ = BYTES if operation.upload else {"attachments"} if operation.form else set()
    assert takes(call) - HEADERS - path - bytes_ == wanted


@pytest.mark.parametrize("name", [name for name, (_, kind) in CALLS.items() if kind])
def test_a_value_has_what_its_operation_answers(name: str, declared: dict[str, Operation]) -> None:
    kind: Any = CALLS[name][1]
    assert declared[name].answer is not None
    answered = set(public_names(declared[name].answer).values())
    known = {camel_case(each.name) for each in fields(kind)}

    assert answered - KINDS <= known
    assert known - OWN - answered <= {"secret"}
