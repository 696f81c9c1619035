"""What a terminal shows while a command takes its time; elsewhere not a byte."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from time import monotonic

import click


def may_show_progress() -> bool:
    """Whether somebody looks: stderr is a terminal, and `--json` was not typed."""
    context = click.get_current_context(silent=True)
    as_json = context is not None and bool(context.params.get("as_json"))
    return not as_json and sys.stderr is not None and sys.stderr.isatty()


@contextmanager
def waiting(doing: str, *, every: float = 1.0) -> Iterator[None]:
    """Tell whoever waits what is done and for how long already, first after `every` seconds."""
    if not may_show_progress():
        yield
        return
    done = Event()
    teller = Thread(target=_tell, args=(doing, every, done), daemon=True)
    teller.start()
    try:
        yield
    finally:
        done.set()
        teller.join()


def _tell(doing: str, every: float, done: Event) -> None:
    begun = monotonic()
    line = ""
    with suppress(OSError):
        while not done.wait(every):
            line = f"{doing} … {monotonic() - begun:,.0f} s"
            click.echo(f"\r{line}", err=True, nl=False)
        if line:
            click.echo(f"\r{' ' * len(line)}\r", err=True, nl=False)
