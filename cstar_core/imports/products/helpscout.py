"""Help Scout: conversations of its API, with their threads."""

from typing import Any

from cstar_core.imports.drafts import Draft, Record, words
from cstar_core.imports.products.common import People, message, person_of, plain_text, set_customer
from cstar_core.imports.products.product import Product
from cstar_core.imports.records import id_of, record_of, records_of, text_of
from cstar_core.imports.values import in_order, instants

STATUSES = {"active": "open", "open": "open", "pending": "pending", "closed": "closed"}
USED = words(
    "id number subject preview status state tags primaryCustomer customer assignee owner "
    "createdBy createdAt userUpdatedAt modifiedAt updatedAt closedAt threads _embedded _links "
    "threadCount customFields"
)


def is_ticket(record: Record) -> bool:
    """Whether an object looks like a conversation of Help Scout."""
    return isinstance(record.get("primaryCustomer"), dict) or (
        bool({"mailboxId", "mailbox"} & record.keys())
        and bool({"threads", "threadCount", "_embedded"} & record.keys())
    )


def draft_ticket(record: Record, people: People) -> Draft:
    """A draft of a ticket; spam, drafts and what is deleted are left out."""
    draft = Draft(id=id_of(record.get("id")) or id_of(record.get("number")))
    state, status = record.get("state"), record.get("status")
    if status == "spam" or state in ("draft", "deleted"):
        draft.left_out = "spam" if status == "spam" else str(state)
        return draft
    customer = record_of(record.get("primaryCustomer")) or record_of(record.get("customer"))
    set_customer(draft, id_of(customer.get("id")), person_of(customer))
    assignee = person_of(record_of(record.get("assignee")) or record_of(record.get("owner")))
    draft.agent = assignee.email or assignee.name
    values = draft.values
    values["title"] = text_of(record.get("subject")) or text_of(record.get("preview"))
    values["status"] = STATUSES.get(str(status), status)
    if isinstance(record.get("tags"), list):
        values["tags"] = [_tag(tag) for tag in record["tags"]]
    values["messages"] = _messages(record)
    changed = record.get("userUpdatedAt") or record.get("modifiedAt") or record.get("updatedAt")
    draft.problems += instants(
        values,
        {
            "created_at": record.get("createdAt"),
            "updated_at": changed,
            "closed_at": record.get("closedAt"),
        },
    )
    in_order(values)
    return draft


def _tag(tag: object) -> object:
    return (tag.get("tag") or tag.get("name")) if isinstance(tag, dict) else tag


def _messages(record: Record) -> list[dict[str, Any]]:
    embedded = record_of(record.get("_embedded")).get("threads")
    threads = records_of(embedded or record.get("threads"))
    made: list[dict[str, Any]] = []
    for thread in threads:
        kind, state = thread.get("type"), thread.get("state") or "published"
        if kind == "lineitem" or state != "published":
            continue
        author = person_of(record_of(thread.get("createdBy")) or record_of(thread.get("customer")))
        by = record_of(thread.get("createdBy")).get("type")
        asks = kind == "customer" or (kind in ("chat", "beaconchat", "phone") and by == "customer")
        made += message(
            plain_text(thread.get("text"), thread.get("body")),
            "customer" if asks else "agent",
            name=author.name,
            internal=kind == "note",
            at=thread.get("createdAt"),
            attachments=thread.get("attachments")
            or record_of(thread.get("_embedded")).get("attachments"),
        )
    if made:
        return made
    return message(text_of(record.get("preview")), "customer", at=record.get("createdAt"))


HELPSCOUT = Product(
    is_ticket=is_ticket,
    draft=draft_ticket,
    used=USED,
    columns=(words("conversationid mailbox"), words("conversationnumber")),
)
