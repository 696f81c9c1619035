"""A team's live or test data, as one actor sees it: the rooms, built for it alone."""

from collections.abc import Sequence
from os import PathLike
from typing import Unpack

from cstar_core.addresses import Network
from cstar_core.attachments import Attachments
from cstar_core.canned_replies import CannedReplies
from cstar_core.custom_fields import CustomFields
from cstar_core.customer_form import CustomerForm
from cstar_core.customers import Customers
from cstar_core.drafts import Drafts
from cstar_core.events import Events
from cstar_core.idempotency import Idempotency
from cstar_core.imports import ImportOptions, ImportReport, import_file
from cstar_core.keys import TeamKeys
from cstar_core.mail import MailBlocks, Mails
from cstar_core.mail_out import MailTemplates, OutgoingMails
from cstar_core.mailboxes import Mailboxes
from cstar_core.members import Member, Members
from cstar_core.messages import Messages
from cstar_core.presence import Presences
from cstar_core.reports import Reports
from cstar_core.roles import for_settings, for_work
from cstar_core.scope import Scope
from cstar_core.sign_ins import Invitations
from cstar_core.store import Store
from cstar_core.teams import Team
from cstar_core.ticket_links import TicketLinks
from cstar_core.tickets import Tickets
from cstar_core.views import Views
from cstar_core.webhooks import Webhooks


class Workspace:
    """A team's live or test data, as one actor sees it: the rooms, built for it alone.

    What a publishable key opened only reads; writing and the events raise Forbidden. What a
    ``member`` opened is written as far as the member's role goes, else that raises Forbidden.
    """

    def __init__(
        self,
        opened: Store,
        team: Team,
        scope: Scope,
        webhook_networks: Sequence[Network] = (),
        member: Member | None = None,
    ) -> None:
        store, settings = for_work(opened, scope), for_settings(opened, scope)
        self._store = store
        self._scope = scope
        self.team = team
        self.environment = scope.environment
        self.actor = scope.actor
        self.member = member
        self.internal = scope.internal
        self.tickets = Tickets(store, scope)
        self.messages = Messages(store, scope)
        self.attachments = Attachments(store, scope)
        self.customers = Customers(store, scope)
        self.members = Members(settings, scope)
        self.invitations = Invitations(settings, scope)
        self.custom_fields = CustomFields(settings, scope)
        self.canned_replies = CannedReplies(settings, scope)
        self.mailboxes = Mailboxes(settings, scope)
        self.drafts = Drafts(store, scope)
        self.presence = Presences(store, scope)
        self.events = Events(store, scope)
        self.ticket_links = TicketLinks(store, scope, settings)
        self.customer_form = CustomerForm(store, scope)
        self.webhooks = Webhooks(settings, scope, webhook_networks)
        self.outgoing_mail = OutgoingMails(store, scope)
        self.mail_templates = MailTemplates(settings, scope)
        self.keys = TeamKeys(settings, scope, team.id)
        self.views = Views(store, scope)
        self.reports = Reports(store, scope)
        self.mail = Mails(store, scope)
        self.mail_blocks = MailBlocks(store, scope)
        self.idempotency = Idempotency(store, scope)

    def import_file(
        self, path: str | PathLike[str], **options: Unpack[ImportOptions]
    ) -> ImportReport:
        """Bring in a file of tickets (or, by ``kind``, customers), as often as one likes.

        ``format`` is csv, json, zendesk, freshdesk or helpscout, and found out if not given.
        ``mapping`` says which columns become what, ``constants`` what is the same for all,
        ``id_column`` which column tells rows apart; ``source`` keeps ids of different files apart.
        ``users`` are files with the people of an export. What cannot be taken in goes to the file
        ``errors``, and all the rest is in. ``dry_run`` writes nothing. Each batch is a transaction;
        what is there already is skipped, so an import that was cut short is simply run again.
        Raises Invalid for options and files that cannot be an import, Forbidden, Busy,
        StorageFull and OSError.
        """
        return import_file(self._store, self._scope, path, **options)
