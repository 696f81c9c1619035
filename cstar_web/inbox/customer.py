"""What members change of the customer beside a conversation: name, address and custom fields."""

from typing import Any

from flask import Response

from cstar_core import Conflict, Customer, Invalid, Problem
from cstar_web.errors import INVALID
from cstar_web.inbox.changing import beside, field_of, show_field, value_in
from cstar_web.inbox.conversation import TICKET, back, show_ticket
from cstar_web.inbox.declaring import Page, page
from cstar_web.inbox.languages import say
from cstar_web.inbox.stopping import Stopped
from cstar_web.inbox.visits import TeamVisit

CUSTOMER = f"{TICKET}/customers/{{customer}}"

_TAKEN = say("is another customer's already")


def show_customer(visit: TeamVisit, ticket: str, customer: str) -> Response:
    return show_ticket(visit, ticket)


def show_customers_field(visit: TeamVisit, ticket: str, customer: str, key: str) -> Response:
    return show_field(visit, ticket, f"customers-{key}")


@page(
    Page(
        method="POST",
        path=CUSTOMER,
        name="change_customer",
        access="agent",
        fields=("customer_name", "customer_email", "was_name", "was_email"),
        again=show_customer,
    )
)
def change_customer(visit: TeamVisit, ticket: str, customer: str) -> Response:
    """What the form has left as it was is not written: a colleague may have changed it since."""
    typed = visit.form.values
    changes: dict[str, Any] = {
        name: typed[f"customer_{name}"].strip()
        for name in ("name", "email")
        if _as_a_line(typed[f"customer_{name}"]) != _as_a_line(typed[f"was_{name}"])
    }
    if changes.get("email") == "":
        changes["email"] = None
    with visit.desk.transaction(brief=True):
        found = _customer_of(visit, ticket, customer)
        try:
            visit.workspace.customers.update(found.id, **changes)
        except Conflict as error:
            raise Invalid([Problem("customer_email", INVALID, _TAKEN)]) from error
        except Invalid as error:
            raise Invalid(
                [Problem(f"customer_{each.param}", each.code, each.rule) for each in error.problems]
            ) from error
    return back(visit, ticket, "changed")


@page(
    Page(
        method="POST",
        path=f"{CUSTOMER}/fields/{{key}}",
        name="set_customers_field",
        access="agent",
        fields=("value",),
        lists=("values",),
        again=show_customers_field,
    )
)
def set_customers_field(visit: TeamVisit, ticket: str, customer: str, key: str) -> Response:
    value = value_in(visit, field_of(visit, "customers", key))
    with visit.desk.transaction(brief=True):
        found = _customer_of(visit, ticket, customer)
        try:
            visit.workspace.customers.update(found.id, custom_fields={key: value})
        except Invalid as error:
            raise beside("value", error) from error
    return back(visit, ticket, "changed")


def _as_a_line(text: str) -> str:
    """A text as a field of one line gives it back, which takes away what ends lines."""
    return text.replace("\n", "").strip()


def _customer_of(visit: TeamVisit, ticket: str, customer: str) -> Customer:
    """The customer whom the page has shown; the ticket may have another one by now."""
    room = visit.workspace.tickets
    found = room.get(ticket, expand_customer=True, with_messages=False).customer
    if found is None or found.id != customer:
        raise Stopped(404)
    return found
