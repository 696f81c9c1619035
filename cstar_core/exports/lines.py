"""Read an export where it lies: is it whole, and what do its lines say?"""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

from cstar_core.errors import Problem, Refused
from cstar_core.exports.kinds import KINDS
from cstar_core.exports.log import EVENTS_NAME
from cstar_core.exports.manifest import (
    MANIFEST_MAX,
    MANIFEST_NAME,
    Export,
    ExportedFile,
    from_json,
)
from cstar_core.files import is_plain, sha256

LINE_MAX = 64 * 1024 * 1024
FILES = tuple(f"{name}.ndjson" for name in (*(kind.name for kind in KINDS), EVENTS_NAME))


def read_manifest(source: Path) -> Export:
    """What the manifest of an export says. Raises Refused."""
    path = source / MANIFEST_NAME
    if not is_plain(path):
        raise Refused(f"{source} is not an export: it has no {MANIFEST_NAME}")
    with path.open("rb") as file:
        return from_json(str(source), file.read(MANIFEST_MAX))


def verify(source: Path) -> Export:
    """See that an export can be imported, and that its files are those it was made with.

    Raises Refused. What the lines say is not looked at yet.
    """
    export = read_manifest(source)
    if export.scope == "customer":
        raise Refused(f"{source} holds what one customer is given, not what a desk needs")
    if export.file_format != "ndjson":
        raise Refused(f"{source} is made for spreadsheets; what an import reads is NDJSON")
    if tuple(each.name for each in export.files) != FILES:
        raise Refused(f"{source} is not a whole export: it must have {', '.join(FILES)}")
    for each in export.files:
        path = source / each.name
        if not is_plain(path):
            raise Refused(f"{source} is not a whole export: it has no {each.name}")
        if path.stat().st_size != each.size or sha256(path) != each.sha256:
            raise damaged(source, f"{each.name} is not what {MANIFEST_NAME} says")
    return export


def damaged(source: Path, what: str) -> Refused:
    """The error for an export that cannot be believed."""
    return Refused(f"{source} is damaged, nothing was imported: {what}")


class Lines:
    """The lines of one file; ``number`` is that of the last one read, from 1."""

    def __init__(self, source: Path, facts: ExportedFile, members: Collection[str]) -> None:
        self._source = source
        self._facts = facts
        self._members = frozenset(members)
        self.number = 0

    def __iter__(self) -> Iterator[dict[str, Any]]:
        digest = hashlib.sha256()
        with (self._source / self._facts.name).open("rb") as file:
            while line := file.readline(LINE_MAX):
                self.number += 1
                digest.update(line)
                yield self._read(line)
        if (self.number, digest.hexdigest()) != (self._facts.rows, self._facts.sha256):
            raise damaged(self._source, f"{self._facts.name} is not what {MANIFEST_NAME} says")

    def refuse(self, problems: Collection[Problem]) -> None:
        """Raise Refused with the place of what is wrong, if anything is."""
        for problem in problems:
            self.fail(problem.message)

    def fail(self, what: str) -> NoReturn:
        """Raise Refused for the line that was read last."""
        raise damaged(self._source, f"{self._facts.name} line {self.number}: {what}")

    def _read(self, line: bytes) -> dict[str, Any]:
        if not line.endswith(b"\n"):
            self.fail("is cut off" if len(line) < LINE_MAX else f"is longer than {LINE_MAX} bytes")
        try:
            record = json.loads(line.decode(), parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            self.fail("is not JSON in UTF-8")
        if not isinstance(record, Mapping) or record.keys() != self._members:
            self.fail(f"must be an object with {', '.join(sorted(self._members))}")
        return dict(record)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)
