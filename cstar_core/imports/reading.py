"""From a file to drafts: which format it has, and what each of its entries becomes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain

from cstar_core.checks import invalid, raise_any
from cstar_core.errors import Problem
from cstar_core.fields import Definition
from cstar_core.imports.columns import Filling, Wanted, assign, folded
from cstar_core.imports.documents import Broken, looks_like_json, read_documents
from cstar_core.imports.drafts import NOTES, Draft, Entry, Record
from cstar_core.imports.options import Options
from cstar_core.imports.plain import Plain
from cstar_core.imports.products import PRODUCTS
from cstar_core.imports.products.drafting import OfProduct
from cstar_core.imports.products.people import read_people
from cstar_core.imports.records import record_of
from cstar_core.imports.rows import read_table
from cstar_core.imports.text import HEAD, Opened, opened

# The lists of a page in which something else stands.
_ELSEWHERE = {"tickets": ("users",), "customers": ("tickets", "conversations")}


@dataclass(slots=True)
class Reading:
    """A file that is being read: its format, its entries, and what makes a draft of one.

    ``columns`` and ``delimiter`` are those of a CSV file; ``mapping`` of JSON is filled meanwhile.
    """

    file: Opened
    format: str
    entries: Iterator[Entry]
    draft: Callable[[Entry], Draft]
    mapping: dict[str, tuple[str, ...]]
    columns: tuple[str, ...] | None = None
    delimiter: str = ","


@contextmanager
def reading(path: str, options: Options, known: Mapping[str, Definition]) -> Iterator[Reading]:
    """Open a file and find out its format. Raises Invalid for what cannot be an import."""
    raise_any(options.wanted.check(options.kind, known))
    with opened(path, options.encoding) as file:
        yield _recognised(path, file, options, known)


def _recognised(
    path: str, file: Opened, options: Options, known: Mapping[str, Definition]
) -> Reading:
    try:
        head = file.text.read(HEAD)
    except UnicodeError as error:
        # Only the encodings of two and four bytes a character are that strict.
        raise_any(invalid("file", f"does not fit the encoding {file.encoding}: {error}"))
    is_json = looks_like_json(head) if options.format != "csv" else False
    if options.format == "json" or is_json:
        return _documents(path, head, file, options, known)
    file.text.seek(0)
    return _rows(file, options, known)


def _rows(file: Opened, options: Options, known: Mapping[str, Definition]) -> Reading:
    table = read_table(file.text, options.delimiter)
    noted = [place for place, name in enumerate(table.columns) if name in NOTES]
    columns = tuple(name for name in table.columns if name not in NOTES)
    _check_sources(options.wanted, columns)
    format = options.format or _product_of(columns)
    mapping = assign(columns, options.wanted, options.kind, known)
    used = {name for names in mapping.values() for name in names}
    unused = tuple(name for name in columns if name not in used)
    filling = Filling(options.kind, known, options.wanted.constants, _cell)
    product = PRODUCTS.get(format)
    nothing, tag_mark = (product.nothing, product.tag_mark) if product else ("", ",")

    def draft(entry: Entry) -> Draft:
        cells = ("" if cell == nothing else cell for cell in entry.original)
        record = dict(zip(columns, cells, strict=False))
        made = filling.fill(Draft(unused=unused), record, mapping)
        if isinstance(made.values.get("tags"), str):
            made.values["tags"] = made.values["tags"].replace(tag_mark, ",")
        return made

    entries = _without(table.entries, noted)
    return Reading(file, format, entries, draft, mapping, columns, table.delimiter)


def _cell(record: Record, name: str) -> object:
    return record.get(name)


def _without(entries: Iterator[Entry], noted: Sequence[int]) -> Iterator[Entry]:
    """The entries without what an earlier import noted beside them: they are the same rows."""
    for entry in entries:
        if noted:
            cells = [cell for place, cell in enumerate(entry.original) if place not in noted]
            yield replace(entry, original=cells)
        else:
            yield entry


def _check_sources(wanted: Wanted, columns: Sequence[str]) -> None:
    shown = ", ".join(columns[:20])
    problems: list[Problem] = []
    for target, names in wanted.mapping.items():
        if not set(names) <= set(columns):
            problems += invalid(f"map.{target}", f"must be a column of the file: {shown}")
    raise_any(problems)


def _product_of(columns: Sequence[str]) -> str:
    found = {folded(name) for name in columns}
    for name, product in PRODUCTS.items():
        if any(each <= found for each in product.columns):
            return name
    return "csv"


def _documents(
    path: str, head: str, file: Opened, options: Options, known: Mapping[str, Definition]
) -> Reading:
    found = read_documents(file.text, head)
    try:
        first = next(found, None)
    except (Broken, UnicodeError) as error:
        raise_any(invalid("file", f"cannot be read: {error}"))
    everything = found if first is None else chain([first], found)
    format = options.format or _format_of(first)
    elsewhere = _ELSEWHERE[options.kind]
    entries = (entry for name, entry in everything if name not in elsewhere)
    mapping: dict[str, tuple[str, ...]] = {}
    draft = Plain(options.kind, options.wanted, known, mapping).draft
    if options.kind == "tickets" and format in PRODUCTS:
        in_pages = first is not None and first[0] != ""
        people = read_people(options.users, options.encoding)
        if in_pages:
            # If the file breaks off, so it does again when its tickets are read, and is told then.
            people |= read_people([path], options.encoding, whole=False)
        draft = OfProduct(format, people, options.wanted, known, mapping).draft
    return Reading(file, format, entries, draft, mapping)


def _format_of(first: tuple[str, Entry] | None) -> str:
    if first is None:
        return "json"
    group, record = first[0], record_of(first[1].original)
    for name, product in PRODUCTS.items():
        if product.is_ticket(record) or product.is_user(group, record):
            return name
    return "json"
