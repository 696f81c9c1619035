"""What an assistant finds and reads, and how much of it at once."""

import re
from typing import Any

import pytest

from cstar_core import Helpdesk, Workspace, utc_now
from cstar_web.mcp import reading
from cstar_web.mcp.server import ANSWER_MAX, Assistance
from tests.cli.assistant.sessions import Session


def test_tickets_are_found_by_words_and_filters(reader: Session, acme: Workspace) -> None:
    acme.custom_fields.create(
        name="Seats", key="seats", type="number", entity_type="tickets", position=1
    )
    wanted = acme.tickets.create(
        title="Zebra licence",
        tags=["sale", "big"],
        priority="high",
        custom_fields={"seats": 12},
        initial_message="For our office",
    )
    acme.tickets.create(title="Zebra crossing", tags=["sale"])

    def numbers(**filters: Any) -> list[int]:
        found = reader.call("search_tickets", search="zebra", **filters).data
        return [ticket["number"] for ticket in found["tickets"]]

    assert len(numbers()) == 2
    for filters in (
        {"tags": ["sale", "big"]},
        {"tags": "sale,big"},
        {"tags": '["sale", "big"]'},
        {"priority": ["high", "urgent"]},
        {"custom_fields": {"seats": {"gte": 10}}},
        {"sort": "number", "limit": 1},
    ):
        assert numbers(**filters) == [wanted.number], filters
    assert numbers(status=["closed"]) == numbers(created_after="2100-01-01T00:00:00Z") == []
    assert reader.call("search_tickets", search=f"#{wanted.number}").data["total"] == 1


def test_a_list_is_continued_by_its_cursor(reader: Session, acme: Workspace) -> None:
    for _ in range(3):
        acme.tickets.create(title="Walrus")
    first = reader.call("search_tickets", search="walrus", limit=2).data
    rest = reader.call("search_tickets", search="walrus", cursor=first["next_cursor"]).data

    assert (first["total"], len(first["tickets"]), len(rest["tickets"])) == (3, 2, 1)
    assert rest["next_cursor"] is None


def test_a_ticket_is_read_with_its_thread_and_customer(reader: Session, acme: Workspace) -> None:
    ticket = acme.tickets.create(
        title="Late",
        customer_name="Jane",
        customer_email="jane@example.com",
        notes="Twice this month",
        metadata={"order": 7},
        initial_message="Where is it?",
    )
    acme.messages.create(ticket.id, content="Looking", is_internal=True)
    found = reader.call("get_ticket", ticket_id=ticket.id)

    assert found.data["customer"]["email"] == "jane@example.com"
    assert (found.data["notes"], found.data["metadata"]) == ("Twice this month", {"order": 7})
    thread = [(each["position"], each["content"]) for each in found.data["messages"]]
    assert thread == [(1, "Where is it?"), (2, "Looking")]
    assert found.data["messages"][1]["is_internal"] is True
    assert found.cut == []


def test_a_huge_thread_is_read_from_its_end_backwards(reader: Session, acme: Workspace) -> None:
    said = [{"content": f"{n:04} " + "b" * 1_000, "created_at": utc_now()} for n in range(1, 301)]
    (batch,) = acme.tickets.import_many([{"title": "Long", "messages": said}])
    (id,) = batch.ids

    last = reader.call("get_ticket", ticket_id=id)
    positions = [each["position"] for each in last.data["messages"]]
    assert positions == list(range(positions[0], 301)) and 20 < len(positions) < 60
    assert len(last.text) < reading.THREAD_ROOM + 5_000
    assert f"before={positions[0]}" in last.cut[0]
    seen = set(positions)
    while positions[0] > 1:
        page = reader.call("get_ticket", ticket_id=id, before=positions[0])
        positions = [each["position"] for each in page.data["messages"]]
        seen |= set(positions)
    assert seen == set(range(1, 301))


def test_a_huge_message_is_read_piece_by_piece(reader: Session, acme: Workspace) -> None:
    content = "".join(f"{n:>9}\n" for n in range(10_000))
    ticket = acme.tickets.create(title="Log", initial_message=content)
    shown = reader.call("get_ticket", ticket_id=ticket.id)
    (message,) = shown.data["messages"]
    read, offset = message["content"], len(message["content"])

    assert (message["length"], len(shown.cut)) == (100_000, 1)
    assert f"read_message with offset={offset}" in shown.cut[0]
    while offset is not None:
        where = {"ticket_id": ticket.id, "message_id": message["id"], "offset": offset}
        piece = reader.call("read_message", **where)
        assert len(piece.text) < reading.PIECE_ROOM + 1_000
        read, offset = read + piece.data["content"], piece.data["next_offset"]
    assert read == content


def test_what_is_large_everywhere_is_cut_and_said_to_be(reader: Session, acme: Workspace) -> None:
    acme.custom_fields.create(name="Story", key="story", type="text", entity_type="tickets")
    ticket = acme.tickets.create(
        title="t" * 500,
        notes="n" * 60_000,
        tags=[f"tag {n}" for n in range(50)],
        metadata={"a": "m" * 60_000},
        custom_fields={"story": "s" * 5_000},
    )
    found = reader.call("get_ticket", ticket_id=ticket.id)

    assert len(found.text) < 20_000
    assert len(found.cut) == 4
    assert all(re.search("metadata|tags|notes|custom fields", note) for note in found.cut)
    assert len(found.data["ticket"]["custom_fields"]["story"]) == reading.VALUE_ROOM


def test_a_list_that_is_too_large_is_asked_for_again_with_less(acme: Workspace) -> None:
    tags = [60 * "\u200b" + f"{n:02}" for n in range(10)]
    for _ in range(50):
        acme.tickets.create(title="Ostrich", tags=tags)
    assistance = Assistance(acme, allow_write=False)

    many = assistance.run("search_tickets", {"search": "ostrich", "limit": 50})
    few = assistance.run("search_tickets", {"search": "ostrich", "limit": 10})
    assert many.is_error and "lower limit" in many.content[0].text
    assert not few.is_error and len(few.content[0].text) < ANSWER_MAX


def test_custom_fields_are_cut_one_by_one_and_left_out_if_they_are_many(acme: Workspace) -> None:
    keys = [f"reading_{n}" for n in range(12)]
    for key in keys:
        acme.custom_fields.create(name=key, key=key, type="text", entity_type="tickets")
    choices = [f"{n:03} {'c' * 60}" for n in range(20)]
    acme.custom_fields.create(
        name="Parts", key="parts", type="multiselect", entity_type="tickets", options=choices
    )
    few = acme.tickets.create(title="Few", custom_fields={keys[0]: "a", "parts": choices})
    many = acme.tickets.create(title="Many", custom_fields=dict.fromkeys(keys, "v" * 5_000))
    assistance = Assistance(acme, allow_write=False)

    def read(id: str) -> Any:
        return assistance.run("get_ticket", {"ticket_id": id}).structured_content

    shown, left = read(few.id), read(many.id)
    assert shown["untrusted"]["ticket"]["custom_fields"] == {keys[0]: "a", "parts": choices[:1]}
    assert shown["cut"] == [f"Values of custom fields of {few.id} are cut."]
    assert left["untrusted"]["ticket"]["custom_fields"] == {}
    assert left["cut"] == [f"The custom fields of {many.id} are too large to be shown."]


def test_a_great_many_fields_are_not_all_listed(desk: Helpdesk) -> None:
    other = desk.workspace("other")
    for n in range(reading.FIELDS_SHOWN + 1):
        other.custom_fields.create(name="N", key=f"n{n}", type="text", entity_type="tickets")
    found = Assistance(other, allow_write=False).run("list_fields", {}).structured_content

    assert len(found["untrusted"]["fields"]) == reading.FIELDS_SHOWN
    assert found["cut"] == ["Only the first 50 of 51 fields are shown."]


def test_fields_are_listed_with_what_can_be_chosen(reader: Session, acme: Workspace) -> None:
    options = [f"option {n:03}" for n in range(500)]
    acme.custom_fields.create(
        name="Plan", key="plan", type="select", entity_type="customers", options=options
    )
    found = reader.call("list_fields", entity_type="customers")

    (field,) = found.data["fields"]
    assert (field["key"], field["type"]) == ("plan", "select")
    assert field["options"] == options[: len(field["options"])] and len(field["options"]) > 50
    assert "of 500 options" in found.cut[0]


def test_what_is_cut_of_a_customer_is_told_too(acme: Workspace) -> None:
    many = [f"tag {n}" for n in range(reading.TAGS_SHOWN + 1)]
    made = acme.customers.create(name="Tagged Tapir", tags=many)
    ticket = acme.tickets.create(title="Late", customer_id=made.id)
    assistance = Assistance(acme, allow_write=False)

    told = f"Only 10 of 11 tags of {made.id} are shown."
    found = assistance.run("search_customers", {"search": "tapir"}).structured_content
    read = assistance.run("get_ticket", {"ticket_id": ticket.id}).structured_content
    assert found["untrusted"]["customers"][0]["tags"] == many[: reading.TAGS_SHOWN]
    assert (found["cut"], read["cut"]) == ([told], [told])


def test_customers_are_found(reader: Session, acme: Workspace) -> None:
    acme.customers.create(name="Zoe Quill", email="zoe@example.com", tags=["vip"])

    (found,) = reader.call("search_customers", search="quill", tags=["VIP"]).data["customers"]
    assert (found["name"], found["email"], found["ticket_count"]) == (
        "Zoe Quill",
        "zoe@example.com",
        0,
    )


# --- files


def attach(acme: Workspace, *files: tuple[str, bytes]) -> tuple[str, list[str]]:
    """A ticket with a message that has files, and their ids."""
    ticket = acme.tickets.create(title="Files").id
    ids = [acme.attachments.upload(ticket, name=n, content=c).id for n, c in files]
    acme.messages.create(ticket, content="See", attachments=ids)
    return ticket, ids


def test_a_thread_tells_the_files_of_its_messages(reader: Session, acme: Workspace) -> None:
    ticket, (id,) = attach(acme, ("a.png", b"\x89PNG"))
    (message,) = reader.call("get_ticket", ticket_id=ticket).data["messages"]
    assert message["attachments"] == [
        {"id": id, "name": "a.png", "media_type": "image/png", "size": 4}
    ]


def test_the_text_of_a_file_is_read_in_pieces(reader: Session, acme: Workspace) -> None:
    text = "Zeile für Zeile\n" * 3_000
    ticket, (id,) = attach(acme, ("log.txt", b"\xef\xbb\xbf" + text.encode()))
    where: dict[str, Any] = {"ticket_id": ticket, "attachment_id": id}
    read, offset = "", 0
    while offset is not None:
        piece = reader.call("read_attachment", **where, offset=offset).data
        read, offset = read + piece["content"], piece["next_offset"]
    assert (read, piece["length"], piece["name"]) == (text, len(text), "log.txt")


NO_TEXT = {
    "bytes": (b"\xff\xfe", "must be a file with text in UTF-8"),
    "a NUL": (b"a\0b", "must be a file with text in UTF-8"),
    "much": (b"a" * (reading.TEXT_BYTES + 1), "must be a file of at most 1,048,576 bytes"),
}


@pytest.mark.parametrize("case", NO_TEXT)
def test_what_is_no_text_is_not_read(reader: Session, acme: Workspace, case: str) -> None:
    content, rule = NO_TEXT[case]
    ticket, (id,) = attach(acme, ("a.txt", content))
    answer = reader.call("read_attachment", ticket_id=ticket, attachment_id=id)
    assert (answer.failed, answer.text) == (True, f"attachment_id {rule}")


def test_a_file_of_another_ticket_is_not_found(reader: Session, acme: Workspace) -> None:
    _, (id,) = attach(acme, ("a.txt", b"a"))
    other = acme.tickets.create(title="Other").id
    answer = reader.call("read_attachment", ticket_id=other, attachment_id=id)
    assert (answer.failed, answer.text) == (True, "Attachment not found")
