"""The manual page cstar(1), made from what the commands declare about themselves.

Each command's `--help` says the same. Written here since it is some lines over click's own
declarations: the libraries for it make a page for each command and know nothing of examples.
"""

import re
import textwrap
from collections.abc import Iterable, Iterator

import click

from cstar_web.cli.command import Command, Group
from cstar_web.cli.failures import EXIT_CODES
from cstar_web.release import release
from cstar_web.settings import SETTINGS, Setting

_WIDTH = 72
_PARAGRAPH = "\n.PP\n"
_PARAGRAPHS = re.compile(r"\n\s*\n")


def manual(root: click.Context) -> str:
    """The whole page in roff, for man(7); it is the same on each run of a version."""
    assert isinstance(root.command, Group)  # noqa: S101 - it is the command cstar
    return "\n".join(
        [
            f'.TH CSTAR 1 "" "cStar {_quoted(release())}" "User Commands"',
            ".SH NAME",
            r"cstar \- a self-hosted helpdesk",
            ".SH SYNOPSIS",
            r".B cstar",
            r"[\fIOPTIONS\fR] \fICOMMAND\fR [\fIARGS\fR]...",
            ".SH DESCRIPTION",
            *_paragraphs(root.command.help or ""),
            *_options(root),
            *_commands(root),
            ".SH ENVIRONMENT",
            *_list(map(_setting, SETTINGS)),
            ".SH EXIT STATUS",
            *_list((f"\\fB{code}\\fR", meaning) for code, meaning in EXIT_CODES),
            ".SH SEE ALSO",
            _plain("The documents of the project, and /docs of a running server."),
            "",
        ]
    )


def _setting(setting: Setting) -> tuple[str, str]:
    default = f" Default: {setting.default}." if setting.default else ""
    return f"\\fB{setting.env}\\fR", setting.meaning + default


def _commands(root: click.Context) -> Iterator[str]:
    """A section for each purpose, with all its commands."""
    assert isinstance(root.command, Group)  # noqa: S101 - as above
    for title, names in root.command.sections.items():
        yield f".SH {_quoted(title.upper())}"
        for name in names:
            yield from _command(_within(root, name))


def _within(parent: click.Context, name: str) -> click.Context:
    assert isinstance(parent.command, click.Group)  # noqa: S101 - only groups have any
    command = parent.command.commands[name]
    return click.Context(command, parent, name, help_option_names=parent.help_option_names)


def _command(context: click.Context) -> Iterator[str]:
    command = context.command
    if isinstance(command, click.Group):
        for name in command.commands:
            yield from _command(_within(context, name))
        return
    usage = " ".join(command.collect_usage_pieces(context))
    yield f'.SS "{_quoted(context.command_path)} {_quoted(usage)}"'
    yield from _paragraphs(command.help or "")
    if command.epilog:
        yield from (".PP", *_paragraphs(command.epilog))
    yield from _options(context)
    if isinstance(command, Command):
        yield from _list((f"Exit code {code}", said) for code, said in command.exits.items())
        yield from _examples(command.examples)


def _options(context: click.Context) -> Iterator[str]:
    params = context.command.get_params(context)
    records = (each.get_help_record(context) for each in params if isinstance(each, click.Option))
    shown = (each for each in records if each and not each[0].endswith("--help"))
    yield from _list((f"\\fB{_plain(names)}\\fR", said) for names, said in shown)


def _examples(examples: Iterable[str]) -> Iterator[str]:
    yield from (".PP", "Examples:", ".PP", ".RS 4", ".nf")
    yield from (_plain(line) for each in examples for line in each.splitlines())
    yield from (".fi", ".RE")


def _list(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Terms, already in roff, with what they mean."""
    for term, meaning in rows:
        yield from (".TP", term, _text(meaning))


def _paragraphs(text: str) -> Iterator[str]:
    yield _PARAGRAPH.join(map(_text, _PARAGRAPHS.split(text.strip())))


def _text(text: str) -> str:
    """Text that flows, in lines that are short enough for whatever reads roff."""
    wrapped = textwrap.wrap(
        " ".join(text.split()), _WIDTH, break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(map(_plain, wrapped))


def _plain(text: str) -> str:
    r"""Text that roff takes for nothing but text.

    >>> print(_plain(r".cut --all 'here' \n"))
    \&.cut \-\-all \(aqhere\(aq \en
    """
    is_request = text.startswith((".", "'"))
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    text = text.replace("^", "\\(ha").replace("~", "\\(ti").replace("`", "\\(ga")
    text = "".join(each if each.isascii() else f"\\[u{ord(each):04X}]" for each in text)
    return "\\&" + text if is_request else text


def _quoted(text: str) -> str:
    """As `_plain`, for within double quotes."""
    return _plain(text).replace('"', "\\(dq")
