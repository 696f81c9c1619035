"""The resources that say how mail is set up: mailboxes, texts, and addresses that are bad."""

from typing import Unpack

from cstar_web.client import params
from cstar_web.client.mail_values import BadAddress, Mailbox, MailTemplate
from cstar_web.client.pages import Page
from cstar_web.client.resource import Resource
from cstar_web.client.values import read_all


class Mailboxes(Resource[Mailbox]):
    """Mailboxes: the addresses that customers write to."""

    name, kind = "mailboxes", Mailbox

    def list(self) -> tuple[Mailbox, ...]:
        """All, oldest first."""
        return read_all(Mailbox, self._call("GET", self.name).data)

    def get(self, mailbox_id: str) -> Mailbox:
        """One."""
        return self._get(self.name, mailbox_id)

    def create(self, **values: Unpack[params.NewMailbox]) -> Mailbox:
        """Add one, to which mail is brought; ``defaults`` have the names of the API."""
        return self._write("POST", self.name, values=values)

    def update(self, mailbox_id: str, **changes: Unpack[params.MailboxChanges]) -> Mailbox:
        """Change what is given; ``defaults`` are replaced. Its servers stay as they are."""
        return self._write("PATCH", self.name, mailbox_id, values=changes)

    def delete(self, mailbox_id: str, **options: Unpack[params.Conditional]) -> None:
        """Remove one; what came by it stays."""
        self._call("DELETE", self.name, mailbox_id, values=options)


class MailTemplates(Resource[MailTemplate]):
    """Mail templates: the texts around what is sent, in each language."""

    name, kind = "mail-templates", MailTemplate

    def list(self) -> tuple[MailTemplate, ...]:
        """All, by kind and language."""
        return read_all(MailTemplate, self._call("GET", self.name).data)

    def get(self, template_kind: str, language: str) -> MailTemplate:
        """One; its kind is `reply` or `first_answer`."""
        return self._get(self.name, template_kind, language)

    def set(
        self, template_kind: str, language: str, **values: Unpack[params.MailTemplateText]
    ) -> MailTemplate:
        """Set the text of one, in any language."""
        return self._write("PUT", self.name, template_kind, language, values=values)

    def reset(
        self, template_kind: str, language: str, **options: Unpack[params.Conditional]
    ) -> None:
        """Take one back: the text that cStar brings stands again."""
        self._call("DELETE", self.name, template_kind, language, values=options)

    def preview(
        self, template_kind: str, language: str, **values: Unpack[params.MailPreviewed]
    ) -> str:
        """One, or ``content`` in its place, as it would be sent on a ticket."""
        parts = (self.name, template_kind, language, "preview")
        return str(self._call("POST", *parts, values=values).data["content"])


class BadAddresses(Resource[BadAddress]):
    """Addresses to which nothing could be delivered."""

    name, kind = "bad-addresses", BadAddress

    def list(self, **filters: Unpack[params.Paged]) -> Page[BadAddress]:
        """All of them, by address."""
        return self._page(self.name, query=filters)

    def trust(self, **values: Unpack[params.TrustedAddress]) -> None:
        """Let the next mail to one be sent."""
        self._call("POST", self.name, "trust", values=values)
