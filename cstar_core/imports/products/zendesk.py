"""Zendesk: tickets of its JSON export and of its API, with comments and people."""

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

USED = words(
    "id subject raw_subject description status priority tags requester requester_id assignee "
    "assignee_id submitter submitter_id comments created_at updated_at solved_at closed_at "
    "url custom_fields fields generated_timestamp metric_set"
)


def is_ticket(record: Record) -> bool:
    """Whether an object looks like a ticket of Zendesk."""
    whose = "requester_id" in record or isinstance(record.get("requester"), dict)
    return whose and bool({"assignee_id", "submitter_id", "raw_subject"} & record.keys())


def is_user(group: str, record: Record) -> bool:
    """Whether an object looks like a user of Zendesk."""
    return group == "users" or "user_fields" in record


def draft_ticket(record: Record, people: People) -> Draft:
    """A draft of a ticket; a deleted one is left out."""
    draft = Draft(id=id_of(record.get("id")))
    if record.get("status") == "deleted":
        draft.left_out = "deleted"
        return draft
    requester_id = id_of(record.get("requester_id")) or id_of(
        record_of(record.get("requester")).get("id")
    )
    set_customer(draft, requester_id, _person(record, "requester", people))
    assignee = _person(record, "assignee", people)
    draft.agent = assignee.email or assignee.name or id_of(record.get("assignee_id"))
    values = draft.values
    title = text_of(record.get("subject")) or text_of(record.get("raw_subject"))
    values["title"] = title or _first_line(record.get("description"))
    values["status"] = read_status(record.get("status"))
    if record.get("priority") is not None:
        values["priority"] = read_priority(record["priority"])
    if record.get("tags"):
        values["tags"] = record["tags"]
    values["messages"] = _messages(record, requester_id, people)
    metrics = record_of(record.get("metric_set"))
    draft.problems += instants(
        values,
        {
            "created_at": record.get("created_at"),
            "updated_at": record.get("updated_at"),
            "resolved_at": record.get("solved_at") or metrics.get("solved_at"),
            "closed_at": record.get("closed_at"),
        },
    )
    in_order(values)
    return draft


def _first_line(text: object) -> str | None:
    """A ticket may have no subject; then its first words stand for it."""
    found = text_of(text)
    return found.strip().splitlines()[0][:100] if found else None


def _person(record: Record, role: str, people: People) -> Person:
    embedded = record.get(role)
    if isinstance(embedded, dict):
        return person_of(embedded)
    return people.get(id_of(record.get(f"{role}_id")) or "", NOBODY)


def _messages(record: Record, requester: str | None, people: People) -> list[dict[str, Any]]:
    known = dict(people)
    for role in ("submitter", "requester", "assignee"):
        one = record_of(record.get(role))
        if id_of(one.get("id")):
            known[str(one["id"])] = person_of(one)
    made: list[dict[str, Any]] = []
    for comment in records_of(record.get("comments")):
        author = id_of(comment.get("author_id"))
        person = known.get(author or "", NOBODY)
        public = comment.get("public") is not False
        asks = public and (author == requester or (person is not NOBODY and not person.is_agent))
        made += message(
            plain_text(comment.get("plain_body") or comment.get("body"), comment.get("html_body")),
            "customer" if asks else "agent",
            name=person.name,
            internal=not public,
            at=comment.get("created_at"),
            attachments=comment.get("attachments"),
        )
    if made:
        return made
    first = text_of(record.get("description"))
    return message(first, "customer", at=record.get("created_at"))


ZENDESK = Product(
    is_ticket=is_ticket,
    draft=draft_ticket,
    used=USED,
    is_user=is_user,
    columns=(words("summationcolumn"), words("id requester assignee subject")),
    nothing="-",
    tag_mark=" ",
)
