"""What the exports of several products have in common: people, messages, customers."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from cstar_core.html_text import html_to_text
from cstar_core.imports.drafts import Draft, Record
from cstar_core.imports.records import records_of, text_of
from cstar_core.imports.values import read_instant


class Person(NamedTuple):
    """A user of another product."""

    name: str | None
    email: str | None
    is_agent: bool


People = Mapping[str, Person]
NOBODY = Person(None, None, False)


def person_of(record: Record) -> Person:
    """A user as products describe one: by a whole name, or by the parts of it."""
    parts = [
        record.get("first") or record.get("firstName"),
        record.get("last") or record.get("lastName"),
    ]
    spelt = " ".join(part for part in parts if isinstance(part, str) and part.strip())
    name = text_of(record.get("name")) or text_of(spelt)
    role = record.get("role") or record.get("type")
    agent = role in ("agent", "admin", "user", "owner") or "ticket_scope" in record
    return Person(name, text_of(record.get("email")), agent)


def plain_text(text: object, html: object) -> str | None:
    """The text of a message: as text, or made of HTML."""
    found = text_of(text)
    if found is not None or not isinstance(html, str):
        return found
    return text_of(html_to_text(html))


def message(
    content: str | None,
    sender: str,
    *,
    name: str | None = None,
    internal: bool = False,
    at: object = None,
    attachments: object = None,
) -> list[dict[str, Any]]:
    """One message of a draft, or none if there is nothing in it.

    The names and addresses of attachments stand at its end: the files themselves are not in an
    export.
    """
    files = [_named(each) for each in records_of(attachments)]
    lines = [*([content] if content else []), *(f"[Attachment: {each}]" for each in files if each)]
    if not lines:
        return []
    made: dict[str, Any] = {"content": "\n".join(lines), "sender": sender}
    if name and name.strip():
        made["sender_name"] = name.strip()[:255]
    if internal and sender != "customer":
        made["is_internal"] = True
    instant = read_instant(at)
    if instant is not None:
        made["created_at"] = instant
    return [made]


def _named(file: Record) -> str:
    name = file.get("file_name") or file.get("name") or file.get("filename")
    url = file.get("content_url") or file.get("attachment_url") or file.get("url")
    return " ".join(part for part in (name, url) if isinstance(part, str))


def set_customer(draft: Draft, id: str | None, person: Person) -> None:
    """Say whose ticket it is."""
    draft.customer = id
    if person.email:
        draft.values["customer_email"] = person.email.strip()
    name = person.name or (None if person.email or id is None else f"Customer {id}")
    if name:
        draft.values["customer_name"] = name.strip()[:255]
