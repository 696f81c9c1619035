"""The customers' pages against who means harm: scripts in any text, odd requests, headers."""

from collections.abc import Iterator
from typing import Any

import pytest

from cstar_core import Helpdesk, Workspace
from cstar_web.access import AccessLog
from cstar_web.app import create_app
from cstar_web.portal.rendering import CONTENT_SECURITY_POLICY
from cstar_web.settings import Settings
from cstar_web.watch import Watch
from tests.web.portal.visitor import FILLED, NEW, Page, Visitor

EVIL = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</textarea><script>alert(1)</script>",
    "</title><svg/onload=alert(1)>",
    "javascript:alert(1)",
    "{{ 7 * 191 }}{% include 'frame.html' %}",
    "<!--",
    "]]><base href=//evil.example>",
    "\u202e<meta http-equiv=refresh content=0>\u2028",
    "&lt;script&gt;&#x3c;",
)
# All that the pages consist of; whatever else appears has come out of a text.
TAGS = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "link",
        "body",
        "a",
        "div",
        "header",
        "main",
        "p",
        "h1",
        "h2",
    ),
    *("ul", "ol", "li", "form", "input", "label", "span", "textarea", "select", "option", "button"),
    *("fieldset", "legend", "dl", "dt", "dd", "strong", "time"),
}


def assert_tame(html: str) -> None:
    page = Page(html)
    assert {name for name, _ in page.tags} <= TAGS
    names = {each for _, attributes in page.tags for each in attributes}
    assert not [each for each in names if each.startswith("on") or each == "style"]
    for name in ("href", "src", "action"):
        for _, attributes in page.tags:
            assert attributes.get(name, "#")[0] in "#/?", attributes
    assert html.count("<title>") == html.count("<main") == html.count("<textarea") == 1
    assert "1337" not in html


def places(acme: Workspace, visitor: Visitor, evil: str) -> Iterator[str]:
    """A page for each place where a text can come from."""
    for key, type, options in (
        ("a", "text", None),
        ("b", "select", [evil, "x"]),
        ("c", "multiselect", [evil, "x"]),
    ):
        acme.custom_fields.create(
            name=evil,
            key=key,
            type=type,
            entity_type="tickets",
            options=options,
            public=True,
        )
    values = {"field.a": evil, "field.b": evil, "field.c": evil}
    typed = {"name": evil, "email": "a@b.example", "title": evil, "content": evil}
    yield visitor.get(NEW).text
    yield visitor.post(NEW, {**typed, **values, "stamp": evil, "email": evil}).text
    path = visitor.link(**typed, **values)
    acme.messages.create(acme.tickets.list().items[0].id, content=evil, sender_name=evil)
    yield visitor.get(f"{path}?done={evil}").text
    yield visitor.post(path, {"content": "", "once": evil}).text
    yield visitor.get(f"/t/{evil.replace('/', '')}/new").text
    yield visitor.get(f"/t/acme/ticket/{evil.replace('/', '')}").text


@pytest.mark.parametrize("evil", EVIL)
def test_no_text_becomes_markup_anywhere(acme: Workspace, visitor: Visitor, evil: str) -> None:
    pages = [each for each in places(acme, visitor, evil) if "<form" in each]
    assert len(pages) == 4
    for html in pages:
        assert_tame(html)
    assert evil in Page(pages[2]).text or " ".join(evil.split()) in Page(pages[2]).text


def test_who_names_a_strangers_address_reads_nothing_of_theirs(
    acme: Workspace, visitor: Visitor
) -> None:
    """Whatever the team does with what was sent, and whatever the team answers to the stranger."""
    victim = {"customer_name": "Jane Q. Real", "customer_email": "jane@example.com"}
    real = acme.tickets.create(title="REAL", initial_message="REAL words", **victim)
    path = visitor.link(name="J", email="JANE@example.com", title="Claimed")
    claimed = acme.tickets.list().items[0]
    assert claimed.customer_id == real.customer_id
    pages = [visitor.get(path).text]
    acme.tickets.merge(claimed.id, into=real.id)
    acme.messages.create(real.id, content="REAL answer")
    pages.append(visitor.get(path).text)
    assert visitor.answer(path, "Tell me").status_code == 303
    pages.append(visitor.get(path).text)
    acme.tickets.unmerge(claimed.id)
    acme.tickets.merge(real.id, into=claimed.id)
    pages.append(visitor.get(path).text)
    assert all("Claimed" in page for page in pages)
    assert not [page for page in pages if "REAL" in page or "Real" in page]
    acme.tickets.update(claimed.id, customer_id=acme.customers.create(name="Nobody").id)
    assert visitor.get(path).status_code == 404


def test_what_customers_type_does_not_turn_what_stands_beside_it(
    acme: Workspace, visitor: Visitor
) -> None:
    turned = "\u202eenaJ\nSmith"
    html = visitor.get(visitor.link(name=turned, title=turned)).text
    assert f'<h1 dir="auto">{turned}</h1>' in html
    assert f'<strong dir="auto">{turned}</strong>' in html


@pytest.mark.parametrize("evil", EVIL)
def test_a_page_of_failure_repeats_nothing(visitor: Visitor, evil: str) -> None:
    plain = evil.replace("/", "").replace("?", "").replace("#", "")
    for path in (f"/t/{plain}/new", f"/t/acme/ticket/{plain}", f"/t/{plain}"):
        answer = visitor.get(path)
        assert answer.status_code == 404
        assert answer.text == visitor.get("/t/nobody/new").text


def test_a_team_may_be_called_anything(desk: Any, visitor: Visitor) -> None:
    room = desk.workspace(desk.teams.create(EVIL[0], slug="evil").slug)
    ticket = room.tickets.create(title=EVIL[1], customer_name=EVIL[2], initial_message=EVIL[3])
    assert_tame(visitor.get(f"/t/evil/ticket/{room.ticket_links.link(ticket.id)}").text)


def pages(acme: Workspace, visitor: Visitor) -> dict[str, Any]:
    path = visitor.link()
    return {
        "form": visitor.get(NEW),
        "form again": visitor.post(NEW, {}),
        "made": visitor.write(),
        "ticket": visitor.get(path),
        "answer again": visitor.post(path, {}),
        "answered": visitor.answer(path, "x"),
        "nothing": visitor.get("/t/nobody/new"),
        "no route": visitor.get("/t/a/b/c/d"),
        "wrong method": visitor.post("/t/x.css", {}),
    }


def test_no_page_lets_anything_run_or_out(acme: Workspace, visitor: Visitor) -> None:
    for name, answer in pages(acme, visitor).items():
        headers = answer.headers
        assert headers["Referrer-Policy"] == "no-referrer", name
        assert headers["Cache-Control"] == "no-store", name
        assert headers["X-Frame-Options"] == "DENY", name
        assert "Set-Cookie" not in headers, name
        assert "script" not in answer.text.lower(), name
        if answer.status_code != 303:
            assert headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY, name
            assert headers["X-Robots-Tag"].startswith("noindex"), name
            assert headers["Content-Type"] == "text/html; charset=utf-8", name


def test_the_policy_has_no_exceptions() -> None:
    assert CONTENT_SECURITY_POLICY == (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )


def test_the_stylesheet_is_kept_and_another_one_is_not_there(visitor: Visitor) -> None:
    href = visitor.see(NEW).all("link")[0]["href"]
    sheet = visitor.get(href)
    assert sheet.headers["Content-Type"] == "text/css; charset=utf-8"
    assert "immutable" in sheet.headers["Cache-Control"]
    assert len(sheet.text) < 8_000 and "http" not in sheet.text
    assert visitor.get("/t/portal.0123456789ab.css").status_code == 404


BODIES: list[tuple[bytes, str, int]] = [
    (b"", "application/x-www-form-urlencoded", 422),
    (b"name=Jane", "text/plain", 415),
    (b'{"name": "Jane"}', "application/json", 415),
    (b"--x\r\n", "multipart/form-data; boundary=x", 400),
    (b"name=\xff", "application/x-www-form-urlencoded", 400),
    (b"name=%ff", "application/x-www-form-urlencoded", 400),
    (b"name=%ed%a0%80", "application/x-www-form-urlencoded", 400),
    (b"&".join([b"a=b"] * 2_001), "application/x-www-form-urlencoded", 400),
    (b"name", "application/x-www-form-urlencoded", 400),
    (b"content=" + b"x" * 1_048_576, "application/x-www-form-urlencoded", 413),
    (b"content=" + b"x" * 1_000_000, "application/x-www-form-urlencoded", 422),
    (b"name=a&name=b", "application/x-www-form-urlencoded", 422),
]


@pytest.mark.parametrize(("body", "kind", "status"), BODIES)
def test_whatever_is_sent_is_answered_with_a_page(
    acme: Workspace, visitor: Visitor, body: bytes, kind: str, status: int
) -> None:
    ticket = acme.tickets.create(title="x", customer_name="Jane")
    for path in (NEW, f"/t/acme/ticket/{acme.ticket_links.link(ticket.id)}"):
        answer = visitor.post(path, body, content_type=kind)
        assert (answer.status_code, answer.headers["Content-Type"]) == (
            status,
            "text/html; charset=utf-8",
        )
        assert "<h1" in answer.text
    assert acme.tickets.get(ticket.id).message_count == 0


def test_a_message_as_long_as_may_be_is_taken(acme: Workspace, visitor: Visitor) -> None:
    path = visitor.link(content="\u4e2d" * 100_000)
    assert "\u4e2d" * 100_000 in visitor.get(path).text


def test_another_site_cannot_send_more_than_anybody_could(visitor: Visitor) -> None:
    """There is no cookie that a form of another site could make use of."""
    answer = visitor.get(NEW, Cookie="cstar_session=x")
    assert "Set-Cookie" not in answer.headers
    assert visitor.post(NEW, FILLED, headers={"Origin": "https://evil.example"}).status_code == 422


def test_the_log_has_the_template_of_an_address_and_not_the_token(
    desk: Helpdesk, acme: Workspace
) -> None:
    lines: list[bytes] = []
    settings = Settings()
    watch = Watch(settings, log=AccessLog(lines.append, settings.log_format))
    client = create_app(desk, settings, watch).test_client()
    ticket = acme.tickets.create(title="x", customer_name="Jane")
    token = acme.ticket_links.link(ticket.id)
    client.get(f"/t/acme/ticket/{token}")
    client.post(f"/t/acme/ticket/{token}", data={"content": "Hello"})
    client.get(f"/t/acme/ticket/{token[:-1]}")
    assert [b"route=/t/{team}/ticket/{token}" in line for line in lines] == [True] * 3
    assert not [line for line in lines if token[:20].encode() in line or b"Hello" in line]
