"""Chains of merged tickets: the last has all messages, and any link comes apart."""

from pathlib import Path

import pytest

from cstar_core import Helpdesk, Ticket, Workspace
from tests.core.threads import contents
from tests.core.vocabulary import ManualClock, ids


@pytest.fixture
def chain(acme: Workspace, clock: ManualClock) -> list[Ticket]:
    """Three tickets with a message each, the first merged into the second, that into the third."""
    made = [acme.tickets.create(title=name, initial_message=name) for name in "abc"]
    acme.tickets.merge(made[0].id, made[1].id)
    clock.tick()
    acme.tickets.merge(made[1].id, made[2].id)
    return made


def threads(acme: Workspace, tickets: list[Ticket]) -> list[str]:
    return ["".join(contents(acme.tickets.get(each.id))) for each in tickets]


UNDONE: list[tuple[list[int], list[str]]] = [
    ([], ["", "", "abc"]),
    ([0], ["a", "", "bc"]),
    ([1], ["", "ab", "c"]),
    ([0, 1], ["a", "b", "c"]),
    ([1, 0], ["a", "b", "c"]),
]


@pytest.mark.parametrize(("undone", "after"), UNDONE, ids=repr)
def test_a_chain_is_undone_at_any_of_its_links(
    desk: Helpdesk, acme: Workspace, chain: list[Ticket], undone: list[int], after: list[str]
) -> None:
    for place in undone:
        acme.tickets.unmerge(chain[place].id)
    assert threads(acme, chain) == after
    assert desk.check(deep=True).ok


def test_a_message_to_the_first_of_a_chain_goes_to_its_last(
    acme: Workspace, chain: list[Ticket]
) -> None:
    assert acme.messages.create(chain[0].id, content="d").ticket_id == chain[2].id


def test_each_of_a_chain_names_the_next(acme: Workspace, chain: list[Ticket]) -> None:
    named = [acme.tickets.get(each.id).merged_into for each in chain]
    assert named == [chain[1].id, chain[2].id, None]


DELETED: list[tuple[int, list[str | None], list[str]]] = [
    (0, [None, "c"], ["", "abc"]),
    (1, ["c", None], ["", "abc"]),
    (2, ["b", None], ["", ""]),
]


@pytest.mark.parametrize(("deleted", "pointers", "after"), DELETED, ids=repr)
def test_deleting_one_of_a_chain_leaves_the_others_in_order(
    desk: Helpdesk,
    acme: Workspace,
    chain: list[Ticket],
    deleted: int,
    pointers: list[str | None],
    after: list[str],
) -> None:
    before = [acme.tickets.get(each.id).version for each in chain]
    names = {each.id: each.title for each in chain}
    acme.tickets.delete(chain[deleted].id)
    left = [acme.tickets.get(each.id) for each in chain if each != chain[deleted]]
    if deleted == 0:
        pointers = ["c", None]
    assert [each.merged_into and names[each.merged_into] for each in left] == pointers
    assert threads(acme, left) == after
    if deleted:
        assert left[deleted - 1].version == before[deleted - 1] + 1
    assert desk.check(deep=True).ok


def test_what_was_merged_through_a_deleted_ticket_can_still_be_undone(
    desk: Helpdesk, acme: Workspace, chain: list[Ticket]
) -> None:
    acme.tickets.delete(chain[1].id)
    acme.tickets.unmerge(chain[0].id)
    assert threads(acme, [chain[0], chain[2]]) == ["a", "bc"]
    assert desk.check(deep=True).ok


def test_all_of_a_chain_can_be_deleted_at_once(
    desk: Helpdesk, acme: Workspace, chain: list[Ticket]
) -> None:
    assert acme.tickets.delete_many(ids=ids(chain)).count("deleted") == 3
    assert desk.check(deep=True).ok


def test_a_chain_goes_into_another_desk_and_is_undone_there(
    desk: Helpdesk, acme: Workspace, chain: list[Ticket], tmp_path: Path
) -> None:
    desk.export(tmp_path / "out")
    with Helpdesk.open(tmp_path / "other.db") as other:
        other.import_export(tmp_path / "out")
        other.export(tmp_path / "again")
        there = other.workspace("acme")
        assert threads(there, chain) == ["", "", "abc"]
        for ticket in chain[:2]:
            there.tickets.unmerge(ticket.id)
        assert threads(there, chain) == ["a", "b", "c"]
        assert other.check(deep=True).ok
    for file in (tmp_path / "out").iterdir():
        assert file.read_bytes() == (tmp_path / "again" / file.name).read_bytes(), file.name
