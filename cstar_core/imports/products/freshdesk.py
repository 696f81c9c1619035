"""Freshdesk: tickets of its API and of its JSON export, with conversations or notes."""

from typing import Any

from cstar_core.imports.drafts import Draft, Record, words
from cstar_core.imports.products.common import (
    NOBODY,
    People,
    Person,
    message,
    person_of,
    plain_text,
    set_customer,
)
from cstar_core.imports.products.product import Product
from cstar_core.imports.records import id_of, record_of, records_of, text_of
from cstar_core.imports.values import in_order, instants, read_priority, read_status

STATUSES = {2: "open", 3: "pending", 4: "resolved", 5: "closed", 6: "pending", 7: "pending"}
PRIORITIES = {1: "low", 2: "normal", 3: "high", 4: "urgent"}
WRAPPER = "helpdesk_ticket"
USED = words(
    "id display_id subject description description_text description_html status status_name "
    "priority priority_name tags requester requester_id requester_name responder responder_id "
    "responder_name email conversations notes created_at updated_at stats attachments "
    "custom_fields custom_field deleted spam"
)


def is_ticket(record: Record) -> bool:
    """Whether an object looks like a ticket of Freshdesk."""
    return isinstance(record.get(WRAPPER), dict) or (
        "responder_id" in record and "requester_id" in record
    )


def unwrapped(record: Record) -> Record:
    """The ticket itself, which the older export wraps in an object."""
    inner = record.get(WRAPPER)
    return inner if isinstance(inner, dict) else record


def draft_ticket(record: Record, people: People) -> Draft:
    """A draft of a ticket; what is deleted or spam is left out."""
    draft = Draft(id=id_of(record.get("display_id")) or id_of(record.get("id")))
    for reason in ("deleted", "spam"):
        if record.get(reason) is True:
            draft.left_out = reason
            return draft
    requester_id = id_of(record.get("requester_id"))
    requester = _requester(record, requester_id, people)
    set_customer(draft, requester_id, requester)
    draft.agent = _agent(record, people)
    values = draft.values
    values["title"] = record.get("subject")
    values["status"] = _word(record, "status", STATUSES, "open")
    values["priority"] = _word(record, "priority", PRIORITIES, "normal")
    if record.get("tags"):
        values["tags"] = (
            [_tag(tag) for tag in record["tags"]]
            if isinstance(record["tags"], list)
            else record["tags"]
        )
    values["messages"] = _messages(record, requester_id, requester, people)
    stats = record_of(record.get("stats"))
    draft.problems += instants(
        values,
        {
            "created_at": record.get("created_at"),
            "updated_at": record.get("updated_at"),
            "resolved_at": stats.get("resolved_at"),
            "closed_at": stats.get("closed_at"),
        },
    )
    in_order(values)
    return draft


def _word(record: Record, name: str, codes: dict[int, str], other: str) -> object:
    """A status or priority by its code, or by its name if we know that."""
    code = record.get(name)
    if isinstance(code, int) and code in codes:
        return codes[code]
    word = record.get(f"{name}_name") if isinstance(code, int) or code is None else code
    read = read_status(word) if name == "status" else read_priority(word)
    return read if isinstance(read, str) and read in codes.values() else other


def _tag(tag: object) -> object:
    return tag.get("name") if isinstance(tag, dict) else tag


def _requester(record: Record, id: str | None, people: People) -> Person:
    embedded = record_of(record.get("requester"))
    known = person_of(embedded) if embedded else people.get(id or "", NOBODY)
    name = known.name or text_of(record.get("requester_name"))
    return Person(name, known.email or text_of(record.get("email")), False)


def _agent(record: Record, people: People) -> str | None:
    id = id_of(record.get("responder_id"))
    if id is None:
        return None
    embedded = record_of(record.get("responder"))
    known = person_of(embedded) if embedded else people.get(id, NOBODY)
    return known.email or known.name or text_of(record.get("responder_name")) or id


def _messages(
    record: Record, requester_id: str | None, requester: Person, people: People
) -> list[dict[str, Any]]:
    made = message(
        plain_text(record.get("description_text"), record.get("description")),
        "customer",
        name=requester.name,
        at=record.get("created_at"),
        attachments=record.get("attachments"),
    )
    for entry in records_of(record.get("conversations") or record.get("notes")):
        note = record_of(entry.get("note") or entry.get("helpdesk_note")) or entry
        author = people.get(id_of(note.get("user_id")) or "", NOBODY)
        private = note.get("private") is True
        by_requester = requester_id is not None and id_of(note.get("user_id")) == requester_id
        asks = not private and (note.get("incoming") is True or by_requester)
        made += message(
            plain_text(note.get("body_text"), note.get("body_html") or note.get("body")),
            "customer" if asks else "agent",
            name=requester.name if asks else author.name,
            internal=private,
            at=note.get("created_at"),
            attachments=note.get("attachments"),
        )
    return made


FRESHDESK = Product(
    is_ticket=is_ticket,
    draft=draft_ticket,
    used=USED,
    unwrap=unwrapped,
    columns=(words("ticketid createdtime"), words("ticketid lastupdatetime")),
    nothing="No Agent",
)
