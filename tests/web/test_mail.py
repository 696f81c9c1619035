"""Mail over HTTP: handed over, looked through, and put right."""

from pathlib import Path
from typing import Any

import pytest

from cstar_core import Helpdesk
from tests.core.posting import mail
from tests.web.vocabulary import Api

KIND = "message/rfc822"


def work(desk: Helpdesk) -> None:
    """What a server does a moment later."""
    for waiting in desk.waiting_mail():
        desk.workspace(waiting.team_id, waiting.environment).mail.work(waiting.id)


def test_a_mail_is_taken_and_becomes_a_ticket(api: Api, desk: Helpdesk) -> None:
    raw = mail()
    answer = api.send("POST", f"{api.base}/mail", data=raw, content_type=KIND)
    assert (answer.status, answer.data["verdict"], answer.data["size"]) == (
        202,
        "waiting",
        len(raw),
    )
    work(desk)
    found = api.get(f"/mail/{answer.data['id']}").data
    assert (found["verdict"], found["threadedBy"]) == ("ticket", "new")
    assert found["threading"] == "Nothing in it belongs to an earlier ticket."
    assert api.get(f"/tickets/{found['ticketId']}").data["title"] == "Late"
    assert [each["id"] for each in api.get(f"/mail?ticketId={found['ticketId']}").data] == [
        found["id"]
    ]


def test_the_same_bytes_are_the_same_mail(api: Api) -> None:
    raw = mail()
    assert api.mail(raw) == api.mail(raw)
    assert api.get("/mail").json["meta"]["pagination"]["total"] == 1


def test_the_query_names_the_mailbox_and_the_envelope(api: Api, desk: Helpdesk) -> None:
    boxes = desk.workspace("acme").mailboxes
    first, sales = (boxes.create(address=f"{name}@acme.example") for name in ("help", "sales"))
    query = {"envelopeFrom": "", "envelopeTo": "sales@acme.example"}
    found = api.mail(mail(), query_string=query)
    assert (found["mailboxId"], found["envelopeFrom"]) == (sales.id, "")
    assert found["envelopeTo"] == ["sales@acme.example"]
    found = api.mail(mail(), query_string={"mailboxId": first.id})
    assert found["mailboxId"] == first.id
    assert [each["id"] for each in api.get(f"/mail?mailboxId={first.id}").data] == [found["id"]]


REFUSED: list[tuple[dict[str, Any], int, str | None]] = [
    ({"content_type": "application/json"}, 415, None),
    ({"query_string": {"mailboxId": f"mbx_{'0' * 32}"}}, 400, "mailboxId"),
    ({"query_string": {"mailboxId": ""}}, 400, "mailboxId"),
    ({"query_string": {"envelopeFrom": "a" * 255}}, 400, "envelopeFrom"),
    ({"query_string": {"envelopeTo": " "}}, 400, "envelopeTo"),
    ({"query_string": {"mailbox": "x"}}, 400, "mailbox"),
    ({"data": b"x" * (25 * 1024 * 1024 + 1)}, 413, None),
]


@pytest.mark.parametrize(("options", "status", "param"), REFUSED)
def test_what_cannot_be_taken_is_refused(
    api: Api, options: dict[str, Any], status: int, param: str | None
) -> None:
    given = {"data": mail(), "content_type": KIND} | options
    answer = api.send("POST", f"{api.base}/mail", **given)
    assert (answer.status, answer.error.get("param")) == (status, param)
    assert api.get("/mail").data == []


def test_an_empty_body_is_a_mail_that_cannot_be_read(api: Api, desk: Helpdesk) -> None:
    made = api.mail(b"")
    work(desk)
    found = api.get(f"/mail/{made['id']}").data
    assert (found["verdict"], found["reason"]) == ("failed", "empty")
    assert found["explanation"] == "It could not be read: it is empty."
    assert found["facts"] == {"failure": "is empty"}


def test_a_mail_is_downloaded_as_it_came(api: Api) -> None:
    raw = mail()
    answer = api.get(f"/mail/{api.mail(raw)['id']}/raw")
    assert (answer.status, answer.raw) == (200, raw)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="message.eml"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_a_forgotten_mail_is_not_downloaded(api: Api, desk: Helpdesk) -> None:
    made = api.mail(mail())
    work(desk)
    found = api.get(f"/mail/{made['id']}").data
    api.delete(f"/tickets/{found['ticketId']}")
    assert api.get(f"/mail/{made['id']}/raw").status == 404
    left = api.get(f"/mail/{made['id']}").data
    assert (left["verdict"], left["hasRaw"], left["sender"]) == ("ticket", False, None)


def test_a_mail_whose_file_is_lost_is_told_as_lost_and_stays_in_the_ledger(
    api: Api, desk: Helpdesk, tmp_path: Path
) -> None:
    made = api.mail(mail())
    work(desk)
    for file in (tmp_path / "desk.db-files").glob("??/*"):
        file.write_bytes(file.read_bytes()[:-1] + b"\0")
    answer = api.get(f"/mail/{made['id']}/raw")
    assert answer.refusal[:2] == (410, "FILE_LOST")
    assert answer.error["type"] == "not_found_error" and "backup" in answer.error["message"]
    found = api.get(f"/mail/{made['id']}").data
    assert (found["verdict"], found["subject"], found["hasRaw"]) == ("ticket", "Late", True)


def test_a_failure_is_tried_again(api: Api, desk: Helpdesk) -> None:
    made = api.mail(b"")
    work(desk)
    assert api.post(f"/mail/{made['id']}/retry", {}).data["verdict"] == "waiting"
    work(desk)
    assert api.get("/mail?verdict=failed").json["meta"]["pagination"]["total"] == 1


def test_a_blocked_mail_is_released(api: Api, desk: Helpdesk) -> None:
    block = api.post("/mail-blocks", {"value": "example.com", "note": "Noise"}).data
    assert (block["value"], block["note"], block["object"]) == (
        "example.com",
        "Noise",
        "mail_block",
    )
    made = api.mail(mail())
    work(desk)
    assert api.get(f"/mail/{made['id']}").data["verdict"] == "ignored"
    released = api.post(f"/mail/{made['id']}/release", {}).data
    assert (released["verdict"], released["isReleased"]) == ("waiting", True)
    work(desk)
    assert api.get(f"/mail/{made['id']}").data["verdict"] == "ticket"
    refused = api.post(f"/mail/{made['id']}/release", {})
    assert (refused.status, refused.error["code"]) == (409, "MAIL_CONFLICT")


def test_blocks_are_listed_and_deleted(api: Api) -> None:
    made = [api.post("/mail-blocks", {"value": value}).data for value in ("b.example", "a.example")]
    assert api.get("/mail-blocks").data == made[::-1]
    assert api.get(f"/mail-blocks/{made[0]['id']}").data == made[0]
    assert api.post("/mail-blocks", {"value": "@A.example"}).status == 409
    assert api.delete(f"/mail-blocks/{made[0]['id']}").data == {"deleted": True}
    assert api.get("/mail-blocks").data == made[1:]


def test_a_block_must_be_one(api: Api) -> None:
    answer = api.post("/mail-blocks", {"value": "nothing", "note": 3})
    assert answer.status == 400
    assert [each["param"] for each in answer.error["errors"]] == ["value", "note"]


def test_a_publishable_key_sees_no_mail(api: Api, reader: Api) -> None:
    made = api.mail(mail())
    for path in ("/mail", f"/mail/{made['id']}", f"/mail/{made['id']}/raw", "/mail-blocks"):
        assert reader.get(path).status == 403


def test_a_mail_is_filed_as_spam_with_its_ticket_and_comes_back(api: Api, desk: Helpdesk) -> None:
    made = api.mail(mail())
    work(desk)
    ticket = api.get(f"/mail/{made['id']}").data["ticketId"]
    path = f"/mail/{made['id']}/spam"
    refused = api.post(path, {"block": "everybody"})
    assert (refused.status, refused.error["param"]) == (400, "block")
    filed = api.post(path, {"block": "sender"}).data
    assert (filed["verdict"], filed["reason"], filed["hasRaw"]) == ("spam", "marked", True)
    assert api.get(f"/tickets/{ticket}").status == 404
    assert [each["value"] for each in api.get("/mail-blocks").data] == ["jane@example.com"]
    assert api.post(path, {}).data == filed
    api.post(f"/mail/{made['id']}/release", {})
    assert api.post(path, {}).error["code"] == "MAIL_CONFLICT"
    work(desk)
    assert api.get(f"/mail/{made['id']}").data["verdict"] == "ticket"


def test_a_publishable_key_files_nothing(api: Api, reader: Api) -> None:
    assert reader.post(f"/mail/{api.mail(mail())['id']}/spam", {}).status == 403
