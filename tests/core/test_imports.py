"""Bringing in files: what is mapped, what is refused, and that nothing is made twice."""

import json
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cstar_core import Forbidden, Helpdesk, ImportProgress, Workspace
from tests.core.loads import read
from tests.core.vocabulary import refusal, titles
from tests.core.witness import log

SAMPLES = Path(__file__).parents[1] / "data" / "imports"
QUESTIONS = SAMPLES / "questions.csv"
MAPPED = {"title": "text", "tags": "category"}


def written(folder: Path, text: str | bytes, name: str = "file.csv") -> Path:
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def counts(report: Any) -> tuple[int, int, int, int]:
    return report.created, report.skipped, report.left_out, report.failed


def region(workspace: Workspace, **how: Any) -> None:
    values = {"name": "Region", "key": "region", "type": "select", "options": ["EU", "US"]}
    workspace.custom_fields.create(**{"entity_type": "tickets", **values, **how})


# --- columns

CELLS: list[tuple[str, str, str, Any]] = [
    ("title", "Help me", "title", "Help me"),
    ("Subject", "Help me", "title", "Help me"),
    ("STATUS", "Solved", "status", "resolved"),
    ("Ticket status", "On-hold", "status", "pending"),
    ("priority", "Medium", "priority", "normal"),
    ("labels", "a, b,,A", "tags", ("a", "b")),
    ("notes", " kept as it is ", "notes", " kept as it is "),
    ("Customer name", "Jane", "customer_name", "Jane"),
    ("Created at", "2024-02-29", "created_at", datetime(2024, 2, 29, tzinfo=UTC)),
    ("created", "2024-02-29 14:00:00 +0200", "created_at", datetime(2024, 2, 29, 12, tzinfo=UTC)),
    ("createdAt", "1709208000", "created_at", datetime(2024, 2, 29, 12, tzinfo=UTC)),
    ("region", "eu", "custom_fields", {"region": "EU"}),
    ("customFields.region", "US", "custom_fields", {"region": "US"}),
    ("metadata.order", "A-17", "metadata", {"order": "A-17"}),
]


@pytest.mark.parametrize(("column", "cell", "name", "value"), CELLS)
def test_a_column_with_the_name_of_a_field_is_that_field(
    acme: Workspace, tmp_path: Path, column: str, cell: str, name: str, value: Any
) -> None:
    region(acme)
    head, row = ("title", "Help") if column not in ("title", "Subject") else ("other", "x")
    report = acme.import_file(written(tmp_path, f'{head},{column}\n{row},"{cell}"\n'))
    assert counts(report) == (1, 0, 0, 0), report.bad_rows
    (listed,) = acme.tickets.list().items
    assert getattr(listed, name) == value


TYPES: list[tuple[str, str, Any]] = [
    ("number", "5", 5),
    ("number", "5.5", 5.5),
    ("boolean", "yes", True),
    ("boolean", "False", False),
    ("date", "2024-02-29", "2024-02-29"),
    ("date", "2024-02-29T12:00:00Z", "2024-02-29"),
    ("text", " as it is ", " as it is "),
    ("multiselect", "eu; US", ["EU", "US"]),
]


@pytest.mark.parametrize(("type", "cell", "value"), TYPES)
def test_a_cell_becomes_a_value_of_the_fields_type(
    acme: Workspace, tmp_path: Path, type: str, cell: str, value: Any
) -> None:
    options = {"options": ["EU", "US"]} if type == "multiselect" else {}
    acme.custom_fields.create(name="F", key="f", type=type, entity_type="tickets", **options)
    acme.import_file(written(tmp_path, f'title,f\nHelp,"{cell}"\n'))
    assert acme.tickets.list().items[0].custom_fields == {"f": value}


def test_a_mapping_says_which_column_becomes_what(acme: Workspace) -> None:
    report = acme.import_file(QUESTIONS, mapping=MAPPED)
    assert counts(report) == (4, 0, 0, 0)
    listed = acme.tickets.list(sort="number").items
    assert [(each.title, each.tags) for each in listed[:2]] == [
        ("Where is my new card?", ("card_arrival",)),
        ("It has been two weeks, and nothing came.", ("card_arrival",)),
    ]


def test_one_column_may_become_several_things(acme: Workspace) -> None:
    acme.custom_fields.create(
        name="Category",
        key="category",
        type="select",
        entity_type="tickets",
        options=["card_arrival", "charged_twice"],
    )
    mapping = {**MAPPED, "customFields.category": "category"}
    acme.import_file(QUESTIONS, mapping=mapping)
    assert acme.tickets.list(custom_fields={"category": "card_arrival"}).total == 3


def test_several_columns_may_become_tags(acme: Workspace, tmp_path: Path) -> None:
    file = written(tmp_path, 'title,one,two\nHelp,"a,b",c\n')
    acme.import_file(file, mapping={"tags": ["one", "two"]})
    assert acme.tickets.list().items[0].tags == ("a", "b", "c")


def test_a_constant_is_the_same_for_all(acme: Workspace) -> None:
    acme.import_file(QUESTIONS, mapping=MAPPED, constants={"status": "closed", "notes": "old"})
    assert {(each.status, each.notes) for each in acme.tickets.list().items} == {("closed", "old")}


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"mapping": {"titel": "text"}}, "map.titel is not known; did you mean title?"),
    ({"mapping": {"title": "txt"}}, "map.title must be a column of the file: text, category"),
    ({"mapping": {"customFields.x": "text"}}, "map.customFields.x is not known"),
    ({"constants": {"sta": "x"}}, "set.sta is not known"),
    ({"mapping": {"title": ["a", "b"]}}, "map.title must have one source; only tags take several"),
    ({"format": "xml"}, "format must be one of: csv, json, zendesk, freshdesk, helpscout"),
    ({"kind": "members"}, "kind must be one of: tickets, customers"),
    ({"source": ""}, "source is required"),
    ({"delimiter": ",,"}, "delimiter must be one character, and no quote"),
    ({"encoding": "klingon"}, "encoding must be one that Python knows, such as utf-8 or cp1252"),
    ({"encoding": "hex"}, "encoding must be one that Python knows, such as utf-8 or cp1252"),
    ({"batch_size": 0}, "batch_size must be an integer from 1 to 10000"),
]


@pytest.mark.parametrize(("options", "problem"), WRONG)
def test_options_that_cannot_be_are_refused(
    acme: Workspace, options: dict[str, Any], problem: str
) -> None:
    assert refusal(acme.import_file, QUESTIONS, **options)[0].startswith(problem)
    assert acme.tickets.list().total == 0


def test_the_report_says_what_was_mapped_and_what_was_not(acme: Workspace) -> None:
    report = acme.import_file(QUESTIONS, mapping={"title": "text"})
    assert (report.mapping, report.unmapped) == ({"title": ("text",)}, ("category",))


# --- people


def test_a_customer_is_found_by_address_or_made(acme: Workspace, tmp_path: Path) -> None:
    jane = acme.customers.create(name="Jane", email="jane@example.com")
    rows = "title,email,customer\nA,JANE@example.com,J\nB,sam@example.com,Sam\nC,sam@example.com,\n"
    report = acme.import_file(written(tmp_path, rows))
    a, b, c = acme.tickets.list(sort="number").items
    assert (a.customer_id, b.customer_id, b.customer_name) == (jane.id, c.customer_id, "Sam")
    assert report.customers == 1


def test_an_agent_is_a_member_by_address_name_or_id(acme: Workspace, tmp_path: Path) -> None:
    ada = acme.members.create(name="Ada Park", email="ada@example.com")
    rows = f"title,assignee\nA,ADA@example.com\nB,ada park\nC,{ada.id}\n"
    acme.import_file(written(tmp_path, rows))
    assert acme.tickets.list(assigned_to=ada.id).total == 3


def test_an_agent_who_is_no_member_is_told_and_the_ticket_unassigned(
    acme: Workspace, tmp_path: Path
) -> None:
    rows = "title,assignee\nA,Bo\nB,Bo\nC,mem_00000000000000000000000000000000\n"
    report = acme.import_file(written(tmp_path, rows))
    assert report.unknown_agents == {"Bo": 2, "mem_00000000000000000000000000000000": 1}
    assert acme.tickets.list(assigned_to="none").total == 3


def test_customers_come_in_by_themselves(acme: Workspace, tmp_path: Path) -> None:
    acme.customers.create(name="Jane", email="jane@example.com")
    file = written(
        tmp_path, "id,name,email\n1,J,jane@example.com\n2,Sam,sam@example.com\n3,,x@y.z\n"
    )
    report = acme.import_file(file, kind="customers")
    assert counts(report) == (2, 1, 0, 0)
    assert {each.name for each in acme.customers.list().items} == {"Jane", "Sam", "x@y.z"}
    assert counts(acme.import_file(file, kind="customers")) == (0, 3, 0, 0)


# --- again


def test_a_second_run_makes_nothing(acme: Workspace) -> None:
    acme.import_file(QUESTIONS, mapping=MAPPED)
    assert counts(acme.import_file(QUESTIONS, mapping=MAPPED)) == (0, 4, 0, 0)


def test_equal_rows_without_an_id_are_different_tickets(acme: Workspace) -> None:
    acme.import_file(QUESTIONS, mapping=MAPPED)
    assert acme.tickets.list(search='"Where is my new card?"').total == 2


def test_a_row_that_is_new_in_the_file_is_taken_in(acme: Workspace, tmp_path: Path) -> None:
    acme.import_file(QUESTIONS, mapping=MAPPED)
    longer = written(tmp_path, QUESTIONS.read_text() + "Where is my new card?,card_arrival\n")
    assert counts(acme.import_file(longer, mapping=MAPPED)) == (1, 4, 0, 0)


def test_a_column_can_tell_rows_apart(acme: Workspace, tmp_path: Path) -> None:
    file = written(tmp_path, "title,key\nA,1\nB,2\nC,1\n")
    assert counts(acme.import_file(file, id_column="key")) == (2, 1, 0, 0)


def test_a_source_keeps_the_ids_of_files_apart(acme: Workspace, tmp_path: Path) -> None:
    one, other = (written(tmp_path, f"id,title\n1,{name}\n", f"{name}.csv") for name in "AB")
    assert acme.import_file(one).created == 1
    assert acme.import_file(other).created == 0
    assert acme.import_file(other, source="other").created == 1


def test_what_was_cut_short_is_finished_by_the_next_run(acme: Workspace, tmp_path: Path) -> None:
    rows = "".join(f"Ticket {i % 7},{i}@example.com\n" for i in range(50))
    file = written(tmp_path, f"title,email\n{rows}")

    class Stopped(Exception):
        pass

    def stop(progress: ImportProgress) -> None:
        if progress.rows >= 30:
            raise Stopped

    with pytest.raises(Stopped):
        acme.import_file(file, batch_size=10, progress=stop)
    assert acme.tickets.list().total == 30
    assert counts(acme.import_file(file, batch_size=7)) == (20, 30, 0, 0)
    listed = acme.tickets.list(sort="number", page_size=100).items
    assert titles(listed) == [f"Ticket {i % 7}" for i in range(50)]
    assert acme.customers.list().total == 50


def test_two_imports_at_once_make_each_ticket_once(acme: Workspace, tmp_path: Path) -> None:
    rows = "".join(f"{i},Ticket {i},{i % 5}@example.com\n" for i in range(300))
    file = written(tmp_path, f"id,title,email\n{rows}")
    made: list[int] = []
    threads = [
        threading.Thread(target=lambda: made.append(acme.import_file(file, batch_size=20).created))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sum(made), acme.tickets.list().total, acme.customers.list().total) == (300, 300, 5)


# --- what is wrong


def test_the_good_rows_are_in_and_the_bad_ones_in_a_file(acme: Workspace, tmp_path: Path) -> None:
    file = written(tmp_path, 'title;status;note\n"Two\nlines";open;x\n;opne;y\nGood;open;z\n')
    report = acme.import_file(file)
    assert counts(report) == (2, 0, 0, 1)
    assert [(row.line, row.problems) for row in report.bad_rows] == [
        (
            4,
            ("title is required", "status must be one of: new, open, pending, resolved, closed"),
        )
    ]
    assert report.errors_file == f"{file}.errors.csv"
    assert Path(report.errors_file).read_text() == (
        "import_line;import_problems;title;status;note\n"
        '4;"title is required; status must be one of: '
        'new, open, pending, resolved, closed";;opne;y\n'
    )


def test_a_corrected_file_of_errors_is_imported(acme: Workspace, tmp_path: Path) -> None:
    file = written(tmp_path, "title,status\nA,open\nB,opne\nC,lost\n")
    first = acme.import_file(file)
    assert first.errors_file
    errors = Path(first.errors_file)
    errors.write_text(errors.read_text().replace("opne", "open"))
    assert counts(acme.import_file(errors)) == (1, 0, 0, 1)
    assert counts(acme.import_file(errors)) == (0, 1, 0, 1)
    assert titles(acme.tickets.list(sort="number").items) == ["A", "B"]


def test_no_file_of_errors_is_overwritten(acme: Workspace, tmp_path: Path) -> None:
    file = written(tmp_path, "title\n" + "x" * 501 + "\n")
    names = [acme.import_file(file).errors_file for _ in range(2)]
    assert names == [f"{file}.errors.csv", f"{file}.errors-2.csv"]
    with pytest.raises(FileExistsError):
        acme.import_file(file, errors=tmp_path / "file.csv")


def test_a_wanted_file_of_errors_that_is_there_already_stops_the_import_before_it_begins(
    acme: Workspace, tmp_path: Path
) -> None:
    file = written(tmp_path, "title,status\nA,open\nB,opne\nC,open\n")
    with pytest.raises(FileExistsError, match="There is a file of this name already"):
        acme.import_file(file, errors=file, batch_size=1)
    assert acme.tickets.list().total == 0
    assert file.read_text().startswith("title,status\n")


def test_a_file_of_errors_is_for_its_owner_alone(acme: Workspace, tmp_path: Path) -> None:
    report = acme.import_file(written(tmp_path, "title,status\nA,x\n"))
    assert report.errors_file
    assert Path(report.errors_file).stat().st_mode & 0o777 == 0o600


def test_an_object_that_is_refused_keeps_its_members(acme: Workspace, tmp_path: Path) -> None:
    bad = {"title": "A", "customFields": {"seats": 1}, "messages": [{"content": ""}]}
    report = acme.import_file(written(tmp_path, json.dumps(bad) + "\n", "file.ndjson"))
    assert report.errors_file == str(tmp_path / "file.ndjson.errors.ndjson")
    (line,) = Path(report.errors_file).read_text().splitlines()
    assert json.loads(line) == {
        "import_line": 1,
        "import_problems": ["messages.0.content is required", "custom_fields.seats is not known"],
        **bad,
    }


def test_a_refused_ticket_leaves_no_customer(acme: Workspace, tmp_path: Path) -> None:
    acme.import_file(
        written(tmp_path, "title,email,createdAt,updatedAt\nA,j@x.y,2024-02-02,2024-01-01\n")
    )
    assert (acme.tickets.list().total, acme.customers.list().total) == (0, 0)


# --- trying


def test_a_dry_run_writes_nothing(acme: Workspace, path: Path, tmp_path: Path) -> None:
    file = written(tmp_path, "title,email,status\nA,j@x.y,open\nB,,opne\n")
    before = read(path, "SELECT * FROM workspaces"), len(log(acme))
    report = acme.import_file(file, dry_run=True)
    assert (counts(report), report.customers) == ((1, 0, 0, 1), 1)
    assert (read(path, "SELECT * FROM workspaces"), len(log(acme))) == before
    assert (report.errors_file, sorted(tmp_path.glob("*.errors*"))) == (None, [])
    assert report.examples == ({"title": "A", "customer_email": "j@x.y", "status": "open"},)


def test_a_dry_run_counts_a_customer_of_several_batches_once(
    acme: Workspace, tmp_path: Path
) -> None:
    file = written(tmp_path, "title,email\n" + "A,j@x.y\nB,J@x.y\n" * 5 + "C,s@x.y\n")
    assert acme.import_file(file, dry_run=True, batch_size=3).customers == 2


def test_a_dry_run_counts_a_customer_without_address_once(acme: Workspace, tmp_path: Path) -> None:
    rows = "A,7,Jo,\nB,7,Jo,\nC,8,Bo,b@x.y\nD,8,Bo,\nE,9,Al,\nF,,Al,\n"
    file = written(tmp_path, f"title,customerId,customerName,email\n{rows}")
    dry = acme.import_file(file, dry_run=True, batch_size=1)
    assert (dry.customers, acme.import_file(file, batch_size=1).customers) == (4, 4)


def test_a_dry_run_sees_what_is_there_already(acme: Workspace) -> None:
    acme.import_file(QUESTIONS, mapping=MAPPED)
    assert counts(acme.import_file(QUESTIONS, mapping=MAPPED, dry_run=True)) == (0, 4, 0, 0)


def test_progress_tells_bytes_and_rows(acme: Workspace) -> None:
    seen: list[ImportProgress] = []
    acme.import_file(QUESTIONS, mapping=MAPPED, progress=seen.append)
    size = QUESTIONS.stat().st_size
    assert seen == [ImportProgress(done=size, size=size, rows=4)]


def test_nobody_is_told_unless_it_is_asked_for(acme: Workspace, path: Path) -> None:
    acme.import_file(QUESTIONS, mapping=MAPPED)
    quiet = read(path, "SELECT count(*) FROM quiet_events")
    acme.import_file(QUESTIONS, mapping=MAPPED, source="other", notify=True)
    assert quiet == read(path, "SELECT count(*) FROM quiet_events") == [(1,)]


def test_a_publishable_key_does_not_import(public: Workspace) -> None:
    with pytest.raises(Forbidden):
        public.import_file(QUESTIONS, mapping=MAPPED)


def test_an_imported_desk_is_in_order(desk: Helpdesk, acme: Workspace) -> None:
    for name in ("zendesk.json", "freshdesk.json", "helpscout.json", "tickets.ndjson"):
        acme.import_file(SAMPLES / name)
    assert [finding for finding in desk.check().findings if not finding.ok] == []
