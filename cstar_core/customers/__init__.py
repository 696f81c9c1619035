"""Customers: who asks. An address belongs to at most one customer of a workspace."""

from cstar_core.customers.customer import Customer, customer_key, customers_by_key, find_or_create
from cstar_core.customers.room import CustomerChanges, Customers

__all__ = [
    "Customer",
    "CustomerChanges",
    "Customers",
    "customer_key",
    "customers_by_key",
    "find_or_create",
]
