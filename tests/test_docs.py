"""The documents: their examples run, their answers are real, and nothing is left out of them."""

import inspect
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import pytest
from flask import Flask

import cstar_core
from cstar_core import EVENT_TYPES, Helpdesk
from cstar_web import client
from cstar_web.app import create_app
from cstar_web.cli import main
from cstar_web.errors import ERRORS
from cstar_web.mcp.tools import Tool, tools
from cstar_web.operations import Operation, operations
from cstar_web.settings import SETTINGS, Settings
from cstar_web.shapes import public_names

ROOT = Path(__file__).parents[1]
DOCUMENTS = (
    *("README.md", "docs/api.md", "docs/client.md", "docs/library.md", "docs/mcp.md"),
    *("docs/exporting.md", "docs/importing.md", "docs/operating.md", "docs/webhooks.md"),
)
LINKED = (
    *(*DOCUMENTS, "docs/architecture.md", "docs/performance.md", "docs/reliability.md"),
    *("docs/security.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"),
)
URL = "http://127.0.0.1:8000"
TEAM_PATH = "/api/v1/teams/{team}"
ANYTHING = "…"

_FENCE = re.compile(r"^```(\w+)(?: (skip))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ID = re.compile(r"\b(team|tkt|msg|cus|cf|mem|key|evt|req|whk|dlv)_[0-9a-f]{32}\b")
_KEY = re.compile(r"\b([sp]k_(?:live|test))_(?:your_key\b|[A-Za-z0-9]{32}\b)")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_CURSOR = re.compile(r"\bWy[A-Za-z0-9_-]{20,}")
_ASSIGNED = re.compile(r"^([A-Z]+)=", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")


@dataclass(frozen=True)
class Block:
    """One fenced block: its language, its text, and where it stands."""

    language: str
    text: str
    line: int
    skipped: bool


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(name: str) -> list[Block]:
    text = read(name)
    return [
        Block(m[1], m[3], text.count("\n", 0, m.start()) + 1, m[2] is not None)
        for m in _FENCE.finditer(text)
    ]


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
            env={**os.environ, "PYTHONPATH": str(ROOT), "PATH": path},
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
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


@pytest.mark.parametrize("name", LINKED)
def test_no_document_holds_what_a_merge_left_behind(name: str) -> None:
    assert re.findall(r"^(?:<{7}|={7}$|>{7}).*", read(name), re.MULTILINE) == []


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    with Helpdesk.open(tmp_path_factory.mktemp("docs") / "desk.db") as desk:
        yield create_app(desk, Settings())


def api_operations(app: Flask) -> list[Operation]:
    return [each for each in operations(app) if each.path.startswith("/api/")]


def section(operation: Operation) -> str:
    """What docs/api.md says under the heading that names the operation."""
    text = _FENCE.sub(lambda m: m[0].replace("\n#", "\n "), read("docs/api.md"))
    path = operation.path.removeprefix(TEAM_PATH)
    for part in re.split(r"^(?=#{2,3} )", text, flags=re.MULTILINE):
        heading, _, body = part.partition("\n")
        if f"`{operation.method} {path}`" in heading:
            return body
    pytest.fail(f"docs/api.md has no section for {operation.method} {path}")


def test_every_route_stands_in_the_documents(app: Flask) -> None:
    listed = read("docs/api.md")
    routes = {
        f"`{method} {re.sub('<(?:[a-z_]+:)?([a-z_]+)>', '{}', rule.rule)}`"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if "static" not in rule.rule
    }
    shown = set(re.findall(r"`[A-Z]+ /[^`]*`", re.sub(r"\{\w+\}", "{}", listed)))
    assert routes <= shown, routes - shown


def test_every_parameter_stands_in_the_section_of_its_operation(app: Flask) -> None:
    for operation in api_operations(app):
        text = section(operation)
        shapes = filter(None, (operation.query, operation.body))
        for name in (each for shape in shapes for each in public_names(shape).values()):
            assert f"`{name}" in text, f"{operation.method} {operation.path}: {name}"


def test_every_limit_and_choice_of_a_body_stands_in_its_section(app: Flask) -> None:
    for operation in api_operations(app):
        if operation.body is None:
            continue
        text = section(operation)
        for field in operation.body.load_fields.values():
            facts = [f"{n:,}" for n in [field.metadata.get("maxLength")] if n]
            facts += [f"`{choice}`" for choice in field.metadata.get("enum", ())]
            assert all(fact in text for fact in facts), f"{operation.name}: {field.name} {facts}"


def test_every_operation_says_which_key_it_needs(app: Flask) -> None:
    for operation in api_operations(app):
        row = f"| `{operation.method} {operation.path}` | {operation.key} |"
        assert row in read("docs/api.md")


@pytest.mark.parametrize("code", ERRORS)
def test_every_error_code_stands_in_the_documents_with_its_status_and_type(code: str) -> None:
    kind = ERRORS[code]
    row = re.search(rf"^\| (.+) \| `{kind.type}` \| `{code}` \|", read("docs/api.md"), re.M)
    assert row and str(kind.status) in row[1]


@pytest.mark.parametrize("type", EVENT_TYPES)
def test_every_event_type_stands_in_the_documents(type: str) -> None:
    assert f"`{type}`" in read("docs/api.md")


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_setting_stands_in_the_documents_with_its_default(setting: Any) -> None:
    default = f"`{setting.default}`" if setting.default else "(none)"
    row = f"| `{setting.env}` | `{setting.flag}` | {default} |"
    assert row in read("docs/operating.md")


_TEST = re.compile(r"`(tests/\S+\.py)::(\w+)`")


def test_every_test_that_the_documents_name_exists() -> None:
    named = [each for document in LINKED for each in _TEST.findall(read(document))]
    assert len(named) > 40
    assert [name for file, name in named if f"def {name}(" not in read(file)] == []


def test_every_risk_of_the_list_names_tests() -> None:
    parts = re.split(r"^### ", read("docs/security.md"), flags=re.MULTILINE)[1:]
    assert [part[: part.index(":")] for part in parts] == [f"API{n}" for n in range(1, 11)]
    assert all(_TEST.search(part) for part in parts)


def commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


@pytest.mark.parametrize(("path", "command"), list(commands(main, "cstar")))
def test_every_command_stands_in_the_documents_with_its_options(
    path: str, command: click.Command
) -> None:
    text = read("docs/operating.md")
    row = re.search(rf"^\| `{path}\b.*$", text, re.MULTILINE)
    assert row
    shared = {"--json", "--database", "--help"} | {setting.flag for setting in SETTINGS}
    options = {option for each in command.params for option in each.opts if option.startswith("--")}
    assert all(option in row[0] for option in options - shared)


@pytest.mark.parametrize("name", cstar_core.__all__)
def test_every_public_name_of_the_library_stands_in_its_document(name: str) -> None:
    assert re.search(rf"\b{name}\b", read("docs/library.md"))


def public_methods() -> Iterator[str]:
    """The methods of a desk, of its rooms and of a workspace's, as one writes their calls."""
    source = read("cstar_core/helpdesk.py")
    for name in re.findall(r"self\.(\w+) = [A-Z]\w+\(store", source):
        room = {"idempotency": "Idempotency"}.get(name, name.title().replace("_", ""))
        for method in vars(room_class(room)):
            if not method.startswith("_"):
                yield f"{name}.{method}"
    for method in vars(Helpdesk):
        if not method.startswith("_"):
            yield method


@pytest.mark.parametrize("tool", tools(allow_write=True), ids=lambda tool: tool.name)
def test_every_tool_of_an_assistant_stands_in_its_document(tool: Tool) -> None:
    row = re.search(rf"^\|[^|]*`{tool.name}`[^|]*\|(.*)\|$", read("docs/mcp.md"), re.MULTILINE)
    assert row and ("With `--allow-write`" in row[1]) is tool.writes


@pytest.mark.parametrize("name", client.__all__)
def test_every_public_name_of_the_client_stands_in_its_document(name: str) -> None:
    assert re.search(rf"\b{name}\b", read("docs/client.md"))


def test_every_call_and_option_of_the_client_stands_in_its_document() -> None:
    text = read("docs/client.md")
    with client.Client(URL, "sk_live_your_key") as desk:
        for name, resource in vars(desk).items():
            if not name.startswith("_"):
                calls = [each for each in dir(resource) if callable(getattr(resource, each))]
                shown = [each for each in calls if not each.startswith("_") and each != "kind"]
                assert shown
                assert all(f"desk.{name}.{call}(" in text for call in shown), name
    options = inspect.signature(client.Client).parameters
    assert all(f"| `{option}` |" in text for option in options)


def room_class(name: str) -> type:
    helpdesk = sys.modules["cstar_core.helpdesk"]
    return next(each for title, each in inspect.getmembers(helpdesk) if title == name)


@pytest.mark.parametrize("call", list(public_methods()))
def test_every_method_of_the_library_stands_in_its_document(call: str) -> None:
    assert f"{call}(" in read("docs/library.md")
