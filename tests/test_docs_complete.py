"""Nothing is left out of the documents: routes, settings, commands, names."""

import inspect
import re
import sys
from collections.abc import Iterator
from typing import Any

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
from tests.documents import FENCE, LINKED, read

URL = "http://127.0.0.1:8000"
TEAM_PATH = "/api/v1/teams/{team}"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    with Helpdesk.open(tmp_path_factory.mktemp("docs") / "desk.db") as desk:
        yield create_app(desk, Settings())


def api_operations(app: Flask) -> list[Operation]:
    return [each for each in operations(app) if each.path.startswith("/api/")]


def section(operation: Operation) -> str:
    """What docs/api.md says under the heading that names the operation."""
    text = FENCE.sub(lambda m: m[0].replace("\n#", "\n "), read("docs/api.md"))
    path = operation.path.removeprefix(TEAM_PATH)
    for part in re.split(r"^(?=#{2,3} )", text, flags=re.MULTILINE):
        heading, _, body = part.partition("\n")
        if f"`{operation.method} {path}`" in heading:
            return body
    pytest.fail(f"docs/api.md has no section for {operation.method} {path}")


def test_every_route_stands_in_the_documents(app: Flask) -> None:
    listed = read("docs/api.md") + read("docs/inbox.md") + read("docs/customers.md")
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
    default = f"`{setting.default}`" if setting.default else setting.otherwise or "(none)"
    row = f"| `{setting.env}` | `{setting.flag}` | {default} |"
    assert row in read("docs/settings.md")


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
    text = read("docs/commands.md")
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
    source = read("cstar_core/helpdesk.py") + read("cstar_core/workspace.py")
    for name, room in re.findall(r"self\.(\w+) = ([A-Z]\w+)\((?:store|settings)", source):
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
    modules = (sys.modules[f"cstar_core.{each}"] for each in ("helpdesk", "workspace"))
    return next(getattr(each, name) for each in modules if hasattr(each, name))


@pytest.mark.parametrize("call", list(public_methods()))
def test_every_method_of_the_library_stands_in_its_document(call: str) -> None:
    assert f"{call}(" in read("docs/library.md")
