"""One mail: in its conversation, in a frame that nothing gets out of, and as it came."""

import re
from pathlib import Path

import pytest

from cstar_core import Helpdesk, Mail, Workspace, read_letter
from cstar_web.html.letters.nesting import NESTING_MAX
from cstar_web.inbox.mail import showing
from tests.core.correspondence import Server
from tests.core.tracing import queries
from tests.web.inbox.browser import Browser, Seen
from tests.web.inbox.conftest import SignIn
from tests.web.inbox.post import PIXEL, letter, receive

HTML = (
    "<p>Hello <a href='https://evil.example/x'>your bank</a><script>broken=1</script></p>"
    "<img src=cid:cat><img src=https://tracker.example/p.png><form action=/x><input></form>"
)


@pytest.fixture
def mail(acme: Workspace) -> Mail:
    return receive(acme, letter(html=HTML))


@pytest.fixture
def agent(signed_in: SignIn) -> Browser:
    return signed_in("agent")


def path_of(mail: Mail, part: str = "") -> str:
    return f"/inbox/acme/mail/{mail.id}{part}"


def ticket_path(mail: Mail) -> str:
    return f"/inbox/acme/tickets/{mail.ticket_id}"


def test_a_conversation_shows_how_a_mail_looked_when_one_asks(agent: Browser, mail: Mail) -> None:
    seen = agent.see(ticket_path(mail))
    (frame,) = seen.all("iframe")
    assert frame["src"] == path_of(mail, "/frame") and frame["loading"] == "lazy"
    assert "allow-scripts" not in frame["sandbox"] and "allow-same-origin" not in frame["sandbox"]
    assert "By mail" in seen.text and "Show pictures of other servers" in seen.text
    assert path_of(mail) in seen.links()


def test_in_the_frame_nothing_can_run_or_ask_elsewhere(agent: Browser, mail: Mail) -> None:
    answer = agent.get(path_of(mail, "/frame"))
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-popups allow-popups-to-escape-sandbox; ")
    assert "default-src 'none'" in policy and "script-src" not in policy
    assert "img-src data:;" in policy and "frame-ancestors 'self'" in policy
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    seen = Seen(answer.text)
    assert {name for name, _ in seen.tags} <= {
        *("html", "head", "meta", "title", "style", "body", "main", "p", "a", "span", "img")
    }
    assert "(evil.example)" in seen.text and "broken" not in answer.text
    mine, others = seen.all("img")
    assert mine["src"].startswith("data:image/gif;base64,") and "src" not in others


def test_pictures_of_others_are_shown_in_the_frame_once_asked_for(
    agent: Browser, mail: Mail
) -> None:
    seen = agent.see(path_of(mail))
    assert "1 picture of another server is held back" in seen.text
    asked = path_of(mail, "/frame?pictures=yes")
    assert asked in seen.links()
    (link,) = (each for each in seen.all("a") if each["href"] == asked)
    assert link["target"] == seen.all("iframe")[0]["name"]
    answer = agent.get(asked)
    assert "img-src data: https:;" in answer.headers["Content-Security-Policy"]
    assert "https://tracker.example/p.png" in answer.text


def test_a_picture_that_is_named_again_and_again_does_not_fill_the_memory(
    acme: Workspace, agent: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(showing, "PICTURES_MAX", 2 * len(PIXEL))
    mail = receive(acme, letter(html="<img src=cid:cat>" * 5))
    seen = Seen(agent.get(path_of(mail, "/frame")).text)
    assert ["src" in each for each in seen.all("img")] == [True, True, False, False, False]


def test_the_frame_may_use_the_styles_that_it_brings(agent: Browser, mail: Mail) -> None:
    answer = agent.get(path_of(mail, "/frame"))
    assert re.search(
        r"style-src-elem 'sha256-[\w+/]{43}='", answer.headers["Content-Security-Policy"]
    )
    assert answer.text.count("<style>") == 1 and 'style="' not in answer.text


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (letter("Only <b>text</b>"), "Only <b>text</b>"),
        (letter(html="<div>" * (NESTING_MAX + 1) + "deep"), "deep"),
        (letter(html="<p>x</p>" * 70_000), "x x x"),
        (b"no mail at all", "cannot be read"),
    ],
)
def test_the_frame_shows_the_text_where_there_is_no_html_to_show(
    acme: Workspace, agent: Browser, raw: bytes, told: str
) -> None:
    mail = acme.mail.receive(raw)
    assert told in Seen(agent.get(path_of(mail, "/frame")).text).text
    assert agent.get(path_of(mail)).status_code == 200


def test_a_mail_is_saved_as_it_came(agent: Browser, mail: Mail) -> None:
    answer = agent.get(path_of(mail, "/raw"))
    assert answer.data == letter(html=HTML)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="message.eml"'
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_its_source_is_text(acme: Workspace, agent: Browser) -> None:
    raw = letter(html="<script>broken=1</script>\0\xff" + "x" * 300_000).replace(
        b"\xc3\xbf", b"\xff"
    )
    mail = receive(acme, raw)
    answer = agent.get(path_of(mail, "/source"))
    seen = Seen(answer.text)
    assert "<script>broken=1</script>\\x00\\xff" in seen.text
    assert "This is its beginning" in seen.text and len(answer.data) < 400_000


def test_its_page_tells_what_became_of_it(acme: Workspace, agent: Browser, mail: Mail) -> None:
    reply = receive(
        acme,
        letter("Still not", id="2@shop.example", more="In-Reply-To: <1@shop.example>\r\n"),
    )
    seen = agent.see(path_of(reply))
    assert "It answers a mail of this ticket (In-Reply-To)." in seen.text
    assert "Message-ID: <2@shop.example>" in seen.text and "jane@shop.example" in seen.text
    assert f"{ticket_path(mail)}?at={reply.message_id}" in seen.links()
    assert "It answers a mail of this ticket (In-Reply-To)." in agent.see(ticket_path(mail)).text
    twice = acme.mail.receive(letter(html=HTML).replace(b"Late", b"Late", 1) + b"\r\n")
    assert twice.verdict == "duplicate"
    assert path_of(mail) in agent.see(path_of(twice)).links()


@pytest.mark.parametrize(
    ("more", "label"),
    [
        ("Auto-Submitted: auto-replied\r\n", "Automatic"),
        ("List-Id: <all.shop.example>\r\n", "Mailing list"),
    ],
)
def test_a_message_says_that_nobody_wrote_it_by_hand(
    acme: Workspace, agent: Browser, more: str, label: str
) -> None:
    mail = receive(acme, letter(more=more))
    assert label in agent.see(ticket_path(mail)).text


def test_a_notice_on_a_delivery_stands_on_its_ticket_with_what_it_is(
    desk: Helpdesk, acme: Workspace, agent: Browser, mail: Mail
) -> None:
    acme.mailboxes.create(address="support@acme.example", outgoing={"host": "smtp.acme.example"})
    acme.messages.create(str(mail.ticket_id), content="Soon", sender="agent", sender_name="Ada")
    assert Server().run(desk)
    sent = acme.outgoing_mail.list().items[0]
    raw = letter("Gone", sender="MAILER-DAEMON@shop.example", id="9@x").replace(
        b"Content-Type: text/plain; charset=utf-8\r\n\r\nGone\r\n",
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=r\r\n\r\n"
        b"--r\r\nContent-Type: text/plain\r\n\r\nNo such user\r\n"
        b"--r\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x.example\r\n\r\n"
        b"Final-Recipient: rfc822; jane@shop.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
        b"--r\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <SENT>\r\n\r\nx\r\n"
        b"--r--\r\n",
    )
    notice = acme.mail.receive(raw.replace(b"SENT", sent.header_id.encode()))
    assert (notice.verdict, notice.ticket_id) == ("bounce", mail.ticket_id)
    seen = agent.see(ticket_path(mail))
    assert "It tells that a mail of this ticket could not be delivered." in seen.text
    assert "Came back" in seen.text and "Mail to this address came back" in seen.text
    assert path_of(notice) in seen.links()


def test_a_message_says_that_it_is_signed(acme: Workspace, agent: Browser) -> None:
    raw = letter().replace(
        b"Content-Type: text/plain; charset=utf-8\r\n\r\nWhere is it?\r\n",
        b"Content-Type: multipart/signed; boundary=s;\r\n"
        b' protocol="application/pgp-signature"\r\n\r\n'
        b"--s\r\nContent-Type: text/plain\r\n\r\nHello\r\n--s\r\n"
        b"Content-Type: application/pgp-signature\r\n\r\nx\r\n--s--\r\n",
    )
    assert read_letter(raw).protection == "signed"
    assert "Signed" in agent.see(ticket_path(receive(acme, raw))).text


def test_a_message_of_somebody_else_says_so(acme: Workspace, agent: Browser, mail: Mail) -> None:
    assert "Not the customer" not in agent.see(ticket_path(mail)).text
    more = "In-Reply-To: <1@shop.example>\r\n"
    receive(acme, letter("I too", sender="eve@evil.example", id="3@x", more=more))
    seen = agent.see(ticket_path(mail))
    assert "Not the customer of this ticket" in seen.text and "eve@evil.example" in seen.text


def test_of_a_mail_that_was_forgotten_its_page_is_left(
    acme: Workspace, agent: Browser, mail: Mail
) -> None:
    assert mail.ticket_id is not None
    acme.tickets.delete(mail.ticket_id)
    assert "Nothing is left of this mail" in agent.see(path_of(mail, "/source")).text
    assert "Nothing is left of this mail" in agent.see(path_of(mail, "/frame")).text
    assert agent.get(path_of(mail, "/raw")).status_code == 404
    page = agent.get(path_of(mail)).text
    assert "jane@shop.example" not in page and "Late" not in page


def test_of_a_mail_whose_file_is_lost_its_page_tells_what_the_ledger_knows(
    agent: Browser, mail: Mail, tmp_path: Path
) -> None:
    for file in (tmp_path / "desk.db-files").glob("??/*"):
        file.unlink()
    lost = "The file of this mail is missing on the server, or damaged."
    page = agent.see(path_of(mail)).text
    assert lost in page and "New ticket" in page and "Nothing in it belongs" in page
    for part in ("/source", "/frame"):
        assert lost in agent.see(path_of(mail, part)).text
    answer = agent.get(path_of(mail, "/raw"))
    assert answer.status_code == 410 and "This file is lost" in answer.text
    assert "Hello" in agent.see(ticket_path(mail)).text


def test_a_message_is_moved_to_another_ticket_and_back(
    acme: Workspace, agent: Browser, mail: Mail
) -> None:
    other = acme.tickets.create(title="Another", initial_message="Hi")
    ask = f"{ticket_path(mail)}/messages/{mail.message_id}/move"
    assert "Hello" in agent.see(ask).text
    for wrong in ("", "x", "0", "99999", "#", "9" * 30, str(acme.tickets.list().items[-1].number)):
        answer = agent.send(ask, {"number": wrong})
        assert answer.status_code == 422, wrong
    moved = agent.send(ask, {"number": f" #{other.number} "})
    assert moved.status_code == 303
    place = moved.headers["Location"]
    assert f"/inbox/acme/tickets/{other.id}?" in place
    seen = agent.see(place)
    assert "The message is moved" in seen.text and "Somebody has moved it here." in seen.text
    assert len(acme.tickets.get(other.id).messages) == 2
    undo = next(each["action"] for each in seen.all("form") if each["action"].endswith("/undo"))
    back = agent.send(undo, {"to": str(mail.ticket_id)}, form=place)
    assert back.status_code == 303 and ticket_path(mail) in back.headers["Location"]
    assert "The message is back" in agent.see(back.headers["Location"]).text
    assert len(acme.tickets.get(other.id).messages) == 1


def test_a_viewer_is_offered_nothing_that_changes(signed_in: SignIn, mail: Mail) -> None:
    viewer = signed_in("viewer")
    for path in (ticket_path(mail), path_of(mail), "/inbox/acme/mail/blocks"):
        seen = viewer.see(path)
        sent = [form["action"] for form in seen.all("form") if "/mail" in form.get("action", "")]
        led = [link for link in seen.links() if link.endswith("/move") or "value=" in link]
        assert (sent, led) == ([], []), path


def test_mails_cost_a_conversation_as_many_queries_however_many_there_are(
    desk: Helpdesk, acme: Workspace, agent: Browser, mail: Mail
) -> None:
    def write(numbers: range) -> None:
        for number in numbers:
            more = "In-Reply-To: <1@shop.example>\r\n"
            receive(acme, letter("More", id=f"{number}@shop.example", more=more))

    write(range(2, 15))
    agent.get(ticket_path(mail))
    few = queries(desk, lambda: agent.get(ticket_path(mail)))
    write(range(15, 30))
    many = queries(desk, lambda: agent.get(ticket_path(mail)))
    assert len(many) == len(few)
    assert len([each for each in many if 'FROM "mails"' in each]) == 1
