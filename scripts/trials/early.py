"""A server that answers before its writes are where they belong: the control of killing it.

It serves a copy of the file, and brings the file itself up to date once a second.
"""

import importlib
import os
import shutil
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from cstar_core import Helpdesk
from cstar_web.__main__ import main as cstar

_EVERY = 1.0


class EarlyDesk(Helpdesk):
    """A desk that works on a copy."""

    @classmethod
    def open(cls, path: str | os.PathLike[str], **how: Any) -> Any:
        """Copy the file, open the copy, and copy it back again and again."""
        copy = f"{path}.copy"
        for left in Path(copy).parent.glob(f"{Path(copy).name}*"):
            left.unlink()
        _copy(str(path), copy)
        desk = super().open(copy, **how)
        threading.Thread(target=_copy_back, args=(copy, str(path)), daemon=True).start()
        return desk


def _copy(source: str, target: str) -> None:
    with closing(sqlite3.connect(source)) as read, closing(sqlite3.connect(target)) as write:
        read.backup(write)


def _copy_back(copy: str, path: str) -> None:
    while True:
        time.sleep(_EVERY)
        whole = f"{path}.whole"
        _copy(copy, whole)
        shutil.move(whole, path)


def main() -> None:
    """Run `cstar` with the arguments given, on such a desk."""
    vars(importlib.import_module("cstar_web.cli.serve"))["Helpdesk"] = EarlyDesk
    cstar()


if __name__ == "__main__":
    main()
