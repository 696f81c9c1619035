"""The texts around mail, and bad addresses, over HTTP."""

import pytest

from cstar_core import Helpdesk, MailReply
from tests.web.vocabulary import Api

ONE = "/mail-templates/reply/de"
NOBODY = f"tkt_{32 * '0'}"


def texts(api: Api) -> dict[tuple[str, str], bool]:
    return {
        (each["kind"], each["language"]): each["isOwn"] for each in api.get("/mail-templates").data
    }


def test_a_template_is_set_and_taken_back(api: Api) -> None:
    brought = api.get(ONE)
    assert (brought.data["isOwn"], brought.data["updatedAt"]) == (False, None)
    made = api.send("PUT", api.base + ONE, json={"content": "Hallo\n{{message}}"})
    assert made.data["content"] == "Hallo\n{{message}}"
    assert made.data == api.get(ONE).data
    assert texts(api)["reply", "de"] and not texts(api)["reply", "en"]
    assert api.delete(ONE).data == {"deleted": True}
    assert api.get(ONE).data == brought.data
    assert api.delete(ONE).refusal[:2] == (404, "RESOURCE_MISSING")


def test_a_language_of_ones_own_begins_without_a_text(api: Api) -> None:
    path = "/mail-templates/first_answer/pt-BR"
    assert api.get(path).status == 404
    put = {"json": {"content": "Oi"}, "headers": {"If-Match": "*"}}
    assert api.send("PUT", api.base + path, **put).status == 404
    assert api.send("PUT", api.base + path, json={"content": "Oi"}).status == 200
    assert ("first_answer", "pt-BR") in texts(api)


def test_a_tag_tells_texts_apart_also_of_a_template_that_was_taken_back(api: Api) -> None:
    url = api.base + ONE
    first = api.send("PUT", url, json={"content": "One {{message}}"}).headers["ETag"]
    api.delete(ONE)
    second = api.send("PUT", url, json={"content": "Two {{message}}"}).headers["ETag"]
    stale = {"json": {"content": "Three {{message}}"}, "headers": {"If-Match": first}}
    assert api.send("PUT", url, **stale).status == 412
    assert api.get(ONE, headers={"If-None-Match": first}).status == 200
    assert api.get(ONE, headers={"If-None-Match": second}).status == 304
    assert api.delete(ONE, headers={"If-Match": second}).status == 200


WRONG = [
    (ONE, {}, "content"),
    (ONE, {"content": " "}, "content"),
    (ONE, {"content": "Hello"}, "content"),
    (ONE, {"content": "{{message}}{{customer.nmae}}"}, "content.customer.nmae"),
    (ONE, {"content": f"{{{{message}}}}{20_000 * 'x'}"}, "content"),
    (ONE, {"content": "{{message}}", "language": "de"}, "language"),
    ("/mail-templates/reply/German", {"content": "{{message}}"}, "language"),
    ("/mail-templates/notice/de", {"content": "{{message}}"}, "kind"),
]


@pytest.mark.parametrize(("path", "body", "param"), WRONG)
def test_what_is_wrong_is_told(api: Api, path: str, body: dict[str, str], param: str) -> None:
    answer = api.send("PUT", api.base + path, json=body)
    assert (answer.status, answer.error["param"]) == (400, param)
    assert not any(texts(api).values())


def test_a_mail_is_seen_before_it_is_sent(api: Api, desk: Helpdesk) -> None:
    desk.workspace("acme").mailboxes.create(address="help@acme.example", signature="Acme\n")
    ticket = api.ticket("Late", customerName="Jane Smith")["id"]
    asked = {"ticketId": ticket, "message": "{{team.name}}"}
    assert api.post(f"{ONE}/preview", asked).data["content"] == "{{team.name}}\n\n-- \nAcme"
    own = {"ticketId": ticket, "content": "{{customer.first_name}}, {{message}}"}
    seen = api.post(f"{ONE}/preview", own).data
    assert seen == {"object": "mail_preview", "content": "Jane, "}
    assert not any(texts(api).values())


@pytest.mark.parametrize(
    ("path", "body", "refused"),
    [
        (ONE, {"ticketId": NOBODY}, (400, "ticketId")),
        (ONE, {"ticketId": NOBODY, "content": "no message"}, (400, "content")),
        (ONE, {}, (400, "ticketId")),
        (ONE, {"ticketId": NOBODY, "message": 100_001 * "x"}, (400, "message")),
        ("/mail-templates/reply/it", {"ticketId": NOBODY}, (404, None)),
    ],
)
def test_what_cannot_be_seen_is_told(
    api: Api, path: str, body: dict[str, str], refused: tuple[int, str | None]
) -> None:
    answer = api.post(f"{path}/preview", body)
    assert (answer.status, answer.error.get("param")) == refused


def test_bad_addresses_are_listed_in_pages_and_trusted(api: Api, desk: Helpdesk) -> None:
    acme = desk.workspace("acme")
    server = {"host": "127.0.0.1", "security": "none"}
    acme.mailboxes.create(address="help@acme.example", outgoing=server)
    names = ("jane/x@example.com", "ann@example.com", "sam@example.com")
    for each in names:
        ticket = acme.tickets.create(title="Late", customer_email=each)
        acme.messages.create(ticket.id, content="Soon.")
    refused = MailReply("failed", "550 5.1.1", "no such user")
    desk.send_mail_due(lambda parcel, _: dict.fromkeys(parcel.recipients, refused))

    first = api.get("/bad-addresses?pageSize=2")
    assert [each["address"] for each in first.data] == ["ann@example.com", "jane/x@example.com"]
    assert (first.data[0]["code"], first.data[0]["object"]) == ("550 5.1.1", "bad_address")
    cursor = first.json["meta"]["nextCursor"]
    rest = api.get(f"/bad-addresses?pageSize=2&cursor={cursor}").data
    assert [each["address"] for each in rest] == ["sam@example.com"]

    trusted = {"address": "JANE/x@Example.com"}
    assert api.post("/bad-addresses/trust", trusted).data == {"trusted": True}
    assert len(api.get("/bad-addresses").data) == 2
    for wrong in (trusted, {"address": "nothing"}, {}):
        answer = api.post("/bad-addresses/trust", wrong)
        assert (answer.status, answer.error["param"]) == (400, "address")


def test_a_publishable_key_sees_neither(reader: Api) -> None:
    for path in ("/mail-templates", ONE, "/bad-addresses"):
        assert reader.get(path).status == 403
