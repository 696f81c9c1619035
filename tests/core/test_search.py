"""Search: what is found, by whom, and that the index follows every write."""

from typing import Any

import pytest

from cstar_core import SEARCH_MAX, Helpdesk, Ticket, Workspace
from tests.core.vocabulary import START, ids, refusal

LONG = "a b c d e f g h i j k"
WORDS = " ".join(f"w{number}" for number in range(40))

# A ticket's title, its message, what is searched, whether it is found.
FOUND: list[tuple[str, str, str, bool]] = [
    ("Cannot log in", "", "log", True),
    ("Cannot log in", "", "LOG cannot", True),
    ("Cannot log in", "", "log out", False),
    ("Cannot log in", "", "can", True),
    ("Cannot log in", "", "can log", False),
    ("Cannot log in", "", "ann", False),
    ("", "the card was declined", "declined", True),
    ("Refund", "the card was declined", "refund card", True),
    ("Refund", "card", '"refund card"', False),
    ("Card payment", "", '"card payment"', True),
    ("Card payment", "", '"payment card"', False),
    ("Card payment", "", '"card pay"', False),
    ("Card payment", "", '"card" pay', True),
    ("Card payment", "", "payment -card", False),
    ("Card payment", "", "payment -paypal", True),
    ("Card payment", "", "-paypal", True),
    ("Card payment", "", "-card", False),
    ("Card payment", "", '-"payment card"', True),
    ("Card payment", "", '-"card payment"', False),
    ("Card payment", "", "-pay", True),
    (WORDS, "", f'"{WORDS}"', True),
    (WORDS, "", f'"{WORDS} x"', False),
    (WORDS, "", f'"x {WORDS}"', False),
    (WORDS, "", WORDS.replace(" ", "-"), True),
    (WORDS, "", WORDS.replace(" ", "-")[:-1], True),
    (WORDS, "", WORDS.replace(" ", "-").replace("w39", "x39"), False),
    (WORDS, "", f'-"{WORDS}"', False),
    (WORDS, "", f'-"{WORDS} x"', True),
    (WORDS, "", f'"{WORDS.replace("w5", "w6")}"', False),
    (WORDS, "", " ".join(['"w1 w2 w3 w4"'] * 20), True),
    ("的" * 100, "", "的" * 100, True),
    (LONG, "", f'"{LONG}"', True),
    (f"so {LONG} so", "", f'"{LONG}"', True),
    (LONG, "", f'"{LONG} l"', False),
    (LONG, "", f'"{LONG[:-1]}x"', False),
    (LONG, "", '"a-b.c_d e\'f/g,h:i j k"', True),
    (LONG, "", "a-b-c-d-e-f-g-h-i-j-k", True),
    (LONG, "", "b-b-c-d-e-f-g-h-i-j-k", False),
    (LONG, "", f'-"{LONG}"', False),
    (LONG, "", f'-"{LONG} l"', True),
    ("東京都大阪府名古屋神戸市", "", "東京都大阪府名古屋神戸市", True),
    ("東京都大阪府名古屋神戸市", "", "東京都大阪府名古屋京都市", False),
    ("Crème brûlée", "", "creme brulee", True),
    ("creme brulee", "", "Crème Brûlée", True),
    ("cre\u0300me", "", "cr\u00e8me", True),
    ("Łódź", "", "lodz", True),
    ("Straße", "", "strasse", True),
    ("STRASSE", "", "straße", True),
    ("İstanbul", "", "istanbul", True),
    ("Ελλάδα", "", "ελλαδα", True),
    ("ΟΔΟΣ", "", "οδός", True),
    ("Привет", "", "ПРИВЕТ", True),
    ("ёлка", "", "елка", True),
    ("foo-bar baz", "", "foo-bar", True),
    ("foo bar", "", "foo-bar", True),
    ("bar foo", "", "foo-bar", False),
    ("jane@example.com", "", "jane@example.com", True),
    ("v2.10.3", "", "v2.10", True),
    ("C++ and C#", "", "c++", True),
    ("５００円", "", "500", True),
    ("refund", "", "refund ...", True),
    ("refund", "", "...", False),
    ("refund", "", "   ", True),
    ("refund", "", "refund AND", False),
    ("a OR b", "", "or", True),
]

CJK = [
    ("東京都へ行く", ["東京", "京都", "都へ", "へ行", "行く", "東京都へ行く", "東", "く"]),
    ("返金をお願いします", ["返金", "お願", "願い", "します"]),
    ("ログインできません", ["ログ", "イン", "ログイン", "でき", "ません"]),
    ("ﾛｸﾞｲﾝ", ["ログ", "グイ", "ｲﾝ"]),
    ("退款问题", ["退款", "款问", "问题", "退款问题"]),
    ("無法登入", ["無法", "法登", "登入"]),
    ("환불 요청", ["환불", "요청", "환불 요청", "요"]),
    ("로그인할수없어요", ["로그", "그인", "수없", "어요"]),
    ("𠮷野家", ["𠮷野", "野家"]),
    ("iPhone15の返金", ["iphone15", "iphone15の", "の返", "返金", "iphone15の返金"]),
]
NOT_CJK = [
    ("東京 大阪", "京大"),
    ("東京、大阪", "京大"),
    ("東京都", "東都"),
    ("京都", "東京"),
    ("환불", "불환"),
    ("退款问题", "问退"),
]


@pytest.mark.parametrize(("title", "message", "search", "found"), FOUND)
def test_a_ticket_is_found_by_its_words(
    acme: Workspace, title: str, message: str, search: str, found: bool
) -> None:
    acme.tickets.create(title=title or "x", initial_message=message or None)
    assert acme.tickets.list(search=search).total == int(found)


@pytest.mark.parametrize(("text", "searches"), CJK)
def test_east_asian_text_is_found_by_any_two_characters(
    acme: Workspace, text: str, searches: list[str]
) -> None:
    acme.tickets.create(title="x", initial_message=text)
    assert [one for one in searches if acme.tickets.list(search=one).total] == searches


@pytest.mark.parametrize(("text", "search"), NOT_CJK)
def test_characters_that_do_not_stand_side_by_side_are_not_found(
    acme: Workspace, text: str, search: str
) -> None:
    acme.tickets.create(title=text)
    assert acme.tickets.list(search=search).total == 0


def test_a_phrase_does_not_cross_messages(acme: Workspace) -> None:
    ticket = acme.tickets.create(title="card", initial_message="payment with")
    acme.messages.create(ticket.id, content="paypal failed")
    acme.messages.create(ticket.id, content="支払")
    acme.messages.create(ticket.id, content="方法")
    for phrase in ('"card payment"', '"with paypal"', '"failed 支払"', "払方"):
        assert acme.tickets.list(search=phrase).total == 0
    assert acme.tickets.list(search='"paypal failed" card').total == 1


def test_a_ticket_is_found_by_its_customers_name_and_address(acme: Workspace) -> None:
    acme.tickets.create(title="x", customer_name="Zoë Ng", customer_email="zoe@example.com")
    for search in ("zoe", "zoë ng", "zoe@example.com", "example", "x zoe"):
        assert acme.tickets.list(search=search).total == 1


def test_a_name_and_an_address_are_no_phrase(acme: Workspace) -> None:
    acme.tickets.create(title="x", customer_name="Ng", customer_email="zoe@example.com")
    assert acme.tickets.list(search='"ng zoe"').total == 0


@pytest.mark.parametrize("field", ["notes", "tags"])
def test_notes_and_tags_are_not_searched(acme: Workspace, field: str) -> None:
    values: Any = {field: "hidden"}
    acme.tickets.create(title="x", **values)
    assert acme.tickets.list(search="hidden").total == 0


def test_a_ticket_is_found_by_its_number_and_ids(acme: Workspace) -> None:
    one, other = (acme.tickets.create(title=f"{word} 42") for word in ("first", "second"))
    plain = f"{one.id[4:12]}-{one.id[12:16]}-{one.id[16:20]}-{one.id[20:24]}-{one.id[24:]}"
    for search in ("#1", one.id, plain, "#1 first", f"#1 {one.id}", "#1 #1"):
        assert ids(acme.tickets.list(search=search).items) == [one.id], search
    for search in ("#1 second", "#1 #2", f"{one.id} {other.id}", f"#1 {other.id}", "#3"):
        assert acme.tickets.list(search=search).total == 0, search


def test_the_id_of_elsewhere_finds_nothing(acme: Workspace, globex: Workspace) -> None:
    stranger = globex.tickets.create(title="x")
    assert acme.tickets.list(search=stranger.id).total == 0


def test_nothing_of_elsewhere_is_found(
    acme: Workspace, sandbox: Workspace, globex: Workspace
) -> None:
    for room in (sandbox, globex):
        room.tickets.create(title="refund", customer_name="Jane")
    assert acme.tickets.list(search="refund").total == 0
    assert acme.customers.list(search="jane").total == 0


def test_a_search_of_five_hundred_characters_is_the_longest(acme: Workspace) -> None:
    assert acme.tickets.list(search="x" * SEARCH_MAX).total == 0
    assert refusal(acme.tickets.list, search="x" * (SEARCH_MAX + 1)) == [
        "search must be at most 500 characters"
    ]


@pytest.mark.parametrize("search", [5, b"x", "a\0", "\ud800"])
def test_a_search_must_be_text(acme: Workspace, search: Any) -> None:
    [problem] = refusal(acme.tickets.list, search=search)
    assert problem.startswith("search must be")


NAIVE = START.replace(tzinfo=None)
SORTS_ARE = "sort must be one of: created_at, updated_at, number, priority, relevance"
REFUSED: list[tuple[dict[str, Any], list[str]]] = [
    ({"sort": "title"}, [SORTS_ARE]),
    ({"sort": "--number"}, [SORTS_ARE]),
    ({"sort": ""}, [SORTS_ARE]),
    ({"sort": None}, [SORTS_ARE]),
    ({"sort": "relevance"}, ["sort can be relevance only together with search"]),
    ({"sort": "relevance", "search": " "}, ["sort can be relevance only together with search"]),
    ({"sort": "-relevance", "search": "x"}, ["sort must be relevance without a minus"]),
    ({"page": 2, "cursor": "x"}, ["cursor cannot be combined with page"]),
    ({"status": "opne"}, ["status must be one of: new, open, pending, resolved, closed"]),
    ({"status": ["open", "x"]}, ["status must be one of: new, open, pending, resolved, closed"]),
    ({"status": ""}, ["status must be one of: new, open, pending, resolved, closed"]),
    ({"priority": "a,b"}, ["priority must be one of: low, normal, high, urgent"]),
    ({"customer_id": "jane"}, ["customer_id must be an id"]),
    ({"assigned_to": "None"}, ["assigned_to must be an id"]),
    ({"tags": 5}, ["tags must be an array of strings or a comma-separated string"]),
    ({"created_after": NAIVE}, ["created_after must be an instant with a time zone"]),
    ({"updated_before": "2025"}, ["updated_before must be an instant with a time zone"]),
    ({"custom_fields": {"a": 1}}, ["custom_fields.a is not known"]),
]  # fmt: skip


@pytest.mark.parametrize(("query", "problems"), REFUSED)
def test_a_list_that_cannot_be_is_refused(
    acme: Workspace, query: dict[str, Any], problems: list[str]
) -> None:
    assert refusal(acme.tickets.list, **query) == problems


def test_customers_cannot_be_ranked(acme: Workspace) -> None:
    assert refusal(acme.customers.list, search="x", sort="relevance") == [
        "sort must be one of: created_at, updated_at, name"
    ]


def test_references_to_what_is_not_here_find_nothing(acme: Workspace) -> None:
    acme.tickets.create(title="x", tags="a")
    for query in (
        {"customer_id": f"cus_{'0' * 32}"},
        {"assigned_to": f"mem_{'0' * 32}"},
        {"customer_id": f"tkt_{'0' * 32}"},
        {"tags": "never used"},
        {"tags": ["a", "never used"]},
    ):
        page = acme.tickets.list(**query)  # type: ignore[arg-type]
        assert (page.items, page.total, page.next_cursor) == ((), 0, None)


def test_a_page_past_the_end_is_empty(acme: Workspace) -> None:
    acme.tickets.create(title="refund")
    for query in ({}, {"search": "refund"}, {"search": "refund", "sort": "relevance"}):
        page = acme.tickets.list(page=99, **query)  # type: ignore[arg-type]
        assert (page.items, page.total, page.has_more) == ((), 1, False)


# The index follows every write


@pytest.fixture
def ticket(acme: Workspace) -> Ticket:
    return acme.tickets.create(
        title="Refund", customer_name="Jane Smith", initial_message="Where is it?"
    )


def found(room: Workspace, *searches: str) -> list[str]:
    return [search for search in searches if room.tickets.list(search=search).total]


def test_a_new_title_is_found_and_the_old_one_is_not(acme: Workspace, ticket: Ticket) -> None:
    acme.tickets.update(ticket.id, title="Chargeback")
    assert found(acme, "refund", "chargeback", "jane", "where") == ["chargeback", "jane", "where"]


def test_a_new_message_is_found(acme: Workspace, ticket: Ticket) -> None:
    acme.messages.create(ticket.id, content="On its way")
    assert found(acme, "way", "where", "way where refund") == ["way", "where", "way where refund"]


def test_a_renamed_customer_is_found_by_the_new_name(acme: Workspace, ticket: Ticket) -> None:
    assert ticket.customer_id is not None
    acme.customers.update(ticket.customer_id, name="Zoe Park", email="zoe@example.com")
    assert found(acme, "jane", "zoe", "example", "refund") == ["zoe", "example", "refund"]
    assert acme.customers.list(search="jane").total == 0
    assert acme.customers.list(search="park example").total == 1


def test_a_change_of_customer_is_followed(acme: Workspace, ticket: Ticket) -> None:
    bo = acme.customers.create(name="Bo Li")
    acme.tickets.update(ticket.id, customer_id=bo.id)
    assert found(acme, "jane", "bo") == ["bo"]
    acme.tickets.update(ticket.id, customer_id=None)
    assert found(acme, "jane", "bo", "refund") == ["refund"]


def test_a_deleted_customer_is_not_found_on_its_tickets(acme: Workspace, ticket: Ticket) -> None:
    assert ticket.customer_id is not None
    acme.customers.delete(ticket.customer_id)
    assert found(acme, "jane", "refund", "where") == ["refund", "where"]


def test_a_deleted_ticket_is_not_found(acme: Workspace, ticket: Ticket) -> None:
    acme.tickets.delete(ticket.id)
    assert found(acme, "refund", "jane", "where") == []


def test_everything_at_once_leaves_the_index_sound(
    desk: Helpdesk, acme: Workspace, ticket: Ticket
) -> None:
    assert ticket.customer_id is not None
    with desk.transaction():
        acme.tickets.update(ticket.id, title="One")
        acme.customers.update(ticket.customer_id, name="Two")
        acme.messages.create(ticket.id, content="Three")
        acme.tickets.update(ticket.id, title="Four")
        short = acme.tickets.create(title="Five")
        acme.tickets.delete(short.id)
    assert found(acme, "refund", "one", "jane", "two", "three", "four", "five") == [
        "two",
        "three",
        "four",
    ]
    assert desk.check().ok


def test_what_the_index_holds_can_be_taken_out_again(desk: Helpdesk, acme: Workspace) -> None:
    for title in (
        "é" * 200,
        "東京" * 50,
        "ß\u0301\u0345",
        "\ue000 a",
        "\U0001d518\U0001d52b",
        "a\u200db",
        "ﷺ",
    ):
        ticket = acme.tickets.create(title=title, initial_message=title[::-1])
        acme.tickets.update(ticket.id, title="plain")
        acme.tickets.delete(ticket.id)
    with desk._store.transaction() as tx:
        tx.write_sql("INSERT INTO ticket_search_1 (ticket_search_1) VALUES ('optimize')")
        left = tx.sql("SELECT count(*) FROM ticket_search_1 WHERE ticket_search_1 MATCH 'plain'")
    assert left == [(0,)]


def test_internal_messages_are_found_by_a_secret_key_alone(
    acme: Workspace, public: Workspace, ticket: Ticket
) -> None:
    acme.messages.create(ticket.id, content="fraud suspected", is_internal=True)
    assert found(acme, "fraud", "refund fraud", "where fraud") == [
        "fraud",
        "refund fraud",
        "where fraud",
    ]
    assert found(public, "fraud", "refund fraud", '"fraud suspected"', "where") == ["where"]


def test_excluding_a_word_of_internal_messages_tells_a_publishable_key_nothing(
    acme: Workspace, public: Workspace, ticket: Ticket
) -> None:
    acme.messages.create(ticket.id, content="fraud", is_internal=True)
    assert found(acme, "-fraud", "refund -fraud") == []
    assert found(public, "-fraud", "refund -fraud") == ["-fraud", "refund -fraud"]


def test_customers_are_found_by_name_and_address(acme: Workspace) -> None:
    acme.customers.create(name="Zoë Ng", email="zoe@example.com")
    acme.customers.create(name="Bo #1")
    rooms = acme.customers
    for search, total in (("zoe", 1), ("example.com", 1), ("#1", 1), ("-zoe", 1), ("x", 0)):
        assert rooms.list(search=search).total == total, search
