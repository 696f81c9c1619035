"""What every command shares: its options, and how it prints."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import update_wrapper
from pathlib import Path
from typing import Any, Concatenate, ParamSpec
from unicodedata import category, combining, east_asian_width

import click
from click.shell_completion import CompletionItem

from cstar_core import Helpdesk, Refused
from cstar_web.places import OF_THE_MACHINE, make_folder
from cstar_web.settings import Settings

EXIT_FAILURE = 1

P = ParamSpec("P")
Function = Callable[..., Any]


@dataclass(frozen=True)
class Answer:
    """What a command has to say: `data` with --json, `text` without; `ok` False is exit code 1."""

    data: object
    text: str
    ok: bool = True


class FileName(click.types.StringParamType):
    """The name of a file or folder as it was typed; a shell completes it."""

    name = "file"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Leave it to the shell, which knows the files."""
        return [CompletionItem(incomplete, type="file")]


def completes(values: Iterable[str]) -> Callable[..., list[str]]:
    """What completes an option or argument that may have one of these values, for one."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
        return [each for each in values if each.startswith(incomplete)]

    return complete


class Usage(Exception):
    """Something in what was typed that cannot be done; the message says what to do."""


class Unwritten(Exception):
    """The answer could not be written to stdout; the cause is the error of the system."""


def reads_settings(command: Function) -> Function:
    """Give a command `--database` and turn it into `settings`."""

    def run(*, database: str | None, **arguments: Any) -> Any:
        return command(Settings.from_environment(flags={"database": database}), **arguments)

    option = click.option(
        "--database",
        type=FileName(),
        metavar="FILE",
        help="The database file [CSTAR_DATABASE, or that of the service, machine or user].",
    )
    return option(update_wrapper(run, command))


def answers(command: Callable[..., Answer]) -> Function:
    """Give a command `--json`, and print what it returns."""

    def run(*args: Any, as_json: bool, **kwargs: Any) -> None:
        show(command(*args, **kwargs), as_json)

    option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for machines.")
    return option(update_wrapper(run, command))


def with_desk(
    command: Callable[Concatenate[Helpdesk, P], Answer], *, make: bool = False
) -> Function:
    """Give a command `--database` and `--json`, and open the desk for it.

    Only where `make` is set may the file be new: elsewhere a misspelt path would leave an
    empty database behind.
    """

    def run(settings: Settings, *args: P.args, **kwargs: P.kwargs) -> Answer:
        if make:
            make_place(settings)
        else:
            refuse_absent(settings.database)
        with open_desk(settings) as desk:
            return command(desk, *args, **kwargs)

    return reads_settings(answers(update_wrapper(run, command)))


@contextmanager
def open_desk(settings: Settings) -> Iterator[Helpdesk]:
    """Open the desk, and say on stderr if that has upgraded its file."""
    with Helpdesk.open(settings.database) as desk:
        if line := upgraded(desk):
            click.echo(f"cstar: {tame(line)}", err=True)
        yield desk


def upgraded(desk: Helpdesk) -> str:
    """What opening a desk has done to its file; empty if it had the schema of this version."""
    done = desk.upgrade
    if done.kept is None:
        return ""
    line = (
        f"upgraded {desk.path} from schema {done.from_schema} to {done.to_schema}; "
        f"as it was before it is kept as {done.kept}"
    )
    return f"{line}; made anew: {', '.join(done.mended)}" if done.mended else line


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


def makes_desk(command: Callable[Concatenate[Helpdesk, P], Answer]) -> Function:
    """As `with_desk`, for a command that may be the first to use the file."""
    return with_desk(command, make=True)


def show(answer: Answer, as_json: bool) -> None:
    """Print an answer; leave with exit code 1 if it says that something is wrong."""
    data = json.dumps(answer.data, ensure_ascii=False, indent=2) if as_json else None
    say(tame(answer.text) if data is None else data)
    if not answer.ok:
        raise click.exceptions.Exit(EXIT_FAILURE)


def say(text: str) -> None:
    """Print a line, or lines, to stdout; raises Unwritten."""
    if sys.stdout is None:
        raise Unwritten("the answer could not be written: stdout is closed; all else is done")
    try:
        click.echo(text)
    except OSError as error:
        raise Unwritten(
            f"the answer could not be written to stdout: {error.strerror}; all else is done"
        ) from error


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
    widths = [max(map(breadth, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(map(_padded, row, widths)).rstrip() for row in rows)
    return "\n".join(lines)


def breadth(text: str) -> int:
    """How many columns of a terminal a text takes.

    >>> [breadth(each) for each in ("abc", "日本", "e\u0301")]
    [3, 4, 1]
    """
    return sum(0 if combining(each) else 1 + (east_asian_width(each) in "WF") for each in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - breadth(text))


def stamp(instant: datetime | None) -> str | None:
    """An instant as the API writes it.

    >>> stamp(None) is None
    True
    """
    return None if instant is None else instant.strftime("%Y-%m-%dT%H:%M:%SZ")
