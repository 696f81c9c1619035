"""Loading customers: in whole batches, by the rules that making one has."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cstar_core import Forbidden, Helpdesk, Workspace
from tests.core.loads import Given, load, read
from tests.core.vocabulary import START, refusal
from tests.core.witness import log, types

THEN = datetime(2024, 2, 29, 12, 0, tzinfo=UTC)
LATER = THEN + timedelta(hours=1)
TAKEN = "must be an address that no other customer has"

REFUSED: list[tuple[Any, list[str]]] = [
    (5, ["customers.0 must be an object"]),
    ({}, ["customers.0.name is required"]),
    ({"name": " "}, ["customers.0.name is required"]),
    ({"name": "x", "nmae": "x"}, ["customers.0.nmae is not known; did you mean name?"]),
    ({"name": "x", "email": "jane"}, ["customers.0.email must be an email address"]),
    ({"name": "x", "tags": ["a,b"]}, ["customers.0.tags.0 must not contain a comma"]),
    ({"name": "x", "metadata": 5}, ["customers.0.metadata must be an object"]),
    ({"name": "x", "custom_fields": {"plan": 1}}, ["customers.0.custom_fields.plan is not known"]),
    (
        {"name": "x", "created_at": "2024-01-01"},
        ["customers.0.created_at must be an instant with a time zone"],
    ),
    (
        {"name": "x", "created_at": LATER, "updated_at": THEN},
        ["customers.0.updated_at must not be before created_at"],
    ),
]


def people(number: int) -> list[Given]:
    return [{"name": f"Jane {i}", "email": f"jane{i}@example.com"} for i in range(number)]


@pytest.mark.parametrize(("given", "problems"), REFUSED)
def test_a_customer_that_breaks_a_rule_is_refused(
    acme: Workspace, given: Any, problems: list[str]
) -> None:
    assert refusal(load, acme.customers, [given]) == problems


def test_a_batch_tells_where_it_began_and_the_ids_in_the_order_given(acme: Workspace) -> None:
    batches = list(acme.customers.import_many(people(5), batch_size=2))
    assert [batch.start for batch in batches] == [0, 2, 4]
    ids = [id for batch in batches for id in batch.ids]
    assert [acme.customers.get(id).name for id in ids] == [f"Jane {i}" for i in range(5)]


@pytest.mark.parametrize("size", [0, True, 10_001])
def test_a_batch_has_one_to_ten_thousand(acme: Workspace, size: Any) -> None:
    problems = refusal(acme.customers.import_many, [], batch_size=size)
    assert problems == ["batch_size must be an integer from 1 to 10000"]


def test_a_customer_keeps_its_instants(acme: Workspace) -> None:
    (id,) = load(acme.customers, [{"name": "Jane", "created_at": THEN, "updated_at": LATER}])
    jane = acme.customers.get(id)
    assert (jane.created_at, jane.updated_at) == (THEN, LATER)


def test_a_customer_that_never_changed_was_updated_when_it_was_made(acme: Workspace) -> None:
    (id,) = load(acme.customers, [{"name": "Jane", "created_at": THEN}])
    assert acme.customers.get(id).updated_at == THEN


def test_a_customer_without_instants_is_made_now(acme: Workspace) -> None:
    (id,) = load(acme.customers, [{"name": "Jane"}])
    assert acme.customers.get(id).created_at == START


def test_an_address_that_is_taken_is_told_with_its_place(acme: Workspace) -> None:
    acme.customers.create(name="Jane", email="JANE1@example.com")
    problems = refusal(load, acme.customers, people(3))
    assert problems == [f"customers.1.email {TAKEN}"]


def test_an_address_that_comes_twice_is_told_with_the_second_place(acme: Workspace) -> None:
    given = [*people(2), {"name": "Other", "email": "Jane0@EXAMPLE.com"}]
    assert refusal(load, acme.customers, given) == [f"customers.2.email {TAKEN}"]


def test_an_address_of_an_earlier_batch_is_taken(acme: Workspace) -> None:
    given = [*people(2), *people(1)]
    assert refusal(load, acme.customers, given, batch_size=2) == [f"customers.2.email {TAKEN}"]


def test_an_address_is_free_in_another_workspace(acme: Workspace, sandbox: Workspace) -> None:
    load(acme.customers, people(2))
    assert len(load(sandbox.customers, people(2))) == 2


def test_many_may_have_no_address(acme: Workspace) -> None:
    load(acme.customers, [{"name": "Jane"}, {"name": "Jane", "email": None}])
    assert acme.customers.list().total == 2


def test_a_refused_batch_leaves_nothing_and_the_ones_before_stay(acme: Workspace) -> None:
    refusal(load, acme.customers, [*people(5), {}], batch_size=2)
    assert acme.customers.list().total == 4
    assert types(log(acme)).count("customer.created") == 4


def test_the_log_tells_each_customer_with_its_own_instant(acme: Workspace) -> None:
    load(acme.customers, [{**one, "created_at": THEN} for one in people(2)])
    told = [(event.type, event.created_at, event.data) for event in log(acme)[-2:]]
    assert told == [
        ("customer.created", THEN, {"name": one["name"], "email": one["email"]})
        for one in people(2)
    ]


def test_what_is_loaded_is_found_and_waits_for_no_indexing(acme: Workspace, path: Path) -> None:
    load(acme.customers, people(300))
    assert read(path, "SELECT count(*) FROM customer_changes") == [(0,)]
    assert acme.customers.list(search="jane299").total == 1


def test_a_loaded_desk_is_in_order(desk: Helpdesk, acme: Workspace) -> None:
    load(acme.customers, [{**one, "tags": ["vip", "new"]} for one in people(300)])
    assert desk.check().ok


def test_a_publishable_key_does_not_load(public: Workspace) -> None:
    with pytest.raises(Forbidden):
        load(public.customers, people(1))
