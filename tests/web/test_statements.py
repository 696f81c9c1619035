"""How many statements each operation of the API runs, with little and with much to answer.

A list may look at some sizes before it chooses its way, so it has an upper bound.
BEGIN, COMMIT and the like are counted too; what the full-text index does inside is not.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from cstar_core import Helpdesk, MailReply
from cstar_web.app import create_app
from cstar_web.operations import operations
from cstar_web.settings import Settings
from tests.core.receivers import Receiver
from tests.core.tracing import statements
from tests.web.vocabulary import Api, Keyring, ManualClock

REQUESTS: dict[str, tuple[str, str, Any, int]] = {
    "whoami": ("GET", "/api/v1/auth/whoami", None, 3),
    "listTickets": ("GET", "{base}/tickets", None, 6),
    "createTicket": ("POST", "{base}/tickets", {"title": "New", "tags": ["vip"]}, 17),
    "getTicket": ("GET", "{base}/tickets/{ticket}", None, 6),
    "updateTicket": ("PATCH", "{base}/tickets/{ticket}", {"status": "open"}, 13),
    "deleteTicket": ("DELETE", "{base}/tickets/{ticket}", None, 22),
    "bulkTickets": (
        "POST",
        "{base}/tickets/bulk",
        {"filter": {"search": "#1"}, "update": {"status": "open"}},
        15,
    ),
    "mergeTicket": ("POST", "{base}/tickets/{ticket}/merge", {"into": "{other}"}, 19),
    "unmergeTicket": ("POST", "{base}/tickets/{merged}/unmerge", None, 22),
    "listMessages": ("GET", "{base}/tickets/{ticket}/messages", None, 6),
    "createMessage": ("POST", "{base}/tickets/{ticket}/messages", {"content": "Hello"}, 14),
    "moveMessage": (
        "POST",
        "{base}/tickets/{ticket}/messages/{message}/move",
        {"to": "{other}"},
        26,
    ),
    "listAttachments": ("GET", "{base}/tickets/{ticket}/attachments", None, 5),
    "uploadAttachment": ("POST", "{base}/tickets/{ticket}/attachments?name=a", None, 17),
    "getAttachment": ("GET", "{base}/tickets/{ticket}/attachments/{upload}", None, 5),
    "downloadAttachment": ("GET", "{base}/tickets/{ticket}/attachments/{upload}/content", None, 5),
    "deleteAttachment": ("DELETE", "{base}/tickets/{ticket}/attachments/{upload}", None, 10),
    "listMail": ("GET", "{base}/mail", None, 5),
    "receiveMail": ("POST", "{base}/mail", None, 12),
    "getMail": ("GET", "{base}/mail/{mail}", None, 5),
    "downloadMail": ("GET", "{base}/mail/{mail}/raw", None, 6),
    "retryMail": ("POST", "{base}/mail/{mail}/retry", None, 9),
    "releaseMail": ("POST", "{base}/mail/{mail}/release", None, 9),
    "fileMailAsSpam": ("POST", "{base}/mail/{settled}/spam", {}, 36),
    "listOutgoingMail": ("GET", "{base}/outgoing-mail", None, 6),
    "getOutgoingMail": ("GET", "{base}/outgoing-mail/{outgoing}", None, 5),
    "releaseOutgoingMail": ("POST", "{base}/outgoing-mail/{held}/release", None, 15),
    "retryOutgoingMail": ("POST", "{base}/outgoing-mail/{cancelled}/retry", None, 15),
    "cancelOutgoingMail": ("POST", "{base}/outgoing-mail/{outgoing}/cancel", None, 16),
    "listMailBlocks": ("GET", "{base}/mail-blocks", None, 5),
    "createMailBlock": ("POST", "{base}/mail-blocks", {"value": "new.example"}, 11),
    "getMailBlock": ("GET", "{base}/mail-blocks/{block}", None, 4),
    "deleteMailBlock": ("DELETE", "{base}/mail-blocks/{block}", None, 10),
    "listMailTemplates": ("GET", "{base}/mail-templates", None, 4),
    "getMailTemplate": ("GET", "{base}/mail-templates/reply/en", None, 4),
    "setMailTemplate": (
        "PUT",
        "{base}/mail-templates/reply/en",
        {"content": "Hello\n\n{{{{message}}}}"},
        16,
    ),
    "resetMailTemplate": ("DELETE", "{base}/mail-templates/reply/de", None, 10),
    "previewMailTemplate": (
        "POST",
        "{base}/mail-templates/reply/en/preview",
        {"ticketId": "{ticket}"},
        17,
    ),
    "listBadAddresses": ("GET", "{base}/bad-addresses", None, 5),
    "trustAddress": ("POST", "{base}/bad-addresses/trust", {"address": "{bad}"}, 8),
    "listCustomers": ("GET", "{base}/customers", None, 6),
    "createCustomer": ("POST", "{base}/customers", {"name": "New"}, 12),
    "getCustomer": ("GET", "{base}/customers/{customer}", None, 4),
    "updateCustomer": ("PATCH", "{base}/customers/{customer}", {"name": "Other"}, 13),
    "deleteCustomer": ("DELETE", "{base}/customers/{customer}", None, 27),
    "listMailboxes": ("GET", "{base}/mailboxes", None, 4),
    "createMailbox": ("POST", "{base}/mailboxes", {"address": "new@acme.example"}, 15),
    "updateMailbox": ("PATCH", "{base}/mailboxes/{mailbox}", {"name": "Other"}, 12),
    "deleteMailbox": ("DELETE", "{base}/mailboxes/{mailbox}", None, 29),
    "getMailbox": ("GET", "{base}/mailboxes/{mailbox}", None, 4),
    "listMembers": ("GET", "{base}/members", None, 5),
    "createMember": ("POST", "{base}/members", {"name": "N", "email": "n@example.com"}, 14),
    "getMember": ("GET", "{base}/members/{member}", None, 4),
    "updateMember": ("PATCH", "{base}/members/{member}", {"name": "Other"}, 14),
    "deleteMember": ("DELETE", "{base}/members/{member}", None, 17),
    "listCustomFields": ("GET", "{base}/custom-fields", None, 4),
    "createCustomField": (
        "POST",
        "{base}/custom-fields",
        {"name": "New", "key": "new", "type": "text", "entityType": "tickets"},
        12,
    ),
    "getCustomField": ("GET", "{base}/custom-fields/{field}", None, 4),
    "updateCustomField": ("PATCH", "{base}/custom-fields/{field}", {"name": "Other"}, 11),
    "deleteCustomField": ("DELETE", "{base}/custom-fields/{field}", None, 13),
    "listEvents": ("GET", "{base}/events", None, 6),
    "listTicketEvents": ("GET", "{base}/tickets/{ticket}/events", None, 7),
    "listWebhooks": ("GET", "{base}/webhooks", None, 5),
    "createWebhook": (
        "POST",
        "{base}/webhooks",
        {"name": "New", "url": "https://example.com", "events": ["*"]},
        12,
    ),
    "getWebhook": ("GET", "{base}/webhooks/{webhook}", None, 4),
    "updateWebhook": ("PATCH", "{base}/webhooks/{webhook}", {"name": "Other"}, 11),
    "deleteWebhook": ("DELETE", "{base}/webhooks/{webhook}", None, 10),
    "testWebhook": ("POST", "{base}/webhooks/{webhook}/test", None, 14),
    "rotateWebhookSecret": ("POST", "{base}/webhooks/{webhook}/rotate-secret", {}, 12),
    "replayWebhook": ("POST", "{base}/webhooks/{webhook}/replay", {"after": "{event}"}, 14),
    "listDeliveries": ("GET", "{base}/webhooks/{webhook}/deliveries", None, 8),
    "redeliver": (
        "POST",
        "{base}/webhooks/{webhook}/deliveries/{delivery}/redeliver",
        None,
        17,
    ),
    "getReadiness": ("GET", "/readyz", None, 5),
}
_REFUSED = MailReply("failed", "550 5.1.1", "no such user")
PARAMETERS = {
    "listTickets": {
        "?status=open&priority=normal": 6,
        "?search=refund": 11,
        "?search=refund&sort=relevance": 9,
        "?search=refund&sort=-updatedAt": 11,
        "?tag=vip": 6,
        "?customFields[region]=EU": 7,
        "?expand=customer": 7,
        "?sort=-updatedAt": 6,
        "?page=2": 6,
    },
    "getTicket": {"?expand=customer": 7},
    "listCustomers": {"?search=jane": 11, "?tag=vip": 6},
    "listEvents": {"?types=ticket.*": 6},
}


def _outgoing(desk: Helpdesk, number: int) -> dict[str, str]:
    """Mails of a mailbox that sends nothing any more: of each state so many, and what it takes."""
    acme = desk.workspace("acme")
    server = {"host": "127.0.0.1", "security": "none"}
    box = acme.mailboxes.create(address="out@acme.example", outgoing=server, is_default=True)
    for each in range(number):
        bad = acme.tickets.create(title="Refund", customer_email=f"bad{each}@example.com")
        acme.messages.create(bad.id, content="refund")
        spoken = f"{chr(97 + each // 10)}{chr(97 + each % 10)}"
        acme.mail_templates.update("reply", spoken, content="{{message}}")
    acme.mail_templates.update("reply", "de", content="{{message}}")
    desk.send_mail_due(lambda parcel, _: dict.fromkeys(parcel.recipients, _REFUSED))
    ticket = acme.tickets.create(title="Refund", customer_email="o@example.com")
    for _ in range(number + 21):
        acme.messages.create(ticket.id, content="refund")
    acme.mailboxes.update(box.id, is_active=False)
    queued = acme.outgoing_mail.list(state="queued").items
    acme.outgoing_mail.cancel(queued[1].id)
    held = acme.outgoing_mail.list(state="held").items[0].id
    bad = "bad0@example.com"
    return {"bad": bad, "outgoing": queued[0].id, "cancelled": queued[1].id, "held": held}


def fill(desk: Helpdesk, api: Api, many: int) -> dict[str, str]:
    """Make so many objects of each kind; what the URLs name then."""
    field = {"name": "Region", "key": "region", "type": "text", "entityType": "tickets"}
    known = {"base": api.base, "field": api.post("/custom-fields", field).data["id"]}
    known |= {"other": api.ticket("Refund")["id"], "merged": api.ticket("Refund")["id"]}
    api.post(f"/tickets/{known['merged']}/merge", {"into": known["other"]})
    for number in range(many):
        email = f"m{number}@example.com"
        known["member"] = api.post("/members", {"name": "Ann", "email": email}).data["id"]
        known["customer"] = api.customer(tags=["vip"])["id"]
        values = {"customFields": {"region": "EU"}, "tags": ["vip"]}
        known["ticket"] = api.ticket("Refund", **values, customerId=known["customer"])["id"]
        files = f"/tickets/{known['ticket']}/attachments"
        attached = [api.upload(files, b"refund")["id"]]
        internal = {"content": "refund", "isInternal": True, "attachments": attached}
        answered = api.post(f"/tickets/{known['ticket']}/messages", internal)
        known["message"] = answered.data["id"]
        known["upload"] = api.upload(files, b"refund")["id"]
        known["mail"] = api.mail(f"From: m{number}@example.com\n\nrefund".encode())["id"]
        blocked = {"value": f"m{number}.example"}
        known["block"] = api.post("/mail-blocks", blocked).data["id"]
        address = f"m{number}@acme.example"
        known["mailbox"] = desk.workspace("acme").mailboxes.create(address=address).id
    known["settled"] = desk.workspace("acme").mail.receive(b"From: s@x.example\n\nrefund").id
    known |= _outgoing(desk, many)
    hook = {"name": "Hook", "url": "https://example.com", "events": ["custom_field.deleted"]}
    known["webhook"] = api.post("/webhooks", hook).data["id"]
    known["event"] = api.get("/events").data[0]["id"]
    for _ in range(many):
        tested = api.send("POST", f"{api.base}/webhooks/{known['webhook']}/test")
        known["delivery"] = tested.data["id"]
    desk.deliver_due(Receiver())
    return known


@pytest.fixture(scope="module", params=[1, 30])
def template(
    request: pytest.FixtureRequest,
    template: tuple[Path, Keyring],
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, Keyring, dict[str, str]]:
    """A folder with a desk that holds much or little, its keys, and what URLs name of it."""
    folder, keyring = tmp_path_factory.mktemp("filled"), template[1]
    path = shutil.copy(template[0], folder / "desk.db")
    with Helpdesk.open(path, clock=ManualClock()) as desk:
        api = Api(create_app(desk, Settings()).test_client(), keyring.secret)
        return folder, keyring, fill(desk, api, request.param)


@pytest.fixture
def desk(
    template: tuple[Path, Keyring, dict[str, str]], tmp_path: Path, clock: ManualClock
) -> Iterator[Helpdesk]:
    """A copy of it."""
    folder = shutil.copytree(template[0], tmp_path / "desk")
    with Helpdesk.open(folder / "desk.db", clock=clock) as desk:
        yield desk


@pytest.fixture
def names(template: tuple[Path, Keyring, dict[str, str]], api: Api) -> dict[str, str]:
    """What the URLs name, once the search has met all of it."""
    api.get("/tickets?search=refund")
    api.get("/customers?search=jane")
    return template[2]


def filled(body: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """A body with the ids that it names."""
    return {
        name: value.format(**names) if isinstance(value, str) else value
        for name, value in body.items()
    }


def counted(run: list[str]) -> list[str]:
    """The statements of a call. What its triggers do shows as the same statement again."""
    texts = [text for text in run if not text.startswith("--")]
    return [text for text, before in zip(texts, ["", *texts], strict=False) if text != before]


def test_every_operation_is_counted(app: Flask) -> None:
    assert {each.name for each in operations(app)} == {*REQUESTS, "getHealth", "streamEvents"}


@pytest.mark.parametrize("name", REQUESTS)
def test_an_operation_runs_so_many_statements(
    desk: Helpdesk, api: Api, names: dict[str, str], name: str
) -> None:
    method, url, body, number = REQUESTS[name]
    options = {} if body is None else {"json": filled(body, names)}
    if name == "receiveMail":
        options = {"data": b"refund", "content_type": "message/rfc822"}
    with statements(desk) as run:
        assert api.send(method, url.format(**names), **options).status < 300
    assert len(counted(run)) == number, "\n".join(counted(run))


@pytest.mark.parametrize(
    ("name", "query", "number"),
    [
        (name, query, number)
        for name, given in PARAMETERS.items()
        for query, number in given.items()
    ],
)
def test_a_query_runs_at_most_so_many_statements(
    desk: Helpdesk, api: Api, names: dict[str, str], name: str, query: str, number: int
) -> None:
    with statements(desk) as run:
        assert api.send("GET", REQUESTS[name][1].format(**names) + query).status == 200
    assert len(counted(run)) <= number, "\n".join(counted(run))
