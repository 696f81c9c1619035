"""What every command shares: its options, how it prints, and how it fails."""

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import update_wrapper
from pathlib import Path
from typing import Any, Concatenate, NoReturn, ParamSpec
from unicodedata import category

import click

from cstar_core import Conflict, Helpdesk, HelpdeskError, Invalid, NotFound, Refused
from cstar_web.places import OF_THE_MACHINE, make_folder
from cstar_web.redaction import redacted
from cstar_web.server import ListenError
from cstar_web.settings import Settings, SettingsError

EXIT_FAILURE = 1
EXIT_USAGE = 2
EXIT_REFUSED = 3
EXIT_CODES = (
    "Exit codes: 0 done, 1 it failed, 2 wrong use or input, 3 the database file is refused."
)

P = ParamSpec("P")
Command = Callable[..., Any]

_REMEDIES = {
    "team": "cstar team list shows those that exist",
    "member": "cstar member add prints the id of each",
    "key": "cstar key list TEAM shows those that exist",
}


@dataclass(frozen=True)
class Answer:
    """What a command has to say: `data` with --json, `text` without; `ok` False is exit code 1."""

    data: object
    text: str
    ok: bool = True


class Usage(Exception):
    """Something in what was typed that cannot be done; the message says what to do."""


class Group(click.Group):
    """A group whose commands fail with one line on stderr and a documented exit code."""

    def main(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Run a command line and exit."""
        kwargs["standalone_mode"] = False
        try:
            code = super().main(*args, **kwargs)
        except click.exceptions.NoArgsIsHelpError as error:
            click.echo(error.format_message(), err=True)
            sys.exit(EXIT_USAGE)
        except Exception as error:
            _fail(error)
        sys.exit(code if isinstance(code, int) else 0)


def _fail(error: Exception) -> NoReturn:
    code, line = _explain(error)
    click.echo(f"cstar: {tame(redacted(' '.join(line.split())))}", err=True)
    sys.exit(code)


def _explain(error: Exception) -> tuple[int, str]:
    match error:
        case click.exceptions.Abort():
            return EXIT_FAILURE, "interrupted"
        case click.UsageError():
            help_line = f"; try: {error.ctx.command_path} --help" if error.ctx else ""
            return EXIT_USAGE, error.format_message().rstrip(".") + help_line
        case click.ClickException():
            return error.exit_code, error.format_message()
        case Usage() | SettingsError():
            return EXIT_USAGE, str(error)
        case Refused():
            return EXIT_REFUSED, str(error)
        case Invalid():
            rules = (f"{each.param.replace('_', '-')} {each.rule}" for each in error.problems)
            return EXIT_USAGE, "; ".join(rules)
        case NotFound():
            remedy = _REMEDIES.get(error.kind)
            return EXIT_USAGE, f"no {error.kind} {error.id}" + (f"; {remedy}" if remedy else "")
        case Conflict():
            return EXIT_USAGE, str(error)
        case ListenError() | HelpdeskError():
            return EXIT_FAILURE, str(error)
        case OSError():
            return EXIT_FAILURE, f"{error.strerror or error}: {error.filename or ''}".rstrip(": ")
    raise error


def reads_settings(command: Command) -> Command:
    """Give a command `--database` and turn it into `settings`."""

    def run(*, database: str | None, **arguments: Any) -> Any:
        return command(Settings.from_environment(flags={"database": database}), **arguments)

    option = click.option(
        "--database",
        metavar="FILE",
        help="The database file [CSTAR_DATABASE, or that of the service, machine or user].",
    )
    return option(update_wrapper(run, command))


def answers(command: Callable[..., Answer]) -> Command:
    """Give a command `--json`, and print what it returns."""

    def run(*args: Any, as_json: bool, **kwargs: Any) -> None:
        show(command(*args, **kwargs), as_json)

    option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for machines.")
    return option(update_wrapper(run, command))


def with_desk(
    command: Callable[Concatenate[Helpdesk, P], Answer], *, make: bool = False
) -> Command:
    """Give a command `--database` and `--json`, and open the desk for it.

    Only where `make` is set may the file be new: elsewhere a misspelt path would leave an
    empty database behind.
    """

    def run(settings: Settings, *args: P.args, **kwargs: P.kwargs) -> Answer:
        if make:
            make_place(settings)
        else:
            refuse_absent(settings.database)
        with Helpdesk.open(settings.database) as desk:
            return command(desk, *args, **kwargs)

    return reads_settings(answers(update_wrapper(run, command)))


def refuse_absent(database: str) -> None:
    """Raise Usage or Refused if there is no database, or an empty file in its place."""
    file = Path(database)
    log = Path(f"{os.path.realpath(database)}-wal")
    if not (file.exists() or log.exists()):
        raise Usage(
            f"there is no database at {database}; name it with --database, "
            f"or make one: cstar team create NAME{_elsewhere(database)}"
        )
    if file.is_file() and file.stat().st_size == 0 and not log.exists():
        raise Refused(
            f"{database} is empty; restore a backup: cstar restore, "
            "or make a new one of it: cstar team create NAME"
        )


def _elsewhere(database: str) -> str:
    """Where the database may be instead: a service's is there for root alone."""
    is_there = os.path.lexists(OF_THE_MACHINE) and not database.startswith(f"{OF_THE_MACHINE}/")
    return f"; that of this machine is in {OF_THE_MACHINE}: ask as root" if is_there else ""


def make_place(settings: Settings) -> None:
    """Make the folder of the database, if it is the default one; any other must be there.

    Raises ClickException where that cannot be.
    """
    if settings.is_default_database:
        try:
            make_folder(settings.database)
        except OSError as error:
            raise click.ClickException(
                f"the folder {error.filename} for the database cannot be made: {error.strerror}; "
                "name another place with --database or CSTAR_DATABASE"
            ) from error


def makes_desk(command: Callable[Concatenate[Helpdesk, P], Answer]) -> Command:
    """As `with_desk`, for a command that may be the first to use the file."""
    return with_desk(command, make=True)


def show(answer: Answer, as_json: bool) -> None:
    """Print an answer; leave with exit code 1 if it says that something is wrong."""
    data = json.dumps(answer.data, ensure_ascii=False, indent=2) if as_json else None
    click.echo(tame(answer.text) if data is None else data)
    if not answer.ok:
        raise click.exceptions.Exit(EXIT_FAILURE)


def tame(text: str) -> str:
    r"""Text without what would command a terminal: it may quote what a stranger wrote.

    >>> tame("Jane \x1b[2K\r\x9b2J\nÉmile")
    'Jane ?[2K??2J\nÉmile'
    """
    return "".join("?" if category(each) == "Cc" and each != "\n" else each for each in text)


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Rows of text, padded so that their columns line up.

    >>> print(columns([("a", "bb"), ("ccc", "d")]))
    a    bb
    ccc  d
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
    return "\n".join(lines)


def stamp(instant: datetime | None) -> str | None:
    """An instant as the API writes it.

    >>> stamp(None) is None
    True
    """
    return None if instant is None else instant.strftime("%Y-%m-%dT%H:%M:%SZ")
