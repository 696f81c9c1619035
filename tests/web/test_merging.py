"""Merging tickets over HTTP."""

import pytest

from tests.web.vocabulary import NOTHING, Api


@pytest.fixture
def pair(api: Api) -> tuple[str, str]:
    """Two tickets with a message each."""
    one, other = (api.ticket(title, initialMessage=title)["id"] for title in ("Old", "New"))
    return one, other


def test_a_merged_ticket_is_closed_and_its_messages_are_elsewhere(
    api: Api, pair: tuple[str, str]
) -> None:
    one, other = pair
    merged = api.post(f"/tickets/{one}/merge", {"into": other})
    assert merged.status == 200
    assert (merged.data["id"], merged.data["status"], merged.data["mergedInto"]) == (
        one,
        "closed",
        other,
    )
    found = api.get(f"/tickets/{other}").data
    assert [each["content"] for each in found["messages"]] == ["Old", "New"]
    assert (found["messageCount"], found["mergedInto"]) == (2, None)


def test_undoing_it_puts_both_back(api: Api, pair: tuple[str, str]) -> None:
    one, other = pair
    before = [api.get(f"/tickets/{id}").data for id in pair]
    api.post(f"/tickets/{one}/merge", {"into": other})
    back = api.send("POST", f"{api.base}/tickets/{one}/unmerge")
    assert back.data == before[0]
    assert [api.get(f"/tickets/{id}").data for id in pair] == before


def test_a_message_to_a_merged_ticket_is_answered_where_it_went(
    api: Api, pair: tuple[str, str]
) -> None:
    one, other = pair
    api.post(f"/tickets/{one}/merge", {"into": other})
    answer = api.post(f"/tickets/{one}/messages", {"content": "More"})
    assert (answer.status, answer.data["ticketId"]) == (201, other)


def test_a_publishable_key_sees_where_a_ticket_went(
    api: Api, reader: Api, pair: tuple[str, str]
) -> None:
    one, other = pair
    api.post(f"/tickets/{one}/merge", {"into": other})
    assert reader.get(f"/tickets/{one}").data["mergedInto"] == other
    assert {each["mergedInto"] for each in reader.get("/tickets").data} == {None, other}


def test_what_cannot_be_merged_is_refused(api: Api, pair: tuple[str, str]) -> None:
    one, other = pair
    merge = f"/tickets/{one}/merge"
    wrong = (400, "PARAMETER_INVALID")
    assert api.post(merge, {}).refusal == (400, "PARAMETER_MISSING", "into is required")
    assert api.post(merge, {"into": one}).refusal == (*wrong, "into must be another ticket")
    absent = "into must be the id of an existing ticket"
    assert api.post(merge, {"into": NOTHING}).refusal == (*wrong, absent)
    api.post(merge, {"into": other})
    conflict = (409, "MERGE_CONFLICT")
    assert api.post(merge, {"into": other}).refusal == (
        *conflict,
        f"The ticket is merged into {other}",
    )
    assert api.post(f"/tickets/{other}/merge", {"into": one}).refusal == (
        *conflict,
        f"The ticket to merge into is merged into {other}",
    )
    assert api.patch(f"/tickets/{one}", {"status": "open"}).refusal == (
        *conflict,
        f"The ticket is merged into {other}, and stays closed",
    )
    assert api.post(f"/tickets/{other}/unmerge", {}).refusal == (
        *conflict,
        "The ticket is not merged into another one",
    )


def test_a_merge_for_another_version_is_refused(api: Api, pair: tuple[str, str]) -> None:
    one, other = pair
    stale = {"If-Match": '"v99"'}
    assert api.post(f"/tickets/{one}/merge", {"into": other}, headers=stale).status == 412
    merged = api.post(f"/tickets/{one}/merge", {"into": other}, headers={"If-Match": '"v1"'})
    assert merged.headers["ETag"] == '"v2"'
    assert api.post(f"/tickets/{one}/unmerge", {}, headers=stale).status == 412
    assert api.post(f"/tickets/{one}/unmerge", {}, headers={"If-Match": '"v2"'}).status == 200


def test_a_merge_that_is_sent_again_is_done_once(api: Api, pair: tuple[str, str]) -> None:
    one, other = pair
    key = {"Idempotency-Key": "once"}
    first, again = (
        api.post(f"/tickets/{one}/merge", {"into": other}, headers=key) for _ in range(2)
    )
    assert (first.raw, again.headers["Idempotent-Replayed"]) == (again.raw, "true")


def test_the_survivor_of_a_merge_has_another_tag(api: Api, pair: tuple[str, str]) -> None:
    one, other = pair
    before = api.get(f"/tickets/{other}").headers["ETag"]
    api.post(f"/tickets/{one}/merge", {"into": other})
    assert api.get(f"/tickets/{other}").headers["ETag"] != before
