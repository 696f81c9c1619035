"""One customer's data: all of it and nothing of others, with or without what is internal."""

import json
from pathlib import Path

import pytest

from cstar_core import Customer, Helpdesk, NotFound, Refused, Workspace
from tests.core.exported import content, rows
from tests.core.vocabulary import ManualClock


@pytest.fixture
def jane(acme: Workspace) -> Customer:
    made = acme.customers.create(
        name="Jane", email="jane@example.com", notes="Complains", metadata={"crm": "J7"}
    )
    shown, hidden, foreign = (
        acme.attachments.put(name=f"{each}.txt", content=each.encode())
        for each in ("shown", "hidden", "of bo")
    )
    ticket = acme.tickets.create(
        title="Refund", customer_id=made.id, initial_message="Two\nlines", attachments=[shown]
    )
    acme.messages.create(ticket.id, content="Very rude", is_internal=True, attachments=[hidden])
    acme.tickets.update(ticket.id, notes="Watch out", status="open")
    other = acme.tickets.create(title="Secret of Bo", customer_name="Bo", initial_message="Mine")
    acme.messages.create(other.id, content="Answer to Bo", attachments=[foreign])
    return made


def test_everything_of_a_customer_is_in_it_and_nothing_of_another(
    desk: Helpdesk, jane: Customer, tmp_path: Path
) -> None:
    made = desk.export(tmp_path / "out", customer=jane.id)
    out = tmp_path / "out"
    assert (made.scope, made.of, made.rows("tickets"), made.rows("messages")) == (
        "customer", jane.id, 1, 2
    )  # fmt: skip
    assert [each["name"] for each in rows(out, "customers")] == ["Jane"]
    assert rows(out, "customers")[0]["notes"] == "Complains"
    assert [each["type"] for each in rows(out, "events")] == [
        "customer.created",
        "ticket.created",
        "message.created",
        "message.created",
        "ticket.updated",
    ]
    text = b"".join(content(out).values())
    assert b"Bo" not in text and b"Mine" not in text and b"of bo" not in text
    assert [each["name"] for each in rows(out, "attachments")] == ["shown.txt", "hidden.txt"]
    assert sorted(each.read_text() for each in (out / "files").glob("*/*")) == ["hidden", "shown"]


def test_what_is_internal_can_be_left_out(desk: Helpdesk, jane: Customer, tmp_path: Path) -> None:
    desk.export(tmp_path / "out", customer=jane.id, internal=False)
    text = b"".join(content(tmp_path / "out").values()).decode()
    for hidden in ("Complains", "J7", "Very rude", "Watch out", 'isInternal":true', "hidden"):
        assert hidden not in text
    assert "Two" in text
    (ticket,) = rows(tmp_path / "out", "tickets")
    assert ticket["messageCount"] == 1


def test_it_can_be_read_as_text(desk: Helpdesk, jane: Customer, tmp_path: Path) -> None:
    desk.export(tmp_path / "out", customer=jane.id)
    text = (tmp_path / "out" / "readable.txt").read_text(encoding="utf-8")
    assert text.startswith("What Acme holds of Jane\n\n")
    assert "\nTicket 1: Refund\n" in text
    assert "Z, Jane:\n    Two\n    lines\n" in text
    assert "Z, Acme, internal:\n    Very rude\n" in text


def test_a_text_to_read_has_threads_in_the_order_of_time(
    desk: Helpdesk, acme: Workspace, clock: ManualClock, jane: Customer, tmp_path: Path
) -> None:
    ticket = acme.tickets.create(title="Late", customer_id=jane.id, initial_message="second")
    clock.tick(hours=-1)
    acme.messages.create(ticket.id, content="first")
    assert [each.content for each in acme.messages.list(ticket.id)] == ["first", "second"]
    desk.export(tmp_path / "out", customer=jane.id)
    text = (tmp_path / "out" / "readable.txt").read_text(encoding="utf-8")
    assert text.index("first") < text.index("second")


def test_it_can_be_tables(desk: Helpdesk, jane: Customer, tmp_path: Path) -> None:
    made = desk.export(tmp_path / "out", customer=jane.id, file_format="csv")
    assert {each.name for each in made.files} >= {"customers.csv", "messages.csv", "readable.txt"}


def test_an_unknown_customer_leaves_no_folder(desk: Helpdesk, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        desk.export(tmp_path / "out", customer="cus_" + "0" * 32)
    assert not (tmp_path / "out").exists()


def test_it_is_not_what_a_desk_is_made_of(desk: Helpdesk, jane: Customer, tmp_path: Path) -> None:
    desk.export(tmp_path / "out", customer=jane.id)
    assert json.loads((tmp_path / "out" / "manifest.json").read_bytes())["scope"] == "customer"
    with pytest.raises(Refused, match="holds what one customer is given"):
        desk.import_export(tmp_path / "out")
