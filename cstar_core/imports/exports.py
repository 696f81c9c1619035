"""Tickets of the products that are known: each by its own module, custom fields in one way."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

from cstar_core.checks import invalid, raise_any
from cstar_core.fields import Definition
from cstar_core.imports import freshdesk, helpscout, zendesk
from cstar_core.imports.columns import Filling, Wanted, field_of
from cstar_core.imports.documents import Broken, read_documents
from cstar_core.imports.drafts import NOTES, Draft, Entry, Person, Record
from cstar_core.imports.products import (
    People,
    id_of,
    look_up,
    person_of,
    record_of,
    records_of,
)
from cstar_core.imports.text import HEAD, opened
from cstar_core.imports.values import read_field

_FIELD_NAMES = ("custom_fields", "custom_field", "customFields", "fields")


@dataclass(frozen=True, slots=True)
class Product:
    """How the tickets of a product are recognised and read; ``used`` are the members it takes."""

    is_ticket: Callable[[Record], bool]
    draft: Callable[[Record, People], Draft]
    used: frozenset[str]


PRODUCTS = {
    "freshdesk": Product(freshdesk.is_ticket, freshdesk.draft_ticket, freshdesk.USED),
    "zendesk": Product(zendesk.is_ticket, zendesk.draft_ticket, zendesk.USED),
    "helpscout": Product(helpscout.is_ticket, helpscout.draft_ticket, helpscout.USED),
}


class OfProduct:
    """Makes drafts of a product's tickets; ``mapping`` is told which custom fields were found."""

    def __init__(
        self,
        format: str,
        people: People,
        wanted: Wanted,
        known: Mapping[str, Definition],
        mapping: dict[str, tuple[str, ...]],
    ) -> None:
        self._format = format
        self._product = PRODUCTS[format]
        self._people = people
        self._asked = {target: tuple(names) for target, names in wanted.mapping.items()}
        self._taken = {name for names in self._asked.values() for name in names}
        self._known = known
        self._filling = Filling("tickets", known, wanted.constants, look_up)
        self._mapping = mapping
        mapping.update(self._asked)

    def draft(self, entry: Entry) -> Draft:
        """A draft of one ticket: what the product says, then what was asked for."""
        record = freshdesk.unwrapped(record_of(entry.original))
        made = self._product.draft(record, self._people)
        if made.left_out:
            return made
        rest = self._fields(made, record)
        about: dict[str, Any] = {"id": made.id} if made.id else {}
        if rest:
            about["fields"] = rest
        if about:
            made.values["metadata"] = {self._format: about}
        unused = [
            name
            for name, value in record.items()
            if name not in self._product.used and name not in NOTES and name not in self._taken
            if value not in (None, "", [], {})
        ]
        made.unused = [*unused, *(f"custom_fields.{name}" for name in rest)]
        return self._filling.fill(made, record, self._asked)

    def _fields(self, made: Draft, record: Record) -> dict[str, object]:
        """Put custom fields of ours that are named alike into the draft; what is left of theirs."""
        rest: dict[str, object] = {}
        for group, name, value in _custom_fields(record):
            if f"{group}.{name}" in self._taken:
                continue
            key = field_of(name, "tickets", self._known) or field_of(
                name.removeprefix("cf_"), "tickets", self._known
            )
            target = f"customFields.{key}"
            if key is None or target in self._asked:
                rest[name] = value
            else:
                fields = made.values.setdefault("custom_fields", {})
                fields[key] = read_field(value, self._known[key])
                self._mapping.setdefault(target, (f"{group}.{name}",))
        return rest


def _custom_fields(record: Record) -> Iterator[tuple[str, str, object]]:
    for group in _FIELD_NAMES:
        given = record.get(group)
        if isinstance(given, dict):
            pairs = list(given.items())
        else:
            pairs = [
                (str(one.get("name") or one.get("id")), one.get("text") or one.get("value"))
                for one in records_of(given)
            ]
        yield from ((group, name, value) for name, value in pairs if value not in (None, "", []))
        if pairs:
            return


def read_people(
    paths: Sequence[str], encoding: str | None, *, whole: bool = True
) -> dict[str, Person]:
    """The users, contacts and agents of files, by their ids.

    Raises OSError, and Invalid for a file that cannot be read to its end, if it must be ``whole``.
    """
    people: dict[str, Person] = {}
    for path in paths:
        try:
            with opened(path, encoding) as file:
                people.update(_people_of(file.text))
        except (Broken, UnicodeError) as error:
            if whole:
                raise_any(invalid("users", f"must be JSON; {path} cannot be read: {error}"))
    return people


def _people_of(text: TextIO) -> Iterator[tuple[str, Person]]:
    for name, entry in read_documents(text, text.read(HEAD)):
        record = record_of(entry.original)
        id = id_of(record.get("id"))
        if id and (name == "users" or not (record.keys() & {"subject", "requester_id"})):
            yield id, _person(record)


def _person(record: Record) -> Person:
    """A user; Freshdesk keeps an agent's name and address in an object of their own."""
    contact = record_of(record.get("contact"))
    return person_of({**record, **contact}) if contact else person_of(record)
