"""How a crash is simulated: what is certain to be on the disk, and what is not."""

import random
from collections.abc import Iterable
from pathlib import Path

import pytest

from scripts.trials import trace
from scripts.trials.replay import Disk
from scripts.trials.trace import Step

CRASHES = 60


def write(text: bytes, at: int = 0, name: str = "desk.db") -> Step:
    return Step("write", name, at, text)


def sync(since: int, name: str = "desk.db", kind: str = "sync") -> Step:
    return Step(kind, name, since=since)


def crashes(steps: Iterable[Step], seed: int = 1) -> list[dict[str, bytes]]:
    """The files after many crashes at the end of the steps."""
    disk = Disk({"desk.db": b"0000"}, random.Random(seed))
    for step in steps:
        disk.do(step)
    return [disk.crash() for _ in range(CRASHES)]


def contents(steps: Iterable[Step], seed: int = 1) -> set[bytes]:
    return {files["desk.db"] for files in crashes(steps, seed)}


def test_what_was_synced_survives_every_crash() -> None:
    assert contents([write(b"1111"), sync(since=1)]) == {b"1111"}


def test_what_was_not_synced_survives_some() -> None:
    assert contents([write(b"1111")]) == {b"0000", b"1111"}


def test_a_sync_covers_only_what_was_written_before_it_began() -> None:
    assert contents([write(b"1111"), write(b"2222"), sync(since=1)]) == {b"1111", b"2222"}


def test_a_sync_of_another_file_covers_nothing() -> None:
    steps = [write(b"1111"), write(b"x", name="desk.db-wal"), sync(2, "desk.db-wal")]
    assert contents(steps) == {b"0000", b"1111"}


def test_writes_may_arrive_in_another_order() -> None:
    assert b"1111" in contents([write(b"1111"), write(b"2222")])


def test_a_write_may_be_torn_between_sectors() -> None:
    halves = {(found[0], found[512]) for found in contents([write(b"1" * 1024)]) if len(found) > 4}
    assert {(ord("1"), 0), (ord("0"), ord("1"))} & halves


def test_what_a_sync_failed_to_store_is_not_stored_by_the_next() -> None:
    steps = [write(b"1111"), sync(1, kind="fail"), sync(2)]
    assert {b"0000"} in [contents(steps, seed) for seed in range(20)]


def test_what_is_written_again_after_a_failed_sync_is_stored() -> None:
    steps = [write(b"1111"), sync(1, kind="fail"), write(b"1111"), sync(3)]
    assert all(contents(steps, seed) == {b"1111"} for seed in range(20))


def test_a_new_file_may_be_missing_until_its_folder_is_synced() -> None:
    steps = [write(b"x", name="desk.db-wal"), sync(1, "desk.db-wal")]
    assert {"desk.db-wal" in files for files in crashes(steps)} == {True, False}
    steps.append(sync(2, ""))
    assert {"desk.db-wal" in files for files in crashes(steps)} == {True}


def test_a_removed_file_may_come_back_until_its_folder_is_synced() -> None:
    steps = [Step("unlink", "desk.db")]
    assert {"desk.db" in files for files in crashes(steps)} == {True, False}
    steps.append(sync(1, ""))
    assert {"desk.db" in files for files in crashes(steps)} == {False}


def escaped(text: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in text.encode())


PATH = escaped("/d/desk.db")
TEXT = escaped("11")
ANSWER = escaped("HTTP/1.1 201 CREATED\r\nX-Request-Id: m1\r\n\r\n")
LINES: list[tuple[str, list[Step]]] = [
    (f'7 pwrite64(3<{PATH}>, "{TEXT}", 2, 4096) = 2', [write(b"11", 4096)]),
    (f'7 pwrite64(3<{PATH}>, "{TEXT}", 2, 4096) = 1', [write(b"1", 4096)]),
    (f'7 pwrite64(3<{PATH}>, "{TEXT}", 2, 0) = -1 EIO (Input/output error) (INJECTED)', []),
    (f"7 ftruncate(3<{PATH}>, 8192) = 0", [Step("truncate", "desk.db", 8192)]),
    (f"7 fdatasync(3<{PATH}>) = 0", [sync(0)]),
    (f"7 fdatasync(3<{PATH}>) = -1 EIO (Input/output error)", [sync(0, kind="fail")]),
    (f"7 fsync(3<{escaped('/d')}>) = 0", [sync(0, "")]),
    (f'7 unlink("{PATH}") = 0', [Step("unlink", "desk.db")]),
    (f"7 fdatasync(3<{escaped('/e/desk.db')}>) = 0", []),
    (f"7 fdatasync(3<{escaped('/d/desk.db-shm')}>) = 0", []),
    (f'7 sendto(9<socket:[1]>, "{ANSWER}", 9, 0, NULL, 0) = 9', [Step("answer", "m1")]),
    (f'7 sendto(9<socket:[1]>, "{escaped("HTTP/1.1 503 X")}", 9, 0, NULL, 0) = 9', []),
    (
        f"7 fdatasync(3<{PATH}> <unfinished ...>\n"
        f"8 ftruncate(3<{PATH}>, 0) = 0\n"
        "7 <... fdatasync resumed>) = 0",
        [Step("truncate", "desk.db"), sync(0)],
    ),
]


@pytest.mark.parametrize(("lines", "steps"), LINES)
def test_a_trace_is_read(lines: str, steps: list[Step], tmp_path: Path) -> None:
    file = tmp_path / "trace"
    file.write_text(lines + "\n", encoding="ascii")
    assert trace.steps(file, Path("/d")) == steps
