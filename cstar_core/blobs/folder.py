"""The folder beside a database that holds its files, each under the digest of its bytes.

A file appears whole or not at all, and never changes. Its time is when somebody last stored it, by
the desk's clock. Storing and taking away exclude each other by a lock on a file of the folder, so
what was just stored is not taken away.
"""

import fcntl
import hashlib
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from cstar_core.beside import made, made_folder, opened
from cstar_core.blobs.shelf import Blob, Shelf
from cstar_core.checks import invalid
from cstar_core.errors import Invalid
from cstar_core.files import room_for, sync
from cstar_core.ids import new_token

# What nobody refers to is kept so long: somebody may be about to, or may be copying it.
KEPT_SECONDS = 24 * 60 * 60
_CHUNK = 1024 * 1024
_NEW = "new-"
_LOCK = "lock"


class Folder(Shelf):
    """The files of one database."""

    def __init__(self, database: str) -> None:
        super().__init__(Path(f"{database}-files"))
        self._database = database

    def put(self, source: bytes | BinaryIO, now: int, most: int | None = None) -> Blob:
        """Store bytes, synced; those that are there already are not stored twice.

        Raises Invalid for the parameter ``content`` if they are more than ``most``, StorageFull.
        """
        stream = io.BytesIO(source) if isinstance(source, bytes) else source
        with room_for("the file was not stored"):
            made_folder(self.path, self._database)
            fresh = self.path / f"{_NEW}{new_token()}"
            try:
                blob = self._write(fresh, stream, most)
                os.utime(fresh, (now, now))
                self._place(fresh, blob, now)
            finally:
                fresh.unlink(missing_ok=True)
        return blob

    def older(self, than: int) -> Iterator[bytes]:
        """The digests of the files that were last stored before an instant, in no order."""
        for digest in self.digests():
            with suppress(FileNotFoundError):
                if _time(self.file(digest)) < than:
                    yield digest

    def drop_halves(self, than: int) -> None:
        """Take away what was killed while it was stored, before an instant."""
        with suppress(FileNotFoundError):
            for each in self.path.glob(f"{_NEW}*"):
                with suppress(FileNotFoundError):
                    if _time(each) < than:
                        each.unlink()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep out who stores something, for the time of the block."""
        with self._locked(fcntl.LOCK_EX):
            yield

    def is_newer(self, digest: bytes, than: int) -> bool:
        """Whether a file was stored at an instant or since."""
        try:
            return _time(self.file(digest)) >= than
        except FileNotFoundError:
            return False

    def remove(self, digest: bytes) -> None:
        """Take a file away, if it is there; alone, so that nobody is just storing it."""
        self.file(digest).unlink(missing_ok=True)

    def _write(self, fresh: Path, stream: BinaryIO, most: int | None) -> Blob:
        digest, size = hashlib.sha256(), 0
        with os.fdopen(made(fresh, self._database), "wb") as file:
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                if most is not None and size > most:
                    raise Invalid(invalid("content", f"must be at most {most:,} bytes"))
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        return Blob(digest.digest(), size)

    def _place(self, fresh: Path, blob: Blob, now: int) -> None:
        target = self.file(blob.digest)
        with self._locked(fcntl.LOCK_SH):
            self._make_place(target.parent)
            # One that is damaged is as good as none: here are the bytes again.
            if self.is_sound(blob):
                os.utime(target, (now, now))
            else:
                fresh.replace(target)
            # Also if somebody else has just placed it, and has not come so far yet.
            sync(target.parent)
            sync(self.path)

    def _make_place(self, place: Path) -> None:
        for each in (self.path, place):
            made_folder(each, self._database)

    def _make(self, file: Path) -> int:
        return made(file, self._database)

    @contextmanager
    def _locked(self, how: int) -> Iterator[None]:
        descriptor = opened(self.path / _LOCK, self._database)
        try:
            fcntl.flock(descriptor, how)
            yield
        finally:
            os.close(descriptor)


def _time(file: Path) -> float:
    return os.lstat(file).st_mtime
