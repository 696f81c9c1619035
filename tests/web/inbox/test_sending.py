"""Mail that goes out: its state beside a reply, what is done about it, and the texts around it."""

import pytest

from cstar_core import Helpdesk, MailReply, OutgoingMail, Workspace
from tests.core.correspondence import Server
from tests.core.posting import box, mail
from tests.core.tracing import queries
from tests.web.inbox.browser import Browser, Seen
from tests.web.inbox.conftest import SignIn

SENT = "/inbox/acme/mail/sent"
BAD = "/inbox/acme/mail/bad-addresses"
TEMPLATES = "/inbox/acme/settings/templates"
JANE = "jane@shop.example"


@pytest.fixture
def agent(signed_in: SignIn) -> Browser:
    return signed_in("agent")


@pytest.fixture
def sent(acme: Workspace) -> OutgoingMail:
    """The mail of a reply, which is still in line."""
    acme.mailboxes.create(address="support@acme.example", outgoing={"host": "smtp.acme.example"})
    jane = acme.customers.create(name="Jane", email=JANE)
    ticket = acme.tickets.create(title="Late", customer_id=jane.id, initial_message="Where?")
    acme.messages.create(ticket.id, content="Soon", sender="agent", sender_name="Ada")
    return acme.outgoing_mail.list().items[0]


def ticket_path(mail: OutgoingMail) -> str:
    return f"/inbox/acme/tickets/{mail.ticket_id}"


NOBODY = MailReply("failed", "550 5.1.1", "no <i>such</i> user")
LATER = MailReply("deferred", "450 4.2.1", "mailbox is full")


def path_of(mail: OutgoingMail, what: str) -> str:
    return f"{SENT}/{mail.id}/{what}"


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (None, "Sent"),
        (LATER, "Is tried again"),
        (NOBODY, "Not delivered"),
    ],
)
def test_what_became_of_a_reply_is_told_beside_it_and_in_the_list(
    desk: Helpdesk, agent: Browser, sent: OutgoingMail, reply: MailReply | None, told: str
) -> None:
    assert "In line" in agent.see(ticket_path(sent)).text
    Server({JANE: reply} if reply else {}).run(desk)
    for path in (ticket_path(sent), SENT):
        seen = agent.see(path).text
        assert told in seen and (reply is None or reply.text in seen)


def test_what_failed_is_tried_again_from_the_ticket(
    desk: Helpdesk, acme: Workspace, agent: Browser, sent: OutgoingMail
) -> None:
    Server({JANE: NOBODY}).run(desk)
    page = agent.see(ticket_path(sent))
    assert "Mail to this address came back" in page.text
    assert path_of(sent, "retry") in page.links()
    answer = agent.send(path_of(sent, "retry"), {"back": "ticket"}, form=ticket_path(sent))
    assert ticket_path(sent) in answer.headers["Location"]
    seen = agent.see(answer.headers["Location"])
    assert "In line" in seen.text and "came back" not in seen.text
    Server().run(desk)
    assert acme.outgoing_mail.get(sent.id).state == "sent"
    again = agent.send(path_of(sent, "retry"), {"back": "list"}, form=SENT)
    assert again.headers["Location"].startswith(SENT)


def test_what_is_in_line_is_not_sent_if_one_says_so(
    desk: Helpdesk, acme: Workspace, agent: Browser, sent: OutgoingMail
) -> None:
    agent.send(path_of(sent, "cancel"), {"back": "list"}, form=SENT)
    assert Server().run(desk) == []
    assert acme.outgoing_mail.get(sent.id).state == "failed"


def test_what_is_held_back_is_let_go(
    desk: Helpdesk, acme: Workspace, agent: Browser, sent: OutgoingMail
) -> None:
    held: tuple[OutgoingMail, ...] = ()
    for _ in range(100):
        if held := acme.outgoing_mail.list(state="held").items:
            break
        acme.messages.create(sent.ticket_id, content="More", sender="agent", sender_name="Ada")
    seen = agent.see(f"{SENT}?state=held")
    assert "Held back" in seen.text and path_of(held[0], "release") in seen.links()
    assert path_of(sent, "cancel") not in seen.links()
    agent.send(path_of(held[0], "release"), {"back": "list"}, form=SENT)
    assert acme.outgoing_mail.get(held[0].id).state == "queued"


def test_a_bad_address_is_written_to_again(
    desk: Helpdesk, acme: Workspace, agent: Browser, sent: OutgoingMail
) -> None:
    assert "No bad address" in agent.see(BAD).text
    Server({JANE: NOBODY}).run(desk)
    assert JANE in agent.see(BAD).text and "no <i>such</i> user" in agent.see(BAD).text
    answer = agent.send(BAD, {"address": JANE})
    assert "is sent again" in agent.see(answer.headers["Location"]).text
    assert acme.outgoing_mail.bad_address(JANE) is None
    assert agent.send(BAD, {"address": JANE}, form=SENT).status_code == 303


def test_a_viewer_sends_nothing(
    desk: Helpdesk, acme: Workspace, signed_in: SignIn, sent: OutgoingMail
) -> None:
    Server({JANE: NOBODY}).run(desk)
    viewer = signed_in("viewer")
    for path in (ticket_path(sent), SENT, BAD):
        assert not [link for link in viewer.see(path).links() if f"{SENT}/" in link], path


def test_the_list_runs_as_many_queries_however_long_it_is(
    desk: Helpdesk, acme: Workspace, agent: Browser, sent: OutgoingMail
) -> None:
    agent.get(SENT)
    few = queries(desk, lambda: agent.get(SENT))
    for _ in range(10):
        acme.messages.create(sent.ticket_id, content="More", sender="agent", sender_name="Ada")
    assert len(queries(desk, lambda: agent.get(SENT))) == len(few) < 15


def test_a_template_is_previewed_changed_and_taken_back(
    acme: Workspace, signed_in: SignIn, sent: OutgoingMail
) -> None:
    owner = signed_in("owner")
    assert "First answer" in owner.see(TEMPLATES).text
    path = f"{TEMPLATES}/first_answer/en"
    number = acme.tickets.get(sent.ticket_id).number
    assert f"Its number is #{number}" in owner.see(path).text
    text = "Hi {{customer.first_name}} <b>#{{ticket.number}}</b>"
    shown = owner.send(path, {"content": text, "version": "0", "preview": "yes"})
    assert f"Hi Jane <b>#{number}</b>" in Seen(shown.text).text
    assert acme.mail_templates.get("first_answer", "en").updated_at is None
    owner.send(path, {"content": text, "version": "0"})
    assert acme.mail_templates.get("first_answer", "en").content == text
    stale = owner.send(path, {"content": "Other", "version": "0"})
    assert stale.status_code == 422 and "Somebody has changed this" in Seen(stale.text).text
    owner.send(f"{path}/reset", form=path)
    assert acme.mail_templates.get("first_answer", "en").updated_at is None
    assert owner.send(f"{path}/reset", form=path).status_code == 303


@pytest.mark.parametrize(
    ("kind", "content", "told"),
    [
        ("first_answer", "", "Text is required"),
        ("first_answer", "{{customer.nmae}}", "is not known; did you mean customer.name?"),
        ("reply", "Hello", "must have {{message}}"),
        ("reply", "x" * 20_001, "must be at most 20,000 characters"),
    ],
)
@pytest.mark.parametrize("preview", ["", "yes"])
def test_what_is_wrong_with_a_template_is_told(
    signed_in: SignIn, sent: OutgoingMail, kind: str, content: str, told: str, preview: str
) -> None:
    owner = signed_in("owner")
    path = f"{TEMPLATES}/{kind}/en"
    answer = owner.send(path, {"content": content, "version": "0", "preview": preview})
    assert answer.status_code == 422 and told in Seen(answer.text).text
    assert owner.get(f"{TEMPLATES}/{kind}/xx").status_code == 404


@pytest.mark.parametrize("copies", [1, 4])
def test_who_will_get_a_reply_is_told_before_it_is_written(
    agent: Browser, acme: Workspace, copies: int
) -> None:
    box(acme)
    others = [f"friend{number}@example.com" for number in range(copies)]
    found = acme.mail.receive(mail(JANE, Cc=", ".join(others)))
    page = agent.see(f"/inbox/acme/tickets/{found.ticket_id}")
    assert [each for each in page.all("div") if each.get("id") == "route"]
    assert f"Goes by mail to {JANE}" in " ".join(page.text.split())
    assert all(each in page.text for each in others)
    assert ("with copies to 4 people" in page.text) is (copies > 3)


def test_nobody_is_named_where_a_reply_does_not_go_out(agent: Browser, acme: Workspace) -> None:
    ticket = acme.tickets.create(title="Late", customer_name="Jane", customer_email=JANE)
    assert "Goes by mail to" not in agent.see(f"/inbox/acme/tickets/{ticket.id}").text
