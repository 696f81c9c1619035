"""What an erasure looks at: what there is of the person, not the whole log of the workspace."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from cstar_core import Helpdesk, Workspace
from tests.core.filling import customer_and_member
from tests.core.tracing import queries, steps_of, unbounded

ACTS: dict[str, Callable[[Workspace, str], object]] = {
    "erase": lambda room, id: room.customers.erase(id),
    "would erase": lambda room, id: room.customers.erase(id, dry_run=True),
    "delete": lambda room, id: room.customers.delete(id),
}


@pytest.fixture(params=["untuned", "analyzed"])
def tuned(request: pytest.FixtureRequest, filled_desk: Helpdesk, filled: Workspace) -> Helpdesk:
    """A desk of whose log SQLite knows nothing, or how large it is."""
    filled.views.create(name="Open", shared=True)
    filled.webhooks.create(name="Hook", url="https://example.com/x", events=["*"])
    if request.param == "analyzed":
        with filled_desk._store.transaction() as tx:
            tx.write_sql("ANALYZE")
            # As they are with a million events, of which each thousandth is a customer's.
            tx.write_sql("DELETE FROM sqlite_stat1 WHERE tbl = 'events'")
            for index, figures in (
                ("events", "1000000 500000 1"),
                ("events_type", "1000000 500000 50000 1"),
                ("events_ticket", "1000000 500000 9 1"),
            ):
                tx.write_sql("INSERT INTO sqlite_stat1 VALUES ('events', ?, ?)", (index, figures))
    return filled_desk


def walked(desk: Helpdesk, act: Callable[[], object]) -> list[str]:
    """The walks through all events of a workspace; its other tables are short, or have other keys.

    Of who was deleted earlier the tickets are walked: none says any more whose it was.
    """
    # The largest number of the log is read from its end.
    texts = [text for text in queries(desk, act) if "MAX(" not in text]
    steps = unbounded([step for text in texts for step in steps_of(desk, text)])
    return [step for step in steps if re.search(r"USING (PRIMARY KEY|.*INDEX events)", step)]


@pytest.mark.parametrize("name", ACTS)
def test_the_log_is_not_walked_for_a_person(tuned: Helpdesk, filled: Workspace, name: str) -> None:
    customer, _ = customer_and_member(filled)
    with Helpdesk.open(tuned.path) as again:  # what SQLite knows of the log is read at the opening
        room = again.workspace("acme")
        assert walked(again, lambda: ACTS[name](room, customer)) == []
        assert (room.customers.find(customer) is None) == (name != "would erase")


@pytest.mark.parametrize("dry_run", [True, False])
def test_the_log_is_not_walked_for_who_was_deleted_earlier(
    tuned: Helpdesk, filled: Workspace, dry_run: bool
) -> None:
    customer, _ = customer_and_member(filled)
    filled.customers.delete(customer)
    with Helpdesk.open(tuned.path) as again:
        room = again.workspace("acme")
        assert walked(again, lambda: room.customers.erase(customer, dry_run=dry_run)) == []


def test_the_log_is_not_walked_for_a_persons_own_data(
    tuned: Helpdesk, filled: Workspace, tmp_path: Path
) -> None:
    customer, _ = customer_and_member(filled)
    with Helpdesk.open(tuned.path) as again:
        export = tmp_path / "theirs"
        assert walked(again, lambda: again.export(export, customer=customer)) == []
    assert (tmp_path / "theirs").is_dir()
