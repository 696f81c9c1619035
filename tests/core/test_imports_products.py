"""What the exports of Zendesk, Freshdesk and Help Scout become; samples in tests/data/imports."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cstar_core import ImportReport, Member, Ticket, Workspace
from tests.core.vocabulary import refusal

SAMPLES = Path(__file__).parents[1] / "data" / "imports"


@pytest.fixture
def ada(acme: Workspace) -> Member:
    return acme.members.create(name="Ada Park", email="ada@example.com")


@pytest.fixture
def with_region(acme: Workspace) -> None:
    acme.custom_fields.create(
        name="Region", key="region", type="select", entity_type="tickets", options=["EU", "US"]
    )


def bring(workspace: Workspace, name: str, **options: Any) -> tuple[ImportReport, list[Ticket]]:
    report = workspace.import_file(SAMPLES / name, **options)
    listed = workspace.tickets.list(sort="number").items
    return report, [workspace.tickets.get(each.id) for each in listed]


def thread(ticket: Ticket) -> list[tuple[str, str, str, bool]]:
    assert ticket.messages is not None
    return [(m.sender, m.sender_name, m.content, m.is_internal) for m in ticket.messages]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


FORMATS = [
    ("questions.csv", "csv"),
    ("tickets.ndjson", "json"),
    ("zendesk.json", "zendesk"),
    ("zendesk-page.json", "zendesk"),
    ("zendesk-view.csv", "zendesk"),
    ("freshdesk.json", "freshdesk"),
    ("freshdesk-export.json", "freshdesk"),
    ("freshdesk.csv", "freshdesk"),
    ("helpscout.json", "helpscout"),
]


@pytest.mark.parametrize(("name", "format"), FORMATS)
def test_a_format_is_known_by_its_content(acme: Workspace, name: str, format: str) -> None:
    mapping = {"title": "text"} if format == "csv" else {}
    report = acme.import_file(SAMPLES / name, mapping=mapping)
    assert (report.format, report.source, report.failed) == (format, format, 0)
    assert report.created > 0


# --- plain objects


def test_plain_objects_have_the_names_of_the_api(acme: Workspace, ada: Member) -> None:
    _, (late, invoice) = bring(acme, "tickets.ndjson")
    assert (late.status, late.assigned_to, late.tags) == ("closed", ada.id, ("parcel",))
    assert (late.metadata, late.created_at) == ({"order": 17}, at("2024-05-02T09:30"))
    assert thread(late) == [
        ("customer", "Jane Roe", "Where is it?", False),
        ("agent", "Acme", "It comes today.", False),
    ]
    assert (invoice.customer_name, invoice.priority) == ("Sam Poe", "high")


# --- Zendesk


def test_a_ticket_of_zendesk_comes_with_its_comments(acme: Workspace, ada: Member) -> None:
    report, (late, *_) = bring(acme, "zendesk.json")
    assert (late.title, late.status, late.priority) == ("Parcel is late", "resolved", "urgent")
    assert (late.tags, late.assigned_to) == (("parcel", "late"), ada.id)
    assert (late.created_at, late.updated_at) == (at("2024-03-01T09:00"), at("2024-03-02T10:00"))
    assert thread(late) == [
        (
            "customer",
            "Jane Roe",
            "Where is my parcel?\n[Attachment: label.png https://acme.example/label.png]",
            False,
        ),
        ("agent", "Ada Park", "The carrier lost it.", True),
        ("agent", "Ada Park", "We have sent\nanother one.", False),
    ]
    assert report.unknown_agents == {"gone@example.com": 1}


def test_a_ticket_of_zendesk_without_subject_begins_with_its_first_words(acme: Workspace) -> None:
    _, (_, call, _) = bring(acme, "zendesk.json")
    assert (call.title, call.status) == ("A call without a subject", "pending")


def test_a_requester_without_address_is_one_customer(acme: Workspace) -> None:
    _, (_, call, another) = bring(acme, "zendesk.json")
    assert call.customer_name == another.customer_name == "Sam Poe"
    assert call.customer_id == another.customer_id


def test_a_deleted_ticket_of_zendesk_is_left_out(acme: Workspace) -> None:
    report, tickets = bring(acme, "zendesk.json")
    assert (report.rows, report.created, report.left_out, len(tickets)) == (4, 3, 1, 3)


def test_a_custom_field_of_zendesk_is_mapped_by_its_number(
    acme: Workspace, with_region: None
) -> None:
    mapping = {"customFields.region": "custom_fields.360001"}
    report, (late, *_) = bring(acme, "zendesk.json", mapping=mapping)
    assert late.custom_fields == {"region": "EU"}
    assert "custom_fields.360001" not in report.unmapped


def test_what_has_no_place_is_told_and_kept_as_metadata(acme: Workspace) -> None:
    report, (late, *_) = bring(acme, "zendesk.json")
    assert late.metadata == {"zendesk": {"id": "101", "fields": {"360001": "EU"}}}
    assert report.unmapped == ("via", "type", "custom_fields.360001")


def test_a_page_of_zendesks_api_brings_its_people_along(acme: Workspace, ada: Member) -> None:
    _, (invoice,) = bring(acme, "zendesk-page.json")
    assert (invoice.customer_name, invoice.assigned_to) == ("Jane Roe", ada.id)
    assert thread(invoice) == [("customer", "Jane Roe", "There are two of them.", False)]


def test_pages_may_stand_one_a_line(acme: Workspace, tmp_path: Path) -> None:
    page = json.loads((SAMPLES / "zendesk-page.json").read_text())
    other = {**page, "tickets": [{**page["tickets"][0], "id": 202}]}
    file = tmp_path / "pages.json"
    file.write_text(f"{json.dumps(page)}\n{json.dumps(other)}\n")
    report = acme.import_file(file)
    assert (report.created, report.customers) == (2, 1)


def test_people_may_stand_in_a_file_of_their_own(
    acme: Workspace, ada: Member, tmp_path: Path
) -> None:
    ticket = json.loads((SAMPLES / "zendesk-page.json").read_text())["tickets"][0]
    file = tmp_path / "tickets.json"
    file.write_text(json.dumps([ticket]))
    acme.import_file(file, users=[SAMPLES / "zendesk-users.json"])
    (invoice,) = acme.tickets.list().items
    assert (invoice.customer_name, invoice.assigned_to) == ("Jane Roe", ada.id)


def test_users_of_zendesk_become_customers_but_agents_do_not(acme: Workspace) -> None:
    acme.custom_fields.create(name="Plan", key="plan", type="text", entity_type="customers")
    report = acme.import_file(SAMPLES / "zendesk-users.json", kind="customers")
    (jane,) = acme.customers.list().items
    assert (report.format, report.created, report.left_out) == ("zendesk", 1, 2)
    assert (jane.name, jane.email, jane.tags) == ("Jane Roe", "jane@example.com", ("vip",))
    assert (jane.notes, jane.custom_fields) == ("Calls often", {"plan": "pro"})
    assert jane.created_at == at("2023-01-05T08:00")


def test_tickets_find_the_customers_that_came_before_them(acme: Workspace) -> None:
    acme.import_file(SAMPLES / "zendesk-users.json", kind="customers", mapping={"notes": "notes"})
    (jane,) = acme.customers.list().items
    acme.customers.update(jane.id, email="jane@elsewhere.example")
    _, (late, *_) = bring(acme, "zendesk.json")
    assert late.customer_id == jane.id


def test_a_view_of_zendesk_as_csv(acme: Workspace, ada: Member) -> None:
    report, (card, where) = bring(acme, "zendesk-view.csv")
    assert (card.title, card.status, card.priority) == ("Card declined", "resolved", "high")
    assert (card.tags, card.assigned_to) == (("card", "declined_card"), ada.id)
    assert (card.customer_name, card.created_at) == ("Jane Roe", at("2024-05-01T10:00"))
    assert (where.status, where.priority) == ("pending", "normal")
    assert report.unmapped == ("Summation column", "Satisfaction")
    assert report.unknown_agents == {}


# --- Freshdesk


def test_a_ticket_of_freshdesk_comes_with_its_conversations(
    acme: Workspace, ada: Member, with_region: None
) -> None:
    report, (login,) = bring(acme, "freshdesk.json", users=[SAMPLES / "freshdesk-agents.json"])
    assert (login.title, login.status, login.priority) == ("Cannot log in", "resolved", "normal")
    assert (login.assigned_to, login.tags) == (ada.id, ("login",))
    assert login.custom_fields == {"region": "EU"}
    assert login.resolved_at == at("2024-06-01T11:30")
    assert thread(login) == [
        ("customer", "Jane Roe", "It says no.", False),
        ("agent", "Ada Park", "Try again.", False),
        ("agent", "Ada Park", "Reset his password.", True),
        ("customer", "Jane Roe", "It works.", False),
    ]
    assert (report.left_out, login.metadata) == (
        1,
        {"freshdesk": {"id": "11", "fields": {"cf_order": "A-17"}}},
    )


def test_the_older_export_of_freshdesk_wraps_its_tickets(acme: Workspace, ada: Member) -> None:
    _, (printer,) = bring(acme, "freshdesk-export.json")
    assert (printer.status, printer.priority) == ("pending", "urgent")
    assert (printer.customer_name, printer.assigned_to) == ("Sam Poe", ada.id)
    assert printer.created_at == datetime(2014, 1, 7, 9, 27, 55, tzinfo=UTC)
    assert [content for _, _, content, _ in thread(printer)] == ["It blinks.", "Still blinking"]


def test_freshdesk_as_csv(acme: Workspace, ada: Member) -> None:
    _, (refund, second) = bring(acme, "freshdesk.csv")
    assert (refund.status, refund.priority, refund.assigned_to) == ("closed", "low", ada.id)
    assert (refund.resolved_at, refund.closed_at) == (
        at("2024-07-02T10:00"),
        at("2024-07-03T10:00"),
    )
    assert (second.status, second.priority, second.assigned_to) == ("pending", "normal", None)
    assert refund.customer_id == second.customer_id


# --- Help Scout


def test_a_conversation_of_help_scout_comes_with_its_threads(
    acme: Workspace, ada: Member, with_region: None
) -> None:
    report, (pay,) = bring(acme, "helpscout.json")
    assert (pay.title, pay.status, pay.tags) == ("How do I pay?", "closed", ("billing",))
    assert (pay.customer_name, pay.assigned_to) == ("Jane Roe", ada.id)
    assert (pay.custom_fields, pay.closed_at) == ({"region": "EU"}, at("2024-08-02T09:00"))
    assert thread(pay) == [
        ("customer", "Jane Roe", "By card?", False),
        ("agent", "Ada Park", "She is a new customer.", True),
        ("agent", "Ada Park", "By card,\nor by transfer.", False),
    ]
    assert (report.rows, report.left_out) == (2, 1)


@pytest.mark.parametrize("name", [name for name, format in FORMATS if format != "csv"])
def test_an_export_that_is_brought_in_again_makes_nothing(acme: Workspace, name: str) -> None:
    first = acme.import_file(SAMPLES / name)
    again = acme.import_file(SAMPLES / name)
    assert (again.created, again.skipped) == (0, first.created)


def test_people_must_be_json(acme: Workspace, tmp_path: Path) -> None:
    people = tmp_path / "users.csv"
    people.write_text("id,name\n1,Jane\n")
    (problem,) = refusal(acme.import_file, SAMPLES / "zendesk.json", users=[people])
    assert problem.startswith(f"users must be JSON; {people} cannot be read: line 1:")


def test_a_page_that_breaks_off_brings_what_came_before(acme: Workspace, tmp_path: Path) -> None:
    page = tmp_path / "page.json"
    page.write_text((SAMPLES / "zendesk-page.json").read_text().partition('"users"')[0] + '"users"')
    report = acme.import_file(page)
    assert (report.created, report.ok, report.customers) == (1, False, 1)
    assert report.broken and report.broken.startswith("line ")
