"""Bringing in archives of mail: each mail once, as of when it was written, and nobody is told."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cstar_core import LETTER_BYTES_MAX, Helpdesk
from cstar_web.mail.archives import mbox_mails
from tests.cli.commands import run
from tests.core.posting import mail

Cstar = Callable[..., str]
MARK = b"From jane@example.com Wed Dec 10 14:30:00 2025\n"


@pytest.fixture
def desk(database: Path) -> Iterator[Helpdesk]:
    with Helpdesk.open(database) as desk:
        yield desk


def plain(raw: bytes) -> bytes:
    return raw.replace(b"\r\n", b"\n")


def mbox(folder: Path, *raws: bytes) -> str:
    file = folder / "archive.mbox"
    file.write_bytes(b"".join(MARK + plain(raw) + b"\n" for raw in raws))
    return str(file)


def test_an_archive_comes_in_once_and_quietly(
    desk: Helpdesk, tmp_path: Path, cstar: Cstar, cstar_json: Callable[..., Any]
) -> None:
    acme = desk.workspace("acme")
    acme.webhooks.create(name="x", url="https://example.com", events=["*"])
    first = mail(subject="One", id="1@example.com", Date="Mon, 01 Jan 2024 10:00:00 +0000")
    answer = mail(
        subject="Re: One", In_Reply_To="<1@example.com>", Date="Tue, 02 Jan 2024 10:00:00 +0000"
    )
    archive = mbox(tmp_path, first, answer, mail(subject="Two", Date="no date"))
    said = cstar("import", archive, "--mbox", "--team", "acme")
    assert said == f"3 mails in {archive}, 3 of them new\n2 ticket\n1 reply\n"
    again = cstar_json("import", archive, "--mbox", "--team", "acme")
    assert (again["mails"], again["new"]) == (3, 0)
    one = next(each for each in acme.tickets.list().items if each.title == "One")
    assert one.created_at == datetime(2024, 1, 1, 10, tzinfo=UTC)
    thread = acme.messages.list(one.id)
    assert [each.created_at.day for each in thread] == [1, 2]
    assert desk.figures().backlog.undelivered == 0
    assert acme.mail.list().items[0].source == "import"


def test_a_maildir_comes_in_in_order(desk: Helpdesk, tmp_path: Path, cstar: Cstar) -> None:
    box = tmp_path / "Maildir"
    for part, name, number in (("cur", "2.a:2,S", 2), ("new", "1.a", 1), ("new", "3.a", 3)):
        (box / part).mkdir(parents=True, exist_ok=True)
        (box / part / name).write_bytes(mail(subject=f"Number {number}"))
    (box / "cur" / "folder").mkdir()
    assert cstar("import", str(box), "--maildir").endswith("3 of them new\n3 ticket\n")
    found = desk.workspace("acme").tickets.list(sort="number").items
    assert [each.title for each in found] == ["Number 1", "Number 2", "Number 3"]


def test_what_cannot_be_read_is_a_ticket_and_the_rest_goes_on(
    desk: Helpdesk, tmp_path: Path, cstar: Cstar
) -> None:
    archive = mbox(tmp_path, b"X: y\n" * 300 + b"\nmany headers\n", mail(subject="Well"))
    assert cstar("import", archive, "--mbox").endswith("1 failed\n1 ticket\n")
    assert desk.workspace("acme").tickets.list().total == 2


REFUSED: list[tuple[tuple[str, ...], str]] = [
    (("none", "--mbox"), "is it spelt right"),
    (("rows.csv", "--mbox"), "is no mbox file"),
    (("folder", "--maildir"), "is no maildir folder"),
    (("rows.csv", "--mbox", "--maildir"), "not both"),
    (("rows.csv", "--mbox", "--dry-run"), "is an archive of mail; leave out --dry-run"),
    (("rows.csv", "--mbox", "--kind", "customers"), "leave out --kind"),
]


@pytest.mark.parametrize(("line", "said"), REFUSED)
def test_what_is_no_archive_is_refused(
    database: Path, tmp_path: Path, line: tuple[str, ...], said: str
) -> None:
    (tmp_path / "rows.csv").write_text("title\nA\n", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    done = run("import", *line, "--database", str(database))
    assert done.exit_code in (1, 2) and said in done.stderr
    with Helpdesk.open(database) as desk:
        assert desk.workspace("acme").mail.list().total == 0


SPLIT: list[tuple[bytes, list[bytes]]] = [
    (b"", []),
    (MARK, [b""]),
    (MARK + b"A: b\n\nc\n\n" + MARK + b"D: e\n\nf\n\n", [b"A: b\n\nc\n", b"D: e\n\nf\n"]),
    (MARK + b"A: b\n\n>From x\n>>From y\n> From z\n\n", [b"A: b\n\nFrom x\n>From y\n> From z\n"]),
    (MARK + b"A: b\n\nc\nFrom here on\n", [b"A: b\n\nc\nFrom here on\n"]),
    (MARK.replace(b"\n", b"\r\n") + b"A: b\r\n\r\nc\r\n\r\n", [b"A: b\r\n\r\nc\r\n"]),
]


@pytest.mark.parametrize(("content", "mails"), SPLIT)
def test_an_mbox_file_is_taken_apart(tmp_path: Path, content: bytes, mails: list[bytes]) -> None:
    (tmp_path / "x").write_bytes(content)
    assert list(mbox_mails(str(tmp_path / "x"))) == mails


def test_of_a_mail_that_is_too_large_no_more_is_held_than_shows_it(tmp_path: Path) -> None:
    line = b"x" * 999_999 + b"\n"
    (tmp_path / "x").write_bytes(MARK + line * 30 + b"\n" + MARK + b"A: b\n")
    assert [len(each) for each in mbox_mails(str(tmp_path / "x"))] == [LETTER_BYTES_MAX + 1, 5]
