"""For which machines and Pythons compiled files are."""

import platform
import re
import sys
from collections.abc import Iterable

_GLIBC = re.compile(rb"GLIBC_2\.(\d+)\b")


def python_tag() -> str:
    """The Python that runs, as names of files have it: `cp311`."""
    return f"cp{sys.version_info.major}{sys.version_info.minor}"


def machine() -> str:
    """The kind of processor, such as `x86_64`."""
    return platform.machine()


def glibc(programs: Iterable[bytes]) -> str:
    """The oldest glibc that has everything these programs and libraries ask of one: `2.35`."""
    minors = (int(each) for program in programs for each in _GLIBC.findall(program))
    return f"2.{max(minors, default=0)}"
