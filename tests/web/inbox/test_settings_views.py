"""Saved views in the settings, and the page of the team."""

import pytest

from cstar_core import Helpdesk
from cstar_web.app import create_app
from cstar_web.settings import Settings
from tests.web.inbox.browser import Browser, Seen
from tests.web.inbox.conftest import SignIn

VIEWS = "/inbox/acme/settings/views"
HOT = {"name": "Hot", "text": "priority:urgent", "shared": "yes"}


def names(browser: Browser) -> list[str]:
    """The names in the list, in the order in which they stand there."""
    told = browser.see(VIEWS).text
    return sorted((name for name in ("Hot", "Quiet", "Late") if name in told), key=told.index)


def path_of_one(browser: Browser) -> str:
    """The address of the only view in the list."""
    links = (each for each in browser.see(VIEWS).links() if each.startswith(f"{VIEWS}/view_"))
    (found,) = (each for each in links if not each.endswith("/move"))
    return found


def test_a_view_is_saved(desk: Helpdesk, agent: Browser) -> None:
    assert "No saved view yet" in agent.see(VIEWS).text
    answer = agent.send(f"{VIEWS}/new", HOT)
    assert answer.headers["Location"] == f"{VIEWS}?done=view-made"
    (made,) = (view for view in desk.workspace("acme").views.list() if not view.is_built_in)
    assert (made.name, made.text, made.is_shared) == ("Hot", "priority:urgent", True)
    assert "Hot priority:urgent Shared" in agent.see(VIEWS).text


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"name": ""}, "Name is required"),
        ({"text": "status:opne"}, "status:opne must be one of: new, open"),
        ({"text": "x" * 9_000}, "Which tickets must be at most"),
    ],
)
def test_what_is_wrong_with_a_view_stands_beside_it(
    agent: Browser, given: dict[str, str], told: str
) -> None:
    answer = agent.send(f"{VIEWS}/new", HOT | given)
    assert answer.status_code == 422
    assert told in Seen(answer.text).text
    assert (HOT | given)["text"] in [each.get("value") for each in Seen(answer.text).all("input")]


def test_a_view_is_changed_and_taken_back(agent: Browser, signed_in: SignIn) -> None:
    agent.send(f"{VIEWS}/new", HOT)
    path = path_of_one(agent)
    assert "Hot" in names(signed_in("owner"))
    agent.send(path, {"name": "Quiet", "text": "", "version": "1"})
    assert names(agent) == ["Quiet"]
    assert names(signed_in("owner")) == []


def test_a_shared_view_is_its_makers_and_the_owners(signed_in: SignIn) -> None:
    owner, agent, viewer = (signed_in(role) for role in ("owner", "agent", "viewer"))
    owner.send(f"{VIEWS}/new", HOT)
    path = path_of_one(owner)
    for browser in (agent, viewer):
        assert "Hot" in names(browser)
        assert path not in browser.see(VIEWS).links()
        assert browser.get(path).status_code == 403
    answer = agent.send(f"{path}/delete", form=f"{VIEWS}/new")
    assert answer.status_code == 403


def test_views_are_put_in_order(agent: Browser) -> None:
    for name in ("Hot", "Quiet", "Late"):
        agent.send(f"{VIEWS}/new", {"name": name, "text": ""})
    assert names(agent) == ["Hot", "Quiet", "Late"]
    moves = [each["action"] for each in agent.see(VIEWS).all("form") if "action" in each]
    (last, *_) = [each for each in reversed(moves) if each.endswith("/move")]
    agent.send(last, {"to": "0"}, form=VIEWS)
    assert names(agent) == ["Late", "Hot", "Quiet"]
    agent.send(last, {"to": "1"}, form=VIEWS)
    assert names(agent) == ["Hot", "Late", "Quiet"]
    agent.send(last, {"to": "77"}, form=VIEWS)
    assert names(agent) == ["Hot", "Quiet", "Late"]
    assert agent.send(last, {"to": "x"}, form=VIEWS).status_code == 400


def test_a_view_whose_field_is_gone_says_so(desk: Helpdesk, agent: Browser) -> None:
    acme = desk.workspace("acme")
    field = acme.custom_fields.create(name="Plan", key="plan", type="text", entity_type="tickets")
    agent.send(f"{VIEWS}/new", HOT | {"text": "plan:pro"})
    acme.custom_fields.delete(field.id)
    assert "Finds nothing" in agent.see(VIEWS).text


def test_what_is_always_there_is_not_changed(agent: Browser) -> None:
    for view in ("mine", "all"):
        assert agent.get(f"{VIEWS}/{view}").status_code == 404
        assert (
            agent.send(f"{VIEWS}/{view}/move", {"to": "0"}, form=f"{VIEWS}/new").status_code == 404
        )


def test_deleting_is_asked_for_first(agent: Browser) -> None:
    agent.send(f"{VIEWS}/new", HOT)
    path = path_of_one(agent)
    assert "It goes for the whole team." in agent.see(f"{path}/delete").text
    assert names(agent) == ["Hot"]
    assert agent.send(f"{path}/delete").headers["Location"] == f"{VIEWS}?done=view-deleted"
    assert names(agent) == []


@pytest.mark.parametrize("role", ["viewer", "agent", "owner"])
def test_the_way_around_has_what_one_may_see(signed_in: SignIn, role: str) -> None:
    browser = signed_in(role)
    links = {link for link in browser.see(VIEWS).links() if "/settings/" in link}
    assert {browser.get(link).status_code for link in links} == {200}
    assert ("/inbox/acme/settings/keys" in links) == (role == "owner")


def test_the_team_says_where_customers_write(desk: Helpdesk, agent: Browser) -> None:
    assert "CSTAR_CUSTOMER_FORM=acme" in agent.see("/inbox/acme/settings/team").text
    app = create_app(desk, Settings(customer_form=("acme",)))
    made = desk.workspace("acme").invitations.invite("eve@acme.example", needs_password=False)
    browser = Browser(app.test_client())
    browser.send(f"/inbox/welcome/{made.token}")
    seen = browser.see("/inbox/acme/settings/team")
    shown = [each["value"] for each in seen.all("input") if each.get("id") == "form"]
    assert shown == ["http://localhost/t/acme/new"]
    assert browser.get("/t/acme/new").status_code == 200
