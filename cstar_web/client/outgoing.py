"""The resource of mail that goes out."""

from typing import Unpack

from cstar_web.client import params
from cstar_web.client.pages import Page
from cstar_web.client.resource import Resource
from cstar_web.client.values import OutgoingMail


class OutgoingMails(Resource[OutgoingMail]):
    """Mail that goes out."""

    name, kind = "outgoing-mail", OutgoingMail

    def list(self, **filters: Unpack[params.OutgoingMailFilters]) -> Page[OutgoingMail]:
        """Those that all filters find, the newest first."""
        return self._page(self.name, query=filters)

    def get(self, outgoing_mail_id: str) -> OutgoingMail:
        """One."""
        return self._get(self.name, outgoing_mail_id)

    def release(self, outgoing_mail_id: str, **options: Unpack[params.Sent]) -> OutgoingMail:
        """Let one go that is held."""
        return self._write("POST", self.name, outgoing_mail_id, "release", values=options)

    def retry(self, outgoing_mail_id: str, **options: Unpack[params.Sent]) -> OutgoingMail:
        """Send one again to whom it was not sent."""
        return self._write("POST", self.name, outgoing_mail_id, "retry", values=options)

    def cancel(self, outgoing_mail_id: str, **options: Unpack[params.Sent]) -> OutgoingMail:
        """Do not send one that is queued, deferred or held."""
        return self._write("POST", self.name, outgoing_mail_id, "cancel", values=options)
