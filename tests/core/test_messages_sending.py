"""Sending: on a conversation that went on, with its draft, and together with a change."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from cstar_core import (
    Conflict,
    Helpdesk,
    MergeConflict,
    Message,
    NotFound,
    Sent,
    StaleConversation,
    Workspace,
)
from tests.core.answering import member, save
from tests.core.threads import contents
from tests.core.tracing import queries
from tests.core.vocabulary import NOTHING, ManualClock, refusal


@pytest.fixture
def ada(desk: Helpdesk) -> Workspace:
    return member(desk, "Ada")


@pytest.fixture
def bo(desk: Helpdesk) -> Workspace:
    return member(desk, "Bo")


@pytest.fixture
def ticket(acme: Workspace) -> str:
    return acme.tickets.create(title="Late", customer_name="Jane", initial_message="Where?").id


def last(room: Workspace, ticket: str) -> str:
    return room.messages.list(ticket)[-1].id


def stale(act: Callable[..., object], *args: Any, **more: Any) -> tuple[Message, ...]:
    with pytest.raises(StaleConversation) as caught:
        act(*args, **more)
    return caught.value.messages


# --- a stale conversation


def test_a_writer_who_saw_everything_sends(ada: Workspace, ticket: str) -> None:
    sent = ada.messages.create(ticket, content="Soon", seen=last(ada, ticket))
    assert ada.messages.create(ticket, content="Here", seen=sent.id).content == "Here"
    assert contents(ada.tickets.get(ticket)) == ["Where?", "Soon", "Here"]


def test_who_says_nothing_of_it_sends_as_ever(ada: Workspace, acme: Workspace, ticket: str) -> None:
    acme.messages.create(ticket, content="Hello?", sender="customer")
    assert ada.messages.create(ticket, content="Soon").content == "Soon"


@pytest.mark.parametrize("name", ["create", "send"])
def test_what_came_meanwhile_is_told_and_nothing_is_sent(
    acme: Workspace, ada: Workspace, ticket: str, clock: ManualClock, name: str
) -> None:
    seen = last(ada, ticket)
    save(ada, ticket, "Soon")
    came = [
        acme.messages.create(ticket, content="Hello?", sender="customer"),
        acme.messages.create(ticket, content="He calls", is_internal=True),
    ]
    clock.tick()
    came.append(acme.messages.create(ticket, content="!", sender="customer"))
    before = (acme.tickets.get(ticket), acme.events.list(page_size=100))
    act = getattr(ada.messages, name)
    assert stale(act, ticket, content="Soon", seen=seen) == tuple(came)
    assert stale(act, ticket, content="Soon", seen=came[1].id) == tuple(came[2:])
    assert (acme.tickets.get(ticket), acme.events.list(page_size=100)) == before
    assert ada.drafts.get(ticket).content == "Soon"
    assert issubclass(StaleConversation, Conflict)
    act(ticket, content="Soon", seen=came[2].id)


def test_it_says_how_many_came(acme: Workspace, ada: Workspace, ticket: str) -> None:
    seen = last(ada, ticket)
    acme.messages.create(ticket, content="1")
    with pytest.raises(StaleConversation, match=r"^A message came to the ticket meanwhile$"):
        ada.messages.create(ticket, content="x", seen=seen)
    acme.messages.create(ticket, content="2")
    with pytest.raises(StaleConversation, match=r"^2 messages came to the ticket meanwhile$"):
        ada.messages.create(ticket, content="x", seen=seen)


def test_an_empty_thread_was_seen_too(acme: Workspace, ada: Workspace) -> None:
    empty = acme.tickets.create(title="x").id
    first = ada.messages.create(empty, content="a", seen="none")
    assert stale(ada.messages.create, empty, content="b", seen="none") == (first,)


@pytest.mark.parametrize("seen", ["", "msg_1", "tkt_" + "0" * 32, "None", 7, []])
def test_what_is_no_message_is_refused(ada: Workspace, ticket: str, seen: Any) -> None:
    problems = ["content is required", "seen must be an id that begins with msg_, or none"]
    assert refusal(ada.messages.create, ticket, content=" ", seen=seen) == problems
    assert refusal(ada.messages.send, ticket, content=" ", seen=seen) == problems


def test_a_message_of_elsewhere_stands_for_nothing_seen(
    acme: Workspace, ada: Workspace, ticket: str
) -> None:
    other = acme.tickets.create(title="x", initial_message="y").id
    for seen in (last(acme, other), f"msg_{'0' * 32}", NOTHING):
        found = stale(ada.messages.create, ticket, content="a", seen=seen)
        assert [each.content for each in found] == ["Where?"]


def test_the_order_is_that_of_the_thread(
    acme: Workspace, ada: Workspace, ticket: str, clock: ManualClock
) -> None:
    clock.tick(seconds=-60)
    earlier = acme.tickets.create(title="x", initial_message="Long ago").id
    clock.tick(seconds=60)
    acme.tickets.merge(earlier, into=ticket)
    assert contents(acme.tickets.get(ticket)) == ["Long ago", "Where?"]
    assert ada.messages.create(ticket, content="Soon", seen=last(ada, ticket)).content == "Soon"


def test_what_was_written_to_a_merged_ticket_is_held_against_where_it_goes(
    acme: Workspace, ada: Workspace, ticket: str, clock: ManualClock
) -> None:
    seen = last(ada, ticket)
    other = acme.tickets.create(title="x").id
    acme.tickets.merge(ticket, into=other)
    clock.tick()
    came = acme.messages.create(other, content="More", sender="customer")
    found = stale(ada.messages.create, ticket, content="Soon", seen=seen)
    assert found == (came,)
    assert found[0].ticket_id == other
    acme.tickets.unmerge(ticket)
    assert ada.messages.create(ticket, content="Soon", seen=seen).ticket_id == ticket


def test_of_agents_who_answer_at_once_one_is_heard(
    desk: Helpdesk, ada: Workspace, bo: Workspace, ticket: str
) -> None:
    seen = last(ada, ticket)
    sent: list[Message] = []
    told: list[tuple[Message, ...]] = []

    def answer(room: Workspace, text: str) -> None:
        try:
            sent.append(room.messages.create(ticket, content=text, seen=seen))
        except StaleConversation as error:
            told.append(error.messages)

    threads = [
        threading.Thread(target=answer, args=(room, f"{number}"))
        for number, room in enumerate([ada, bo] * 4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sent) == 1
    assert told == [tuple(sent)] * 7
    assert contents(ada.tickets.get(ticket)) == ["Where?", sent[0].content]


# --- the draft


def test_the_draft_goes_with_its_message(ada: Workspace, ticket: str) -> None:
    save(ada, ticket, "Soon")
    note = save(ada, ticket, "Note", is_internal=True)
    ada.messages.create(ticket, content="Soon")
    assert ada.drafts.list().items == (note,)
    ada.messages.send(ticket, content="Note", is_internal=True)
    assert ada.drafts.list().items == ()


KEPT: list[tuple[str, str, bool, bool]] = [
    # What is kept, what is sent, whether its version is given, whether it goes.
    ("Soon", "Soon", False, True),
    ("Soo", "Soon, Jane", False, True),
    (" Soon \n", "Soon", False, True),
    ("Soon, but longer", "Soon", True, True),
    ("Soon, but longer", "Soon", False, False),
    ("Another thought", "Soon", False, False),
]


@pytest.mark.parametrize(("kept", "sent", "given", "goes"), KEPT)
def test_a_draft_that_is_another_text_stays(
    ada: Workspace, ticket: str, kept: str, sent: str, given: bool, goes: bool
) -> None:
    draft = save(ada, ticket, kept)
    ada.messages.create(ticket, content=sent, draft=draft.version if given else 1)
    assert (ada.drafts.find(ticket) is None) is goes


def test_only_the_writers_own_draft_goes(
    acme: Workspace, ada: Workspace, bo: Workspace, ticket: str
) -> None:
    kept = save(ada, ticket, "Soon")
    bo.messages.create(ticket, content="Soon")
    acme.messages.create(ticket, content="Soon")
    ada.messages.create(ticket, content="Soon", sender="customer")
    ada.messages.create(ticket, content="Soon", sender="system")
    assert ada.drafts.list().items == (kept,)


@pytest.mark.parametrize("draft", [-1, 2**53, "1", True, 1.0])
def test_a_version_that_cannot_be_is_refused(ada: Workspace, ticket: str, draft: Any) -> None:
    assert refusal(ada.messages.create, ticket, content="x", draft=draft) == [
        "draft must be an integer from 0 to 9007199254740991"
    ]


# --- send and resolve


def types(room: Workspace) -> list[tuple[str, Any, Any]]:
    return [(each.type, each.data, each.changes) for each in room.events.list(page_size=100).items]


def told_by(room: Workspace, act: Callable[[], object]) -> list[tuple[str, Any, Any]]:
    before = len(types(room))
    act()
    return [
        (type, {key: each for key, each in data.items() if key not in ("ticketId", "number")},
         changes)
        for type, data, changes in types(room)[before:]
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "is_internal", "status", "assigned"),
    [
        ("Done", False, "resolved", True),
        ("Done", False, "open", False),
        ("Note", True, "closed", False),
        ("Note", True, "new", True),
    ],
)
def test_sending_with_a_change_is_as_both_calls(
    acme: Workspace, ada: Workspace, content: str, is_internal: bool, status: str, assigned: bool
) -> None:
    one, two = (acme.tickets.create(title="x").id for _ in range(2))
    changes: dict[str, Any] = {"status": status}
    changes |= {"assigned_to": ada.actor.id} if assigned else {}

    def apart() -> None:
        ada.messages.create(one, content=content, is_internal=is_internal)
        ada.tickets.update(one, **changes)

    sent: list[Sent] = []

    def together() -> None:
        sent.append(ada.messages.send(two, content=content, is_internal=is_internal, **changes))

    assert told_by(acme, apart) == told_by(acme, together)
    after = acme.tickets.get(two)
    assert sent[0].ticket == acme.tickets.get(two, with_messages=False)
    assert sent[0].message == (after.messages or ())[-1]
    assert (after.status, after.assigned_to) == (status, changes.get("assigned_to"))
    assert after.version == acme.tickets.get(one).version


def test_who_sends_stands_in_the_events(acme: Workspace, ada: Workspace, ticket: str) -> None:
    before = acme.events.list().total
    ada.messages.send(ticket, content="Done", status="resolved")
    found = acme.events.list(page_size=100).items[before:]
    assert [each.type for each in found] == [
        "message.created", "ticket.updated", "ticket.updated", "ticket.resolved"
    ]  # fmt: skip
    assert {each.actor for each in found} == {ada.actor}


def test_every_broken_rule_of_both_is_told(ada: Workspace, acme: Workspace, ticket: str) -> None:
    before = acme.tickets.get(ticket)
    assert refusal(
        ada.messages.send, ticket, content="", status="done", custom_fields={"x": 1}, sender_name=7
    ) == [
        "content is required",
        "sender_name must be a string",
        "status must be one of: new, open, pending, resolved, closed",
        "custom_fields.x is not known",
    ]
    assert refusal(ada.messages.send, ticket, content="x", assigned_to=f"mem_{'0' * 32}") == [
        "assigned_to must be the id of an existing member"
    ]
    assert acme.tickets.get(ticket) == before


def test_nothing_is_sent_if_the_change_is_refused(
    acme: Workspace, ada: Workspace, ticket: str
) -> None:
    other = acme.tickets.create(title="x").id
    acme.tickets.merge(ticket, into=other)
    kept = save(ada, ticket, "Done")
    before = (acme.tickets.get(other), types(acme))
    with pytest.raises(MergeConflict):
        ada.messages.send(ticket, content="Done", status="resolved")
    assert (acme.tickets.get(other), types(acme)) == before
    assert ada.drafts.get(ticket) == kept
    sent = ada.messages.send(ticket, content="Done")
    assert (sent.message.ticket_id, sent.ticket.id) == (other, ticket)


def test_what_is_not_here_is_not_found(ada: Workspace, globex: Workspace) -> None:
    other = globex.tickets.create(title="x").id
    for id in (other, NOTHING, "x"):
        with pytest.raises(NotFound, match="Ticket not found"):
            ada.messages.send(id, content="x", status="closed")


def test_a_required_field_does_not_stand_in_the_way(
    acme: Workspace, ada: Workspace, ticket: str
) -> None:
    acme.custom_fields.create(
        name="Region", key="region", type="text", entity_type="tickets", required=True
    )
    assert ada.messages.send(ticket, content="Done", status="closed").ticket.status == "closed"


def test_sending_takes_as_many_queries_whatever_there_is(
    desk: Helpdesk, acme: Workspace, ada: Workspace, ticket: str
) -> None:
    def send(status: str) -> int:
        save(ada, ticket, "a")
        seen = last(ada, ticket)
        act = lambda: ada.messages.send(ticket, content="a", seen=seen, status=status)  # noqa: E731
        return len(queries(desk, act))

    send("open")
    first = send("pending")
    for number in range(20):
        acme.messages.create(ticket, content=f"{number}")
    assert send("open") == first
