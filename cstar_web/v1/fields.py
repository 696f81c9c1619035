"""The fields that shapes are made of: each takes one JSON type, or one form of text, and coerces
nothing. Sizes and choices stand in `metadata` for the specification; the core sees that they hold.
"""

import re
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from marshmallow import ValidationError, fields
from marshmallow.fields import Field

from cstar_core import FIELD_KEY_PATTERN
from cstar_web.names import snake_case
from cstar_web.params import COMPARISONS
from cstar_web.shapes import REQUIRED, Shape, load
from cstar_web.v1.patterns import FILLED, INSTANT_GIVEN, TAG, TAGS, TEXT, one_or_several

_TAGS = "At most 50; repeats, without regard to case, are dropped."
_WHOLE = re.compile(r"-?[0-9]{1,18}\Z", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)\Z", re.ASCII)


class _Strict(Field[Any]):
    """A field that says in one rule what it takes."""

    rule = ""

    def __init__(self, *, filled: bool = False, metadata: Any = None, **options: Any) -> None:
        null = REQUIRED if filled or options.get("required") else self.rule
        messages = {"required": REQUIRED, "null": null, **options.pop("error_messages", {})}
        super().__init__(error_messages=messages, metadata=metadata, **options)

    @abstractmethod
    def read(self, value: Any) -> Any:
        """The value as the core takes it, or a ValueError."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any
    ) -> Any:
        try:
            return self.read(value)
        except ValueError:
            raise ValidationError(self.rule) from None


def _only(value: Any, *types: type) -> Any:
    # True is an int to Python; to JSON it is a boolean and nothing else.
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        raise ValueError
    return value


class Text(_Strict, fields.String):
    """A string; with `filled` it may be absent but not null."""

    rule = "must be a string"

    def __init__(self, *, metadata: Any = None, **options: Any) -> None:
        described = dict(metadata or {})
        if "enum" in described:
            self.rule = f"must be one of: {', '.join(described['enum'])}"
        else:
            required = options.get("required") or options.get("filled")
            described.setdefault("pattern", FILLED if required else TEXT)
        super().__init__(metadata=described, **options)

    def read(self, value: Any) -> str:
        return str(_only(value, str))


class Flag(_Strict, fields.Boolean):
    """True or false."""

    rule = "must be true or false"

    def read(self, value: Any) -> bool:
        return bool(_only(value, bool))


class Whole(_Strict, fields.Integer):
    """An integer; JSON writes 3 also as 3.0."""

    rule = "must be an integer"

    def read(self, value: Any) -> int:
        if isinstance(value, float) and value.is_integer():
            return int(value)
        return int(_only(value, int))


class Object(_Strict, fields.Dict):
    """An object with any members."""

    rule = "must be an object"

    def read(self, value: Any) -> Any:
        return _only(value, dict)


class Strings(_Strict, fields.List[str]):
    """An array of strings."""

    rule = "must be an array of strings"

    def __init__(self, *, items: Mapping[str, Any], **options: Any) -> None:
        super().__init__(cls_or_instance=fields.String(metadata=items), **options)

    def read(self, value: Any) -> Any:
        return _only(value, list)


class Tags(_Strict, fields.Raw):
    """An array of strings, or one string with commas."""

    rule = "must be an array of strings or a comma-separated string"

    def __init__(self, *, data_key: str | None = None, **metadata: Any) -> None:
        array = {"type": "array", "items": {"type": "string", "pattern": TAG}}
        text = {"type": "string", "pattern": TAGS, "description": "Separated by commas."}
        described = {"oneOf": [array, text], "description": _TAGS, **metadata}
        super().__init__(data_key=data_key, metadata=described)

    def read(self, value: Any) -> Any:
        return _only(value, str, list)


class Choices(_Strict, fields.Raw):
    """One or several of some words: an array, or one string with commas."""

    rule = "must be a string or an array of strings"

    def __init__(self, words: Sequence[str]) -> None:
        array = {"type": "array", "items": {"enum": words}}
        text = {"type": "string", "pattern": one_or_several(words)}
        super().__init__(metadata={"oneOf": [array, text], "description": "One or several."})

    def read(self, value: Any) -> Any:
        return _only(value, str, list)


class Part(fields.Nested):
    """An object with a shape of its own; its problems are told under its name."""

    rule = "must be an object"

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape, error_messages={"null": self.rule})

    def _deserialize(
        self,
        value: Any,
        attr: str | None,
        data: Mapping[str, Any] | None,
        partial: Any = None,
        **options: Any,
    ) -> Any:
        if not isinstance(value, dict):
            raise ValidationError(self.rule)
        values, problems = load(self.schema, value)
        if problems:
            messages: dict[str, list[Any]] = {problem.param: [problem] for problem in problems}
            raise ValidationError(messages, valid_data=values)
        return values


class Number(_Strict, fields.Integer):
    """An integer in a query string."""

    rule = "must be an integer"

    def read(self, value: Any) -> int:
        if not _WHOLE.match(value):
            raise ValueError
        return int(value)


class Words(_Strict, fields.String):
    """One or several words in a query string, separated by commas."""

    def __init__(self, pattern: str, description: str, **options: Any) -> None:
        super().__init__(metadata={"pattern": pattern, "description": description}, **options)

    def read(self, value: Any) -> tuple[str, ...]:
        return tuple(value.split(","))


class Instant(_Strict, fields.DateTime):
    """An instant in a query string, with Z or an offset (RFC 3339)."""

    rule = "must be an instant such as 2025-12-10T14:30:00Z"

    def __init__(self, description: str) -> None:
        super().__init__(metadata={"pattern": INSTANT_GIVEN, "description": description})

    def read(self, value: Any) -> datetime:
        if not _INSTANT.match(_only(value, str)):
            raise ValueError
        try:
            return datetime.fromisoformat(value).astimezone(UTC)
        except OverflowError:
            raise ValueError from None


class Sort(_Strict, fields.String):
    """What a list is sorted by: a name, or a name after "-" for descending."""

    def __init__(self, *names: str, also: Sequence[str] = (), default: str) -> None:
        choices = [f"{sign}{name}" for name in names for sign in ("", "-")] + list(also)
        self.rule = f"must be one of: {', '.join(choices)}"
        self._choices = {choice: snake_case(choice) for choice in choices}
        description = "A name, or `-` and a name for descending."
        super().__init__(metadata={"enum": choices, "default": default, "description": description})

    def read(self, value: Any) -> str:
        if value not in self._choices:
            raise ValueError
        return self._choices[value]


class Expand(_Strict, fields.String):
    """Which related object to put into the answer; the core is told yes or no."""

    def __init__(self, name: str) -> None:
        self.rule = f"must be {name}"
        self._name = name
        description = f"Puts the {name} into the answer."
        super().__init__(data_key="expand", metadata={"enum": [name], "description": description})

    def read(self, value: Any) -> bool:
        if value != self._name:
            raise ValueError
        return True


class FieldFilter(Object):
    """Custom fields to filter by, as `parse_query` collects them from their brackets."""

    def __init__(self) -> None:
        bound = {"type": "string"}
        bounds = {
            "type": "object",
            "properties": dict.fromkeys(COMPARISONS, bound),
            "additionalProperties": False,
            "minProperties": 1,
        }
        super().__init__(
            metadata={
                "propertyNames": {"pattern": FIELD_KEY_PATTERN},
                "additionalProperties": {"oneOf": [bound, bounds]},
                "description": "`customFields[key]=value`, and for numbers and dates "
                "`customFields[key][gte|lte|gt|lt]=value`.",
            }
        )
