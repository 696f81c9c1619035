"""The commands that keep the data: check, reindex, backup, restore."""

from collections.abc import Iterator
from dataclasses import asdict

import click

from cstar_core import Backup, Finding, Helpdesk, Restored
from cstar_web.cli.base import (
    Answer,
    FileName,
    Usage,
    answers,
    columns,
    make_place,
    reads_settings,
    stamp,
    with_desk,
)
from cstar_web.cli.command import Command
from cstar_web.cli.waiting import waiting
from cstar_web.names import camel_case
from cstar_web.settings import Settings


@click.command(
    cls=Command,
    short_help="Check the database file.",
    examples=("cstar check", "cstar check --deep --json"),
    exits={1: "something is wrong: each such line says what to do"},
)
@click.option("--deep", is_flag=True, help="Also index all text anew, aside, and compare it.")
@with_desk
def check(desk: Helpdesk, deep: bool) -> Answer:
    """Check the database file: integrity, references, counters, search index, what is around it.

    Each finding that is not fine says what to do about it.
    """
    with waiting("Checking"):
        report = desk.check(deep=deep)
    findings = [asdict(each) for each in report.findings]
    rows = [row for each in report.findings for row in _rows(each)]
    return Answer({"ok": report.ok, "findings": findings}, columns(rows), report.ok)


def _rows(finding: Finding) -> Iterator[tuple[str, str, str]]:
    yield _verdict(finding), finding.name, finding.detail
    if finding.remedy:
        yield "", "", f"What to do: {finding.remedy}"


def _verdict(finding: Finding) -> str:
    if not finding.ok:
        return "WRONG"
    return "warning" if finding.warning else "ok"


@click.command(
    cls=Command,
    short_help="Make the search index and the counters anew.",
    examples=("cstar reindex",),
)
@with_desk
def reindex(desk: Helpdesk) -> Answer:
    """Make the search index and the counters anew from tickets, messages and customers.

    Writers wait while an index is made: some seconds for a hundred thousand tickets.
    """
    with waiting("Indexing"):
        made = desk.reindex()
    text = f"Indexed {made.documents:,} documents in {made.workspaces} workspaces."
    return Answer(asdict(made), text)


@click.command(
    cls=Command,
    short_help="Make a verified copy of the database.",
    examples=(
        "cstar backup /srv/backups/monday",
        "cstar backup /srv/backups/$(date +%F) --json",
    ),
    exits={1: "it failed, or what was copied contradicts itself; run cstar check"},
)
@click.argument("destination", type=FileName(), metavar="DEST")
@with_desk
def backup(desk: Helpdesk, destination: str) -> Answer:
    """Make the folder DEST with a verified copy of the database and a manifest.

    The server may run. DEST must not exist yet.
    """
    with waiting("Backing up"):
        made = desk.backup(destination)
    lines = [f"Backed up to {destination}: {_summary(made)}.", *_warnings(made)]
    return Answer({"backup": destination, **_data(made)}, "\n".join(lines), not made.findings)


@click.command(
    cls=Command,
    short_help="Put a backup in the place of the database.",
    examples=(
        "cstar restore /srv/backups/monday --check  # is it whole?",
        "cstar restore /srv/backups/monday --replace",
    ),
    exits={1: "the database is in use, or what was restored contradicts itself"},
)
@click.argument("source", type=FileName(), metavar="SRC")
@click.option("--replace", is_flag=True, help="Replace a database that is there, and keep it.")
@click.option("--check", "only_check", is_flag=True, help="Verify the backup and change nothing.")
@reads_settings
@answers
def restore(settings: Settings, source: str, replace: bool, only_check: bool) -> Answer:
    """Verify the backup SRC and make it the database.

    SRC may also be a database file, such as the copy that an upgrade keeps. Stop the server
    first. A database that is replaced is kept beside it.
    """
    if only_check:
        if replace:
            raise Usage("--check changes nothing; leave out --replace")
        with waiting("Verifying"):
            found = Helpdesk.check_backup(source)
        return _answer({"backup": source}, [f"{source} is whole: {_summary(found)}."], found)
    make_place(settings)
    with waiting("Restoring"):
        done = Helpdesk.restore(source, settings.database, replace=replace)
    data: dict[str, object] = {
        "database": done.database,
        "kept": done.kept,
        "missing": list(done.lost),
    }
    return _answer(data, _lines(done), done.backup)


def _answer(data: dict[str, object], lines: list[str], found: Backup) -> Answer:
    text = "\n".join([*lines, *_warnings(found)])
    return Answer({**data, **_data(found)}, text, not found.findings)


def _lines(done: Restored) -> list[str]:
    lines = [f"Restored {done.database}: {_summary(done.backup)}."]
    lines += [f"What was there is kept as {done.kept}."] if done.kept else []
    lost = f"{len(done.lost):,} files are missing: they are nowhere beside what was restored."
    return [*lines, lost] if done.lost else lines


def _summary(backup: Backup) -> str:
    numbers = [f"{backup.tables[name]:,} {name}" for name in ("tickets", "messages", "customers")]
    numbers += [f"{backup.files:,} files"] if backup.files else []
    return f"{', '.join(numbers)}, as of {stamp(backup.created_at)}"


def _warnings(backup: Backup) -> list[str]:
    return [
        "; ".join(filter(None, (f"WRONG  {each.name}  {each.detail}", each.remedy)))
        for each in backup.findings
    ]


def _data(backup: Backup) -> dict[str, object]:
    values = {camel_case(name): value for name, value in asdict(backup).items()}
    workspaces = [
        {camel_case(name): value for name, value in asdict(each).items()}
        for each in backup.workspaces
    ]
    findings = [
        {"name": each.name, "detail": each.detail, "remedy": each.remedy}
        for each in backup.findings
    ]
    return {
        **values,
        "createdAt": stamp(backup.created_at),
        "workspaces": workspaces,
        "findings": findings,
    }
