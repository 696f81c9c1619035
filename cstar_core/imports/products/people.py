"""People of an export, who stand beside its tickets or in files of their own."""

from collections.abc import Iterator, Sequence
from typing import TextIO

from cstar_core.checks import invalid, raise_any
from cstar_core.imports.documents import Broken, read_documents
from cstar_core.imports.drafts import Record
from cstar_core.imports.products.common import Person, person_of
from cstar_core.imports.records import id_of, record_of
from cstar_core.imports.text import HEAD, opened


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
