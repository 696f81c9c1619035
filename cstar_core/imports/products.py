"""What the exports of several products have in common: people, messages, references."""

from collections.abc import Iterable, Mapping
from typing import Any

from cstar_core.imports.drafts import Draft, Person, Record
from cstar_core.imports.html import html_to_text
from cstar_core.imports.values import read_instant

People = Mapping[str, Person]
NOBODY = Person(None, None, False)
_NAMES_OF_LISTS = ("name", "key", "id", "fieldId")


def text_of(value: object) -> str | None:
    """Text that is not blank, or None.

    >>> text_of("  "), text_of(7), text_of("x")
    (None, None, 'x')
    """
    return value if isinstance(value, str) and value.strip() else None


def id_of(value: object) -> str | None:
    """An id as text; products write whole numbers or text.

    >>> id_of(35436), id_of("35436"), id_of(None), id_of(True)
    ('35436', '35436', None, None)
    """
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    return text_of(str(value))


def record_of(value: object) -> Record:
    """An object, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def records_of(value: object) -> list[Record]:
    """The objects of a list, or none."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


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


def look_up(record: Record, path: str) -> object:
    """What stands at a path such as ``custom_fields.region``; a list is looked through for the
    object that has this name or id, and gives its value.

    >>> look_up({"fields": [{"id": 7, "value": "EU"}]}, "fields.7")
    'EU'
    """
    if path in record:
        return record[path]
    here: object = record
    for part in path.split("."):
        if isinstance(here, list):
            here = _of_list(here, part)
        elif isinstance(here, Mapping):
            here = here.get(part)
        else:
            return None
    return here


def _of_list(list: Iterable[object], part: str) -> object:
    for one in list:
        if isinstance(one, dict) and part in (str(one.get(name)) for name in _NAMES_OF_LISTS):
            return one.get("text", one.get("value")) if one.get("text") else one.get("value")
    return None
