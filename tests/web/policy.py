"""Who may do what: the one table from which the tests of access are made.

A key opens one team's live or test workspace, or nothing. A route asks for a kind of key. What a
request names must be in the workspace that its key opens; what is not is as if it did not exist.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]
Kind = Literal[
    "ticket", "customer", "field", "member", "webhook", "attachment", "upload", "mail", "block",
    "mailbox",
    "outgoing",
]  # fmt: skip

ACME, OTHER = "acme", "other"
LIVE, TEST = "live", "test"
OUTGOING = "/outgoing-mail/{id}"
# The paths that a key is tried on: each team, and one that does not exist.
TEAMS = (ACME, OTHER, "nobody")
WORKSPACES = ((ACME, LIVE), (ACME, TEST), (OTHER, LIVE), (OTHER, TEST))


@dataclass(frozen=True)
class Opens:
    """What a key opens, and whether it writes there and sees what is internal."""

    team: str
    environment: str
    writes: bool


# Every kind of key, and what it opens; None is nothing at all.
KEYS: dict[str, Opens | None] = {
    "no key": None,
    "malformed": None,
    "of nobody": None,
    "revoked": None,
    "expired": None,
    "rotated away": None,
    "publishable live": Opens(ACME, LIVE, False),
    "publishable test": Opens(ACME, TEST, False),
    "secret live": Opens(ACME, LIVE, True),
    "secret test": Opens(ACME, TEST, True),
    "other team's publishable live": Opens(OTHER, LIVE, False),
    "other team's publishable test": Opens(OTHER, TEST, False),
    "other team's secret live": Opens(OTHER, LIVE, True),
    "other team's secret test": Opens(OTHER, TEST, True),
}


@dataclass(frozen=True)
class Route:
    """What a route asks for, how it answers who may, and what its path names besides the team."""

    method: str
    path: str
    key: Literal["none", "any", "secret"]
    status: int = 200
    names: Kind | None = None
    # What the request of the path alone is refused with, where it takes more to be done.
    code: str | None = None
    body: Json = field(default_factory=dict)
    # What its address says behind the question mark.
    query: str = ""


TICKET, CUSTOMER = "/tickets/{id}", "/customers/{id}"
FIELD, MEMBER = "/custom-fields/{id}", "/members/{id}"
WEBHOOK = "/webhooks/{id}"
MAIL, BLOCK = "/mail/{id}", "/mail-blocks/{id}"
MAILBOX = "/mailboxes/{id}"
TEMPLATE = "/mail-templates/{kind}/{language}"
# A file of the key's own ticket, or one that is asked for there and is not.
ATTACHMENTS, ATTACHMENT = f"{TICKET}/attachments", "/tickets/{ticket}/attachments/{id}"
DELIVERY = f"{WEBHOOK}/deliveries/{{delivery}}"
# Stands for an event of the workspace that a key opens.
EVENT = "an event"
NEW_WEBHOOK = {"name": "New", "url": "https://example.com/new", "events": ["*"]}
NEW_FIELD = {"name": "New", "key": "new", "type": "text", "entityType": "tickets"}
NEW_MEMBER = {"name": "New", "email": "new@example.com"}

# Paths that begin with two slashes stand by themselves, the others below a team's.
ROUTES: dict[str, Route] = {
    "getHealth": Route("GET", "//healthz", "none"),
    "getReadiness": Route("GET", "//readyz", "none"),
    "pages.openapi": Route("GET", "//openapi.json", "none"),
    "pages.docs": Route("GET", "//docs", "none"),
    "pages.errors": Route("GET", "//docs/errors", "none"),
    "pages.static": Route("GET", "//docs/static/pages.css", "none"),
    "metrics.metrics": Route("GET", "//metrics", "none", 401),
    "whoami": Route("GET", "//api/v1/auth/whoami", "any"),
    "listTickets": Route("GET", "/tickets", "any"),
    "createTicket": Route("POST", "/tickets", "secret", 201, body={"title": "New"}),
    "getTicket": Route("GET", TICKET, "any", names="ticket"),
    "updateTicket": Route("PATCH", TICKET, "secret", names="ticket", body={"status": "open"}),
    "deleteTicket": Route("DELETE", TICKET, "secret", names="ticket"),
    "bulkTickets": Route(
        "POST", "/tickets/bulk", "secret", body={"filter": {"status": "new"}, "delete": True}
    ),
    "mergeTicket": Route(
        *("POST", f"{TICKET}/merge", "secret", 400, "ticket", "PARAMETER_INVALID"),
        body={"into": f"tkt_{32 * '0'}"},
    ),
    "unmergeTicket": Route("POST", f"{TICKET}/unmerge", "secret", 409, "ticket", "MERGE_CONFLICT"),
    "listMessages": Route("GET", f"{TICKET}/messages", "any", names="ticket"),
    "moveMessage": Route(
        *("POST", f"{TICKET}/messages/{{message}}/move", "secret", 400, "ticket"),
        code="PARAMETER_INVALID",
        body={"to": f"tkt_{32 * '0'}"},
    ),
    "createMessage": Route(
        "POST", f"{TICKET}/messages", "secret", 201, names="ticket", body={"content": "Hello"}
    ),
    "listAttachments": Route("GET", ATTACHMENTS, "any", names="ticket"),
    "uploadAttachment": Route(
        "POST", ATTACHMENTS, "secret", 201, names="ticket", query="?name=new.txt"
    ),
    "getAttachment": Route("GET", ATTACHMENT, "any", names="attachment"),
    "downloadAttachment": Route("GET", f"{ATTACHMENT}/content", "any", names="attachment"),
    "deleteAttachment": Route("DELETE", ATTACHMENT, "secret", names="upload"),
    "listTicketEvents": Route("GET", f"{TICKET}/events", "secret", names="ticket"),
    "listEvents": Route("GET", "/events", "secret"),
    "streamEvents": Route("GET", "/events/stream", "secret"),
    "listMail": Route("GET", "/mail", "secret"),
    "receiveMail": Route("POST", "/mail", "secret", 415, code="UNSUPPORTED_MEDIA_TYPE"),
    "getMail": Route("GET", MAIL, "secret", names="mail"),
    "downloadMail": Route("GET", f"{MAIL}/raw", "secret", names="mail"),
    "retryMail": Route("POST", f"{MAIL}/retry", "secret", names="mail"),
    "releaseMail": Route("POST", f"{MAIL}/release", "secret", names="mail"),
    "fileMailAsSpam": Route(
        *("POST", f"{MAIL}/spam", "secret", 409, "mail", "MAIL_CONFLICT"),
        body={"block": "sender"},
    ),
    "listOutgoingMail": Route("GET", "/outgoing-mail", "secret"),
    "getOutgoingMail": Route("GET", OUTGOING, "secret", names="outgoing"),
    "releaseOutgoingMail": Route(
        "POST", f"{OUTGOING}/release", "secret", 409, "outgoing", "MAIL_CONFLICT"
    ),
    "retryOutgoingMail": Route(
        "POST", f"{OUTGOING}/retry", "secret", 409, "outgoing", "MAIL_CONFLICT"
    ),
    "cancelOutgoingMail": Route("POST", f"{OUTGOING}/cancel", "secret", names="outgoing"),
    "listMailBlocks": Route("GET", "/mail-blocks", "secret"),
    "createMailBlock": Route("POST", "/mail-blocks", "secret", 201, body={"value": "new.example"}),
    "getMailBlock": Route("GET", BLOCK, "secret", names="block"),
    "deleteMailBlock": Route("DELETE", BLOCK, "secret", names="block"),
    "listMailTemplates": Route("GET", "/mail-templates", "secret"),
    "getMailTemplate": Route("GET", TEMPLATE, "secret"),
    "setMailTemplate": Route("PUT", TEMPLATE, "secret", body={"content": "{{message}}"}),
    "resetMailTemplate": Route("DELETE", TEMPLATE, "secret"),
    "previewMailTemplate": Route(
        *("POST", f"{TEMPLATE}/preview", "secret", 400),
        code="PARAMETER_INVALID",
        body={"ticketId": f"tkt_{32 * '0'}"},
    ),
    "listBadAddresses": Route("GET", "/bad-addresses", "secret"),
    "trustAddress": Route(
        *("POST", "/bad-addresses/trust", "secret", 400),
        code="PARAMETER_INVALID",
        body={"address": "nobody@example.com"},
    ),
    "listCustomers": Route("GET", "/customers", "any"),
    "createCustomer": Route("POST", "/customers", "secret", 201, body={"name": "New"}),
    "getCustomer": Route("GET", CUSTOMER, "any", names="customer"),
    "updateCustomer": Route("PATCH", CUSTOMER, "secret", names="customer", body={"name": "New"}),
    "deleteCustomer": Route("DELETE", CUSTOMER, "secret", names="customer"),
    "listMailboxes": Route("GET", "/mailboxes", "secret"),
    "getMailbox": Route("GET", MAILBOX, "secret", names="mailbox"),
    "createMailbox": Route("POST", "/mailboxes", "secret", 201, body={"address": "n@new.example"}),
    "updateMailbox": Route("PATCH", MAILBOX, "secret", names="mailbox", body={"name": "New"}),
    "deleteMailbox": Route("DELETE", MAILBOX, "secret", names="mailbox"),
    "listMembers": Route("GET", "/members", "any"),
    "createMember": Route("POST", "/members", "secret", 201, body=NEW_MEMBER),
    "getMember": Route("GET", MEMBER, "any", names="member"),
    "updateMember": Route("PATCH", MEMBER, "secret", names="member", body={"name": "New"}),
    "deleteMember": Route("DELETE", MEMBER, "secret", names="member"),
    "listCustomFields": Route("GET", "/custom-fields", "any"),
    "createCustomField": Route("POST", "/custom-fields", "secret", 201, body=NEW_FIELD),
    "getCustomField": Route("GET", FIELD, "any", names="field"),
    "updateCustomField": Route("PATCH", FIELD, "secret", names="field", body={"name": "New"}),
    "deleteCustomField": Route("DELETE", FIELD, "secret", names="field"),
    "listWebhooks": Route("GET", "/webhooks", "secret"),
    "createWebhook": Route("POST", "/webhooks", "secret", 201, body=NEW_WEBHOOK),
    "getWebhook": Route("GET", WEBHOOK, "secret", names="webhook"),
    "updateWebhook": Route("PATCH", WEBHOOK, "secret", names="webhook", body={"name": "New"}),
    "deleteWebhook": Route("DELETE", WEBHOOK, "secret", names="webhook"),
    "testWebhook": Route("POST", f"{WEBHOOK}/test", "secret", 201, names="webhook"),
    "rotateWebhookSecret": Route(
        "POST", f"{WEBHOOK}/rotate-secret", "secret", names="webhook", body={"overlapSeconds": 60}
    ),
    "replayWebhook": Route(
        "POST", f"{WEBHOOK}/replay", "secret", names="webhook", body={"after": EVENT}
    ),
    "listDeliveries": Route("GET", f"{WEBHOOK}/deliveries", "secret", names="webhook"),
    "redeliver": Route("POST", f"{DELIVERY}/redeliver", "secret", names="webhook"),
}

# Where a body or a query names an object of a workspace: what it names, and how.
# A foreign one is answered as one that does not exist.
BODY_NAMES: dict[str, tuple[tuple[str, str], ...]] = {
    "createTicket": (("customerId", "customer"), ("assignedTo", "member"), ("customFields", "key")),
    "updateTicket": (("customerId", "customer"), ("assignedTo", "member"), ("customFields", "key")),
    "mergeTicket": (("into", "other ticket"),),
    "moveMessage": (("to", "other ticket"),),
    "createMessage": (("attachments", "upload"),),
    "previewMailTemplate": (("ticketId", "ticket"),),
    "trustAddress": (("address", "bad"),),
    "createCustomer": (("customFields", "customer key"),),
    "updateCustomer": (("customFields", "customer key"),),
    "replayWebhook": (("after", "event"),),
}
QUERY_NAMES: dict[str, tuple[tuple[str, str], ...]] = {
    "listTickets": (
        *(("customerId", "customer"), ("assignedTo", "member"), ("customFields", "key")),
        *(("tag", "tag"), ("search", "ticket"), ("search", "word"), ("search", "internal")),
    ),
    "listCustomers": (("customFields", "customer key"), ("tag", "tag"), ("search", "word")),
    "listMail": (("mailboxId", "mailbox"), ("ticketId", "ticket")),
    "listEvents": (("after", "event"),),
    "streamEvents": (("after", "event"),),
}
# What may be taken once in a workspace or team, and is free in every other.
UNIQUE: dict[str, str] = {
    "createCustomer": "email",
    "createMember": "email",
    "createCustomField": "key",
    "createMailBlock": "value",
}


def may_see(opens: Opens, kind: str, owner: tuple[str, str]) -> bool:
    """Whether an object of this workspace is there for a key. Members are the team's own."""
    team, environment = owner
    return team == opens.team and (kind == "member" or environment == opens.environment)


def expected(route: Route, opens: Opens | None, team: str, seen: bool) -> tuple[int, str | None]:
    """The status and the error code; `seen` says whether what the path names is there."""
    if route.key == "none":
        return route.status, None if route.status < 400 else "authentication_required"
    if opens is None:
        return 401, "authentication_required"
    if has_team(route) and opens.team != team:
        return 403, "insufficient_permissions"
    if route.key == "secret" and not opens.writes:
        return 403, "insufficient_permissions"
    if route.names and not seen:
        return 404, "RESOURCE_MISSING"
    return route.status, route.code


def has_team(route: Route) -> bool:
    """Whether the path names a team."""
    return not route.path.startswith("//")


def whole_path(route: Route) -> str:
    """The path with its team, which is still to be named."""
    return f"/api/v1/teams/{{team}}{route.path}" if has_team(route) else route.path[1:]
