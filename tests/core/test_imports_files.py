"""Files as they come: every encoding, every delimiter, and those that are broken or hostile."""

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from cstar_core import Invalid, Workspace
from cstar_core.html_text import html_to_text
from cstar_core.imports import text
from tests.core.vocabulary import refusal, titles

SAMPLES = Path(__file__).parents[1] / "data" / "imports"


def written(folder: Path, content: str | bytes, name: str = "file") -> Path:
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def names(workspace: Workspace) -> list[str]:
    return titles(workspace.tickets.list(sort="number", page_size=100).items)


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_a_delimiter_is_found_out(acme: Workspace, tmp_path: Path, mark: str) -> None:
    acme.import_file(written(tmp_path, f'title{mark}"a,b;c"\nHelp{mark}x\n'))
    assert names(acme) == ["Help"]


def test_a_delimiter_can_be_named(acme: Workspace, tmp_path: Path) -> None:
    acme.import_file(written(tmp_path, "title~status\nHelp~closed\n"), delimiter="~")
    assert acme.tickets.list(status="closed").total == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_encodings(acme: Workspace, tmp_path: Path, encoding: str) -> None:
    file = written(tmp_path, "title,notes\nCafé,x\n".encode(encoding))
    named = encoding if encoding in ("cp1252", "utf-16-le") else None
    acme.import_file(file, encoding=named)
    assert names(acme) == ["Café"]


@pytest.mark.parametrize("name", ["title", '{"title"'])
def test_bytes_of_another_encoding_cost_only_their_rows(
    acme: Workspace, tmp_path: Path, name: str
) -> None:
    rows = (b"title\nA\nCaf\xe9\nB\n", b'{"title":"A"}\n{"title":"Caf\xe9"}\n{"title":"B"}\n')
    report = acme.import_file(written(tmp_path, rows[name != "title"]))
    assert names(acme) == ["A", "B"]
    assert [row.problems for row in report.bad_rows] == [
        ("the row has bytes that do not fit the encoding; name the right one",)
    ]


def test_a_row_of_another_encoding_is_in_the_file_of_errors_as_it_was(
    acme: Workspace, tmp_path: Path
) -> None:
    report = acme.import_file(written(tmp_path, b"title\nA\nCaf\xe9\n"))
    assert report.errors_file
    assert Path(report.errors_file).read_bytes().endswith(b",Caf\xe9\n")
    assert acme.import_file(report.errors_file, encoding="cp1252").created == 1


def test_line_breaks_may_stand_in_quotes(acme: Workspace, tmp_path: Path) -> None:
    acme.import_file(written(tmp_path, 'title,notes\r\nA,"one\r\ntwo, ""three"""\r\n\r\nB,\r\n'))
    first, second = acme.tickets.list(sort="number").items
    assert (first.notes, second.title) == ('one\r\ntwo, "three"', "B")


def test_cells_that_look_like_formulas_are_text(acme: Workspace, tmp_path: Path) -> None:
    acme.import_file(written(tmp_path, "title\n\"=cmd|' /C calc'!A0\"\n+1\n"))
    assert names(acme) == ["=cmd|' /C calc'!A0", "+1"]


UNUSABLE: list[tuple[bytes, str]] = [
    (b"", "file must not be empty"),
    (b"\n \n", "file must not be empty"),
    (",".join(map(str, range(1001))).encode(), "file must have at most 1,000 columns"),
    (b'"title', "file must have columns in its first line, which is broken"),
    (b'{"title":', "file cannot be read: line 1: is not JSON"),
    (b"[" * 100_000, "file cannot be read: line 1: it is nested too deep"),
    ("title\nCafé\n".encode("utf-16") + b"x", "file does not fit the encoding utf-16"),
]


@pytest.mark.parametrize(("content", "problem"), UNUSABLE)
def test_a_file_that_cannot_be_an_import_is_refused(
    acme: Workspace, tmp_path: Path, content: bytes, problem: str
) -> None:
    assert refusal(acme.import_file, written(tmp_path, content))[0].startswith(problem)


def test_a_folder_is_no_file(acme: Workspace, tmp_path: Path) -> None:
    assert refusal(acme.import_file, tmp_path) == ["file must be a plain file"]


def test_a_file_that_is_not_there(acme: Workspace, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        acme.import_file(tmp_path / "nothing.csv")


BAD_ROWS: list[tuple[str, int, str]] = [
    ("title,notes\nA,x,y\nB,\n", 2, "the row has 3 cells, but there are 2 columns"),
    ("title\nA\0\nB\n", 2, "title must be Unicode text without U+0000"),
    (f"title,notes\nA,{'x' * 140_000}\nB,\n", 2, "the row is not a row of CSV: field larger"),
    ('title,notes\n"A"x,\nB,\n', 2, "the row is not a row of CSV: ',' expected after '\"'"),
    ('title,notes\nB,\nA,"never closed\n', 3, "the row is not a row of CSV: unexpected end"),
    ('{"title":"B"}\n{"title":\n', 2, "the row is not a line of JSON: Expecting value"),
    ('{"title":"B"}\n[1]\n', 2, "the row must be an object"),
    ('{"title":"B"}\n{"title":NaN}\n', 2, "the row is not a line of JSON: NaN is not JSON"),
    ('{"title":"B"}\n{"title":"\\ud800"}\n', 2, "title must be Unicode text without U+0000"),
    ('{"title":"B"}\n{"title":"A","n":' + "[" * 99_999, 2, "the row is not a line of JSON: it is"),
    ('{"title":"B"}\n{"title":"A","x":' + "9" * 5_000 + "}\n", 2, "the row is not a line of JSON"),
    ('{"title":"B"}\n{"title":7,"tags":{"a":1},"messages":7}\n', 2, "title must be a string"),
    ('{"title":"B"}\n{"title":"A","customFields":[]}\n', 2, "custom_fields must be an object"),
    ('[{"title":"B"},5]', 1, "the row must be an object"),
]


@pytest.mark.parametrize(("content", "line", "problem"), BAD_ROWS)
def test_a_bad_row_is_told_with_its_line_and_the_good_ones_are_in(
    acme: Workspace, tmp_path: Path, content: str, line: int, problem: str
) -> None:
    report = acme.import_file(written(tmp_path, content))
    (bad,) = report.bad_rows
    assert (bad.line, bad.problems[0][: len(problem)]) == (line, problem)
    assert (names(acme), report.broken) == (["B"], None)


def test_a_line_that_is_far_too_long_is_passed_over(
    acme: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text, "LINE_MAX", 1_000)
    for content in ("title\n{}\nB\n", '{{"title":"A"}}\n{{"title":"{}"}}\n{{"title":"B"}}\n'):
        report = acme.import_file(written(tmp_path, content.format("x" * 5_000)))
        assert [row.problems for row in report.bad_rows] == [("the row is far too long",)]
    assert names(acme) == ["B", "A", "B"]


BROKEN: list[tuple[str, str]] = [
    ('[{"title":"A"},{"title":', "line 1: is not JSON: Expecting value"),
    ('[{"title":"A"}\n{"title":"B"}]', "line 2: must go on with , or ]"),
    ('[{"title":"A"},' + '{"x":' * 99_999, "line 1: it is nested too deep"),
    ('{"tickets":[{"title":"A"}],\n7:8}', "line 2: a member must have a name"),
    ('[{"title":"A"}] garbage', "line 1: must begin with { or ["),
]


@pytest.mark.parametrize(("content", "broken"), BROKEN)
def test_what_breaks_the_rest_of_a_file_is_told_and_what_is_before_it_is_in(
    acme: Workspace, tmp_path: Path, content: str, broken: str
) -> None:
    report = acme.import_file(written(tmp_path, content), format="json")
    assert (names(acme), report.broken, report.ok) == (["A"], broken, False)


SHAPES: list[str] = [
    '[{"title":"A"},{"title":"B"}]',
    '[\n  {"title": "A"},\n  {"title": "B"}\n]\n',
    '{"title":"A"}\n{"title":"B"}\n',
    '\ufeff{"title":"A"}\r\n\r\n{"title":"B"}',
    '{"title":"A"} {"title":"B"}',
    '{\n"title": "A"\n}\n{\n"title": "B"\n}\n',
    '{"tickets":[{"title":"A"},{"title":"B"}],"count":2}',
    '{\n"success": true,\n"data": [{"title":"A"},\n{"title":"B"}]}',
    '{"tickets":[{"title":"A"}]}\n{"tickets":[{"title":"B"}]}\n',
    '[{"title":"A","customer":{"name":"x"}},[]{"title":"B"}]'.replace("[]", ""),
]


@pytest.mark.parametrize("content", SHAPES)
def test_json_comes_in_many_shapes(acme: Workspace, tmp_path: Path, content: str) -> None:
    report = acme.import_file(written(tmp_path, content))
    assert (names(acme), report.failed, report.broken) == (["A", "B"], 0, None)


@pytest.mark.parametrize("head", [1, 2, 3, 7, 20, 64])
def test_json_is_read_the_same_whatever_is_held_at_once(
    acme: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, head: int
) -> None:
    for module in ("documents", "reading", "products.people"):
        monkeypatch.setattr(f"cstar_core.imports.{module}.HEAD", head)
    objects = [
        {"title": f"T{i}", "tags": ["x"] * i, "metadata": {"n": i * 10**i}} for i in range(9)
    ]
    report = acme.import_file(written(tmp_path, json.dumps(objects, indent=1)))
    assert (names(acme), report.broken) == ([f"T{i}" for i in range(9)], None)


@pytest.mark.parametrize("head", [3, 20, 32, 45, 64])
def test_lines_are_read_the_same_whatever_they_end_with(
    acme: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, head: int
) -> None:
    for module in ("documents", "reading"):
        monkeypatch.setattr(f"cstar_core.imports.{module}.HEAD", head)
    lines = "".join(f'{{"title":"T{i}"}}{end}' for i, end in enumerate(["\n", "\r", "\r\n"] * 3))
    report = acme.import_file(written(tmp_path, lines), format="json")
    assert (names(acme), report.failed) == ([f"T{i}" for i in range(9)], 0)


def endless(number: int) -> Iterator[str]:
    yield "["
    for i in range(number):
        yield f'{"," if i else ""}{{"title":"Ticket {i}","notes":"{"x" * 2_000}"}}'
    yield "]"


def test_a_large_array_is_never_held_as_a_whole(acme: Workspace, tmp_path: Path) -> None:
    file = written(tmp_path, "".join(endless(1_500)))
    seen: list[int] = []
    acme.import_file(file, batch_size=100, progress=lambda progress: seen.append(progress.done))
    assert acme.tickets.list().total == 1_500
    assert seen[0] < seen[-1] == file.stat().st_size


HOSTILE: list[tuple[str, str]] = [
    ('{"id":"\\ud800","title":"A"}', "id must be Unicode text without U+0000"),
    ('{"id":"' + "9" * 256 + '","title":"A"}', "id must be at most 255 characters"),
    ('{"customerId":"a\\u0000","title":"A"}', "customer_id must be Unicode text without U+0000"),
    ('{"customFields":{"\\ud800":1},"title":"A"}', "custom_fields.? is not known"),
    (json.dumps({f"k{i}": i for i in range(1_001)}), "the row must have at most 1,000 members"),
]


@pytest.mark.parametrize(("content", "problem"), HOSTILE)
def test_a_hostile_object_is_refused_and_can_be_printed(
    acme: Workspace, tmp_path: Path, content: str, problem: str
) -> None:
    report = acme.import_file(written(tmp_path, content + '\n{"title":"B"}\n'))
    assert [row.problems for row in report.bad_rows] == [(problem,)]
    assert names(acme) == ["B"]


def test_names_that_cannot_be_printed_are_told_in_a_form_that_can(
    acme: Workspace, tmp_path: Path
) -> None:
    report = acme.import_file(
        written(tmp_path, '{"title":"A","assignedTo":"\\ud800","x\\ud800":1}\n')
    )
    assert (report.unmapped, report.unknown_agents) == (("x?",), {"?": 1})


def test_columns_of_another_encoding_are_refused(acme: Workspace, tmp_path: Path) -> None:
    file = written(tmp_path, "title,Priorität\nA,high\n".encode("cp1252"))
    problem = "file has columns that do not fit the encoding; name the right one"
    assert refusal(acme.import_file, file) == [problem]
    assert acme.import_file(file, encoding="cp1252").unmapped == ("Priorität",)


HTML: list[tuple[str, str]] = [
    ("<p>One</p><p>Two &lt;3</p>", "One\n\nTwo <3"),
    ("a<br/>b<BR>c", "a\nb\nc"),
    ("<head><title>x</title></head>y", "y"),
    ("a <!-- <p>b</p> --> c", "a c"),
    ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
    ("<!DOCTYPE html><html>x\n  y</html>", "x y"),
    ("&#" + "9" * 5_000 + ";", "&#" + "9" * 5_000 + ";"),
    ("<script>never closed <p>x</p>", ""),
    ("<" * 3 + "x", "<<<x"),
]


@pytest.mark.parametrize(("html", "text"), HTML)
def test_html_becomes_the_text_that_one_reads(html: str, text: str) -> None:
    assert html_to_text(html) == text


DAMAGE = (b'"', b",", b"\n", b"{", b"]", b"\xff\xfe", b"\0", b"\r", b"")


@pytest.mark.parametrize("name", sorted(each.name for each in SAMPLES.iterdir()))
def test_a_damaged_file_never_ends_in_anything_but_a_report_or_a_refusal(
    acme: Workspace, tmp_path: Path, name: str
) -> None:
    chance = Random(name)
    for number in range(8):
        content = bytearray((SAMPLES / name).read_bytes())
        for _ in range(chance.randrange(1, 10)):
            place = chance.randrange(len(content))
            content[place : place + chance.randrange(3)] = chance.choice(DAMAGE)
        file = written(tmp_path, bytes(content), f"{number}-{name}")
        try:
            report = acme.import_file(file, source=f"{number}")
        except Invalid as error:
            assert error.problems
            continue
        counted = report.created + report.skipped + report.left_out + report.failed
        assert counted == report.rows
        assert str([report.bad_rows, report.unmapped, report.unknown_agents]).encode()
