"""Browsers at the pages of the desk: nobody's, and of members who are signed in."""

from collections.abc import Callable

import pytest
from flask import Flask

from cstar_core import Helpdesk, Workspace
from tests.web.inbox.browser import Browser

SignIn = Callable[..., Browser]


@pytest.fixture
def acme(desk: Helpdesk) -> Workspace:
    return desk.workspace("acme")


@pytest.fixture
def browser(app: Flask) -> Browser:
    return Browser(app.test_client())


@pytest.fixture
def signed_in(app: Flask, desk: Helpdesk) -> SignIn:
    """A browser of a member, who is made if there is none, and whom a link lets in."""

    def enter(role: str = "agent", team: str = "acme", name: str | None = None) -> Browser:
        name = name or role.title()
        invitations = desk.workspace(team).invitations
        made = invitations.invite(
            f"{role}@{team}.example",
            name=name,
            role=role,
            needs_password=False,
        )
        browser = Browser(app.test_client())
        answer = browser.send(f"/inbox/welcome/{made.token}")
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/inbox/{team}/")
        return browser

    return enter


@pytest.fixture
def agent(signed_in: SignIn) -> Browser:
    return signed_in("agent")
