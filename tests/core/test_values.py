"""Frozen values that are made without a call for each of their members."""

import copy
import pickle
from dataclasses import FrozenInstanceError, replace

import pytest

from cstar_core import Message, Ticket
from cstar_core.clock import from_seconds
from cstar_core.values import maker

VALUES = ("msg_1", "tkt_1", "Hello", "agent", "Ada", False, from_seconds(0), (), None)


def test_a_value_made_quickly_equals_one_made_as_usual() -> None:
    made = maker(Message)(*VALUES)
    assert (made, hash(made), repr(made)) == (
        Message(*VALUES),
        hash(Message(*VALUES)),
        repr(Message(*VALUES)),
    )


def test_it_is_of_the_class_itself() -> None:
    assert type(maker(Message)(*VALUES)) is Message


def test_it_is_as_frozen() -> None:
    made = maker(Message)(*VALUES)
    with pytest.raises(FrozenInstanceError):
        made.content = "changed"  # type: ignore[misc]


def test_it_can_be_copied_replaced_and_pickled() -> None:
    made = maker(Message)(*VALUES)
    assert copy.copy(made) == made
    assert replace(made, content="Other").content == "Other"
    assert pickle.loads(pickle.dumps(made)) == made  # noqa: S301 - our own


def test_too_few_members_are_refused() -> None:
    with pytest.raises(TypeError):
        maker(Ticket)("tkt_1")
