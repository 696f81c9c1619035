"""Links to tickets on the command line."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cstar_core import Helpdesk, NotFound
from tests.cli.commands import run


@pytest.fixture
def asked(database: Path) -> None:
    """Twelve tickets, of which the first and the last have a customer."""
    with Helpdesk.open(database) as desk:
        for number in range(1, 13):
            name = {} if 1 < number < 12 else {"customer_name": "Jane"}
            desk.workspace("acme").tickets.create(title=f"No {number}", **name)


def title_behind(database: Path, path: str) -> str:
    with Helpdesk.open(database) as desk:
        return desk.workspace("acme").ticket_links.open(path.rpartition("/")[2]).read().title


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize("number", [1, 12])
def test_a_link_leads_to_the_ticket_of_this_number(
    database: Path, cstar_json: Callable[..., Any], number: int
) -> None:
    made = cstar_json("ticket", "link", "acme", str(number))
    assert list(made) == ["ticketId", "number", "path", "url", "expiresAt"]
    assert (made["number"], made["url"]) == (number, None)
    assert made["path"].startswith("/t/acme/ticket/")
    assert title_behind(database, made["path"]) == f"No {number}"
    left = datetime.fromisoformat(made["expiresAt"]) - datetime.now(UTC)
    assert timedelta(days=89) < left <= timedelta(days=90)


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize("url", ["https://desk.example.com", "https://desk.example.com/"])
def test_a_link_has_the_address_of_the_server(
    database: Path, cstar: Callable[..., str], url: str
) -> None:
    options = ("--url", url, "--expires-in", "30d")
    line = cstar("ticket", "link", "acme", "1", *options).strip()
    assert line.startswith("https://desk.example.com/t/acme/ticket/")
    assert title_behind(database, line) == "No 1"


@pytest.mark.usefixtures("asked")
def test_all_links_are_ended(database: Path, cstar: Callable[..., str]) -> None:
    path = cstar("ticket", "link", "acme", "1").split()[0]
    assert title_behind(database, path) == "No 1"
    assert "No link to a ticket of acme works any more." in cstar("ticket", "end-links", "acme")
    with pytest.raises(NotFound):
        title_behind(database, path)


WRONG = [
    (("acme", "2"), "ticket 2 has no customer to give a link to"),
    (("acme", "13"), "no ticket 13"),
    (("acme", "0"), "0 is not in the range"),
    (("acme", "x"), "'x' is not a valid integer"),
    (("acme", "9" * 30), "no ticket 999"),
    (("nobody", "1"), "no team nobody"),
    (("acme", "1", "--expires-in", "0d"), "expires-in must be more than nothing"),
    (("acme", "1", "--expires-in", "soon"), "'soon' is not a time"),
    (("acme", "1", "--url", "desk.example.com"), "--url must"),
    (("acme", "1", "--url", "javascript:alert(1)"), "--url must"),
]


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize(("args", "said"), WRONG)
def test_what_cannot_be_linked_is_said(database: Path, args: tuple[str, ...], said: str) -> None:
    result = run("ticket", "link", *args, "--database", str(database))
    assert result.exit_code == 2
    assert said in result.stderr and result.stderr.count("\n") == 1
