"""Tickets that are made with files in one request."""

import json
from pathlib import Path
from typing import Any

import pytest

from cstar_core import Helpdesk
from tests.web.vocabulary import Answer, Api

TICKET = {"title": "Late", "customerName": "Jane", "initialMessage": "See the files"}
MIB = 1_048_576
Part = tuple[str, str | None, bytes]


def part(name: str, file: str | None, content: bytes, kind: str = "") -> bytes:
    named = f'name="{name}"' + (f'; filename="{file}"' if file is not None else "")
    lines = [
        f"Content-Disposition: form-data; {named}",
        *([f"Content-Type: {kind}"] if kind else []),
    ]
    return "\r\n".join(["", *lines, "", ""]).encode() + content + b"\r\n"


def post(api: Api, *parts: bytes, mark: str = "mark", **headers: str) -> Answer:
    body = b"".join(f"--{mark}".encode() + each for each in parts) + f"--{mark}--\r\n".encode()
    kind = f"multipart/form-data; boundary={mark}"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    url = f"{api.base}/tickets"
    return api.send("POST", url, data=body, content_type=kind, headers=named)


def the_json(values: Any = TICKET, *, file: str | None = None) -> bytes:
    return part("ticket", file, json.dumps(values).encode(), "application/json")


def stored(desk: Helpdesk) -> list[bytes]:
    folder = Path(f"{desk.path}-files")
    return [each.read_bytes() for each in folder.rglob("*") if each.is_file()]


PHOTO = part("attachments", "a%22.png", b"\x89PNG\r\n--x", "image/png")
NOTE = part("attachments", "../note.txt", b"hello")


@pytest.mark.parametrize("file", [None, "blob"])
def test_a_ticket_is_made_with_its_files(api: Api, file: str | None) -> None:
    answer = post(api, the_json(file=file), PHOTO, NOTE)
    assert answer.status == 201 and answer.headers["Location"].endswith(answer.data["id"])
    (message,) = answer.data["messages"]
    found = [(each["name"], each["mediaType"], each["size"]) for each in message["attachments"]]
    assert found == [('a".png', "image/png", 9), ("note.txt", "text/plain", 5)]
    path = f"/tickets/{answer.data['id']}/attachments"
    assert api.get(path).data == message["attachments"]
    photo = message["attachments"][0]["id"]
    assert api.get(f"{path}/{photo}/content").raw == b"\x89PNG\r\n--x"


def test_a_form_may_bring_no_file(api: Api) -> None:
    answer = post(api, the_json({"title": "Late"}), part("attachments", "", b""))
    assert (answer.status, answer.data["messages"]) == (201, [])


def test_a_repeat_makes_one_ticket_and_stores_once(api: Api, desk: Helpdesk) -> None:
    key = {"Idempotency_Key": "once"}
    first = post(api, the_json(), NOTE, **key)
    again = post(api, the_json(), NOTE, mark="another", **key)
    assert again.raw == first.raw and again.headers["Idempotent-Replayed"] == "true"
    other = part("attachments", "note.txt", b"hallo")
    renamed = part("attachments", "other.txt", b"hello")
    for changed in ((NOTE, NOTE), (other,), (renamed,), ()):
        refused = post(api, the_json(), *changed, **key)
        assert refused.error["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert len(api.get("/tickets").data) == 1
    path = f"/tickets/{first.data['id']}/attachments"
    assert len(api.get(path).data) == 1 and stored(desk).count(b"hello") == 1


def test_a_repeat_is_answered_as_before_also_under_other_rules(api: Api) -> None:
    first = post(api, the_json(), NOTE, Idempotency_Key="once")
    field = {"name": "Plan", "key": "plan", "type": "text", "entityType": "tickets"}
    api.post("/custom-fields", {**field, "required": True})
    assert post(api, the_json(), NOTE, Idempotency_Key="once").raw == first.raw
    assert post(api, the_json(), NOTE, Idempotency_Key="other").status == 400


WRONG: list[tuple[list[bytes], tuple[int, str, str | None]]] = [
    ([the_json({"title": "Late"}), NOTE], (400, "PARAMETER_INVALID", "attachments")),
    ([the_json({**TICKET, "title": " "}), NOTE], (400, "PARAMETER_MISSING", "title")),
    (
        [the_json({**TICKET, "customFields": {"x": 1}}), NOTE],
        (400, "PARAMETER_UNKNOWN", "customFields.x"),
    ),
    ([the_json({**TICKET, "attachments": []}), NOTE], (400, "PARAMETER_UNKNOWN", "attachments")),
    ([the_json([]), NOTE], (400, "BODY_INVALID", None)),
    ([part("ticket", None, b"{"), NOTE], (400, "BODY_INVALID", None)),
    ([NOTE], (400, "BODY_INVALID", None)),
    ([the_json(), the_json(), NOTE], (400, "BODY_INVALID", None)),
    ([the_json(), part("files", "a", b"a")], (400, "PARAMETER_UNKNOWN", "files")),
    ([the_json(), part("attachments", None, b"a")], (400, "PARAMETER_INVALID", "attachments")),
    ([the_json(), *21 * [NOTE]], (400, "PARAMETER_INVALID", "attachments")),
    (
        [the_json(), part("attachments", "a", bytes(25 * MIB + 1))],
        (400, "PARAMETER_INVALID", "attachments.0"),
    ),
    (
        [the_json(), NOTE, *2 * [part("attachments", "a", bytes(25 * MIB))]],
        (400, "PARAMETER_INVALID", "attachments"),
    ),
    (
        [the_json(), NOTE, part("attachments", "a", b"a", "nonsense")],
        (400, "PARAMETER_INVALID", "attachments"),
    ),
    (
        [the_json(), *3 * [part("attachments", "a", bytes(18 * MIB))]],
        (413, "PAYLOAD_TOO_LARGE", None),
    ),
    ([part("ticket", "a", b" " * (MIB + 1)), NOTE], (413, "PAYLOAD_TOO_LARGE", None)),
    ([part("ticket", None, b" " * (MIB + 1)), NOTE], (413, "PAYLOAD_TOO_LARGE", None)),
]


@pytest.mark.parametrize(("parts", "refused"), WRONG)
def test_what_is_refused_leaves_nothing_behind(
    api: Api, desk: Helpdesk, parts: list[bytes], refused: tuple[int, str, str | None]
) -> None:
    answer = post(api, *parts, Idempotency_Key="once")
    found = (answer.status, answer.error["code"], answer.error.get("param"))
    assert found == refused, answer.error
    assert stored(desk) == [] and api.get("/tickets").data == []
    assert post(api, the_json(), NOTE, Idempotency_Key="once").status == 201


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/mixed; boundary=x", "text/x"])
def test_a_body_that_is_no_form_is_refused(api: Api, kind: str) -> None:
    answer = api.send("POST", f"{api.base}/tickets", data=the_json(), content_type=kind)
    assert answer.status in (400, 415)


def test_only_tickets_bring_files(api: Api) -> None:
    url = f"{api.base}/customers"
    kind = "multipart/form-data; boundary=x"
    assert api.send("POST", url, data=the_json(), content_type=kind).status == 415


def test_a_publishable_key_makes_none(reader: Api, desk: Helpdesk) -> None:
    assert post(reader, the_json(), NOTE).status == 403
    assert stored(desk) == []
