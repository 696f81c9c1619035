"""The text format in which Prometheus reads numbers, version 0.0.4."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Number = int | float


@dataclass(frozen=True, slots=True)
class Sample:
    """One number of a family; `suffix` is what its name has beyond the family's."""

    value: Number
    labels: Mapping[str, str] = field(default_factory=dict)
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Family:
    """Numbers of one name: what they are, and whether they only grow."""

    name: str
    kind: str
    meaning: str
    samples: tuple[Sample, ...]


def gauge(name: str, meaning: str, value: Number, **labels: str) -> Family:
    """A family of one number that may rise and fall."""
    return Family(name, "gauge", meaning, (Sample(value, labels),))


def exposition(families: Iterable[Family]) -> str:
    r"""The families as text.

    >>> print(exposition([gauge("room_celsius", "How warm it is.", 21.5, room='the "blue" one')]))
    # HELP room_celsius How warm it is.
    # TYPE room_celsius gauge
    room_celsius{room="the \"blue\" one"} 21.5
    <BLANKLINE>
    """
    return "".join(f"{line}\n" for family in families for line in _lines(family))


def _lines(family: Family) -> Iterator[str]:
    yield f"# HELP {family.name} {_escaped(family.meaning)}"
    yield f"# TYPE {family.name} {family.kind}"
    for sample in family.samples:
        pairs = ",".join(f'{name}="{_quoted(text)}"' for name, text in sample.labels.items())
        labels = f"{{{pairs}}}" if pairs else ""
        yield f"{family.name}{sample.suffix}{labels} {sample.value}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _quoted(text: str) -> str:
    return _escaped(text).replace('"', '\\"')
