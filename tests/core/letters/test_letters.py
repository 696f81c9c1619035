"""What is read of ugly mail, and what holds whatever a mail is."""

import random
from collections.abc import Callable
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cstar_core import (
    LETTER_BYTES_MAX,
    Correspondent,
    Letter,
    LetterPart,
    Unreadable,
    dump_letter,
    load_letter,
    read_letter,
)
from tests.core.letters.hostile import HOSTILE
from tests.core.letters.mutating import UGLY, faults, mutations
from tests.core.letters.ugly import Ugly, mail, part, parts, seen
from tests.growth import grows_with

FEW = 1_000


@pytest.mark.parametrize("ugly", UGLY, ids=lambda ugly: ugly.name)
def test_a_mail_is_read_as_the_table_says(ugly: Ugly) -> None:
    if isinstance(ugly.read, str):
        with pytest.raises(Unreadable) as caught:
            read_letter(ugly.raw)
        assert caught.value.code == ugly.read
    else:
        shown = seen(read_letter(ugly.raw))
        assert {name: shown[name] for name in ugly.read} == ugly.read


@pytest.mark.parametrize("ugly", UGLY, ids=lambda ugly: ugly.name)
def test_what_must_hold_of_every_letter_holds(ugly: Ugly) -> None:
    if isinstance(ugly.read, dict):
        assert list(faults(read_letter(ugly.raw))) == []


def test_no_two_rows_of_the_table_have_a_name() -> None:
    names = [ugly.name for ugly in UGLY]
    assert len(set(names)) == len(names) >= 150


def test_a_mail_may_have_25_mb_and_not_a_byte_more() -> None:
    raw = mail("", b"a" * LETTER_BYTES_MAX)[:LETTER_BYTES_MAX]
    assert read_letter(raw).text_cut
    with pytest.raises(Unreadable) as caught:
        read_letter(raw + b"a")
    assert (caught.value.code, caught.value.reason) == ("too_large", "has more than 25 MB")


@pytest.mark.no_cover
def test_changed_mail_is_read_or_refused() -> None:
    found: list[str] = []
    for raw in islice(mutations(random.Random(8)), FEW):
        try:
            found += faults(read_letter(raw))
        except Unreadable:
            continue
    assert found == []


@pytest.mark.no_cover
@given(st.binary(max_size=2_000))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        assert list(faults(read_letter(b"Content-Type: multipart/mixed; boundary=a\n" + raw))) == []
    except Unreadable as error:
        assert error.code in ("too_many_headers", "header_too_large")


SAID = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=80).map(
    lambda text: " ".join(text.split())
)


@given(SAID, SAID)
@settings(max_examples=100, deadline=None)
def test_what_is_written_in_utf_8_is_read_so(subject: str, text: str) -> None:
    raw = f"From: a@example.com\nSubject: {subject.replace('=?', '')}\n\n{text}".encode()
    letter = read_letter(raw)
    assert (letter.subject, letter.text) == (subject.replace("=?", ""), text.rstrip())


@pytest.mark.no_cover
@pytest.mark.parametrize("name", HOSTILE)
def test_a_mail_is_read_in_time_by_its_size(name: str) -> None:
    made = {size: HOSTILE[name](size) for size in (10_000, 100_000)}

    def read(size: int) -> object:
        try:
            return read_letter(made[size])
        except Unreadable as error:
            return error

    assert grows_with(read, *made)


# --- who is believed

RESULTS = "Authentication-Results: {}; dmarc=fail; spf=pass"


@pytest.mark.parametrize(
    ("servers", "trusted", "checks"),
    [
        (["mx.example"], ["mx.example"], "pass//fail mx.example"),
        (["MX.example"], ["mx.EXAMPLE"], "pass//fail mx.example"),
        (["evil.example"], ["mx.example"], "//"),
        (["evil.example", "mx.example"], ["mx.example"], "pass//fail mx.example"),
        (["evil.example", "mx.example"], [], "pass//fail evil.example"),
    ],
)
def test_results_are_those_of_who_is_trusted(
    servers: list[str], trusted: list[str], checks: str
) -> None:
    raw = mail("\n".join(RESULTS.format(each) for each in servers))
    assert seen(read_letter(raw, trusted=trusted))["checks"] == checks


# --- the same mail twice

MIXED = parts(
    "multipart/mixed",
    part("Content-Type: text/plain; charset=utf-8", "Grüße"),
    part("Content-Type: image/png", "png"),
    more="Message-ID: <1@x>\nDate: Mon, 1 Dec 2025 10:00:00 +0000\nSubject: Hi",
)


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: b"Received: from a by b\nReturn-Path: <c@d>\n" + raw,
        lambda raw: b"Delivered-To: other@x.example\nX-Spam-Flag: NO\n" + raw,
        lambda raw: raw.replace(b"\n", b"\r\n"),
        lambda raw: raw.replace(b"boundary=x", b"boundary=y").replace(b"--x", b"--y"),
        lambda raw: raw.replace(b"Subject: Hi", b"Subject:\n Hi"),
        lambda raw: raw.replace("Grüße".encode(), b"=47r=C3=BC=C3=9Fe").replace(
            b"charset=utf-8", b"charset=utf-8\nContent-Transfer-Encoding: quoted-printable"
        ),
        lambda raw: raw + b"\n\n",
    ],
)
def test_a_mail_that_comes_on_another_way_is_the_same(change: Callable[[bytes], bytes]) -> None:
    raw = MIXED.replace(b"\r\n", b"\n")
    assert read_letter(change(raw)).identity == read_letter(raw).identity


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"1@x", b"2@x"),
        (b"Hi", b"Ho"),
        (b"png\n", b"gif\n"),
        (b"jane@", b"june@"),
        (b"10:00", b"10:01"),
    ],
)
def test_another_mail_is_another(before: bytes, after: bytes) -> None:
    raw = MIXED.replace(b"\r\n", b"\n")
    assert read_letter(raw.replace(before, after)).identity != read_letter(raw).identity


# --- between processes

FULL = Letter(
    sender=Correspondent("Jäne", "jane@example.com"),
    parts=(LetterPart("a", "b/c", bytes(range(256))), LetterPart("d", "e/f", b"", "g", True)),
    identity=b"\0\xff" * 16,
)


def test_a_letter_is_the_same_once_it_is_dumped_and_loaded() -> None:
    assert load_letter(dump_letter(FULL)) == FULL


@pytest.mark.parametrize(
    "change",
    [
        lambda dumped: b"",
        lambda dumped: dumped[:4],
        lambda dumped: dumped[:-1],
        lambda dumped: dumped + b"x",
        lambda dumped: b"\xff" * 8 + dumped[8:],
        lambda dumped: (2).to_bytes(8, "big") + b"{}",
        lambda dumped: (4).to_bytes(8, "big") + b"null",
        lambda dumped: (1).to_bytes(8, "big") + b"[",
        lambda dumped: dumped.replace(b'"content":256', b'"content":-56'),
        lambda dumped: dumped.replace(b'"content":256', b'"content":"a"'),
        lambda dumped: dumped.replace(b'"subject"', b'"subjekt"'),
    ],
)
def test_what_is_no_letter_is_not_loaded(change: Callable[[bytes], bytes]) -> None:
    with pytest.raises(ValueError, match=r"letter|JSON|Expecting"):
        load_letter(change(dump_letter(FULL)))


def test_a_function_for_html_is_used_within_the_limits() -> None:
    given_: list[str] = []

    def to_text(html: str) -> str:
        given_.append(html)
        return "laid out"

    for html in ("<p>Hi", "<div>" * 300):
        read_letter(mail("Content-Type: text/html", html), html_to_text=to_text)
    assert given_ == ["<p>Hi"]


# --- mail that Python's own tests carry (PSF licence), read where it is, if it is there

# One of them is a text without any header.
NO_MAIL = "msg_19.txt: no_header"
CARRIED = {
    "msg_01.txt": {"subject": "This is a test message", "parts": []},
    "msg_02.txt": {"nature": "list", "subject": "Ppp digest, Vol 1 #2 - 5 msgs"},
    "msg_05.txt": {"text": "Yadda yadda yadda\n\nYadda yadda yadda", "names": ["message.eml"]},
    "msg_06.txt": {"names": ["testing.eml"]},
    "msg_07.txt": {"text": "Hi there,\n\nThis is the dingus fish.", "names": ["dingusfish.gif"]},
    "msg_16.txt": {"failed": [("jangel1@cougar.noc.ucla.edu", "failed", "5.0.0")]},
    "msg_22.txt": {"names": ["wibble.JPG", "wibble2.JPG"]},
    "msg_25.txt": {"failed": [("scoffman@wellpartner.com", "failed", "5.4.6")]},
    "msg_35.txt": {"text": "counter to RFC 2822, there's no separating newline here"},
    "msg_43.txt": {"nature": "bounce"},
    "msg_45.txt": {"protection": "signed", "names": ["signature.asc"]},
    "msg_46.txt": {"names": ["GroupwiseForwardingTest.eml"]},
}


def carried() -> list[Path]:
    """The mails of the standard library's tests."""
    found = find_spec("test.test_email")
    places = [Path(each) for each in (found.submodule_search_locations or ())] if found else []
    return [file for place in places for file in sorted(place.glob("data/msg_*.txt"))]


def test_what_python_tests_its_reader_with_is_read() -> None:
    found: list[str] = []
    for file in carried():
        try:
            found += [f"{file.name}: {each}" for each in faults(read_letter(file.read_bytes()))]
        except Unreadable as error:
            found.append(f"{file.name}: {error.code}")
    assert found in ([], [NO_MAIL])


@pytest.mark.parametrize("name", CARRIED)
def test_what_python_carries_is_read_as_the_table_says(name: str) -> None:
    file = next((each for each in carried() if each.name == name), None)
    if file is None:
        pytest.skip("this Python was installed without its tests")
    shown = seen(read_letter(file.read_bytes()))
    assert {each: shown[each] for each in CARRIED[name]} == CARRIED[name]
