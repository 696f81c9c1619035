"""Who may do what: every cell of the policy, and that a wrong policy or a hole would be noticed."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cstar_core import Helpdesk
from cstar_web.inbox.declaring import declared_pages
from cstar_web.operations import operations
from tests.web.asking import Ask, ask
from tests.web.matrix import Cell, cells, difference, keep_answers, wrong
from tests.web.policy import KEYS, ROUTES, whole_path
from tests.web.vocabulary import ManualClock
from tests.web.world import World

pytestmark = pytest.mark.no_cover

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    clock = ManualClock()
    with Helpdesk.open(tmp_path_factory.mktemp("policy") / "desk.db", clock=clock) as desk:
        made = World(desk, clock)
        keep_answers(made)
        yield made


@pytest.fixture(scope="module")
def all_cells(world: World) -> tuple[Cell, ...]:
    return tuple(cells(world))


def of_key(all_cells: tuple[Cell, ...], key: str) -> list[Cell]:
    return [cell for cell in all_cells if cell.ask.key == key]


def all_wrong(world: World, some: list[Cell]) -> list[str]:
    return [found for cell in some if (found := wrong(world, cell))]


# --- the table is whole


def test_every_route_has_a_policy(world: World) -> None:
    declared = {each.name for each in operations(world.app)}
    endpoints = {rule.endpoint for rule in world.app.url_map.iter_rules()}
    # The pages of the inbox and those of customers are opened by no key.
    endpoints -= {f"inbox.{each.name}" for each in declared_pages(world.app)}
    endpoints -= {each for each in endpoints if each.startswith("portal.")}
    assert set(ROUTES) == declared | {name for name in endpoints if bare(name) not in declared}


def bare(endpoint: str) -> str:
    return endpoint.rpartition(".")[2]


def test_the_policy_asks_for_the_keys_that_the_routes_declare(world: World) -> None:
    assert {name: ROUTES[name].key for name in ROUTES if "." not in name} == {
        each.name: each.key for each in operations(world.app)
    }


def test_the_policy_names_the_routes_as_they_are(world: World) -> None:
    shapes = {
        each.name: (each.method, re.sub(r"\{(?!team)\w+\}", "{id}", each.path))
        for each in operations(world.app)
    }
    assert {
        name: (route.method, re.sub(r"\{(?!team)\w+\}", "{id}", whole_path(route)))
        for name, route in ROUTES.items()
        if "." not in name
    } == shapes


# --- the cells


@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_answered_as_the_policy_says(
    world: World, all_cells: tuple[Cell, ...], key: str
) -> None:
    assert all_wrong(world, of_key(all_cells, key)) == []


def test_a_head_is_let_in_where_a_get_is_and_nowhere_else(
    world: World, all_cells: tuple[Cell, ...]
) -> None:
    reading = [cell for cell in all_cells if cell.ask.method == "GET"][::20]
    heads = [replace(cell.ask, method="HEAD") for cell in reading]
    assert len(reading) > 100
    assert [ask(world, each).status for each in heads] == [cell.status for cell in reading]


def test_every_cell_has_a_name_of_its_own(all_cells: tuple[Cell, ...]) -> None:
    names = [cell.name for cell in all_cells]
    assert len(set(names)) == len(names)


def test_the_documents_tell_how_many_cells_there_are(all_cells: tuple[Cell, ...]) -> None:
    told = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    assert f"{len(all_cells):,} cells" in " ".join(told.split())


# --- and a hole would be noticed


@pytest.fixture
def some(all_cells: tuple[Cell, ...]) -> list[Cell]:
    """A few hundred cells of all kinds."""
    return [cell for cell in all_cells if KEYS[cell.ask.key] is not None][::40]


def test_a_cell_that_expects_something_else_is_wrong(world: World, some: list[Cell]) -> None:
    assert len(all_wrong(world, [replace(cell, status=418) for cell in some])) == len(some)


def test_a_cell_whose_twin_is_answered_otherwise_is_wrong(world: World, some: list[Cell]) -> None:
    whoami = Ask("secret live", "GET", "/api/v1/auth/whoami")
    twins = [replace(cell, twin=whoami) for cell in some if cell.twin]
    assert twins and len(all_wrong(world, twins)) == len(twins)


def test_a_refusal_that_takes_another_statement_is_wrong(world: World, some: list[Cell]) -> None:
    cell = next(each for each in some if each.code == "RESOURCE_MISSING")
    absent = ask(world, cell.ask)
    longer = replace(absent, statements=absent.statements + 1)
    assert "statements" in (difference(cell, longer, absent) or "")
    assert difference(cell, absent, absent) is None


@pytest.mark.parametrize("check", ["require_team", "require_secret"])
def test_a_check_that_is_left_out_is_noticed(
    world: World, some: list[Cell], check: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world, "answers", {})
    monkeypatch.setattr(f"cstar_web.calls.{check}", lambda *_: None)
    assert all_wrong(world, some)


def test_a_key_that_opens_another_workspace_is_noticed(
    world: World, some: list[Cell], monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = world.desk.workspace("other", "test")
    monkeypatch.setattr(world, "answers", {})
    monkeypatch.setattr(world.desk, "workspace_of", lambda access: foreign)
    assert all_wrong(world, some)


def test_a_key_that_still_works_after_its_end_is_noticed(
    world: World, all_cells: tuple[Cell, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world, "answers", {})
    monkeypatch.setitem(world.keys, "expired", world.keys["secret live"])
    assert all_wrong(world, of_key(all_cells, "expired")[::40])
