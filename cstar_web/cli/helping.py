"""The commands about the command line itself: help, completion, man."""

from collections.abc import Sequence

import click
from click.shell_completion import CompletionItem, ShellComplete, get_completion_class

from cstar_web.cli.base import Usage, say
from cstar_web.cli.command import COMPLETE_VAR, Command
from cstar_web.cli.manual import manual

_NAME = "cstar"
SHELLS = ("bash", "zsh", "fish")


def _subcommands(
    context: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """The commands that may come next after `cstar help`."""
    try:
        found = _find(context.find_root(), context.params.get("path") or ()).command
    except (click.UsageError, Usage):
        return []
    names = found.commands if isinstance(found, click.Group) else ()
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


@click.command(
    "help",
    cls=Command,
    short_help="Tell how a command is used.",
    examples=("cstar help", "cstar help key create"),
)
@click.argument("path", metavar="[COMMAND]...", nargs=-1, shell_complete=_subcommands)
@click.pass_context
def help_(context: click.Context, path: tuple[str, ...]) -> None:
    """Tell how a COMMAND is used, as its --help does, or list them all."""
    say(_find(context.find_root(), path).get_help())


def _find(root: click.Context, path: Sequence[str]) -> click.Context:
    """The context of a command, as if it had been typed; raises UsageError for one there is not."""
    found = root
    for name in path:
        if not isinstance(found.command, click.Group):
            raise Usage(f"{found.command_path} has no commands of its own, such as {name}")
        _, command, _ = found.command.resolve_command(found, [name])
        if command is None:  # only while a shell completes; it raises otherwise
            raise Usage(f"{found.command_path} has no command {name}")
        found = click.Context(command, found, name, help_option_names=root.help_option_names)
    return found


@click.command(
    cls=Command,
    short_help="Print a script that completes commands in a shell.",
    examples=(
        "cstar completion bash > /usr/share/bash-completion/completions/cstar",
        "cstar completion zsh > /usr/local/share/zsh/site-functions/_cstar",
        "cstar completion fish > ~/.config/fish/completions/cstar.fish",
        'eval "$(cstar completion bash)"  # for this shell alone',
    ),
)
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script with which SHELL completes what is typed after cstar.

    It asks cstar itself, so it stays right after an upgrade.
    """
    found = get_completion_class(shell)
    assert found is not None  # noqa: S101 - click knows each of SHELLS
    # Not bash's own `source`: it runs the bash of this machine, to look at its version.
    script = ShellComplete.source(found(context.find_root().command, {}, _NAME, COMPLETE_VAR))
    say(script.rstrip("\n"))


@click.command(
    cls=Command,
    short_help="Print the manual page.",
    examples=("cstar man | man -l -", "cstar man > /usr/local/share/man/man1/cstar.1"),
)
@click.pass_context
def man(context: click.Context) -> None:
    """Print the manual page cstar(1), as man reads it."""
    say(manual(context.find_root()).rstrip("\n"))
