"""A desk with one of everything in each workspace of two teams, and a key of every kind."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask

from cstar_core import Envelope, Helpdesk, MailReply, Workspace
from cstar_web.app import create_app
from cstar_web.settings import Settings
from tests.web.policy import ACME, KEYS, LIVE, OTHER, WORKSPACES, Opens
from tests.web.vocabulary import ManualClock

TOKEN = "a token that nobody presents".replace(" ", "-")
Owner = tuple[str, str]
_REFUSED = MailReply("failed", "550 5.1.1", "no such user")

_LETTERS: dict[Owner, str] = dict(zip(WORKSPACES, "kqwz", strict=True))


@dataclass(frozen=True)
class Things:
    """What a workspace holds: ids and words by which requests name them.

    The marks stand in texts that only this workspace, this team, or those who may see what is
    internal are to be shown.
    """

    names: dict[str, str]
    email: str
    member_email: str
    mark: str
    team_mark: str
    internal_mark: str


class World:
    """The desk, its app, its keys by kind, and what is in each workspace."""

    def __init__(self, desk: Helpdesk, clock: ManualClock) -> None:
        self.desk = desk
        self.app: Flask = create_app(desk, limitless())
        self.client = self.app.test_client()
        for team in (ACME, OTHER):
            desk.teams.create(team.title(), slug=team)
        members = {team: _member(desk.workspace(team), team) for team in (ACME, OTHER)}
        self.things = {
            owner: _fill(desk.workspace(*owner), owner, members[owner[0]]) for owner in WORKSPACES
        }
        for owner, each in self.things.items():
            each.names["bad"] = _bad_address(desk.workspace(*owner), each.mark)
        desk.send_mail_due(lambda parcel, _: dict.fromkeys(parcel.recipients, _REFUSED))
        for owner, each in self.things.items():
            made = _outgoing(desk.workspace(*owner), each.names["ticket"], each.mark)
            each.names["outgoing"] = made
        # The one delivery of each webhook, by the digits of the webhook's id.
        self.deliveries = {
            webhook.rpartition("_")[2]: _delivery(desk.workspace(*owner), webhook)
            for owner, things in self.things.items()
            if (webhook := things.names["webhook"])
        }
        # One message of each ticket, by the digits of the ticket's id.
        self.messages = {
            things.names["ticket"].rpartition("_")[2]: _message(desk.workspace(*owner), things)
            for owner, things in self.things.items()
        }
        desk.deliver_due(_receive)
        # What was answered to requests for what does not exist.
        self.answers: dict[str, Any] = {}
        self.keys = {kind: _authorization(desk, kind, opens) for kind, opens in KEYS.items()}
        clock.tick(hours=2)

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Whatever is done inside is taken back."""
        try:
            with self.desk.transaction():
                yield
                raise _Undo
        except _Undo:
            return


@dataclass(frozen=True)
class _Received:
    """What a receiver answers."""

    body: bytes
    status: int | None = 200
    error: str | None = None
    seconds: float = 0.1


def _receive(url: str, headers: Mapping[str, str], body: bytes) -> _Received:
    """Answer with the mark of the workspace, which stands in the URL."""
    return _Received(url.rpartition("/")[2].encode())


def _delivery(workspace: Workspace, webhook: str) -> str:
    return workspace.webhooks.test(webhook).id


def _message(workspace: Workspace, things: "Things") -> str:
    return workspace.messages.list(things.names["ticket"])[0].id


def _outgoing(workspace: Workspace, ticket: str, mark: str) -> str:
    """A mail that is queued."""
    delivery = workspace.messages.create(ticket, content=mark).delivery
    return "" if delivery is None else delivery.id


def _bad_address(workspace: Workspace, mark: str) -> str:
    """An address to which a mail is queued, and is about to be refused for good."""
    address = f"bad@{mark}.example"
    _outgoing(workspace, workspace.tickets.create(title=mark, customer_email=address).id, mark)
    return address


class _Undo(Exception):
    """Takes a transaction back."""


def limitless() -> Settings:
    """Settings under which thousands of requests may be made; `/metrics` is there too."""
    return Settings(secret_key_limit="off", publishable_key_limit="off", metrics_token=TOKEN)


def _member(workspace: Workspace, team: str) -> tuple[str, str]:
    email = f"{team}staff@example.com"
    return workspace.members.create(name=f"{team}staff", email=email).id, email


def _fill(workspace: Workspace, owner: Owner, member: tuple[str, str]) -> Things:
    name = "".join(owner)
    mark, internal = f"{name}mark", f"{name}internal"
    # So unlike each other that none is suggested for another.
    letters = 8 * _LETTERS[owner]
    keys = {"tickets": f"{letters}t", "customers": f"{letters}c"}
    field_ids = [
        workspace.custom_fields.create(name=mark, key=key, type="text", entity_type=entity).id
        for entity, key in keys.items()
    ]
    hidden = {"notes": internal, "metadata": {internal: internal}, "tags": mark}
    customer = workspace.customers.create(name=mark, email=f"{name}@example.com", **hidden)
    ticket = workspace.tickets.create(
        title=mark,
        customer_id=customer.id,
        assigned_to=member[0],
        custom_fields={keys["tickets"]: mark},
        **hidden,
    )
    files = [
        workspace.attachments.upload(ticket.id, name=f"{word}.txt", content=word.encode()).id
        for word in (mark, internal, internal)
    ]
    workspace.messages.create(ticket.id, content=mark, attachments=files[:1])
    workspace.messages.create(ticket.id, content=internal, is_internal=True, attachments=files[1:2])
    mailbox = workspace.mailboxes.create(
        address=f"help@{name}.example",
        name=mark,
        outgoing={"host": "127.0.0.1", "security": "none"},
    )
    workspace.mail_templates.update("reply", "en", content=f"{mark} {{{{message}}}}")
    names = {
        "ticket": ticket.id,
        "other ticket": workspace.tickets.create(title=mark).id,
        "customer": customer.id,
        "field": field_ids[0],
        "member": member[0],
        "attachment": files[0],
        "mailbox": mailbox.id,
        "mail": workspace.mail.take(mark.encode(), envelope=Envelope(f"{mark}@example.com")).id,
        "blocked": f"{mark}.example",
        "block": workspace.mail_blocks.create(value=f"{mark}.example").id,
        "upload": files[2],
        "key": keys["tickets"],
        "customer key": keys["customers"],
        "tag": mark,
        "word": mark,
        "internal": internal,
        "event": workspace.events.list().items[0].id,
        "webhook": workspace.webhooks.create(
            name=mark, url=f"https://example.com/{mark}", events=["customer.deleted"]
        ).webhook.id,
    }
    workspace.tickets.list(search=mark)
    workspace.customers.list(search=mark)
    return Things(names, f"{name}@example.com", member[1], mark, f"{owner[0]}staff", internal)


def _authorization(desk: Helpdesk, kind: str, opens: Opens | None) -> str | None:
    if kind == "no key":
        return None
    if kind == "malformed":
        return "Bearer sk_live_"
    if kind == "of nobody":
        return "Bearer sk_live_" + 32 * "a"
    type = "secret" if opens is None or opens.writes else "publishable"
    team, environment = (ACME, LIVE) if opens is None else (opens.team, opens.environment)
    expires = timedelta(hours=1) if kind == "expired" else None
    made = desk.keys.create(team, type=type, environment=environment, expires_in=expires)
    if kind == "revoked":
        desk.keys.revoke(made.key.id)
    if kind == "rotated away":
        desk.keys.rotate(made.key.id, overlap=timedelta(hours=1))
    return f"Bearer {made.secret}"
