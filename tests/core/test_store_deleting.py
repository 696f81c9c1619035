"""What is deleted is not left in the free parts of the file."""

from pathlib import Path

from cstar_core import Helpdesk, Workspace

WORDS = "The code of the safe is 48151623"


def test_the_text_of_a_deleted_ticket_is_not_in_the_file_any_more(
    desk: Helpdesk, acme: Workspace, path: Path
) -> None:
    tickets = [acme.tickets.create(title="Safe", initial_message=WORDS * 20) for _ in range(5)]
    desk.close()
    assert WORDS.encode() in path.read_bytes()
    with Helpdesk.open(path) as again:
        for ticket in tickets:
            again.workspace("acme").tickets.delete(ticket.id)
    assert WORDS.encode() not in path.read_bytes()
