"""Attachments over HTTP: files that are uploaded, sent with messages, and downloaded by who may."""

from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from cstar_core import ATTACHMENT_BYTES_MAX, Helpdesk, Workspace
from tests.web.sockets import running
from tests.web.vocabulary import Api, Keyring, ManualClock


@pytest.fixture
def ticket(api: Api) -> str:
    return str(api.ticket()["id"])


@pytest.fixture
def files(ticket: str) -> str:
    """The path of a new ticket's attachments."""
    return f"/tickets/{ticket}/attachments"


def sent(api: Api, files: str, id: str, **body: Any) -> Any:
    """A message that takes an upload."""
    path = files.replace("attachments", "messages")
    return api.post(path, {"content": "See the file", "attachments": [id], **body})


def test_an_upload_is_answered_whole(api: Api, files: str) -> None:
    answer = api.send(
        "POST",
        f"{api.base}{files}?name=../Ma%C3%9F.png",
        data=b"hello",
        content_type="image/png; a=b",
    )
    assert answer.status == 201
    assert answer.data == {
        "id": answer.data["id"],
        "object": "attachment",
        "messageId": None,
        "name": "Maß.png",
        "mediaType": "image/png",
        "size": 5,
        "sha256": "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
        "contentId": None,
        "isInline": False,
        "createdAt": "2025-12-10T14:30:00Z",
    }
    assert answer.data["id"].startswith("att_")


TYPES = {
    None: "text/plain",
    "": "text/plain",
    "application/x-www-form-urlencoded": "text/plain",
    "application/pdf": "application/pdf",
    "TEXT/Markdown;charset=utf-8": "text/markdown",
}


@pytest.mark.parametrize("said", TYPES)
def test_a_client_that_names_no_type_has_the_one_of_the_ending(
    api: Api, files: str, said: str | None
) -> None:
    options = {} if said is None else {"content_type": said}
    assert api.upload(files, **options)["mediaType"] == TYPES[said]


def test_a_type_that_is_none_is_refused(api: Api, files: str) -> None:
    answer = api.send("POST", f"{api.base}{files}?name=a", data=b"x", content_type="nonsense")
    assert answer.refusal[:2] == (400, "PARAMETER_INVALID")
    assert answer.json["error"]["param"] == "mediaType"


def test_an_upload_needs_a_name(api: Api, files: str) -> None:
    answer = api.send("POST", f"{api.base}{files}", data=b"x")
    assert answer.refusal == (400, "PARAMETER_MISSING", "name is required")


def test_a_message_takes_an_upload_and_shows_it(api: Api, files: str) -> None:
    upload = api.upload(files)
    message = sent(api, files, upload["id"]).data
    shown = upload | {"messageId": message["id"]}
    assert message["attachments"] == [shown]
    assert api.get(files).data == [shown]
    assert api.get(f"{files}/{upload['id']}").data == shown
    ticket = api.get(files.removesuffix("/attachments")).data
    assert ticket["messages"][0]["attachments"] == [shown]
    assert api.get(files.replace("attachments", "messages")).data[0]["attachments"] == [shown]


def test_a_message_that_is_sent_again_takes_its_files_once(api: Api, files: str) -> None:
    upload, key = api.upload(files), {"Idempotency-Key": "one"}
    body = {"content": "See the file", "attachments": [upload["id"]]}
    path = files.replace("attachments", "messages")
    first, again = (api.post(path, body, headers=key) for _ in range(2))
    assert again.data == first.data
    assert len(api.get(files).data) == 1


@pytest.mark.parametrize("given", ["text", None, 7, {"a": 1}])
def test_attachments_are_an_array(api: Api, files: str, given: object) -> None:
    answer = api.post(
        files.replace("attachments", "messages"), {"content": "x", "attachments": given}
    )
    assert answer.refusal == (
        400,
        "PARAMETER_INVALID",
        "attachments must be an array of strings",
    )


def test_a_file_is_downloaded_to_be_saved(api: Api, files: str) -> None:
    upload = api.upload(files, b"<script>alert(1)</script>", "evil.html", content_type="text/html")
    answer = api.get(f"{files}/{upload['id']}/content")
    assert answer.raw == b"<script>alert(1)</script>"
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="evil.html"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["ETag"] == f'"{upload["id"]}"'
    assert answer.headers["Vary"] == "Authorization"


def test_a_file_is_downloaded_in_part_or_not_at_all_if_it_is_known(api: Api, files: str) -> None:
    upload = api.upload(files, b"0123456789")
    content = f"{files}/{upload['id']}/content"
    part = api.get(content, headers={"Range": "bytes=2-4"})
    assert (part.status, part.raw) == (206, b"234")
    known = api.get(content, headers={"If-None-Match": f'"{upload["id"]}"'})
    assert (known.status, known.raw) == (304, b"")


def test_an_upload_is_deleted_and_what_a_message_has_is_not(api: Api, files: str) -> None:
    kept, thrown = api.upload(files), api.upload(files)
    sent(api, files, kept["id"])
    assert api.delete(f"{files}/{thrown['id']}").data == {"deleted": True}
    assert api.get(f"{files}/{thrown['id']}").status == 404
    assert api.delete(f"{files}/{kept['id']}").refusal[:2] == (404, "RESOURCE_MISSING")
    assert api.get(f"{files}/{kept['id']}").status == 200


def test_an_upload_is_deleted_on_a_condition(api: Api, files: str) -> None:
    upload = api.upload(files)
    path = f"{files}/{upload['id']}"
    tag = api.get(path).headers["ETag"]
    assert api.get(path, headers={"If-None-Match": tag}).status == 304
    assert api.delete(path, headers={"If-Match": '"v7"'}).refusal[:2] == (412, "STALE_VERSION")
    assert api.delete(path, headers={"If-Match": tag}).status == 200


def test_what_is_known_of_a_file_changes_when_a_message_takes_it(api: Api, files: str) -> None:
    upload = api.upload(files)
    path = f"{files}/{upload['id']}"
    tag = api.get(path).headers["ETag"]
    sent(api, files, upload["id"])
    assert api.get(path, headers={"If-None-Match": tag}).status == 200


def test_a_file_may_have_25_mebibytes_and_no_more(api: Api, files: str) -> None:
    whole = bytes(ATTACHMENT_BYTES_MAX)
    assert api.upload(files, whole)["size"] == ATTACHMENT_BYTES_MAX
    answer = api.send("POST", f"{api.base}{files}?name=a", data=whole + b"x")
    assert answer.refusal == (413, "PAYLOAD_TOO_LARGE", "The request body is larger than 25 MiB")


@pytest.mark.parametrize(("more", "status"), [(0, 201), (1, 413)])
def test_the_server_takes_as_much_as_the_app(
    app: Flask, keyring: Keyring, files: str, more: int, status: int
) -> None:
    length = ATTACHMENT_BYTES_MAX + more
    with running(application=app) as (host, port):
        asked = HTTPConnection(host, port, timeout=20)
        headers = {"Authorization": f"Bearer {keyring.secret}"}
        path = f"/api/v1/teams/acme{files}?name=a"
        asked.request("POST", path, bytes(length), headers)
        assert asked.getresponse().status == status
        asked.close()


def test_a_file_that_is_lost_is_told_as_lost(api: Api, files: str, tmp_path: Path) -> None:
    upload = api.upload(files)
    for each in (tmp_path / "desk.db-files").rglob(upload["sha256"]):
        each.unlink()
    answer = api.get(f"{files}/{upload['id']}/content")
    assert answer.refusal[:2] == (410, "FILE_LOST")
    assert api.get(f"{files}/{upload['id']}").status == 200


def test_an_upload_that_no_message_takes_is_gone_after_a_day(
    api: Api, files: str, clock: ManualClock, desk: Helpdesk
) -> None:
    upload = api.upload(files)
    clock.tick(hours=25)
    desk.collect_files()
    assert api.get(f"{files}/{upload['id']}").status == 404
    assert sent(api, files, upload["id"]).status == 400


# --- who may


@pytest.fixture
def others(desk: Helpdesk, api: Api, files: str) -> dict[str, str]:
    """Paths below which a public file, an internal one and an upload would be, but are not."""
    public, internal, upload = (api.upload(files, name=name) for name in ("p", "i", "u"))
    sent(api, files, public["id"])
    sent(api, files, internal["id"], isInternal=True)
    return {"public": public["id"], "internal": internal["id"], "upload": upload["id"]}


SEEN = {"public": (200, 200), "internal": (200, 404), "upload": (200, 404)}


@pytest.mark.parametrize("which", SEEN)
def test_a_publishable_key_sees_what_goes_with_public_messages(
    api: Api, reader: Api, files: str, others: dict[str, str], which: str
) -> None:
    for end in ("", "/content"):
        path = f"{files}/{others[which]}{end}"
        assert (api.get(path).status, reader.get(path).status) == SEEN[which]


def test_a_publishable_key_lists_public_files_and_uploads_none(
    reader: Api, files: str, others: dict[str, str]
) -> None:
    assert [each["id"] for each in reader.get(files).data] == [others["public"]]
    answer = reader.send("POST", f"{reader.base}{files}?name=a", data=b"x")
    assert answer.refusal[:2] == (403, "insufficient_permissions")
    assert reader.delete(f"{files}/{others['upload']}").status == 403


@pytest.mark.parametrize("which", SEEN)
def test_a_file_is_below_its_own_ticket_only(api: Api, others: dict[str, str], which: str) -> None:
    elsewhere = f"/tickets/{api.ticket()['id']}/attachments/{others[which]}"
    assert api.get(elsewhere).status == 404
    assert api.get(f"{elsewhere}/content").status == 404
    assert api.delete(elsewhere).status == 404


@pytest.mark.parametrize("which", SEEN)
def test_a_message_takes_uploads_to_its_own_ticket_only(
    api: Api, others: dict[str, str], which: str
) -> None:
    there = f"/tickets/{api.ticket()['id']}/attachments"
    answer = sent(api, there, others[which])
    assert answer.refusal[:2] == (400, "PARAMETER_INVALID")
    assert answer.json["error"]["param"] == "attachments.0"


@pytest.mark.parametrize("who", ["other", "sandbox"])
@pytest.mark.parametrize("which", SEEN)
def test_another_teams_and_the_test_keys_see_none(
    request: pytest.FixtureRequest, files: str, others: dict[str, str], who: str, which: str
) -> None:
    stranger: Api = request.getfixturevalue(who)
    for path in (files, f"{files}/{others[which]}", f"{files}/{others[which]}/content"):
        assert stranger.get(path).status == 404
    assert stranger.send("POST", f"{stranger.base}{files}?name=a", data=b"x").status == 404
    own = f"/tickets/{stranger.ticket()['id']}/attachments/{others[which]}"
    assert (stranger.get(own).status, stranger.delete(own).status) == (404, 404)
    assert stranger.get(f"{own}/content").status == 404


def test_what_is_deleted_with_its_ticket_is_not_to_be_had(
    api: Api, acme: Workspace, files: str, others: dict[str, str]
) -> None:
    api.delete(files.removesuffix("/attachments"))
    assert api.get(f"{files}/{others['public']}/content").status == 404


def test_a_file_keeps_its_address_when_its_ticket_is_merged(
    api: Api, files: str, others: dict[str, str]
) -> None:
    into = api.ticket()["id"]
    api.post(files.replace("attachments", "merge"), {"into": into})
    for path in (files, f"/tickets/{into}/attachments"):
        assert api.get(f"{path}/{others['public']}/content").raw == b"hi"
