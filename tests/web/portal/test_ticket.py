"""A ticket behind its link: what its customer reads there, and how they answer."""

import random
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from cstar_core import Helpdesk, Ticket, Workspace
from cstar_web.app import create_app
from cstar_web.settings import Settings
from tests.web.portal.visitor import Page, Visitor
from tests.web.vocabulary import ManualClock


def ask(room: Workspace, name: str = "Jane", **more: str) -> Ticket:
    values = {"title": "Help", "initial_message": f"{name} asks"} | more
    email = f"{name.lower()}@example.com"
    return room.tickets.create(**values, customer_name=name, customer_email=email)


def path_to(room: Workspace, ticket: Ticket) -> str:
    return f"/t/{room.team.slug}/ticket/{room.ticket_links.link(ticket.id)}"


def test_a_customer_reads_and_answers(acme: Workspace, visitor: Visitor) -> None:
    ticket = ask(acme)
    acme.messages.create(ticket.id, content="Which <b>wheel</b>?", sender_name="Noor")
    acme.tickets.update(ticket.id, status="pending")
    path = path_to(acme, ticket)
    page = visitor.see(path)
    for shown in ("#1", "Help", "Jane asks", "Noor", "Which <b>wheel</b>?", "Waiting for your"):
        assert shown in page.text
    answer = visitor.answer(path, "The front one.")
    assert answer.status_code == 303
    assert "We have your answer." in visitor.see(answer.headers["Location"]).text
    after = acme.tickets.get(ticket.id)
    assert (after.status, after.message_count) == ("open", 3)


def test_public_fields_are_shown_as_people_read_them(acme: Workspace, visitor: Visitor) -> None:
    for key, type, options in (
        ("order", "text", None),
        ("topics", "multiselect", ["a", "b"]),
        ("paid", "boolean", None),
    ):
        acme.custom_fields.create(
            name=key.title(),
            key=key,
            type=type,
            entity_type="tickets",
            options=options,
            public=True,
        )
    ticket = acme.tickets.create(
        title="x",
        customer_name="Jane",
        custom_fields={"order": "17", "topics": ["a", "b"], "paid": False},
    )
    text = visitor.see(path_to(acme, ticket)).text
    assert "Order 17" in text and "Topics a, b" in text and "Paid No" in text


@pytest.mark.parametrize("content", ["", " \n", "x" * 100_001, "a\0"])
def test_an_answer_that_is_none_is_asked_again(
    acme: Workspace, visitor: Visitor, content: str
) -> None:
    ticket = ask(acme)
    answer = visitor.answer(path_to(acme, ticket), content)
    page = Page(answer.text)
    assert (answer.status_code, len(acme.messages.list(ticket.id))) == (422, 1)
    assert page.one("content")["aria-invalid"] == "true" and "Your answer" in page.text
    assert "Jane asks" in page.text


def test_an_answer_that_is_sent_twice_is_added_once(acme: Workspace, visitor: Visitor) -> None:
    ticket = ask(acme)
    path = path_to(acme, ticket)
    for _ in range(2):
        assert visitor.answer(path, "Yes", once="1").status_code == 303
    visitor.answer(path, "Yes")
    assert len(acme.messages.list(ticket.id)) == 3


def test_a_ticket_of_another_team_or_of_test_data_is_not_there(
    desk: Helpdesk, acme: Workspace, visitor: Visitor
) -> None:
    token = path_to(acme, ask(acme)).rpartition("/")[2]
    other, test = desk.workspace("other"), desk.workspace("acme", "test")
    foreign = path_to(other, ask(other)).rpartition("/")[2]
    sample = path_to(test, ask(test)).rpartition("/")[2]
    wrong = [f"/t/other/ticket/{token}", f"/t/acme/ticket/{foreign}", f"/t/acme/ticket/{sample}"]
    wrong += [f"/t/nobody/ticket/{token}", f"/t/acme/ticket/{token[:-1]}", "/t/acme/ticket/x"]
    wrong += [f"/t/acme/ticket/{token}A", f"/t/acme/ticket/{token.swapcase()}"]
    answers = [visitor.get(path) for path in wrong]
    assert {(each.status_code, each.text) for each in answers} == {(404, answers[0].text)}
    assert {visitor.post(path, {"content": "x"}).status_code for path in wrong} == {404}
    assert acme.tickets.list().items[0].message_count == 1


def test_a_link_that_is_over_shows_nothing(
    acme: Workspace, visitor: Visitor, clock: ManualClock
) -> None:
    ticket = ask(acme)
    short = acme.ticket_links.link(ticket.id, expires_in=timedelta(hours=1))
    path = f"/t/acme/ticket/{short}"
    assert visitor.get(path).status_code == 200
    clock.tick(hours=1)
    gone = visitor.get(path)
    assert gone.status_code == 404 and "Jane" not in gone.text
    acme.tickets.delete(ticket.id)
    assert visitor.post(path, {"content": "x"}).status_code == 404


def test_a_merge_shows_nothing_of_another_customer(acme: Workspace, visitor: Visitor) -> None:
    bo, jane = ask(acme, "Bo", title="Of Bo"), ask(acme, title="Of Jane")
    path = path_to(acme, jane)
    acme.tickets.merge(jane.id, into=bo.id)
    text = visitor.see(path).text
    assert "Bo" not in text and "Of Jane" in text and "in another conversation" in text
    assert visitor.answer(path, "More").status_code == 303
    assert acme.messages.list(bo.id)[-1].content == "More"


@pytest.mark.parametrize("status", ["new", "open", "pending", "resolved", "closed"])
def test_every_status_is_told_in_the_customers_words(
    acme: Workspace, visitor: Visitor, status: str
) -> None:
    ticket = acme.tickets.create(title="x", customer_name="Jane", status=status)
    shown = (
        visitor.see(path_to(acme, ticket)).html.partition('class="status">')[2].partition("<")[0]
    )
    assert shown.strip() and shown != status


@pytest.mark.parametrize("seed", range(5))
def test_nothing_internal_is_in_any_byte_of_any_page(
    seed: int, desk: Helpdesk, acme: Workspace, visitor: Visitor, clock: ManualClock
) -> None:
    chance = random.Random(seed)
    ada = acme.members.create(name="Ada", email="INTERNAL@example.com")
    for key in ("one", "two"):
        acme.custom_fields.create(
            name=f"INTERNAL {key}", key=key, type="text", entity_type="tickets", required=False
        )
    acme.customers.create(name="INTERNAL Jane", email="jane@example.com")
    paths = [visitor.link(name="Jane") for _ in range(3)]
    tickets = [each.id for each in acme.tickets.list().items]
    for _ in range(40):
        clock.tick()
        id = chance.choice(tickets)
        match chance.randrange(5):
            case 0:
                acme.messages.create(id, content="INTERNAL", is_internal=True)
            case 1:
                acme.messages.create(id, content="hello", sender_name="INTERNAL@example.com")
            case 2:
                values = {"one": "INTERNAL", "two": "INTERNAL"}
                acme.tickets.update(id, notes="INTERNAL", tags=["INTERNAL"], custom_fields=values)
            case 3:
                acme.tickets.update(id, metadata={"INTERNAL": "INTERNAL"}, assigned_to=ada.id)
            case 4:
                visitor.answer(chance.choice(paths), chance.choice(("yes", "")))
    pages = [visitor.get(path) for path in (*paths, "/t/acme/new")]
    pages += [visitor.post(path, {"content": ""}) for path in paths]
    assert [each.status_code for each in pages] == [200] * 4 + [422] * 3
    for answer in pages:
        sent = answer.get_data() + str(answer.headers).encode()
        assert b"INTERNAL" not in sent.upper() and b"tkt_" not in sent and b"mem_" not in sent


def test_too_much_from_one_network_is_refused_with_a_page(desk: Helpdesk, acme: Workspace) -> None:
    settings = Settings(customer_form=("all",), customer_form_limit="2/minute;3/hour")
    client: FlaskClient = create_app(desk, settings).test_client()
    path = path_to(acme, ask(acme))
    sent = [client.post(path, data={"content": str(n)}) for n in range(4)]
    assert [each.status_code for each in sent] == [303, 303, 429, 429]
    assert int(sent[-1].headers["Retry-After"]) > 0
    assert "That was too often" in sent[-1].text
    assert client.post("/t/acme/new", data={}).status_code == 429
    elsewhere = {"REMOTE_ADDR": "192.0.2.9"}
    assert client.post(path, data={"content": "x"}, environ_base=elsewhere).status_code == 303
    assert client.get(path).status_code == 200
    assert acme.tickets.list().items[0].message_count == 4


def test_who_only_guesses_links_locks_nobody_out(desk: Helpdesk, acme: Workspace) -> None:
    client = create_app(desk, Settings(customer_form_limit="1/hour")).test_client()
    for _ in range(5):
        assert client.post("/t/acme/ticket/x", data={"content": "x"}).status_code == 404
    assert client.post(path_to(acme, ask(acme)), data={"content": "x"}).status_code == 303
