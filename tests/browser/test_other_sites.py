"""What a page of another site can do with a member's browser: nothing."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cstar_core import Helpdesk
from cstar_web.inbox.cookies import SESSION
from cstar_web.passwords import Argon2
from tests.browser.conftest import Visit, session_of


class Site:
    """Another site, with one page that can be anything."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.page = ""


@pytest.fixture
def site() -> Iterator[Site]:
    """Served by a name of its own, so that it is no part of the desk's site."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(made.page.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Site(f"http://localhost:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


def form(action: str, fields: dict[str, str]) -> str:
    inputs = "".join(f"<input name='{name}' value='{value}'>" for name, value in fields.items())
    return f"<form method=post action='{action}'>{inputs}<button>Win</button></form>"


def test_a_form_of_another_site_changes_nothing(visit: Visit, desk: Helpdesk, site: Site) -> None:
    acme = desk.workspace("acme")
    ticket = acme.tickets.create(title="Keep me")
    agent = visit("agent")
    agent.open("/inbox/acme/")
    path = f"{agent.address}/inbox/acme/tickets/{ticket.id}"
    for action, fields in (
        (path, {"status": "closed", "was_status": "new"}),
        (f"{path}/messages", {"content": "Hacked", "kind": "reply", "then": ""}),
        (f"{agent.address}/inbox/acme/sign-out", {}),
        (f"{agent.address}/inbox/appearance", {"theme": "dark", "language": "de"}),
    ):
        site.page = form(action, fields | {"form_token": "0" * 64})
        agent.open(site.address)
        agent.press("Win")
        assert agent.page.url.startswith(agent.address)
        assert agent.page.locator("h1").inner_text() in (
            "This form came from another site",
            "You are no longer signed in",  # the cookie was not sent along
        )
    assert (acme.tickets.get(ticket.id).status, acme.tickets.get(ticket.id).message_count) == (
        "new",
        0,
    )
    agent.open("/inbox/acme/")
    assert agent.path == "/inbox/acme/"
    assert only_of(agent.take_faults(), site) == []


def test_a_script_of_another_site_reads_nothing(visit: Visit, site: Site) -> None:
    agent = visit("agent")
    agent.open(site.address)
    read = """async (url) => {
      const answer = await fetch(url, { credentials: "include" }).catch(() => "refused");
      return answer === "refused" ? answer : answer.text();
    }"""
    assert agent.run(read, f"{agent.address}/inbox/acme/") == "refused"
    with agent.context.expect_page() as opened:
        agent.run("(url) => { window.opened = open(url) }", f"{agent.address}/inbox/acme/")
    opened.value.locator("h1").wait_for()
    assert agent.run("() => { try { return opened.location.href } catch { return 'none' } }") in (
        "none",
        "about:blank",
    )
    agent.take_faults()


def test_no_page_is_shown_in_a_frame(visit: Visit, site: Site) -> None:
    agent = visit("agent")
    for path in ("/inbox/acme/", "/inbox/acme/sign-in", "/t/acme/new", "/docs/errors"):
        site.page = f"<iframe src='{agent.address}{path}'></iframe>"
        agent.open(site.address)
        frame = agent.page.frames[1]
        assert agent.until(lambda frame=frame: frame.url.startswith("chrome-error:")), path
    assert any("frame-ancestors 'none'" in fault for fault in agent.take_faults())


def test_a_session_that_was_planted_does_not_become_the_members(
    visit: Visit, desk: Helpdesk
) -> None:
    victim, planted = visit(), session_of(desk, "viewer")
    member = desk.workspace("acme").invitations.invite(
        "ada@acme.example", name="Ada", needs_password=False
    )
    for value in (planted, "guessed" * 6):
        cookie = {"name": SESSION, "value": value, "url": victim.address}
        victim.context.add_cookies([cookie])
    victim.open(f"/inbox/welcome/{member.token}")
    victim.press("Sign in")
    victim.sees("Ada", within=".me")
    after = {each["name"]: each for each in victim.context.cookies()}[SESSION]
    assert after["value"] not in (planted, "guessed" * 6)
    assert (after["httpOnly"], after["sameSite"]) == (True, "Lax")


WANTED = (
    "//evil.example/",
    "https://evil.example/",
    "/\\evil.example/",
    "/inbox/acme/../../evil",
    "/inbox/acme/\t//evil.example",
    "javascript:alert(1)",
    "/inbox/acme.evil.example/",
    "/docs",
)


def test_signing_in_leads_to_the_desk_alone(visit: Visit, desk: Helpdesk) -> None:
    made = desk.workspace("acme").invitations.invite("ada@acme.example", name="Ada")
    password = "seven brass owls on a fence"
    desk.sign_ins(Argon2()).accept(made.token, password)
    visitor = visit()
    seen = set()
    for wanted in WANTED:
        visitor.page.goto("about:blank")
        visitor.context.clear_cookies()
        visitor.open("/inbox/acme/sign-in")
        field = visitor.page.locator("[name=next]")
        field.evaluate("(field, value) => field.value = value", wanted)
        visitor.fill(email="ada@acme.example", password=password)
        visitor.press("Sign in")
        assert visitor.page.url.startswith(f"{visitor.address}/"), wanted
        seen.add(visitor.path)
    assert seen <= {"/inbox/acme/", "/evil"}


def only_of(faults: list[str], site: Site) -> list[str]:
    """Those faults that are not that the other site was opened."""
    return [each for each in faults if not each.startswith(f"asked another host: {site.address}")]
