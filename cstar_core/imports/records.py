"""Looking into JSON that may have anything in it: the text, id or object that is there, or none."""

from collections.abc import Iterable, Mapping

from cstar_core.imports.drafts import Record

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
