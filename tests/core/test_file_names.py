"""What of a name can be the name of a file."""

import pytest

from cstar_core.file_names import (
    FILE_NAME_BYTES_MAX,
    check_file_name,
    check_media_type,
    clean_media_type,
    clean_name,
)

NAMES = [
    ("report.pdf", "report.pdf"),
    ("Bericht für Ökos.pdf", "Bericht für Ökos.pdf"),
    ("../../etc/passwd", "passwd"),
    ("..\\..\\boot.ini", "boot.ini"),
    ("C:\\Documents and Settings\\me\\cv.doc", "cv.doc"),
    ("folder/", "folder"),
    ("a/..", "a"),
    ("/", "file"),
    ("..", "file"),
    (" . . ", "file"),
    ("", "file"),
    ("\0", "file"),
    ("a\0b.txt", "ab.txt"),
    ("evil\r\nSet-Cookie: x.txt", "evil Set-Cookie: x.txt"),
    ("tab\there", "tab here"),
    ("photo\u202egpj.exe", "photogpj.exe"),
    ("in\u200bvoice\ufeff.pdf", "invoice.pdf"),
    ("half\ud800.txt", "half.txt"),
    ("trailing. . .", "trailing"),
    (".htaccess", ".htaccess"),
    ("\x1b[31mred.txt", "[31mred.txt"),
    ("<script>.html", "<script>.html"),
]


@pytest.mark.parametrize(("given", "kept"), NAMES)
def test_a_name_is_only_a_name(given: str, kept: str) -> None:
    assert clean_name(given) == kept


@pytest.mark.parametrize("name", [kept for _, kept in NAMES])
def test_a_clean_name_stays_as_it_is(name: str) -> None:
    assert clean_name(name) == name


LONG = [
    ("a" * 5_000 + ".pdf", ".pdf"),
    ("é" * 300 + ".tar.gz", ".gz"),
    ("x" * 300 + "." + "y" * 300, "x"),
    ("😀" * 2_000, "😀"),
    (".".join(["a"] * 3_000), ".a"),
]


@pytest.mark.parametrize(("given", "ending"), LONG)
def test_a_long_name_is_cut_and_keeps_its_ending(given: str, ending: str) -> None:
    name = clean_name(given)
    assert name.endswith(ending)
    assert FILE_NAME_BYTES_MAX - 4 < len(name.encode()) <= FILE_NAME_BYTES_MAX


TYPES = [
    ("image/png", "a.txt", "image/png"),
    ("Text/HTML", "", "text/html"),
    (None, "scan.PDF", "application/pdf"),
    (None, "archive.tar.gz", "application/gzip"),
    (None, "png", "application/octet-stream"),
    (None, "", "application/octet-stream"),
    ("text/plain; charset=utf-8", "a.csv", "text/csv"),
    ("nonsense", "a.png", "image/png"),
    ("a/b\r\nX: y", "", "application/octet-stream"),
    ("x/" + "y" * 200, "", "application/octet-stream"),
]


@pytest.mark.parametrize(("given", "name", "kept"), TYPES)
def test_a_media_type_is_that_which_was_said_or_that_of_the_name(
    given: str | None, name: str, kept: str
) -> None:
    assert clean_media_type(given, name) == kept


@pytest.mark.parametrize("value", [None, 5, b"name", ["a"]])
def test_a_name_must_be_text(value: object) -> None:
    assert [problem.param for problem in check_file_name("name", value)] == ["name"]


@pytest.mark.parametrize(
    "value", ["", "image", "image/", "/png", "a/b/c", "a /b", 5, b"a/b", "ä/b"]
)
def test_what_is_no_media_type_is_refused(value: object) -> None:
    assert [problem.param for problem in check_media_type("media_type", value)] == ["media_type"]
