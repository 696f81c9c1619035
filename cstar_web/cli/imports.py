"""`cstar import`: tickets and customers from a file, with a report."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from pkgutil import resolve_name
from time import monotonic
from typing import Any

import click
from click.core import ParameterSource

from cstar_core import (
    ENVIRONMENTS,
    IMPORT_FORMATS,
    IMPORT_KINDS,
    Helpdesk,
    ImportProgress,
    ImportReport,
    Team,
)
from cstar_web.cli.base import (
    Answer,
    FileName,
    Usage,
    answers,
    make_place,
    open_desk,
    reads_settings,
    refuse_absent,
    stamp,
)
from cstar_web.cli.command import Command
from cstar_web.cli.leave import import_folder
from cstar_web.cli.teams import team_of
from cstar_web.cli.waiting import may_show_progress
from cstar_web.names import camel_case
from cstar_web.settings import Settings

_TAB = ("tab", "\\t")
_LISTED = 20


@click.command(
    "import",
    cls=Command,
    short_help="Bring in tickets or customers from a file.",
    examples=(
        "cstar import march.csv --dry-run  # what would be done?",
        "cstar import march.csv --id Ticket --map title=Subject --errors failed.csv",
        "cstar import people.csv --kind customers --team acme",
        "cstar import /srv/exports/all  # what cstar export has written",
        "cstar import help.mbox --mbox --team acme",
    ),
    exits={1: "it failed, or some rows are not in; --errors keeps them"},
)
@click.argument("file", type=FileName(), metavar="FILE")
@click.option("--team", metavar="TEAM", help="The team; needed only if there are several.")
@click.option("--environment", type=click.Choice(ENVIRONMENTS), default="live", show_default=True)
@click.option(
    "--from", "format", type=click.Choice(IMPORT_FORMATS), help="The format, if not found out."
)
@click.option("--kind", type=click.Choice(IMPORT_KINDS), default="tickets", show_default=True)
@click.option("--map", "mapping", metavar="TARGET=SOURCE", multiple=True, help="What becomes what.")
@click.option("--set", "constants", metavar="TARGET=VALUE", multiple=True, help="The same for all.")
@click.option("--id", "id_column", metavar="SOURCE", help="What tells one row from another.")
@click.option("--source", metavar="NAME", help="Keeps the ids of different files apart.")
@click.option(
    "--users", type=FileName(), metavar="FILE", multiple=True, help="The people of an export."
)
@click.option("--delimiter", metavar="CHARACTER", help="Between CSV columns, if not found out.")
@click.option("--encoding", metavar="NAME", help="Such as cp1252; UTF-8 if not given.")
@click.option("--errors", type=FileName(), metavar="FILE", help="Where rows that failed go.")
@click.option("--mbox", is_flag=True, help="FILE is an archive of mail.")
@click.option("--maildir", is_flag=True, help="FILE is a folder of mail.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--notify", is_flag=True, help="Let webhooks tell of what is made.")
@reads_settings
@answers
def import_(settings: Settings, /, file: str, **options: Any) -> Answer:
    """Bring in FILE: CSV, JSON, or an export of Zendesk, Freshdesk or Help Scout.

    What is there already is skipped, so it can be run again. Exit code 1: some rows are not in.
    A folder that cstar export has made is taken in whole, as it was, also into a new database.
    Mail of an archive is dated as it was written; nothing is sent for it.
    """
    kind = _kind_of_archive(file, options)
    if kind is not None:
        refuse_absent(settings.database)
        # Needs what a server needs, which other imports do without.
        import_mail = resolve_name("cstar_web.cli.import_mail:import_mail")
        with open_desk(settings) as desk:
            found: Answer = import_mail(desk, file, kind, options["team"], options["environment"])
            return found
    if not Path(file).is_dir():
        refuse_absent(settings.database)
        with open_desk(settings) as desk:
            return _import_file(desk, file, **options)
    _refuse_options(options, f"{file} is an export, which comes in as it was", ())
    make_place(settings)
    with open_desk(settings) as desk:
        return import_folder(desk, file)


def _kind_of_archive(file: str, options: dict[str, Any]) -> str | None:
    """Whether it is an archive of mail, and of which kind; raises Usage for other options."""
    kinds = [each for each in ("mbox", "maildir") if options[each]]
    if len(kinds) > 1:
        raise Usage("give --mbox or --maildir, not both")
    if kinds:
        allowed = ("team", "environment", *kinds)
        _refuse_options(options, f"{file} is an archive of mail", allowed)
    else:
        del options["mbox"], options["maildir"]
    return kinds[0] if kinds else None


def _refuse_options(options: Mapping[str, object], what: str, allowed: Sequence[str]) -> None:
    """What says itself where everything belongs takes no such options."""
    context = click.get_current_context()
    for param in context.command.params:
        if (
            param.name in options
            and param.name not in allowed
            and context.get_parameter_source(param.name) is not ParameterSource.DEFAULT
        ):
            raise Usage(f"{what}; leave out {param.opts[0]}")


def _import_file(
    desk: Helpdesk,
    file: str,
    team: str | None,
    environment: str,
    mapping: Sequence[str],
    constants: Sequence[str],
    delimiter: str | None,
    **options: Any,
) -> Answer:
    chosen = team_of(desk, team, "cstar import FILE")
    workspace = desk.workspace(chosen.id, environment)
    fixed = _pairs("--set", "TARGET=VALUE", constants)
    begun = monotonic()
    with _progress() as progress:
        report = workspace.import_file(
            file,
            mapping=_pairs("--map", "TARGET=SOURCE", mapping),
            constants={name: values[-1] for name, values in fixed.items()},
            delimiter="\t" if delimiter in _TAB else delimiter,
            progress=progress,
            **options,
        )
    seconds = monotonic() - begun
    return Answer(
        _data(report, seconds), _text(report, file, chosen, environment, seconds), report.ok
    )


def _pairs(option: str, form: str, given: Sequence[str]) -> dict[str, list[str]]:
    pairs: dict[str, list[str]] = {}
    for each in given:
        target, sign, source = each.partition("=")
        if not (target and sign and source):
            raise Usage(f"{option} must be written {form}, not {each}")
        pairs.setdefault(target, []).append(source)
    return pairs


@contextmanager
def _progress() -> Iterator[Callable[[ImportProgress], object] | None]:
    """A bar on a terminal, nothing elsewhere."""
    if not may_show_progress():
        yield None
        return
    with click.progressbar(length=1, file=sys.stderr) as bar:

        def show(progress: ImportProgress) -> None:
            bar.length = max(progress.size, 1)
            bar.label = f"{progress.rows:,} rows"
            bar.update(progress.done - bar.pos)

        yield show


def _data(report: ImportReport, seconds: float) -> dict[str, object]:
    data = {camel_case(name): value for name, value in asdict(report).items()}
    examples = [_example(example) for example in report.examples]
    return {"ok": report.ok, **data, "examples": examples, "seconds": round(seconds, 3)}


def _example(values: Mapping[str, Any]) -> dict[str, Any]:
    """A draft, or a message of one, as the API writes it; the keys of fields are left alone."""
    return {camel_case(name): _shown(value) for name, value in values.items()}


def _shown(value: Any) -> Any:
    if isinstance(value, list):
        return [_example(one) if isinstance(one, dict) else one for one in value]
    return stamp(value) if isinstance(value, datetime) else value


def _text(report: ImportReport, file: str, team: Team, environment: str, seconds: float) -> str:
    would = "Would import" if report.dry_run else "Imported"
    lines = [
        f"{would} {Path(file).name} ({report.format}) into {team.name} ({team.slug}),"
        f" {environment}: {report.rows:,} rows, {report.created:,} {report.kind} created,"
        f" {report.skipped:,} there already, {report.left_out:,} left out,"
        f" {report.failed:,} failed."
    ]
    if report.kind == "tickets":
        lines.append(f"With {report.customers:,} customers and {report.messages:,} messages.")
    lines += _mapping(report)
    lines += [f"Line {row.line:,}: {'; '.join(row.problems)}" for row in report.bad_rows]
    if report.failed > len(report.bad_rows):
        lines.append(f"… and {report.failed - len(report.bad_rows):,} more.")
    if report.errors_file:
        lines.append(f"What failed is in {report.errors_file}: correct it and import it.")
    if report.broken:
        lines.append(f"The rest of the file cannot be read: {report.broken}")
    lines.append(f"{seconds:.1f} s, {report.rows / max(seconds, 0.001):,.0f} rows a second.")
    return "\n".join(lines)


def _mapping(report: ImportReport) -> list[str]:
    lines = []
    if report.mapping:
        pairs = (f"{target}={'+'.join(names)}" for target, names in report.mapping.items())
        lines.append(f"Mapped: {', '.join(pairs)}.")
    if report.unmapped:
        more = f" and {len(report.unmapped) - _LISTED} more" * (len(report.unmapped) > _LISTED)
        lines.append(f"Not mapped: {', '.join(report.unmapped[:_LISTED])}{more}.")
    if report.unknown_agents:
        some = list(report.unknown_agents.items())[:_LISTED]
        names = ", ".join(f"{name} ({number:,})" for name, number in some)
        lines.append(f"Unassigned, since there is no such member: {names}.")
    return lines
