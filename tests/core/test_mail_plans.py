"""How mail is found where there is very much of it: along an index, by every query."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from cstar_core import Envelope, Helpdesk, Workspace
from cstar_core.mailboxes import room as mailboxes
from tests.core.correspondence import Server
from tests.core.posting import box, mail, notice, sent
from tests.core.tracing import queries, statements, steps_of

_GROWING = re.compile(
    r'"?\b(mails|outgoing_mails|outgoing_recipients|mail_heads|bad_addresses|blobs|first_answers)\b'
)
# Mailboxes are few, and what is given as JSON is short.
_SHORT = re.compile(r"SCAN (json_each|CONSTANT ROW|file_totals)|SCAN t1$")
_WALK = re.compile(r"SCAN |.*\(workspace_id=\?\)$")


@dataclass(frozen=True)
class Kept:
    """A desk with a mail that came in and one that went out, on one ticket."""

    desk: Helpdesk
    room: Workspace
    mailbox: str
    ticket: str
    number: int
    header: str
    path: str


@pytest.fixture
def kept(desk: Helpdesk, acme: Workspace) -> Kept:
    mailbox = box(acme).id
    ticket = acme.mail.receive(mail(id="a@x"), envelope=Envelope("jane@example.com")).ticket_id
    assert ticket is not None
    header = sent(acme, ticket)
    (parcel,) = Server().run(desk)
    return Kept(desk, acme, mailbox, ticket, acme.tickets.get(ticket).number, header, parcel.sender)


def send(kept: Kept) -> None:
    with kept.desk.mail_outbox() as outbox:
        outbox.tidy()
        outbox.take(4)


def by_subject(kept: Kept) -> None:
    kept.room.mail.receive(
        mail("Eve <eve@example.org>", subject=f"[#{kept.number}]", References="<never@x>")
    )


def erase(kept: Kept) -> None:
    (customer,) = kept.room.customers.list().items
    kept.room.customers.erase(customer.id)


Act = Callable[[Kept], object]
# What is done, and which walks there have to be among those for it.
PLANS: dict[str, tuple[Act, list[str]]] = {
    "the ledger": (
        lambda it: it.room.mail.list(),
        ["mails_place (workspace_id=? AND rowid<?)"],
    ),
    "a verdict": (
        lambda it: it.room.mail.list(verdict="spam"),
        ["mails_verdict (workspace_id=? AND verdict=? AND rowid<?)"],
    ),
    "several verdicts": (
        lambda it: it.room.mail.list(verdict="spam,reply,ticket"),
        ["MERGE (UNION ALL)", "mails_verdict (workspace_id=? AND verdict=? AND rowid<?)"],
    ),
    "a mailbox": (
        lambda it: it.room.mail.list(mailbox=it.mailbox),
        ["mails_mailbox (mailbox_id=? AND rowid<?)"],
    ),
    "a verdict at a mailbox": (
        lambda it: it.room.mail.list(mailbox=it.mailbox, verdict="spam"),
        ["COVERING INDEX mails_mailbox_verdict (mailbox_id=? AND verdict=? AND rowid<?)"],
    ),
    "several verdicts at a mailbox": (
        lambda it: it.room.mail.list(mailbox=it.mailbox, verdict="spam,reply"),
        ["MERGE (UNION ALL)", "mails_mailbox_verdict (mailbox_id=? AND verdict=? AND rowid<?)"],
    ),
    "a ticket": (
        lambda it: it.room.mail.list(ticket=it.ticket),
        ["mails_message (message_id=?)", "messages_ticket (ticket_id=?)"],
    ),
    "all filters": (
        lambda it: it.room.mail.list(ticket=it.ticket, mailbox=it.mailbox, verdict="reply,spam"),
        ["mails_message (message_id=?)", "messages_ticket (ticket_id=?)"],
    ),
    "messages": (
        lambda it: it.room.mail.of_messages(it.ticket, message_ids(it)),
        ["mails_message (message_id=?)"],
    ),
    "what waits": (
        lambda it: it.room.mail.waiting(),
        ["mails_verdict (workspace_id=? AND verdict=?)"],
    ),
    "what waits anywhere": (
        lambda it: it.desk.waiting_mail(),
        ["mails_open (verdict=?)"],
    ),
    "a folder": (
        lambda it: it.room.mail.uids(it.mailbox, 7),
        ["mails_imap (mailbox_id=? AND uid_validity=? AND imap_uid>?)"],
    ),
    "what went out": (
        lambda it: it.room.outgoing_mail.list(),
        ["outgoing_mails_place (workspace_id=? AND id<?)"],
    ),
    "a state": (
        lambda it: it.room.outgoing_mail.list(state="held"),
        ["outgoing_mails_state (workspace_id=? AND state=? AND id<?)"],
    ),
    "what went out on a ticket": (
        lambda it: it.room.outgoing_mail.list(ticket_id=it.ticket, state="sent"),
        ["outgoing_mails_ticket (ticket_id=?)", "messages_ticket (ticket_id=?)"],
    ),
    "to whom an answer goes": (
        lambda it: it.room.outgoing_mail.route(it.ticket),
        ["messages_ticket (ticket_id=?)"],
    ),
    "bad addresses": (
        lambda it: it.room.outgoing_mail.bad_addresses(),
        ["PRIMARY KEY (workspace_id=? AND address_key>?)"],
    ),
    "the figures": (
        lambda it: it.desk.figures(),
        [
            "outgoing_mails_lost (finished_at>?)",
            "outgoing_mails_since",
            "outgoing_mails_state (workspace_id=? AND state=?)",
            "mails_open (verdict=?)",
            "mails_open (verdict=? AND received_at>?)",
        ],
    ),
    "what is due": (
        send,
        [
            "outgoing_mails_due (mailbox_id=? AND due_at<?)",
            "outgoing_mails_due (mailbox_id=? AND due_at>?)",
            "outgoing_mails_since (since<?)",
            "outgoing_mails_finished (finished_at<?)",
        ],
    ),
    "where a mail belongs": (
        by_subject,
        [
            "mails_digest (workspace_id=? AND digest=?)",
            "mails_identity (workspace_id=? AND identity=?)",
            "mails_header (workspace_id=? AND header_id=?)",
            "outgoing_mails_header (workspace_id=? AND header_id=?)",
            "outgoing_mails_2 (message_id=?)",
            "PRIMARY KEY (mail_id=?)",
        ],
    ),
    "what came back": (
        lambda it: it.room.mail.receive(notice(it.header, "jane@example.com")),
        ["outgoing_mails_header (workspace_id=? AND header_id=?)"],
    ),
    "what came back to the address of a ticket": (
        lambda it: it.room.mail.receive(notice("never@x", "jane@example.com", to=it.path)),
        ["outgoing_mails_lane (lane=?)", "PRIMARY KEY (mail_id=?)"],
    ),
    "an answer": (
        lambda it: sent(it.room, it.ticket),
        [
            "outgoing_recipients_address (workspace_id=? AND address_key=? AND created_at>?)",
            "outgoing_mails_lane (lane=? AND created_at>?)",
            "outgoing_mails_created (workspace_id=? AND created_at>?)",
        ],
    ),
    "filing a mail as spam": (
        lambda it: it.room.mail.spam(it.room.mail.list(ticket=it.ticket).items[0].id),
        [
            "messages_ticket (ticket_id=?)",
            "mails_message (message_id=?)",
            "message_moves_message (message_id=?)",
        ],
    ),
    "an erasure": (
        erase,
        [
            "mails_sender (workspace_id=? AND sender_key=?)",
            "mails_envelope (workspace_id=? AND <expr>=?)",
            "outgoing_recipients_address (workspace_id=? AND address_key=?)",
        ],
    ),
}
LEAVING = ["mails_mailbox", "outgoing_mails_mailbox", "mail_heads_mailbox"]
PLANS["a mailbox that is removed"] = (
    lambda it: it.room.mailboxes.delete(it.mailbox),
    [f"{each} (mailbox_id=?)" for each in LEAVING],
)
# One mail names people beside its sender in many ways, and nobody is erased often.
WALKING = {
    "an erasure": {"mail_heads_workspace (workspace_id=?)", "mails_envelope (workspace_id=?)"}
}


def message_ids(kept: Kept) -> list[str]:
    return [each.id for each in kept.room.messages.list(kept.ticket)]


@pytest.mark.parametrize("name", PLANS)
def test_mail_is_found_along_an_index(kept: Kept, name: str) -> None:
    act, expected = PLANS[name]
    run = [text for text in queries(kept.desk, lambda: act(kept)) if _GROWING.search(text)]
    plans = {text: steps_of(kept.desk, text) for text in run}
    found = "\n".join(step for steps in plans.values() for step in steps)
    assert [each for each in expected if each not in found] == []
    walks = [
        (step, text)
        for text, steps in plans.items()
        for step in steps
        if _WALK.match(step) and not _SHORT.match(step) and "COUNT(" not in text
    ]
    allowed = WALKING.get(name, set())
    assert [each for each in walks if not any(one in each[0] for one in allowed)] == []


def test_a_list_of_several_verdicts_goes_on_where_a_page_ends(kept: Kept) -> None:
    for number in range(4):
        kept.room.mail.receive(mail(f"p{number}@example.org", X_Spam_Flag="YES"))
        kept.room.mail.receive(mail(f"q{number}@example.org"))
    whole = kept.room.mail.list(verdict="ticket,spam")
    assert [each.received_at for each in whole.items] == sorted(
        (each.received_at for each in whole.items), reverse=True
    )
    assert whole.total == 9
    ids, cursor = [], None
    while True:
        page = kept.room.mail.list(verdict="spam,ticket", page_size=2, cursor=cursor)
        ids += [each.id for each in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert ids == [each.id for each in whole.items]
    third = kept.room.mail.list(verdict="spam,ticket", page_size=2, page=3)
    assert [each.id for each in third.items] == ids[4:6]
    mine = kept.room.mail.list(verdict="spam,ticket", mailbox=kept.mailbox)
    assert [each.id for each in mine.items] == ids


def test_what_came_by_a_mailbox_leaves_it_a_few_at_a_time(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        kept.room.mail.receive(mail(f"p{number}@example.org"))
    monkeypatch.setattr(mailboxes, "_SOME", 2)
    monkeypatch.setattr(
        mailboxes, "_LEAVE", tuple(mailboxes._leaving(*each) for each in mailboxes._LEAVING)
    )
    with statements(kept.desk) as run:
        kept.room.mailboxes.delete(kept.mailbox)
    updates = [text for text in run if text.startswith('UPDATE "mails"')]
    assert len(updates) == 4
    assert {each.mailbox_id for each in kept.room.mail.list().items} == {None}
    assert kept.room.outgoing_mail.list().items[0].mailbox_id is None
    assert kept.desk.check(deep=True).ok
