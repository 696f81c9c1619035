"""What can be asked of an import."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike, fspath
from typing import Self, TypedDict, Unpack

from cstar_core.checks import check_choice, check_integer, check_text, invalid, raise_any
from cstar_core.errors import Problem
from cstar_core.external_ids import check_source
from cstar_core.importing import BATCH_SIZE_DEFAULT, BATCH_SIZE_MAX
from cstar_core.imports.columns import Wanted
from cstar_core.imports.products import PRODUCTS
from cstar_core.imports.report import ImportProgress

IMPORT_FORMATS = ("csv", "json", *PRODUCTS)
IMPORT_KINDS = ("tickets", "customers")


class ImportOptions(TypedDict, total=False):
    """The options of ``import_file``; an absent one is found out or has its default."""

    format: str | None
    kind: str
    mapping: Mapping[str, str | Sequence[str]]
    constants: Mapping[str, str]
    id_column: str | None
    source: str | None
    users: Sequence[str | PathLike[str]]
    delimiter: str | None
    encoding: str | None
    errors: str | PathLike[str] | None
    dry_run: bool
    notify: bool
    batch_size: int
    progress: Callable[[ImportProgress], object] | None


@dataclass(frozen=True, slots=True)
class Options:
    """The options of an import, checked and complete."""

    format: str | None = None
    kind: str = "tickets"
    wanted: Wanted = field(default_factory=lambda: Wanted({}, {}))
    source: str | None = None
    users: tuple[str, ...] = ()
    delimiter: str | None = None
    encoding: str | None = None
    errors: str | None = None
    dry_run: bool = False
    notify: bool = False
    batch_size: int = BATCH_SIZE_DEFAULT
    progress: Callable[[ImportProgress], object] | None = None

    @classmethod
    def of(cls, **given: Unpack[ImportOptions]) -> Self:
        """Check what was given. Raises Invalid."""
        raise_any(_check(given))
        mapping = {
            target: (sources,) if isinstance(sources, str) else tuple(sources)
            for target, sources in given.get("mapping", {}).items()
        }
        id_column = given.get("id_column")
        if id_column is not None:
            mapping["id"] = (id_column,)
        errors = given.get("errors")
        return cls(
            given.get("format"),
            given.get("kind", "tickets"),
            Wanted(mapping, given.get("constants", {})),
            given.get("source"),
            tuple(fspath(each) for each in given.get("users", ())),
            given.get("delimiter"),
            given.get("encoding"),
            None if errors is None else fspath(errors),
            given.get("dry_run", False),
            given.get("notify", False),
            given.get("batch_size", BATCH_SIZE_DEFAULT),
            given.get("progress"),
        )


def _check(given: ImportOptions) -> list[Problem]:
    problems: list[Problem] = []
    if given.get("format") is not None:
        problems += check_choice("format", given["format"], IMPORT_FORMATS)
    problems += check_choice("kind", given.get("kind", "tickets"), IMPORT_KINDS)
    if given.get("source") is not None:
        problems += check_source("source", given["source"])
    delimiter = given.get("delimiter")
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n\0'):
        problems += invalid("delimiter", "must be one character, and no quote")
    if given.get("id_column") is not None:
        problems += check_text("id_column", given["id_column"], 255, blank=False)
    batch_size = given.get("batch_size", BATCH_SIZE_DEFAULT)
    return problems + check_integer("batch_size", batch_size, 1, BATCH_SIZE_MAX)
