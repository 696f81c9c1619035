"""HTML of mail in a real browser: whatever it brings, nothing runs and nobody else is asked."""

from collections.abc import Sequence

import pytest

from cstar_core import Helpdesk, Mail
from tests.browser.conftest import Visit
from tests.browser.corpus import STRINGS
from tests.browser.places import MAIL
from tests.browser.visitor import Visitor
from tests.web.inbox.post import letter
from tests.web.letters.hostile import CLEANED

# What a mail can bring, without what makes a page too long.
HOSTILE = [sent for sent, _ in CLEANED if len(sent) < 2_000 and "\ud800" not in sent]
HOSTILE += STRINGS
MAILS = 8


def received(desk: Helpdesk, pieces: Sequence[str], id: str) -> Mail:
    html = "".join(f"<div>{piece}</div>" for piece in pieces)
    return desk.workspace("acme").mail.receive(letter(html=html, id=f"{id}@x.example"))


def opened(visitor: Visitor, mail: Mail) -> None:
    """Open the conversation, and in it how the mail looked."""
    visitor.open(f"/inbox/acme/tickets/{mail.ticket_id}")
    # It costs nothing until somebody wants to see it.
    assert not [each for each in visitor.page.frames if each.url.endswith("/frame")]
    visitor.page.locator(".by-mail summary").click()
    frame = visitor.page.frame_locator("iframe.letter")
    frame.locator("main").wait_for(state="attached")


@pytest.mark.parametrize("number", range(MAILS))
def test_nothing_in_a_mail_runs_or_asks_another_server(
    desk: Helpdesk, visit: Visit, number: int
) -> None:
    mail = received(desk, HOSTILE[number::MAILS], str(number))
    owner = visit("owner")
    opened(owner, mail)
    owner.page.wait_for_timeout(200)
    assert owner.run("() => 'broken' in window") is False
    assert owner.path.endswith(str(mail.ticket_id))
    assert len(owner.context.pages) == 1


def test_a_picture_of_the_mail_is_shown_and_one_of_another_server_is_not(
    desk: Helpdesk, visit: Visit
) -> None:
    mail = received(desk, ["<img src=cid:cat width=20><img src=https://t.example/p.png>"], "1")
    owner = visit("owner")
    opened(owner, mail)
    pictures = owner.page.frame_locator("iframe.letter").locator("img")
    assert pictures.count() == 2
    assert pictures.first.bounding_box() is not None
    assert pictures.last.get_attribute("src") is None


def test_pictures_of_another_server_are_asked_for_by_a_click_alone(
    desk: Helpdesk, visit: Visit
) -> None:
    mail = desk.workspace("acme").mail.receive(MAIL)
    owner = visit("owner")
    asked: list[str] = []

    def note(route: object, request: object) -> None:
        asked.append(f"{request.url} {request.headers.get('referer')}")  # type: ignore[attr-defined]
        route.abort()  # type: ignore[attr-defined]

    owner.context.route("https://shop.example/**", note)
    opened(owner, mail)
    owner.page.wait_for_timeout(200)
    assert asked == []
    owner.page.get_by_role("link", name="Show pictures of other servers").click()
    assert owner.until(lambda: bool(asked))
    assert asked == ["https://shop.example/p.png None"]
    # That is what was wanted here.
    faults = owner.take_faults()
    assert faults and all("shop.example" in each or "ERR_FAILED" in each for each in faults)


def test_a_link_in_a_mail_opens_alone_and_tells_nothing_of_us(desk: Helpdesk, visit: Visit) -> None:
    owner = visit("owner")
    told = "<a href=https://shop.example/>shop.example</a>"
    mail = received(desk, [told], "1")
    owner.context.route(
        "https://shop.example/**",
        lambda route: route.fulfill(
            content_type="text/html",
            body="<title>x</title><script>document.title = [opener, document.referrer]</script>",
        ),
    )
    opened(owner, mail)
    with owner.context.expect_page() as coming:
        owner.page.frame_locator("iframe.letter").get_by_role("link").click()
    other = coming.value
    other.wait_for_load_state()
    # Scripts of the place that it leads to run as always: it is not in our frame any more.
    assert other.title() == ","
    assert owner.path.endswith(str(mail.ticket_id))
    faults = owner.take_faults()
    assert faults == [each for each in faults if each.startswith("asked another host")]


def test_the_frame_opened_alone_is_as_shut_as_in_the_page(desk: Helpdesk, visit: Visit) -> None:
    mail = received(desk, ["<p>Hello</p>"], "1")
    owner = visit("owner")
    owner.open(f"/inbox/acme/mail/{mail.id}/frame")
    owner.sees("Hello")
    assert owner.run("() => window.origin") == "null"
