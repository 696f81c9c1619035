"""Every page, whatever is sent to it: it answers with a page, and gives nothing away."""

import re

import pytest
from flask import Flask

from cstar_core import Helpdesk
from cstar_web.inbox.declaring import Page, declared_pages
from tests.web.inbox.browser import Browser, Seen
from tests.web.inbox.conftest import SignIn

UGLY = ("", "\0", "\ud7ff\U0010ffff", "x" * 5_000, "' OR 1=1 --", "{{ 7*7 }}", "../../etc/passwd")
PATHS = ("", "x", "%00", "%ff", "..%2f..", "'", "a" * 3_000, "tkt_" + "0" * 32, "é")
# Ends the session that the test goes on with.
ENDING = ("sign_out", "file", "root", "start")


def pages(app: Flask) -> list[Page]:
    return [each for each in declared_pages(app) if each.name not in ENDING]


def filled(page: Page, word: str) -> str:
    """The path of a page with a word for everything that it names, but the team."""
    return re.sub(r"\{\w+\}", lambda _: word, page.path.replace("{team}", "acme"))


@pytest.mark.parametrize("word", PATHS)
def test_no_path_makes_a_page_fail(app: Flask, signed_in: SignIn, word: str) -> None:
    owner = signed_in("owner")
    token = owner.token("/inbox/acme/account")
    for page in pages(app):
        data = {"form_token": token} if page.method == "POST" else None
        answer = owner.client.open(filled(page, word), method=page.method, data=data)
        assert answer.status_code < 500, (page.name, word)
        assert "Traceback" not in answer.text


@pytest.mark.parametrize("value", UGLY)
def test_no_form_makes_a_page_fail(
    app: Flask, desk: Helpdesk, signed_in: SignIn, value: str
) -> None:
    ticket = desk.workspace("acme").tickets.create(title="Hello").id
    owner, guest = signed_in("owner"), Browser(app.test_client())
    tokens = {
        True: guest.token("/inbox/acme/sign-in"),
        False: owner.token("/inbox/acme/account"),
    }
    for page in pages(app):
        if page.method == "GET":
            continue
        anyone = page.access == "anyone"
        data = dict.fromkeys((*page.fields, *page.lists), value)
        answer = (guest if anyone else owner).client.post(
            filled(page, ticket), data={**data, "form_token": tokens[anyone]}
        )
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
