"""To which ticket a mail belongs: a fixed order of signs, and why each leads where it does."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from cstar_core import Helpdesk, Mail, Workspace
from tests.core.posting import ADDRESS, box, mail, message_of, sent, ticket_of
from tests.core.threads import contents
from tests.core.vocabulary import ManualClock


def token_address(acme: Workspace, ticket_id: str) -> str:
    """The reply address of a ticket, as it stands in the mails that are sent."""
    from cstar_core.reply_addresses import reply_address

    number = acme.tickets.get(ticket_id).number
    with acme.mail._store.transaction() as tx:
        found = reply_address(tx, acme.mail._scope, ADDRESS, number)
    assert found is not None
    return found


@pytest.fixture
def first(acme: Workspace) -> Mail:
    """A mail that has become a ticket, with the Message-ID a@x."""
    box(acme)
    return acme.mail.receive(mail(id="a@x"))


Make = Callable[[Workspace, Mail], bytes]


def _own(acme: Workspace, first: Mail) -> str:
    assert first.ticket_id is not None
    return sent(acme, first.ticket_id)


def _number(acme: Workspace, first: Mail) -> int:
    return ticket_of(acme, first).number


def _address(acme: Workspace, first: Mail) -> str:
    assert first.ticket_id is not None
    return token_address(acme, first.ticket_id)


# A mail that comes after the first one, and why it is where it is: None for a ticket of its own.
SIGNS: dict[str, tuple[Make, str | None]] = {
    "nothing": (lambda acme, first: mail(subject="Re: Late"), None),
    "the reply address": (lambda acme, first: mail(to=_address(acme, first)), "reply_address"),
    "the reply address in capitals": (
        lambda acme, first: mail(to=_address(acme, first).upper()),
        "reply_address",
    ),
    "a copy to the reply address": (
        lambda acme, first: mail(Cc=f"Acme <{_address(acme, first)}>"),
        "reply_address",
    ),
    "a forged reply address": (
        lambda acme, first: mail(to=f"help+{'a' * 24}@acme.example"),
        None,
    ),
    "a stranger with the reply address": (
        lambda acme, first: mail("else@example.com", to=_address(acme, first)),
        "reply_address",
    ),
    "an answer to their own mail": (
        lambda acme, first: mail(In_Reply_To="<a@x>"),
        "in_reply_to",
    ),
    "an answer to ours": (
        lambda acme, first: mail(In_Reply_To=f"<{_own(acme, first)}>"),
        "in_reply_to",
    ),
    "an answer to another mail": (lambda acme, first: mail(In_Reply_To="<z@x>"), None),
    "references": (lambda acme, first: mail(References="<a@x> <z@x>"), "references"),
    "references in another order": (
        lambda acme, first: mail(In_Reply_To="<z@x>", References="<z@x> <a@x>"),
        "references",
    ),
    "the number": (lambda acme, first: mail(subject=f"AW: [#{_number(acme, first)}]"), "subject"),
    "the number by a stranger": (
        lambda acme, first: mail("else@example.com", subject=f"[#{_number(acme, first)}]"),
        None,
    ),
    "the number without brackets": (
        lambda acme, first: mail(subject=f"#{_number(acme, first)}"),
        None,
    ),
    "another number": (lambda acme, first: mail(subject="[#999999]"), None),
    "a number beyond all": (lambda acme, first: mail(subject=f"[#{'9' * 400}]"), None),
    "no sender and the number": (
        lambda acme, first: mail(None, subject=f"[#{_number(acme, first)}]"),
        None,
    ),
}


@pytest.mark.parametrize("sign", SIGNS)
def test_a_sign_leads_to_the_ticket(acme: Workspace, first: Mail, sign: str) -> None:
    make, expected = SIGNS[sign]
    found = acme.mail.receive(make(acme, first))
    assert found.threaded_by == (expected or "new")
    assert (found.ticket_id == first.ticket_id) is (expected is not None)
    assert found.verdict == ("reply" if expected else "ticket")
    assert found.threading


def test_the_surest_sign_decides(acme: Workspace, first: Mail) -> None:
    others = [acme.mail.receive(mail(id=f"{name}@x", subject=name)) for name in "bcd"]
    signs = {
        "to": _address(acme, first),
        "In_Reply_To": "<b@x>",
        "References": "<c@x>",
        "subject": f"[#{_number(acme, others[2])}]",
    }
    for (name, _), expected in zip(list(signs.items()), [first, *others], strict=True):
        found = acme.mail.receive(mail(**signs))
        assert found.ticket_id == expected.ticket_id
        del signs[name]


def test_of_several_references_the_last_one_counts(acme: Workspace, first: Mail) -> None:
    other = acme.mail.receive(mail(id="b@x"))
    found = acme.mail.receive(mail(References="<a@x> <b@x> <z@x>"))
    assert found.ticket_id == other.ticket_id


def test_who_was_written_to_takes_part(acme: Workspace, first: Mail) -> None:
    reply = mail(In_Reply_To="<a@x>", Cc="Bob <bob@example.com>")
    acme.mail.receive(reply)
    _own(acme, first)
    found = acme.mail.receive(mail("bob@example.com", subject=f"[#{_number(acme, first)}]"))
    assert found.threaded_by == "subject"


def test_the_id_of_a_mail_means_the_first_that_had_it(acme: Workspace, first: Mail) -> None:
    acme.mail.receive(mail("else@example.com", id="a@x", text="Another mail of this name"))
    assert acme.mail.receive(mail(In_Reply_To="<a@x>")).ticket_id == first.ticket_id


def test_another_team_has_other_ids_and_addresses(
    acme: Workspace, globex: Workspace, first: Mail
) -> None:
    raw = mail(to=_address(acme, first), In_Reply_To="<a@x>", subject="[#1]")
    assert globex.mail.receive(raw).verdict == "ticket"


# --- what becomes of the ticket


@pytest.mark.parametrize("status", ["pending", "resolved", "closed"])
def test_a_reply_opens_the_ticket(acme: Workspace, first: Mail, status: str) -> None:
    assert first.ticket_id
    acme.tickets.update(first.ticket_id, status=status)
    assert ticket_of(acme, acme.mail.receive(mail(In_Reply_To="<a@x>"))).status == "open"


def test_a_reply_to_a_merged_ticket_goes_to_the_survivor(
    desk: Helpdesk, acme: Workspace, first: Mail
) -> None:
    other, last = (acme.tickets.create(title=title) for title in ("Other", "Last"))
    address = _address(acme, first)
    assert first.ticket_id
    acme.tickets.merge(first.ticket_id, other.id)
    acme.tickets.merge(other.id, last.id)
    for raw in (mail(In_Reply_To="<a@x>"), mail(to=address)):
        assert acme.mail.receive(raw).ticket_id == last.id
    assert desk.check(deep=True).ok


def test_a_reply_to_a_deleted_ticket_is_a_new_one(acme: Workspace, first: Mail) -> None:
    address = _address(acme, first)
    assert first.ticket_id
    acme.tickets.delete(first.ticket_id)
    found = acme.mail.receive(mail(In_Reply_To="<a@x>", to=address, subject="[#1]"))
    assert (found.verdict, found.threaded_by) == ("ticket", "new")


def test_what_somebody_else_writes_is_theirs(acme: Workspace, first: Mail) -> None:
    found = acme.mail.receive(mail("Bob <bob@example.com>", In_Reply_To="<a@x>", text="Me too"))
    message = message_of(acme, found)
    assert (message.sender, message.sender_name) == ("customer", "Bob")
    bob = acme.customers.list(search="bob").items[0]
    assert acme.customers.erase(bob.id).messages == 1
    assert contents(ticket_of(acme, first)) == ["Where is it?", "Erased"]


def test_after_a_move_replies_follow_the_message(
    acme: Workspace, clock: ManualClock, first: Mail
) -> None:
    clock.tick()
    other = acme.tickets.create(title="Other")
    wrong = acme.mail.receive(mail(id="b@x", In_Reply_To="<a@x>"))
    assert first.ticket_id and wrong.message_id
    acme.messages.move(first.ticket_id, wrong.message_id, other.id)
    moved = acme.mail.get(wrong.id)
    assert (moved.ticket_id, moved.threaded_by) == (other.id, "moved")
    assert acme.mail.receive(mail(In_Reply_To="<b@x>")).ticket_id == other.id
    acme.messages.move(other.id, wrong.message_id, first.ticket_id)
    assert acme.mail.get(wrong.id).threaded_by == "in_reply_to"
    assert acme.mail.receive(mail(In_Reply_To="<b@x>")).ticket_id == first.ticket_id


@pytest.mark.parametrize("gone", [(0,), (1,), (0, 1)])
def test_what_was_moved_stays_moved_when_a_ticket_on_its_way_is_deleted(
    acme: Workspace, first: Mail, gone: tuple[int, ...]
) -> None:
    way = [str(first.ticket_id), *(acme.tickets.create(title=each).id for each in "bc")]
    wrong = acme.mail.receive(mail(id="b@x", In_Reply_To="<a@x>"))
    for place, to in pairwise(way):
        acme.messages.move(place, str(wrong.message_id), to)
    for each in gone:
        acme.tickets.delete(way[each])
    assert acme.mail.get(wrong.id).threaded_by == "moved"


def test_ending_all_links_ends_reply_addresses_too(acme: Workspace, first: Mail) -> None:
    address = _address(acme, first)
    acme.ticket_links.end_all()
    assert acme.mail.receive(mail(to=address)).threaded_by == "new"
