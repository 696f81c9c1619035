"""The file of what was refused: each row as it was, with its line and the reasons.

It is a file like the one that it comes from, so it can be corrected and imported again.
"""

import csv
import errno
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from itertools import chain, count
from pathlib import Path
from typing import TextIO

from cstar_core.files import PRIVATE
from cstar_core.imports.drafts import NOTE_LINE, NOTE_PROBLEMS, Entry
from cstar_core.imports.text import is_whole


class Rejected:
    """Writes a private file beside the one that is read, once there is something to write.

    ``columns`` are those of a CSV file; without them it is an object a line. No file is
    overwritten: a name that is taken gets a number, or raises FileExistsError at once if it was
    ``wanted``.
    """

    def __init__(
        self,
        path: str,
        wanted: str | None,
        columns: Sequence[str] | None,
        delimiter: str,
        encoding: str,
    ) -> None:
        if wanted is not None and os.path.lexists(wanted):
            raise _taken(wanted)
        self._suffix = "ndjson" if columns is None else "csv"
        self._beside = path
        self._wanted = wanted
        self._columns = columns
        self._delimiter = delimiter
        self._encoding = encoding
        self._file: TextIO | None = None
        self.path: str | None = None

    def close(self) -> None:
        """Close the file, if there is one."""
        if self._file is not None:
            self._file.close()

    def add(self, entry: Entry, reasons: Sequence[str]) -> None:
        """Write one entry with why it is not in."""
        file = self._file or self._begin()
        if self._columns is None:
            told = {NOTE_LINE: entry.line, NOTE_PROBLEMS: list(reasons)}
            original = entry.original if isinstance(entry.original, dict) else {}
            line = json.dumps({**told, **original}, ensure_ascii=False)
            file.write(line if is_whole(line) else json.dumps({**told, **original}))
            file.write("\n")
        else:
            self._row(file, [str(entry.line), "; ".join(reasons), *map(str, entry.original)])

    def _row(self, file: TextIO, cells: Sequence[str]) -> None:
        csv.writer(file, delimiter=self._delimiter, lineterminator="\n").writerow(cells)

    def _begin(self) -> TextIO:
        self._file = file = self._open()
        if self._columns is not None:
            self._row(file, [NOTE_LINE, NOTE_PROBLEMS, *self._columns])
        return file

    def _open(self) -> TextIO:
        plain = f"{self._beside}.errors"
        names = chain(
            [self._wanted] if self._wanted else [f"{plain}.{self._suffix}"],
            (f"{plain}-{number}.{self._suffix}" for number in count(2)),
        )
        for name in names:
            with suppress(FileExistsError):
                descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
                self.path = str(Path(name))
                return open(
                    descriptor, "w", encoding=self._encoding, errors="surrogateescape", newline=""
                )
            if name == self._wanted:
                raise _taken(name)
        raise AssertionError("there is always a next number")


def _taken(name: str) -> FileExistsError:
    return FileExistsError(errno.EEXIST, "There is a file of this name already", name)
