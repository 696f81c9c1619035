"""What the errors say."""

import pytest

from cstar_core import (
    Busy,
    Conflict,
    HelpdeskError,
    Invalid,
    NotFound,
    Problem,
    Refused,
    StaleVersion,
    StorageFull,
)


@pytest.mark.parametrize("kind", [Invalid, NotFound, Conflict, Refused, Busy, StorageFull])
def test_every_error_is_a_helpdesk_error(kind: type[Exception]) -> None:
    assert issubclass(kind, HelpdeskError)


def test_a_stale_version_is_a_conflict() -> None:
    assert issubclass(StaleVersion, Conflict)


def test_a_problem_reads_as_a_sentence() -> None:
    assert Problem("title", "PARAMETER_MISSING", "is required").message == "title is required"


def test_invalid_names_every_problem() -> None:
    error = Invalid([Problem("a", "X", "is wrong"), Problem("b", "X", "is wrong")])
    assert str(error) == "a is wrong; b is wrong"


@pytest.mark.parametrize(
    ("kind", "message"),
    [("ticket", "Ticket not found"), ("custom field", "Custom field not found")],
)
def test_not_found_names_the_kind(kind: str, message: str) -> None:
    assert str(NotFound(kind, "x")) == message


def test_a_conflict_may_name_its_parameter() -> None:
    assert (Conflict("taken").param, Conflict("taken", "email").param) == (None, "email")
