"""The texts around what is sent: what they may be, and which one is taken."""

from typing import Any

import pytest

from cstar_core import DEFAULT_LANGUAGES, Forbidden, Helpdesk, NotFound, StaleVersion, Workspace
from cstar_core.mail_out.templates import template_for
from tests.core.correspondence import Server, mailbox, ticket_of_jane
from tests.core.vocabulary import refusal


def test_there_is_one_of_each_kind_in_each_language(acme: Workspace) -> None:
    found = [(each.kind, each.language) for each in acme.mail_templates.list()]
    kinds = ("first_answer", "reply")
    assert found == [(kind, each) for kind in kinds for each in sorted(DEFAULT_LANGUAGES)]


def test_a_team_writes_its_own_and_takes_it_away(acme: Workspace, globex: Workspace) -> None:
    brought = acme.mail_templates.get("reply", "de")
    made = acme.mail_templates.update("reply", "de", content="Hallo\n{{message}}")
    assert (made.version, brought.version, brought.updated_at) == (1, 0, None)
    assert acme.mail_templates.get("reply", "de") == made
    assert acme.mail_templates.update("reply", "de", content="Hallo\n{{message}}") == made
    assert globex.mail_templates.get("reply", "de") == brought
    acme.mail_templates.reset("reply", "de")
    assert acme.mail_templates.get("reply", "de") == brought
    with pytest.raises(NotFound):
        acme.mail_templates.reset("reply", "de")
    types = [each.type for each in acme.events.list(types="mail_template.*").items]
    assert types == ["mail_template.updated", "mail_template.reset"]


def test_a_version_may_be_expected(acme: Workspace) -> None:
    room = acme.mail_templates
    with pytest.raises(StaleVersion):
        room.update("reply", "en", content="{{message}}", expected_version=1)
    room.update("reply", "en", content="{{message}}", expected_version=0)
    room.update("reply", "en", content="{{message}}!", expected_version=1)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"content": " "}, "content is required"),
    ({"content": "x" * 20_001}, "content must be at most 20,000 characters"),
    ({"content": "Hello"}, "content must have {{message}} where the message is to stand"),
    ({"content": "{{message}} {{nobody}}"}, "content.nobody is not known"),
    ({"kind": "notice"}, "kind must be one of: reply, first_answer"),
    ({"language": "English"}, "language must be the code of a language such as en or pt-BR"),
]


@pytest.mark.parametrize(("values", "problem"), WRONG)
def test_what_is_wrong_is_named(acme: Workspace, values: dict[str, Any], problem: str) -> None:
    given = {"kind": "reply", "language": "en", "content": "{{message}}", **values}
    kind, language = given.pop("kind"), given.pop("language")
    assert refusal(acme.mail_templates.update, kind, language, **given) == [problem]


LANGUAGES = [
    ("de", "own de"),
    ("de-AT", "own de"),
    ("fr", "own fr"),
    ("fr-CA", "own fr"),
    ("it", "own en"),
    ("en", "own en"),
]


@pytest.mark.parametrize(("language", "text"), LANGUAGES)
def test_the_language_of_the_mailbox_is_taken(
    desk: Helpdesk, acme: Workspace, language: str, text: str
) -> None:
    for each in ("de", "en", "fr"):
        acme.mail_templates.update("first_answer", each, content=f"own {each}")
    with desk._store.snapshot() as snap:
        found = template_for(snap, acme._scope.workspace_id, "first_answer", language)
    assert found == text


def test_without_any_of_its_own_english_is_taken(desk: Helpdesk, acme: Workspace) -> None:
    with desk._store.snapshot() as snap:
        found = template_for(snap, acme._scope.workspace_id, "first_answer", "it")
    assert found.startswith("Hello,")


def test_what_is_filled_in_is_not_looked_into_again(desk: Helpdesk, acme: Workspace) -> None:
    mailbox(acme)
    acme.mail_templates.update("reply", "en", content="{{customer.name}}: {{message}}")
    ticket = ticket_of_jane(acme, customer_name="{{message}}")
    acme.messages.create(ticket.id, content="{{team.name}} {{x}}")
    server = Server()
    server.run(desk)
    assert b"\r\n{{message}}: {{team.name}} {{x}}\r\n" in server.sent[0][1]


def test_the_longest_message_goes_out(desk: Helpdesk, acme: Workspace) -> None:
    mailbox(acme, signature="x" * 2000)
    acme.messages.create(ticket_of_jane(acme).id, content="é" * 100_000)
    server = Server()
    server.run(desk)
    assert acme.outgoing_mail.list().items[0].state == "sent"


def test_a_publishable_key_does_not_open_them(public: Workspace) -> None:
    for call in (public.mail_templates.list, public.mail_templates.placeholders):
        with pytest.raises(Forbidden):
            call()
    with pytest.raises(Forbidden):
        public.mail_templates.update("first_answer", "en", content="x")
