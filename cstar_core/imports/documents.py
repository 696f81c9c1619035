"""Reading JSON: an object a line, arrays, and the pages of APIs, and never holding all of it."""

import io
import json
from collections.abc import Generator, Iterator
from typing import Any, NoReturn, TextIO

from cstar_core.imports.drafts import NOTE_TEXT, Entry
from cstar_core.imports.text import HEAD, LINE_MAX, Lines, is_whole

# The members of an API's page under which its objects stand.
LISTS = ("tickets", "users", "results", "data")
EMBEDDED = ("conversations",)
MEMBERS_MAX = 1_000
_SPACE = " \t\r\n\ufeff"


class Broken(Exception):
    """The rest of the file cannot be read."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"line {line:,}: {why}")
        self.line = line
        self.why = why


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse)


def read_documents(text: TextIO, head: str) -> Iterator[tuple[str, Entry]]:
    """Every object, with the name of the list in which it stands ("" for none).

    ``head`` is the beginning of the text. An object on a line of its own that is broken is an
    entry with a problem; raises Broken where what is wrong leaves no way to find the next object.
    """
    if _is_by_line(head):
        yield from _by_line(Lines(_Joined(head, text)))
    else:
        yield from _Scanner(head, text).objects()


def looks_like_json(head: str) -> bool:
    """Whether a text begins as JSON objects do, and CSV does not."""
    return head.lstrip(_SPACE)[:1] in ("{", "[")


def _is_by_line(head: str) -> bool:
    first, _, rest = head.lstrip(_SPACE).partition("\n")
    if not first.startswith("{"):
        return False
    if isinstance(_decoded(first), dict):
        return bool(rest) or len(head) < HEAD
    return rest.lstrip(_SPACE).startswith("{")


def _decoded(line: str) -> Any:
    try:
        return _DECODER.decode(line)
    except (ValueError, RecursionError):
        return None


class _Joined:
    """A text whose beginning has been read already."""

    def __init__(self, head: str, text: TextIO) -> None:
        self._head = io.StringIO(head, newline="")
        self._end = len(head)
        self._text = text

    def readline(self, most: int, /) -> str:
        """The next line, or its first so many characters."""
        line = self._head.readline(most)
        if self._head.tell() < self._end or line.endswith("\n") or len(line) == most:
            return line
        return line + self._text.readline(most - len(line))


def _by_line(lines: Lines) -> Iterator[tuple[str, Entry]]:
    for number, line in enumerate(lines, 1):
        if lines.cut:
            lines.cut = False
            yield "", Entry(number, {}, problem="is far too long")
        elif line.strip(_SPACE):
            yield from _of_line(number, line.strip(_SPACE))


def _of_line(number: int, line: str) -> Iterator[tuple[str, Entry]]:
    if not is_whole(line):
        why = "has bytes that do not fit the encoding; name the right one"
        yield "", Entry(number, {NOTE_TEXT: line}, len(line), why)
        return
    try:
        value = _DECODER.decode(line)
    except (ValueError, RecursionError) as error:
        why = f"is not a line of JSON: {_why(error)}"
        yield "", Entry(number, {NOTE_TEXT: line}, len(line), why)
        return
    yield from _unfolded(number, value, len(line))


def _unfolded(number: int, value: Any, size: int) -> Iterator[tuple[str, Entry]]:
    """The objects of a page that stands on one line, or the one object that it is."""
    page = value if isinstance(value, dict) else {}
    embedded = page.get("_embedded")
    lists = [(name, page.get(name)) for name in LISTS]
    if isinstance(embedded, dict):
        lists += [(name, embedded.get(name)) for name in EMBEDDED]
    found = [(name, each) for name, each in lists if isinstance(each, list)]
    if not found:
        yield "", _entry(number, value, size)
    for name, objects in found:
        for one in objects:
            yield name, _entry(number, one, size // len(objects))


def _entry(line: int, value: Any, size: int) -> Entry:
    if not isinstance(value, dict):
        return Entry(line, {}, size, "must be an object")
    if len(value) > MEMBERS_MAX:
        return Entry(line, value, size, f"must have at most {MEMBERS_MAX:,} members")
    return Entry(line, value, size)


def _why(error: ValueError | RecursionError) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deep"
    return error.msg if isinstance(error, json.JSONDecodeError) else str(error)[:200]


class _Scanner:
    """Walks through JSON and holds one object of it at once, or one member of a page."""

    def __init__(self, head: str, text: TextIO) -> None:
        self._text = text
        self._held = head
        self._at = 0
        self._line = 1
        self._counted = 0
        self._size = 0

    def objects(self) -> Iterator[tuple[str, Entry]]:
        """Every object of the text."""
        while mark := self._peek():
            if mark == "[":
                yield from self._elements("")
            elif mark == "{":
                yield from self._page()
            else:
                raise Broken(self._now(), "must begin with { or [")

    def _page(self) -> Iterator[tuple[str, Entry]]:
        """The objects in the lists of a page; without any, it is an object itself."""
        members: dict[str, Any] = {}
        line, lists, size = self._now(), False, 0
        self._expect("{")
        while self._peek() != "}":
            name = self._name()
            if name in LISTS and self._peek() == "[":
                lists = True
                yield from self._elements(name)
            elif name == "_embedded" and self._peek() == "{" and not members.get("id"):
                inner = yield from self._embedded(members)
                lists = lists or inner
            else:
                members[name] = self._value()
                size += self._size
            self._comma("}")
        self._expect("}")
        if not lists:
            yield "", _entry(line, members, size)

    def _embedded(self, members: dict[str, Any]) -> Generator[tuple[str, Entry], None, bool]:
        found, inner = False, dict[str, Any]()
        self._expect("{")
        while self._peek() != "}":
            name = self._name()
            if name in EMBEDDED and self._peek() == "[":
                found = True
                yield from self._elements(name)
            else:
                inner[name] = self._value()
            self._comma("}")
        self._expect("}")
        members["_embedded"] = inner
        return found

    def _elements(self, name: str) -> Iterator[tuple[str, Entry]]:
        self._expect("[")
        while self._peek() != "]":
            line, value = self._now(), self._value()
            yield name, _entry(line, value, self._size)
            self._comma("]")
        self._expect("]")

    def _name(self) -> str:
        name = self._value()
        if not isinstance(name, str):
            raise Broken(self._now(), "a member must have a name")
        self._expect(":")
        return name

    def _comma(self, end: str) -> None:
        if self._peek() == ",":
            self._expect(",")
        elif self._peek() != end:
            raise Broken(self._now(), f"must go on with , or {end}")

    def _peek(self) -> str:
        """The next mark that is no space; "" at the end."""
        while True:
            while self._at < len(self._held) and self._held[self._at] in _SPACE:
                self._at += 1
            if self._at < len(self._held):
                return self._held[self._at]
            if not self._more():
                return ""

    def _expect(self, mark: str) -> None:
        if self._peek() != mark:
            raise Broken(self._now(), f"must go on with {mark}")
        self._at += 1

    def _value(self) -> Any:
        self._peek()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._held, self._at)
            except RecursionError as error:
                raise Broken(self._now(), _why(error)) from error
            except ValueError as error:
                # It may only be cut off where the text that is held ends.
                if len(self._held) - self._at > LINE_MAX:
                    raise Broken(self._now(), "has an object that is far too long") from error
                if not self._more():
                    raise Broken(self._now(), f"is not JSON: {_why(error)}") from error
                continue
            self._size = end - self._at
            # A number that ends with what is held may go on.
            if end < len(self._held) or not self._more():
                self._at += self._size
                return value

    def _more(self) -> bool:
        """Hold more of the text, twice as much as is left of it; False at the end."""
        self._now()
        self._held = self._held[self._at :]
        self._at = self._counted = 0
        more = self._text.read(max(HEAD, len(self._held)))
        self._held += more
        return bool(more)

    def _now(self) -> int:
        """The line of the place that has been reached."""
        self._line += self._held.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line
