"""Every regular expression of both packages, how it is used, and the strings that are worst for it.

The expressions are found by reading the code: a name that is bound to a compiled pattern, and each
method of it that is called anywhere. Each gets strings that keep it busy: something to begin with,
something repeated up to a length, and an end that makes the whole fail.
"""

import ast
import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import cstar_core
import cstar_web
from tests.growth import cost

PACKAGES = (cstar_core, cstar_web)
METHODS = ("findall", "finditer", "fullmatch", "match", "search", "split", "sub")

# What an expression begins with, and what is repeated; each is tried with every ending.
STRINGS: dict[str, tuple[tuple[str, str], ...]] = {
    "cstar_core.addresses._PART": (("0x", "f"), ("", "1"), ("", "0x")),
    "cstar_core.canned_replies.reply._SHORTCUT": (("", "a"), ("a", "-"), ("", "-")),
    "cstar_core.checks._EMAIL": (("", "a"), ("", "@"), ("", "a@"), ("a@", "b"), ("", ".")),
    "cstar_core.customers.answered._IDS": (
        ("", "cus_"),
        ("cus_", "0"),
        ("", "tkt_0123"),
        ("", "c"),
    ),
    "cstar_core.exports.forms._DIGEST": (("", "0"), ("", "f")),
    "cstar_core.exports.forms._INSTANT": (("2025-01-01T00:00:00", "Z"), ("", "1"), ("", "2025-")),
    "cstar_core.exports.forms._SALT": (("", "0"), ("", "8"), ("", "f")),
    "cstar_core.fields._DATE": (("", "2025-01-01"), ("2025-01-", "0")),
    "cstar_core.fields._KEY": (("", "a"), ("a", "_"), ("a", "0")),
    "cstar_core.fields._NUMBER": (("-", "1"), ("0.", "1"), ("1e", "1"), ("", "1.1e1"), ("", "-")),
    "cstar_core.mail.threads._NUMBER": (("", "["), ("", "[#"), ("[#", "1"), ("", "[#1")),
    "cstar_core.reports.period._OFFSET": (("+", "0"), ("+14:", "5"), ("", "-"), ("", "+02:00")),
    "cstar_core.file_names._MEDIA_TYPE": (("", "a"), ("a/", "b"), ("", "/"), ("", "a/")),
    "cstar_core.file_names._PATH": (("", "/"), ("", "a"), ("", "a/"), ("", "\\")),
    "cstar_core.file_names._UNSEEN": (("", "\x00"), ("", "a"), ("", "\u202ea")),
    "cstar_core.highlighting._ASCII": (("", "a"), ("", "é"), ("", "aé")),
    "cstar_core.highlighting._PHRASE": (("", '"'), ('"', "a"), ("", '"a'), ("", '"*')),
    "cstar_core.highlighting._WORD": (("", "a"), ("", "é"), ("", "a "), ("", "_")),
    "cstar_core.ids._DASHED": (("", "0"), ("", "0123abcd-"), ("0123abcd", "-0123")),
    "cstar_core.ids._HEX": (("", "0"), ("", "f")),
    "cstar_core.imports.columns._SIGNS": (("", "_"), ("", "a_"), ("a", " ")),
    "cstar_core.html_text._GAPS": (("", "\n"), ("", "\n\n"), ("", "\n\n\na")),
    "cstar_core.html_text._LINES": (("", " "), ("", "\n"), ("", " \n "), ("", "  \n")),
    "cstar_core.html_text._PIECES": (
        ("", "<"),
        ("<", "a"),
        ("", "<a"),
        ("", "<!-"),
        ("", "<>"),
    ),
    "cstar_core.html_text._SPACES": (("", " "), ("", "a "), ("a", "\xa0")),
    "cstar_core.html_text._TAG": (("<", "a"), ("</", "1"), ("", "<")),
    "cstar_core.letters.bodies._PGP": (
        ("", "-----BEGIN PGP MESSAGE-----"),
        ("-----BEGIN PGP MESSAGE-----", " "),
        ("", "-----BEGIN PGP "),
        ("", "\n"),
    ),
    "cstar_core.letters.charsets._CALL": (("", "a"), ("", "'"), ("", "a'")),
    "cstar_core.letters.bodies._TOLD": (
        *(
            ("", "<meta "),
            ("<meta ", "a"),
            ("", "<"),
            ("<meta ", "charset"),
            ("<meta ", "charset="),
        ),
    ),
    "cstar_core.letters.correspondents._ESCAPED": (("", "\\"), ("", "a\\")),
    "cstar_core.letters.correspondents._TOKENS": (
        *(("", '"'), ('"', "\\"), ("", '"\\'), ("", "<"), ("", "["), ("", "("), ("", "=?a?q?")),
        *(("", "="), ("=?a?b?", "a"), ("", "=?"), ("", "a,"), ("", "<a"), ('"', "a"), ("", '"a')),
    ),
    "cstar_core.letters.headers._BRACKETED": (("", "<"), ("<", "a"), ("", "<a"), ("", "<a>")),
    "cstar_core.letters.headers._FIELD": (("", "a"), ("a", " "), ("", "a "), ("", ":")),
    "cstar_core.letters.headers._LINE_END": (("", "\r"), ("", "\n"), ("", "a\r\n")),
    "cstar_core.letters.headers._NUMBERED": (("", "*"), ("a*", "1"), ("", "a*1"), ("", "*1*")),
    "cstar_core.letters.headers._PARAMETER": (
        *(("", ";"), ("", "a="), ('a="', "\\"), ('a="', "a"), ("", 'a="'), ("", "a"), ("", " ")),
        *(("a", " "), ("a=", " "), ("", "a "), ("", "="), ("", '"'), ("", "a ="), ("", "; ")),
    ),
    "cstar_core.letters.headers._SURE": (("", "from"), ("from", " "), ("", "\nfrom"), ("", "\n")),
    "cstar_core.letters.headers._TYPE": (("", "a"), ("a/", "b"), ("", "/"), ("", "a/")),
    "cstar_core.letters.mime._REST": (("", "-"), ("--", " "), ("", "\r"), ("", " \t")),
    "cstar_core.letters.quoting._ADDRESS": (("", "<"), ("<", "a"), ("<", "@"), ("", "<a@")),
    "cstar_core.letters.quoting._CLOCK": (("", "1"), ("", "1 "), ("", "1:"), ("", "20")),
    "cstar_core.letters.reading._SHOWN": (("", "cid:"), ("cid:", "a"), ("", "c")),
    "cstar_core.letters.reports._REPLY": (("", "5"), ("", "550"), ("", "55 ")),
    "cstar_core.letters.reports._STATUS": (("", "5"), ("", "5."), ("5.1.", "1"), ("", "5.1.1")),
    "cstar_core.letters.suspicion._NUMBER": (("", "1"), ("1.", "1"), ("", "-")),
    "cstar_core.letters.suspicion._RESULT": (
        *(("", ";"), (";", " "), ("", "; "), (";spf", " "), ("", ";spf="), (";spf=", "a")),
    ),
    "cstar_core.letters.suspicion._SCL": (("", ";"), ("", ";SCL:"), ("SCL:", "1")),
    "cstar_core.letters.suspicion._SCORE": (("", "score="), ("score=", "1"), ("", "hits")),
    "cstar_core.letters.uu._BEGIN": (
        *(("", "begin "), ("begin", " "), ("begin 644 ", "a"), ("begin 644", " "), ("", "\n")),
        ("", "begin 644 a\n"),
    ),
    "cstar_core.letters.calendars._ESCAPED": (("", "\\"), ("", "\\n")),
    "cstar_core.letters.calendars._INSTANT": (("2025", "0"), ("", "20250101T")),
    "cstar_core.letters.nesting._ENDS": (("", "</"), ("", "</style"), ("", "<")),
    "cstar_core.letters.nesting._TAGS": (
        *(
            ("", "<"),
            ("", "<a"),
            ("<a", " "),
            ("<a ", "b"),
            ("", "<a b="),
            ('<a b="', "c"),
            ("", "</"),
        ),
        *(("<!--", "-"), ("", "<!--"), ("", "<!"), ("", '<a b="'), ("<a ", "b "), ("<a ", "b = ")),
        *(("<a b", " "), ("<a b=", " "), ("<a ", '="'), ("<a ", "='"), ("<a b=", "c"), ("<", "a")),
    ),
    "cstar_core.mail_out.composing._MEDIA_TYPE": (("a/", "a"), ("", "a"), ("", "/"), ("a/", "-")),
    "cstar_core.mail_out.composing._TAKEN_ELSEWISE": (
        ("", "."),
        ("", ".\n"),
        ("", "From "),
        ("", "\n"),
    ),
    "cstar_core.mail_out.headers._ATOM": (("", "a"), ("", "a "), ("", " "), ("", "-"), ("", "é")),
    "cstar_core.mail_out.headers._DEVIATING": (("", "a"), ("", "ß")),
    "cstar_core.mail_out.headers._ID": (("", "a"), ("", "<"), ("", "a@")),
    "cstar_core.mail_out.html._URL": (
        ("", "http://"),
        ("https://", "a"),
        ("", "h"),
        ("", "https://a "),
    ),
    "cstar_core.mail_out.subjects._ANSWER": (
        ("", "re:"),
        ("", " "),
        ("re[", "1"),
        ("", "re [1]: "),
    ),
    "cstar_web.mail.sasl._STATUS": (("", "a"), ("", "1")),
    "cstar_web.mail.sending._ENHANCED": (("5.", "1"), ("", "5"), ("", "5.1.1 ")),
    "cstar_core.imports.rows._QUOTED": (("", '"'), ('"', "a"), ("", '"a'), ("a", '""')),
    "cstar_core.imports.values._EPOCH": (("", "1"), ("1", "2")),
    "cstar_core.imports.values._INSTANT": (
        ("2025-01-01", " "),
        ("2025-01-01", "T"),
        ("2025-01-01", "T "),
        ("2025-01-01 10:00:00.", "1"),
        ("2025-01-01 10:00", " "),
        ("2025-01-01", "\n"),
    ),
    "cstar_core.mailboxes.mailbox._LANGUAGE": (("", "a"), ("aa", "-bb"), ("", "aa-")),
    "cstar_core.mailboxes.oauth._SCOPE": (("", "a"), ("", "!"), ("", " ")),
    "cstar_core.mailboxes.servers._DOMAIN": (("", "a"), ("", "a."), ("", "."), ("a", "-")),
    "cstar_core.mailboxes.servers._HOST": (("", "a"), ("", "."), ("", ":")),
    "cstar_core.migrations.refusing._RELEASE": (("", "0"), ("", "."), ("", "a+")),
    "cstar_core.placeholders._OPEN": (
        ("", "{{"),
        ("{{", " "),
        ("", "{{ "),
        ("{{team.", "a"),
        ("", "{{team."),
        ("{{team.", " "),
        ("", "{{team.a|"),
    ),
    "cstar_core.placeholders._PLACEHOLDER": (
        ("", "{"),
        ("{{", "a"),
        ("", "{{a"),
        ("{{a", "|"),
        ("", "{{a|"),
        ("", "{{a}"),
        ("", "{{a|b}}"),
    ),
    "cstar_core.search._BEGINNING": (
        ('"', "a"),
        ('"', "a "),
        ("", '"a"'),
        ("", '"'),
        ('"', "\u0300"),
    ),
    "cstar_core.teams._SLUG": (("", "a"), ("", "a-"), ("a", "-"), ("", "a-a")),
    "cstar_core.teams._SLUG_WORD": (("", "a"), ("", "a-"), ("", "-")),
    "cstar_core.views.instants._AGE": (("", "1"), ("1", "min"), ("", "1d")),
    "cstar_core.views.instants._MOMENT": (("", "2025-01-01T00:00:00Z"), ("2025-01-", "0")),
    "cstar_core.views.language._EACH": (
        ("", '"'),
        ('"', "\\"),
        ('"', '\\"'),
        ("", ","),
        ("", "a,"),
    ),
    "cstar_core.views.language._ESCAPED": (("", "\\"), ("", '\\"'), ("", "\\a")),
    "cstar_core.views.language._NAMED": (("", "\\"), ("-", "a"), ("", "field."), ("", "a:")),
    "cstar_core.views.language._TERM": (
        ("", "a"),
        ("", "field."),
        ("a:", ","),
        ("a:", '"'),
        ('a:"', "\\"),
        ('a:"', '\\"'),
        ("a:", '"",'),
        ("a:", ">"),
        ("", "a:"),
    ),
    "cstar_core.views.language._TO_QUOTE": (("", "a"), ("", "\n"), ("", ","), ("", "<")),
    "cstar_core.views.language._WORD": (("", '"'), ("", "-"), ("", '-"'), ('-"', "a"), ("", " ")),
    "cstar_core.words._ACCENTS": (("", "\u0300"), ("", "a\u0300"), ("a", "\u036f")),
    "cstar_core.words._NUMBER": (("#", "1"), ("", "#1"), ("", "#")),
    "cstar_core.words._PART": (
        ("", "a"),
        ("a", "\u0300"),
        ("", "a\u0300"),
        ("", "\n"),
        ("", "\u1160"),
    ),
    "cstar_core.words._PIECE": (
        ("", '"'),
        ("", "-"),
        ("", '-"'),
        ("", '" '),
        ('-"', "a"),
        ("", " "),
    ),
    "cstar_core.words.CJK_RUN": (("", "東"), ("", "東a"), ("a", "東"), ("", "\uff9e")),
    "cstar_web.downloads._PLAIN": (("", "a"), ("", "ß"), ("", '"')),
    "cstar_web.access._ADDRESS": (("", "a"), ("", ":")),
    "cstar_web.auth._BEARER": (
        ("Bearer ", " "),
        ("Bearer ", "a"),
        ("Bearer a", " "),
        ("", "Bearer "),
    ),
    "cstar_web.body._BRACKETS": (("", "["), ("", "[]"), ("", "{")),
    "cstar_web.body._STRINGS": (
        ("", '"'),
        ('"', "\\"),
        ('"', '\\"'),
        ("", '"a'),
        ("", '""'),
        ('"', "a"),
    ),
    "cstar_web.cli.manual._PARAGRAPHS": (("", "\n"), ("\n", " "), ("", "\n "), ("", "a\n")),
    "cstar_web.cli.teams._DURATION": (("", "1"), ("1", "d"), ("", "1d")),
    "cstar_web.client.connections._PATH": (("", "/"), ("/", "a"), ("", "/a"), ("", "/a-.")),
    "cstar_web.envelope.REQUEST_ID": (("", "a"), ("", "-"), ("", "_"), ("", "sk_live_")),
    "cstar_web.etags._TAG": (('"', "a"), ("", '"'), ("", 'W/"'), ("", 'W/"a",'), ("", '"a", ')),
    "cstar_web.html.letters.styles._COLOURS": (("", "rgb("), ("rgb(", "1"), ("", "rgba(1,1)")),
    "cstar_web.html.letters.styles._VALUE": (("", "a"), ("", "'"), ("", "(")),
    "cstar_web.html.letters.tokens._ATTRIBUTE": (
        ("", "a"),
        ("", "a="),
        ("", "= "),
        ("", "a='"),
        ("a='", '"'),
        ("", 'a="b'),
        ("a", " "),
        ("", "/"),
    ),
    "cstar_web.html.letters.tokens._COMMENT_END": (("", "-"), ("", "--"), ("", "--!")),
    "cstar_web.html.letters.tokens._DROPPED_END": (
        ("", "<"),
        ("", "</"),
        ("", "</mat"),
        ("</", "svg"),
    ),
    "cstar_web.html.letters.tokens._RAW_END": (
        ("", "<"),
        ("", "</"),
        ("", "</title"),
        ("</", "xmp"),
    ),
    "cstar_web.html.letters.tokens._TAG": (
        ("<a ", "a"),
        ("<a ", "a="),
        ("<a ", "= "),
        ("<a ", "a='"),
        ("<a b='", '"'),
        ("<a ", 'a="b'),
        ("<a", " "),
        ("<a", "/"),
        ("<", "a"),
    ),
    "cstar_web.html.links._ODD": (("", "a"), ("", "\u3000"), ("", "\\")),
    "cstar_web.idempotency._KEY": (("", "!"), ("", "~")),
    "cstar_web.inbox.files._NAME": (("", "a"), ("a", "."), ("", "a.0"), ("a.", "0")),
    "cstar_web.inbox.files._TAKEN": (("", 'from "./'), ('from "./', "a"), ("", ".js")),
    "cstar_web.inbox.reading._LINK": (
        ("", "https://"),
        ("https://", "a"),
        ("", "http"),
        ("", "mailto:"),
    ),
    "cstar_web.mail.authorizing._CODE": (("", "a"), ("", " ")),
    "cstar_web.mail.folder._ARRIVED": (("", " "), ("", "1"), ("1-Jan-2026 ", "1"), ("", "1-")),
    "cstar_web.mail.imap._CODE": (("[", "A"), ("[A ", "a"), ("", "[A ")),
    "cstar_web.mail.imap._LITERAL": (("", "{"), ("{", "1"), ("", "{1"), ("", "{1}")),
    "cstar_web.mail.working._CELL": (("", "<t"), ("", "<td"), ("", "<")),
    "cstar_web.mcp.untrusted._MAYBE_INVISIBLE": (("", "\u200b"), ("", "a\u200b"), ("a", "\0")),
    "cstar_web.mcp.untrusted._SELECTORS": (("", "\ufe0f"), ("", "a")),
    "cstar_web.metrics._BEARER": (("Bearer ", " "), ("Bearer ", "a"), ("Bearer a", " ")),
    "cstar_web.names._HUMP": (("", "A"), ("", "aA"), ("a", "b")),
    "cstar_web.operations._PARAMETER": (("", "{"), ("", "{a"), ("{", "a"), ("", "{a}")),
    "cstar_web.params._BRACKETS": (
        ("customFields[", "a"),
        ("customFields[a][", "b"),
        ("", "customFields[a]"),
        ("customFields", "[a]"),
        ("customFields", "["),
    ),
    "cstar_web.params._CONVERTED": (("", "<"), ("<", "a"), ("", "<a:"), ("<a:", "a")),
    "cstar_web.redaction._KEY": (("", "s"), ("", "sk_live_"), ("sk_live_", "a")),
    "cstar_web.remote._HOST": (("", "a"), ("", "a."), ("[", ":"), ("a:", "1"), ("", "a:1")),
    "cstar_web.server.parser.HOST": (("", "a"), ("", "a."), ("[", ":"), ("a:", "1"), ("", "[a]")),
    "cstar_web.server.parser._ENCODINGS": (
        ("\ntransfer-encoding:", "a"),
        ("", "\ntransfer-encoding:"),
        ("", "\n"),
    ),
    "cstar_web.readers._DIGITS": (("", "1"),),
    "cstar_web.readers._NAME": (("*.", "a"), ("", "a."), ("", "*."), ("", "-")),
    "cstar_web.readers._ORIGIN": (("https://", "a"), ("http://[", ":"), ("https://a:", "1")),
    "cstar_web.readers._SEPARATORS": (("", ","), ("", "a,"), ("a", " ")),
    "cstar_web.readers._SLUG": (("", "a"), ("", "a-"), ("a", "-")),
    "cstar_web.readers._SOCKET": (("[", ":"), ("", "a"), ("", "a:"), ("a:", "1")),
    "cstar_web.readers._TOKEN": (("", "a"),),
    "cstar_web.v1.fields._INSTANT": (("2025-01-01T00:00:00.", "1"), ("", "2025-01-01T00:00:00Z")),
    "cstar_web.v1.fields._WHOLE": (("-", "1"), ("", "-")),
}
ENDS = ("", "!", "\n", "\0", '"')


@dataclass
class Expression:
    """A compiled pattern, and the methods that are called on it."""

    name: str
    pattern: "re.Pattern[Any]"
    worst: tuple[tuple[str, str], ...]
    methods: set[str] = field(default_factory=set)

    def strings(self, length: int) -> Iterator[Any]:
        """The worst strings of about this length."""
        for begin, repeated in self.worst:
            for end in ENDS:
                times = max(0, length - len(begin) - len(end)) // len(repeated)
                text = begin + repeated * times + end
                yield text.encode() if isinstance(self.pattern.pattern, bytes) else text

    def costs(
        self, short: int, long: int, unseen: float = 0.0
    ) -> Iterator[tuple[str, str, float, float]]:
        """Which method, on what, and the processor's seconds for the short and the long string.

        What a first look at the long one finds not to take more than ``unseen`` is left out.
        """
        for method in sorted(self.methods):
            for small, large in zip(self.strings(short), self.strings(long), strict=True):
                if unseen and self._time(method, large, 1) <= unseen:
                    continue
                yield method, repr(large[:40]), self._time(method, small), self._time(method, large)

    def _time(self, method: str, text: Any, runs: int = 3) -> float:
        run = _run(self.pattern, method)
        return cost(lambda: run(text), runs)


def _run(pattern: "re.Pattern[Any]", method: str) -> Callable[[Any], object]:
    if method == "sub":
        nothing = b"" if isinstance(pattern.pattern, bytes) else ""
        return lambda text: pattern.sub(nothing, text)
    if method == "finditer":
        return lambda text: list(pattern.finditer(text))
    return lambda text: getattr(pattern, method)(text)


@cache
def expressions() -> dict[str, Expression]:
    """Every pattern that a module of the packages is bound to, by the name of its first module."""
    found: dict[int, Expression] = {}
    for name, module in _modules():
        for bound, value in vars(module).items():
            if isinstance(value, re.Pattern) and _is_made_in(name, bound):
                full = f"{name}.{bound}"
                found[id(value)] = Expression(full, value, STRINGS.get(full, ()))
    for name, module in _modules():
        for user, method in _calls(name):
            value = getattr(module, user, None)
            if isinstance(value, re.Pattern):
                found[id(value)].methods.add(method)
    return {each.name: each for each in found.values()}


def loose() -> list[str]:
    """Where a pattern is used without a name, so that it would not be tried."""
    found = []
    for name, _ in _modules():
        named = _named(_tree(name))
        calls = (node for node in ast.walk(_tree(name)) if isinstance(node, ast.Call))
        found += [f"{name}:{call.lineno}" for call in calls if _is_loose(call, named)]
    return found


def _is_loose(call: ast.Call, named: set[int]) -> bool:
    called = ast.unparse(call.func)
    if called == "re.compile":
        return id(call) not in named
    return called.startswith("re.") and called.removeprefix("re.") in METHODS


def _named(tree: ast.Module) -> set[int]:
    assigned = (node.value for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign))
    return {id(value) for value in assigned if value is not None}


def _is_made_in(module: str, name: str) -> bool:
    for node in _tree(module).body:
        targets = node.targets if isinstance(node, ast.Assign) else ()
        if any(isinstance(each, ast.Name) and each.id == name for each in targets):
            return True
    return False


def _calls(module: str) -> Iterator[tuple[str, str]]:
    for node in ast.walk(_tree(module)):
        if not isinstance(node, ast.Attribute) or node.attr not in METHODS:
            continue
        if isinstance(node.value, ast.Name):
            yield node.value.id, node.attr


_trees: dict[str, ast.Module] = {}


def _tree(module: str) -> ast.Module:
    if module not in _trees:
        path = importlib.import_module(module).__file__
        assert path is not None
        with open(path, encoding="utf-8") as source:
            _trees[module] = ast.parse(source.read())
    return _trees[module]


def _modules() -> Iterator[tuple[str, Any]]:
    for package in PACKAGES:
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith(".__main__"):
                yield found.name, importlib.import_module(found.name)
