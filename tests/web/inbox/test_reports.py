"""The reports: figures, charts, groups and tables for spreadsheets, whatever is asked."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from cstar_core import Helpdesk, Workspace, volume_csv
from tests.core.tracing import queries
from tests.web.inbox.browser import Browser, Seen
from tests.web.inbox.conftest import SignIn
from tests.web.inbox.test_tickets import XSS

PAGE = "/inbox/acme/reports"
DAYS = {"period": "days", "start": "2025-03-01", "end": "2025-03-31"}
MARCH = datetime(2025, 3, 3, 8, tzinfo=UTC)


@pytest.fixture
def acme(desk: Helpdesk) -> Workspace:
    return desk.workspace("acme")


@pytest.fixture
def viewer(signed_in: SignIn) -> Browser:
    return signed_in("viewer")


def load(acme: Workspace, many: int = 3, **values: object) -> None:
    """Tickets of March 2025: each is answered after two hours, and resolved after a day."""
    tickets = [
        {
            "title": f"Ticket {hour}",
            "status": "resolved",
            "created_at": MARCH + timedelta(hours=hour),
            "messages": [
                {"content": "It broke.", "sender": "customer"},
                {"content": "Try this.", "created_at": MARCH + timedelta(hours=hour + 2)},
            ],
            "resolved_at": MARCH + timedelta(hours=hour + 24),
            "updated_at": MARCH + timedelta(hours=hour + 24),
            **values,
        }
        for hour in range(many)
    ]
    list(acme.tickets.import_many(tickets))  # type: ignore[arg-type]


def place(table: str = "", **asked: str) -> str:
    return f"{PAGE}{table}?{urlencode({**DAYS, **asked})}"


def test_a_viewer_sees_what_happened(acme: Workspace, viewer: Browser) -> None:
    load(acme, tags=["parts"], priority="high")
    seen = viewer.see(place())
    assert "1 Mar – 31 Mar 2025 · UTC" in seen.text  # noqa: RUF001
    assert "Created 3 before: 0 Resolved 3 before: 0 Open at the end 0 before: 0" in seen.text
    assert "Median first response 2 h nothing to compare with" in seen.text
    assert "Median resolution 1 d nothing to compare with" in seen.text
    assert "3 Mar 2025 3 0 0 3 4 Mar 2025 0 3 0 0" in seen.text
    assert "Nobody 3 3 2 h 1 d" in seen.text


def test_each_figure_is_compared_with_the_time_before(acme: Workspace, viewer: Browser) -> None:
    load(acme, 4)
    text = viewer.see(place(start="2025-03-04", end="2025-03-04")).text
    assert "Created 0 before: 4 ▼ less by 100 %" in text
    assert "Compared with the time right before: 3 Mar 2025" in text


def test_what_is_before_the_first_day_is_not_compared(acme: Workspace, viewer: Browser) -> None:
    load(acme)
    text = viewer.see(place(start="1996-01-01", end="2025-04-01")).text
    assert "Created 3 nothing to compare with" in text
    assert "right before" not in text


@pytest.mark.parametrize(
    ("by", "told"),
    [
        ("member", "Nobody 3 3"),
        ("tag", "parts 3 3"),
        ("priority", "High 3 3"),
        ("custom_fields.region", "EU 3 3"),
        ("custom_fields.paid", "Yes 3 3"),
    ],
)
def test_groups_lead_to_a_report_of_their_own(
    acme: Workspace, viewer: Browser, by: str, told: str
) -> None:
    for key, type, options in (("region", "select", ["EU", "US"]), ("paid", "boolean", None)):
        acme.custom_fields.create(
            name=key.title(), key=key, type=type, entity_type="tickets", options=options
        )
    load(acme, tags=["parts"], priority="high", custom_fields={"region": "EU", "paid": True})
    load(acme, 2, tags=["other"], priority="low", custom_fields={"region": "US", "paid": False})
    me = acme.members.list().items[0].id
    for each in acme.tickets.list(tags="other").items:
        acme.tickets.update(each.id, assigned_to=me)
    seen = viewer.see(place(by=by))
    assert told in seen.text
    names = ("assigned_to", "tag", "priority", "custom_fields")
    links = [
        each["href"]
        for each in seen.all("a")
        if any(f"{name}=" in each.get("href", "") for name in names) and "csv" not in each["href"]
    ]
    assert len(links) == 2
    narrowed = {re.findall(r"Created (\d) ", viewer.see(each).text)[0] for each in links}
    assert narrowed == {"2", "3"}


def test_tables_are_files_for_spreadsheets(acme: Workspace, viewer: Browser) -> None:
    load(acme, tags=["=1+1"])
    answer = viewer.get(place("/volume.csv"))
    wanted = "".join(volume_csv(acme.reports.volume("2025-03-01", "2025-03-31")))
    assert (answer.status_code, answer.data) == (200, wanted.encode())
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    name = "acme-2025-03-01-2025-03-31-volume.csv"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    groups = viewer.get(place("/breakdown.csv", by="tag")).text
    assert "'=1+1" in groups and "\n=1+1" not in groups
    assert "firstResponse,median,,7200" in viewer.get(place("/times.csv", tag="=1+1")).text
    links = [each["href"] for each in viewer.see(place(tag="=1+1")).all("a") if "download" in each]
    assert len(links) == 4
    assert all(viewer.get(each).mimetype == "text/csv" for each in links)


def test_a_table_that_there_is_not_is_told(viewer: Browser) -> None:
    assert viewer.get(place("/secrets.csv")).status_code == 404
    assert viewer.get(place("/volume.csv", start="x")).status_code == 400


@pytest.mark.parametrize(
    ("asked", "field", "told"),
    [
        ({"start": "yesterday"}, "start", "From must be a date (YYYY-MM-DD)"),
        ({"start": "", "end": "2025-02-30"}, "end", "To must be a date (YYYY-MM-DD)"),
        ({"end": "2025-02-01"}, "end", "To must not be before start"),
        ({"end": "9998-12-31"}, "end", "To must be at most 366 months from start on"),
        ({"zone": "Berlin"}, "zone", "Time zone must be a time zone such as Europe/Berlin"),
        ({"period": "30", "zone": "../../etc"}, "zone", "Time zone must be a time zone"),
        ({"tag": "a,b"}, "tag", "Tag must be one tag"),
        ({"tag": "x" * 500}, "tag", "Tag must be at most"),
        ({"priority": "huge"}, "priority", "Priority must be one of"),
        ({"custom_fields": "none=x"}, "custom_fields", "Custom field is not known"),
        ({"by": "weather"}, "", "must be one of: member, tag, priority"),
    ],
)
def test_what_is_wrong_is_told_beside_its_field(
    viewer: Browser, asked: dict[str, str], field: str, told: str
) -> None:
    answer = viewer.get(place(**asked))
    seen = Seen(answer.text)
    assert answer.status_code == 422
    assert told in seen.text
    typed = {each.get("name"): each.get("value") for each in seen.all("input")}
    assert all(
        typed[name] == said for name, said in asked.items() if name in typed and name != "period"
    )
    wrong = [each.get("id") for each in seen.all("p") if each.get("class") == "wrong"]
    assert f"{field}-wrong" in wrong or not field


def test_all_that_is_wrong_is_told_at_once(viewer: Browser) -> None:
    answer = viewer.get(place(start="x", zone="Berlin", tag="a,b", priority="huge", by="weather"))
    wrong = {each.get("id") for each in Seen(answer.text).all("p") if each.get("class") == "wrong"}
    assert answer.status_code == 422
    assert wrong == {"start-wrong", "zone-wrong", "tag-wrong", "priority-wrong"}
    assert "must be one of: member, tag, priority" in Seen(answer.text).text


def test_nothing_that_happened_is_said_so(viewer: Browser) -> None:
    assert "Nothing happened in this time" in viewer.see(PAGE).text
    assert len(viewer.see(PAGE).all("table")) == 0


@pytest.mark.parametrize("text", XSS)
def test_names_stay_text(acme: Workspace, viewer: Browser, text: str) -> None:
    name = text[:60]
    field = acme.custom_fields.create(
        name=name, key="kind", type="select", entity_type="tickets", options=[name, "plain"]
    )
    member = acme.members.create(name=name, email="x@acme.example")
    load(acme, tags=[name], custom_fields={field.key: name}, assigned_to=member.id)
    for by in ("member", "tag", "custom_fields.kind"):
        answer = viewer.get(place(by=by, tag=name, zone="UTC"))
        seen = Seen(answer.text)
        assert answer.status_code == 200
        assert not [tag for tag, attributes in seen.tags if "onerror" in attributes]
        assert [each for each in seen.all("script") if "src" not in each] == []
        assert not [tag for tag, attributes in seen.tags if "style" in attributes or tag == "style"]
        assert name.casefold() in " ".join(seen.words).casefold()
    assert viewer.get(place("/breakdown.csv", by="custom_fields.kind")).status_code == 200


@pytest.mark.parametrize("zone", ["Europe/Berlin", "+14:00", "-12:00"])
def test_days_are_those_of_the_zone(acme: Workspace, viewer: Browser, zone: str) -> None:
    today = acme.reports.today(zone)
    text = viewer.see(f"{PAGE}?{urlencode({'zone': zone, 'period': '7'})}").text
    assert f"{today.day} {today:%b} {today.year} · {zone}" in text


def test_long_times_are_counted_by_week_and_month(acme: Workspace, viewer: Browser) -> None:
    load(acme)
    assert "end of the day" in viewer.see(place()).text
    assert "end of the week" in viewer.see(place(end="2025-12-31")).text
    assert "end of the month" in viewer.see(place(end="2028-12-31")).text


def test_it_speaks_german(acme: Workspace, viewer: Browser) -> None:
    load(acme)
    text = Seen(viewer.get(place(), Accept_Language="de").text).text
    assert "Erstellt 3 davor: 0" in text
    assert "Median erste Antwort 2 Std." in text


def test_every_chart_has_a_name_and_its_numbers(acme: Workspace, viewer: Browser) -> None:
    load(acme)
    seen = viewer.see(place())
    ids = {attributes["id"] for _, attributes in seen.tags if "id" in attributes}
    named = [each["aria-labelledby"].split() for each in seen.all("svg") if "role" in each]
    assert len(named) == 4 and len(seen.all("table")) == 4
    assert all(set(each) <= ids for each in named)
    assert all("aria-hidden" in each or "role" in each for each in seen.all("svg"))


def test_a_report_runs_as_many_queries_however_much_there_is(
    desk: Helpdesk, acme: Workspace, viewer: Browser
) -> None:
    load(acme, 2, tags=["one"])
    few = queries(desk, lambda: viewer.get(place(by="tag")))
    load(acme, 60, tags=["one", "two", "three"])
    assert len(queries(desk, lambda: viewer.get(place(by="tag")))) == len(few)
    assert len(few) < 60


def test_the_inbox_leads_to_the_reports(viewer: Browser) -> None:
    assert PAGE in viewer.see("/inbox/acme/").links()
