"""Who else is at a ticket, and the keys of the page."""

import re

import pytest

from cstar_core import Helpdesk, Workspace
from cstar_web.inbox.files import files
from cstar_web.inbox.keys import KEYS
from tests.core.tracing import queries
from tests.web.inbox.browser import Browser
from tests.web.inbox.conftest import SignIn

SCRIPT = {"HX_Request": "true"}


@pytest.fixture
def path(acme: Workspace) -> str:
    made = acme.tickets.create(title="Cannot log in", initial_message="Hello")
    return f"/inbox/acme/tickets/{made.id}"


def beat(browser: Browser, path: str, **values: str) -> str:
    answer = browser.send(f"{path}/colleagues", values, form=path, **SCRIPT)
    assert answer.status_code == 200
    return answer.text


def test_two_at_one_ticket_see_each_other(agent: Browser, signed_in: SignIn, path: str) -> None:
    owner = signed_in("owner")
    assert "is here too" not in beat(agent, path)
    assert "Agent is here too" in beat(owner, path)
    assert "Owner is here too" in beat(agent, path, writing="yes")
    assert "Agent is writing" in beat(owner, path)
    assert "Agent is writing" in owner.see(path).text
    beat(agent, path, gone="yes")
    assert "Agent" not in beat(owner, path)


def test_a_viewer_sees_who_is_there_and_is_not_seen(
    agent: Browser, signed_in: SignIn, path: str
) -> None:
    viewer = signed_in("viewer")
    beat(agent, path)
    assert "Agent is here too" in viewer.see(f"{path}/colleagues").text
    answer = viewer.send(f"{path}/colleagues", {}, form="/inbox/acme/account")
    assert answer.status_code == 403
    assert "Viewer" not in beat(agent, path)


def test_the_page_learns_of_new_messages(acme: Workspace, agent: Browser, path: str) -> None:
    assert 'data-messages="1"' in agent.get(path).text
    acme.messages.create(path.rpartition("/")[2], content="And", sender="customer")
    assert 'data-messages="2"' in beat(agent, path)


def test_who_is_at_a_ticket_of_another_team_is_not_told(
    desk: Helpdesk, agent: Browser, path: str
) -> None:
    foreign = desk.workspace("other").tickets.create(title="Secret").id
    for place in (f"/inbox/acme/tickets/{foreign}", "/inbox/acme/tickets/x"):
        assert agent.get(f"{place}/colleagues").status_code == 404
        assert agent.send(f"{place}/colleagues", {}, form=path).status_code == 404


def test_a_beat_does_not_read_the_thread(
    desk: Helpdesk, acme: Workspace, agent: Browser, path: str
) -> None:
    agent.get(f"{path}/colleagues")
    run = queries(desk, lambda: agent.get(f"{path}/colleagues"))
    assert run and not [text for text in run if 'FROM "messages"' in text]


def test_each_key_is_shown_and_known_to_a_script(agent: Browser, path: str) -> None:
    shown = agent.get(path).text
    scripts = "".join(file.plain.decode() for name, file in files().items() if name.endswith("js"))
    acted = set(re.findall(r'\bact\("([a-z-]+)"', scripts))
    for key in KEYS:
        assert f'data-key="{key.key}" data-does="{key.does}"' in shown
        assert key.does in acted
    assert len({key.key for key in KEYS}) == len({key.does for key in KEYS}) == len(KEYS)
