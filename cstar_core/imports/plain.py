"""Objects in the API's own names, and those of other programs that have names like them."""

from collections.abc import Mapping
from typing import Any

from cstar_core.fields import Definition
from cstar_core.imports.columns import KNOWN, OBJECTS, Filling, Wanted, assign, field_of, folded
from cstar_core.imports.drafts import Draft, Entry, Record
from cstar_core.imports.records import look_up, record_of, text_of
from cstar_core.imports.values import instants, read_field

_MESSAGE = {
    "content": "content",
    "sender": "sender",
    "senderName": "sender_name",
    "isInternal": "is_internal",
    "createdAt": "created_at",
}
_MESSAGE_KNOWN = frozenset({"id", "object", "ticketId", "ticket_id"})
_SHAPES_MAX = 1_000
_GROUPS = {folded(name): name for name in OBJECTS}
_THEIRS = "user_fields"


class Plain:
    """Makes drafts of plain objects; ``mapping`` is told which members became what."""

    def __init__(
        self,
        kind: str,
        wanted: Wanted,
        known: Mapping[str, Definition],
        mapping: dict[str, tuple[str, ...]],
    ) -> None:
        self._kind = kind
        self._wanted = wanted
        self._known = known
        self._mapping = mapping
        self._filling = Filling(kind, known, wanted.constants, look_up)
        self._shapes: dict[tuple[str, ...], dict[str, tuple[str, ...]]] = {}

    def draft(self, entry: Entry) -> Draft:
        """A draft of one object."""
        record = record_of(entry.original)
        sources = self._sources(record)
        made = Draft(unused=self._unused(record, sources))
        for name, value in record.items():
            if name == _THEIRS:
                self._put_theirs(made, record_of(value))
            elif folded(name) in _GROUPS:
                self._put_group(made, _GROUPS[folded(name)], value)
        self._filling.fill(made, record, sources)
        if isinstance(made.values.get("messages"), list):
            made.values["messages"] = _messages(made)
        if self._kind == "customers":
            return _of_user(made, record)
        _of_customer(made, record)
        return made

    def _sources(self, record: Record) -> dict[str, tuple[str, ...]]:
        """The sources for objects that have these members."""
        names = tuple(record)
        if names not in self._shapes:
            if len(self._shapes) >= _SHAPES_MAX:
                self._shapes.clear()
            found = assign(names, self._wanted, self._kind, self._known)
            self._shapes[names] = found
            self._mapping.update(found)
        return self._shapes[names]

    def _unused(self, record: Record, sources: Mapping[str, tuple[str, ...]]) -> list[str]:
        used = {name.partition(".")[0] for names in sources.values() for name in names}
        return [
            name
            for name, value in record.items()
            if name not in used
            and name not in KNOWN
            and folded(name) not in _GROUPS
            and name != _THEIRS
            if value not in (None, "", [], {}) and not (name == "customer" and value)
        ]

    def _put_group(self, made: Draft, group: str, value: object) -> None:
        """Custom fields, each in its type, or metadata, as it is."""
        if value is None:
            return
        if group == "customFields" and isinstance(value, dict):
            value = {key: read_field(one, self._known.get(key)) for key, one in value.items()}
        made.values[OBJECTS[group]] = dict(value) if isinstance(value, dict) else value

    def _put_theirs(self, made: Draft, fields: Record) -> None:
        """Custom fields of another product: those that are here too, the others as metadata."""
        ours = {key: field_of(key, self._kind, self._known) for key in fields}
        for key, value in fields.items():
            name = ours[key]
            if name is not None:
                given = made.values.setdefault("custom_fields", {})
                given[name] = read_field(value, self._known[name])
            elif value not in (None, "", []):
                made.values.setdefault("metadata", {}).setdefault("fields", {})[key] = value


def _messages(made: Draft) -> list[object]:
    messages: list[object] = []
    for message in made.values["messages"]:
        if not isinstance(message, dict):
            messages.append(message)
            continue
        values: dict[str, Any] = {
            _MESSAGE.get(str(name), str(name)): value
            for name, value in message.items()
            if name not in _MESSAGE_KNOWN
        }
        made.problems += instants(values, {"created_at": values.pop("created_at", None)})
        messages.append(values)
    return messages


def _of_customer(made: Draft, record: Record) -> None:
    """A customer that stands in the ticket as an object."""
    customer = record_of(record.get("customer"))
    if made.values.get("customer_name") == customer:
        del made.values["customer_name"]
    for name in ("name", "email"):
        value = text_of(customer.get(name))
        if value:
            made.values.setdefault(f"customer_{name}", value)


def _of_user(made: Draft, record: Record) -> Draft:
    """A user of another product is a customer, unless it is an agent or shut out."""
    if record.get("role") in ("agent", "admin", "owner"):
        made.left_out = "an agent"
    elif record.get("suspended") is True or record.get("deleted") is True:
        made.left_out = "suspended or deleted"
    return made
