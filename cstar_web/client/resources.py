"""The resources of a client: the same verbs on each."""

from collections.abc import Iterator
from typing import Any, Unpack

from cstar_web.client import params
from cstar_web.client.calls import File, Form, one, public
from cstar_web.client.pages import Page
from cstar_web.client.resource import Resource
from cstar_web.client.values import (
    Attachment,
    Bulk,
    Customer,
    CustomField,
    Delivery,
    Event,
    Mail,
    MailBlock,
    Member,
    Message,
    Removed,
    Ticket,
    Webhook,
    read,
    read_all,
)


class Tickets(Resource[Ticket]):
    """Tickets: each one a conversation with a customer."""

    name, kind = "tickets", Ticket

    def list(self, **filters: Unpack[params.TicketFilters]) -> Page[Ticket]:
        """Those that all filters find, newest first unless sorted otherwise."""
        return self._page(self.name, query=filters)

    def get(self, ticket_id: str, *, expand: str | None = None) -> Ticket:
        """One, with its messages; with its customer too if ``expand`` is `customer`."""
        return self._get(self.name, ticket_id, query={"expand": expand})

    def create(self, **values: Unpack[params.NewTicket]) -> Ticket:
        """Make one; ``attachments`` are files that go with its first message."""
        given: dict[str, Any] = {**values}
        files = given.pop("attachments", ())
        form = Form("ticket", files) if files else None
        return self._write("POST", self.name, values=given, form=form)

    def update(self, ticket_id: str, **changes: Unpack[params.TicketChanges]) -> Ticket:
        """Change what is given; custom fields and metadata are merged."""
        return self._write("PATCH", self.name, ticket_id, values=changes)

    def delete(self, ticket_id: str, **options: Unpack[params.Conditional]) -> None:
        """Delete one with its messages, for good."""
        self._call("DELETE", self.name, ticket_id, values=options)

    def merge(self, ticket_id: str, *, into: str, **options: Unpack[params.Conditional]) -> Ticket:
        """Move its messages to another one and close it."""
        values = {**options, "into": into}
        return self._write("POST", self.name, ticket_id, "merge", values=values)

    def unmerge(self, ticket_id: str, **options: Unpack[params.Conditional]) -> Ticket:
        """Undo a merge; what came to the other one since stays there."""
        return self._write("POST", self.name, ticket_id, "unmerge", values=options)

    def bulk(self, **options: Unpack[params.BulkOptions]) -> Bulk:
        """Change or delete up to 1,000, named by ``ids`` or found by a ``filter``."""
        values: dict[str, Any] = {**options}
        for name in ("filter", "update"):
            if name in values:
                values[name] = public(values[name])
        if values.get("cursor") is None:
            values.pop("cursor", None)
        return read(Bulk, self._call("POST", self.name, "bulk", values=values).data)


class Messages(Resource[Message]):
    """Messages of tickets."""

    name, kind = "messages", Message

    def list(self, ticket_id: str) -> tuple[Message, ...]:
        """All of a ticket, oldest first."""
        found = self._call("GET", "tickets", ticket_id, self.name)
        return read_all(Message, found.data)

    def create(self, ticket_id: str, **values: Unpack[params.NewMessage]) -> Message:
        """Add one to a ticket."""
        return self._write("POST", "tickets", ticket_id, self.name, values=values)

    def move(self, ticket_id: str, message_id: str, *, to: str) -> Message:
        """Move one to another ticket, as if it had been written to that one."""
        parts = ("tickets", ticket_id, self.name, message_id, "move")
        return self._write("POST", *parts, values={"to": to})


class Attachments(Resource[Attachment]):
    """Attachments: files that are uploaded to a ticket, and then go with a message."""

    name, kind = "attachments", Attachment

    def list(self, ticket_id: str) -> tuple[Attachment, ...]:
        """Those of a ticket's messages, in their order."""
        found = self._call("GET", "tickets", ticket_id, self.name)
        return read_all(Attachment, found.data)

    def get(self, ticket_id: str, attachment_id: str) -> Attachment:
        """One, without its bytes."""
        return self._get("tickets", ticket_id, self.name, attachment_id)

    def upload(
        self, ticket_id: str, content: bytes, *, name: str, media_type: str | None = None
    ) -> Attachment:
        """Upload a file, for a message within a day: its id goes into ``messages.create``.

        A try that was not answered may leave one more upload, which is deleted after that day.
        """
        path = self._team_path() + one("tickets", ticket_id, self.name)
        file = File(content, media_type)
        return read(Attachment, self._calls.upload(path, {"name": name}, file).data)

    def download(self, ticket_id: str, attachment_id: str) -> bytes:
        """The bytes of one."""
        path = one("tickets", ticket_id, self.name, attachment_id, "content")
        return self._calls.download(self._team_path() + path)

    def delete(
        self, ticket_id: str, attachment_id: str, **options: Unpack[params.Conditional]
    ) -> None:
        """Delete an upload that no message has."""
        self._call("DELETE", "tickets", ticket_id, self.name, attachment_id, values=options)


class Mails(Resource[Mail]):
    """Mail that came in."""

    name, kind = "mail", Mail

    def list(self, **filters: Unpack[params.MailFilters]) -> Page[Mail]:
        """Those that all filters find, the newest first."""
        return self._page(self.name, query=filters)

    def get(self, mail_id: str) -> Mail:
        """One."""
        return self._get(self.name, mail_id)

    def receive(
        self,
        content: bytes,
        *,
        mailbox_id: str | None = None,
        envelope_from: str | None = None,
        envelope_to: str | None = None,
    ) -> Mail:
        """Hand over a mail as it came; it waits. The same bytes are the same mail."""
        names = {
            "mailbox_id": mailbox_id,
            "envelope_from": envelope_from,
            "envelope_to": envelope_to,
        }
        query = {name: value for name, value in names.items() if value is not None}
        path = self._team_path() + one(self.name)
        found = self._calls.upload(path, query, File(content, "message/rfc822"))
        return read(Mail, found.data)

    def raw(self, mail_id: str) -> bytes:
        """The bytes of one, as they came."""
        return self._calls.download(self._team_path() + one(self.name, mail_id, "raw"))

    def retry(self, mail_id: str, **options: Unpack[params.Sent]) -> Mail:
        """Read one again that could not be read; it waits."""
        return self._write("POST", self.name, mail_id, "retry", values=options)

    def release(self, mail_id: str, **options: Unpack[params.Sent]) -> Mail:
        """Take one after all that was filed as spam or ignored; it waits."""
        return self._write("POST", self.name, mail_id, "release", values=options)

    def spam(self, mail_id: str, **options: Unpack[params.Spam]) -> Mail:
        """File one as spam, with the ticket that it made if nobody else has written there."""
        return self._write("POST", self.name, mail_id, "spam", values=options)


class MailBlocks(Resource[MailBlock]):
    """Addresses and domains of which mail is ignored."""

    name, kind = "mail-blocks", MailBlock

    def list(self, **filters: Unpack[params.Paged]) -> Page[MailBlock]:
        """All of them, by what they block."""
        return self._page(self.name, query=filters)

    def get(self, mail_block_id: str) -> MailBlock:
        """One."""
        return self._get(self.name, mail_block_id)

    def create(self, **values: Unpack[params.NewMailBlock]) -> MailBlock:
        """Ignore mail of an address, or of a domain and all below it."""
        return self._write("POST", self.name, values=values)

    def delete(self, mail_block_id: str, **options: Unpack[params.Sent]) -> None:
        """Take mail of it again."""
        self._call("DELETE", self.name, mail_block_id, values=options)


class Customers(Resource[Customer]):
    """Customers: who asks."""

    name, kind = "customers", Customer

    def list(self, **filters: Unpack[params.CustomerFilters]) -> Page[Customer]:
        """Those that all filters find, newest first unless sorted otherwise."""
        return self._page(self.name, query=filters)

    def get(self, customer_id: str) -> Customer:
        """One."""
        return self._get(self.name, customer_id)

    def create(self, **values: Unpack[params.NewCustomer]) -> Customer:
        """Make one."""
        return self._write("POST", self.name, values=values)

    def update(self, customer_id: str, **changes: Unpack[params.CustomerChanges]) -> Customer:
        """Change what is given; custom fields and metadata are merged."""
        return self._write("PATCH", self.name, customer_id, values=changes)

    def delete(self, customer_id: str, **options: Unpack[params.Conditional]) -> None:
        """Delete one; the tickets stay."""
        self._call("DELETE", self.name, customer_id, values=options)


class Members(Resource[Member]):
    """Members: the agents whom tickets can be assigned to."""

    name, kind = "members", Member

    def list(self, **filters: Unpack[params.Paged]) -> Page[Member]:
        """All of the team, oldest first."""
        return self._page(self.name, query=filters)

    def get(self, member_id: str) -> Member:
        """One."""
        return self._get(self.name, member_id)

    def create(self, **values: Unpack[params.NewMember]) -> Member:
        """Add one."""
        return self._write("POST", self.name, values=values)

    def update(self, member_id: str, **changes: Unpack[params.MemberChanges]) -> Member:
        """Change what is given."""
        return self._write("PATCH", self.name, member_id, values=changes)

    def delete(self, member_id: str, **options: Unpack[params.Conditional]) -> None:
        """Remove one; the tickets become unassigned."""
        self._call("DELETE", self.name, member_id, values=options)


class CustomFields(Resource[CustomField]):
    """Custom fields: the definitions of typed values on tickets and customers."""

    name, kind = "custom-fields", CustomField

    def list(self, *, entity_type: str | None = None) -> tuple[CustomField, ...]:
        """All, by position; only those of `tickets` or `customers` if that is given."""
        found = self._call("GET", self.name, query={"entity_type": entity_type})
        return read_all(CustomField, found.data)

    def get(self, custom_field_id: str) -> CustomField:
        """One."""
        return self._get(self.name, custom_field_id)

    def create(self, **values: Unpack[params.NewCustomField]) -> CustomField:
        """Define one."""
        return self._write("POST", self.name, values=values)

    def update(
        self, custom_field_id: str, **changes: Unpack[params.CustomFieldChanges]
    ) -> CustomField:
        """Change what is given."""
        return self._write("PATCH", self.name, custom_field_id, values=changes)

    def delete(self, custom_field_id: str, **options: Unpack[params.Conditional]) -> int:
        """Delete one with every value of it; how many objects had one."""
        found = self._call("DELETE", self.name, custom_field_id, values=options)
        return read(Removed, found.data).values_removed


class Events(Resource[Event]):
    """Events: what happened, oldest first."""

    name, kind = "events", Event

    def list(self, **filters: Unpack[params.EventFilters]) -> Page[Event]:
        """Those after an event, and of some types, if these are given."""
        return self._page(self.name, query=filters)

    def stream(self, **filters: Unpack[params.StreamFilters]) -> Iterator[Event]:
        """Each as it happens, from the first look on or after an event, without an end."""
        path = self._team_path() + one(self.name, "stream")
        for data in self._calls.follow(path, filters):
            yield read(Event, data)

    def of_ticket(self, ticket_id: str, **filters: Unpack[params.Paged]) -> Page[Event]:
        """Those of a ticket and of its messages."""
        return self._page("tickets", ticket_id, self.name, query=filters)


class Webhooks(Resource[Webhook]):
    """Webhooks: other systems that are told of events."""

    name, kind = "webhooks", Webhook

    def list(self, **filters: Unpack[params.Paged]) -> Page[Webhook]:
        """All, oldest first, without their secrets."""
        return self._page(self.name, query=filters)

    def get(self, webhook_id: str) -> Webhook:
        """One, without its secret."""
        return self._get(self.name, webhook_id)

    def create(self, **values: Unpack[params.NewWebhook]) -> Webhook:
        """Make one; its ``secret`` is answered this once."""
        return self._write("POST", self.name, values=values)

    def update(self, webhook_id: str, **changes: Unpack[params.WebhookChanges]) -> Webhook:
        """Change what is given."""
        return self._write("PATCH", self.name, webhook_id, values=changes)

    def delete(self, webhook_id: str, **options: Unpack[params.Conditional]) -> None:
        """Delete one; what is in line for it is not sent any more."""
        self._call("DELETE", self.name, webhook_id, values=options)

    def test(self, webhook_id: str) -> Delivery:
        """Send a sample, once."""
        return read(Delivery, self._call("POST", self.name, webhook_id, "test").data)

    def rotate_secret(self, webhook_id: str, **options: Unpack[params.Rotation]) -> Webhook:
        """Replace the secret; the new one is answered this once."""
        return self._write("POST", self.name, webhook_id, "rotate-secret", values=options)

    def replay(self, webhook_id: str, **options: Unpack[params.Replay]) -> Webhook:
        """Deliver again everything after an event."""
        return self._write("POST", self.name, webhook_id, "replay", values=options)

    def deliveries(
        self, webhook_id: str, **filters: Unpack[params.DeliveryFilters]
    ) -> Page[Delivery]:
        """What became of each event for it, newest first."""
        path = (self.name, webhook_id, "deliveries")
        return self._page_of(Delivery, *path, query=filters)

    def redeliver(self, webhook_id: str, delivery_id: str) -> Delivery:
        """Deliver an event again."""
        path = (self.name, webhook_id, "deliveries", delivery_id, "redeliver")
        return read(Delivery, self._call("POST", *path).data)
