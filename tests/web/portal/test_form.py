"""The form for customers: what it asks, what it refuses, and what becomes of it."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from cstar_core import Helpdesk, Workspace
from cstar_web.app import create_app
from cstar_web.settings import Settings
from tests.web.portal.visitor import FILLED, NEW, Page, Visitor
from tests.web.vocabulary import ManualClock

FIELDS: list[tuple[str, str, dict[str, Any]]] = [
    ("order", "text", {"required": True}),
    ("seats", "number", {}),
    ("plan", "select", {"options": ["Free", "Pro"]}),
    ("topics", "multiselect", {"options": ["a, b", "c"]}),
    ("due", "date", {}),
    ("paid", "boolean", {}),
]


@pytest.fixture
def fields(acme: Workspace) -> None:
    for key, type, more in FIELDS:
        acme.custom_fields.create(
            name=key.title(), key=key, type=type, entity_type="tickets", public=True, **more
        )
    acme.custom_fields.create(name="Mood", key="mood", type="text", entity_type="tickets")


def test_what_is_filled_in_becomes_a_ticket_and_leads_to_it(
    acme: Workspace, visitor: Visitor
) -> None:
    answer = visitor.write()
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/t/acme/ticket/")
    page = visitor.see(answer.headers["Location"])
    assert "We have your message" in page.text and "It broke." in page.text
    (ticket,) = acme.tickets.list(expand_customer=True).items
    assert (ticket.title, ticket.customer and ticket.customer.email) == ("Help", "jane@example.com")


@pytest.mark.parametrize(
    ("typed", "values"),
    [
        ({}, {}),
        ({"field.seats": "5"}, {"seats": 5}),
        ({"field.seats": "-1.5"}, {"seats": -1.5}),
        ({"field.seats": " "}, {}),
        ({"field.plan": "Pro"}, {"plan": "Pro"}),
        ({"field.plan": ""}, {}),
        ({"field.topics": ["c", "a, b"]}, {"topics": ["c", "a, b"]}),
        ({"field.due": "2026-02-28"}, {"due": "2026-02-28"}),
        ({"field.paid": "true"}, {"paid": True}),
        ({"field.paid": "false"}, {"paid": False}),
        ({"field.mood": "x", "mood": "x", "status": "closed", "notes": "x"}, {}),
    ],
)
@pytest.mark.usefixtures("fields")
def test_fields_are_filled_in_by_their_type(
    acme: Workspace, visitor: Visitor, typed: dict[str, Any], values: dict[str, Any]
) -> None:
    assert visitor.link(**{"field.order": "17", **typed})
    ticket = acme.tickets.get(acme.tickets.list().items[0].id)
    assert ticket.custom_fields == {"order": "17", **values}
    assert (ticket.status, ticket.notes) == ("new", None)


PROBLEMS: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({"name": ""}, [("name", "Your name is required")]),
    ({"email": "jane"}, [("email", "Your email address must be an email address")]),
    ({"title": "x" * 501}, [("title", "Subject must be at most 500 characters")]),
    ({"content": " "}, [("content", "Message is required")]),
    ({"content": "\0"}, [("content", "Message must be Unicode text without U+0000")]),
    ({"field.order": ""}, [("field.order", "Order is required")]),
    ({"field.seats": "five"}, [("field.seats", "Seats must be a finite number")]),
    ({"field.seats": "1_000"}, [("field.seats", "Seats must be a finite number")]),
    ({"field.seats": "\uff11\uff12"}, [("field.seats", "Seats must be a finite number")]),
    ({"field.seats": "1e999"}, [("field.seats", "Seats must be a finite number")]),
    ({"field.seats": "9" * 99}, [("field.seats", "Seats must be an integer of at most 64 bits")]),
    ({"field.plan": "Gold"}, [("field.plan", "Plan must be one of: Free, Pro")]),
    ({"field.topics": ["c", "c"]}, [("field.topics", "Topics must have distinct options")]),
    ({"field.due": "2026-02-30"}, [("field.due", "Due must be a real calendar date, YYYY-MM-DD")]),
    ({"field.paid": "maybe"}, [("field.paid", "Paid must be true or false")]),
    (
        {"name": "", "email": "", "field.seats": "x"},
        [
            ("name", "Your name is required"),
            ("email", "Your email address is required"),
            ("field.seats", "Seats must be a finite number"),
        ],
    ),
]


@pytest.mark.parametrize(("typed", "problems"), PROBLEMS)
@pytest.mark.usefixtures("fields")
def test_what_is_wrong_is_said_with_a_link_to_it_and_nothing_is_lost(
    acme: Workspace, visitor: Visitor, typed: dict[str, Any], problems: list[tuple[str, str]]
) -> None:
    sent = {"field.order": "17", **FILLED, **typed}
    answer = visitor.write(**{"field.order": "17", **typed})
    page = Page(answer.text)
    assert (answer.status_code, acme.tickets.list().total) == (422, 0)
    summary = Page(answer.text.partition('class="summary"')[2].partition("</div>")[0])
    assert [each["href"] for each in summary.all("a")] == [f"#{name}" for name, _ in problems]
    for name, message in problems:
        assert message in summary.text
        assert f"{name}-wrong" in page.ids and name in page.ids
        control = next(each for _, each in page.tags if each.get("id") == name)
        assert control["aria-invalid"] == "true"
        assert control["aria-describedby"] == f"{name}-wrong"
    for name in ("name", "email", "title", "field.order"):
        assert page.one(name)["value"] == sent[name]
    if "content" not in typed:
        assert "\nIt broke.</textarea>" in answer.text


@pytest.mark.usefixtures("fields")
def test_what_was_chosen_stays_chosen(visitor: Visitor) -> None:
    chosen = {"field.plan": "Pro", "field.topics": ["a, b"], "field.paid": "false"}
    page = Page(visitor.write(name="", **chosen).text)
    assert [each["value"] for each in page.all("option") if "selected" in each] == ["Pro"]
    assert [each["value"] for each in page.all("input") if "checked" in each] == ["a, b", "false"]


def test_a_newline_at_the_beginning_is_kept(acme: Workspace, visitor: Visitor) -> None:
    content = "\n\n  indented\r\nand more"
    again = visitor.write(name="", content=content).text
    assert "\n\n\n  indented\nand more</textarea>" in again
    visitor.write(content=content)
    (message,) = acme.tickets.get(acme.tickets.list().items[0].id).messages or ()
    assert message.content == "\n\n  indented\nand more"


@pytest.mark.parametrize(("seconds", "status"), [(1, 422), (2, 303), (86_400, 303), (86_401, 422)])
def test_a_form_that_was_too_fast_or_too_old_is_asked_again(
    acme: Workspace, visitor: Visitor, clock: ManualClock, seconds: int, status: int
) -> None:
    stamp = visitor.see(NEW).one("stamp")["value"]
    clock.tick(seconds=seconds)
    answer = visitor.post(NEW, {"stamp": stamp, **FILLED})
    assert answer.status_code == status
    if status == 422:
        page = Page(answer.text)
        assert "Please send it once more" in page.text
        clock.tick(seconds=5)
        fresh = page.one("stamp")["value"]
        assert visitor.post(NEW, {"stamp": fresh, **FILLED}).status_code == 303
    assert acme.tickets.list().total == 1


@pytest.mark.parametrize("stamp", ["", "A" * 56, "x", "\0", "é", "A" * 10_000])
def test_a_forged_stamp_is_asked_again(acme: Workspace, visitor: Visitor, stamp: str) -> None:
    answer = visitor.post(NEW, {"stamp": stamp, **FILLED})
    assert (answer.status_code, acme.tickets.list().total) == (422, 0)
    assert "It broke." in answer.text


def test_a_stamp_that_will_do_is_kept_where_something_else_is_wrong(visitor: Visitor) -> None:
    stamp = visitor.stamp()
    answer = visitor.post(NEW, {"stamp": stamp, **FILLED, "name": ""})
    assert Page(answer.text).one("stamp")["value"] == stamp


def test_who_fills_in_what_nobody_sees_is_asked_again(acme: Workspace, visitor: Visitor) -> None:
    answer = visitor.write(website="https://spam.example")
    page = Page(answer.text)
    assert (answer.status_code, acme.tickets.list().total) == (422, 0)
    assert "spam.example" not in answer.text and "It broke." in answer.text
    assert "value" not in page.one("website") and page.one("website")["tabindex"] == "-1"


def test_a_form_that_is_sent_twice_makes_one_ticket(acme: Workspace, visitor: Visitor) -> None:
    values = {"stamp": visitor.stamp(), **FILLED}
    first, second = (visitor.post(NEW, values).headers["Location"] for _ in range(2))
    assert first == second
    assert acme.tickets.list().total == 1


def test_nobody_learns_whether_an_address_is_known(acme: Workspace, visitor: Visitor) -> None:
    acme.customers.create(name="Jane Q. Secret", email="jane@example.com")
    pages = []
    for email in ("jane@example.com", "nobody@example.com"):
        page = visitor.see(visitor.link(email=email))
        pages.append(page.text.replace("#1", "#").replace("#2", "#"))
    assert len(set(pages)) == 1 and "Secret" not in pages[0] and "@" not in pages[0]


def test_the_form_is_off_unless_it_is_switched_on(desk: Helpdesk, client: FlaskClient) -> None:
    plain = create_app(desk).test_client()
    for method in ("get", "post"):
        assert getattr(plain, method)(NEW).status_code == 404
        assert getattr(client, method)("/t/other/new").status_code == 404
    every = create_app(desk, Settings(customer_form=("all",))).test_client()
    assert every.get("/t/other/new").status_code == 200


def test_a_team_without_a_form_looks_like_no_team(visitor: Visitor) -> None:
    pages = {
        visitor.get(path).text for path in ("/t/other/new", "/t/nobody/new", "/t/x/y/z", "/t/")
    }
    assert len(pages) == 1 and "There is nothing here" in pages.pop()


def test_a_team_is_found_by_its_id_too(acme: Workspace, visitor: Visitor) -> None:
    assert visitor.get(f"/t/{acme.team.id}/new").status_code == 200


def test_each_control_has_a_label_and_says_if_it_is_optional(
    visitor: Visitor, fields: None
) -> None:
    page = visitor.see(NEW)
    named = {each["for"] for each in page.all("label") if "for" in each}
    shown = page.any("input", "select", "textarea")
    # Each of those stands within its label, and all of them in a fieldset with a legend.
    within = ("hidden", "radio", "checkbox")
    assert all(each["id"] in named for each in shown if each.get("type") not in within)
    assert page.text.count("(optional)") == 6
    assert len(page.all("legend")) == len(page.all("fieldset")) == 2
    assert len(page.ids) == len(set(page.ids))


def test_the_form_is_there_in_german(visitor: Visitor, clock: ManualClock) -> None:
    page = visitor.see(NEW, Accept_Language="de-AT, en;q=0.5")
    assert page.all("html")[0] == {"lang": "de", "dir": "ltr"}
    assert "Schreiben Sie uns" in page.text
    answer = visitor.post(NEW, {**FILLED, "name": ""}, headers={"Accept-Language": "de"})
    assert "Ihr Name: wird gebraucht" in Page(answer.text).text
