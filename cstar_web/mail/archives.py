"""Archives of mail, one mail after another: mbox files and maildir folders."""

from collections.abc import Iterator
from pathlib import Path

from cstar_core import LETTER_BYTES_MAX

_LINE_MAX = 1_000_000
_FROM = b"From "
_PARTS = ("cur", "new")


class NoArchive(Exception):
    """What was named is no archive of this kind; the message says what to name."""


def mbox_mails(path: str) -> Iterator[bytes]:
    """The mails of an mbox file, none held for longer than it takes.

    Of one that has more bytes than a mail may have, only one more than these. Raises NoArchive and
    OSError.
    """
    lines: list[bytes] = []
    size, is_first, is_after_blank = 0, True, True
    with Path(path).open("rb") as file:
        while line := file.readline(_LINE_MAX):
            if line.startswith(_FROM) and is_after_blank:
                if not is_first:
                    yield _whole(lines)
                lines, size, is_first = [], 0, False
            elif is_first:
                raise NoArchive(f"{path} is no mbox file: it does not begin with 'From '")
            elif size <= LETTER_BYTES_MAX:
                plain = (
                    line[1:] if line.lstrip(b">").startswith(_FROM) and line[:1] == b">" else line
                )
                lines.append(plain)
                size += len(plain)
            is_after_blank = line in (b"\n", b"\r\n")
    if not is_first:
        yield _whole(lines)


def _whole(lines: list[bytes]) -> bytes:
    """A mail without the blank line that parts it from the next one."""
    if lines and lines[-1] in (b"\n", b"\r\n"):
        lines = lines[:-1]
    return b"".join(lines)[: LETTER_BYTES_MAX + 1]


def maildir_mails(path: str) -> Iterator[bytes]:
    """The mails of a maildir folder, by the names of their files, which begin with when they came.

    Raises NoArchive and OSError.
    """
    parts = [Path(path, each) for each in _PARTS]
    if not any(each.is_dir() for each in parts):
        raise NoArchive(f"{path} is no maildir folder: it has neither cur nor new")
    files = [file for part in parts if part.is_dir() for file in part.iterdir() if file.is_file()]
    for file in sorted(files, key=lambda each: each.name):
        with file.open("rb") as opened:
            yield opened.read(LETTER_BYTES_MAX + 1)
