"""An operation of the API: one declaration that makes both the route and its place in the specification."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from flask import Blueprint, Flask
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from marshmallow import Schema

KeyPolicy = Literal["secret", "any", "none"]
View = Callable[..., ResponseReturnValue]

_REGISTRY = "cstar.operations"
_PARAMETER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What one method on one path takes, answers and needs; no route of the API exists without one."""

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
    many: bool = False
    paged: bool = False
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
        return _PARAMETER.sub(lambda match: f"<{_snake(match[1])}>", self.path)


def operations(app: Flask) -> tuple[Operation, ...]:
    """Every operation the app answers, in the order they were declared."""
    return tuple(app.extensions.get(_REGISTRY, ()))


def operation(blueprint: Blueprint, declared: Operation) -> Callable[[View], View]:
    """Bind a view to the route that `declared` describes."""

    def bind(view: View) -> View:
        blueprint.add_url_rule(
            declared.rule, endpoint=declared.name, view_func=view, methods=[declared.method]
        )
        blueprint.record(lambda state: _remember(state, declared))
        return view

    return bind


def _remember(state: BlueprintSetupState, declared: Operation) -> None:
    state.app.extensions.setdefault(_REGISTRY, []).append(declared)


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()
