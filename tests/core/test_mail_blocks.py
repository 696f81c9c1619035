"""Blocks and spam: what is filed apart, what is not, and how it comes back."""

from dataclasses import replace
from typing import Any

import pytest

from cstar_core import (
    Conflict,
    Envelope,
    Forbidden,
    Mail,
    MailConflict,
    NotFound,
    Suspicion,
    Workspace,
    read_letter,
)
from tests.core.posting import box, mail, ticket_of
from tests.core.test_mail_threading import token_address
from tests.core.vocabulary import ids, refusal, walk_pages
from tests.core.witness import happened, types

BLOCKED = [
    ("jane@example.com", "jane@example.com", True),
    ("Jane@EXAMPLE.com", "jane@example.com", True),
    ("jane@example.com", "janet@example.com", False),
    ("example.com", "jane@example.com", True),
    ("@example.com", "jane@mail.example.com", True),
    ("Example.COM", "jane@a.b.example.com", True),
    ("mail.example.com", "jane@example.com", False),
    ("example.com", "jane@badexample.com", False),
    ("example.com", "jane@example.com.evil.example", False),
    ("example.com.", "jane@example.com", True),
    (".example.com", "jane@mail.example.com", True),
    ("jane@example.com.", "jane@example.com", True),
    ("münchen.example", "jane@xn--mnchen-3ya.example", True),
    ("xn--mnchen-3ya.example", "jane@mail.MÜNCHEN.example", True),
    ("example.com", "jane@\uff45xample.com", True),
]


@pytest.mark.parametrize(("value", "sender", "blocked"), BLOCKED)
def test_a_block_ignores_an_address_or_a_domain_and_all_below(
    acme: Workspace, value: str, sender: str, blocked: bool
) -> None:
    acme.mail_blocks.create(value=value)
    found = acme.mail.receive(mail(sender))
    assert (found.verdict, found.reason) == (
        ("ignored", "blocked") if blocked else ("ticket", None)
    )
    assert acme.tickets.list().total == (0 if blocked else 1)


def test_the_sender_of_the_envelope_is_blocked_too(acme: Workspace) -> None:
    acme.mail_blocks.create(value="evil.example")
    found = acme.mail.receive(mail(), envelope=Envelope("x@evil.example"))
    assert found.verdict == "ignored"


def test_a_deleted_block_blocks_no_more(acme: Workspace) -> None:
    block = acme.mail_blocks.create(value="example.com")
    acme.mail_blocks.delete(block.id)
    assert acme.mail.receive(mail()).verdict == "ticket"
    assert acme.mail_blocks.find(block.id) is None


def test_blocks_are_those_of_a_workspace(acme: Workspace, globex: Workspace) -> None:
    block = acme.mail_blocks.create(value="example.com")
    assert globex.mail.receive(mail()).verdict == "ticket"
    for act in (globex.mail_blocks.get, globex.mail_blocks.delete):
        with pytest.raises(NotFound):
            act(block.id)
    globex.mail_blocks.create(value="example.com")


def test_blocks_are_listed_by_what_they_block(acme: Workspace) -> None:
    made = {
        value: acme.mail_blocks.create(value=value, note="n")
        for value in ("b.example", "A@c.example.", "c.example")
    }
    listed = walk_pages(acme.mail_blocks.list, page_size=2)
    assert ids(listed) == [made[value].id for value in ("A@c.example.", "b.example", "c.example")]
    assert acme.mail_blocks.get(listed[0].id) == listed[0] == made["A@c.example."]
    assert (listed[0].value, listed[0].note) == ("A@c.example.", "n")


def test_nothing_is_blocked_twice(acme: Workspace) -> None:
    acme.mail_blocks.create(value="example.com")
    with pytest.raises(Conflict, match="is blocked already"):
        acme.mail_blocks.create(value="@Example.com")


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"value": ""}, "value is required"),
    ({"value": None}, "value is required"),
    ({"value": 3}, "value must be a string"),
    ({"value": "com"}, "value must be an email address or a domain such as example.com"),
    ({"value": "*.example.com"}, "value must be an email address or a domain such as example.com"),
    ({"value": "*@example.com"}, "value must be an email address or a domain such as example.com"),
    ({"value": "@"}, "value must be an email address or a domain such as example.com"),
    ({"value": "a@b@c.example"}, "value must be an email address or a domain such as example.com"),
    (
        {"value": "two words.example"},
        "value must be an email address or a domain such as example.com",
    ),
    (
        {"value": "x" * 250 + ".com"},
        "value must be at most 252 characters",
    ),
    ({"value": "a.example", "note": "n" * 501}, "note must be at most 500 characters"),
]


@pytest.mark.parametrize(("values", "rule"), REFUSED)
def test_what_is_no_block_is_refused(acme: Workspace, values: dict[str, Any], rule: str) -> None:
    assert refusal(acme.mail_blocks.create, **values) == [rule]


def test_blocks_are_in_the_log(acme: Workspace) -> None:
    events = happened(acme, acme.mail_blocks.create, value="example.com")
    block = acme.mail_blocks.list().items[0]
    events += happened(acme, acme.mail_blocks.delete, block.id)
    assert types(events) == ["mail_block.created", "mail_block.deleted"]
    assert {(event.object_id, event.data["value"]) for event in events} == {
        (block.id, "example.com")
    }


# --- spam


def suspected(acme: Workspace, raw: bytes, **suspicion: Any) -> Mail:
    return acme.mail.receive(
        raw, read=lambda given: replace(read_letter(given), suspected=Suspicion(**suspicion))
    )


SUSPICIONS: list[tuple[dict[str, Any], str | None]] = [
    ({"is_spam": True, "score": 9.1}, "spam_flag"),
    ({"dmarc": "fail"}, "dmarc"),
    ({"dmarc": "none", "spf": "fail", "dkim": "fail"}, None),
    ({"dmarc": "pass", "score": 4.0}, None),
]


@pytest.mark.parametrize(("suspicion", "reason"), SUSPICIONS)
def test_what_is_suspected_is_filed_apart(
    acme: Workspace, suspicion: dict[str, Any], reason: str | None
) -> None:
    found = suspected(acme, mail(), **suspicion)
    assert (found.verdict, found.reason) == (("spam", reason) if reason else ("ticket", None))
    assert acme.tickets.list().total == (0 if reason else 1)
    assert acme.customers.list().total == (0 if reason else 1)
    for name, value in suspicion.items():
        assert found.facts[{"is_spam": "spam"}.get(name, name)] == value


def test_what_was_sent_to_a_reply_address_is_not_filed_apart(acme: Workspace) -> None:
    box(acme)
    first = acme.mail.receive(mail())
    assert first.ticket_id
    address = token_address(acme, first.ticket_id)
    assert suspected(acme, mail(to=address), dmarc="fail").verdict == "reply"


def test_a_mail_is_released_and_becomes_what_it_would_have_been(acme: Workspace) -> None:
    first = acme.mail.receive(mail(id="a@x"))
    found = suspected(acme, mail(In_Reply_To="<a@x>"), is_spam=True)
    assert found.verdict == "spam"
    waiting = acme.mail.release(found.id)
    assert (waiting.verdict, waiting.is_released) == ("waiting", True)
    assert acme.mail.release(found.id).verdict == "waiting"
    released = acme.mail.work(found.id)
    assert (released.verdict, released.ticket_id) == ("reply", first.ticket_id)
    assert ticket_of(acme, released).message_count == 2
    with pytest.raises(MailConflict):
        acme.mail.release(found.id)


def test_a_blocked_mail_is_released_though_the_block_stays(acme: Workspace) -> None:
    acme.mail_blocks.create(value="example.com")
    found = acme.mail.receive(mail())
    acme.mail.release(found.id)
    assert acme.mail.work(found.id).verdict == "ticket"
    assert acme.mail.receive(mail()).verdict == "ignored"


def test_a_released_mail_that_came_again_meanwhile_is_one_message(acme: Workspace) -> None:
    raw = mail()
    found = suspected(acme, raw, is_spam=True)
    again = acme.mail.receive(b"Received: again\r\n" + raw)
    assert (again.verdict, again.original_id) == ("duplicate", found.id)
    acme.mail.release(found.id)
    assert acme.mail.work(found.id).verdict == "ticket"
    assert acme.tickets.list().total == 1


def test_a_duplicate_is_not_released(acme: Workspace) -> None:
    raw = mail()
    acme.mail.receive(raw)
    again = acme.mail.receive(b"Received: again\r\n" + raw)
    with pytest.raises(MailConflict):
        acme.mail.release(again.id)


def test_a_block_is_found_by_any_spelling_of_its_value(acme: Workspace, public: Workspace) -> None:
    made = acme.mail_blocks.create(value="münchen.example")
    for value in ("münchen.example", "@MÜNCHEN.example.", "xn--mnchen-3ya.example"):
        assert acme.mail_blocks.find_by_value(value) == made
    for value in ("x.münchen.example", "a@münchen.example", "", "x", "\0"):
        assert acme.mail_blocks.find_by_value(value) is None
    with pytest.raises(Forbidden):
        public.mail_blocks.find_by_value("x.example")
