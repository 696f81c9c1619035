"""Customers: who asks. An address belongs to at most one customer of a workspace."""

from cstar_core.customers.customer import Customer, customer_key, customers_by_key
from cstar_core.customers.erasing import Erased, place_of_customer
from cstar_core.customers.importing import CustomersLoading
from cstar_core.customers.mails import empty_repetition
from cstar_core.customers.room import CustomerChanges, Customers
from cstar_core.customers.writing import Known, NewCustomers

__all__ = [
    "Customer",
    "CustomerChanges",
    "Customers",
    "CustomersLoading",
    "Erased",
    "Known",
    "NewCustomers",
    "customer_key",
    "customers_by_key",
    "empty_repetition",
    "place_of_customer",
]
