"""Canned replies in the settings."""

import pytest

from cstar_core import Helpdesk
from tests.web.inbox.browser import Browser, Seen
from tests.web.inbox.conftest import SignIn

REPLIES = "/inbox/acme/settings/replies"
LATE = {"name": "Late parcel", "shortcut": "late", "content": "Hello {{customer.name}}"}


@pytest.fixture
def owner(signed_in: SignIn) -> Browser:
    return signed_in("owner")


def test_without_replies_the_page_says_what_to_do(owner: Browser) -> None:
    seen = owner.see(REPLIES)
    assert "No canned reply yet" in seen.text
    assert f"{REPLIES}/new" in seen.links()


def test_a_reply_is_made_and_found(desk: Helpdesk, owner: Browser) -> None:
    answer = owner.send(f"{REPLIES}/new", LATE | {"content": "Hello\r\n{{team.name}}"})
    assert answer.headers["Location"] == f"{REPLIES}?done=reply-made"
    (made,) = desk.workspace("acme").canned_replies.list().items
    assert (made.name, made.shortcut, made.content) == (
        "Late parcel",
        "late",
        "Hello\n{{team.name}}",
    )
    assert "Late parcel" in owner.see(f"{REPLIES}?search=parc").text
    assert "No reply has these words" in owner.see(f"{REPLIES}?search=refund").text
    assert owner.get(f"{REPLIES}?search=" + "x" * 9_000).status_code == 200


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"name": ""}, "Name is required"),
        ({"name": "LATE PARCEL"}, "Name is another reply's already"),
        ({"shortcut": "Late!"}, "Shortcut must match"),
        ({"shortcut": "late"}, "Shortcut is another reply's already"),
        ({"content": ""}, "Text is required"),
        ({"content": "{{customer.nme}}"}, "{{customer.nme}} is not known; did you mean"),
        ({"content": "{{customer.name"}, "must be closed by }}"),
    ],
)
def test_what_is_wrong_with_a_reply_stands_beside_it(
    desk: Helpdesk, owner: Browser, given: dict[str, str], told: str
) -> None:
    room = desk.workspace("acme").canned_replies
    room.create(**LATE)  # type: ignore[arg-type]
    sent = {"name": "Another", "shortcut": "", "content": "Kept"} | given
    answer = owner.send(f"{REPLIES}/new", sent)
    assert answer.status_code == 422
    assert told in Seen(answer.text).text
    assert sent["content"] in Seen(answer.text).text
    assert room.list().total == 1


def test_a_reply_is_changed_but_not_over_a_colleagues_work(desk: Helpdesk, owner: Browser) -> None:
    room = desk.workspace("acme").canned_replies
    made = room.create(name="Late", content="Hello", shortcut="late")
    path = f"{REPLIES}/{made.id}"
    given = {"name": "Late", "shortcut": "", "content": "Good day", "version": "1"}
    assert owner.send(path, given).headers["Location"] == f"{path}?done=changed"
    assert (room.get(made.id).content, room.get(made.id).shortcut) == ("Good day", None)
    answer = owner.send(path, given | {"content": "Mine"})
    assert answer.status_code == 422
    assert "Mine" in Seen(answer.text).text
    assert room.get(made.id).content == "Good day"


def test_the_names_that_can_be_filled_in_are_listed(desk: Helpdesk, owner: Browser) -> None:
    desk.workspace("acme").custom_fields.create(
        name="Plan", key="plan", type="text", entity_type="customers"
    )
    text = owner.see(f"{REPLIES}/new").text
    assert "{{ticket.number}}" in text
    assert "{{customer.custom_fields.plan}}" in text


def test_deleting_is_asked_for_first(desk: Helpdesk, owner: Browser) -> None:
    room = desk.workspace("acme").canned_replies
    made = room.create(name="Late", content="Hello")
    assert "Delete Late?" in owner.see(f"{REPLIES}/{made.id}/delete").text
    assert room.find(made.id) is not None
    answer = owner.send(f"{REPLIES}/{made.id}/delete")
    assert answer.headers["Location"] == f"{REPLIES}?done=reply-deleted"
    assert room.find(made.id) is None


def test_what_was_typed_is_given_back_to_who_is_signed_out(desk: Helpdesk, owner: Browser) -> None:
    token = owner.token(f"{REPLIES}/new")
    member = desk.workspace("acme").members.list().items[0]
    desk.sessions.end_all(member.id)
    answer = owner.client.post(f"{REPLIES}/new", data=LATE | {"form_token": token})
    assert answer.status_code == 401
    assert LATE["content"] in Seen(answer.text).text


def test_replies_are_put_in_order(desk: Helpdesk, owner: Browser) -> None:
    room = desk.workspace("acme").canned_replies
    made = [room.create(name=f"Reply {number}", content="x").id for number in range(60)]
    page = owner.see(REPLIES)
    (following,) = (link for link in page.links() if "page=2" in link)
    first = [each["value"] for each in page.all("input") if each.get("name") == "to"]
    rest = [each["value"] for each in owner.see(following).all("input") if each.get("name") == "to"]
    assert (first[:4], first[-2:], rest[:2]) == (["-1", "1", "0", "2"], ["48", "50"], ["49", "51"])
    answer = owner.send(f"{REPLIES}/{made[49]}/move", {"to": "50"}, form=REPLIES)
    assert answer.headers["Location"] == f"{REPLIES}?moved={made[49]}&by=down&page=2"
    assert [each.id for each in room.list(page_size=100).items][48:51] == [
        made[48],
        made[50],
        made[49],
    ]
    focused = [
        each for each in owner.see(answer.headers["Location"]).all("button") if "autofocus" in each
    ]
    assert [each["aria-label"] for each in focused if each["class"] == "move"] == [
        "Move Reply 49 down"
    ]
    assert "data-order" not in owner.get(f"{REPLIES}?search=reply").text
    assert owner.send(f"{REPLIES}/{made[0]}/move", {"to": "x"}, form=REPLIES).status_code == 400
    assert room.list(page=2, page_size=50).items[-1].name in owner.see(f"{REPLIES}?page=9").text


def test_who_moves_a_reply_down_can_go_on_after_others_were_deleted(
    desk: Helpdesk, owner: Browser
) -> None:
    room = desk.workspace("acme").canned_replies
    made = [room.create(name=f"Reply {number}", content="x").id for number in range(6)]
    for gone in made[:3]:
        room.delete(gone)
    action = next(
        each["action"] for each in owner.see(REPLIES).all("form") if made[3] in each["action"]
    )
    answer = owner.send(action, {"to": "1"}, form=REPLIES)
    assert "by=down" in answer.headers["Location"]
    answer = owner.send(action.replace("was=0", "was=1"), {"to": "0"}, form=REPLIES)
    assert "by=up" in answer.headers["Location"]
