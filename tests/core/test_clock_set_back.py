"""A clock that is set back: what changes then is not older than it was."""

from collections.abc import Callable
from datetime import datetime

import pytest

from cstar_core import Workspace
from tests.core.vocabulary import ManualClock

# Makes something, sets the clock back and changes it: when it changed before and after that.
Case = Callable[[Workspace, ManualClock], tuple[datetime, datetime]]
CASES: dict[str, Case] = {}


def case(changes: Case) -> Case:
    CASES[changes.__name__] = changes
    return changes


@case
def a_ticket_that_is_changed(acme: Workspace, clock: ManualClock) -> tuple[datetime, datetime]:
    ticket = acme.tickets.create(title="T")
    clock.tick(hours=-1)
    return ticket.updated_at, acme.tickets.update(ticket.id, title="U").updated_at


@case
def a_ticket_with_a_message(acme: Workspace, clock: ManualClock) -> tuple[datetime, datetime]:
    ticket = acme.tickets.create(title="T")
    clock.tick(hours=-1)
    acme.messages.create(ticket.id, content="M")
    return ticket.updated_at, acme.tickets.get(ticket.id).updated_at


@case
def a_ticket_without_its_customer(acme: Workspace, clock: ManualClock) -> tuple[datetime, datetime]:
    customer = acme.customers.create(name="C")
    ticket = acme.tickets.create(title="T", customer_id=customer.id)
    clock.tick(hours=-1)
    acme.customers.delete(customer.id)
    return ticket.updated_at, acme.tickets.get(ticket.id).updated_at


@case
def a_ticket_without_its_member(acme: Workspace, clock: ManualClock) -> tuple[datetime, datetime]:
    member = acme.members.create(name="M", email="m@example.com")
    ticket = acme.tickets.create(title="T", assigned_to=member.id)
    clock.tick(hours=-1)
    acme.members.delete(member.id)
    return ticket.updated_at, acme.tickets.get(ticket.id).updated_at


@case
def a_ticket_without_a_field(acme: Workspace, clock: ManualClock) -> tuple[datetime, datetime]:
    made = acme.custom_fields.create(name="F", key="f", type="text", entity_type="tickets")
    ticket = acme.tickets.create(title="T", custom_fields={"f": "x"})
    clock.tick(hours=-1)
    acme.custom_fields.delete(made.id)
    return ticket.updated_at, acme.tickets.get(ticket.id).updated_at


@case
def a_ticket_with_a_renamed_option(
    acme: Workspace, clock: ManualClock
) -> tuple[datetime, datetime]:
    made = acme.custom_fields.create(
        name="F", key="f", type="select", entity_type="tickets", options=["a"]
    )
    ticket = acme.tickets.create(title="T", custom_fields={"f": "a"})
    clock.tick(hours=-1)
    acme.custom_fields.update(made.id, rename_options={"a": "b"})
    return ticket.updated_at, acme.tickets.get(ticket.id).updated_at


@case
def a_customer(acme: Workspace, clock: ManualClock) -> tuple[datetime, datetime]:
    customer = acme.customers.create(name="C")
    clock.tick(hours=-1)
    return customer.updated_at, acme.customers.update(customer.id, name="D").updated_at


@case
def a_member(acme: Workspace, clock: ManualClock) -> tuple[datetime, datetime]:
    member = acme.members.create(name="M", email="m@example.com")
    clock.tick(hours=-1)
    return member.updated_at, acme.members.update(member.id, name="N").updated_at


@case
def a_custom_field(acme: Workspace, clock: ManualClock) -> tuple[datetime, datetime]:
    made = acme.custom_fields.create(name="F", key="f", type="text", entity_type="tickets")
    clock.tick(hours=-1)
    return made.updated_at, acme.custom_fields.update(made.id, name="G").updated_at


@pytest.mark.parametrize("change", CASES.values(), ids=CASES.keys())
def test_a_change_is_not_older_than_the_one_before_it(
    change: Case, acme: Workspace, clock: ManualClock
) -> None:
    before, after = change(acme, clock)
    assert after == before


def test_a_change_after_the_clock_went_on_is_newer(acme: Workspace, clock: ManualClock) -> None:
    ticket = acme.tickets.create(title="T")
    clock.tick(hours=1)
    assert acme.tickets.update(ticket.id, title="U").updated_at > ticket.updated_at
