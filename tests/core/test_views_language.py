"""The tables are the specification of the text that finds tickets."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstar_core import Invalid
from cstar_core.fields import Definition
from cstar_core.tags import fold_tag
from cstar_core.tickets import TicketFilter, check_filter
from cstar_core.views import (
    Colleague,
    Known,
    query_of,
    read_query,
    read_text,
    shown_text,
    understand,
    write_query,
)
from cstar_core.views.language import NAMES, Query, Term
from cstar_core.words import parse_search
from tests.core.vocabulary import messages

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
ME, SAM, PAT, PAUL, JANE = ("mem_" + digit * 32 for digit in "12345")
CUSTOMER, OTHER = ("cus_" + digit * 32 for digit in "12")


def field(id: int, key: str, type: str, *options: str, archived: bool = False) -> Definition:
    return Definition(id, key, type, False, options, archived)


FIELDS = (
    field(1, "region", "select", "EU", "US", "South, East"),
    field(2, "langs", "multiselect", "de", "en"),
    field(3, "seats", "number"),
    field(4, "due", "date"),
    field(5, "vip", "boolean"),
    field(6, "plan", "text"),
    field(7, "status", "text"),
    field(8, "old", "text", archived=True),
)
KNOWN = Known(
    now=NOW,
    me=ME,
    members=(
        Colleague(ME, "Mia Jones", "mia@example.com"),
        Colleague(SAM, "Sam Öz", "sam@example.com"),
        Colleague(PAT, "Pat Lee", "pat@example.com"),
        Colleague(PAUL, "Pat Lee", "paul@example.com"),
        Colleague(JANE, "Jane Smith", "jane@example.com"),
    ),
    fields={one.key: one for one in FIELDS},
    customers={"Jane Smith": (CUSTOMER,), "bo@example.com": (OTHER,), "Bo": (CUSTOMER, OTHER)},
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# What one types, and the filter that it means.
MEANS: list[tuple[str, dict[str, Any]]] = [
    ("", {}),
    ("   \n\t ", {}),
    ("refund card", {"search": "refund card"}),
    ('-word "a phrase" #42', {"search": '-word "a phrase" #42'}),
    ("status:open", {"status": ["open"]}),
    ("Status:OPEN", {"status": ["open"]}),
    ("status:=open", {"status": ["open"]}),
    ("status:open,new", {"status": ["new", "open"]}),
    ("status:open,,", {"status": ["open"]}),
    ("-status:closed,resolved", {"status": ["new", "open", "pending"]}),
    ("status:open,new -status:new", {"status": ["open"]}),
    ("priority:high,urgent", {"priority": ["high", "urgent"]}),
    ("-priority:low", {"priority": ["normal", "high", "urgent"]}),
    ("is:open", {"status": ["open"]}),
    ("-is:closed", {"status": ["new", "open", "pending", "resolved"]}),
    ("is:unassigned", {"assigned_to": "none"}),
    ("assignee:none", {"assigned_to": "none"}),
    ("assignee:Nobody is:unassigned", {"assigned_to": "none"}),
    ("assignee:me", {"assigned_to": ME}),
    ("assignee:sam@EXAMPLE.com", {"assigned_to": SAM}),
    ('assignee:"sam öz"', {"assigned_to": SAM}),
    ("assignee:sam", {"assigned_to": SAM}),
    ("assignee:paul@example.com", {"assigned_to": PAUL}),
    (f"assignee:{JANE}", {"assigned_to": JANE}),
    (f"customer:{CUSTOMER}", {"customer_id": CUSTOMER}),
    ("customer:22222222-2222-2222-2222-222222222222", {"customer_id": OTHER}),
    ('customer:"Jane Smith"', {"customer_id": CUSTOMER}),
    ("customer:bo@example.com", {"customer_id": OTHER}),
    ("tag:billing", {"tags": ["billing"]}),
    ('tag:"past due" tag:vip tag:VIP', {"tags": ["past due", "vip"]}),
    ("created:2026-03-01", {"created_after": at("2026-02-28T23:59:59"),
                            "created_before": at("2026-03-02T00:00:00")}),
    ("created:>2026-01-01", {"created_after": at("2026-01-01T23:59:59")}),
    ("created:>=2026-01-01", {"created_after": at("2025-12-31T23:59:59")}),
    ("created:<2026-01-01", {"created_before": at("2026-01-01T00:00:00")}),
    ("created:<=2026-01-01", {"created_before": at("2026-01-02T00:00:00")}),
    ("-created:<2026-01-01", {"created_after": at("2025-12-31T23:59:59")}),
    ("-created:>2026-01-01", {"created_before": at("2026-01-02T00:00:00")}),
    ("created:>2026-01-01T10:00:00Z", {"created_after": at("2026-01-01T10:00:00")}),
    ("created:>=2026-01-01T10:00:00Z", {"created_after": at("2026-01-01T09:59:59")}),
    ("created:<=2026-01-01T10:00:00Z", {"created_before": at("2026-01-01T10:00:01")}),
    ("updated:<7d", {"updated_after": NOW - timedelta(days=7)}),
    ("updated:<=90min", {"updated_after": NOW - timedelta(minutes=90, seconds=1)}),
    ("updated:>12h", {"updated_before": NOW - timedelta(hours=12)}),
    ("updated:>=2w", {"updated_before": NOW - timedelta(days=14) + timedelta(seconds=1)}),
    ("-updated:<7d", {"updated_before": NOW - timedelta(days=7) + timedelta(seconds=1)}),
    ("updated:today", {"updated_after": at("2026-03-09T23:59:59"),
                       "updated_before": at("2026-03-11T00:00:00")}),
    ("created:<Yesterday", {"created_before": at("2026-03-09T00:00:00")}),
    ("created:>2026-01-01 created:>2026-02-01", {"created_after": at("2026-02-01T23:59:59")}),
    ("created:<2026-01-01 created:<2026-02-01", {"created_before": at("2026-01-01T00:00:00")}),
    ("created:>=0001-01-01", {"created_after": datetime.min.replace(tzinfo=UTC)}),
    ("created:<=9999-12-31", {"created_before": at("9999-12-31T23:59:59")}),
    ("created:>999999w", {"created_before": datetime.min.replace(tzinfo=UTC)}),
    ("region:EU", {"custom_fields": {"region": "EU"}}),
    ("Region:eu", {"custom_fields": {"region": "EU"}}),
    ("field.region:us", {"custom_fields": {"region": "US"}}),
    ('region:"south, east"', {"custom_fields": {"region": "South, East"}}),
    ("langs:de", {"custom_fields": {"langs": "de"}}),
    ("seats:5", {"custom_fields": {"seats": 5}}),
    ("seats:>=2.5 seats:<1e3", {"custom_fields": {"seats": {"gte": 2.5, "lt": 1e3}}}),
    ("seats:5 seats:5", {"custom_fields": {"seats": 5}}),
    ("due:2026-02-28", {"custom_fields": {"due": "2026-02-28"}}),
    ("due:<=tomorrow", {"custom_fields": {"due": {"lte": "2026-03-11"}}}),
    ("vip:yes", {"custom_fields": {"vip": True}}),
    ("vip:FALSE", {"custom_fields": {"vip": False}}),
    ("plan:Gold", {"custom_fields": {"plan": "Gold"}}),
    ('plan:""', {"custom_fields": {"plan": ""}}),
    ('plan:"say \\"hi\\" \\\\o/"', {"custom_fields": {"plan": 'say "hi" \\o/'}}),
    ('plan:">5"', {"custom_fields": {"plan": ">5"}}),
    ("field.status:gold", {"custom_fields": {"status": "gold"}}),
    ("old:x", {"custom_fields": {"old": "x"}}),
    ("http://x", {"search": "http://x"}),
    ("12:30 a:b", {"search": "12:30 a:b"}),
    ("field.gone:x", {"search": "field.gone:x"}),
    (":x status :", {"search": ":x status :"}),
    ("\\status:open", {"search": "status:open"}),
    ("-\\status:open", {"search": "-status:open"}),
    ("\\\\status:open", {"search": "\\status:open"}),
    ("\\x", {"search": "\\x"}),
    ('"status:open"', {"search": '"status:open"'}),
    ('"status:open', {"search": '"status:open'}),
    ('tag:"past due', {"tags": ["past due"]}),
    ('tag:"a"b', {"tags": ["a"], "search": "b"}),
    ('"x"status:open', {"status": ["open"], "search": '"x"'}),
    ("東京 status:open", {"status": ["open"], "search": "東京"}),
]  # fmt: skip

SORTS = [
    ("sort:updatedAt", "updated_at"),
    ("sort:-updated", "-updated_at"),
    ("sort:created_at", "created_at"),
    ("sort:-number x", "-number"),
    ("sort:priority", "priority"),
    ("sort:relevance x", "relevance"),
]

EXCLUDED = "cannot be excluded: a list finds what has it, not what lacks it"
SEVERAL = "takes one value: a list cannot find what has any of several"
DATE = (
    "must be a date (2026-01-31), an instant (2026-01-31T10:00:00Z), today, or an age (<7d, >12h)"
)
TWICE = "cannot be combined with another one: no ticket has both"
SORT = (
    "must be one of: createdAt, updatedAt, number, priority, relevance, "
    "with a minus for the last first"
)
COMPARED = "cannot be compared: only numbers, dates and instants can"
# What one types, and what is wrong with it.
WRONG: list[tuple[str, str]] = [
    ("status:", "status: needs a value"),
    ("tag:,", "tag: needs a value"),
    ('tag:" "', 'tag:" " needs a value'),
    ("status:opne", "status:opne must be one of: new, open, pending, resolved, closed"),
    ("status:>open", f"status:>open {COMPARED}"),
    ("status:open status:new",
     "status:new leaves no status; several are written with a comma: status:new,…"),
    ("-priority:low,normal,high,urgent",
     "-priority:low,normal,high,urgent leaves no priority; "
     "several are written with a comma: priority:low,…"),
    ("is:nice", "is:nice must be unassigned, or new, open, pending, resolved, closed"),
    ("-is:unassigned", f"-is:unassigned {EXCLUDED}"),
    ("is:unassigned,open", f"is:unassigned,open {SEVERAL}"),
    ("-tag:x", f"-tag:x {EXCLUDED}"),
    ("tag:a,b",
     "tag:a,b takes one tag: tag:a tag:b finds what has both, and nothing finds what has either"),
    ('tag:"a,b"', 'tag:"a,b" must not contain a comma'),
    (f"tag:{'x' * 65}", f"tag:{'x' * 59}… must be at most 64 characters"),
    ("assignee:me assignee:none", f"assignee:none {TWICE}"),
    ("assignee:me,none", f"assignee:me,none {SEVERAL}"),
    ("-assignee:me", f"-assignee:me {EXCLUDED}"),
    ('assignee:"Pat Lee"', 'assignee:"Pat Lee" names several members; give the address'),
    ("assignee:pa", "assignee:pa names several members; give the address"),
    ("assignee:zoe", "assignee:zoe is no member"),
    ("-customer:Bo", f"-customer:Bo {EXCLUDED}"),
    ("customer:Bo", "customer:Bo names several customers; give the address"),
    ("customer:Zoe", "customer:Zoe is no customer"),
    (f"customer:{ME}", f"customer:{ME} is no customer"),
    ("created:soon", f"created:soon {DATE}"),
    ("created:2026-02-30", f"created:2026-02-30 {DATE}"),
    ("created:2026-01-01T25:00:00Z", f"created:2026-01-01T25:00:00Z {DATE}"),
    ("created:7d", "created:7d needs < (younger) or > (older) before an age"),
    ("created:2026-01-01,2026-01-02", f"created:2026-01-01,2026-01-02 {SEVERAL}"),
    ("-created:2026-01-01",
     "-created:2026-01-01 cannot be excluded, except for what stands after <, <=, > or >="),
    ("-region:EU", f"-region:EU {EXCLUDED}"),
    ("region:EU,US", f"region:EU,US {SEVERAL}"),
    ("region:", "region: needs a value"),
    ("region:Mars", "region:Mars must be one of: EU, US, South, East"),
    ("region:>EU", "region:>EU can only be compared if it is a number or a date"),
    ("region:EU region:US", "region:US cannot be combined with another one of its field"),
    ("seats:5 seats:>5", "seats:>5 cannot be combined with another one of its field"),
    ("seats:>5 seats:>6", "seats:>6 cannot be combined with another one of its field"),
    ("seats:many", "seats:many must be a finite number"),
    (f"seats:{2**63}", f"seats:{2**63} must be an integer of at most 64 bits"),
    ("due:<7d", "due:<7d must be a date, YYYY-MM-DD"),
    ("vip:maybe", "vip:maybe must be true or false"),
    ("sort:colour", f"sort:colour {SORT}"),
    ("sort:-relevance", f"sort:-relevance {SORT}"),
    ("-sort:number", f"-sort:number {SORT}"),
    ("sort:number sort:number", "sort:number stands twice"),
    ("sort:relevance", "sort:relevance needs words to search for"),
    ("x" * 501, "words must be at most 500 characters"),
    ("x " * 1_001, "text must be at most 2,000 characters"),
    ("a\0b", "text must be Unicode text without U+0000"),
    (" ".join(f"tag:t{i}" for i in range(21)), "tag:t20 is one more than 20 tags"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "filter"), MEANS)
def test_a_text_means_a_filter(text: str, filter: dict[str, Any]) -> None:
    reading = read_text(text, KNOWN)
    assert (reading.filter, reading.sort, reading.problems) == (filter, None, ())
    assert check_filter(reading.filter) == []


@pytest.mark.parametrize(("text", "sort"), SORTS)
def test_a_text_may_name_the_order(text: str, sort: str) -> None:
    reading = read_text(text, KNOWN)
    assert (reading.sort, reading.problems) == (sort, ())


@pytest.mark.parametrize(("text", "message"), WRONG)
def test_what_cannot_be_is_a_problem_that_names_the_term(text: str, message: str) -> None:
    reading = read_text(text, KNOWN)
    assert messages(reading.problems) == [message]
    assert parse_search(str(reading.filter["search"])).impossible


def test_all_problems_are_told_at_once() -> None:
    problems = read_text("status:x -tag:a sort:y", KNOWN).problems
    assert [problem.param for problem in problems] == ["status:x", "-tag:a", "sort:y"]


def test_me_is_only_for_a_member() -> None:
    problems = read_text("assignee:me", Known(NOW)).problems
    assert messages(problems) == ["assignee:me is only for who is signed in as a member"]


def test_a_text_that_is_no_text_is_a_problem() -> None:
    assert messages(read_text(5, KNOWN).problems) == ["text must be a string"]  # type: ignore[arg-type]


def test_names_of_people_become_ids_that_stay_when_they_are_renamed() -> None:
    query = read_text('assignee:sam customer:"Jane Smith" assignee:sam', KNOWN).query
    assert write_query(query) == f"assignee:{SAM} customer:{CUSTOMER}"
    assert shown_text(query, KNOWN).startswith("assignee:sam@example.com ")


GONE = [
    (f"assignee:{'mem_' + '9' * 32}", f"assignee:{'mem_' + '9' * 32} is no member any more"),
    ("gone:x", "gone:x is no custom field any more"),
]


@pytest.mark.parametrize(("text", "message"), GONE)
def test_what_was_saved_and_is_gone_is_a_problem(text: str, message: str) -> None:
    assert messages(understand(read_query(text), KNOWN, saved=True).problems) == [message]


def test_what_was_saved_with_an_option_that_was_taken_away_still_finds_what_has_it() -> None:
    reading = understand(read_query("region:Mars"), KNOWN, saved=True)
    assert (reading.filter, reading.problems) == ({"custom_fields": {"region": "Mars"}}, ())


def test_a_word_that_was_saved_stays_one_when_a_field_gets_its_name() -> None:
    saved = write_query(read_text("http://x", KNOWN).query)
    later = {**KNOWN.fields, "http": field(9, "http", "text")}
    assert read_query(saved).words == "http://x"
    assert shown_text(read_query(saved), Known(NOW, fields=later)) == "\\http://x"


ANYTHING = st.text(
    alphabet=st.one_of(st.sampled_from('":\\,-<>= atgsui東.'), st.characters()), max_size=60
)


@given(ANYTHING)
def test_no_text_fails_and_no_letter_is_lost(text: str) -> None:
    query = read_query(text, KNOWN.fields)
    kept = query.words + "".join(term.name + "".join(term.values) for term in query.terms)
    letters = [char for char in text.lower() if char.isalnum()]
    assert isinstance(read_text(text, KNOWN).problems, tuple)
    assert sorted(letters) == sorted(c for c in kept.replace("field.", "").lower() if c.isalnum())


@given(ANYTHING)
def test_what_is_no_term_is_searched_for_as_it_was_typed(text: str) -> None:
    if not read_query(text).terms and "\\" not in text:
        assert parse_search(read_query(text).words) == parse_search(text)


NAME = st.one_of(st.sampled_from(NAMES), st.sampled_from([f"field.{key}" for key in KNOWN.fields]))
VALUE = st.one_of(st.text(max_size=8), st.text(alphabet='"\\, a<>=:-', max_size=8))
TERMS = st.builds(
    Term,
    NAME,
    st.lists(VALUE, max_size=3).map(tuple),
    st.sampled_from(["", ">", "<", ">=", "<=", "="]),
    st.booleans(),
)


@given(st.lists(TERMS, max_size=5), ANYTHING)
def test_a_query_that_is_written_is_read_as_the_same(terms: list[Term], text: str) -> None:
    for keys in (KNOWN.fields, None):
        query = Query(tuple(terms), read_query(text, keys).words)
        assert read_query(write_query(query, keys), keys) == query


INSTANT = st.datetimes(timezones=st.just(UTC)).map(lambda instant: instant.replace(microsecond=0))
TAG = st.text(min_size=1, max_size=10).filter(
    lambda tag: tag == tag.strip() and not check_filter({"tags": [tag]})
)
FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "status": st.lists(st.sampled_from(["new", "open", "closed"]), min_size=1, unique=True),
        "priority": st.just(["low", "urgent"]),
        "assigned_to": st.sampled_from([ME, SAM, "none"]),
        "customer_id": st.just(CUSTOMER),
        "tags": st.lists(TAG, min_size=1, max_size=3, unique_by=fold_tag),
        "created_after": INSTANT,
        "created_before": INSTANT,
        "updated_after": INSTANT,
        "updated_before": INSTANT,
        "custom_fields": st.fixed_dictionaries(
            {"plan": st.text(max_size=10).filter(lambda text: "\0" not in text)},
            optional={
                "seats": st.one_of(
                    st.integers(-(2**63), 2**63 - 1),
                    st.fixed_dictionaries({"gt": st.floats(allow_nan=False, allow_infinity=False)}),
                ),
                "vip": st.booleans(),
                "due": st.dates().map(str),
                "region": st.sampled_from(["EU", "South, East"]),
            },
        ),
        "search": st.sampled_from(["status:open", '"a b" -c', "\\tag:x", "http://x #4"]),
    },
)  # fmt: skip


@given(FILTERS, st.sampled_from([None, "-created_at", "number", "-updated_at"]))
def test_a_filter_that_is_written_as_text_means_the_same(
    filter: TicketFilter, sort: str | None
) -> None:
    reading = read_text(write_query(query_of(filter, sort), KNOWN.fields), KNOWN)
    assert (reading.problems, reading.sort) == ((), sort)
    ordered = {**filter}
    if "status" in filter:
        order = ["new", "open", "pending", "resolved", "closed"]
        ordered["status"] = sorted(filter["status"] or (), key=order.index)
    assert reading.filter == ordered


@pytest.mark.parametrize(
    "filter",
    [{"status": "opne"}, {"custom_fields": {"A B": 1}}, {"custom_fields": {"a": {"like": 1}}},
     {"custom_fields": 5}, {"statsu": "open"}],
)  # fmt: skip
def test_what_is_no_filter_is_not_written(filter: Any) -> None:
    with pytest.raises(Invalid):
        query_of(filter)


@pytest.mark.parametrize("sort", ["x", "", "-", "--number", "-relevance", "relevance"])
def test_what_is_no_sort_is_not_written(sort: str) -> None:
    with pytest.raises(Invalid, match=r"^sort "):
        query_of({}, sort)
    assert query_of({"search": "x"}, "relevance").terms[0].values == ("relevance",)
