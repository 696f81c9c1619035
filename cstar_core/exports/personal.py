"""What a desk holds of one customer, for whoever has a right to have it."""

import json
from collections.abc import Iterable, Iterator, Mapping
from operator import itemgetter
from typing import Any

from peewee import SQL

from cstar_core.blobs import Blob
from cstar_core.checks import check_choice, raise_any
from cstar_core.errors import NotFound
from cstar_core.events import EVENT_TYPES, events_of
from cstar_core.exports.files import FILES_NAME, write_attached
from cstar_core.exports.kinds import (
    ATTACHMENTS,
    CUSTOM_FIELDS,
    CUSTOMERS,
    MESSAGES,
    TEAMS,
    TICKETS,
    Kind,
)
from cstar_core.exports.log import EVENTS_NAME, ROWS
from cstar_core.exports.making import finish, write, write_files
from cstar_core.exports.manifest import FILE_FORMATS, Export
from cstar_core.exports.reading import Places, Record, events, read_places, records
from cstar_core.files import appearing
from cstar_core.ids import public_id
from cstar_core.scope import required_uid
from cstar_core.store import Snapshot, SqlRow, Store, prepare, slot
from cstar_core.tables import (
    CustomerRow,
    CustomFieldRow,
    EventRow,
    MessageRow,
    TeamRow,
    TicketRow,
    WorkspaceRow,
)
from cstar_core.versions import release

READABLE = "readable.txt"
_WHO = prepare(
    CustomerRow.select(CustomerRow.id, WorkspaceRow.id, TeamRow.id, TeamRow.uid)
    .join(WorkspaceRow, on=(WorkspaceRow.id == CustomerRow.workspace_id))
    .join_from(WorkspaceRow, TeamRow, on=(TeamRow.id == WorkspaceRow.team_id))
    .where(CustomerRow.uid == slot("uid"))
)
_ABOUT = [type for type in EVENT_TYPES if type.startswith("customer.")]
_HIDDEN = ("notes", "metadata")


def make_personal(
    store: Store, destination: str, customer: str, file_format: str, *, internal: bool
) -> Export:
    """Write what is known of a customer into a new folder, also as one text to read.

    Without ``internal`` it is what they might see themselves: no notes, metadata and internal
    messages. Raises Invalid, NotFound, Conflict, StorageFull and OSError as ``make_export`` does.
    """
    raise_any(check_choice("file_format", file_format, FILE_FORMATS))
    uid = required_uid("customer", customer)
    with store.snapshot() as snap:
        who = snap.first(_WHO, uid=uid)
        if who is None:
            raise NotFound("customer", customer)
        places = read_places(snap, public_id("team", who[3]))
        with appearing(destination, "an export") as folder:
            found = _records(snap, places, who, uid, internal)
            files = write_files(snap, places, folder, file_format, iter(found.items()))
            text = write(folder / READABLE, _text(found))
            lost = write_attached(store.path, folder, _blobs(found["attachments"]))
            scope = ("customer", public_id("customer", uid))
            return finish(folder, Export(*scope, file_format, (*files, text), release(), lost))


def _blobs(attachments: Iterable[Record]) -> Iterable[Blob]:
    """The files of attachments, each once."""
    found = {each["sha256"]: each["size"] for each in attachments}
    return (Blob(bytes.fromhex(digest), size) for digest, size in found.items())


def _records(
    snap: Snapshot, places: Places, who: SqlRow, uid: bytes, internal: bool
) -> dict[str, Any]:
    """The records of each file; one person has no more than fits in memory."""
    key, workspace, team, _ = who
    theirs = TicketRow.select(TicketRow.id).where(TicketRow.customer_id == key)
    numbers = TicketRow.select(TicketRow.number).where(TicketRow.customer_id == key)
    conditions: tuple[tuple[Kind, Any], ...] = (
        (TEAMS, TeamRow.id == team),
        (CUSTOM_FIELDS, CustomFieldRow.workspace_id == workspace),
        (CUSTOMERS, CustomerRow.id == key),
        (TICKETS, TicketRow.customer_id == key),
        (MESSAGES, _written_to(theirs, uid)),
        (ATTACHMENTS, _written_to(theirs, uid)),
    )
    found = {
        kind.name: list(records(snap, places, kind, kind.rows.where(each)))
        for kind, each in conditions
    }
    told = [number for number, _ in events_of(snap, workspace, _ABOUT, uid)]
    of_tickets = EventRow.select(EventRow.number).where(
        (EventRow.workspace_id == workspace) & EventRow.ticket_number.in_(numbers)
    )
    told += [number for (number,) in snap.all(prepare(of_tickets))]
    these = EventRow.number.in_(SQL("(SELECT value FROM json_each(?))", [json.dumps(told)]))
    log = ROWS.where((EventRow.workspace_id == workspace) & these)
    found[EVENTS_NAME] = list(events(snap, places, log))
    if internal:
        return found
    hidden = {message["id"] for message in found["messages"] if message["isInternal"]}
    attached = found["attachments"]
    found["attachments"] = [each for each in attached if each["messageId"] not in hidden]
    return {name: list(_seen(each)) for name, each in found.items()}


def _written_to(tickets: Any, customer: bytes) -> Any:
    """The messages of tickets, also where a merge has put them, without what it has put there."""
    here = MessageRow.ticket_id.in_(tickets) & MessageRow.home_id.is_null()
    nobodys = MessageRow.home_customer.is_null()
    of_tickets = (here & nobodys) | (MessageRow.home_id.in_(tickets) & nobodys)
    return of_tickets | (MessageRow.home_customer == customer)


def _seen(found: Iterable[Record]) -> Iterator[Record]:
    """The records without what is not for the customer's eyes."""
    for record in found:
        if record.get("isInternal") or record.get("data", {}).get("isInternal"):
            continue
        shown = {name: value for name, value in record.items() if name not in _HIDDEN}
        if "changes" in shown:
            changes = shown["changes"].items()
            shown["changes"] = {name: one for name, one in changes if name not in _HIDDEN}
        if "internalMessageCount" in shown:
            shown["messageCount"] -= shown.pop("internalMessageCount")
        yield shown


def _text(found: dict[str, Any]) -> Iterator[str]:
    """All of it for people to read; what somebody wrote is indented."""
    (person,), (team,) = found["customers"], found["teams"]
    files: dict[str, list[Record]] = {}
    for each in sorted(found["attachments"], key=itemgetter("position")):
        files.setdefault(each["messageId"], []).append(each)
    threads: dict[str, list[Record]] = {ticket["id"]: [] for ticket in found["tickets"]}
    strays: list[Record] = []
    for message in sorted(found["messages"], key=itemgetter("createdAt")):
        threads.get(message["homeTicketId"] or message["ticketId"], strays).append(message)
    yield f"What {team['name']} holds of {person['name']}\n\n"
    yield from _lines(person, ("id", "name", "email", "tags", "notes", "createdAt", "updatedAt"))
    yield from _values(person)
    for ticket in found["tickets"]:
        yield f"\nTicket {ticket['number']}: {ticket['title']}\n\n"
        names = ("id", "status", "priority", "tags", "notes", "createdAt", "resolvedAt", "closedAt")
        yield from _lines(ticket, names)
        yield from _values(ticket)
        yield from _thread(threads[ticket["id"]], files)
    if strays:
        yield "\nIn tickets of others\n"
        yield from _thread(strays, files)


def _thread(messages: Iterable[Record], files: Mapping[str, Iterable[Record]]) -> Iterator[str]:
    for message in messages:
        hidden = ", internal" if message["isInternal"] else ""
        yield f"\n  {message['createdAt']}, {message['senderName']}{hidden}:\n"
        yield from (f"    {line}\n" for line in message["content"].splitlines())
        for file in files.get(message["id"], ()):
            where = f"{FILES_NAME}/{file['sha256'][:2]}/{file['sha256']}"
            yield f"    + {file['name']}, {file['size']:,} bytes: {where}\n"


def _lines(record: Record, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        value = record.get(name)
        if value not in (None, []):
            shown = ", ".join(value) if isinstance(value, list) else str(value)
            yield f"  {name}: {'; '.join(shown.splitlines())}\n"


def _values(record: Record) -> Iterator[str]:
    extra = {**record["customFields"], **record.get("metadata", {})}
    yield from _lines({name: str(value) for name, value in extra.items()}, extra)
