"""The documents: their examples run, their answers are real, their links lead somewhere."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from cstar_core import Helpdesk
from tests.documents import DOCUMENTS, FENCE, LINKED, ROOT, Block, blocks, read

pytestmark = pytest.mark.no_cover

URL = "http://127.0.0.1:8000"
ANYTHING = "…"

_ID = re.compile(
    r"\b(team|tkt|msg|cus|cf|mem|key|evt|req|whk|dlv|att|eml|mbk|mbx|oml)_[0-9a-f]{32}\b"
)
_KEY = re.compile(r"\b([sp]k_(?:live|test))_(?:your_key\b|[A-Za-z0-9]{32}\b)")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_CURSOR = re.compile(r"\bWy[A-Za-z0-9_-]{20,}")
_ASSIGNED = re.compile(r"^([A-Z]+)=", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")


def in_general(text: str) -> str:
    """A text without what differs from run to run."""
    text = _ID.sub(rf"\1_{ANYTHING}", text)
    text = _KEY.sub(rf"\1_{ANYTHING}", text)
    return _CURSOR.sub("<cursor>", _INSTANT.sub("<instant>", text))


def agree(documented: Any, real: Any) -> bool:
    """Whether an answer is as documented; "…" stands for anything."""
    if documented == ANYTHING:
        return True
    if isinstance(documented, dict) and isinstance(real, dict):
        same_members = documented.keys() == real.keys()
        return same_members and all(agree(documented[name], real[name]) for name in documented)
    if isinstance(documented, list) and isinstance(real, list):
        return len(documented) == len(real) and all(map(agree, documented, real))
    if isinstance(documented, str) and isinstance(real, str):
        return in_general(documented) == in_general(real)
    return bool(documented == real)


def strings(documented: Any, real: Any) -> Iterator[tuple[str, str]]:
    """The texts that stand in the same places of two answers that agree."""
    if isinstance(documented, dict) and isinstance(real, dict):
        for name in documented:
            yield from strings(documented[name], real[name])
    elif isinstance(documented, list) and isinstance(real, list):
        for one, other in zip(documented, real, strict=True):
            yield from strings(one, other)
    elif isinstance(documented, str) and isinstance(real, str):
        yield documented, real


class Reader:
    """Someone who types a document's examples in order, with a server and a key of their own."""

    def __init__(self, folder: Path, url: str, keys: dict[str, str]) -> None:
        self._folder = folder
        self._url = url
        self._names = dict(keys)
        self._assigned: set[str] = set()

    def run(self, block: Block) -> str:
        """What an example prints; a failing one fails the test."""
        if block.language == "python":
            return self._python(block)
        text = self._real(block.text)
        variables = self._folder / "variables.sh"
        before = f"source {variables}" if self._assigned else ""
        self._assigned |= set(_ASSIGNED.findall(text))
        after = f"declare -p {' '.join(self._assigned)} >{variables}" if self._assigned else ""
        script = "\n".join(["set -euo pipefail", before, text, after])
        return self._start(["bash", "-c", script], block)

    def learn(self, documented: str, real: str) -> None:
        """Remember which ids, keys and cursors stand for those that the document shows."""
        for pattern in (_ID, _KEY, _CURSOR):
            shown = [match[0] for match in pattern.finditer(documented)]
            given = [match[0] for match in pattern.finditer(real)]
            if len(shown) == len(given):
                self._names |= zip(shown, given, strict=True)

    def general(self, text: str) -> str:
        """What was printed, as the document would show it."""
        return text.replace(self._url, URL).replace(str(self._folder), "/srv/cstar")

    def _real(self, text: str) -> str:
        for shown, given in self._names.items():
            text = text.replace(shown, given)
        return text.replace(URL, self._url)

    def _python(self, block: Block) -> str:
        file = self._folder / f"test_line_{block.line}.py"
        file.write_text(self._real(block.text), encoding="utf-8")
        is_test = "def test_" in block.text
        how = ["-m", "pytest", "-q", "-p", "no:cacheprovider"] if is_test else ["-W", "error"]
        return self._start([sys.executable, *how, file.name], block)

    def _start(self, command: list[str], block: Block) -> str:
        path = f"{self._folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        ran = subprocess.run(
            command,
            cwd=self._folder,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "PATH": path,
                "STATE_DIRECTORY": str(self._folder),
            },
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert ran.returncode == 0, f"line {block.line}: {ran.stdout}{ran.stderr}"
        return ran.stdout


@contextmanager
def reading(folder: Path) -> Iterator[Reader]:
    """A running server with the team acme, and a reader with keys to it."""
    database = folder / "cstar.db"
    with Helpdesk.open(database) as desk:
        team = desk.teams.create("Acme")
        keys = {
            f"{prefix}_{environment}_your_key": desk.keys.create(
                team.slug, type=type, environment=environment
            ).secret
            for prefix, type in (("sk", "secret"), ("pk", "publishable"))
            for environment in ("live", "test")
        }
    (folder / "bin").mkdir()
    cstar = folder / "bin" / "cstar"
    cstar.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m cstar_web "$@"\n', encoding="utf-8")
    cstar.chmod(0o755)
    command = [cstar, "serve", "--port", "0", "--json", "--database", database]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=folder, env=environ, stdout=subprocess.PIPE) as server:
        try:
            assert server.stdout
            yield Reader(folder, json.loads(server.stdout.readline())["url"], keys)
        finally:
            server.terminate()


def is_shown(reader: Reader, example: Block, printed: str) -> bool:
    """Whether an example printed what the document shows after it."""
    if example.language == "json":
        documented, real = json.loads(example.text), json.loads(printed)
        found = agree(documented, real)
        for pair in strings(documented, real) if found else ():
            reader.learn(*pair)
        return found
    if example.language == "http":
        names = [line.partition(":")[0].lower() for line in example.text.splitlines()]
        return all(name in printed.lower() for name in names)
    reader.learn(example.text, printed)
    return in_general(example.text) == in_general(printed)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_examples_work_and_print_what_is_shown(name: str, tmp_path: Path) -> None:
    printed: str | None = None
    with reading(tmp_path) as reader:
        for block in blocks(name):
            if block.skipped:
                printed = None
            elif block.language in ("bash", "python"):
                printed = reader.run(block)
            elif printed is not None and block.language in ("json", "text", "http"):
                general = reader.general(printed)
                assert is_shown(reader, block, general), f"line {block.line}: {general}"
                printed = None


@pytest.mark.parametrize("name", DOCUMENTS)
def test_most_examples_are_run(name: str) -> None:
    examples = [block for block in blocks(name) if block.language in ("bash", "python")]
    assert sum(block.skipped for block in examples) <= 4
    assert examples


@pytest.mark.parametrize("name", LINKED)
def test_every_link_leads_somewhere(name: str) -> None:
    folder = (ROOT / name).parent
    for match in _LINK.finditer(read(name)):
        link = urlsplit(match[1] or match[2])
        if link.scheme:
            continue
        target = (folder / link.path).resolve() if link.path else ROOT / name
        assert target.exists(), match[0]
        if link.fragment:
            assert link.fragment in anchors(target.read_text(encoding="utf-8")), match[0]


def anchors(text: str) -> set[str]:
    """The names of a document's headings, as a link to one of them is written."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


@pytest.mark.parametrize("name", LINKED)
def test_no_document_holds_what_a_merge_left_behind(name: str) -> None:
    assert re.findall(r"^(?:<{7}|={7}$|>{7}).*", read(name), re.MULTILINE) == []
