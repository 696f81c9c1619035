"""An operation of the API: one declaration that makes both the route and its place in the
specification, and the order in which a request is checked."""

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any, Literal

from flask import Blueprint, Flask, Response, request
from flask.blueprints import BlueprintSetupState
from marshmallow import Schema
from werkzeug.routing import BaseConverter

from cstar_core import Invalid, Problem, Workspace
from cstar_web.body import BODY_MAX, parse_object, read_bytes, require_json, require_type
from cstar_web.body_limits import open_body, take_up_to
from cstar_web.bringing import check_files, is_form, mark_of, read_form, store
from cstar_web.calls import Call, open_call, services
from cstar_web.envelope import failure
from cstar_web.errors import refused
from cstar_web.idempotency import fingerprint, idempotency_key, once
from cstar_web.names import snake_case
from cstar_web.params import parse_query
from cstar_web.remote import base_url
from cstar_web.shapes import PROBLEMS_MAX, Shape, arrange, load, public_names, renamed

KeyPolicy = Literal["secret", "any", "none"]
View = Callable[..., Response]
Rules = Callable[[Workspace, Mapping[str, Any]], Iterable[Problem]]

_REGISTRY = "cstar.operations"
_QUERIES_KEPT = 128
_LONG_QUERY = 256
_PARAMETER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What one method on one path takes, answers and needs; every route of the API has one."""

    method: str
    path: str
    name: str
    tag: str
    summary: str
    key: KeyPolicy
    answer: Schema
    description: str = ""
    query: Schema | None = None
    body: Schema | None = None
    # The media type of a body that is not JSON but bytes, `*/*` for any, and how many at most.
    upload: str = ""
    # The part with the JSON of a form, as which the body may come to bring files along, and the
    # member of the JSON that is the message to which they go.
    form: tuple[str, str] | None = None
    body_max: int = BODY_MAX
    many: bool = False
    paged: bool = False
    stream: bool = False
    # Whether it answers with the bytes of a file.
    download: bool = False
    status: int = 200
    etag: bool = False
    conditional: bool = False
    idempotent: bool = False
    errors: tuple[str, ...] = ()

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names in the path, in their order: ("team", "ticketId")."""
        return tuple(_PARAMETER.findall(self.path))

    @property
    def rule(self) -> str:
        """The path as Flask writes it, with the names a view function takes."""
        return _PARAMETER.sub(lambda match: f"<{_converted(match[1])}>", self.path)


def _converted(name: str) -> str:
    """A parameter as Flask writes it; the word bulk is a path itself beside the ids of tickets."""
    return f"beside_bulk:{snake_case(name)}" if name == "ticketId" else snake_case(name)


class Segment(BaseConverter):
    """What a path may name, but for a word that is a path itself beside such names.

    Otherwise a method that /tickets/bulk does not take would be tried on a ticket called bulk.
    """

    regex = r"(?!bulk\Z)[^/]+"
    part_isolating = True


def operations(app: Flask) -> tuple[Operation, ...]:
    """Every operation the app answers, in the order they were declared."""
    return tuple(app.extensions.get(_REGISTRY, ()))


def operation(
    blueprint: Blueprint, declared: Operation, *, rules: Rules | None = None
) -> Callable[[View], View]:
    """Bind a view to the route that `declared` describes.

    `rules` are the core's own for the body: they are asked for the values that have the right
    shape when others have not, so that one answer tells everything.
    """

    def bind(view: View) -> View:
        endpoint = view if declared.key == "none" else _Endpoint(declared, view, rules)
        blueprint.add_url_rule(
            declared.rule, endpoint=declared.name, view_func=endpoint, methods=[declared.method]
        )
        blueprint.record(lambda state: _remember(state, declared))
        return view

    return bind


class _Endpoint:
    """A view behind all the checks, each of which may end the request."""

    def __init__(self, declared: Operation, view: View, rules: Rules | None) -> None:
        self._declared = declared
        self._view = view
        self._rules = rules
        self._query = declared.query or Shape()
        self._names = public_names(declared.body or self._query)
        # Clients ask the same again and again; what a query says depends on nothing else.
        self._read_again = lru_cache(_QUERIES_KEPT)(self._read_query)

    def __call__(self, **ids: str) -> Response:
        if self._declared.method != "GET":
            return self._answer(ids)
        query = request.environ.get("QUERY_STRING", "")
        searching = "search" in query or "%" in query
        # One consistent state for the key and for what it reads, and one transaction less.
        with services().desk.snapshot(search=searching):
            return self._answer(ids)

    def _answer(self, ids: dict[str, str]) -> Response:
        call = open_call(ids.pop("team", None), self._declared.key == "secret")
        query = request.environ.get("QUERY_STRING", "")
        read = self._read_query if len(query) > _LONG_QUERY else self._read_again
        call.query = read(query).copy()
        raw, given = self._read_body(call)
        key = idempotency_key() if self._declared.idempotent else None
        if key is None:
            return self._run(call, given, ids)
        return self._run_once(key, fingerprint(raw), call, given, ids)

    def _read_query(self, query: str) -> dict[str, Any]:
        values, problems = load(self._query, parse_query(query))
        if problems:
            raise refused(arrange(problems, public_names(self._query)))
        return values

    def _read_body(self, call: Call) -> tuple[bytes, dict[str, Any]]:
        if self._declared.upload:
            require_type(self._declared.upload)
            call.upload = open_body(self._declared.body_max)
            return b"", {}
        if self._declared.body:
            if self._declared.form and is_form():
                return self._read_form(call, self._declared.body, *self._declared.form)
            require_json()
            raw = read_bytes()
            return raw, parse_object(raw)
        return (read_bytes() if self._declared.idempotent else b""), {}

    def _read_form(
        self, call: Call, shape: Schema, part: str, message: str
    ) -> tuple[bytes, dict[str, Any]]:
        """JSON with files, which are stored before anything waits for them, if nothing is wrong."""
        with ExitStack() as closing:
            raw, files = read_form(part, closing)
            given = parse_object(raw)
            try:
                if not self._is_repeat(call):
                    values = self._read_values(shape, call.workspace, given, ask=True)
                    check_files(files, values.get(message), self._names[message])
                call.files = store(call.workspace, files)
            except Invalid as error:
                raise refused(error.problems) from error
        return mark_of(raw, call.files), given

    def _is_repeat(self, call: Call) -> bool:
        """Whether an answer is kept for the request, whatever the rules are by now."""
        key = idempotency_key() if self._declared.idempotent else None
        return key is not None and call.workspace.idempotency.find(key) is not None

    def _run(self, call: Call, given: dict[str, Any], ids: dict[str, str]) -> Response:
        if self._declared.body:
            call.body = self._read_values(self._declared.body, call.workspace, given)
        try:
            return self._view(call, **ids)
        except Invalid as error:
            problems = renamed(error.problems, self._names)
            raise refused(arrange(problems, self._names)) from error

    def _read_values(
        self, shape: Schema, workspace: Workspace, given: dict[str, Any], *, ask: bool = False
    ) -> dict[str, Any]:
        values, problems = load(shape, given)
        # A write checks the rules itself; asked for before, they are told along with the shape's
        # problems, and ahead of a version that does not match.
        if self._rules and (ask or problems or "HTTP_IF_MATCH" in request.environ):
            problems += islice(renamed(self._rules(workspace, values), self._names), PROBLEMS_MAX)
        if problems:
            raise refused(arrange(problems, self._names))
        return values

    def _run_once(
        self, key: str, mark: str, call: Call, given: dict[str, Any], ids: dict[str, str]
    ) -> Response:
        held = services()
        with held.in_flight.claim(call.access.key.id, key):
            return once(
                held.desk,
                call.workspace,
                key,
                mark,
                lambda: self._run(call, given, ids),
                lambda refused: failure(refused, base_url(request, held.settings)),
                reserved=request.method == "DELETE",
            )


def _remember(state: BlueprintSetupState, declared: Operation) -> None:
    state.app.extensions.setdefault(_REGISTRY, []).append(declared)
    take_up_to(state.app, f"{state.blueprint.name}.{declared.name}", declared.body_max)
