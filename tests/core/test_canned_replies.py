"""Canned replies: their rules, how they are found, and what a ticket makes of them."""

import threading
import tracemalloc
from typing import Any

import pytest

from cstar_core import (
    CANNED_REPLIES_MAX,
    Actor,
    CannedReply,
    Conflict,
    Forbidden,
    Helpdesk,
    NotFound,
    StaleVersion,
    Workspace,
)
from tests.core.tracing import queries
from tests.core.vocabulary import NOTHING, ManualClock, ids, refusal, walk_cursor, walk_pages


def names(room: Workspace, **query: Any) -> list[str]:
    return [each.name for each in room.canned_replies.list(**query).items]


@pytest.fixture
def hello(acme: Workspace) -> CannedReply:
    return acme.canned_replies.create(
        name="Hello", content="Hello {{customer.first_name|there}}", shortcut="hi"
    )


# --- writing


def test_a_canned_reply_is_kept_as_it_is_given(acme: Workspace, clock: ManualClock) -> None:
    made = acme.canned_replies.create(name="Late  parcel", content=" Sorry \n", shortcut="late-1")
    assert (made.name, made.content, made.shortcut) == ("Late  parcel", " Sorry \n", "late-1")
    assert (made.position, made.version) == (1, 1)
    assert made.created_at == made.updated_at == clock.now
    assert acme.canned_replies.get(made.id) == acme.canned_replies.find(made.id) == made


LONG = "x" * 100_001
PROBLEMS: list[tuple[dict[str, Any], list[str]]] = [
    ({"name": " ", "content": ""}, ["name is required", "content is required"]),
    ({"name": "x" * 101}, ["name must be at most 100 characters"]),
    ({"name": 7, "content": None}, ["name must be a string", "content is required"]),
    ({"content": LONG}, ["content must be at most 100,000 characters"]),
    ({"content": "a\0"}, ["content must be Unicode text without U+0000"]),
    ({"content": "{{team.nmae}}"},
     ["content.team.nmae is not known; did you mean team.name?"]),
    ({"content": "{{ticket.custom_fields.x}}"}, ["content.ticket.custom_fields.x is not known"]),
    ({"shortcut": "/hi"}, ["shortcut must match ^[a-z0-9][a-z0-9_-]{0,31}$"]),
    ({"shortcut": "Hi"}, ["shortcut must match ^[a-z0-9][a-z0-9_-]{0,31}$"]),
    ({"shortcut": "x" * 33}, ["shortcut must match ^[a-z0-9][a-z0-9_-]{0,31}$"]),
    ({"shortcut": "hi\n"}, ["shortcut must match ^[a-z0-9][a-z0-9_-]{0,31}$"]),
    ({"shortcut": ""}, ["shortcut must match ^[a-z0-9][a-z0-9_-]{0,31}$"]),
    ({"position": -1}, ["position must be an integer from 0 to 1000000"]),
    ({"position": True}, ["position must be an integer from 0 to 1000000"]),
]  # fmt: skip


@pytest.mark.parametrize(("values", "problems"), PROBLEMS)
def test_what_breaks_a_rule_is_told_at_making_and_changing(
    acme: Workspace, hello: CannedReply, values: dict[str, Any], problems: list[str]
) -> None:
    found = refusal(acme.canned_replies.create, **{"name": "x", "content": "x"} | values)
    assert found == problems
    assert refusal(acme.canned_replies.update, hello.id, **values) == found
    assert acme.canned_replies.list().items == (hello,)


def test_an_unknown_name_is_a_problem(acme: Workspace, hello: CannedReply) -> None:
    problem = ["title is not known"]
    assert refusal(acme.canned_replies.update, hello.id, title="x") == problem


@pytest.mark.parametrize("name", ["hello", "HELLO", " hello "])
def test_a_name_is_taken_whatever_its_case(
    acme: Workspace, globex: Workspace, sandbox: Workspace, hello: CannedReply, name: str
) -> None:
    with pytest.raises(Conflict, match="with this name exists already") as caught:
        acme.canned_replies.create(name=name, content="x")
    assert caught.value.param == "name"
    assert all(room.canned_replies.create(name=name, content="x") for room in (globex, sandbox))


def test_a_shortcut_is_taken_once(acme: Workspace, hello: CannedReply) -> None:
    with pytest.raises(Conflict) as caught:
        acme.canned_replies.create(name="x", content="x", shortcut="hi")
    other = acme.canned_replies.create(name="x", content="x")
    with pytest.raises(Conflict) as changed:
        acme.canned_replies.update(other.id, shortcut="hi")
    assert caught.value.param == changed.value.param == "shortcut"
    acme.canned_replies.update(hello.id, shortcut=None)
    assert acme.canned_replies.update(other.id, shortcut="hi").shortcut == "hi"


def test_one_name_is_given_once_to_many_at_once(desk: Helpdesk) -> None:
    made: list[str] = []
    refused: list[str | None] = []

    def create() -> None:
        try:
            room = desk.workspace("acme")
            made.append(room.canned_replies.create(name="Hello", content="x").id)
        except Conflict as error:
            refused.append(error.param)

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(made), refused) == (1, ["name"] * 7)


def test_a_change_is_an_event_and_none_without_one(
    acme: Workspace, hello: CannedReply, clock: ManualClock
) -> None:
    clock.tick()
    changed = acme.canned_replies.update(hello.id, name="HELLO", position=3)
    assert (changed.version, changed.updated_at, changed.created_at) == (
        2, clock.now, hello.created_at
    )  # fmt: skip
    assert acme.canned_replies.update(hello.id, name="HELLO") == changed
    acme.canned_replies.delete(hello.id)
    found = acme.events.list(types="canned_reply.*").items
    assert [(each.type, each.object_id, each.data, each.changes) for each in found] == [
        ("canned_reply.created", hello.id, {"name": "Hello", "shortcut": "hi"}, {}),
        (
            "canned_reply.updated",
            hello.id,
            {"name": "HELLO", "shortcut": "hi"},
            {"name": {"from": "Hello", "to": "HELLO"}, "position": {"from": 1, "to": 3}},
        ),
        ("canned_reply.deleted", hello.id, {"name": "HELLO", "shortcut": "hi"}, {}),
    ]
    assert acme.canned_replies.find(hello.id) is None


def test_a_stale_change_is_refused(acme: Workspace, hello: CannedReply) -> None:
    acme.canned_replies.update(hello.id, name="x", expected_version=1)
    with pytest.raises(StaleVersion, match="at version 2"):
        acme.canned_replies.update(hello.id, name="y", expected_version=1)
    with pytest.raises(StaleVersion):
        acme.canned_replies.delete(hello.id, expected_version=1)
    assert names(acme) == ["x"]


@pytest.mark.parametrize("id", [NOTHING, f"cr_{'0' * 32}", "hi", "", 7])
def test_what_is_not_here_is_not_found(acme: Workspace, hello: CannedReply, id: Any) -> None:
    ticket = acme.tickets.create(title="x").id
    room = acme.canned_replies
    for act in (room.get, room.delete, room.update, lambda id: room.fill(id, ticket)):
        with pytest.raises(NotFound, match="Canned reply not found"):
            act(id)


def test_another_teams_canned_reply_is_not_found(
    acme: Workspace, globex: Workspace, sandbox: Workspace, hello: CannedReply
) -> None:
    assert globex.canned_replies.find(hello.id) is None
    assert sandbox.canned_replies.find(hello.id) is None
    assert globex.canned_replies.list(search="hello").items == ()


def test_a_publishable_key_does_not_open_them(
    acme: Workspace, public: Workspace, hello: CannedReply
) -> None:
    room, ticket = public.canned_replies, acme.tickets.create(title="x").id
    acts = (
        room.list,
        lambda: room.get(hello.id),
        lambda: room.find(hello.id),
        lambda: room.fill(hello.id, ticket),
        lambda: room.create(name="x", content="x"),
        lambda: room.delete(hello.id),
    )
    for act in acts:
        with pytest.raises(Forbidden):
            act()
    assert names(acme) == ["Hello"]


def test_a_workspace_has_room_for_so_many(acme: Workspace, desk: Helpdesk) -> None:
    with desk.transaction():
        for number in range(CANNED_REPLIES_MAX):
            acme.canned_replies.create(name=f"Reply {number}", content="x")
    with pytest.raises(Conflict, match="at most 1,000 canned replies"):
        acme.canned_replies.create(name="One more", content="x")
    assert acme.canned_replies.list().total == CANNED_REPLIES_MAX


# --- finding


def test_they_are_listed_by_position_and_then_by_age(acme: Workspace) -> None:
    for name, position in (("a", None), ("b", 0), ("c", 1), ("d", None)):
        acme.canned_replies.create(name=name, content="x", position=position)
    assert names(acme) == ["b", "a", "c", "d"]
    every = acme.canned_replies.list().items
    for query in ({}, {"search": "x"}):
        asked: dict[str, Any] = {"page_size": 3, **query}
        assert walk_pages(acme.canned_replies.list, **asked) == list(every)
        assert ids(walk_cursor(acme.canned_replies.list, **asked)) == ids(every)
    assert acme.canned_replies.list(page=9).items == ()
    cursor = acme.canned_replies.list(page_size=3).next_cursor
    assert refusal(acme.canned_replies.list, cursor=cursor, search="x") == [
        "cursor must be a nextCursor of an earlier answer to the same query"
    ]


@pytest.mark.parametrize(
    ("name", "place", "order"),
    [("d", 0, "dabc"), ("a", 2, "bcad"), ("a", 0, "abcd"), ("b", 3, "acdb"), ("b", 999, "acdb")],
)
def test_one_is_put_at_a_place_among_all(
    acme: Workspace, name: str, place: int, order: str
) -> None:
    made = {each: acme.canned_replies.create(name=each, content="x", position=7) for each in "abcd"}
    moved = acme.canned_replies.move(made[name].id, place)
    assert "".join(names(acme)) == order
    assert moved.position == order.index(name) + 1
    before = acme.events.list().total
    assert acme.canned_replies.move(made[name].id, place) == moved
    assert acme.events.list().total == before


def test_moving_one_does_not_read_the_texts_of_all(acme: Workspace) -> None:
    length, number = 50_000, 100
    made = [
        acme.canned_replies.create(name=str(each), content="x" * length).id
        for each in range(number)
    ]
    tracemalloc.start()
    acme.canned_replies.move(made[1], 0)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert names(acme)[:3] == ["1", "0", "2"]
    assert most < length * number / 4


def test_a_place_is_a_number_and_a_reply_is_one_of_the_workspace(
    acme: Workspace, desk: Helpdesk
) -> None:
    made = acme.canned_replies.create(name="a", content="x")
    assert refusal(acme.canned_replies.move, made.id, -1) == [
        "place must be an integer from 0 to 1000000"
    ]
    with pytest.raises(NotFound):
        desk.workspace("acme", environment="test").canned_replies.move(made.id, 0)


REPLIES = (
    ("Refund granted", "We return your money.", "yes"),
    ("No refund", "It is too late for that.", "refund-no"),
    ("Grüße", "Bis zur nächsten Rückgabe (refund)", None),
    ("東京都へ", "発送しました", "tokyo"),
    ("Long", "x " * 2_000 + "needle", None),
)
SEARCHES: list[tuple[str, list[str]]] = [
    ("refund", ["No refund", "Refund granted", "Grüße"]),
    ("REFUND", ["No refund", "Refund granted", "Grüße"]),
    ("refund-", ["No refund"]),
    ("money refund", ["Refund granted"]),
    ("grusse", ["Grüße"]),
    ("ruckgabe nachsten", ["Grüße"]),
    ("ye", ["Refund granted"]),
    ("東京", ["東京都へ"]),
    ("送し", ["東京都へ"]),
    ("needle", []),
    ("%", []),
    ("no such", []),
    (" ", ["Refund granted", "No refund", "Grüße", "東京都へ", "Long"]),
]


@pytest.mark.parametrize(("search", "found"), SEARCHES)
def test_a_search_finds_by_shortcut_name_and_text(
    acme: Workspace, search: str, found: list[str]
) -> None:
    for name, content, shortcut in REPLIES:
        acme.canned_replies.create(name=name, content=content, shortcut=shortcut)
    assert names(acme, search=search) == found


def test_a_search_that_cannot_be_is_refused(acme: Workspace) -> None:
    assert refusal(acme.canned_replies.list, search="x" * 501) == [
        "search must be at most 500 characters"
    ]


def test_a_list_takes_as_many_queries_whatever_there_is(acme: Workspace, desk: Helpdesk) -> None:
    for number in range(30):
        acme.canned_replies.create(name=f"Reply {number}", content="x" * 50_000)
    for query in ({}, {"search": "reply"}):
        for size in (1, 100):
            asked: dict[str, Any] = {"page_size": size, **query}
            assert len(queries(desk, lambda asked=asked: acme.canned_replies.list(**asked))) == 2


# --- filling in


@pytest.fixture
def ticket(acme: Workspace) -> str:
    for entity in ("tickets", "customers"):
        acme.custom_fields.create(
            name="Seats", key="seats", type="number", entity_type=entity
        )  # fmt: skip
        acme.custom_fields.create(name="Region", key="region", type="text", entity_type=entity)
    customer = acme.customers.create(
        name="Jane {{team.name}}", email="jane@example.com", custom_fields={"seats": 5}
    )
    return acme.tickets.create(
        title="Late", customer_id=customer.id, custom_fields={"region": "EU"}
    ).id


EVERYTHING = (
    "{{customer.name}}|{{customer.first_name}}|{{customer.email}}|{{ticket.number}}|"
    "{{ticket.title}}|{{member.name}}|{{member.first_name}}|{{team.name}}|"
    "{{ticket.custom_fields.region}}|{{ticket.custom_fields.seats|?}}|"
    "{{customer.custom_fields.seats}}|{{customer.custom_fields.region}}"
)


def test_every_placeholder_is_filled_in_for_a_member(
    desk: Helpdesk, acme: Workspace, ticket: str
) -> None:
    ada = acme.members.create(name="Ada Byron", email="ada@example.com")
    made = acme.canned_replies.create(name="x", content=EVERYTHING)
    room = desk.workspace_of_member(ada.id)
    assert room.canned_replies.fill(made.id, ticket) == (
        "Jane {{team.name}}|Jane|jane@example.com|1|Late|Ada Byron|Ada|Acme|EU|?|5|"
    )
    assert len(queries(desk, lambda: room.canned_replies.fill(made.id, ticket))) == 6


def test_there_may_be_nothing_to_fill_in(acme: Workspace, ticket: str) -> None:
    made = acme.canned_replies.create(name="x", content="{{customer.name|you}} {{member.name|we}}")
    alone = acme.tickets.create(title="x").id
    assert acme.canned_replies.fill(made.id, alone) == "you we"
    acme.customers.delete(acme.tickets.get(ticket).customer_id or "")
    assert acme.canned_replies.fill(made.id, ticket) == "you we"


def test_a_removed_member_has_no_name(desk: Helpdesk, acme: Workspace, ticket: str) -> None:
    ada = acme.members.create(name="Ada", email="ada@example.com")
    made = acme.canned_replies.create(name="x", content="{{member.name|we}}")
    room = desk.workspace("acme", actor=Actor("member", ada.id))
    acme.members.delete(ada.id)
    assert room.canned_replies.fill(made.id, ticket) == "we"


def test_what_a_deleted_field_stood_for_stays_as_it_was_typed(acme: Workspace, ticket: str) -> None:
    made = acme.canned_replies.create(name="x", content="{{ticket.custom_fields.region|none}}")
    (field,) = [
        each for each in acme.custom_fields.list(entity_type="tickets") if each.key == "region"
    ]
    acme.custom_fields.update(field.id, archived=True)
    assert acme.canned_replies.fill(made.id, ticket) == "EU"
    acme.custom_fields.delete(field.id)
    assert acme.canned_replies.fill(made.id, ticket) == made.content
    assert acme.canned_replies.update(made.id, name="y").name == "y"
    assert "ticket.custom_fields.region" not in acme.canned_replies.placeholders()


def test_another_teams_ticket_is_not_filled_in(
    globex: Workspace, sandbox: Workspace, acme: Workspace, hello: CannedReply
) -> None:
    for room in (globex, sandbox):
        with pytest.raises(NotFound, match="Ticket not found"):
            acme.canned_replies.fill(hello.id, room.tickets.create(title="x").id)


def test_a_text_that_grows_too_long_is_refused(acme: Workspace, ticket: str) -> None:
    acme.tickets.update(ticket, custom_fields={"region": "x" * 5_000})
    content = "{{ticket.custom_fields.region}}" * 21
    made = acme.canned_replies.create(name="x", content=content)
    assert refusal(acme.canned_replies.fill, made.id, ticket) == [
        "content must be at most 100,000 characters once its placeholders are filled in"
    ]


def test_a_search_goes_through_all_there_may_be(acme: Workspace, desk: Helpdesk) -> None:
    text = "Größe und Maß der Sendung " * 200
    with desk.transaction():
        for number in range(CANNED_REPLIES_MAX):
            acme.canned_replies.create(name=f"Reply {number}", content=text)
    assert acme.canned_replies.list(search="nothing like this").total == 0
    assert acme.canned_replies.list(search=f"reply {CANNED_REPLIES_MAX - 1}").total == 1
