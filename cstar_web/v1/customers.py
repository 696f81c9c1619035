"""Customers: who asks."""

from functools import partial

from flask import Blueprint, Response

from cstar_core import EMAIL_MAX, NAME_MAX, NOTES_MAX
from cstar_web.calls import Call
from cstar_web.etags import customer_tag
from cstar_web.operations import Operation, operation
from cstar_web.shapes import Shape
from cstar_web.v1 import render
from cstar_web.v1.answers import (
    CUSTOM_FIELDS,
    METADATA,
    TEAM,
    Deleted,
    anything,
    count,
    instant,
    kind,
    metadata_or_absent,
    notes_or_absent,
    strings,
    text,
    text_or_null,
)
from cstar_web.v1.fields import Object, Sort, Tags, Text
from cstar_web.v1.patterns import EMAIL
from cstar_web.v1.queries import Searched

blueprint = Blueprint("customers", __name__)
PATH = f"{TEAM}/customers"
ONE = f"{PATH}/{{customerId}}"

_NAME = {"minLength": 1, "maxLength": NAME_MAX}
_EMAIL = {
    "maxLength": EMAIL_MAX,
    "pattern": EMAIL,
    "description": "Unique among the customers, without regard to case.",
}


class Customer(Shape):
    """Someone who asks."""

    id = text("Customer id (`cus_` prefix).")
    object = kind("customer")
    name = text("The customer's name.")
    email = text_or_null("The customer's address.")
    tags = strings("Tags.")
    notes = notes_or_absent()
    custom_fields = anything("The value of every custom field that has one, by key.")
    metadata = metadata_or_absent()
    ticket_count = count("How many tickets the customer has.")
    created_at = instant("When the customer was made.")
    updated_at = instant("When the customer last changed.")


class NewCustomer(Shape):
    """A customer to make."""

    name = Text(required=True, metadata=_NAME)
    email = Text(allow_none=True, metadata=_EMAIL)
    tags = Tags()
    notes = Text(allow_none=True, metadata={"maxLength": NOTES_MAX})
    custom_fields = Object(metadata=CUSTOM_FIELDS)
    metadata = Object(metadata=METADATA)


class CustomerChanges(Shape):
    """What to change about a customer."""

    name = Text(filled=True, metadata=_NAME)
    email = Text(allow_none=True, metadata=_EMAIL)
    tags = Tags()
    notes = Text(allow_none=True, metadata={"maxLength": NOTES_MAX})
    custom_fields = Object(metadata=CUSTOM_FIELDS)
    metadata = Object(metadata=METADATA)


class CustomersQuery(Searched):
    """Which customers, in which order."""

    sort = Sort("createdAt", "updatedAt", "name", default="-createdAt")


@operation(
    blueprint,
    Operation(
        method="GET",
        path=PATH,
        name="listCustomers",
        tag="Customers",
        summary="List customers",
        description="Search looks at names and addresses.",
        key="any",
        query=CustomersQuery(),
        answer=Customer(),
        many=True,
        paged=True,
    ),
)
def list_customers(call: Call) -> Response:
    found = call.workspace.customers.list(**call.query)
    return call.page(found, partial(render.customer, internal=call.internal))


@operation(
    blueprint,
    Operation(
        method="POST",
        path=PATH,
        name="createCustomer",
        tag="Customers",
        summary="Create a customer",
        key="secret",
        body=NewCustomer(),
        answer=Customer(),
        status=201,
        etag=True,
        idempotent=True,
        errors=("RESOURCE_EXISTS",),
    ),
    rules=lambda workspace, values: workspace.customers.check(values),
)
def create_customer(call: Call) -> Response:
    customer = call.workspace.customers.create(**call.body)
    return call.created(render.customer(customer, call.internal), tag=customer_tag(customer))


@operation(
    blueprint,
    Operation(
        method="GET",
        path=ONE,
        name="getCustomer",
        tag="Customers",
        summary="Get a customer",
        key="any",
        answer=Customer(),
        etag=True,
    ),
)
def get_customer(call: Call, customer_id: str) -> Response:
    customer = call.workspace.customers.get(customer_id)
    return call.answer(render.customer(customer, call.internal), tag=customer_tag(customer))


@operation(
    blueprint,
    Operation(
        method="PATCH",
        path=ONE,
        name="updateCustomer",
        tag="Customers",
        summary="Update a customer",
        description="Only what is sent changes; metadata and custom fields are merged.",
        key="secret",
        body=CustomerChanges(),
        answer=Customer(),
        etag=True,
        conditional=True,
        idempotent=True,
        errors=("RESOURCE_EXISTS",),
    ),
    rules=lambda workspace, values: workspace.customers.check(values, updating=True),
)
def update_customer(call: Call, customer_id: str) -> Response:
    customers = call.workspace.customers
    with call.unless_stale(lambda: customer_tag(customers.get(customer_id))):
        customer = customers.update(customer_id, **call.body)
    return call.answer(render.customer(customer, call.internal), tag=customer_tag(customer))


@operation(
    blueprint,
    Operation(
        method="DELETE",
        path=ONE,
        name="deleteCustomer",
        tag="Customers",
        summary="Delete a customer",
        description="The customer's tickets stay, without the customer.",
        key="secret",
        answer=Deleted(),
        conditional=True,
        idempotent=True,
    ),
)
def delete_customer(call: Call, customer_id: str) -> Response:
    customers = call.workspace.customers
    with call.unless_stale(lambda: customer_tag(customers.get(customer_id))):
        customers.delete(customer_id)
    return call.answer({"deleted": True})
