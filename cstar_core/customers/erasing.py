"""Erase a person: everything that they wrote, and all that was written of them.

Their tickets stay as figures: numbers, times, status, priority, member, counts, tags that others'
tickets have too, and choices among given options. No text of them stays.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from peewee import SQL, fn

from cstar_core import documents, events, facets
from cstar_core.blobs import drop_at_once
from cstar_core.customers.answered import answers_naming, forget_answers
from cstar_core.customers.blocked import blocks_of, events_of_blocks, forget_blocks
from cstar_core.customers.customer import BY_UID
from cstar_core.customers.mailed import forget_mail
from cstar_core.customers.mails import empty_mails_from
from cstar_core.customers.threads import (
    ERASED,
    NOBODY,
    OF_PERSON,
    OF_TICKET,
    STRAY,
    Thread,
    empty_thread,
)
from cstar_core.customers.viewed import events_of_views, forget_views
from cstar_core.customers.writing import remove
from cstar_core.errors import NotFound
from cstar_core.fields import Definition
from cstar_core.ids import public_id
from cstar_core.members import fold_email
from cstar_core.metadata import from_json, to_json
from cstar_core.scope import Scope, required_uid
from cstar_core.store import Slot, Snapshot, SqlRow, Transaction, prepare, slot
from cstar_core.tables import (
    SENDERS,
    AttachmentRow,
    AttemptRow,
    DeliveryRow,
    DraftRow,
    EventRow,
    ExternalIdRow,
    MessageRow,
    TagRow,
    TeamRow,
    TicketRow,
    WebhookRow,
    WorkspaceRow,
)
from cstar_core.tags import fold_tag

# Names of customers that are nobody's.
_NAMELESS = {NOBODY.casefold(), "customer"}
_TICKETS = "tickets"
_TOGETHER = 100
# The types of fields whose values are one of few, which say nothing of who chose them.
_CHOICES = ("select", "multiselect", "boolean")
_QUOTING = ("customer.created", "customer.updated", "customer.deleted")


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure took away, or would: the tickets, messages and events that were emptied.

    ``receipts`` are answers that were kept for idempotency keys, ``files`` what was attached to
    the messages. ``blocks`` name exactly an address of theirs; they only go if that is asked for.
    """

    customer_id: str
    tickets: int
    messages: int
    events: int
    receipts: int
    files: int = 0
    blocks: int = 0


@dataclass(frozen=True, slots=True)
class Person:
    """Whom to erase: the row, if the customer is still there, and the keys of their tickets."""

    uid: bytes
    row: SqlRow | None
    tickets: tuple[int, ...]

    @property
    def id(self) -> str:
        """The customer's id."""
        return public_id("customer", self.uid)


_MINE = TicketRow.workspace_id == slot("workspace")
_THEIRS = prepare(TicketRow.select(TicketRow.id).where(TicketRow.customer_id == slot("customer")))
_OfTicketRow = EventRow.alias("of_ticket")
# For more than the number of an event SQLite would walk the whole log instead of the index.
_OF_THE_TICKET = _OfTicketRow.select(_OfTicketRow.number).where(
    (_OfTicketRow.workspace_id == slot("workspace"))
    & (_OfTicketRow.ticket_number == TicketRow.number)
)
_LEFT = prepare(
    TicketRow.select(TicketRow.id)
    .where(
        _MINE
        & (TicketRow.customer_gone == 1)
        & TicketRow.customer_id.is_null()
        & fn.EXISTS(
            EventRow.select(SQL("1")).where(
                (EventRow.workspace_id == slot("workspace"))
                & EventRow.number.in_(_OF_THE_TICKET)
                & (EventRow.type == slot("type"))
                & (fn.instr(EventRow.changes, slot("left")) > 0)
            )
        )
    )
    .order_by(TicketRow.id)
)
_TICKET = prepare(
    TicketRow.select(
        TicketRow.id,
        TicketRow.uid,
        TicketRow.number,
        TicketRow.tags,
        TicketRow.custom_fields,
        TicketRow.created_at,
    ).where(TicketRow.id == slot("ticket"))
)
_EMPTY_TICKET = prepare(
    TicketRow.update(
        {
            TicketRow.title: ERASED,
            TicketRow.notes: None,
            TicketRow.metadata: "{}",
            TicketRow.tags: slot("tags"),
            TicketRow.custom_fields: slot("values"),
            TicketRow.customer_id: None,
            TicketRow.customer_gone: 1,
            TicketRow.updated_at: fn.MAX(TicketRow.updated_at, slot("now")),
            TicketRow.version: TicketRow.version + 1,
        }
    ).where(TicketRow.id == slot("ticket"))
)
_FORGET_IDS = prepare(ExternalIdRow.delete().where(ExternalIdRow.ticket_id == slot("ticket")))
_UPLOADED = prepare(
    AttachmentRow.select(AttachmentRow.blob_id).where(AttachmentRow.ticket_id == slot("ticket"))
)
_FORGET_UPLOADS = prepare(AttachmentRow.delete().where(AttachmentRow.ticket_id == slot("ticket")))
# A draft answers the person, and may quote them.
_FORGET_DRAFTS = prepare(DraftRow.delete().where(DraftRow.ticket_id == slot("ticket")))
_UNUSED_TAGS = prepare(
    TagRow.delete().where((TagRow.workspace_id == slot("workspace")) & (TagRow.uses == 0))
)
_USES = prepare(
    TagRow.select(TagRow.tag_key, TagRow.uses).where(
        (TagRow.workspace_id == slot("workspace"))
        & (TagRow.entity_type == _TICKETS)
        & TagRow.tag_key.in_(SQL("(SELECT value FROM json_each(?))", [Slot("tags")]))
    )
)
# What receivers answered when they were told of somebody; they may have quoted it. It may have been
# of a message in the thread of another, or of a ticket or message that is deleted: then nothing
# says any more whose that was. Each event is looked up: fewer deliveries are kept than there are
# events.
_IS_TOLD = EventRow.number.in_(SQL("(SELECT value FROM json_each(?))", [Slot("numbers")]))
_IS_STRAY = EventRow.object_uid.in_(MessageRow.select(MessageRow.uid).where(STRAY))
_IS_OF_NO_TICKET = EventRow.ticket_number.is_null(False) & ~fn.EXISTS(
    TicketRow.select(SQL("1")).where(_MINE & (TicketRow.number == EventRow.ticket_number))
)
_DeletedRow, _TypedRow = EventRow.alias("deleted"), EventRow.alias("typed")
_DELETIONS = _TypedRow.select(_TypedRow.number).where(
    (_TypedRow.workspace_id == slot("workspace"))
    & (_TypedRow.type == events.EVENT_TYPES.index("message.deleted"))
)
_IS_OF_NO_MESSAGE = EventRow.object_uid.in_(
    _DeletedRow.select(_DeletedRow.object_uid).where(
        (_DeletedRow.workspace_id == slot("workspace")) & _DeletedRow.number.in_(_DELETIONS)
    )
)
_TOLD = (
    DeliveryRow.select(DeliveryRow.id)
    .join(WebhookRow, on=(WebhookRow.id == DeliveryRow.webhook_id))
    .where(
        (WebhookRow.workspace_id == slot("workspace"))
        & fn.EXISTS(
            EventRow.select(SQL("1")).where(
                (EventRow.workspace_id == slot("workspace"))
                & (EventRow.number == DeliveryRow.event_number)
                & (_IS_TOLD | _IS_STRAY | _IS_OF_NO_TICKET | _IS_OF_NO_MESSAGE)
            )
        )
    )
)
_FORGET_ANSWERS = prepare(
    AttemptRow.update({AttemptRow.answer: b""}).where(AttemptRow.delivery_id.in_(_TOLD))
)
_EVENTS_OF_TICKET = prepare(
    EventRow.select(EventRow.number).where(
        (EventRow.workspace_id == slot("workspace")) & (EventRow.ticket_number == slot("ticket"))
    )
)


def find_person(snap: Snapshot, scope: Scope, id: str) -> Person:
    """Whom an id means: a customer, or one who was deleted earlier. Raises NotFound."""
    uid, workspace = required_uid("customer", id), scope.workspace_id
    row = snap.first(BY_UID, uid=uid, workspace=workspace)
    if row is not None:
        return Person(uid, row, tuple(key for (key,) in snap.all(_THEIRS, customer=row[0])))
    if not was_deleted(snap, workspace, uid):
        raise NotFound("customer", id)
    left = to_json({"customerId": {"from": public_id("customer", uid), "to": None}})[1:-1]
    updated = events.EVENT_TYPES.index("ticket.updated")
    found = snap.all(_LEFT, workspace=workspace, type=updated, left=left)
    return Person(uid, None, tuple(key for (key,) in found))


def was_deleted(snap: Snapshot, workspace_id: int, uid: bytes) -> bool:
    """Whether a workspace had a customer who was deleted, and not erased."""
    deleted, erased = (
        events.events_of(snap, workspace_id, [type], uid)
        for type in ("customer.deleted", "customer.erased")
    )
    return bool(deleted) and not erased


def would_erase(snap: Snapshot, scope: Scope, person: Person) -> Erased:
    """What an erasure would take away."""
    numbers = _event_numbers(snap, scope, person)
    addresses = _addresses(_names(snap, scope, person))
    return Erased(
        person.id,
        len(person.tickets),
        sum(snap.value(thread.number, of=of) for thread, of in _threads(person)),
        sum(1 for _ in numbers),
        len(answers_naming(snap, scope, _ids(snap, person), addresses)),
        sum(len(snap.all(thread.files, of=of)) for thread, of in _threads(person)),
        len(blocks_of(snap, scope, addresses)),
    )


def _threads(person: Person) -> Iterator[tuple[Thread, int | bytes]]:
    """All messages of a person: the statements, and what they are of."""
    yield OF_PERSON, person.uid
    yield from ((OF_TICKET, key) for key in person.tickets)


def _event_numbers(snap: Snapshot, scope: Scope, person: Person) -> Iterator[int]:
    """The numbers of the events that tell of a person or of their tickets."""
    workspace = scope.workspace_id
    yield from (number for number, _ in _of_customer(snap, scope, person))
    for key in person.tickets:
        number = snap.all(_TICKET, ticket=key)[0][2]
        found = snap.all(_EVENTS_OF_TICKET, workspace=workspace, ticket=number)
        yield from (n for (n,) in found)


def _of_customer(snap: Snapshot, scope: Scope, person: Person) -> list[tuple[int, str | None]]:
    """The events that tell of a person: numbers and changes."""
    return events.events_of(snap, scope.workspace_id, _QUOTING, person.uid)


def erase(tx: Transaction, scope: Scope, person: Person, *, unblock: bool) -> Erased:
    """Erase a person; the statistics stay as they are."""
    erased = would_erase(tx, scope, person)
    names = _names(tx, scope, person)
    addresses = _addresses(names)
    forget_answers(tx, answers_naming(tx, scope, _ids(tx, person), addresses))
    of_views = events_of_views(tx, scope, person.id)
    of_blocks = events_of_blocks(tx, scope, addresses)
    named = [*of_views, *(each.number for each in of_blocks)]
    told = json.dumps([*_event_numbers(tx, scope, person), *named])
    tx.run(_FORGET_ANSWERS, workspace=scope.workspace_id, numbers=told, of=person.uid)
    # From here on the queue of the index has only what this changes.
    documents.refresh(tx)
    _empty_tickets(tx, scope, person, names)
    empty_mails_from(tx, scope, addresses)
    forget_mail(tx, scope, person.tickets, addresses)
    forget_blocks(tx, scope, addresses, of_blocks, unblock=unblock)
    if person.row is not None:
        remove(tx, scope, person.row)
    documents.refresh(tx)
    tx.run(_UNUSED_TAGS, workspace=scope.workspace_id)
    events.forget_object(tx, scope, _QUOTING, person.uid)
    forget_views(tx, scope, person.id, of_views)
    for type in ("customer.deleted", "customer.erased"):
        if person.row is not None or type == "customer.erased":
            events.record(tx, scope, type, person.uid)
    return erased


def _ids(snap: Snapshot, person: Person) -> set[str]:
    """The ids of a person and of their tickets."""
    uids = (snap.all(_TICKET, ticket=key)[0][1] for key in person.tickets)
    return {person.id, *(public_id("ticket", uid) for uid in uids)}


def _empty_tickets(tx: Transaction, scope: Scope, person: Person, names: set[str]) -> None:
    known = facets.definitions(tx, scope.workspace_id, _TICKETS)
    kept = _tags_of_others(tx, scope, person)
    changes = {"customerId": {"from": person.id, "to": None}}
    for done, key in enumerate(person.tickets, 1):
        row = tx.all(_TICKET, ticket=key)[0]
        documents.hold_texts(tx, key)
        empty_thread(tx, OF_TICKET, key, names)
        _empty_ticket(tx, scope, row, known, kept)
        _, uid, number, *_ = row
        events.forget_ticket(tx, scope, number)
        about: dict[str, Any] = {"ticket": number, "data": {"number": number}}
        events.record(tx, scope, "ticket.updated", uid, changes=changes, **about)
        if done % _TOGETHER == 0:
            documents.refresh(tx)
    empty_thread(tx, OF_PERSON, person.uid, names)


def _names(snap: Snapshot, scope: Scope, person: Person) -> set[str]:
    """The names and addresses that a person has, or had, folded."""
    found = set(person.row[2:4]) if person.row is not None else set()
    rows = _of_customer(snap, scope, person)
    for change in (from_json(changes) for _, changes in rows if changes):
        found |= {change[name]["from"] for name in ("name", "email") if name in change}
    if person.row is None:
        # The log has forgotten who was deleted, but not under what name they wrote.
        written = (
            row for thread, of in _threads(person) for row in snap.all(thread.senders, of=of)
        )
        found |= {name for sender, name in written if SENDERS[sender] == "customer"}
    return {name.casefold() for name in found if name} - _NAMELESS


def _addresses(names: set[str]) -> set[str]:
    """The folded addresses among names."""
    return {fold_email(each) for each in names if "@" in each}


def _tags_of_others(snap: Snapshot, scope: Scope, person: Person) -> set[str]:
    """The folded tags of their tickets that tickets of others have too."""
    theirs: Counter[str] = Counter()
    for key in person.tickets:
        theirs.update({fold_tag(tag) for tag in from_json(snap.all(_TICKET, ticket=key)[0][3])})
    uses = snap.all(_USES, workspace=scope.workspace_id, tags=json.dumps(list(theirs)))
    return {tag for tag, number in uses if number > theirs[tag]}


def _empty_ticket(
    tx: Transaction, scope: Scope, row: SqlRow, known: Mapping[str, Definition], kept: set[str]
) -> None:
    key, _, _, tags_text, values_text, created_at = row
    tags, values = from_json(tags_text), from_json(values_text)
    left_tags = [tag for tag in tags if fold_tag(tag) in kept]
    left = {name: value for name, value in values.items() if known[name].type in _CHOICES}
    owner = (key, created_at)
    facets.replace_tags(tx, scope.workspace_id, _TICKETS, owner, tags, left_tags)
    facets.replace_values(tx, known, owner, values, left)
    tx.run(_EMPTY_TICKET, ticket=key, tags=to_json(left_tags), values=to_json(left), now=tx.now)
    tx.run(_FORGET_IDS, ticket=key)
    tx.run(_FORGET_DRAFTS, ticket=key)
    uploaded = {blob for (blob,) in tx.all(_UPLOADED, ticket=key)}
    tx.run(_FORGET_UPLOADS, ticket=key)
    drop_at_once(tx, uploaded)


_PLACES = prepare(
    WorkspaceRow.select(WorkspaceRow.id, TeamRow.uid, WorkspaceRow.environment).join(
        TeamRow, on=(TeamRow.id == WorkspaceRow.team_id)
    )
)


def place_of_customer(snap: Snapshot, id: str) -> tuple[str, str]:
    """The team's id and the environment of a customer, or of one who was deleted."""
    uid = required_uid("customer", id)
    for workspace, team, environment in snap.all(_PLACES):
        here = snap.first(BY_UID, uid=uid, workspace=workspace) is not None
        if here or was_deleted(snap, workspace, uid):
            return public_id("team", team), environment
    raise NotFound("customer", id)
