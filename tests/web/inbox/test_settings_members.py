"""Members in the settings: who is there, how they come in, and what becomes of who leaves."""

import re
from uuid import UUID

import pytest

from cstar_core import Helpdesk, Member
from tests.web.inbox.browser import Browser, Seen
from tests.web.inbox.conftest import SignIn

MEMBERS = "/inbox/acme/settings/members"


@pytest.fixture
def owner(signed_in: SignIn) -> Browser:
    return signed_in("owner")


def found(desk: Helpdesk, email: str) -> Member:
    return next(m for m in desk.workspace("acme").members.list().items if m.email == email)


def test_the_settings_begin_with_what_one_may_see(signed_in: SignIn) -> None:
    answer = signed_in("owner").get("/inbox/acme/settings")
    assert answer.headers["Location"] == MEMBERS


def test_every_member_stands_in_the_list(desk: Helpdesk, owner: Browser) -> None:
    desk.workspace("acme").members.create(name="<b>Bo</b>", email="bo@example.com", role="viewer")
    text = owner.see(MEMBERS).text
    assert "Owner (you)" in " ".join(text.split())
    assert "<b>Bo</b> bo@example.com Cannot sign in Viewer" in text


def test_an_invitation_is_a_link_that_lets_in(desk: Helpdesk, owner: Browser) -> None:
    given = {"email": " bo@example.com ", "name": "Bo", "role": "agent"}
    answer = owner.send(f"{MEMBERS}/invite", given)
    assert answer.status_code == 200
    link = re.search(r'value="http://localhost(/inbox/welcome/[^"]+)"', answer.text)
    assert link is not None
    assert "Choose a password for bo@example.com" in owner.see(link[1]).text
    assert (found(desk, "bo@example.com").name, found(desk, "bo@example.com").role) == (
        "Bo",
        "agent",
    )
    assert "Invited" in owner.see(MEMBERS).text
    event = desk.workspace("acme").events.list(types="member.invited").items[-1]
    assert event.actor.id == found(desk, "owner@acme.example").id


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"email": ""}, "Email address is required"),
        ({"email": "bo"}, "Email address must be an email address"),
        ({"role": "king"}, "Role must be one of: owner, agent, viewer"),
        ({"name": "x" * 300}, "Name must be at most 255 characters"),
        ({"email": "owner@acme.example"}, "Role is another one than this member has"),
    ],
)
def test_what_is_wrong_with_an_invitation_stands_beside_it(
    owner: Browser, given: dict[str, str], told: str
) -> None:
    sent = {"email": "bo@example.com", "name": "Bo", "role": "agent"} | given
    answer = owner.send(f"{MEMBERS}/invite", sent)
    seen = Seen(answer.text)
    assert answer.status_code == 422
    assert told in seen.text
    assert sent["name"] in [each.get("value") for each in seen.all("input")]


def test_a_member_gets_another_name_and_role(desk: Helpdesk, owner: Browser) -> None:
    bo = desk.workspace("acme").members.create(name="Bo", email="bo@example.com")
    path = f"{MEMBERS}/{bo.id}"
    given = {"name": "Bob", "email": bo.email, "role": "viewer", "version": "1"}
    answer = owner.send(path, given)
    assert answer.headers["Location"] == f"{path}?done=changed"
    assert "Saved." in owner.see(answer.headers["Location"]).text
    assert (found(desk, bo.email).name, found(desk, bo.email).role) == ("Bob", "viewer")


def test_what_somebody_changed_meanwhile_is_not_written_over_unasked(
    desk: Helpdesk, owner: Browser
) -> None:
    members = desk.workspace("acme").members
    bo = members.create(name="Bo", email="bo@example.com")
    members.update(bo.id, name="Robert")
    given = {"name": "Bob", "email": bo.email, "role": "agent", "version": "1"}
    answer = owner.send(f"{MEMBERS}/{bo.id}", given)
    seen = Seen(answer.text)
    assert answer.status_code == 422
    assert "Somebody has changed this meanwhile" in seen.text
    assert members.get(bo.id).name == "Robert"
    fields = {each.get("name"): each.get("value") for each in seen.all("input")}
    assert (fields["name"], fields["version"]) == ("Bob", "2")
    owner.send(f"{MEMBERS}/{bo.id}", given | {"version": "2"})
    assert members.get(bo.id).name == "Bob"


def test_a_member_with_another_address_signs_in_anew(
    desk: Helpdesk, owner: Browser, signed_in: SignIn
) -> None:
    agent, me = signed_in("agent"), found(desk, "agent@acme.example")
    given = {"name": me.name, "email": "owner@acme.example", "role": me.role, "version": ""}
    answer = owner.send(f"{MEMBERS}/{me.id}", given)
    assert "Email address is a member's already" in Seen(answer.text).text
    assert agent.get("/inbox/acme/").status_code == 200
    owner.send(f"{MEMBERS}/{me.id}", given | {"email": " new@acme.example "})
    assert found(desk, "new@acme.example").id == me.id
    assert agent.get("/inbox/acme/").status_code == 303


def test_owners_see_to_their_own_account_with_the_password(desk: Helpdesk, owner: Browser) -> None:
    me = found(desk, "owner@acme.example")
    # However the id is written.
    for id in (me.id, str(UUID(me.id.removeprefix("mem_")))):
        given = {"name": "Ada", "email": "ada@acme.example", "role": "owner", "version": ""}
        owner.send(f"{MEMBERS}/{id}", given)
        assert found(desk, "owner@acme.example").name == "Ada"
        for path in ("link", "forget-code"):
            answer = owner.send(f"{MEMBERS}/{id}/{path}", form=f"{MEMBERS}/{id}")
            assert answer.headers["Location"] == "/inbox/acme/account"
    given = {"email": "Owner@Acme.Example", "name": "", "role": "owner"}
    answer = owner.send(f"{MEMBERS}/invite", given)
    assert "Email address is a member's already" in Seen(answer.text).text
    assert desk.workspace("acme").invitations.list() == ()


def test_the_last_owner_stays_one(desk: Helpdesk, owner: Browser) -> None:
    me = found(desk, "owner@acme.example")
    answer = owner.send(f"{MEMBERS}/{me.id}", {"name": "Ada", "role": "agent", "version": ""})
    assert answer.status_code == 422
    assert "Role has to stay: no other owner can sign in" in Seen(answer.text).text
    answer = owner.send(f"{MEMBERS}/{me.id}/remove")
    assert answer.status_code == 422
    assert "You are the only owner who can sign in" in Seen(answer.text).text
    assert found(desk, me.email).role == "owner"


def test_a_member_is_signed_out_everywhere(
    desk: Helpdesk, owner: Browser, signed_in: SignIn
) -> None:
    agent = signed_in("agent")
    path = f"{MEMBERS}/{found(desk, 'agent@acme.example').id}"
    answer = owner.send(f"{path}/sign-out", form=path)
    assert answer.headers["Location"] == f"{path}?done=signed-out-member"
    assert agent.get("/inbox/acme/").status_code == 303


def test_another_link_ends_the_former_one(desk: Helpdesk, owner: Browser) -> None:
    invitations = desk.workspace("acme").invitations
    made = invitations.invite("bo@example.com", name="Bo")
    path = f"{MEMBERS}/{found(desk, 'bo@example.com').id}"
    answer = owner.send(f"{path}/link", form=path)
    assert "A link for Bo" in Seen(answer.text).text
    assert owner.get(f"/inbox/welcome/{made.token}").status_code == 404


def test_who_is_removed_is_asked_for_first(desk: Helpdesk, owner: Browser) -> None:
    acme = desk.workspace("acme")
    bo = acme.members.create(name="Bo", email="bo@example.com")
    acme.tickets.create(title="Hello", assigned_to=bo.id)
    path = f"{MEMBERS}/{bo.id}/remove"
    text = owner.see(path).text
    assert "Remove Bo?" in text
    assert "1 ticket that they have goes back to nobody." in text
    assert acme.members.find(bo.id) is not None
    answer = owner.send(path)
    assert answer.headers["Location"] == f"{MEMBERS}?done=member-removed"
    assert acme.members.find(bo.id) is None


def test_a_member_of_another_team_is_not_there(desk: Helpdesk, owner: Browser) -> None:
    desk.teams.create("Other")
    stranger = desk.workspace("other").members.create(name="Eve", email="eve@example.com")
    for path in ("", "/remove"):
        assert owner.get(f"{MEMBERS}/{stranger.id}{path}").status_code == 404
    answer = owner.send(f"{MEMBERS}/{stranger.id}/remove", form=MEMBERS + "/invite")
    assert answer.status_code == 404


def test_many_members_come_page_after_page(desk: Helpdesk, owner: Browser) -> None:
    members = desk.workspace("acme").members
    for number in range(60):
        members.create(name=f"Member {number}", email=f"m{number}@example.com")
    first = owner.see(MEMBERS)
    following = [link for link in first.links() if "after=" in link]
    assert len(following) == 1
    assert "Member 59" not in first.text
    assert "Member 59" in owner.see(following[0]).text
    assert owner.get(f"{MEMBERS}?after=nonsense").status_code == 200


def test_who_has_lost_the_phone_is_let_in_after_asking(desk: Helpdesk, owner: Browser) -> None:
    bo = desk.workspace("acme").members.create(name="Bo", email="bo@example.com")
    path = f"{MEMBERS}/{bo.id}/forget-code"
    assert "Let Bo in without a code?" in owner.see(path).text
    assert owner.send(path).status_code == 404  # there is no code to forget
