"""Make an export: a folder with a file for each kind, and a manifest, as of one moment."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from cstar_core.checks import check_choice, raise_any
from cstar_core.exports.files import attached, write_attached
from cstar_core.exports.manifest import FILE_FORMATS, MANIFEST_NAME, Export, ExportedFile, to_json
from cstar_core.exports.reading import Places, Record, read_all, read_places
from cstar_core.exports.spreadsheets import columns_of, read_field_keys, table
from cstar_core.files import PRIVATE, appearing, write_new
from cstar_core.metadata import to_json as compact
from cstar_core.store import Snapshot, Store
from cstar_core.versions import release

_TOGETHER = 256 * 1024
Files = Iterator[tuple[str, Iterator[Record]]]


def make_export(store: Store, destination: str, team: str | None, file_format: str) -> Export:
    """Write the whole desk, or one team (id or slug), into a new folder.

    Others read and write meanwhile; all of it is of one moment, and memory does not grow with it.
    The folder gets its name once it is whole and on the disk. Raises NotFound for the team,
    Invalid for the format, Conflict if there is something of that name, StorageFull, and OSError
    if no folder can be made there.
    """
    raise_any(check_choice("file_format", file_format, FILE_FORMATS))
    with store.snapshot() as snap, appearing(destination, "an export") as folder:
        places = read_places(snap, team)
        files = write_files(snap, places, folder, file_format, read_all(snap, places))
        lost = write_attached(store.path, folder, attached(snap, places))
        scope = "desk" if team is None else "team"
        return finish(folder, Export(scope, places.of, file_format, files, release(), lost))


def finish(folder: Path, export: Export) -> Export:
    """Write the manifest, last."""
    write_new(folder / MANIFEST_NAME, to_json(export))
    return export


def write_files(
    snap: Snapshot, places: Places, folder: Path, file_format: str, files: Files
) -> tuple[ExportedFile, ...]:
    """Write the files of an export, one after another."""
    if file_format == "ndjson":
        return tuple(
            write(folder / f"{name}.ndjson", (f"{compact(each)}\n" for each in records))
            for name, records in files
        )
    keys = read_field_keys(snap, places.workspaces)
    written = []
    for name, records in files:
        columns = columns_of(name, keys)
        written.append(write(folder / f"{name}.csv", table(columns, records), headers=1))
    return tuple(written)


def write(path: Path, lines: Iterable[str], *, headers: int = 0) -> ExportedFile:
    """Write the lines to a new private file, synced; ``headers`` of them are no rows."""
    digest, rows, size = hashlib.sha256(), -headers, 0
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    with os.fdopen(descriptor, "wb") as file:
        for some, text in _together(lines):
            data = text.encode()
            digest.update(data)
            file.write(data)
            rows, size = rows + some, size + len(data)
        file.flush()
        os.fsync(file.fileno())
    return ExportedFile(path.name, rows, size, digest.hexdigest())


def _together(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Lines in pieces of some size, with how many each has."""
    waiting: list[str] = []
    length = 0
    for line in lines:
        waiting.append(line)
        length += len(line)
        if length >= _TOGETHER:
            yield len(waiting), "".join(waiting)
            waiting, length = [], 0
    yield len(waiting), "".join(waiting)
