"""A database that is or was replaced, and what can be wrong with it."""

from pathlib import Path

from cstar_core import Helpdesk

ROOT = Path(__file__).parents[2]


def titles(path: Path) -> list[str]:
    with Helpdesk.open(path) as desk:
        assert desk.check(deep=True).ok
        return [ticket.title for ticket in desk.workspace("acme").tickets.list().items]


def beside(path: Path) -> dict[str, bytes]:
    """The database and all files that are named after it."""
    return {each.name: each.read_bytes() for each in path.parent.glob(f"{path.name}*")}


def kept(path: Path) -> list[Path]:
    found = sorted(path.parent.glob(f"{path.name}.replaced-*"))
    return [each for each in found if not each.name.endswith(("-wal", "-shm", "-journal"))]


def garbage(path: Path) -> None:
    path.write_bytes(b"garbage " * 5000)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def missing_but_for_its_log(path: Path) -> None:
    path.unlink()
    Path(f"{path}-wal").write_text("all that is left")
