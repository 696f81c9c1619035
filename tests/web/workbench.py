"""What generated requests need to be about something: a team with one of everything.

A description can say what an id looks like, not which ids exist, nor which custom fields a team has
defined. So valid requests are pointed at what does exist; invalid parts are left as they are.
"""

import itertools
import re
from collections.abc import Collection
from typing import Any

from flask import Flask
from schemathesis import Case
from schemathesis.core.parameters import ParameterLocation

from cstar_core import Helpdesk, MailReply, Workspace
from cstar_web.v1.patterns import id_given

Json = dict[str, Any]

# One custom field of each type: what defines it beyond its key, a value of it, a filter by it.
FIELDS: dict[str, tuple[Json, object, object]] = {
    "note": ({"type": "text"}, "left at the door", "left at the door"),
    "seats": ({"type": "number"}, 12, {"gte": "10", "lt": "20"}),
    "region": ({"type": "select", "options": ["EU", "US"]}, "EU", "EU"),
    "parts": ({"type": "multiselect", "options": ["frame", "fork"]}, ["fork"], "fork"),
    "due": ({"type": "date"}, "2026-02-28", {"gt": "2025-12-31"}),
    "paid": ({"type": "boolean"}, True, "true"),
}
_numbers = itertools.count(1)
_REFUSED = MailReply("failed", "550 5.1.1", "no such user")
_EVENT_ID = re.compile(id_given("evt_"))
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
_KEY = re.compile(r"[\x21-\x7e]{1,255}\Z")


class Workbench:
    """One team's live workspace, and how requests are made to speak of what is in it."""

    def __init__(self, desk: Helpdesk, app: Flask) -> None:
        self.team = f"team-{next(_numbers)}"
        desk.teams.create("Bench", slug=self.team)
        secret = desk.keys.create(self.team, type="secret", environment="live").secret
        self.headers = {"Authorization": f"Bearer {secret}"}
        self._desk = desk
        self._workspace: Workspace = desk.workspace(self.team)
        self._client = app.test_client()
        self._ids: dict[str, str] = {}
        # What was asked of other teams decides nothing, or the same story would end otherwise.
        self._turns, self._mails = itertools.count(1), itertools.count(1)
        self._letters = itertools.count(1)
        for entity, key in itertools.product(("tickets", "customers"), FIELDS):
            field = FIELDS[key][0]
            self._workspace.custom_fields.create(name=key, key=key, entity_type=entity, **field)

    def furnish(self, case: Case[Any], *, keep: Collection[str] = ()) -> None:
        """Point the valid parts of a request at things that exist, but for the ids to keep."""
        if _is_valid(case, ParameterLocation.PATH):
            self._furnish_path(case, keep)
        if _is_valid(case, ParameterLocation.QUERY):
            self._furnish_query(case.query)
        self._furnish_headers(case)
        if isinstance(case.body, dict):
            case.body = _lighter(case.body)
            if _is_valid(case, ParameterLocation.BODY):
                self._furnish_body(case, self._json_of(case.body))

    def existing(self, name: str) -> str:
        """The id that a parameter of a path stands for; made anew if it was deleted."""
        if name == "deliveryId":
            if name not in self._ids:
                webhook = self.existing("webhookId")
                self._ids[name] = self._workspace.webhooks.test(webhook).id
            return self._ids[name]
        if name == "messageId":
            ticket = self.existing("ticketId")
            return self._workspace.messages.create(ticket, content="Hello").id
        if name == "attachmentId":
            return self._upload()
        if name == "mailboxId":
            return self._mailbox()
        if name == "templateKind":
            return "reply"
        if name == "language":
            return self._mail_template()
        if name == "outgoingMailId":
            return self._outgoing()
        if name == "mailId":
            return self._mail()
        room: Any = {
            "mailBlockId": self._workspace.mail_blocks,
            "ticketId": self._workspace.tickets,
            "customerId": self._workspace.customers,
            "memberId": self._workspace.members,
            "customFieldId": self._workspace.custom_fields,
            "webhookId": self._workspace.webhooks,
        }[name]
        if name not in self._ids or room.find(self._ids[name]) is None:
            made = room.create(**self._new(name))
            self._ids[name] = made.webhook.id if name == "webhookId" else made.id
        return self._ids[name]

    def _mail(self) -> str:
        """A mail, which waits for half of those who ask for it."""
        raw = f"From: {next(_numbers)}@example.com\n\nHello".encode()
        room = self._workspace.mail
        return (room.take if next(self._letters) % 2 else room.receive)(raw).id

    def _upload(self) -> str:
        """An upload to the ticket that a path names; made anew if it was used or deleted."""
        ticket, room = self.existing("ticketId"), self._workspace.attachments
        known = self._ids.get("attachmentId")
        if known not in [each.id for each in room.uploads(ticket)]:
            made = room.upload(ticket, name="made.txt", content=b"made")
            known = self._ids["attachmentId"] = made.id
        return str(known)

    def _outgoing(self) -> str:
        """A mail that is queued; it is cancelled for half of those who ask for it."""
        made = self._queued(f"{next(_numbers)}@example.com")
        if next(self._mails) % 2:
            self._workspace.outgoing_mail.cancel(made)
        return made

    def _queued(self, address: str) -> str:
        """A mail that is queued."""
        if not any(each.outgoing for each in self._workspace.mailboxes.list()):
            server = {"host": "127.0.0.1", "security": "none"}
            own = f"{next(_numbers)}@made.example"
            self._workspace.mailboxes.create(address=own, outgoing=server, is_default=True)
        ticket = self._workspace.tickets.create(title="Made", customer_email=address)
        made = self._workspace.messages.create(ticket.id, content="Hello").delivery
        assert made is not None
        return made.id

    def _bad_address(self) -> str:
        """An address that a server has just refused for good."""
        address = f"bad{next(_numbers)}@example.com"
        self._queued(address)
        self._desk.send_mail_due(lambda parcel, _: dict.fromkeys(parcel.recipients, _REFUSED))
        return address

    def _mail_template(self) -> str:
        """The language in which the team has a text of its own for replies."""
        self._workspace.mail_templates.update("reply", "en", content="{{message}}")
        return "en"

    def _mailbox(self) -> str:
        room = self._workspace.mailboxes
        made = room.list() or [room.create(address=f"{next(_numbers)}@acme.example")]
        return made[0].id

    def _new(self, name: str) -> Json:
        number = next(_numbers)
        address = {"name": f"Someone {number}", "email": f"{number}@example.com"}
        field = {"key": f"made{number}", "type": "select", "options": ["a", "b"]}
        bodies: dict[str, Json] = {
            "ticketId": {"title": f"Ticket {number}", "tags": ["refund"]},
            "customerId": address,
            "mailBlockId": {"value": f"{number}.example"},
            "memberId": address,
            "customFieldId": {"name": "Made", "entity_type": "tickets", **field},
            "webhookId": {"name": "Made", "url": "https://hook.example/", "events": ["*"]},
        }
        return bodies[name]

    def _furnish_path(self, case: Case[Any], keep: Collection[str]) -> None:
        if "team" in case.path_parameters:
            case.path_parameters["team"] = self.team
        if next(self._turns) % 16 == 0:
            return  # Left as generated, for the sake of what is not found.
        for name, given in case.path_parameters.items():
            if name != "team" and given not in keep:
                case.path_parameters[name] = self.existing(name)

    def _furnish_query(self, query: Json) -> None:
        filters = [name for name in query if name.startswith("customFields")]
        given = {name: query.pop(name) for name in filters}
        for name, key in zip(given, FIELDS, strict=False):
            # Either the object, or one of its members as it stands in the URL.
            value = FIELDS[key][2]
            if name == "customFields":
                query[name] = {key: FIELDS[key][2] for key in _some(given[name])}
            elif isinstance(value, dict):
                query |= {f"customFields[{key}][{op}]": bound for op, bound in value.items()}
            else:
                query[f"customFields[{key}]"] = value
        if "mailboxId" in query:
            query["mailboxId"] = self._mailbox()
        if "ticketId" in query:
            query["ticketId"] = self.existing("ticketId")
        if "customerId" in query:
            query["customerId"] = self.existing("customerId")
        if query.get("assignedTo", "none") != "none":
            query["assignedTo"] = self.existing("memberId")
        if "after" in query:
            query["after"] = self._workspace.events.list().items[0].id
        if query.get("sort") == "relevance":
            query["search"] = "refund"
        # A cursor belongs to the query that it came with; the tests of lists follow real ones.
        query.pop("cursor", None)

    def _furnish_headers(self, case: Case[Any]) -> None:
        """A condition names the present version; a key for repeating was not used before."""
        # Where another header is the invalid one, the key may still be one that was used before.
        if _KEY.match(case.headers.get("Idempotency-Key", "")):
            case.headers["Idempotency-Key"] = f"key-{next(_numbers)}"
        if _EVENT_ID.match(case.headers.get("Last-Event-ID", "")):
            case.headers["Last-Event-ID"] = self._workspace.events.list().items[0].id
        # No text is an invalid condition, it only holds or does not.
        if "If-Match" in case.headers:
            url = case.path.format_map(case.path_parameters)
            tag = self._client.get(url, headers=self.headers).headers.get("ETag", "*")
            case.headers["If-Match"] = tag

    def _json_of(self, body: Json) -> Json:
        """The JSON of a body, also where it is a form that brings files for a first message."""
        inner = body.get("ticket")
        if not isinstance(inner, dict):
            return body
        if body.get("attachments"):
            inner["initialMessage"] = "See the files"
        return inner

    def _furnish_body(self, case: Case[Any], body: Json) -> None:
        if case.path.endswith(("/mailboxes", "/mailboxes/{mailboxId}")):
            self._furnish_mailbox(case.method, body)
        if "templateKind" in case.path_parameters and "content" in body:
            body["content"] = f"{{{{message}}}} {next(_numbers)}"
        if "ticketId" in body:
            body["ticketId"] = self.existing("ticketId")
        if case.path.endswith("/bad-addresses/trust"):
            body["address"] = self._bad_address()
        if "into" in body:
            number = next(_numbers)
            body["into"] = self._workspace.tickets.create(title=f"Ticket {number}").id
        if "to" in body:
            body["to"] = self._workspace.tickets.create(title="Other").id
        if "filter" in body or "ids" in body:
            self._furnish_bulk(body)
        if body.get("customFields"):
            removing = case.method == "PATCH" and None in body["customFields"].values()
            keys = _some(body["customFields"])
            body["customFields"] = {key: None if removing else FIELDS[key][1] for key in keys}
        if "metadata" in body:
            body["metadata"] = _written(body["metadata"])
        if "after" in body:
            body["after"] = self._workspace.events.list().items[0].id
        if body.get("attachments"):
            body["attachments"] = [self.existing("attachmentId")]
        if body.get("url"):
            # What else a host may be called is for the tests of addresses.
            body["url"] = f"https://hook.example/{next(_numbers)}"
        self._furnish_references(body)
        if "key" in body:
            body["key"] = f"{body['key'][:50]}_{next(_numbers)}"
        if body.get("email") and len(body["email"]) < 50:
            body["email"] = f"{next(_numbers)}.{body['email']}"
        if case.method == "PATCH" and "customFieldId" in case.path_parameters:
            self._furnish_renames(body, case.path_parameters["customFieldId"])

    def _furnish_mailbox(self, method: str, body: Json) -> None:
        """An address that is free, a name that can be shown, and the default not taken away."""
        if "address" in body and len(body["address"]) < 50:
            body["address"] = f"{next(_numbers)}.{body['address']}"
        if "name" in body:
            body["name"] = f"N{next(_numbers)}"
        if method == "PATCH":
            body.pop("isDefault", None)
        defaults = body.get("defaults", {})
        self._furnish_references(defaults)
        if defaults.get("customFields"):
            keys = _some(defaults["customFields"])
            defaults["customFields"] = {key: FIELDS[key][1] for key in keys}

    def _furnish_bulk(self, body: Json) -> None:
        """Tickets that are there, a filter that asks for something, no tags in two ways."""
        body.pop("cursor", None)  # As in a query.
        if isinstance(body.get("ids"), list):
            body["ids"] = [self.existing("ticketId")]
        wanted, changes = body.get("filter"), body.get("update")
        for part in (wanted, changes):
            self._furnish_references(part if isinstance(part, dict) else {})
        if isinstance(wanted, dict):
            wanted["status"] = "new"
            wanted["customFields"] = {key: FIELDS[key][2] for key in FIELDS}
        if isinstance(changes, dict):
            changes["customFields"] = {key: FIELDS[key][1] for key in FIELDS}
            if {"addTags", "removeTags"}.intersection(changes):
                changes.pop("tags", None)

    def _furnish_references(self, body: Json) -> None:
        if body.get("customerId") is not None:
            body["customerId"] = self.existing("customerId")
        if body.get("assignedTo", "none") not in (None, "none"):
            body["assignedTo"] = self.existing("memberId")

    def _furnish_renames(self, body: Json, field_id: str) -> None:
        """Options only where the field has some; renames from what it has to what it will have."""
        field = self._workspace.custom_fields.find(field_id)
        if field is not None and field.options is None:
            body.pop("options", None)
            body.pop("renameOptions", None)
        if field is None or "renameOptions" not in body:
            return
        current = field.options or ()
        wanted = [new for new in body["renameOptions"].values() if new not in current]
        body["renameOptions"] = dict(zip(current, dict.fromkeys(wanted), strict=False))
        if "options" in body:
            body["options"] = list(body["renameOptions"].values()) or ["a", "b"]


def _written(value: Any) -> Any:
    """No schema can tell an integer from a number that is written with an exponent."""
    if isinstance(value, dict):
        return {key: _written(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_written(each) for each in value]
    is_large = isinstance(value, int) and abs(value) >= 2**63
    return float(min(max(value, -(10**300)), 10**300)) if is_large else value


def _lighter(value: Any) -> Any:
    """JSON may write one character in twelve, by which a text that is only too long, or not even
    that, makes a body too large: that is for the tests of bodies."""
    if isinstance(value, dict):
        return {key: _lighter(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_lighter(each) for each in value]
    is_long = isinstance(value, str) and len(value) > 10_000
    return _ASTRAL.sub("x", value) if is_long else value


def _some(generated: Json) -> list[str]:
    """As many keys of real fields as were generated, at least one."""
    return list(FIELDS)[: max(1, len(generated))]


def _is_valid(case: Case[Any], location: ParameterLocation) -> bool:
    return case.meta is not None and not case.meta.is_negative_at(location)
