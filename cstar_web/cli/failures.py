"""How a command fails: one line on stderr that says what to do, and an exit code."""

import errno
import json
import os
import signal
import sys
import traceback
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NoReturn

import click

from cstar_core import (
    Busy,
    Conflict,
    HelpdeskError,
    Invalid,
    NotFound,
    Problem,
    Refused,
    StorageFull,
)
from cstar_web.cli.base import EXIT_FAILURE, Unwritten, Usage, tame
from cstar_web.redaction import redacted
from cstar_web.settings import SettingsError

EXIT_USAGE = 2
EXIT_REFUSED = 3
EXIT_INTERRUPTED = 128 + signal.SIGINT
EXIT_UNREAD = 128 + signal.SIGPIPE

# Every exit code with its meaning, for the help, the man page and the documents.
EXIT_CODES = (
    (0, "done"),
    (EXIT_FAILURE, "it failed, or what was asked about is not as it should be"),
    (EXIT_USAGE, "wrong use or input; nothing was done"),
    (EXIT_REFUSED, "the database file, backup or export is refused, and left as it is"),
    (EXIT_INTERRUPTED, "interrupted with Ctrl-C, SIGTERM or SIGHUP"),
    (EXIT_UNREAD, "whoever read the output stopped reading"),
)

# What stands for `code` in the error that --json prints, with its exit code and meaning.
ERROR_CODES = {
    "usage": (EXIT_USAGE, "Wrong command, option or setting"),
    "invalid": (EXIT_USAGE, "Values break rules; `problems` has each"),
    "not_found": (EXIT_USAGE, "There is no such team, key, customer …"),
    "conflict": (EXIT_USAGE, "It exists already, or is in use"),
    "refused": (EXIT_REFUSED, "The file cannot be used, and is left as it is"),
    "busy": (EXIT_FAILURE, "Another program holds the database; try again"),
    "storage_full": (EXIT_FAILURE, "The disk is full or fails"),
    "failed": (EXIT_FAILURE, "Anything else that the message says"),
    "unforeseen": (EXIT_FAILURE, "A fault of cStar itself"),
    "interrupted": (EXIT_INTERRUPTED, "Ctrl-C, SIGTERM or SIGHUP"),
}

_REMEDIES = {
    "team": "cstar team list shows those that exist",
    "member": "cstar member add prints the id of each",
    "key": "cstar key list TEAM shows those that exist",
}

_SYSTEM_REMEDIES = {
    errno.ENOENT: "is it spelt right, and is its folder there?",
    errno.EACCES: "run it as the user who owns the database, such as root",
    errno.EROFS: "choose a place that can be written to",
    errno.ENOSPC: "make room and try again",
    errno.EDQUOT: "make room and try again",
    errno.EISDIR: "name a file, not a folder",
    errno.ENOTDIR: "name a folder, not a file",
    errno.ENAMETOOLONG: "choose a shorter name",
}


@dataclass(frozen=True)
class Failure:
    """Why a command failed: a code of `ERROR_CODES`, a line, and each broken rule if known."""

    code: str
    message: str
    problems: tuple[Problem, ...] = ()

    @property
    def exit_code(self) -> int:
        """What the program ends with."""
        return ERROR_CODES[self.code][0]


def fail(error: Exception, *, as_json: bool = False, debug: bool = False) -> NoReturn:
    """Print why a command failed, in one line, and exit; with `debug` the traceback before it."""
    if _unread(error):
        leave(EXIT_UNREAD)
    failure = explain(error)
    message = tame(redacted(" ".join(failure.message.split())))
    line = _json(failure, message) if as_json else f"cstar: {message}"
    with suppress(OSError):
        if debug:
            click.echo(redacted("".join(traceback.format_exception(error))), err=True, nl=False)
        # Ends the line on which the terminal shows ^C.
        if failure.code == "interrupted" and sys.stderr is not None and sys.stderr.isatty():
            click.echo(err=True)
        click.echo(line, err=True)
    leave(failure.exit_code)


def explain(error: Exception) -> Failure:
    """What an exception means to whoever typed the command."""
    match error:
        case click.exceptions.Abort():
            return Failure("interrupted", "interrupted")
        case click.UsageError():
            return Failure("usage", _usage(error))
        case Usage() | SettingsError():
            return Failure("usage", str(error))
        case UnicodeEncodeError() if _is_typed(error.object):
            return Failure("usage", "a name has bytes that are not UTF-8; choose another name")
        case Invalid():
            rules = (f"{each.param.replace('_', '-')} {each.rule}" for each in error.problems)
            return Failure("invalid", "; ".join(rules), error.problems)
        case NotFound():
            remedy = _REMEDIES.get(error.kind)
            line = f"no {error.kind} {error.id}" + (f"; {remedy}" if remedy else "")
            return Failure("not_found", line)
        case Conflict():
            return Failure("conflict", str(error))
        case _:
            return _explain_failure(error)


def _is_typed(text: str) -> bool:
    """Whether a text has bytes of a command line that are not UTF-8, as Python keeps them."""
    return any("\udc80" <= each <= "\udcff" for each in text)


def _explain_failure(error: Exception) -> Failure:
    match error:
        case Refused():
            return Failure("refused", str(error))
        case Busy():
            return Failure("busy", str(error))
        case StorageFull():
            return Failure("storage_full", str(error))
        case click.ClickException():
            return Failure("failed", error.format_message())
        case HelpdeskError() | Unwritten():
            return Failure("failed", str(error))
        case OSError():
            code = "storage_full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "failed"
            return Failure(code, _system(error))
        case _:
            return _unforeseen(error)


def _system(error: OSError) -> str:
    line = f"{error.strerror or error}: {error.filename or ''}".rstrip(": ")
    remedy = _SYSTEM_REMEDIES.get(error.errno or 0)
    return f"{line}; {remedy}" if remedy else line


def _usage(error: click.UsageError) -> str:
    said = error.format_message().rstrip(".")
    if error.ctx is None:
        return said
    return f"{said}{'' if said.endswith(('?', '?)')) else ';'} try: {error.ctx.command_path} --help"


def _unforeseen(error: Exception) -> Failure:
    where = traceback.extract_tb(error.__traceback__)[-1:]
    place = "".join(f" at {each.filename.rpartition('/')[2]}:{each.lineno}" for each in where)
    said = f"{type(error).__name__}{place}: {error}".rstrip(": ")
    return Failure(
        "unforeseen", f"a fault of cStar itself, {said}; cstar --debug COMMAND shows all of it"
    )


def _json(failure: Failure, message: str) -> str:
    told: dict[str, Any] = {"code": failure.code, "message": message}
    told["exitCode"] = failure.exit_code
    if failure.problems:
        told["problems"] = [
            {"param": each.param, "code": each.code, "message": redacted(each.message)}
            for each in failure.problems
        ]
    return json.dumps({"error": told}, ensure_ascii=False)


def _unread(error: Exception) -> bool:
    return isinstance(error, Unwritten) and isinstance(error.__cause__, BrokenPipeError)


def leave(code: int) -> NoReturn:
    """Exit; what cannot be written to stdout goes nowhere, or Python would complain of it."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
    sys.exit(code)
