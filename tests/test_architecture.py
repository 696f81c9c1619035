"""What the code may import, read and grow to: the architecture, held by tests."""

import ast
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from graphlib import TopologicalSorter
from itertools import permutations
from pathlib import Path

import pytest

pytestmark = pytest.mark.no_cover

ROOT = Path(__file__).parents[1]
PACKAGES = ("cstar_core", "cstar_web")

# Lowest first: a module imports only from layers below its own.
LAYERS = (
    ("engine",),
    ("errors", "clock", "ids", "versions"),
    ("checks", "words", "values", "files", "beside", "surroundings", "signatures", "html_text"),
    (
        "tags",
        "metadata",
        "fields",
        "pages",
        "addresses",
        "highlighting",
        "placeholders",
        "file_names",
    ),
    ("letters",),
    ("tables",),
    ("store", "scope"),
    ("migrations",),
    ("events", "documents", "facets", "counters", "blobs"),
    ("listing", "indexed", "importing", "external_ids", "attached", "mail_delivery"),
    ("search",),
    ("teams", "roles", "link_secrets"),
    ("keys", "members", "custom_fields", "webhooks"),
    ("customers", "sign_ins", "mailboxes"),
    ("tickets",),
    ("canned_replies", "drafts", "presence", "reply_addresses", "attachments"),
    ("mail_out",),
    ("mail",),
    ("messages", "views", "figures", "idempotency", "inspection", "reindexing"),
    ("ticket_links",),
    ("customer_form",),
    ("backups", "exports", "imports", "upgrading"),
    ("reports",),
    ("workspace",),
    ("helpdesk",),
    ("__init__",),
)
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}

FUNCTION_MAX = 50
SHORT_FUNCTION = 25
SHORT_SHARE = 0.9
FILE_MAX = 400

WALL_CLOCKS = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("time", "time_ns"),
}
ONLY_CLOCK = "cstar_core/clock.py"
ONLY_ENVIRONMENT = "cstar_web/settings.py"
CLIENTS = (
    *("urllib.request", "http.client", "ftplib", "imaplib", "poplib", "smtplib", "ssl", "xmlrpc"),
    *("aiohttp", "httpx", "requests", "urllib3", "websocket", "asyncio"),
)
LISTENING = (
    *("cstar_web/cli/serve.py", "cstar_web/cli/screen.py", "cstar_web/notifying.py"),
    *(f"cstar_web/server/{name}.py" for name in ("__init__", "channel", "listener", "processes")),
)
# What asks a cStar server, from another program.
ASKING = "cstar_web/client/"
# What connects to other machines: to send webhooks, and to fetch and send mail.
SENDING = ("cstar_web/connecting.py", "cstar_web/sending.py", "cstar_web/mail/")
# What knows SQLite, its files and errors, and what asks it in SQL of its own. architecture.md says
# why; everything else is written in Peewee.
ENGINE = "cstar_core/engine.py"
OPENING = (
    *("store/connections", "store/store", "store/transaction", "store/writer"),
    *("migrations/copying", "migrations/log", "migrations/refusing", "migrations/running"),
    *("backups/files", "backups/restoring", "backups/verifying", "upgrading"),
    *("inspection", "versions", "indexed", "imports/seen"),
)
SPEAKING = (
    *("store/transaction", "documents", "search", "indexed", "counters", "reindexing"),
    *("inspection", "figures", "helpdesk", "backups/files", "backups/verifying"),
    *("exports/loading", "exports/taking", "tickets/merging", "listing/walked", "reports/walks"),
)
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError|NotImplemented)\b")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One Python file of the project."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def module(self) -> str:
        """Its dotted name; a package's is that of its ``__init__``."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def part(self) -> str:
        """The module of the core, or the package, to which it belongs."""
        return self.path.split("/")[1].removesuffix(".py")

    @cached_property
    def functions(self) -> list[Function]:
        return [node for node in ast.walk(self.tree) if isinstance(node, Function)]

    @cached_property
    def imported(self) -> frozenset[str]:
        return frozenset(imports(self.tree))

    @cached_property
    def read(self) -> frozenset[tuple[str, str]]:
        return frozenset(reads(self.tree))


@cache
def sources(folder: str) -> tuple[Source, ...]:
    found = []
    for path in sorted((ROOT / folder).rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        found.append(Source(path.relative_to(ROOT).as_posix(), text))
    return tuple(found)


CORE = sources("cstar_core")
WEB = sources("cstar_web")
BOTH = CORE + WEB
TESTS = sources("tests")
MODULES = {source.module for source in BOTH}


def offenders(among: Iterable[Source], rule: Callable[[Source], object]) -> dict[str, object]:
    """What a rule finds against each file; nothing where all is well."""
    return {source.path: found for source in among if (found := rule(source))}


def imports(tree: ast.AST) -> Iterator[str]:
    """The modules that are imported; a name that is a module of ours counts as that module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where they lead"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in MODULES else str(node.module)


def own_imports(source: Source, package: str) -> set[str]:
    return {name for name in source.imported if name.partition(".")[0] == package}


def packages(source: Source) -> set[str]:
    """The packages that a file imports of."""
    return {name.partition(".")[0] for name in source.imported}


def lines(node: Function) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def reads(tree: ast.AST) -> set[tuple[str, str]]:
    """Every ``name.attribute`` that is read, and every name imported from a module."""
    nodes = list(ast.walk(tree))
    renamed = {
        alias.asname: alias.name.rpartition(".")[2]
        for node in nodes
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
        if alias.asname
    }
    found: set[tuple[str, str]] = set()
    for node in nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found.add((renamed.get(node.value.id, node.value.id), node.attr))
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute):
            found.add((node.value.attr, node.attr))
        elif isinstance(node, ast.ImportFrom):
            found |= {(str(node.module), alias.name) for alias in node.names}
    return found


def public(tree: ast.Module | ast.ClassDef) -> Iterator[Function | ast.ClassDef]:
    """The public functions and classes, with the public methods of the latter."""
    for node in tree.body:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
            if node.name == "Meta":  # how Peewee is told of a table
                continue
            yield node
            if isinstance(node, ast.ClassDef):
                yield from public(node)


# --- imports


def test_every_module_of_the_core_has_a_layer() -> None:
    assert {source.part for source in CORE} == set(LEVEL)


def test_a_module_of_the_core_imports_only_lower_layers() -> None:
    def higher(source: Source) -> set[str]:
        return {
            name
            for name in own_imports(source, "cstar_core")
            if name.split(".")[1:2] != [source.part]
            and LEVEL[[*name.split("."), "__init__"][1]] >= LEVEL[source.part]
        }

    assert offenders(CORE, higher) == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_no_module_imports_itself_by_a_detour(package: str) -> None:
    graph = {source.module: own_imports(source, package) for source in sources(package)}
    assert list(TopologicalSorter(graph).static_order())


def test_the_core_needs_only_the_standard_library_and_peewee() -> None:
    def other(source: Source) -> set[str]:
        chosen = {"pysqlite3"} if source.path == ENGINE else set()
        return packages(source) - sys.stdlib_module_names - {"peewee", "cstar_core"} - chosen

    assert offenders(CORE, other) == {}


def test_only_one_module_chooses_the_sqlite() -> None:
    engines = {"sqlite3", "pysqlite3", "cysqlite", "dbm", "shelve"}
    assert set(offenders(BOTH, lambda one: packages(one) & engines)) == {ENGINE}


def test_the_modules_that_know_sqlite_are_listed() -> None:
    opening = {one.path for one in CORE if "cstar_core.engine" in one.imported}
    assert opening == {f"cstar_core/{name}.py" for name in OPENING}
    words = re.compile(r"\.(sql|write_sql|write_many_sql)\([^)]|INDEXED BY [\"{]")
    speaking = {one.path for one in CORE if words.search(one.text)}
    assert speaking == {f"cstar_core/{name}.py" for name in SPEAKING}


def test_the_web_uses_only_public_names_of_the_core() -> None:
    inner = offenders(WEB, lambda one: own_imports(one, "cstar_core") - {"cstar_core"})
    assert inner == {}


@pytest.mark.parametrize(
    ("room", "other"),
    [
        (f"cstar_web/{room}/", f"cstar_web.{other}")
        for room, other in permutations(("inbox", "portal", "v1"), 2)
    ],
)
def test_pages_and_api_do_not_know_each_other(room: str, other: str) -> None:
    rooms = [source for source in WEB if source.path.startswith(room)]
    assert rooms
    assert offenders(rooms, lambda one: [name for name in one.imported if other in name]) == {}


def test_the_web_does_not_touch_the_database() -> None:
    engines = {"peewee", "playhouse", "sqlite3", "cysqlite"}
    assert offenders(WEB, lambda one: packages(one) & engines) == {}


def test_nothing_asks_another_host() -> None:
    others = [each for each in BOTH if not each.path.startswith((ASKING, *SENDING))]

    def asking(source: Source) -> set[str]:
        # A socket is opened to listen on, and by nobody else.
        socket = set() if source.path in LISTENING else {"socket"} & source.imported
        return {name for name in source.imported if name.startswith(CLIENTS)} | socket

    assert offenders(others, asking) == {}


def test_the_client_needs_only_the_standard_library() -> None:
    own = ASKING[:-1].replace("/", ".")
    known = {"cstar_web.names", "cstar_web.release"}

    def foreign(source: Source) -> set[str]:
        used = {name for name in source.imported - known if not name.startswith(own)}
        return {name for name in used if name.partition(".")[0] not in sys.stdlib_module_names}

    assert offenders(sources(ASKING), foreign) == {}


def test_nothing_else_needs_the_client() -> None:
    others = [each for each in WEB if not each.path.startswith(ASKING)]

    def needing(source: Source) -> set[str]:
        return {name for name in own_imports(source, "cstar_web") if ".client" in name}

    assert offenders(others, needing) == {}


def test_nothing_is_imported_inside_a_function() -> None:
    def inside(source: Source) -> list[str]:
        return [name for function in source.functions for name in imports(function)]

    assert offenders(BOTH, inside) == {}


def test_no_import_is_for_type_checkers_alone() -> None:
    assert offenders(BOTH, lambda one: "TYPE_CHECKING" in one.text) == {}


# --- what is read of the world outside


def test_only_the_settings_read_the_environment() -> None:
    environment = {("os", "environ"), ("os", "environb"), ("os", "getenv")}
    assert set(offenders(BOTH, lambda one: environment & one.read)) == {ONLY_ENVIRONMENT}


def test_only_the_clock_reads_the_time() -> None:
    assert set(offenders(BOTH, lambda one: WALL_CLOCKS & one.read)) == {ONLY_CLOCK}


# --- size and words


def test_no_function_is_long() -> None:
    def long(source: Source) -> dict[str, int]:
        sizes = {node.name: lines(node) for node in source.functions}
        return {name: size for name, size in sizes.items() if size > FUNCTION_MAX}

    assert offenders(BOTH, long) == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_most_functions_are_short(package: str) -> None:
    sizes = [lines(node) for source in sources(package) for node in source.functions]
    assert sum(size <= SHORT_FUNCTION for size in sizes) >= SHORT_SHARE * len(sizes)


def test_no_file_is_long() -> None:
    sizes = {one.path: len(one.text.splitlines()) for one in BOTH}
    assert {path: size for path, size in sizes.items() if size > FILE_MAX} == {}


def test_every_module_says_what_it_is() -> None:
    assert [each.path for each in BOTH + TESTS if not ast.get_docstring(each.tree)] == []


def test_every_public_function_and_class_of_the_core_says_what_it_does() -> None:
    def silent(source: Source) -> list[str]:
        return [node.name for node in public(source.tree) if not ast.get_docstring(node)]

    assert offenders(CORE, silent) == {}


def test_nothing_is_left_unfinished() -> None:
    assert offenders(BOTH, lambda one: UNFINISHED.findall(one.text)) == {}


# --- the tests themselves

CASES = [source for source in TESTS if source.path.rpartition("/")[2].startswith("test_")]


def test_a_test_module_of_the_core_is_named_after_what_it_tests() -> None:
    names = {
        source.path.rpartition("/test_")[2].removesuffix(".py")
        for source in CASES
        if source.path.startswith("tests/core/")
    }
    known = {name for name in names for part in LEVEL if f"{name}_".startswith(f"{part}_")}
    assert names - known == set()


def calls(tree: ast.AST) -> set[str]:
    """The names of the functions and methods that are called."""
    found = {node.func for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return {node.id if isinstance(node, ast.Name) else getattr(node, "attr", "") for node in found}


@cache
def asserting() -> frozenset[str]:
    """The names of what asserts: of pytest, of validators, and of the tests' own functions."""
    helpers = [
        function
        for source in TESTS
        for function in source.functions
        if not function.name.startswith("test_")
    ]
    plain = {
        node.name
        for node in helpers
        if any(isinstance(inner, ast.Assert) for inner in ast.walk(node))
    }
    known = {"raises", "fail", "validate", "call_and_validate", *plain}
    return frozenset(known | {node.name for node in helpers if calls(node) & known})


def test_every_test_asserts_something() -> None:
    def idle(source: Source) -> list[str]:
        return [
            function.name
            for function in source.functions
            if function.name.startswith("test_")
            and not any(isinstance(node, ast.Assert) for node in ast.walk(function))
            and not calls(function) & asserting()
        ]

    assert offenders(CASES, idle) == {}


def test_the_name_of_a_test_stands_once_in_its_module() -> None:
    def twice(source: Source) -> set[str]:
        names = [node.name for node in source.functions if node.name.startswith("test_")]
        return {name for name in names if names.count(name) > 1}

    assert offenders(CASES, twice) == {}
