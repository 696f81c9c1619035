"""When two texts are equal, and that text comes back as it was sent."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.web.vocabulary import Api

COMPOSED, DECOMPOSED = "caf\u00e9", "cafe\u0301"

# Two tags, and whether they are one.
TAGS = [
    ("VIP", "vip", True),
    ("stra\u00dfe", "STRASSE", True),
    (COMPOSED, DECOMPOSED, True),
    ("\u212b", "\u00e5", True),
    ("v\u200bip", "vip", False),
    ("vip\u202e", "vip", False),
    ("v\u0456p", "vip", False),
    ("\uff56ip", "vip", False),
]
# Two addresses, and whether they are one.
ADDRESSES = [
    ("Jane@Example.com", "jane@example.COM", True),
    (f"{COMPOSED}@example.com", f"{DECOMPOSED}@example.com", True),
    ("j\u0430ne@example.com", "jane@example.com", False),
    ("jane@example.com", "jane@ex\u00e4mple.com", False),
]
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=500)


@pytest.mark.parametrize(("one", "other", "equal"), TAGS)
def test_tags_are_equal_but_for_case_and_composition(
    api: Api, one: str, other: str, equal: bool
) -> None:
    assert api.ticket(tags=[one, other])["tags"] == ([one] if equal else [one, other])


@pytest.mark.parametrize(("one", "other", "equal"), TAGS)
def test_a_list_is_filtered_by_an_equal_tag(api: Api, one: str, other: str, equal: bool) -> None:
    api.ticket(tags=[one])
    found = api.get("/tickets", query_string={"tag": other}).data
    assert [each["tags"] for each in found] == ([[one]] if equal else [])


@pytest.mark.parametrize(("one", "other", "equal"), ADDRESSES)
def test_addresses_are_equal_but_for_case_and_composition(
    api: Api, one: str, other: str, equal: bool
) -> None:
    api.customer(email=one)
    again = api.post("/customers", {"name": "Again", "email": other})
    assert again.status == (409 if equal else 201)


@pytest.mark.parametrize("address", ["ja\u200bne@example.com", "\u202ejane@example.com"])
def test_an_address_with_what_cannot_be_seen_is_refused(api: Api, address: str) -> None:
    answer = api.post("/customers", {"name": "Jane", "email": address})
    assert answer.refusal == (400, "PARAMETER_INVALID", "email must be an email address")


def test_options_that_look_the_same_are_not_distinct(api: Api) -> None:
    made = {"name": "Place", "key": "place", "type": "select", "entityType": "tickets"}
    answer = api.post("/custom-fields", {**made, "options": [COMPOSED, DECOMPOSED]})
    assert answer.refusal == (400, "PARAMETER_INVALID", "options must be distinct")


@pytest.mark.parametrize("key", ["r\u0435gion", "region\u200b", "r\u00e9gion", "Region"])
def test_a_key_is_ascii(api: Api, key: str) -> None:
    made = {"name": "Region", "key": key, "type": "text", "entityType": "tickets"}
    assert api.post("/custom-fields", made).status == 400


def test_a_megabyte_of_accents_is_kept_or_refused(api: Api) -> None:
    accents = "\u0300\u0323" * 24_000
    assert api.ticket(notes=f"a{accents}")["notes"] == f"a{accents}"
    assert api.post("/tickets", {"title": "a", "tags": [accents * 3]}).status == 400
    assert api.ticket(initialMessage=f"a{accents}b")["messages"][0]["content"] == f"a{accents}b"


@settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(TEXT)
def test_any_text_comes_back_as_it_was_sent(api: Api, text: str) -> None:
    made = api.ticket(
        f"{text[:499]}.", notes=text, metadata={"text": text}, initialMessage=f"{text}."
    )
    read = api.get(f"/tickets/{made['id']}").data
    assert read["title"] == f"{text[:499]}."
    assert (read["notes"], read["metadata"]) == (text, {"text": text})
    assert read["messages"][0]["content"] == f"{text}."


@settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(TEXT | st.text('"-#*^:()+{}\\ aANDORNOTEFnear,', max_size=60))
def test_any_search_text_is_a_search(api: Api, text: str) -> None:
    for sort in ("-createdAt", "relevance"):
        answer = api.get("/tickets", query_string={"search": text, "sort": sort})
        assert answer.status == 200 or (not text.strip() and sort == "relevance")
