"""Forms with files: what a browser sends, and what none would."""

from contextlib import ExitStack

import pytest
from flask import Flask

from cstar_web.errors import Failure
from cstar_web.html.multipart import read_parts

MIB = 1_048_576
END = b"--x--\r\n"
Read = tuple[list[tuple[str, str]], list[tuple[str, str, str, bytes]]]


def part(head: str, content: bytes = b"", *more: str) -> bytes:
    lines = (f"--x\r\nContent-Disposition: form-data; {head}", *more, "", "")
    return "\r\n".join(lines).encode() + content + b"\r\n"


def read(body: bytes, kind: str = "multipart/form-data; boundary=x", most: int = 4 * MIB) -> Read:
    app = Flask("forms")
    with (
        app.test_request_context("/", method="POST", data=body, content_type=kind),
        ExitStack() as closing,
    ):
        found = read_parts(most, closing)
        files = [
            (each.field, each.name, each.media_type, each.content.read()) for each in found.files
        ]
        assert [each.size for each in found.files] == [len(each[3]) for each in files]
    assert all(each.content.closed for each in found.files)
    return found.pairs, files


def test_texts_and_files_are_told_apart() -> None:
    body = part('name="a"', b"one") + part('name="a"', "zwei ß\r\n".encode())
    body += part('name="f"; filename="b.txt"', b"\r\n--x-not\0", "Content-Type: text/plain; a=b")

    assert read(body + END) == (
        [("a", "one"), ("a", "zwei ß\r\n")],
        [("f", "b.txt", "text/plain", b"\r\n--x-not\0")],
    )


NAMES = {
    'name="f"; filename="a%22b.txt"': 'a"b.txt',
    'name="f"; filename="Maß.txt"': "Maß.txt",
    'name="f"; filename="../../etc/passwd"': "../../etc/passwd",
    'name="f"; filename=""': "",
}


@pytest.mark.parametrize("head", NAMES)
def test_a_file_is_called_what_the_browser_calls_it(head: str) -> None:
    assert read(part(head, b"x") + END)[1] == [("f", NAMES[head], "", b"x")]


def test_a_control_in_which_no_file_was_chosen_sends_none() -> None:
    assert read(part('name="f"; filename=""') + END) == ([], [])


def test_an_empty_file_is_a_file() -> None:
    assert read(part('name="f"; filename="a"') + END)[1] == [("f", "a", "", b"")]


def test_a_file_may_be_larger_than_all_texts() -> None:
    content = b"\r\n--" * (MIB // 2)
    assert read(part('name="f"; filename="a"', content) + END)[1][0][3] == content


BROKEN = {
    "no end": part('name="a"', b"x"),
    "no part": b"what is this",
    "text that is not UTF-8": part('name="a"', b"\xff") + END,
    "a head that is not UTF-8": b'--x\r\nContent-Disposition: form-data; name="\xff"\r\n\r\n\r\n'
    + END,
    "no name": part('filename="a"', b"x") + END,
    "no disposition": b"--x\r\nContent-Type: text/plain\r\n\r\nx\r\n" + END,
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_no_browser_sends_is_refused(case: str) -> None:
    with pytest.raises(Failure) as refused:
        read(BROKEN[case])
    assert refused.value.kind.code == "REQUEST_INVALID"


@pytest.mark.parametrize("given", ["", "; boundary=", "; boundary=" + 300 * "b", "; boundary=ß"])
def test_a_form_needs_a_boundary(given: str) -> None:
    with pytest.raises(Failure) as refused:
        read(END, f"multipart/form-data{given}")
    assert refused.value.kind.code == "REQUEST_INVALID"


LARGE = {
    "a text": part('name="a"', (MIB + 1) * b"x") + END,
    "many texts": part('name="a"', MIB // 4 * b"x") * 5 + END,
    "a head": b"--x\r\n" + (MIB + 1) * b"y",
    "a beginning": (MIB + 1) * b"y",
    "many parts": part('name="a"') * 2_001 + END,
}


@pytest.mark.parametrize("case", LARGE)
def test_texts_have_1_mebibyte_together(case: str) -> None:
    with pytest.raises(Failure) as refused:
        read(LARGE[case])
    assert refused.value.message == "The request body is larger than 1 MiB"


def test_a_form_beyond_its_bound_is_refused_unread() -> None:
    with pytest.raises(Failure) as refused:
        read(part('name="f"; filename="a"', 2 * MIB * b"x") + END, most=2 * MIB)
    assert refused.value.message == "The request body is larger than 2 MiB"
