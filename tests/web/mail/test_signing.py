"""DKIM: what is signed can be verified, and what cannot be signed is not sent."""

import os
import subprocess
from pathlib import Path

import dkim
import pytest

from cstar_core import DkimKey, Unsendable
from cstar_web.mail.signing import Unusable, record_of, sign_mail, try_dkim
from tests.web.mail.post_office import account

RAW = b"From: help@acme.example\r\nTo: jane@example.com\r\nSubject: Hi\r\n\r\nHello\r\n"


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("dkim") / "key.pem"
    subprocess.run(["openssl", "genrsa", "-out", path, "2048"], check=True, capture_output=True)
    return path


def public(key: Path) -> bytes:
    line = ["openssl", "rsa", "-in", key, "-pubout"]
    pem = subprocess.run(line, check=True, capture_output=True).stdout
    return b"v=DKIM1; p=" + b"".join(pem.splitlines()[1:-1])


def test_what_is_signed_is_verified_and_what_was_changed_is_not(key: Path) -> None:
    signed = sign_mail(DkimKey("acme.example", "mail", str(key)), RAW)
    assert signed.endswith(RAW)

    def found(name: bytes, timeout: int = 5) -> bytes:
        assert name == b"mail._domainkey.acme.example."
        return public(key)

    assert dkim.verify(signed, dnsfunc=found)
    assert not dkim.verify(signed.replace(b"Hello", b"Hullo"), dnsfunc=found)
    assert not dkim.verify(b"Subject: Other\r\n" + signed, dnsfunc=found)


def test_what_is_to_be_published_is_told(key: Path) -> None:
    found = record_of(DkimKey("münchen.example", "s1", str(key)))
    assert found.name == "s1._domainkey.xn--mnchen-3ya.example"
    assert found.text.encode() == public(key).replace(b"DKIM1;", b"DKIM1; k=rsa;")
    (tried,) = try_dkim(account(None, dkim=DkimKey("acme.example", "s1", str(key))))
    assert tried.ok and found.text in tried.said


def test_what_is_no_key_is_told_in_the_same_words(tmp_path: Path) -> None:
    (tmp_path / "broken.pem").write_text("no key")
    (tmp_path / "other.pem").write_bytes(b"-----BEGIN X-----\n" + b"AAAA\n" * 9_999 + b"--\n")
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "locked.pem").mkdir()
    for name in ("absent.pem", "broken.pem", "other.pem", "fifo", "locked.pem", "/dev/zero", "\0"):
        with pytest.raises(Unusable, match=r"^must be a file with an RSA private key"):
            record_of(DkimKey("acme.example", "s1", str(tmp_path / name)))


def test_what_cannot_be_signed_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "broken.pem").write_text("no key")
    for name in ("absent.pem", "broken.pem"):
        with pytest.raises(Unsendable, match="it cannot be signed") as refused:
            sign_mail(DkimKey("acme.example", "mail", str(tmp_path / name)), RAW)
        assert refused.value.for_now
