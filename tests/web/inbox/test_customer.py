"""What members change of the customer beside a conversation: name, address and custom fields."""

import pytest
from werkzeug.test import TestResponse

from cstar_core import Customer, Workspace
from tests.web.inbox.browser import Browser, Seen
from tests.web.inbox.test_details import VALUES, define, id_of


@pytest.fixture
def asked(acme: Workspace) -> str:
    """The path of a ticket of Jane's, who has an address."""
    made = acme.tickets.create(title="x", customer_name="Jane", customer_email="j@a.example")
    return f"/inbox/acme/tickets/{made.id}"


def customer_of(acme: Workspace, path: str) -> Customer:
    found = acme.tickets.get(id_of(path), expand_customer=True).customer
    assert found is not None
    return found


def change(acme: Workspace, agent: Browser, path: str, **typed: str) -> TestResponse:
    """Change the form of the customer, which sends along what it has shown."""
    now = customer_of(acme, path)
    was = {"was_name": now.name, "was_email": now.email or ""}
    values = {"customer_name": now.name, "customer_email": now.email or "", **was, **typed}
    return agent.send(f"{path}/customers/{now.id}", values, form=path)


@pytest.mark.parametrize(
    ("typed", "name", "email"),
    [
        ({"customer_name": " Jane <b> "}, "Jane <b>", "j@a.example"),
        ({"customer_email": "k@a.example"}, "Jane", "k@a.example"),
        ({"customer_email": " "}, "Jane", None),
        ({}, "Jane", "j@a.example"),
    ],
)
def test_a_customer_is_changed_beside_the_conversation(
    acme: Workspace,
    agent: Browser,
    asked: str,
    typed: dict[str, str],
    name: str,
    email: str | None,
) -> None:
    assert change(acme, agent, asked, **typed).status_code == 303
    now = customer_of(acme, asked)
    assert (now.name, now.email) == (name, email)


def test_what_was_left_as_it_was_stays_a_colleagues(
    acme: Workspace, agent: Browser, asked: str
) -> None:
    acme.customers.update(customer_of(acme, asked).id, name="Two\nlines")
    typed = {"customer_name": "Twolines", "customer_email": "k@a.example"}
    assert change(acme, agent, asked, **typed).status_code == 303
    now = customer_of(acme, asked)
    assert (now.name, now.email) == ("Two\nlines", "k@a.example")


@pytest.mark.parametrize(
    ("typed", "field", "told"),
    [
        ({"customer_name": ""}, "customer_name", "Name is required"),
        ({"customer_name": "x" * 256}, "customer_name", "Name must be at most 255 characters"),
        ({"customer_email": "jane"}, "customer_email", "Email address must be an email address"),
        ({"customer_email": "B@a.example"}, "customer_email", "is another customer's already"),
    ],
)
def test_what_a_customer_cannot_be_is_told_beside_the_field(
    acme: Workspace, agent: Browser, asked: str, typed: dict[str, str], field: str, told: str
) -> None:
    acme.customers.create(name="Bo", email="b@a.example")
    before = customer_of(acme, asked)
    answer = change(acme, agent, asked, **typed)
    assert answer.status_code == 422
    assert told in Seen(answer.text).text and f'id="{field}-wrong"' in answer.text
    shown = next(e for e in Seen(answer.text).all("input") if e.get("name") == field)
    assert (shown["value"], shown["aria-invalid"]) == (typed[field], "true")
    assert customer_of(acme, asked) == before


@pytest.mark.parametrize(("type", "typed", "value"), VALUES)
def test_a_field_of_a_customer_is_set_and_emptied(
    acme: Workspace, agent: Browser, asked: str, type: str, typed: str, value: object
) -> None:
    key = define(acme, type, entity_type="customers")
    place = f"{asked}/customers/{customer_of(acme, asked).id}/fields/{key}"
    assert agent.send(place, {"value": typed}, form=asked).status_code == 303
    assert customer_of(acme, asked).custom_fields == {key: value}
    assert 'id="of-customers-region"' in agent.get(asked).text
    agent.send(place, {"value": ""}, form=asked)
    assert customer_of(acme, asked).custom_fields == {}


def test_a_wrong_value_of_a_customer_is_told_there_and_not_beside_the_tickets(
    acme: Workspace, agent: Browser, asked: str
) -> None:
    for entity in ("tickets", "customers"):
        define(acme, "number", entity_type=entity, name=f"Of {entity}")
    place = f"{asked}/customers/{customer_of(acme, asked).id}/fields/region"
    answer = agent.send(place, {"value": "many"}, form=asked)
    assert answer.status_code == 422
    assert "Of customers must be a finite number" in Seen(answer.text).text
    assert answer.text.count('id="value-wrong"') == 1
    ids = [each["id"] for _, each in Seen(answer.text).tags if "id" in each]
    assert len(ids) == len(set(ids))


def test_a_customer_whom_the_ticket_has_no_more_is_not_changed(
    acme: Workspace, agent: Browser, asked: str
) -> None:
    define(acme, "text", entity_type="customers")
    before = customer_of(acme, asked)
    place = f"{asked}/customers/{before.id}"
    acme.tickets.update(id_of(asked), customer_id=acme.customers.create(name="Bo").id)
    values = {"customer_name": "Other", "was_name": "Jane"}
    assert agent.send(place, values, form=asked).status_code == 404
    assert agent.send(f"{place}/fields/region", {"value": "x"}, form=asked).status_code == 404
    assert acme.customers.get(before.id).version == before.version


def test_no_key_of_a_field_takes_the_place_of_another_form(
    acme: Workspace, agent: Browser, asked: str
) -> None:
    for key in ("tags", "notes", "ticket", "customer", "fields", "history", "others"):
        define(acme, "text", key=key)
    ids = [each["id"] for _, each in agent.see(asked).tags if "id" in each]
    assert len(ids) == len(set(ids))
