"""Erasing a person: nothing of them is left, in any table or byte, and the figures stay."""

from pathlib import Path
from typing import Any

import pytest

from cstar_core import Customer, Helpdesk, NotFound, Receipt, Ticket, Workspace
from cstar_core.store import prepare
from cstar_core.tables import AttemptRow
from tests.core.posting import mail
from tests.core.vocabulary import ManualClock
from tests.core.wandering import wander

# Words that nothing else shares a beginning with, so that an index cannot hide them.
WORDS = (
    "Zqxvanessa", "Zqyquagmire", "zqzjane@example.com", "qxtitle", "qycomplaint", "qzinternal",
    "qwnotes", "qvmeta", "qufield", "qttag", "qsoldname", "qrcustomernotes", "qpticketnote",
    "qofile", "qnupload",
)  # fmt: skip


@pytest.fixture
def person(acme: Workspace, clock: ManualClock) -> Customer:
    """A customer of whom something stands in every place, and another with a ticket."""
    for entity in ("tickets", "customers"):
        acme.custom_fields.create(name="Free", key="free", type="text", entity_type=entity)
    acme.custom_fields.create(
        name="Plan", key="plan", type="select", entity_type="tickets", options=["pro", "free"]
    )
    made = acme.customers.create(
        name="qsoldname",
        email="zqzjane@example.com",
        tags=["qttag"],
        notes="qrcustomernotes",
        custom_fields={"free": "qufield"},
        metadata={"m": "qvmeta"},
    )
    clock.tick()
    acme.customers.update(made.id, name="Zqxvanessa Zqyquagmire")
    ticket = acme.tickets.create(
        title="qxtitle of Zqxvanessa",
        customer_id=made.id,
        priority="high",
        tags=["money", "qttag"],
        notes="qwnotes",
        custom_fields={"free": "qufield", "plan": "pro"},
        metadata={"m": "qvmeta"},
        initial_message="qycomplaint",
    )
    acme.messages.create(ticket.id, content="Dear Zqxvanessa qycomplaint", sender_name="Ada")
    file = acme.attachments.put(name="qofile.txt", content=b"in qofile")
    acme.messages.create(ticket.id, content="qzinternal", is_internal=True, attachments=[file])
    acme.attachments.upload(ticket.id, name="qnupload.txt", content=b"in qnupload")
    acme.messages.create(
        ticket.id, content="x", sender="system", sender_name="for zqzjane@example.com"
    )
    acme.tickets.update(ticket.id, status="resolved", notes="qpticketnote")
    receipt = Receipt("f", 201, f'{{"id":"{ticket.id}","name":"Zqxvanessa"}}'.encode(), {})
    acme.idempotency.save("one", receipt)
    acme.idempotency.save("two", Receipt("f", 201, b'{"id":"tkt_0"}', {}))
    acme.tickets.create(
        title="Another", customer_name="Bo", tags="money", initial_message="Hello there"
    )
    return acme.customers.get(made.id)


def everything(desk: Helpdesk) -> str:
    """All that any table holds, as text."""
    with desk._store.snapshot() as snap:
        names = snap.sql(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '%search%'"
        )
        found = [snap.sql(f'SELECT * FROM "{name}"') for (name,) in names]  # noqa: S608 - the schema's
        words = snap.sql("SELECT DISTINCT term FROM ticket_search_1_words")
        words += snap.sql("SELECT DISTINCT term FROM customer_search_1_words")
    return repr([found, words]).casefold()


def bytes_of(path: Path) -> bytes:
    """All that the file, its log and what else lies beside it hold."""
    beside = [*path.parent.glob(f"{path.name}*"), *Path(f"{path}-files").glob("*/*")]
    return b"".join(file.read_bytes() for file in beside if file.is_file()).lower()


def theirs(room: Workspace, title: str = "Erased") -> Ticket:
    (ticket,) = [each for each in room.tickets.list().items if each.title == title]
    return room.tickets.get(ticket.id)


def test_before_an_erasure_every_word_is_there(
    desk: Helpdesk, person: Customer, path: Path
) -> None:
    assert person.name
    text, data = everything(desk), bytes_of(path)
    assert [word for word in WORDS if word.casefold() not in text] == []
    assert [word for word in WORDS if word.casefold().encode() not in data] == []


def test_nothing_of_an_erased_person_is_left_in_any_table(
    desk: Helpdesk, acme: Workspace, person: Customer
) -> None:
    acme.customers.erase(person.id)
    text = everything(desk)
    assert [word for word in WORDS if word.casefold() in text] == []
    assert desk.check(deep=True).ok


def test_nothing_of_an_erased_person_is_left_in_the_bytes_of_a_compacted_file(
    desk: Helpdesk, acme: Workspace, person: Customer, path: Path
) -> None:
    acme.customers.erase(person.id)
    desk.compact()
    data = bytes_of(path)
    assert [word for word in WORDS if word.casefold().encode() in data] == []
    assert b"hello there" in data
    assert desk.check(deep=True).ok


def test_a_file_is_not_compacted_inside_a_transaction(desk: Helpdesk, acme: Workspace) -> None:
    with pytest.raises(RuntimeError, match="outside of transactions"), desk.transaction():
        desk.compact()
    with pytest.raises(RuntimeError, match="outside of transactions"), desk.snapshot():
        desk._store.compact()
    desk.compact()
    assert acme.tickets.create(title="x").number == 1


def test_others_read_and_write_after_a_file_was_compacted(
    desk: Helpdesk, acme: Workspace, person: Customer, path: Path
) -> None:
    with Helpdesk.open(path) as other:
        room = other.workspace("acme")
        assert room.customers.get(person.id).name
        acme.customers.erase(person.id)
        desk.compact()
        assert room.customers.find(person.id) is None
        room.tickets.create(title="After it")
        assert acme.tickets.list(search="after").total == 1


def test_pieces_of_words_are_not_left_in_the_index(
    desk: Helpdesk, acme: Workspace, person: Customer, path: Path
) -> None:
    # The index keeps of a word only what differs from the one before it.
    acme.tickets.create(title="Zqxvan", customer_name="Zqxva")
    desk.reindex()
    acme.customers.erase(person.id)
    desk.compact()
    assert b"nessa" not in bytes_of(path)
    assert acme.tickets.list(search="Zqxvan").total == 1


def test_a_ticket_stays_as_figures(acme: Workspace, person: Customer, clock: ManualClock) -> None:
    before = theirs(acme, "qxtitle of Zqxvanessa")
    clock.tick(hours=1)
    acme.customers.erase(person.id)
    after = theirs(acme)
    for name in ("id", "number", "status", "priority", "message_count", "created_at"):
        assert getattr(after, name) == getattr(before, name)
    assert after.resolved_at == before.resolved_at
    assert after.tags == ("money",)
    assert after.custom_fields == {"plan": "pro"}
    assert (after.customer_id, after.customer_name) == (None, "Deleted customer")
    assert (after.notes, after.metadata) == (None, {})
    assert after.updated_at == clock() and after.version == before.version + 1
    assert before.messages is not None and after.messages is not None
    assert [
        (each.id, each.sender, each.is_internal, each.created_at) for each in after.messages
    ] == [(each.id, each.sender, each.is_internal, each.created_at) for each in before.messages]
    assert [(each.content, each.sender_name) for each in after.messages] == [
        ("Erased", "Deleted customer"),
        ("Erased", "Ada"),
        ("Erased", "Acme"),
        ("Erased", "Deleted customer"),
    ]


def test_the_statistics_are_the_same_as_before(
    desk: Helpdesk, acme: Workspace, person: Customer
) -> None:
    def statistics() -> Any:
        figures = desk.figures()
        lists = {
            str(query): acme.tickets.list(**query).total
            for query in (
                {"status": "resolved"}, {"priority": "high"}, {"tags": "money"},
                {"custom_fields": {"plan": "pro"}}, {"assigned_to": "none"}, {},
            )
        }  # fmt: skip
        return figures.tickets, lists

    before = statistics()
    acme.customers.erase(person.id)
    assert statistics() == before


def test_others_keep_what_is_theirs(acme: Workspace, person: Customer) -> None:
    before = theirs(acme, "Another")
    acme.customers.erase(person.id)
    assert theirs(acme, "Another") == before
    assert acme.tickets.list(search="hello").total == 1
    assert acme.tickets.list(search="qycomplaint").total == 0
    assert acme.idempotency.find("one") is None
    assert acme.idempotency.find("two") is not None


def test_what_a_merge_has_put_elsewhere_is_erased_and_what_it_has_brought_stays(
    desk: Helpdesk, acme: Workspace, person: Customer, path: Path
) -> None:
    theirs_too = acme.tickets.create(
        title="qxtitle", customer_id=person.id, initial_message="qycomplaint again"
    )
    bo = theirs(acme, "Another")
    acme.tickets.merge(theirs_too.id, into=bo.id)
    more = acme.tickets.create(title="Bo's too", initial_message="Kept words")
    acme.tickets.merge(more.id, into=theirs(acme, "qxtitle of Zqxvanessa").id)
    acme.customers.erase(person.id)
    desk.compact()
    data = bytes_of(path)
    assert [word for word in WORDS if word.casefold().encode() in data] == []
    shown = [each.content for each in acme.messages.list(bo.id)]
    assert shown == ["Hello there", "Erased"]
    acme.tickets.unmerge(more.id)
    assert [each.content for each in acme.messages.list(more.id)] == ["Kept words"]
    assert acme.tickets.list(search="hello").total == 1
    assert desk.check(deep=True).ok


def test_the_log_keeps_bare_facts(acme: Workspace, person: Customer) -> None:
    ticket = theirs(acme, "qxtitle of Zqxvanessa")
    before = [each.type for each in acme.events.list(page_size=100).items]
    acme.customers.erase(person.id)
    after = acme.events.list(page_size=100).items
    types = [each.type for each in after]
    assert types[: len(before)] == before
    assert types[len(before) :] == ["ticket.updated", "customer.deleted", "customer.erased"]
    *_, updated, deleted, erased = after
    assert (updated.object_id, updated.changes) == (
        ticket.id,
        {"customerId": {"from": person.id, "to": None}},
    )
    for event in (deleted, erased):
        assert (event.object_id, event.data, event.changes) == (person.id, {}, {})


def test_an_erasure_says_what_it_takes_away_and_a_dry_run_only_says_it(
    desk: Helpdesk, acme: Workspace, person: Customer
) -> None:
    before = everything(desk)
    told = acme.customers.erase(person.id, dry_run=True)
    assert everything(desk) == before
    assert (told.tickets, told.messages, told.receipts) == (1, 4, 1)
    assert acme.customers.erase(person.id) == told


def test_a_person_who_was_deleted_before_can_be_erased(
    desk: Helpdesk, acme: Workspace, person: Customer
) -> None:
    acme.customers.delete(person.id)
    assert desk.workspace_of_customer(person.id).team.slug == "acme"
    assert acme.customers.erase(person.id).tickets == 1
    text = everything(desk)
    kept = {"qsoldname", "zqzjane@example.com", "qttag"}
    assert [word for word in WORDS if word.casefold() in text and word not in kept] == []


def test_nobody_is_erased_twice(desk: Helpdesk, acme: Workspace, person: Customer) -> None:
    acme.customers.erase(person.id)
    with pytest.raises(NotFound):
        acme.customers.erase(person.id)
    with pytest.raises(NotFound):
        desk.workspace_of_customer(person.id)


def test_another_teams_customer_is_not_found(globex: Workspace, person: Customer) -> None:
    with pytest.raises(NotFound):
        globex.customers.erase(person.id)


def told(desk: Helpdesk, acme: Workspace) -> None:
    """Let a receiver have been told of each message, and have answered with a name."""
    acme.webhooks.create(name="Hook", url="https://example.com/x", events=["*"])
    with desk._store.transaction() as tx:
        webhook = tx.sql("SELECT id FROM webhooks")[0][0]
        rows = tx.sql("SELECT number FROM events WHERE workspace_id = 1 AND type = 7")
        for (number,) in rows:
            tx.write_sql(
                "INSERT INTO deliveries (webhook_id, event_number, lane, status, due_at, attempts, "
                "tries, created_at) VALUES (?, ?, x'00', 2, 0, 1, 1, 0)",
                (webhook, number),
            )
        tx.write_sql(
            "INSERT INTO attempts SELECT id, 1, 0, 200, NULL, CAST('Zqxvanessa' AS BLOB), 5 "
            "FROM deliveries"
        )


def answers(desk: Helpdesk) -> list[bytes]:
    with desk._store.snapshot() as snap:
        query = AttemptRow.select(AttemptRow.answer).order_by(AttemptRow.delivery_id)
        return [bytes(answer) for (answer,) in snap.all(prepare(query))]


def test_what_receivers_answered_is_emptied(
    desk: Helpdesk, acme: Workspace, person: Customer
) -> None:
    told(desk, acme)
    acme.customers.erase(person.id)
    assert answers(desk) == [b""] * 4 + [b"Zqxvanessa"]


def test_what_receivers_answered_of_a_ticket_that_is_deleted_is_emptied(
    desk: Helpdesk, acme: Workspace, person: Customer
) -> None:
    told(desk, acme)
    acme.tickets.delete(theirs(acme, "qxtitle of Zqxvanessa").id)
    acme.customers.erase(person.id)
    assert answers(desk) == [b""] * 4 + [b"Zqxvanessa"]


def test_what_receivers_answered_of_a_message_that_is_filed_as_spam_is_emptied(
    desk: Helpdesk, acme: Workspace
) -> None:
    first = acme.mail.receive(mail("Bo <bo@example.com>", id="first@x"))
    more = acme.mail.receive(mail("Zqxvanessa <zqzjane@example.com>", In_Reply_To="<first@x>"))
    assert more.ticket_id == first.ticket_id
    told(desk, acme)
    acme.mail.spam(more.id)
    (person,) = acme.customers.list(search="zqxvanessa").items
    acme.customers.erase(person.id)
    assert answers(desk) == [b"Zqxvanessa", b""]


@pytest.mark.parametrize("seed", [1, 2])
def test_an_erased_persons_text_is_found_nowhere_on_a_desk_that_lived(
    seed: int, desk: Helpdesk, acme: Workspace, clock: ManualClock, path: Path
) -> None:
    person = acme.customers.create(name="Zqxvanessa", email="zqzjane@example.com")
    wander(desk, clock, seed, steps=25)
    ticket = acme.tickets.create(title="qxtitle", customer_id=person.id)
    for number in range(40):
        acme.messages.create(ticket.id, content=f"qycomplaint {number} " + "x" * number * 50)
    wander_on(acme, clock)
    figures = desk.figures().tickets
    acme.customers.erase(person.id)
    assert desk.figures().tickets == figures
    desk.compact()
    data = bytes_of(path)
    assert [
        w for w in ("zqxvanessa", "zqzjane", "qxtitle", "qycomplaint") if w.encode() in data
    ] == []
    assert desk.check(deep=True).ok


def wander_on(acme: Workspace, clock: ManualClock) -> None:
    for number in range(5):
        acme.tickets.create(title=f"Later {number}", initial_message="y" * 500)
        clock.tick()
