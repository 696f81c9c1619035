"""What a mail that goes out looks like, byte for byte, and what cannot get into its headers."""

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from cstar_core import Correspondent
from cstar_core.mail_out.composing import Enclosed, Outline, compose
from cstar_core.mail_out.headers import ascii_address, one_line
from cstar_core.mail_out.html import html_of

OUTLINE = Outline(
    sender=Correspondent("Acme", "support@acme.example"),
    to=(Correspondent("Jane", "jane@example.com"),),
    cc=(),
    subject="Re: Cannot log in [#1]",
    header_id="abc@acme.example",
    date=datetime(2025, 12, 10, 14, 30, tzinfo=UTC),
    text="Hello",
)


def read(raw: bytes) -> EmailMessage:
    return email.message_from_bytes(raw, _class=EmailMessage, policy=email.policy.default)


NAMES = [
    "Jane",
    "Smith, Jane",
    'Jane "the" \\ Smith',
    "Jäne Smith, <all@example.com>",
    "日本語の名前がとても長いのでいくつかの語に分かれて書かれることになるはずです",
    "jane@example.com",
    "=?utf-8?b?eA==?=",
    "a" * 255,
    "é" * 255,
    "Jane (Smith); group:",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_stays_one_name_of_one_recipient(name: str) -> None:
    raw = compose(replace(OUTLINE, to=(Correspondent(name, "jane@example.com"),)))
    (found,) = read(raw)["To"].addresses
    assert found.addr_spec == "jane@example.com"
    # The parser puts a blank between two encoded words of a phrase, and ends at an encoded comma.
    assert found.display_name.replace(" ", "")[:10] == name.replace(" ", "")[:10]


HOSTILE = [
    "Hello\r\nBcc: all@example.com",
    "Hello\nBcc: all@example.com",
    "Hello\rBcc: all@example.com",
    "Hello\r\n\r\n<html>",
    "Hello\x00\x0b\x0c\x85\u2028\u2029Bcc: all@example.com",
    "\u202eHello\u2066",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_begins_another_header(text: str) -> None:
    name = one_line(text, 500)
    outline = replace(
        OUTLINE,
        sender=Correspondent(name, "support@acme.example"),
        to=(Correspondent(name, "jane@example.com"),),
        subject=name,
        files=[Enclosed(text, f"text/plain{text}", b"x")],
    )
    found = read(compose(outline))
    assert found["Bcc"] is None
    assert set(found.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type",
    }  # fmt: skip
    assert not any(each in str(found["Subject"]) for each in "\r\n\u202e\u2066\u2028")
    (file,) = found.iter_attachments()
    assert file.get_content_type() == "application/octet-stream"
    assert set(file.keys()) == {"Content-Type", "Content-Transfer-Encoding", "Content-Disposition"}


SUBJECTS = ["Hello", "Grüße", "🎉" * 300, "a" * 500, "ab " * 160, "=?utf-8?q?x?=", "x" * 90 + "é"]


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_subject_is_read_as_it_was_written(subject: str) -> None:
    raw = compose(replace(OUTLINE, subject=subject.strip()))
    assert read(raw)["Subject"] == subject.strip()


TEXTS = [
    "Hello",
    "",
    "Grüße\n\n日本語 🎉",
    "From the start\n.\n..\n. x\nFrom",
    "trailing blank \n\ttab\t",
    "a" * 5000,
    "é" * 5000,
    "one\r\ntwo\rthree\u2028four",
    "= =3D =\n-- \nJane",
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_read_as_it_was_written(text: str) -> None:
    raw = compose(replace(OUTLINE, text=text))
    plain = read(raw).get_body(("plain",))
    assert plain is not None
    assert plain.get_content().splitlines() == text.splitlines() or not text
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert raw.isascii()
    assert b"\r\n.\r\n" not in raw
    assert b"\n" not in raw.replace(b"\r\n", b"")


def test_the_same_outline_makes_the_same_bytes() -> None:
    outline = replace(OUTLINE, files=[Enclosed("a.txt", "text/plain", b"x" * 1000)])
    assert compose(outline) == compose(outline)


FILES = [
    ("a.txt", "text/plain", "text/plain"),
    ("ü 日本.pdf", "application/pdf", "application/pdf"),
    ('a"b\\c.txt', "text/plain", "text/plain"),
    ("é" * 200 + ".txt", "TEXT/Plain", "text/plain"),
    ("mail.eml", "message/rfc822", "application/octet-stream"),
    ("x", "multipart/mixed; boundary=x", "application/octet-stream"),
    ("x", "", "application/octet-stream"),
]


@pytest.mark.parametrize(("name", "given", "shown"), FILES)
def test_a_file_arrives_as_it_was(name: str, given: str, shown: str) -> None:
    content = bytes(range(256)) * 20
    raw = compose(replace(OUTLINE, files=[Enclosed(name, given, content)]))
    (file,) = read(raw).iter_attachments()
    assert file.get_content_type() == shown
    assert file.get_payload(decode=True) == content
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))


def test_a_thread_is_named_by_ids() -> None:
    found = read(
        compose(replace(OUTLINE, in_reply_to="x@y", references=("r@y", "x@y"), reply_to="s+t@y.z"))
    )
    assert (found["In-Reply-To"], found["References"]) == ("<x@y>", "<r@y> <x@y>")
    assert (found["Message-ID"], found["Reply-To"]) == ("<abc@acme.example>", "s+t@y.z")


def test_what_a_program_wrote_says_so() -> None:
    raw = compose(replace(OUTLINE, automatic=True, loops=("aa", "bb")))
    found = read(raw)
    assert found["Auto-Submitted"] == "auto-replied"
    assert found.get_all("X-cStar-Loop") == ["aa", "bb"]
    assert read(compose(OUTLINE))["Auto-Submitted"] is None


PAGES = [
    ("a < b & c", "<p>a &lt; b &amp; c</p>"),
    ("one\ntwo\n\n\nthree", "<p>one<br>\ntwo</p>\n<p>three</p>"),
    ("see https://a.example/x?y=1&z.", '<a href="https://a.example/x?y=1&amp;z">'),
    ('https://a.example/"onclick="x', '<a href="https://a.example/">'),
    ("javascript:alert(1)", "<p>javascript:alert(1)</p>"),
]


@pytest.mark.parametrize(("text", "part"), PAGES)
def test_a_text_becomes_a_page_in_which_it_is_only_text(text: str, part: str) -> None:
    assert part in html_of(text)


ADDRESSES = [
    ("jane@example.com", "jane@example.com"),
    ("jane@bücher.example", "jane@xn--bcher-kva.example"),
    ("jäne@example.com", "jäne@example.com"),
    ("jane@straße.example", None),
    ("jane@" + "a" * 64 + ".example", "jane@" + "a" * 64 + ".example"),
    ("jane@" + "ä" * 64 + ".example", None),
    ("jane@..ä", None),
    ("jane", None),
    ("jane@example.com\r\nBcc: x@y", None),
    ("<jane@example.com>", None),
]


@pytest.mark.parametrize(("address", "written"), ADDRESSES)
def test_a_domain_is_written_in_ascii_or_not_at_all(address: str, written: str | None) -> None:
    assert ascii_address(address) == written
