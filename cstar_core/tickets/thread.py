"""A ticket's thread: what a message may be, and under whose name it stands."""

from collections.abc import Mapping

from cstar_core.checks import (
    NAME_MAX,
    Rule,
    check_all,
    check_choice,
    check_flag,
    check_text,
    invalid,
    or_none,
)
from cstar_core.errors import Problem
from cstar_core.scope import Scope
from cstar_core.tables import SENDERS
from cstar_core.tickets.ticket import check_content


def _sender(param: str, value: object) -> list[Problem]:
    return check_choice(param, value, SENDERS)


def _sender_name(param: str, value: object) -> list[Problem]:
    if isinstance(value, str) and not value.strip():
        return invalid(param, "must not be blank")
    return check_text(param, value, NAME_MAX)


MESSAGE_RULES: dict[str, Rule] = {
    "content": check_content,
    "sender": _sender,
    "sender_name": or_none(_sender_name),
    "is_internal": check_flag,
}


def check_message(
    values: Mapping[str, object], rules: Mapping[str, Rule] = MESSAGE_RULES
) -> list[Problem]:
    """Every rule that the values of a message break."""
    problems = check_all(values, rules, ("content",))
    if values.get("is_internal") is True and values.get("sender") == "customer":
        problems += invalid("is_internal", "must be false for a customer's message")
    return problems


def default_name(scope: Scope, sender: str, customer_name: str | None) -> str:
    """Under whose name a message stands that comes without one."""
    if sender == "customer":
        return customer_name or "Customer"
    return scope.team_name if sender == "agent" else "System"
