"""What the help says: examples that work, settings, exit codes, and the commands by purpose."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from cstar_web.cli import main
from cstar_web.cli.command import Command, Group
from cstar_web.cli.failures import ERROR_CODES, EXIT_CODES
from cstar_web.settings import SETTINGS
from tests.cli.commands import run
from tests.documents import read

WIDTH = 80
# What ends a command line for the shell.
AFTER = {"|", ">", "2>", "&&", ";"}


def every(group: click.Group, *path: str) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        yield (*path, name)
        if isinstance(command, click.Group):
            yield from every(command, *path, name)


def find(path: tuple[str, ...]) -> click.Command:
    found: click.Command = main
    for name in path:
        assert isinstance(found, click.Group)
        found = found.commands[name]
    return found


PATHS = [(), *every(main)]
COMMANDS = [path for path in PATHS if not isinstance(find(path), click.Group)]
EXAMPLES = [(path, line) for path in COMMANDS for line in getattr(find(path), "examples", ())]


def typed(line: str) -> list[str]:
    """The words of an example, as the shell hands them to cstar."""
    quoted = re.fullmatch(r'eval "\$\((.*)\)".*', line)
    line = quoted[1] if quoted else re.sub(r"\$\(.*?\)", "2026-01-31", line)
    words = shlex.split(line.replace("\\\n", " "), comments=True)
    end = next((at for at, word in enumerate(words) if word in AFTER), len(words))
    assert words[0] == "cstar"
    return words[1:end]


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_has_an_example_of_itself(path: tuple[str, ...]) -> None:
    command = find(path)

    assert isinstance(command, Command) and command.examples
    assert all(typed(line)[: len(path)] == list(path) for line in command.examples)


@pytest.mark.parametrize(("path", "line"), EXAMPLES)
def test_every_example_is_understood(path: tuple[str, ...], line: str) -> None:
    command, context, words = find(path), click.Context(main), typed(line)[len(path) :]

    assert command.make_context(path[-1], words, parent=context).args == []


@pytest.mark.parametrize(("path", "line"), EXAMPLES)
def test_every_example_can_be_read_at_the_end_of_the_help(path: tuple[str, ...], line: str) -> None:
    shown = run(*path, "--help").stdout

    assert f"  {line}\n" in shown.partition("\nExamples:\n")[2]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: " ".join(("cstar", *path)))
def test_the_help_fits_into_80_columns(path: tuple[str, ...]) -> None:
    shown = run(*path, "--help").stdout

    assert max(map(len, shown.splitlines())) <= WIDTH
    assert "..." not in re.sub(r"\[\w+\]\.\.\.|whsec_\.\.\.", "", shown)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: " ".join(("cstar", *path)))
def test_help_of_a_command_is_what_its_own_help_is(path: tuple[str, ...]) -> None:
    assert run("help", *path).stdout == run(*path, "--help").stdout


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_the_help_names_the_settings_that_are_read(path: tuple[str, ...]) -> None:
    command, shown = find(path), run(*path, "--help").stdout

    assert isinstance(command, Command)
    assert all(setting.env in shown for setting in command.settings)
    named = {param.name for param in command.params}
    assert {each.name for each in SETTINGS} & named <= {each.name for each in command.settings}


def test_the_help_of_health_names_the_settings_that_say_where_to_ask() -> None:
    assert {"CSTAR_HOST", "CSTAR_PORT"} <= set(run("health", "--help").stdout.split())


def test_every_command_stands_in_one_section() -> None:
    listed = [name for names in main.sections.values() for name in names]

    assert sorted(listed) == sorted(main.commands)
    shown = run("--help").stdout
    assert all(f"\n{title}:\n" in shown for title in main.sections)


def test_every_group_shows_an_example_of_each_of_its_commands() -> None:
    for group in (each for each in main.commands.values() if isinstance(each, Group)):
        assert len(group.examples) == len(group.commands)


@pytest.mark.parametrize(("code", "meaning"), EXIT_CODES)
def test_every_exit_code_stands_in_the_help_and_in_the_documents(code: int, meaning: str) -> None:
    assert f"  {code:<5}{meaning}\n" in run("--help").stdout
    assert re.search(
        rf"^\| {code} \| {meaning[0].upper()}{meaning[1:]}", read("docs/commands.md"), re.M
    )


@pytest.mark.parametrize("code", ERROR_CODES)
def test_every_code_of_an_error_stands_in_the_documents(code: str) -> None:
    exit_code, meaning = ERROR_CODES[code]

    assert f"| `{code}` | {exit_code} | {meaning} |" in read("docs/commands.md")


def test_the_documents_name_no_exit_code_that_there_is_not() -> None:
    table = read("docs/commands.md").partition("\n## Exit codes\n")[2].partition("\n## ")[0]
    shown = {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)}

    assert shown == {code for code, _ in EXIT_CODES}


@pytest.mark.parametrize(
    ("words", "nearest"),
    [
        (["tema"], "Did you mean 'team'?"),
        (["key", "rotat"], "Did you mean 'rotate'?"),
        (["help", "chekc"], "Did you mean 'check'?"),
        (["import", "x.csv", "--dryrun"], "Did you mean '--dry-run'?"),
        (["serve", "--theads", "1"], "Did you mean '--threads'?"),
        (["key", "create", "acme", "--type", "secrte"], "'secret'"),
    ],
)
def test_a_misspelt_word_is_answered_with_the_nearest(words: list[str], nearest: str) -> None:
    result = run(*words)

    assert result.exit_code == 2 and nearest in result.stderr


def test_the_help_of_a_command_below_none_is_refused() -> None:
    result = run("help", "team", "list", "now")

    assert result.exit_code == 2
    assert result.stderr == "cstar: cstar team list has no commands of its own, such as now\n"


def test_no_command_shows_the_list_by_purpose(tmp_path: Path) -> None:
    result = run()

    assert result.exit_code == 2
    assert result.stderr == run("--help").stdout
