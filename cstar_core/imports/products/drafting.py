"""Tickets of a product as drafts: what its module makes of them, and custom fields in one way."""

from collections.abc import Iterator, Mapping
from typing import Any

from cstar_core.fields import Definition
from cstar_core.imports.columns import Filling, Wanted, field_of
from cstar_core.imports.drafts import NOTES, Draft, Entry, Record
from cstar_core.imports.products import PRODUCTS
from cstar_core.imports.products.common import People
from cstar_core.imports.records import look_up, record_of, records_of
from cstar_core.imports.values import read_field

_FIELD_NAMES = ("custom_fields", "custom_field", "customFields", "fields")


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
        record = self._product.unwrap(record_of(entry.original))
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
