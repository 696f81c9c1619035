"""The command that brings a database to the schema of this version, or tries what that does."""

import click

from cstar_core import Helpdesk, StorageFull, Upgrade
from cstar_web.cli.base import (
    Answer,
    FileName,
    Usage,
    answers,
    columns,
    reads_settings,
    refuse_absent,
)
from cstar_web.cli.command import Command
from cstar_web.cli.waiting import waiting
from cstar_web.settings import Settings

_MEBIBYTE = 1024 * 1024
_ELSEWHERE = "--in names another folder for the copy"


@click.command(
    cls=Command,
    short_help="Bring the database to the schema of this version.",
    examples=(
        "cstar migrate --dry-run  # while the server of the old version runs",
        "cstar migrate --dry-run --in /var/tmp --json",
        "cstar migrate",
    ),
    exits={1: "it failed, or a dry run says that the disk has no room"},
)
@click.option("--dry-run", is_flag=True, help="Try it on a copy, and leave the file as it is.")
@click.option(
    "--in",
    "within",
    type=FileName(),
    metavar="FOLDER",
    help="With --dry-run: where the copy is made, else beside the file.",
)
@reads_settings
@answers
def migrate(settings: Settings, dry_run: bool, within: str | None) -> Answer:
    """Bring the database to the schema of this version, and say what was done.

    The file as it was before is kept beside it. Stop the server first; for a dry run it may run
    and write. Other commands do the same when they open an older file.
    """
    if within is not None and not dry_run:
        raise Usage("--in is for --dry-run")
    refuse_absent(settings.database)
    if dry_run:
        return _try(settings.database, within)
    with waiting("Upgrading"), Helpdesk.open(settings.database) as desk:
        done = desk.upgrade
    text = [_current(settings.database, done)] if _is_current(done) else _lines(desk.path, done)
    return Answer({"database": desk.path, "dryRun": False, **_data(done)}, "\n".join(text))


def _try(database: str, within: str | None) -> Answer:
    try:
        with waiting("Trying the upgrade"):
            found = Helpdesk.try_upgrade(database, within=within)
    except StorageFull as error:
        raise StorageFull(f"{error} {_ELSEWHERE}") from error
    except OSError as error:
        raise OSError(error.errno, f"{error.strerror} ({_ELSEWHERE})", error.filename) from error
    done = found.upgrade
    room = {"neededBytes": found.needed_bytes, "freeBytes": found.free_bytes}
    data = {"database": database, "dryRun": True, **_data(done), **room, "hasRoom": found.has_room}
    if _is_current(done):
        return Answer(data, _current(database, done))
    needed, free = (-(-size // _MEBIBYTE) for size in (found.needed_bytes, found.free_bytes))
    verdict = "there is room" if found.has_room else "MAKE ROOM FIRST"
    lines = [
        f"Would upgrade {database} from schema {done.from_schema} to {done.to_schema}. "
        "It went well on a copy; nothing was changed.",
        f"It needs {needed:,} MiB beside the file, and {free:,} MiB are free: {verdict}.",
        *_times(done),
        *_mended("Would be made anew", done),
    ]
    return Answer(data, "\n".join(lines), found.has_room)


def _is_current(done: Upgrade) -> bool:
    return done.from_schema == done.to_schema


def _current(database: str, done: Upgrade) -> str:
    return f"{database} has schema {done.to_schema} already; there is nothing to do."


def _lines(database: str, done: Upgrade) -> list[str]:
    return [
        f"Upgraded {database} from schema {done.from_schema} to {done.to_schema}.",
        f"As it was before it is kept as {done.kept}.",
        *_times(done),
        *_mended("Made anew", done),
    ]


def _times(done: Upgrade) -> list[str]:
    rows = [
        ("copying", done.copy_seconds),
        ("steps", done.steps_seconds),
        ("verifying", done.verify_seconds),
    ]
    return columns([(f"  {name}", f"{seconds:,.1f} s") for name, seconds in rows]).splitlines()


def _mended(what: str, done: Upgrade) -> list[str]:
    return [f"{what}, since it contradicted itself: {', '.join(done.mended)}."] * bool(done.mended)


def _data(done: Upgrade) -> dict[str, object]:
    return {
        "fromSchema": done.from_schema,
        "toSchema": done.to_schema,
        "kept": done.kept,
        "seconds": {
            "copying": round(done.copy_seconds, 3),
            "steps": round(done.steps_seconds, 3),
            "verifying": round(done.verify_seconds, 3),
        },
        "mended": list(done.mended),
    }
