"""The server takes away files that nothing refers to."""

import logging
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cstar_core import Helpdesk
from cstar_web.collecting import collecting


def waited(until: float, done: Callable[[], bool]) -> bool:
    while not done():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def test_files_are_collected_while_the_server_runs(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Helpdesk.open(tmp_path / "desk.db") as desk:
        acme = desk.workspace(desk.teams.create("Acme").slug)
        customer = acme.customers.create(name="Jane")
        ticket = acme.tickets.create(title="x", customer_id=customer.id)
        acme.attachments.upload(ticket.id, name="a", content=b"abc")
        with desk.transaction():
            acme.customers.erase(customer.id)
        assert desk.figures().files == 1
        with caplog.at_level(logging.INFO, "cstar.files"), collecting(desk, 0.0, 0.01):
            assert waited(time.monotonic() + 20, lambda: desk.figures().files == 0)
            assert waited(time.monotonic() + 20, lambda: "took away 1 files" in caplog.text)


def test_a_fault_does_not_end_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    desk = Helpdesk.open(tmp_path / "desk.db")
    desk.close()
    (tmp_path / "desk.db-files").mkdir()
    with collecting(desk, 0.0, 0.01):
        assert waited(time.monotonic() + 20, lambda: caplog.text.count("and goes on") > 1)
