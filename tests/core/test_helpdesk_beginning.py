"""The first team of a desk: one, with the keys that it begins with, however many begin."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cstar_core import Helpdesk, Invalid


def test_a_desk_begins_with_one_team_and_two_live_keys(tmp_path: Path) -> None:
    with Helpdesk.open(tmp_path / "new.db") as desk:
        begun = desk.begin("Support")
        assert begun is not None
        team, secret, publishable = begun
        kinds = [(each.key.type, each.key.environment) for each in (secret, publishable)]

        assert (team.slug, desk.teams.list()) == ("support", (team,))
        assert kinds == [("secret", "live"), ("publishable", "live")]
        for each in (secret, publishable):
            access = desk.keys.authenticate(each.secret)
            assert access is not None and access.team == team


def test_a_desk_with_a_team_has_begun(desk: Helpdesk) -> None:
    before = desk.teams.list()
    assert desk.begin("Support") is None
    assert desk.teams.list() == before


def test_a_beginning_that_fails_leaves_no_team(tmp_path: Path) -> None:
    with Helpdesk.open(tmp_path / "new.db") as desk:
        with pytest.raises(Invalid):
            desk.begin(" ")
        assert desk.teams.list() == ()


def test_several_that_begin_at_once_make_one_team(tmp_path: Path) -> None:
    def begin(_: int) -> bool:
        with Helpdesk.open(tmp_path / "new.db") as desk:
            return desk.begin("Support") is not None

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(begin, range(8))) == 1
