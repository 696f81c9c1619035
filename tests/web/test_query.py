"""Query strings are read as strictly as bodies."""

import re
from typing import Any

import pytest

from cstar_web.params import parse_query
from cstar_web.v1.patterns import TAGS_ASKED
from tests.web.vocabulary import Api

# A query string, and what it says.
READ: dict[str, dict[str, Any]] = {
    "": {},
    "&&": {},
    "status=open": {"status": "open"},
    "status": {"status": ""},
    "search=a+b%20c%2Bd": {"search": "a b c+d"},
    "search=%E6%97%A5": {"search": "日"},
    "search=100%": {"search": "100%"},
    "search=a=b": {"search": "a=b"},
    "tag=a&tag=b,c": {"tag": "a,b,c"},
    "customFields[a]=1&customFields[b]=2": {"customFields": {"a": "1", "b": "2"}},
    "customFields%5Ba%5D=1": {"customFields": {"a": "1"}},
    "customFields[a][gte]=1&customFields[a][lt]=2": {
        "customFields": {"a": {"gte": "1", "lt": "2"}}
    },
}


@pytest.mark.parametrize(("query", "found"), READ.items())
def test_a_query_string_is_read(query: str, found: dict[str, Any]) -> None:
    assert parse_query(query) == found


# A query string of GET /tickets, and everything that is wrong with it.
REFUSED = [
    ("page=0", ["page must be an integer from 1 to 9007199254740992"]),
    ("page=", ["page must be an integer"]),
    ("page=1.0", ["page must be an integer"]),
    ("page=%2B1", ["page must be an integer"]),
    ("page=%D9%A1", ["page must be an integer"]),
    ("page=9999999999999999999999", ["page must be an integer"]),
    ("pageSize=0", ["pageSize must be an integer from 1 to 100"]),
    ("pageSize=101", ["pageSize must be an integer from 1 to 100"]),
    ("page=x&pageSize=y", ["page must be an integer", "pageSize must be an integer"]),
    ("status=opne", ["status must be one of: new, open, pending, resolved, closed"]),
    ("status=", ["status must be one of: new, open, pending, resolved, closed"]),
    ("status=open,", ["status must be one of: new, open, pending, resolved, closed"]),
    ("priority=hgih", ["priority must be one of: low, normal, high, urgent"]),
    ("status=open&status=new", ["status must be given once"]),
    ("staus=open", ["staus is not a known parameter; did you mean status?"]),
    ("xyzzy", ["xyzzy is not a known parameter"]),
    (
        "sort=title",
        [
            "sort must be one of: createdAt, -createdAt, updatedAt, -updatedAt, number, -number, "
            "priority, -priority, relevance"
        ],
    ),
    ("sort=created_at", None),
    ("sort=relevance", None),
    ("expand=messages", ["expand must be customer"]),
    ("page=1&cursor=x", ["cursor must not be given together with page"]),
    ("cursor=x", ["cursor must be a nextCursor of an earlier answer to the same query"]),
    ("createdAfter=2025-12-10", ["createdAfter must be an instant such as 2025-12-10T14:30:00Z"]),
    ("createdAfter=2025-12-10T14:30:00", None),
    ("createdAfter=2025-13-10T14:30:00Z", None),
    ("createdAfter=2025-12-10T14:30:00+02:00", None),
    ("createdAfter=0001-01-01T00:00:00%2B14:00", None),
    ("updatedBefore=yesterday", None),
    ("customerId=jane", ["customerId must be an id"]),
    ("assignedTo=jane", ["assignedTo must be an id"]),
    ("search=%00", None),
    ("search=%FF", ["search must be UTF-8, percent-encoded"]),
    ("%FF=1", ["query must be UTF-8, percent-encoded"]),
    ("tag=" + "a" * 65, None),
    ("customFields=1", ["customFields is not a known parameter; did you mean customFields[key]?"]),
    ("customFields[=1", None),
    ("customFields[]=1", None),
    ("customFields[a][gte][lt]=1", None),
    (
        "customFields[seats][ne]=1",
        ["customFields.seats must be compared by one of: gte, lte, gt, lt"],
    ),
    ("customFields[seats]=1&customFields[seats]=2", ["customFields.seats must be given once"]),
    ("customFields[seats]=1&customFields[seats][gt]=2", ["customFields.seats must be given once"]),
    ("customFields[seats][gt]=1&customFields[seats]=2", ["customFields.seats must be given once"]),
    (
        "customFields[seats][gt]=1&customFields[seats][gt]=2",
        ["customFields.seats must be given once"],
    ),
    ("customFields[seats]=many", None),
    ("customFields[seat]=1", None),
]


@pytest.mark.parametrize(("query", "problems"), REFUSED)
def test_a_query_that_breaks_a_rule_is_refused(
    api: Api, query: str, problems: list[str] | None
) -> None:
    api.custom_field("seats", "number")
    answer = api.get(f"/tickets?{query}")
    assert answer.status == 400
    assert answer.error["code"] in ("PARAMETER_INVALID", "PARAMETER_UNKNOWN")
    assert problems is None or answer.problems == problems


def test_raw_bytes_in_a_query_are_utf_8(api: Api) -> None:
    api.ticket("日本")
    raw = "search=日本".encode().decode("latin-1")
    answer = api.send("GET", api.base + "/tickets", environ_overrides={"QUERY_STRING": raw})
    assert answer.titles == ["日本"]


def test_an_endpoint_without_parameters_takes_none(api: Api) -> None:
    ticket = api.ticket()
    answer = api.get(f"/tickets/{ticket['id']}/messages?page=1")
    assert answer.refusal == (400, "PARAMETER_UNKNOWN", "page is not a known parameter")


def test_a_write_takes_no_query(api: Api) -> None:
    answer = api.post("/tickets?expand=customer", {"title": "Hello"})
    assert answer.refusal == (400, "PARAMETER_UNKNOWN", "expand is not a known parameter")


def test_a_query_is_told_before_a_body(api: Api) -> None:
    answer = api.send("POST", api.base + "/tickets?x=1", data=b"{")
    assert answer.error["param"] == "x"


@pytest.mark.parametrize("words", [1, 100])
def test_a_query_is_read_alike_every_time(api: Api, words: int) -> None:
    api.ticket("b", tags=["x"])
    query = "&".join(["tag=x"] * words)
    found = [api.get(f"/tickets?{query}").titles for _ in range(2)]
    assert found == [["b"], ["b"]]


@pytest.mark.parametrize(("number", "status"), [(20, 200), (21, 400)])
def test_the_specification_and_the_core_agree_on_the_number_of_tags(
    api: Api, number: int, status: int
) -> None:
    tags = ",".join(f"t{i}" for i in range(number))
    assert bool(re.search(TAGS_ASKED, tags)) == (status == 200)
    assert api.get(f"/tickets?tag={tags}").status == status
