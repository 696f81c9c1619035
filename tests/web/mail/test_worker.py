"""The process that reads mail: what it reads, and what it does not survive."""

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from cstar_core import Unreadable, read_letter
from cstar_web.mail.task import Task
from cstar_web.mail.worker import LetterReader

PLAIN = b"From: Jane <jane@example.com>\r\nSubject: Late\r\n\r\nWhere is it?\r\n"
HTML = b"From: jane@example.com\nContent-Type: text/html\n\n<table><tr><td>1<td>2</table>"
HEAVY = b"From: a@example.com\nContent-Transfer-Encoding: base64\n\n" + b"QUJD" * 5_000_000


@pytest.fixture(scope="module")
def reader() -> Iterator[LetterReader]:
    with LetterReader() as made:
        yield made


def refused(reader: LetterReader, raw: bytes) -> str:
    with pytest.raises(Unreadable) as caught:
        reader.read(raw)
    return caught.value.code


def test_a_letter_is_what_the_core_reads(reader: LetterReader) -> None:
    assert reader.read(PLAIN) == read_letter(PLAIN)


def test_a_process_reads_many_letters(reader: LetterReader) -> None:
    before = reader.read(PLAIN) and reader.pid
    assert [reader.read(PLAIN).subject for _ in range(20)] == ["Late"] * 20
    assert reader.pid == before


def test_html_is_laid_out(reader: LetterReader) -> None:
    assert reader.read(HTML).text.split() == ["1", "2"]
    assert "\n" not in reader.read(HTML).text


def test_html_that_a_library_does_not_take_is_read_all_the_same(reader: LetterReader) -> None:
    raw = HTML.replace(b"<table>", b'<?xml version="1.0" encoding="utf-8"?><table>')
    assert reader.read(raw).text.split() == ["1", "2"]


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p style='margin-top:99999em; padding-left:99999em'>a</p>b", "a\n\nb"),
        ("a<div style='color:red; DISPLAY: None'>hidden</div>b", "ab"),
        ("<td colspan=99999999>a", "a"),
        ("<p>a&nbsp;b   </p>\n\n\n<p>c</p>", "a b\n\nc"),
        ("<ul><li>a<li>b</ul>", "  * a\n  * b"),
    ],
)
def test_html_is_laid_out_as_far_as_it_is_meant_to_be_read(
    reader: LetterReader, html: str, text: str
) -> None:
    assert reader.read(HTML.partition(b"<")[0] + html.encode()).text == text


def test_what_is_no_mail_is_refused(reader: LetterReader) -> None:
    assert refused(reader, b"") == "empty"


def test_who_is_trusted_is_passed_on() -> None:
    raw = b"Authentication-Results: other.example; dmarc=fail\n" + PLAIN
    with LetterReader(trusted=["mx.example"]) as choosy:
        assert choosy.read(raw).suspected.dmarc == ""


def test_one_that_takes_too_long_is_refused_and_the_next_is_read() -> None:
    with LetterReader(budget=0.01) as hasty:
        assert refused(hasty, HEAVY) == "took_too_long"
        assert hasty.read(PLAIN).subject == "Late"


def test_one_that_takes_too_much_memory_is_refused_and_the_next_is_read() -> None:
    with LetterReader(memory=1024) as small:
        assert refused(small, HEAVY) == "too_much_memory"
    with LetterReader() as large:
        assert large.read(HEAVY).defects == ()


def test_one_that_is_not_read_in_time_by_the_clock_is_refused() -> None:
    with LetterReader(patience=0.0) as impatient:
        assert refused(impatient, PLAIN) == "took_too_long"


def test_a_process_that_was_killed_is_replaced(reader: LetterReader) -> None:
    for _ in range(3):
        reader.read(PLAIN)
        before = reader.pid or 0
        os.kill(before, signal.SIGKILL)
        assert reader.read(HTML).text.split() == ["1", "2"]
        assert reader.pid != before


def test_a_process_that_stops_is_not_waited_for_for_ever() -> None:
    with LetterReader(patience=1.0) as impatient:
        impatient.read(PLAIN)
        before = impatient.pid or 0
        os.kill(before, signal.SIGSTOP)
        # Another process reads it.
        assert impatient.read(PLAIN).subject == "Late"
        assert impatient.pid != before


def test_threads_take_turns(reader: LetterReader) -> None:
    read: list[str] = []
    threads = [
        threading.Thread(target=lambda: read.append(reader.read(PLAIN).subject)) for _ in range(8)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    assert read == ["Late"] * 8


def test_nothing_is_left_of_a_reader_that_is_closed() -> None:
    reader = LetterReader()
    reader.read(PLAIN)
    pid = reader.pid or 0
    reader.close()
    reader.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_task_says_how_long_it_is() -> None:
    told = Task(5, 1.0, 2, ("a",)).dumped()
    assert int.from_bytes(told[:8], "big") == len(told) - 8
