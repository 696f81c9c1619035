"""Teams and their slugs."""

import uuid

import pytest

from cstar_core import SLUG_MAX, Conflict, Helpdesk, Invalid, NotFound
from cstar_core.teams import RESERVED_SLUGS
from tests.core.vocabulary import NOTHING, START, ids, refusal

SLUGS = [
    ("Acme", "acme"),
    ("Acme Inc.", "acme-inc"),
    ("  Blå Bär & Co  ", "bla-bar-co"),
    ("東京", "team"),
    ("!!!", "team"),
    ("a" * 255, "a" * (SLUG_MAX - 5)),
    (NOTHING, f"team-{NOTHING}"),
]
BAD_SLUGS = ["", "Acme", "a b", "-a", "a-", "a--b", "é", "a" * 64, "a\n", NOTHING, 7]
RULE = "slug must be at most 63 lower-case letters, digits and single dashes"


@pytest.fixture
def fresh(desk: Helpdesk, tmp_path_factory: pytest.TempPathFactory) -> Helpdesk:
    return Helpdesk.open(tmp_path_factory.mktemp("fresh") / "desk.db")


@pytest.mark.parametrize(("name", "slug"), SLUGS)
def test_a_slug_is_made_from_the_name(fresh: Helpdesk, name: str, slug: str) -> None:
    with fresh:
        assert fresh.teams.create(name).slug == slug


def test_a_slug_made_from_a_taken_name_is_numbered(desk: Helpdesk) -> None:
    assert [desk.teams.create("Acme").slug for _ in range(2)] == ["acme-2", "acme-3"]


def test_a_given_slug_is_kept(desk: Helpdesk) -> None:
    assert desk.teams.create("Acme", slug="support-2").slug == "support-2"


@pytest.mark.parametrize("slug", BAD_SLUGS)
def test_a_slug_that_cannot_stand_in_an_address_is_refused(desk: Helpdesk, slug: str) -> None:
    expected = "slug must not look like an id" if slug == NOTHING else RULE
    assert refusal(desk.teams.create, "Acme", slug=slug) == [expected]


@pytest.mark.parametrize("word", RESERVED_SLUGS)
def test_a_word_that_is_a_page_is_no_slug(desk: Helpdesk, word: str) -> None:
    rule = "slug must not be one of: appearance, static, welcome"
    assert refusal(desk.teams.create, "Acme", slug=word) == [rule]
    assert desk.teams.create(word.title()).slug == f"team-{word}"


def test_a_taken_slug_is_a_conflict(desk: Helpdesk) -> None:
    with pytest.raises(Conflict, match="with the slug acme exists") as caught:
        desk.teams.create("Another", slug="acme")
    assert caught.value.param == "slug"


def test_everything_wrong_with_a_team_is_said_at_once(desk: Helpdesk) -> None:
    assert refusal(desk.teams.create, " ", slug="A") == ["name is required", RULE]


def test_a_team_knows_when_it_was_made(desk: Helpdesk) -> None:
    team = desk.teams.create("New")
    assert (team.name, team.created_at, team.id[:5]) == ("New", START, "team_")


@pytest.mark.parametrize("form", ["id", "uuid", "slug"])
def test_a_team_is_found_by_id_uuid_and_slug(desk: Helpdesk, form: str) -> None:
    team = desk.teams.get("acme")
    name = {"id": team.id, "uuid": str(uuid.UUID(team.id[5:])), "slug": team.slug}[form]
    assert desk.teams.get(name) == team


@pytest.mark.parametrize("name", ["nobody", NOTHING, "", "ACME"])
def test_an_unknown_team_is_not_found(desk: Helpdesk, name: str) -> None:
    assert desk.teams.find(name) is None
    with pytest.raises(NotFound, match="Team not found"):
        desk.teams.get(name)


def test_teams_are_listed_oldest_first(desk: Helpdesk) -> None:
    assert [team.slug for team in desk.teams.list()] == ["acme", "globex"]


def test_a_team_has_a_live_and_a_test_workspace(desk: Helpdesk) -> None:
    found = [desk.workspace("acme", environment).environment for environment in ("live", "test")]
    assert found == ["live", "test"]


def test_another_environment_is_refused(desk: Helpdesk) -> None:
    with pytest.raises(Invalid, match="environment must be one of: live, test"):
        desk.workspace("acme", "staging")


def test_a_workspace_of_no_team_is_not_found(desk: Helpdesk) -> None:
    with pytest.raises(NotFound, match="Team not found"):
        desk.workspace("nobody")


@pytest.mark.parametrize("environment", ["live", "test"])
def test_making_a_team_is_an_event_in_both_workspaces(desk: Helpdesk, environment: str) -> None:
    team = desk.teams.get("globex")
    [event] = desk.workspace("globex", environment).events.list().items
    assert (event.type, event.object_id, event.data) == (
        "team.created",
        team.id,
        {"name": "Globex", "slug": "globex"},
    )


def test_nothing_crosses_teams_or_environments(desk: Helpdesk) -> None:
    views = [(team, environment) for team in ("acme", "globex") for environment in ("live", "test")]
    made = {view: desk.workspace(*view).tickets.create(title="x").id for view in views}
    assert {view: ids(desk.workspace(*view).tickets.list().items) for view in views} == {
        view: [made[view]] for view in views
    }
