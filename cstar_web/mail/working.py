"""The process that reads letters for `worker`: tasks on its input, answers on its output."""

import json
import os
import re
import resource
import signal
import sys
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import Any, BinaryIO

from cstar_core import Letter, Unreadable, dump_letter, html_to_text, read_letter
from cstar_web.mail.task import LETTER, NUMBER, READY, UNREADABLE, Task

_FILES_MAX = 32
# Tables are laid out in the square of their cells.
_CELL = re.compile("<t[adhr]", re.IGNORECASE)
_CELLS_MAX = 5_000
_GAPS = "\n\n\n"

_lay_out: Callable[[str], str] | None = None
if find_spec("inscriptis"):
    from inscriptis import get_text
    from inscriptis.model.config import ParserConfig
    from inscriptis.model.css import CssParse

    def _style(style: str, element: Any) -> None:
        """Hide what is hidden. A margin of a mile would be that many lines."""
        for each in style.lower().split(";"):
            name, _, value = each.partition(":")
            if name.strip() == "display" and value.strip().startswith("none"):
                CssParse.attr_display("none", element)

    _config = ParserConfig()
    _config.attribute_handler.attribute_mapping = {"style": _style}
    _lay_out = partial(get_text, config=_config)


def main() -> None:
    """Read one letter after another, until the input ends."""
    # Nothing is written to files, and no core is left of what customers wrote.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_FILES_MAX, _FILES_MAX))
    source, target = sys.stdin.buffer, sys.stdout.buffer
    target.write(READY)
    target.flush()
    while (size := source.read(NUMBER)) and len(size) == NUMBER:
        told = json.loads(source.read(int.from_bytes(size, "big")))
        task = Task(**told | {"trusted": tuple(told["trusted"])})
        kind, said = _answer(task, source)
        target.write(kind + len(said).to_bytes(NUMBER, "big"))
        target.write(said)
        target.flush()
        # Before the next is waited for, so that the memory of this one is free.
        del said


def _answer(task: Task, source: BinaryIO) -> tuple[bytes, bytes]:
    raw = source.read(task.size)
    if len(raw) < task.size:
        sys.exit(1)
    try:
        _limit(task)
        return LETTER, dump_letter(_read(task, raw))
    except Unreadable as error:
        return UNREADABLE, json.dumps([error.code, error.reason]).encode()
    except MemoryError:
        why = f"takes more than {task.memory // 1024 // 1024} MB of memory to read"
        return UNREADABLE, json.dumps(["too_much_memory", why]).encode()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _read(task: Task, raw: bytes) -> Letter:
    to_text = html_to_text if task.is_plain else text_of
    return read_letter(raw, html_to_text=to_text, trusted=task.trusted)


def _limit(task: Task) -> None:
    """Let the system end this process beyond the limits, whatever it is busy with."""
    used = os.times()
    seconds = int(used.user + used.system + task.budget) + 2
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, most))
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (task.memory, most))
    signal.setitimer(signal.ITIMER_PROF, task.budget)


def text_of(html: str) -> str:
    """The text of HTML as a browser would lay it out, or at least its words."""
    if _lay_out is None or len(_CELL.findall(html)) > _CELLS_MAX:
        return html_to_text(html)
    try:
        text = _lay_out(html)
    except (ValueError, TypeError, AttributeError, LookupError, AssertionError, RecursionError):
        # It takes no declaration of an encoding, and trips over what no browser shows.
        return html_to_text(html)
    lines = "\n".join(line.rstrip() for line in text.replace("\xa0", " ").split("\n"))
    while _GAPS in lines:
        lines = lines.replace(_GAPS, "\n\n")
    return lines.strip("\n")


if __name__ == "__main__":
    main()
