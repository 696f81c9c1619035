"""The ledger of mail, and what is blocked."""

import pytest

from cstar_core import Helpdesk, Mail, Workspace
from tests.core.tracing import queries
from tests.web.inbox.browser import Browser, Seen
from tests.web.inbox.conftest import SignIn
from tests.web.inbox.post import letter, receive

MAILS = "/inbox/acme/mail"
BLOCKS = f"{MAILS}/blocks"
SPAM = "X-Spam-Flag: YES\r\n"


@pytest.fixture
def agent(signed_in: SignIn) -> Browser:
    return signed_in("agent")


def path_of(mail: Mail, part: str = "") -> str:
    return f"{MAILS}/{mail.id}{part}"


def test_the_ledger_is_empty_and_then_has_every_mail(acme: Workspace, agent: Browser) -> None:
    assert "No mail here" in agent.see(MAILS).text
    first = receive(acme, letter())
    spam = receive(acme, letter("Buy", subject="<b>Buy</b>", id="2@x", more=SPAM))
    lost = receive(acme, b"no mail at all")
    seen = agent.see(MAILS)
    assert {path_of(each) for each in (first, spam, lost)} <= seen.links()
    assert "<b>Buy</b>" in seen.text and "Spam" in seen.text


def test_it_is_looked_through_by_verdict_and_mailbox(acme: Workspace, agent: Browser) -> None:
    boxes = [acme.mailboxes.create(address=f"{name}@acme.example").id for name in ("a", "b")]
    mine = receive(acme, letter(), mailbox=boxes[0])
    spam = receive(acme, letter(id="2@x", more=SPAM), mailbox=boxes[1])
    for query, shown, hidden in (
        ("verdict=spam", spam, mine),
        ("verdict=ticket", mine, spam),
        (f"mailbox={boxes[0]}", mine, spam),
        (f"mailbox={boxes[1]}&verdict=spam", spam, mine),
    ):
        links = agent.see(f"{MAILS}?{query}").links()
        assert path_of(shown) in links and path_of(hidden) not in links, query
    both = agent.see(f"{MAILS}?verdict=x&mailbox=mbx_0&after=x").links()
    assert {path_of(mine), path_of(spam)} <= both


def test_suspected_spam_is_released(acme: Workspace, agent: Browser) -> None:
    spam = receive(acme, letter(more=SPAM))
    assert "A mail server has marked it as spam" in agent.see(path_of(spam)).text
    answer = agent.send(path_of(spam, "/release"), form=path_of(spam))
    assert "It is in line to be read" in agent.see(answer.headers["Location"]).text
    assert acme.mail.work(spam.id).verdict == "ticket"
    again = agent.send(path_of(spam, "/release"), form=path_of(spam))
    assert again.status_code == 422 and "That was done meanwhile" in Seen(again.text).text


def test_what_could_not_be_read_is_read_again(acme: Workspace, agent: Browser) -> None:
    lost = receive(acme, b"no mail at all")
    assert lost.verdict == "failed" and "Read it again" in agent.see(path_of(lost)).text
    agent.send(path_of(lost, "/retry"), form=path_of(lost))
    assert acme.mail.get(lost.id).verdict == "waiting"
    assert "has not been read yet" in agent.see(path_of(lost, "/frame")).text


def test_a_sender_is_blocked_from_a_mail_and_taken_again(acme: Workspace, agent: Browser) -> None:
    mail = receive(acme, letter())
    links = agent.see(path_of(mail)).links()
    for value in ("jane@shop.example", "shop.example"):
        link = f"{BLOCKS}?value={value}"
        assert link in links
        fields = {each.get("name"): each.get("value") for each in agent.see(link).all("input")}
        assert fields["value"] == value
    answer = agent.send(BLOCKS, {"value": "shop.example", "note": "Only <i>offers</i>"})
    shown = agent.see(answer.headers["Location"]).text
    assert "is ignored from now on" in shown and "Only <i>offers</i>" in shown
    ignored = receive(acme, letter(id="2@x"))
    assert (
        ignored.verdict == "ignored" and "Its sender is blocked" in agent.see(path_of(ignored)).text
    )
    block = acme.mail_blocks.list().items[0]
    answer = agent.send(f"{BLOCKS}/{block.id}/delete", form=BLOCKS)
    assert "is taken again" in agent.see(answer.headers["Location"]).text
    assert receive(acme, letter(id="3@x")).verdict == "ticket"


def test_a_link_to_the_blocks_changes_nothing(acme: Workspace, agent: Browser) -> None:
    agent.get(f"{BLOCKS}?value=shop.example&note=x")
    assert acme.mail_blocks.list().items == ()


@pytest.mark.parametrize("value", ["", "x", "@", "a@b@c", "x" * 300])
def test_what_can_not_be_blocked_is_told(acme: Workspace, agent: Browser, value: str) -> None:
    answer = agent.send(BLOCKS, {"value": value})
    assert answer.status_code == 422 and "Address or domain" in Seen(answer.text).text
    assert acme.mail_blocks.list().items == ()


def test_a_block_is_there_once(acme: Workspace, agent: Browser) -> None:
    agent.send(BLOCKS, {"value": "shop.example"})
    answer = agent.send(BLOCKS, {"value": "SHOP.example"})
    assert answer.status_code == 422 and "is blocked already" in Seen(answer.text).text


def test_the_ledger_runs_as_many_queries_however_long_it_is(
    desk: Helpdesk, acme: Workspace, agent: Browser
) -> None:
    receive(acme, letter())
    agent.get(MAILS)
    few = queries(desk, lambda: agent.get(MAILS))
    for number in range(2, 20):
        receive(acme, letter(id=f"{number}@x"))
    assert len(queries(desk, lambda: agent.get(MAILS))) == len(few) < 15


def spam_form(mail: Mail, seen: Seen) -> set[str]:
    return {link for link in seen.links() if link == path_of(mail, "/spam")}


def test_a_mail_is_filed_as_spam_once_one_has_said_so(acme: Workspace, agent: Browser) -> None:
    mail = receive(acme, letter())
    ask, ticket = path_of(mail, "/spam"), f"/inbox/acme/tickets/{mail.ticket_id}"
    assert spam_form(mail, agent.see(ticket)) == spam_form(mail, agent.see(path_of(mail))) == {ask}
    asked = agent.see(ask)
    assert "Its ticket goes for everybody" in asked.text
    assert "Ignore everybody at shop.example" in asked.text
    assert acme.mail.get(mail.id).verdict == "ticket"
    done = agent.send(ask, {"block": "domain"})
    seen = agent.see(done.headers["Location"])
    assert "It is filed as spam." in seen.text and "Somebody has filed it as spam." in seen.text
    assert "Make a ticket of it" in seen.text and spam_form(mail, seen) == set()
    assert agent.get(ticket).status_code == 404
    assert [each.value for each in acme.mail_blocks.list().items] == ["shop.example"]
    # Who still has the page open is led to the mail.
    for answer in (agent.get(ask), agent.send(ask, {"block": ""}, form=BLOCKS)):
        assert answer.headers["Location"].startswith(path_of(mail))
    agent.send(path_of(mail, "/release"), form=path_of(mail))
    answer = agent.send(ask, {"block": "sender"}, form=BLOCKS)
    assert answer.headers["Location"] == path_of(mail)


def test_the_ticket_stays_with_what_is_of_others(acme: Workspace, agent: Browser) -> None:
    mail = receive(acme, letter(sender="jane@localhost"))
    assert mail.ticket_id
    acme.messages.create(mail.ticket_id, content="Hello")
    ask = path_of(mail, "/spam")
    assert "Only its message goes" in agent.see(ask).text
    refused = agent.send(ask, {"block": "domain"})
    assert refused.status_code == 422 and "names no sender" in Seen(refused.text).text
    assert agent.send(ask, {"block": "x"}).status_code == 422
    agent.send(ask, {"block": ""})
    assert "filed a message as spam" in agent.see(f"/inbox/acme/tickets/{mail.ticket_id}").text
    assert acme.tickets.get(mail.ticket_id).message_count == 1


def test_a_mail_without_a_sender_is_filed_too(acme: Workspace, agent: Browser) -> None:
    mail = receive(acme, b"Subject: Buy\r\n\r\nBuy\r\n")
    ask = path_of(mail, "/spam")
    assert "Ignore" not in agent.see(ask).text
    assert agent.send(ask, {"block": ""}).status_code == 303
    assert acme.mail.get(mail.id).verdict == "spam"


def test_a_viewer_files_nothing(acme: Workspace, signed_in: SignIn) -> None:
    mail, viewer = receive(acme, letter()), signed_in("viewer")
    assert spam_form(mail, viewer.see(path_of(mail))) == set()
    assert viewer.get(path_of(mail, "/spam")).status_code == 403
    assert viewer.send(path_of(mail, "/spam"), {"block": ""}, form=MAILS).status_code == 403
    assert acme.mail.get(mail.id).verdict == "ticket"
