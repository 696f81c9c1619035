"""What pictures are taken with: the demo served at a fixed time, a browser, and fonts."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Without faketime it is the present, and dates in the pictures change from one run to the next.
NOON = "@2026-03-03 12:00:00"
# The families that the pages are shown in, and the packages that have them.
FAMILIES = {
    "Inter": "fonts-inter",
    "Noto Sans CJK JP": "fonts-noto-cjk",
    "DejaVu Sans": "fonts-dejavu-core",
    "Noto Color Emoji": "fonts-noto-color-emoji",
}
# What a desktop does that has a font of its own for its programs.
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
<include ignore_missing="yes">/etc/fonts/fonts.conf</include>
{matches}
</fontconfig>
"""
MATCH = """<match><test name="family"><string>{generic}</string></test>
<edit name="family" mode="prepend" binding="strong">{families}</edit></match>
"""
GENERIC = ("system-ui", "sans-serif", "sans")


@dataclass
class Demo:
    """A desk that is served, the link that lets its owner in once, and what the link gave."""

    url: str
    link: str
    signed_in: Any = None


def chromium() -> str | None:
    """The browser of the system."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)


def missing() -> list[str]:
    """The packages without which a picture would have boxes in it."""
    lacks = [] if chromium() else ["chromium"]
    if shutil.which("fc-list") is None:
        return [*lacks, "fontconfig", *FAMILIES.values()]
    told = subprocess.run(["fc-list", ":", "family"], capture_output=True, text=True, check=True)
    known = {family.strip() for line in told.stdout.splitlines() for family in line.split(",")}
    return [*lacks, *(package for family, package in FAMILIES.items() if family not in known)]


def fonts(folder: Path) -> Mapping[str, str]:
    """The environment of a browser that shows pages in the fonts above."""
    file = folder / "fonts.conf"
    families = "".join(f"<string>{family}</string>" for family in FAMILIES)
    matches = "".join(MATCH.format(generic=each, families=families) for each in GENERIC)
    file.write_text(FONTS.format(matches=matches), encoding="utf-8")
    return {**os.environ, "FONTCONFIG_FILE": str(file)}


@contextmanager
def serving(folder: Path) -> Iterator[Demo]:
    """The demo, served as `scripts/serve` does."""
    faked = [found, "-f", NOON] if (found := shutil.which("faketime")) else []
    command = [sys.executable, "-m", "cstar_web", "serve", "--demo", "--json", "--port", "0"]
    environ = {
        **os.environ,
        "CSTAR_DATABASE": str(folder / "desk.db"),
        "CSTAR_CUSTOMER_FORM": "all",
        "CSTAR_ACCESS_LOG": "off",
    }
    with subprocess.Popen(
        [*faked, *command], env=environ, stdout=subprocess.PIPE, start_new_session=True
    ) as server:
        try:
            assert server.stdout is not None
            said = json.loads(server.stdout.readline())
            yield Demo(said["url"], said["inboxUrl"])
        finally:
            # faketime starts the server as a program of its own.
            os.killpg(server.pid, signal.SIGTERM)
