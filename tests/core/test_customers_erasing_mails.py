"""Erasing a person takes their mails, raw and in the ledger; that a mail came stays."""

from pathlib import Path

from cstar_core import Helpdesk, Mail, Receipt, Workspace
from tests.core.posting import mail, ticket_of, with_file
from tests.core.test_idempotency import room_of_a_new_key
from tests.core.vocabulary import ManualClock

WORDS = ("zqxvanessa", "zqxfile", "zqxcontent", "zqxsubject", "zqxtext")


def everything(desk: Helpdesk, path: Path) -> str:
    """All that any table and any file beside the database holds."""
    with desk._store.snapshot() as snap:
        names = snap.sql("SELECT name FROM sqlite_schema WHERE type = 'table'")
        names = [name for (name,) in names if "search" not in name]
        found = repr([snap.sql(f'SELECT * FROM "{name}"') for name in names])  # noqa: S608
    files = [each for each in Path(f"{path}-files").glob("*/*") if each.is_file()]
    return (found + repr([each.read_bytes() for each in files])).casefold()


def received(acme: Workspace) -> list[Mail]:
    sender = "Zqxvanessa <zqxvanessa@example.com>"
    first = with_file("zqxfile.png", "zqxcontent", sender=sender, id="zqxvanessa@example.com")
    second = mail(sender, id="zqxvanessa2", text="zqxtext", subject="zqxsubject")
    again = b"Received: from zqxvanessa.example.com\r\n" + second
    return [acme.mail.receive(each) for each in (first, second, again)]


def test_nothing_of_an_erased_person_is_left_in_the_ledger_or_beside_it(
    desk: Helpdesk, acme: Workspace, path: Path
) -> None:
    found = received(acme)
    other = acme.mail.receive(mail("Bo <bo@example.com>", text="Mine"))
    assert {each.verdict for each in found} == {"ticket", "duplicate"}
    before = everything(desk, path)
    assert [word for word in WORDS if word not in before] == []
    customer = ticket_of(acme, found[0]).customer_id
    assert customer is not None
    acme.customers.erase(customer)
    after = everything(desk, path)
    assert [word for word in WORDS if word in after] == []
    assert acme.mail.raw(other.id).endswith(b"Mine\r\n")
    assert desk.check(deep=True).ok


def test_mails_of_an_erased_person_that_are_on_no_ticket_go_too(
    desk: Helpdesk, acme: Workspace, path: Path
) -> None:
    customer = acme.customers.create(name="Zqxvanessa", email="Zqxvanessa@example.com")
    spam = acme.mail.receive(
        mail("Zqxvanessa@example.com", text="zqxtext", X_Spam_Flag="YES", subject="zqxsubject")
    )
    assert spam.ticket_id is None
    acme.customers.erase(customer.id)
    found = acme.mail.get(spam.id)
    assert (found.has_raw, found.sender, found.subject) == (False, None, None)
    after = everything(desk, path)
    assert [word for word in ("zqxtext", "zqxsubject") if word in after] == []


def test_a_mail_of_an_erased_person_that_comes_again_is_known(
    acme: Workspace, clock: ManualClock
) -> None:
    raw = mail("Zqxvanessa <zqxvanessa@example.com>")
    found = acme.mail.receive(raw)
    customer = ticket_of(acme, found).customer_id
    assert customer is not None
    acme.customers.erase(customer)
    clock.tick(days=3)
    assert acme.mail.receive(raw).id == found.id
    assert acme.mail.receive(b"Received: later\r\n" + raw).verdict == "duplicate"
    assert acme.customers.list().total == 0


def test_what_was_answered_of_a_mail_that_is_on_no_ticket_goes_in_this_workspace_alone(
    desk: Helpdesk, acme: Workspace
) -> None:
    """An idempotency key's answer has no id of theirs then, but the address."""
    sender, another = "Zqxvanessa@Example.com", "not-zqxvanessa@example.com"
    person = acme.customers.create(name="Zqxvanessa", email=sender)
    callers = [room_of_a_new_key(desk, team) for team in ("acme", "globex")]
    for caller in callers:
        for key, address in (("one", sender), ("two", another)):
            body = f'{{"ticketId":null,"sender":"{address}"}}'.encode()
            caller.idempotency.save(key, Receipt("f", 200, body, {}))
    assert acme.customers.erase(person.id, dry_run=True).receipts == 1
    assert acme.customers.erase(person.id).receipts == 1
    kept = [
        [caller.idempotency.find(key) is not None for key in ("one", "two")] for caller in callers
    ]
    assert kept == [[False, True], [True, True]]
