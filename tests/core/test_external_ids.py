"""What objects are called elsewhere: kept once, gone with their object, found along an index."""

from pathlib import Path

from cstar_core import Helpdesk, Workspace
from tests.core.loads import read
from tests.core.tracing import queries, steps_of

SAMPLES = Path(__file__).parents[1] / "data" / "imports"
KEPT = "SELECT kind, source, external_id FROM external_ids ORDER BY kind, external_id"


def test_a_ticket_and_its_customer_keep_what_they_are_called_elsewhere(
    acme: Workspace, path: Path
) -> None:
    acme.import_file(SAMPLES / "zendesk.json")
    assert read(path, KEPT) == [
        ("customers", "zendesk", "9001"),
        ("customers", "zendesk", "9002"),
        ("tickets", "zendesk", "101"),
        ("tickets", "zendesk", "102"),
        ("tickets", "zendesk", "103"),
    ]


def test_an_external_id_goes_with_its_ticket(acme: Workspace, path: Path) -> None:
    acme.import_file(SAMPLES / "tickets.ndjson")
    (late,) = acme.tickets.list(search="parcel").items
    acme.tickets.delete(late.id)
    assert read(path, KEPT) == [("tickets", "json", "A-2")]


def test_an_external_id_goes_with_its_customer(acme: Workspace, path: Path) -> None:
    acme.import_file(SAMPLES / "zendesk.json")
    (sam,) = acme.customers.list(search="Sam").items
    acme.customers.delete(sam.id)
    assert ("customers", "zendesk", "9002") not in read(path, KEPT)


def test_a_deleted_ticket_comes_back_with_the_next_import(acme: Workspace) -> None:
    acme.import_file(SAMPLES / "tickets.ndjson")
    (late,) = acme.tickets.list(search="parcel").items
    acme.tickets.delete(late.id)
    report = acme.import_file(SAMPLES / "tickets.ndjson")
    assert (report.created, report.skipped) == (1, 1)


def test_another_workspace_has_external_ids_of_its_own(
    acme: Workspace, globex: Workspace, sandbox: Workspace
) -> None:
    reports = [each.import_file(SAMPLES / "tickets.ndjson") for each in (acme, globex, sandbox)]
    assert [report.created for report in reports] == [2, 2, 2]


def test_what_is_there_already_is_found_along_an_index(desk: Helpdesk, acme: Workspace) -> None:
    acme.import_file(SAMPLES / "zendesk.json")
    run = queries(desk, lambda: acme.import_file(SAMPLES / "zendesk.json"))
    asked = [text for text in run if 'FROM "external_ids"' in text]
    assert len(asked) == 2
    for text in asked:
        assert "USING PRIMARY KEY (workspace_id=? AND source=? AND kind=? AND external_id=?)" in (
            " ".join(steps_of(desk, text))
        )


def test_deleting_a_ticket_finds_its_external_id_along_an_index(desk: Helpdesk) -> None:
    with desk._store.snapshot() as snap:
        steps = snap.sql("EXPLAIN QUERY PLAN SELECT 1 FROM external_ids WHERE ticket_id = 7")
    assert "external_ids_ticket" in steps[0][3]


def test_who_was_erased_is_not_known_by_any_external_id(acme: Workspace, path: Path) -> None:
    acme.import_file(SAMPLES / "zendesk.json")
    (jane,) = acme.customers.list(search="Jane").items
    acme.customers.erase(jane.id)
    assert read(path, KEPT) == [
        ("customers", "zendesk", "9002"),
        ("tickets", "zendesk", "102"),
        ("tickets", "zendesk", "103"),
    ]
