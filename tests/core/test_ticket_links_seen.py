"""What customers see through a link: what is theirs and public, whatever was merged."""

import random
from typing import Any

import pytest

from cstar_core import SeenTicket, Ticket, Workspace
from cstar_core.ticket_links import FORM_LINK, LINK_LIFETIME, TEAM_LINK, new_link
from cstar_core.ticket_links.seen import CHARACTERS_MAX, MESSAGES_MAX, SEEN
from tests.core.test_ticket_links import ask
from tests.core.vocabulary import ManualClock


def see(room: Workspace, ticket: Ticket) -> SeenTicket:
    """What the link that the team gives away shows."""
    return room.ticket_links.open(room.ticket_links.link(ticket.id)).read()


def form_link(room: Workspace, ticket: Ticket) -> str:
    """A link as who filled in a form has it."""
    with room._store.transaction() as tx:
        return new_link(tx, room._scope, FORM_LINK, ticket.id, LINK_LIFETIME)


def see_by_form(room: Workspace, ticket: Ticket) -> SeenTicket:
    return room.ticket_links.open(form_link(room, ticket)).read()


def said(seen: SeenTicket) -> list[str]:
    return [each.content for each in seen.messages]


@pytest.mark.parametrize("look", [see, see_by_form])
def test_what_is_for_the_team_is_not_seen(acme: Workspace, look: Any) -> None:
    ada = acme.members.create(name="Ada", email="ada@acme.example")
    for key, public in (("order", True), ("mood", False)):
        acme.custom_fields.create(
            name=key, key=key, type="text", entity_type="tickets", public=public
        )
    ticket = ask(
        acme,
        notes="SECRET",
        metadata={"SECRET": "SECRET"},
        tags=["SECRET"],
        custom_fields={"order": "17", "mood": "SECRET"},
        assigned_to=ada.id,
    )
    acme.messages.create(ticket.id, content="SECRET", is_internal=True)
    acme.messages.create(ticket.id, content="Sure", sender_name="ada@acme.example")
    seen = look(acme, ticket)
    assert [(each.name, each.type, each.value) for each in seen.fields] == [("order", "text", "17")]
    assert [(each.content, each.sender_name) for each in seen.messages] == [
        ("Jane asks", "Jane"),
        ("Sure", "Acme"),
    ]
    assert "SECRET" not in repr(seen) and "ada" not in repr(seen)


def test_a_field_that_is_made_private_is_seen_no_more(acme: Workspace) -> None:
    field = acme.custom_fields.create(
        name="Order", key="order", type="number", entity_type="tickets", public=True
    )
    ticket = ask(acme, custom_fields={"order": 17})
    assert [each.value for each in see(acme, ticket).fields] == [17]
    acme.custom_fields.update(field.id, archived=True)
    assert [each.value for each in see(acme, ticket).fields] == [17]
    acme.custom_fields.update(field.id, public=False)
    assert see(acme, ticket).fields == ()


def test_a_link_follows_a_merge_of_the_same_customer(acme: Workspace) -> None:
    first, second = ask(acme, title="First"), ask(acme, title="Second")
    acme.tickets.merge(second.id, into=first.id)
    acme.messages.create(first.id, content="To both")
    seen = see(acme, second)
    assert (seen.number, seen.title, seen.joined) == (1, "First", False)
    assert said(seen) == ["Jane asks", "Jane asks", "To both"] == said(see(acme, first))


def test_a_merge_into_another_customers_ticket_shows_nothing_of_it(acme: Workspace) -> None:
    bo, jane = ask(acme, "Bo", title="Of Bo"), ask(acme, title="Of Jane")
    acme.messages.create(bo.id, content="For Bo")
    acme.tickets.merge(jane.id, into=bo.id)
    acme.messages.create(bo.id, content="For whom?")
    mine = see(acme, jane)
    assert (mine.number, mine.title, mine.joined) == (2, "Of Jane", True)
    assert said(mine) == ["Jane asks"]
    theirs = see(acme, bo)
    assert (theirs.title, theirs.joined) == ("Of Bo", False)
    assert said(theirs) == ["Bo asks", "For Bo", "For whom?"]


def test_answers_after_a_merge_are_seen_by_who_wrote_them(acme: Workspace) -> None:
    bo, jane = ask(acme, "Bo"), ask(acme)
    links = [acme.ticket_links.link(each.id) for each in (bo, jane)]
    acme.tickets.merge(jane.id, into=bo.id)
    for token, content in zip(links, ("Of Bo", "Of Jane"), strict=True):
        acme.ticket_links.open(token).answer(content)
    assert said(see(acme, jane)) == ["Jane asks", "Of Jane"]
    assert said(see(acme, bo)) == ["Bo asks", "Of Bo"]
    assert acme.messages.list(bo.id)[-1].sender_name == "Jane"
    assert acme.tickets.get(bo.id).message_count == 4


def test_what_is_left_of_a_deleted_ticket_stays_its_customers(acme: Workspace) -> None:
    bo, jane = ask(acme, "Bo"), ask(acme)
    acme.tickets.merge(jane.id, into=bo.id)
    acme.tickets.delete(jane.id)
    assert said(see(acme, bo)) == ["Bo asks"]


def test_a_merge_that_is_undone_leaves_all_as_it_was(acme: Workspace) -> None:
    bo, jane = ask(acme, "Bo"), ask(acme)
    acme.tickets.merge(jane.id, into=bo.id)
    acme.tickets.unmerge(jane.id)
    seen = see(acme, jane)
    assert (said(seen), seen.joined) == (["Jane asks"], False)


def test_who_came_by_a_form_sees_their_own_ticket_alone(acme: Workspace) -> None:
    real, claimed = ask(acme, title="Of Jane"), ask(acme, title="Claimed")
    token = form_link(acme, claimed)
    acme.messages.create(real.id, content="For Jane")
    acme.tickets.merge(claimed.id, into=real.id)
    acme.messages.create(real.id, content="Also for Jane")
    seen = acme.ticket_links.open(token).read()
    assert (seen.title, seen.joined, said(seen)) == ("Claimed", True, ["Jane asks"])
    acme.tickets.unmerge(claimed.id)
    acme.tickets.merge(real.id, into=claimed.id)
    assert said(acme.ticket_links.open(token).read()) == ["Jane asks"]
    acme.messages.create(claimed.id, content="Here")
    seen = acme.ticket_links.open(token).read()
    assert (seen.joined, said(seen)) == (False, ["Jane asks", "Here"])


def test_who_came_by_a_form_answers_under_the_name_they_gave(
    acme: Workspace, clock: ManualClock
) -> None:
    acme.customers.create(name="Jane Q. Secret", email="jane@example.com")
    stamp = acme.customer_form.stamp()
    clock.tick(seconds=5)
    token = acme.customer_form.submit(
        stamp, name="J", email="JANE@example.com", title="Hello", content="Who am I?"
    )
    opened = acme.ticket_links.open(token)
    opened.answer("Tell me")
    acme.messages.create(acme.tickets.list().items[0].id, content="Hm", sender="customer")
    shown = [(each.content, each.sender_name) for each in opened.read().messages]
    assert shown[:2] == [("Who am I?", "J"), ("Tell me", "J")]


def test_only_the_newest_messages_are_shown(acme: Workspace, clock: ManualClock) -> None:
    ticket = ask(acme)
    for i in range(MESSAGES_MAX - 1):
        clock.tick()
        acme.messages.create(ticket.id, content=str(i))
    assert (len(see(acme, ticket).messages), see(acme, ticket).earlier) == (MESSAGES_MAX, False)
    clock.tick()
    acme.messages.create(ticket.id, content="last")
    seen = see(acme, ticket)
    assert (said(seen)[0], said(seen)[-1]) == ("0", "last")
    assert (len(seen.messages), seen.earlier) == (MESSAGES_MAX, True)


def test_no_more_text_is_shown_than_a_page_takes(acme: Workspace, clock: ManualClock) -> None:
    ticket = ask(acme)
    for _ in range(7):
        clock.tick()
        acme.messages.create(ticket.id, content="x" * 100_000)
    seen = see(acme, ticket)
    assert (sum(map(len, said(seen))), seen.earlier) == (CHARACTERS_MAX, True)


@pytest.mark.parametrize("purpose", [TEAM_LINK, FORM_LINK])
def test_a_thread_is_read_along_an_index(acme: Workspace, purpose: int) -> None:
    values: dict[str, object] = dict.fromkeys(
        ("holder", "ticket", "own", "customer_key", "limit"), 1
    )
    query = SEEN[purpose]
    with acme._store.snapshot() as snap:
        params = query.bind(values | {"customer": b"x"})
        plan = [str(row[3]) for row in snap.sql(f"EXPLAIN QUERY PLAN {query.sql}", params)]
    assert not [step for step in plan if step.startswith("SCAN")]


@pytest.mark.parametrize("seed", range(12))
def test_nobody_sees_what_is_anothers_whatever_happens(
    seed: int, acme: Workspace, clock: ManualClock
) -> None:
    """Whose a message is stands in it; so what a link shows of others or of the team shows."""
    chance = random.Random(seed)
    names = ("Ann", "Bo", "Cy")
    tickets = {ask(acme, chance.choice(names), initial_message=None).id for _ in range(8)}
    owners = {id: str(acme.tickets.get(id).customer_name) for id in tickets}
    for step in range(60):
        clock.tick(seconds=chance.choice((0, 1)))
        id, other = chance.sample(sorted(tickets), 2)
        content = f"for {owners[id]} {step}"
        match chance.randrange(5):
            case 0:
                acme.messages.create(id, content="INTERNAL", is_internal=True)
            case 1:
                acme.messages.create(
                    id, content=content, sender=chance.choice(("agent", "customer"))
                )
            case 2:
                acme.ticket_links.open(acme.ticket_links.link(id)).answer(content)
            case 3 if acme.tickets.get(id).merged_into is None:
                if acme.tickets.get(other).merged_into is None:
                    acme.tickets.merge(id, into=other)
            case 4 if acme.tickets.get(id).merged_into is not None:
                acme.tickets.unmerge(id)
    for id in sorted(tickets):
        for look in (see, see_by_form):
            seen = look(acme, acme.tickets.get(id))
            assert all(text.startswith(f"for {owners[id]} ") for text in said(seen))
