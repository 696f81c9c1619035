"""Mailboxes over HTTP: all of them but their servers."""

from typing import Any

import pytest

from cstar_core import Helpdesk
from tests.web.vocabulary import Api

ADDRESS = "help@acme.example"


def test_a_mailbox_is_made_changed_and_removed(api: Api, desk: Helpdesk) -> None:
    member = api.post("/members", {"name": "Ada", "email": "ada@example.com"}).data["id"]
    field = {"name": "Plan", "key": "plan_b", "type": "text", "entityType": "tickets"}
    api.post("/custom-fields", field)
    defaults = {
        "priority": "high",
        "tags": ["mail"],
        "assignedTo": member,
        "customFields": {"plan_b": "pro"},
    }
    made = api.post("/mailboxes", {"address": ADDRESS, "defaults": defaults})
    assert made.status == 201 and made.headers["Location"].endswith(made.data["id"])
    assert (made.data["defaults"], made.data["name"]) == (defaults, "Acme")
    assert made.data["isDefault"] and made.data["isActive"] and not made.data["fetches"]
    path = f"/mailboxes/{made.data['id']}"
    api.mail(f"From: j@example.com\nTo: {ADDRESS}\n\nHi".encode())
    changes = {"name": "Help", "defaults": {"tags": "a, b"}, "answersFirst": True}
    assert api.patch(path, changes, headers={"If-Match": '"v9"'}).status == 412
    changed = api.patch(path, changes, headers={"If-Match": made.headers["ETag"]}).data
    assert (changed["name"], changed["answersFirst"]) == ("Help", True)
    assert changed["defaults"] == {
        **{"priority": None, "tags": ["a", "b"], "assignedTo": None, "customFields": {}}
    }
    assert api.delete(path).data == {"deleted": True}
    assert api.get("/mailboxes").data == [] and len(api.get("/mail").data) == 1


def test_a_change_leaves_the_servers_and_passwords_as_they_are(api: Api, desk: Helpdesk) -> None:
    server = {"host": "mail.example.com", "user": "u", "password": "hunter2"}
    key = {"domain": "acme.example", "selector": "s", "key_file": "/etc/key"}
    made = desk.workspace("acme").mailboxes.create(
        address=ADDRESS, incoming=server, outgoing=server, dkim=key
    )
    before = desk.mail_accounts.get(made.id)
    answer = api.patch(f"/mailboxes/{made.id}", {"name": "Other", "isActive": False})
    after = desk.mail_accounts.get(made.id)
    assert (answer.data["name"], answer.data["fetches"], answer.data["sends"]) == (
        *("Other", True, True),
    )
    assert (after.mailbox.incoming, after.mailbox.outgoing, after.mailbox.dkim) == (
        *(before.mailbox.incoming, before.mailbox.outgoing, before.mailbox.dkim),
    )
    assert (after.incoming_password, after.outgoing_password) == ("hunter2", "hunter2")
    assert b"hunter2" not in answer.raw and b"mail.example.com" not in answer.raw


WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "address"),
    ({"address": "nobody"}, "address"),
    ({"address": ADDRESS, "name": "a\nb"}, "name"),
    ({"address": ADDRESS, "language": "English"}, "language"),
    ({"address": ADDRESS, "defaults": None}, "defaults"),
    ({"address": ADDRESS, "defaults": {"priority": "x"}}, "defaults.priority"),
    ({"address": ADDRESS, "defaults": {"assignedTo": f"mem_{32 * '0'}"}}, "defaults.assignedTo"),
    ({"address": ADDRESS, "defaults": {"customFields": {"x_y": 1}}}, "defaults.customFields.x_y"),
    ({"address": ADDRESS, "defaults": {"status": "open"}}, "defaults.status"),
    # They are of the operator's network, and not for whoever holds a key.
    *(({"address": ADDRESS, name: {"host": "x"}}, name) for name in ("incoming", "outgoing")),
    ({"address": ADDRESS, "dkim": {"keyFile": "/etc/shadow"}}, "dkim"),
]


@pytest.mark.parametrize(("body", "param"), WRONG)
def test_what_is_wrong_is_told(api: Api, body: dict[str, Any], param: str) -> None:
    answer = api.post("/mailboxes", body)
    assert (answer.status, answer.error["param"]) == (400, param), answer.error
    assert api.get("/mailboxes").data == []


def test_an_address_is_one_mailbox_of_the_desk(api: Api, desk: Helpdesk) -> None:
    desk.workspace("other").mailboxes.create(address=ADDRESS)
    assert api.post("/mailboxes", {"address": ADDRESS.upper()}).status == 409
    made = api.post("/mailboxes", {"address": "other@acme.example"}).data
    taken = api.patch(f"/mailboxes/{made['id']}", {"address": ADDRESS})
    assert (taken.status, taken.error["code"]) == (409, "RESOURCE_EXISTS")
    stays = api.patch(f"/mailboxes/{made['id']}", {"isDefault": False})
    assert (stays.status, stays.error["param"]) == (400, "isDefault")


def test_a_mailbox_that_begins_to_fail_is_another_answer_and_still_the_same_version(
    api: Api, desk: Helpdesk
) -> None:
    made = api.post("/mailboxes", {"address": "help@acme.example"})
    path, before = f"{api.base}/mailboxes/{made.data['id']}", made.headers["ETag"]
    assert api.send("GET", path, headers={"If-None-Match": before}).status == 304
    desk.mail_accounts.note_failed(made.data["id"], "no answer")
    seen = api.send("GET", path, headers={"If-None-Match": before})
    assert (seen.status, seen.data["failure"]) == (200, "no answer")
    changed = api.send("PATCH", path, json={"name": "Help"}, headers={"If-Match": before})
    assert changed.status == 200
    stale = api.send("PATCH", path, json={"name": "Sales"}, headers={"If-Match": before})
    assert stale.error["code"] == "STALE_VERSION"
