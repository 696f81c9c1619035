"""The ledger: every mail is accounted for, and becomes what it should."""

from dataclasses import replace
from typing import Any

import pytest

from cstar_core import (
    Busy,
    Conflict,
    Envelope,
    Forbidden,
    Helpdesk,
    Letter,
    Mail,
    MailPlace,
    NotFound,
    StorageFull,
    Unreadable,
    Workspace,
    read_letter,
)
from tests.core.posting import box, mail, message_of, ticket_of, with_file
from tests.core.vocabulary import ManualClock, ids, refusal, walk_pages
from tests.core.witness import happened, types


def contents(workspace: Workspace, ticket_id: str | None) -> list[str]:
    assert ticket_id is not None
    return [each.content for each in workspace.messages.list(ticket_id)]


# --- a mail becomes a ticket


def test_a_mail_becomes_a_ticket_of_its_sender(acme: Workspace, clock: ManualClock) -> None:
    found = acme.mail.receive(mail())
    ticket = ticket_of(acme, found)
    assert (found.verdict, found.threaded_by, found.reason) == ("ticket", "new", None)
    assert (ticket.title, ticket.customer_name, ticket.status) == ("Late", "Jane Smith", "new")
    (message,) = ticket.messages or ()
    assert (message.content, message.sender) == ("Where is it?", "customer")
    assert (message.sender_name, message.is_internal) == ("Jane Smith", False)
    assert ticket.customer_id is not None
    assert acme.customers.get(ticket.customer_id).email == "jane@example.com"
    assert (found.received_at, found.settled_at) == (clock.now, clock.now)
    assert (found.subject, found.sender, found.sender_name) == (
        "Late",
        "jane@example.com",
        "Jane Smith",
    )


def test_a_known_address_is_its_customer_in_any_spelling(acme: Workspace) -> None:
    jane = acme.customers.create(name="J. S.", email="Jane@Example.com")
    ticket = ticket_of(acme, acme.mail.receive(mail()))
    assert (ticket.customer_id, ticket.customer_name) == (jane.id, "J. S.")


def test_the_address_of_a_member_is_a_customer_too(acme: Workspace) -> None:
    acme.members.create(name="Ann", email="ann@acme.example", role="owner")
    found = acme.mail.receive(mail("Ann <ann@acme.example>"))
    assert message_of(acme, found).sender == "customer"
    assert ticket_of(acme, found).customer_name == "Ann"


def test_a_required_field_of_customers_stops_no_mail(acme: Workspace) -> None:
    acme.custom_fields.create(
        name="Plan", key="plan", type="text", entity_type="customers", required=True
    )
    assert acme.mail.receive(mail()).verdict == "ticket"


ODD: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "no sender": ({"sender": None}, {"customer_name": None}),
    "no subject": ({"subject": None}, {"title": "(no subject)"}),
    "a blank subject": ({"subject": "  \t "}, {"title": "(no subject)"}),
    "a long subject": ({"subject": "a " * 400}, {"title": ("a " * 400)[:499]}),
    "no name": ({"sender": "jane@example.com"}, {"customer_name": "jane@example.com"}),
    "a long name": ({"sender": f"{'n' * 400} <j@example.com>"}, {"customer_name": "n" * 255}),
}


@pytest.mark.parametrize("case", ODD)
def test_what_lacks_something_is_a_ticket_all_the_same(acme: Workspace, case: str) -> None:
    given, expected = ODD[case]
    ticket = ticket_of(acme, acme.mail.receive(mail(**given)))
    assert {name: getattr(ticket, name) for name in expected} == expected


@pytest.mark.parametrize("text", ["", " \r\n\t"])
def test_a_mail_without_text_says_so(acme: Workspace, text: str) -> None:
    assert message_of(acme, acme.mail.receive(mail(text=text))).content == "(no text)"


def test_files_are_attached(acme: Workspace) -> None:
    found = message_of(acme, acme.mail.receive(with_file("../a.png", "png")))
    (file,) = found.attachments
    assert (found.content, file.name, file.media_type) == ("See the file.", "a.png", "image/png")
    assert (file.is_inline, file.content_id) == (False, None)
    _, opened = acme.attachments.open(found.ticket_id, file.id)
    with opened:
        assert opened.read().strip() == b"png"


def test_an_image_of_the_text_keeps_its_content_id(acme: Workspace) -> None:
    found = message_of(acme, acme.mail.receive(with_file("a.png", "png", cid="i@x")))
    (file,) = found.attachments
    assert (file.is_inline, file.content_id) == (True, "i@x")


def test_a_mail_is_found_by_the_names_of_its_files(acme: Workspace) -> None:
    found = acme.mail.receive(with_file("invoice.png", "png"))
    assert ids(acme.tickets.list(search="invoice").items) == [found.ticket_id]


# --- mailboxes


def test_a_ticket_gets_the_defaults_of_the_mailbox(acme: Workspace) -> None:
    member = acme.members.create(name="Ann", email="ann@acme.example")
    defaults = {"priority": "high", "tags": ["mail"], "assigned_to": member.id}
    made = box(acme, defaults=defaults)
    found = acme.mail.receive(mail(), mailbox=made.id)
    ticket = ticket_of(acme, found)
    assert (ticket.priority, ticket.tags, ticket.assigned_to) == ("high", ("mail",), member.id)
    assert found.mailbox_id == made.id


def test_a_default_that_is_gone_stops_no_mail(acme: Workspace) -> None:
    member = acme.members.create(name="Ann", email="ann@acme.example")
    made = box(acme, defaults={"assigned_to": member.id, "tags": ["mail"]})
    acme.members.delete(member.id)
    ticket = ticket_of(acme, acme.mail.receive(mail(), mailbox=made.id))
    assert (ticket.assigned_to, ticket.tags) == (None, ("mail",))


def test_the_envelope_finds_the_mailbox(acme: Workspace) -> None:
    first, sales = box(acme), box(acme, "sales@acme.example")
    for recipient, expected in (
        ("SALES@acme.example", sales),
        ("sales+x@acme.example", sales),
        ("nobody@acme.example", first),
        ("not an address", first),
    ):
        found = acme.mail.receive(mail(), envelope=Envelope("j@example.com", (recipient,)))
        assert found.mailbox_id == expected.id


def test_without_a_mailbox_a_mail_is_taken_too(acme: Workspace) -> None:
    assert acme.mail.receive(mail()).mailbox_id is None


def test_a_mailbox_of_another_team_is_none(acme: Workspace, globex: Workspace) -> None:
    theirs = box(globex, "help@globex.example")
    rule = "mailbox must be the id of an existing mailbox"
    assert refusal(acme.mail.take, mail(), mailbox=theirs.id) == [rule]
    found = acme.mail.take(mail(), envelope=Envelope(None, ("help@globex.example",)))
    assert found.mailbox_id is None
    assert acme.mail.list().total == 1 and globex.mail.list().total == 0


def test_a_deleted_mailbox_leaves_its_mails(desk: Helpdesk, acme: Workspace) -> None:
    made = box(acme)
    found = acme.mail.receive(mail(), mailbox=made.id)
    acme.mailboxes.delete(made.id)
    assert acme.mail.get(found.id).mailbox_id is None
    assert desk.check(deep=True).ok


# --- twice


def test_the_same_bytes_are_taken_once(acme: Workspace) -> None:
    raw = mail()
    first = acme.mail.receive(raw)
    assert acme.mail.receive(raw) == first
    assert (acme.mail.list().total, acme.tickets.list().total) == (1, 1)


def test_the_same_mail_by_another_way_is_a_duplicate(acme: Workspace) -> None:
    raw = mail()
    first = acme.mail.receive(raw)
    again = acme.mail.receive(b"Received: from elsewhere\r\n" + raw, source="lmtp")
    assert (again.verdict, again.original_id, again.ticket_id) == ("duplicate", first.id, None)
    assert again.explanation == "The same mail came before."
    third = acme.mail.receive(b"Received: from a third\r\n" + raw)
    assert third.original_id == first.id
    assert acme.tickets.list().total == 1


def test_alarms_that_say_the_same_again_are_all_told(acme: Workspace) -> None:
    made = box(acme)
    bare = mail(text="Backup failed", Message_ID=None, Date=None)
    ways = [f"Received: from x; {hour}:00\r\n".encode() + bare for hour in (1, 2)]
    first, second = (acme.mail.receive(way) for way in ways)
    assert (first.verdict, second.verdict, acme.tickets.list().total) == ("ticket", "ticket", 2)
    again = acme.mail.receive(ways[0], source="imap", mailbox=made.id, place=MailPlace(1, 1))
    assert (again.verdict, again.original_id) == ("duplicate", first.id)


def test_the_same_place_of_a_server_is_the_same_mail(acme: Workspace) -> None:
    made, place = box(acme), MailPlace(7, 1)
    first = acme.mail.receive(mail(), source="imap", mailbox=made.id, place=place)
    raw = acme.mail.raw(first.id)
    assert acme.mail.take(raw, source="imap", mailbox=made.id, place=place).id == first.id
    # Another folder may have had the same numbers.
    other = acme.mail.take(b"other", source="imap", mailbox=made.id, place=place)
    assert other.id != first.id and other.place is None
    # Another copy in the folder is another place, and is accounted for.
    copy = acme.mail.receive(raw, source="imap", mailbox=made.id, place=MailPlace(7, 2))
    assert (copy.verdict, copy.original_id) == ("duplicate", first.id)
    anew = acme.mail.receive(raw, source="imap", mailbox=made.id, place=MailPlace(8, 1))
    assert (anew.verdict, anew.place) == ("duplicate", MailPlace(8, 1))


def test_taking_moves_the_cursor_of_the_mailbox(desk: Helpdesk, acme: Workspace) -> None:
    made = box(acme)
    acme.mail.take(mail(), source="imap", mailbox=made.id, place=MailPlace(7, 42))
    account = desk.mail_accounts.get(made.id)
    assert (account.uid_validity, account.last_uid) == (7, 42)


def test_another_team_gets_the_same_mail_too(acme: Workspace, globex: Workspace) -> None:
    raw = mail()
    assert [each.mail.receive(raw).verdict for each in (acme, globex)] == ["ticket", "ticket"]


# --- two steps


def test_a_mail_that_was_taken_waits_until_it_is_settled(acme: Workspace) -> None:
    taken = acme.mail.take(mail())
    assert (taken.verdict, taken.ticket_id, taken.settled_at) == ("waiting", None, None)
    assert ids(acme.mail.waiting()) == [taken.id]
    assert acme.tickets.list().total == 0
    settled = acme.mail.work(taken.id)
    assert settled.verdict == "ticket"
    assert acme.mail.waiting() == ()


def test_what_is_settled_stays_as_it_is(acme: Workspace) -> None:
    found = acme.mail.receive(mail())
    assert acme.mail.settle(found.id, read_letter(mail("other@example.com"))) == found
    assert acme.mail.settle(found.id, Unreadable("x", "x")) == found
    assert acme.mail.work(found.id) == found
    assert acme.tickets.list().total == 1


def test_what_waits_on_the_whole_desk_is_told(
    desk: Helpdesk, acme: Workspace, sandbox: Workspace, clock: ManualClock
) -> None:
    first = sandbox.mail.take(mail())
    clock.tick()
    second = acme.mail.take(mail())
    found = desk.waiting_mail()
    assert ids(found) == [first.id, second.id]
    assert [each.environment for each in found] == ["test", "live"]
    assert desk.workspace(found[0].team_id, "test").mail.work(first.id).verdict == "ticket"


def test_what_stops_its_reader_ten_times_is_unreadable(acme: Workspace) -> None:
    taken = acme.mail.take(mail())
    for number in range(10):
        assert acme.mail.begin(taken.id).attempts == number + 1
    found = acme.mail.work(taken.id)
    assert (found.verdict, found.reason) == ("failed", "stopped")
    assert "stopped whatever tried to read it" in message_of(acme, found).content


# --- what cannot be read


@pytest.mark.parametrize("raw", [b"", b"\0\xff\n", b" " * 10, b"x" * (26 * 1024 * 1024)])
def test_what_cannot_be_read_is_a_ticket_with_the_mail_as_it_came(
    acme: Workspace, raw: bytes
) -> None:
    found = acme.mail.receive(raw, envelope=Envelope("jane@example.com", ()))
    assert found.verdict == "failed"
    ticket, message = ticket_of(acme, found), message_of(acme, found)
    assert ticket.title == "Mail that could not be read"
    assert (message.sender, message.is_internal) == ("system", True)
    assert "jane@example.com" in message.content
    (file,) = message.attachments
    assert (file.name, file.media_type, file.size) == ("message.eml", "message/rfc822", len(raw))
    assert acme.mail.raw(found.id) == raw
    assert found.explanation and found.explanation.startswith("It could not be read: it ")


def test_it_can_be_tried_again_and_its_ticket_becomes_that_of_the_mail(
    desk: Helpdesk, acme: Workspace
) -> None:
    taken = acme.mail.take(mail())
    failed = acme.mail.settle(taken.id, Unreadable("too_slow", "takes too long to read"))
    assert acme.mail.retry(failed.id).verdict == "waiting"
    found = acme.mail.work(failed.id)
    ticket = ticket_of(acme, found)
    assert (found.verdict, found.ticket_id) == ("ticket", failed.ticket_id)
    assert (ticket.title, ticket.customer_name) == ("Late", "Jane Smith")
    assert contents(acme, found.ticket_id)[1:] == ["Where is it?"]
    assert desk.check(deep=True).ok


def test_failing_again_makes_no_other_ticket(acme: Workspace) -> None:
    failed = acme.mail.receive(b"")
    acme.mail.retry(failed.id)
    assert acme.mail.work(failed.id).ticket_id == failed.ticket_id
    assert acme.tickets.list().total == 1


def test_what_is_read_at_last_may_belong_to_another_ticket(acme: Workspace) -> None:
    first = acme.mail.receive(mail(id="a@x"))
    taken = acme.mail.take(mail(In_Reply_To="<a@x>"))
    failed = acme.mail.settle(taken.id, Unreadable("too_slow", "takes too long"))
    acme.mail.retry(failed.id)
    found = acme.mail.work(failed.id)
    assert (found.verdict, found.ticket_id) == ("reply", first.ticket_id)


def test_only_failures_are_tried_again(acme: Workspace) -> None:
    found = acme.mail.receive(mail())
    with pytest.raises(Conflict, match="settled: ticket"):
        acme.mail.retry(found.id)
    with pytest.raises(Conflict, match="settled: ticket"):
        acme.mail.release(found.id)


# --- automatic mail

AUTOMATIC: dict[str, dict[str, Any]] = {
    "automatic": {"nature": "automatic", "automatic": "Auto-Submitted: auto-replied"},
    "list": {"nature": "list", "automatic": "List-Id: <news.example.com>"},
    "loop": {"loops": ("abc",)},
}


def settled(acme: Workspace, raw: bytes, **said: Any) -> Mail:
    """A mail of which reading shows this too."""
    return acme.mail.receive(raw, read=lambda given: replace(read_letter(given), **said))


@pytest.mark.parametrize("reason", AUTOMATIC)
def test_automatic_mail_is_kept_and_labelled(acme: Workspace, reason: str) -> None:
    found = settled(acme, mail(), **AUTOMATIC[reason])
    assert (found.verdict, found.reason) == ("automatic", reason)
    assert message_of(acme, found).content == "Where is it?"
    assert found.explanation and "never answered automatically" in found.explanation


def test_mail_without_a_return_path_is_automatic(acme: Workspace) -> None:
    found = acme.mail.receive(mail(), envelope=Envelope("", ()))
    assert (found.verdict, found.reason) == ("automatic", "null_return_path")


def test_an_automatic_answer_opens_nothing_and_makes_no_customer(acme: Workspace) -> None:
    first = acme.mail.receive(mail(id="a@x"))
    assert first.ticket_id is not None
    acme.tickets.update(first.ticket_id, status="closed")
    answer = mail("auto@example.com", In_Reply_To="<a@x>", text="Away")
    found = settled(acme, answer, **AUTOMATIC["automatic"])
    assert (found.verdict, found.ticket_id) == ("automatic", first.ticket_id)
    assert ticket_of(acme, found).status == "closed"
    assert acme.customers.list().total == 1


# --- looking through it


def test_the_newest_mails_come_first_by_verdict_mailbox_and_ticket(acme: Workspace) -> None:
    made = box(acme)
    first = acme.mail.receive(mail(id="a@x"))
    reply = acme.mail.receive(mail(In_Reply_To="<a@x>"), mailbox=made.id)
    failed = acme.mail.receive(b"")
    assert ids(acme.mail.list().items) == [failed.id, reply.id, first.id]
    assert ids(acme.mail.list(verdict="failed").items) == [failed.id]
    assert ids(acme.mail.list(verdict=("reply", "failed")).items) == [failed.id, reply.id]
    assert ids(acme.mail.list(verdict="reply, ticket").items) == [reply.id, first.id]
    assert acme.mail.list(mailbox=made.id).total == 3
    assert ids(acme.mail.list(ticket=first.ticket_id).items) == [reply.id, first.id]
    assert walk_pages(acme.mail.list, page_size=1) == list(acme.mail.list().items)


def test_messages_tell_by_which_mail_they_came(acme: Workspace) -> None:
    first = acme.mail.receive(mail(id="a@x"))
    reply = acme.mail.receive(mail(In_Reply_To="<a@x>"))
    assert first.ticket_id and first.message_id and reply.message_id
    answer = acme.messages.create(first.ticket_id, content="Yes")
    asked = [first.message_id, reply.message_id, answer.id, "msg_none"]
    found = acme.mail.of_messages(first.ticket_id, asked)
    assert found == {first.message_id: first, reply.message_id: reply}


def test_a_filter_must_be_one(acme: Workspace) -> None:
    assert refusal(acme.mail.list, verdict="tickte") == [
        "verdict must be one of: waiting, ticket, reply, bounce, automatic, duplicate, ignored, "
        "spam, failed"
    ]
    acme.mail.receive(mail())
    assert acme.mail.list(mailbox=f"mbx_{'0' * 32}").total == 0
    assert acme.mail.list(ticket=f"tkt_{'0' * 32}").total == 0
    assert refusal(acme.mail.list, mailbox="x", ticket="y") == [
        "mailbox must be an id that begins with mbx_",
        "ticket must be an id that begins with tkt_",
    ]


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "source": ({"source": "fax"}, "source must be one of: api, imap, lmtp, pipe, import"),
    "sender": (
        {"envelope": Envelope("a" * 255)},
        "envelope.sender must be at most 254 characters",
    ),
    "recipient": ({"envelope": Envelope(None, ("",))}, "envelope.recipients.0 must not be blank"),
    "many": (
        {"envelope": Envelope(None, ("a@x.example",) * 1001)},
        "envelope.recipients must be at most 1,000 addresses",
    ),
    "place": (
        {"place": MailPlace(-1, 0)},
        "place.uid_validity must be an integer from 0 to 4294967295",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused(acme: Workspace, case: str) -> None:
    given, rule = REFUSED[case]
    assert rule in refusal(acme.mail.take, mail(), **given)


def test_a_publishable_key_sees_no_mail(acme: Workspace, public: Workspace) -> None:
    found = acme.mail.receive(mail())
    for act in (
        public.mail.list,
        public.mail.waiting,
        lambda: public.mail.get(found.id),
        lambda: public.mail.raw(found.id),
        lambda: public.mail.take(mail()),
        public.mail_blocks.list,
    ):
        with pytest.raises(Forbidden):
            act()


def test_another_teams_mail_is_none(acme: Workspace, globex: Workspace) -> None:
    found = acme.mail.receive(b"")
    for act in (globex.mail.get, globex.mail.raw, globex.mail.retry, globex.mail.release):
        with pytest.raises(NotFound):
            act(found.id)
    with pytest.raises(NotFound):
        globex.mail.settle(found.id, Unreadable("x", "x"))


def test_what_happens_is_in_the_log(acme: Workspace) -> None:
    events = happened(acme, acme.mail.receive, mail())
    assert types(events) == ["customer.created", "ticket.created", "message.created"]


@pytest.mark.parametrize("error", [OSError("no process"), StorageFull("full"), Busy("busy")])
def test_what_is_not_the_mails_fault_counts_as_no_try(acme: Workspace, error: Exception) -> None:
    def read(raw: bytes) -> Letter:
        raise error

    taken = acme.mail.take(mail())
    for _ in range(5):
        with pytest.raises(type(error)):
            acme.mail.work(taken.id, read)
    assert acme.mail.get(taken.id).attempts == 0
    assert acme.mail.work(taken.id).verdict == "ticket"
