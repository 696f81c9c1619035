"""Every page, whatever is sent to it: it answers with a page, and gives nothing away."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from cstar_core import Helpdesk
from cstar_web.inbox.declaring import Page, declared_pages
from tests.web.inbox.browser import Browser, Seen
from tests.web.inbox.conftest import SignIn
from tests.web.inbox.post import letter, receive

UGLY = ("", "\0", "\ud7ff\U0010ffff", "x" * 5_000, "' OR 1=1 --", "{{ 7*7 }}", "../../etc/passwd")
PATHS = ("", "x", "%00", "%ff", "..%2f..", "'", "a" * 3_000, "tkt_" + "0" * 32, "é")
# Ends the session that the test goes on with.
ENDING = ("sign_out", "file", "root", "start")


def pages(app: Flask) -> list[Page]:
    return [each for each in declared_pages(app) if each.name not in ENDING]


def filled(page: Page, word: str) -> str:
    """The path of a page with a word for everything that it names, but the team."""
    return re.sub(r"\{\w+\}", lambda _: word, page.path.replace("{team}", "acme"))


def senders(app: Flask, signed_in: SignIn) -> Callable[[Page], tuple[Browser, str]]:
    """Who may send the form of a page, an owner or a guest, and the token for it."""
    owner, guest = signed_in("owner"), Browser(app.test_client())
    found = {
        True: (guest, guest.token("/inbox/acme/sign-in")),
        False: (owner, owner.token("/inbox/acme/account")),
    }
    return lambda page: found[page.access == "anyone"]


@pytest.mark.no_cover
@pytest.mark.parametrize("word", PATHS)
def test_no_path_makes_a_page_fail(app: Flask, signed_in: SignIn, word: str) -> None:
    owner = signed_in("owner")
    token = owner.token("/inbox/acme/account")
    for page in pages(app):
        data = {"form_token": token} if page.method == "POST" else None
        answer = owner.client.open(filled(page, word), method=page.method, data=data)
        assert answer.status_code < 500, (page.name, word)
        assert "Traceback" not in answer.text


@pytest.mark.no_cover
@pytest.mark.parametrize("value", UGLY)
def test_no_form_makes_a_page_fail(
    app: Flask, desk: Helpdesk, signed_in: SignIn, value: str
) -> None:
    ticket = desk.workspace("acme").tickets.create(title="Hello").id
    sender = senders(app, signed_in)
    for page in pages(app):
        if page.method == "GET":
            continue
        browser, token = sender(page)
        data = dict.fromkeys((*page.fields, *page.lists), value)
        answer = browser.client.post(filled(page, ticket), data={**data, "form_token": token})
        assert answer.status_code < 500, (page.name, value)
        if answer.status_code != 303:
            Seen(answer.text)
            assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
            assert answer.headers["Cache-Control"] == "no-store"


def test_nothing_of_a_team_is_shown_to_who_is_not_signed_in(
    app: Flask, desk: Helpdesk, browser: Browser
) -> None:
    ticket = desk.workspace("acme").tickets.create(title="A secret").id
    for page in declared_pages(app):
        if page.access == "anyone":
            continue
        answer = browser.client.open(filled(page, ticket), method=page.method)
        assert answer.status_code in (303, 401, 403), page.name
        assert "A secret" not in answer.text


def test_nothing_is_changed_without_a_token(app: Flask, desk: Helpdesk, signed_in: SignIn) -> None:
    ticket = desk.workspace("acme").tickets.create(title="Hello").id
    owner = signed_in("owner")
    events = desk.workspace("acme").events.list().items
    for page in declared_pages(app):
        if page.method == "POST":
            answer = owner.client.post(filled(page, ticket))
            assert answer.status_code == 403, page.name
    assert desk.workspace("acme").events.list().items == events
    assert owner.get("/inbox/acme/account").status_code == 200


def test_who_has_a_lower_role_is_kept_out(app: Flask, desk: Helpdesk, signed_in: SignIn) -> None:
    ticket = desk.workspace("acme").tickets.create(title="Hello").id
    ranks = ("viewer", "agent", "owner")
    for rank, role in enumerate(ranks):
        member = signed_in(role)
        token = member.token("/inbox/acme/account")
        for page in declared_pages(app):
            if page.access in ranks[rank + 1 :]:
                data = {"form_token": token} if page.method == "POST" else None
                answer = member.client.open(filled(page, ticket), method=page.method, data=data)
                assert answer.status_code == 403, (page.name, role)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_no_other_site_sends_a_form_of_ours(
    app: Flask, desk: Helpdesk, signed_in: SignIn, site: str
) -> None:
    ticket = desk.workspace("acme").tickets.create(title="Hello").id
    sender = senders(app, signed_in)
    events = desk.workspace("acme").events.list().items
    for page in declared_pages(app):
        if page.method == "POST":
            browser, token = sender(page)
            for header in ({"Sec-Fetch-Site": site}, {"Origin": "https://evil.example"}):
                data = {"form_token": token}
                answer = browser.client.post(filled(page, ticket), data=data, headers=header)
                assert answer.status_code == 403, page.name
    assert desk.workspace("acme").events.list().items == events


def test_a_token_of_another_session_is_good_for_no_form(
    app: Flask, desk: Helpdesk, signed_in: SignIn
) -> None:
    ticket = desk.workspace("acme").tickets.create(title="Hello").id
    owner, other = signed_in("owner"), signed_in("owner")
    token = other.token("/inbox/acme/account")
    events = desk.workspace("acme").events.list().items
    for page in declared_pages(app):
        if page.method == "POST" and page.access != "anyone":
            answer = owner.client.post(filled(page, ticket), data={"form_token": token})
            # What was typed is given back, to be sent once more.
            assert answer.status_code in ((404, 422) if page.keeps else (403,)), page.name
    assert desk.workspace("acme").events.list().items == events


def test_a_member_of_another_team_is_kept_out(
    app: Flask, desk: Helpdesk, signed_in: SignIn
) -> None:
    desk.teams.create("Other")
    ticket = desk.workspace("acme").tickets.create(title="A secret").id
    stranger = signed_in("owner", team="other")
    token = stranger.token("/inbox/other/account")
    events = desk.workspace("acme").events.list().items
    for page in declared_pages(app):
        if page.access == "anyone":
            continue
        data = {"form_token": token} if page.method == "POST" else None
        answer = stranger.client.open(filled(page, ticket), method=page.method, data=data)
        assert answer.status_code in (303, 401), page.name
        assert "A secret" not in answer.text
    assert desk.workspace("acme").events.list().items == events


def test_of_another_team_nothing_is_there(app: Flask, desk: Helpdesk, signed_in: SignIn) -> None:
    """An owner who puts the ids of another team's things into addresses of the own one."""
    desk.teams.create("Other")
    other, owner = desk.workspace("other"), signed_in("owner")
    token = owner.token("/inbox/acme/account")
    mail = receive(other, letter("A secret", subject="A secret"))
    foreign = {
        "ticket": other.tickets.create(title="A secret").id,
        "member": other.members.create(name="A secret", email="eve@example.com").id,
        "field": other.custom_fields.create(
            name="A secret", key="secret", type="text", entity_type="tickets"
        ).id,
        "mail": mail.id,
        "message": str(mail.message_id),
        "block": other.mail_blocks.create(value="a-secret.example", note="A secret").id,
        "mailbox": other.mailboxes.create(address="s@example.com", name="A secret").id,
        "reply": other.canned_replies.create(name="A secret", content="A secret").id,
        "key": other.keys.create(type="secret", environment="live", name="A secret").key.id,
        "webhook": other.webhooks.create(
            name="A secret", url="https://example.com/hook", events=["*"]
        ).webhook.id,
        "view": other.views.create(name="A secret", text="", shared=True).id,
    }
    events = other.events.list().items
    for page in declared_pages(app):
        named = re.findall(r"\{(\w+)\}", page.path)
        if page.access == "anyone" or not set(named) & set(foreign):
            continue
        path = re.sub(
            r"\{(\w+)\}", lambda found: {**foreign, "team": "acme"}.get(found[1], "x"), page.path
        )
        data = {"form_token": token} if page.method == "POST" else None
        answer = owner.client.open(path, method=page.method, data=data)
        assert answer.status_code < 500, page.name
        shown = owner.get(answer.headers["Location"]) if answer.status_code == 303 else answer
        assert "A secret" not in shown.text, page.name
    assert other.events.list().items == events


def test_a_member_who_was_removed_is_kept_out(
    app: Flask, desk: Helpdesk, signed_in: SignIn
) -> None:
    acme = desk.workspace("acme")
    ticket = acme.tickets.create(title="A secret").id
    owner = signed_in("owner")
    token = owner.token("/inbox/acme/account")
    acme.members.delete(acme.members.list().items[-1].id)
    events = acme.events.list().items
    for page in declared_pages(app):
        if page.access != "anyone":
            data = {"form_token": token} if page.method == "POST" else None
            answer = owner.client.open(filled(page, ticket), method=page.method, data=data)
            assert answer.status_code in (303, 401), page.name
            assert "A secret" not in answer.text
    assert acme.events.list().items == events


@pytest.mark.parametrize(
    "password", ["x" * 1_000_000, "\0" * 1_000, "\ufdfa" * 200, "e\u0301" * 30_000, "\u202e" * 500]
)
def test_a_password_may_be_anything_and_opens_nothing(
    desk: Helpdesk, browser: Browser, password: str
) -> None:
    desk.workspace("acme").members.create(name="Ada", email="ada@example.com")
    answer = browser.send("/inbox/acme/sign-in", {"email": "ada@example.com", "password": password})
    assert answer.status_code in (413, 422)
    assert len(answer.data) < 20_000
