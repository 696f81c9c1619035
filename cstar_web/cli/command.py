"""What every command and every group of commands has: help with examples, and manners."""

import sys
from collections import UserDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from itertools import takewhile
from pkgutil import resolve_name
from typing import Any, NoReturn

import click

from cstar_web.cli.base import Unwritten
from cstar_web.cli.failures import EXIT_CODES, EXIT_USAGE, fail, leave
from cstar_web.ending import interrupted_by_stops
from cstar_web.settings import SETTINGS, Setting

# What the shells' scripts set when they ask for completions; not one of the settings.
COMPLETE_VAR = "_CSTAR_COMPLETE"
_FEW = 5


class Command(click.Command):
    """A command whose help shows examples, the settings it reads, and its exit codes.

    `examples` are command lines that work as they are; what follows a ` # ` explains one.
    `reads` names settings that none of its options sets; `exits` says what an exit code other
    than the usual means for it.
    """

    def __init__(
        self,
        *args: Any,
        examples: Sequence[str] = (),
        reads: Sequence[str] = (),
        exits: Mapping[int, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.examples = tuple(examples)
        self.exits = dict(exits or {})
        self._reads = frozenset(reads)

    @property
    def settings(self) -> list[Setting]:
        """The settings that it reads from the environment."""
        names = self._reads | {param.name for param in self.params}
        return [each for each in SETTINGS if each.name in names]

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what stands after the options."""
        super().format_epilog(ctx, formatter)
        write_examples(formatter, self.examples)
        if len(self.settings) > _FEW:
            with formatter.section("Settings"):
                formatter.write_text("What stands in brackets may be set in the environment.")
        elif self.settings:
            with formatter.section("Settings"):
                formatter.write_dl([(each.env, each.meaning) for each in self.settings])
        if self.exits:
            with formatter.section("Exit codes"):
                formatter.write_dl([(str(code), said) for code, said in self.exits.items()])


class OnDemand(UserDict[str, Any]):
    """Commands by name, each imported from its place, `module:name`, once it is asked for.

    A tab in a shell starts the program anew, and most commands do without what a server needs.
    """

    def __getitem__(self, name: str) -> click.Command:
        found = self.data[name]
        if isinstance(found, str):
            found = self.data[name] = resolve_name(found)
        assert isinstance(found, click.Command)  # noqa: S101 - that is what stands there
        return found


class Group(click.Group):
    """A group whose commands fail with one line on stderr and a documented exit code.

    With `sections` its help lists the commands by purpose: a title and names of commands each.
    """

    command_class = Command

    def __init__(
        self, *args: Any, sections: Mapping[str, Sequence[str]] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.sections = dict(sections or {})

    @property
    def examples(self) -> tuple[str, ...]:
        """The first example of each of its commands."""
        commands = (each for each in self.commands.values() if isinstance(each, Command))
        return tuple(line for each in commands for line in each.examples[:1])

    def main(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Run a command line and exit."""
        kwargs["standalone_mode"] = False
        kwargs["complete_var"] = COMPLETE_VAR
        for stream in (sys.stdout, sys.stderr):
            _never_fail_on_a_character(stream)
        typed = list(args[0] if args else kwargs.get("args") or sys.argv[1:])
        try:
            with interrupted_by_stops():
                code = super().main(*args, **kwargs)
        except click.exceptions.NoArgsIsHelpError as error:
            with suppress(OSError):
                click.echo(error.format_message(), err=True)
            sys.exit(EXIT_USAGE)
        except Exception as error:
            fail(error, as_json=_has(typed, "--json"), debug=_is_debug(typed))
        leave(code if isinstance(code, int) else 0)

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Read the command line."""
        with _manners():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was typed."""
        with _manners():
            return super().invoke(ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands by purpose, or in the order in which they were declared."""
        if not self.sections:
            super().format_commands(ctx, formatter)
            return
        width = max(map(len, self.commands))
        room = formatter.width - 6 - width
        for title, names in self.sections.items():
            rows = [
                (name.ljust(width), self.commands[name].get_short_help_str(room)) for name in names
            ]
            with formatter.section(title):
                formatter.write_dl(rows)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the commands, as they are shown."""
        return [name for names in self.sections.values() for name in names] or list(self.commands)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what stands after the commands."""
        if ctx.parent is None:
            with formatter.section("Exit codes"):
                formatter.write_dl([(str(code), meaning) for code, meaning in EXIT_CODES])
        else:
            write_examples(formatter, self.examples)
        super().format_epilog(ctx, formatter)


# A group within a group is of the same kind.
Group.group_class = Group


def write_examples(formatter: click.HelpFormatter, examples: Sequence[str]) -> None:
    """Write command lines as they are, whatever the width: they are there to be copied."""
    if examples:
        with formatter.section("Examples"):
            for line in examples:
                formatter.write(f"{'':>{formatter.current_indent}}{line}\n")


@contextmanager
def _manners() -> Iterator[None]:
    """Have click not see what it would announce or end the program for in ways of its own."""
    try:
        yield
    except KeyboardInterrupt as error:
        raise click.Abort from error
    except BrokenPipeError as error:
        raise Unwritten(str(error)) from error


def _never_fail_on_a_character(stream: Any) -> None:
    """Show what the encoding of a terminal lacks as an escape, such as a name in file names."""
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")


def _has(typed: Sequence[str], option: str) -> bool:
    return option in takewhile(lambda each: each != "--", typed)


def _is_debug(typed: Sequence[str]) -> bool:
    """Whether `--debug` stands before the command."""
    return "--debug" in takewhile(lambda each: each.startswith("-"), typed)
