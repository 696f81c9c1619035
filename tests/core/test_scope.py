"""Actors."""

import pytest

from cstar_core import SYSTEM, Actor
from cstar_core.scope import actor_of

HEX = "550e8400e29b41d4a716446655440000"


@pytest.mark.parametrize(("type", "prefix"), [("key", "key_"), ("member", "mem_")])
def test_an_actor_is_read_as_it_was_stored(type: str, prefix: str) -> None:
    actor = Actor(type, prefix + HEX)
    assert actor_of({"key": 1, "member": 2}[type], actor.uid) == actor


def test_the_system_has_no_id() -> None:
    assert (SYSTEM.uid, actor_of(0, None)) == (None, SYSTEM)


@pytest.mark.parametrize(
    ("type", "id"), [("user", None), ("key", None), ("key", f"mem_{HEX}"), ("member", "x")]
)
def test_an_actor_that_cannot_be_is_refused(type: str, id: str | None) -> None:
    with pytest.raises(ValueError, match=r"must be one of|needs an id"):
        Actor(type, id)
