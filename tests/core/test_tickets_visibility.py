"""What a publishable key sees of tickets: nothing that customers must not see."""

from collections.abc import Callable
from typing import Any

import pytest

from cstar_core import Forbidden, Ticket, Workspace
from tests.core.vocabulary import ids, refusal

HIDDEN = ["notes", "metadata", "message_count", "messages"]


@pytest.fixture
def ticket(acme: Workspace) -> Ticket:
    """A ticket with something to hide: its notes, its metadata and an internal message."""
    jane = acme.customers.create(name="Jane Smith", notes="secret", metadata={"secret": 1})
    made = acme.tickets.create(
        title="Login fails",
        customer_id=jane.id,
        tags="login",
        notes="secret",
        metadata={"secret": 1},
        initial_message="Help me",
    )
    acme.messages.create(made.id, content="What about the marmalade", is_internal=True)
    acme.messages.create(made.id, content="We are on it")
    return acme.tickets.get(made.id)


def read(workspace: Workspace, id: str) -> list[Ticket]:
    """A ticket from every side from which it can be read."""
    return [
        workspace.tickets.get(id),
        workspace.tickets.get(id, expand_customer=True),
        *workspace.tickets.list().items,
        *workspace.tickets.list(search="login").items,
        *workspace.tickets.list(expand_customer=True).items,
    ]


def test_it_is_a_workspace_that_is_not_internal(public: Workspace) -> None:
    assert public.internal is False


def test_notes_are_left_out(public: Workspace, ticket: Ticket) -> None:
    assert {one.notes for one in read(public, ticket.id)} == {None}


def test_metadata_is_left_out(public: Workspace, ticket: Ticket) -> None:
    assert [one.metadata for one in read(public, ticket.id) if one.metadata] == []


def test_internal_messages_are_left_out(public: Workspace, ticket: Ticket) -> None:
    shown = public.tickets.get(ticket.id).messages
    assert [message.content for message in shown or ()] == ["Help me", "We are on it"]


def test_internal_messages_are_not_counted(public: Workspace, ticket: Ticket) -> None:
    assert {one.message_count for one in read(public, ticket.id)} == {2}


def test_a_customer_that_comes_along_hides_the_same(public: Workspace, ticket: Ticket) -> None:
    customer = public.tickets.get(ticket.id, expand_customer=True).customer
    assert customer is not None
    assert (customer.notes, customer.metadata) == (None, {})


def test_all_else_is_shown(public: Workspace, ticket: Ticket) -> None:
    seen = public.tickets.get(ticket.id)
    differing = [name for name in Ticket.__slots__ if getattr(seen, name) != getattr(ticket, name)]
    assert sorted(differing) == sorted(HIDDEN)


SEARCHES: list[tuple[str, bool, bool]] = [
    ("login", True, True),
    ("jane", True, True),
    ("help", True, True),
    ("marmalade", True, False),
    ("marm", True, False),
    ('"the marmalade"', True, False),
    ("login marmalade", True, False),
    ("-marmalade", False, True),
    ("login -marmalade", False, True),
    ("secret", False, False),
]


@pytest.mark.parametrize(("text", "inside", "outside"), SEARCHES)
@pytest.mark.parametrize("sort", ["-created_at", "updated_at", "number", "relevance"])
def test_search_does_not_look_into_internal_messages(
    acme: Workspace,
    public: Workspace,
    ticket: Ticket,
    text: str,
    inside: bool,
    outside: bool,
    sort: str,
) -> None:
    query: dict[str, Any] = {"search": text, "sort": sort}
    found = [ids(one.tickets.list(**query).items) == [ticket.id] for one in (acme, public)]
    assert found == [inside, outside]


def test_what_is_not_found_is_not_counted(public: Workspace, ticket: Ticket) -> None:
    assert public.tickets.list(search="marmalade").total == 0


def test_an_internal_thread_is_an_empty_one(acme: Workspace, public: Workspace) -> None:
    made = acme.tickets.create(title="Help")
    acme.messages.create(made.id, content="Psst", is_internal=True)
    seen = public.tickets.get(made.id)
    assert (seen.message_count, seen.messages) == (0, ())


def test_a_cursor_of_one_view_does_not_continue_another(
    acme: Workspace, public: Workspace, ticket: Ticket
) -> None:
    acme.tickets.create(title="Second")
    cursor = acme.tickets.list(page_size=1).next_cursor
    assert refusal(public.tickets.list, page_size=1, cursor=cursor) == [
        "cursor must be a nextCursor of an earlier answer to the same query"
    ]


def test_the_custom_fields_are_shown(acme: Workspace, public: Workspace) -> None:
    acme.custom_fields.create(name="Seats", key="seats", type="number", entity_type="tickets")
    made = acme.tickets.create(title="Help", custom_fields={"seats": 5})
    assert public.tickets.get(made.id).custom_fields == {"seats": 5}


@pytest.mark.parametrize(
    "act",
    [
        lambda shop, id: shop.tickets.create(title="Mine"),
        lambda shop, id: shop.tickets.update(id, title="Mine"),
        lambda shop, id: shop.tickets.delete(id),
        lambda shop, id: shop.messages.create(id, content="Mine"),
        lambda shop, id: shop.customers.create(name="Mine"),
        lambda shop, id: shop.members.create(name="Mine", email="mine@example.com"),
        lambda shop, id: shop.custom_fields.create(
            name="Mine", key="mine", type="text", entity_type="tickets"
        ),
        lambda shop, id: shop.events.list(),
        lambda shop, id: shop.events.of_ticket(id),
    ],
)
def test_a_publishable_key_neither_writes_nor_reads_the_events(
    acme: Workspace, public: Workspace, act: Callable[[Workspace, str], object]
) -> None:
    ticket = acme.tickets.create(title="Theirs")

    with pytest.raises(Forbidden):
        act(public, ticket.id)
    assert [one.title for one in acme.tickets.list().items] == ["Theirs"]
