"""`/metrics`: who may read it, that Prometheus can, and that its numbers are right."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from cstar_core import Helpdesk
from cstar_web.app import create_app
from cstar_web.errors import ERRORS
from cstar_web.exposition import Family, Sample, exposition
from cstar_web.metrics import metrics_app
from cstar_web.server import listen
from cstar_web.settings import Settings
from cstar_web.watch import Watch
from tests.core.receivers import refusing
from tests.web.sockets import ask, connect, running, wait_until
from tests.web.vocabulary import Api, Keyring

TOKEN = "a-token-of-these-tests"
Numbers = dict[tuple[str, frozenset[tuple[str, str]]], float]


def numbers(text: str) -> Numbers:
    """What Prometheus's own parser reads."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def number(found: Numbers, name: str, **labels: str) -> float | None:
    return found.get((name, frozenset(labels.items())))


class Watched:
    """An app whose numbers are beside the API, and someone with the token."""

    def __init__(self, desk: Helpdesk) -> None:
        self.settings = Settings(metrics_token=TOKEN)
        self.watch = Watch(self.settings)
        self.app = create_app(desk, self.settings, self.watch)
        self.client = self.app.test_client()

    def text(self) -> str:
        sent = {"Authorization": f"Bearer {TOKEN}"}
        answer = self.client.get("/metrics", headers=sent)
        assert answer.status_code == 200, answer.text
        return answer.text

    def numbers(self) -> Numbers:
        return numbers(self.text())


@pytest.fixture
def watched(desk: Helpdesk) -> Watched:
    return Watched(desk)


@pytest.fixture
def caller(watched: Watched, keyring: Keyring) -> Api:
    return Api(watched.client, keyring.secret)


# --- who may read it


def test_there_is_no_such_url_unless_it_is_asked_for(client: FlaskClient) -> None:
    assert client.get("/metrics").status_code == 404


def test_beside_the_api_there_is_none_if_it_has_an_address_of_its_own(desk: Helpdesk) -> None:
    settings = Settings(metrics_token=TOKEN, metrics_address="127.0.0.1:9100")
    assert create_app(desk, settings).test_client().get("/metrics").status_code == 404


@pytest.mark.parametrize(
    "sent",
    [None, "", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}",
     f"Bearer {TOKEN} {TOKEN}", "Bearer \xe9"],
)  # fmt: skip
def test_without_the_token_nobody_reads_it(watched: Watched, sent: str | None) -> None:
    headers = {} if sent is None else {"Authorization": sent}
    answer = watched.client.get("/metrics", headers=headers)
    assert answer.status_code == 401
    assert answer.json["error"]["code"] == "authentication_required"
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert "cstar_" not in answer.text


def test_an_api_key_is_no_token(watched: Watched, caller: Api) -> None:
    assert caller.send("GET", "/metrics").status == 401


def test_guessing_the_token_is_bounded(watched: Watched) -> None:
    found = [watched.client.get("/metrics").status_code for _ in range(31)]
    assert (found[0], found[-1]) == (401, 429)


def test_the_token_is_in_no_representation_of_the_settings() -> None:
    assert TOKEN not in repr(Settings(metrics_token=TOKEN))


# --- on an address of its own


@pytest.fixture
def apart(desk: Helpdesk) -> Iterator[Any]:
    """Ask a server that has its numbers elsewhere: the answer, headers and all."""
    settings = Settings(metrics_address="127.0.0.1:0")
    watch = Watch(settings)
    app, sock = create_app(desk, settings, watch), listen("127.0.0.1", 0)
    beside = [(metrics_app(desk, watch.counters, ""), sock)]
    with running(settings, application=app, watch=watch, beside=beside) as main:

        def request(line: str, *, api: bool = False) -> str:
            sent = f"{line} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
            return ask(main if api else sock.getsockname(), sent.encode()).decode()

        yield request


def test_an_address_of_its_own_serves_it_without_a_token(apart: Any) -> None:
    head, _, body = apart("GET /metrics").partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 200 OK")
    assert "Content-Type: text/plain; version=0.0.4; charset=utf-8" in head
    assert number(numbers(body), "cstar_database_readable") == 1


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("HEAD /metrics", "200 OK"),
        ("GET /", "404 Not Found"),
        ("GET /api/v1/auth/whoami", "404 Not Found"),
        ("POST /metrics", "405 Method Not Allowed"),
    ],
)
def test_an_address_of_its_own_serves_nothing_else(apart: Any, line: str, status: str) -> None:
    answer = apart(line)
    assert answer.startswith(f"HTTP/1.1 {status}")
    assert "cstar_" not in answer


def test_what_is_asked_of_the_api_is_counted_on_the_other_address(apart: Any) -> None:
    apart("GET /healthz", api=True)
    found = numbers(apart("GET /metrics").partition("\r\n\r\n")[2])
    labels = {"route": "/healthz", "method": "GET", "status": "200"}
    assert number(found, "cstar_http_requests_total", **labels) == 1


@pytest.mark.parametrize(("sent", "status"), [(TOKEN, "200 OK"), ("wrong", "401 Unauthorized")])
def test_a_token_that_is_set_is_needed_there_too(desk: Helpdesk, sent: str, status: str) -> None:
    app = metrics_app(desk, Watch(Settings()).counters, TOKEN)
    with running(application=app) as address:
        head = f"GET /metrics HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {sent}\r\n"
        answer = ask(address, f"{head}Connection: close\r\n\r\n".encode())
    assert answer.startswith(f"HTTP/1.1 {status}".encode())


# --- what it says


def test_requests_are_counted_by_route_method_and_status(watched: Watched, caller: Api) -> None:
    caller.ticket()
    caller.get("/tickets")
    caller.get("/tickets")
    caller.get("/tickets?page=0")
    found = watched.numbers()
    route = "/api/v1/teams/{team}/tickets"
    name = "cstar_http_requests_total"
    assert number(found, name, route=route, method="POST", status="201") == 1
    assert number(found, name, route=route, method="GET", status="200") == 2
    assert number(found, name, route=route, method="GET", status="400") == 1
    name = "cstar_http_request_duration_seconds_count"
    assert number(found, name, route=route, method="GET") == 3
    assert number(found, "cstar_http_refusals_total", code="PARAMETER_INVALID") == 1


def test_the_request_that_asks_is_in_flight(watched: Watched) -> None:
    assert number(watched.numbers(), "cstar_http_requests_in_flight") == 1


def test_what_strangers_make_up_adds_no_series(watched: Watched) -> None:
    def knock(each: int) -> Numbers:
        watched.client.open(f"/made-up-{each}", method=f"BREW{each}")
        watched.client.get(f"/api/v1/teams/{each}/tickets/{each}")
        watched.client.get(f"/docs/static/{each}")
        return watched.numbers()

    knock(0)
    before = knock(1)
    assert [knock(each).keys() - before.keys() for each in range(2, 12)] == [set()] * 10


def test_every_error_code_has_a_number_from_the_beginning(watched: Watched) -> None:
    found = watched.numbers()
    assert all(number(found, "cstar_http_refusals_total", code=code) is not None for code in ERRORS)


def test_the_desk_is_measured(watched: Watched, caller: Api, desk: Helpdesk) -> None:
    caller.ticket(customerName="Jane")
    found = watched.numbers()
    figures = desk.figures()
    assert number(found, "cstar_tickets", environment="live", status="new") == 1
    assert number(found, "cstar_customers", environment="live") == 1
    assert number(found, "cstar_customers", environment="test") == 0
    assert number(found, "cstar_events_total", environment="live") == figures.events["live"]
    assert number(found, "cstar_index_queue_documents") == 2
    assert number(found, "cstar_teams") == 2
    assert number(found, "cstar_webhook_undelivered_events") == 0
    assert number(found, "cstar_webhook_oldest_undelivered_seconds") == 0
    assert number(found, "cstar_database_bytes") == figures.database_bytes
    assert number(found, "cstar_database_wal_bytes") == figures.wal_bytes > 0
    assert (number(found, "cstar_files"), number(found, "cstar_file_bytes")) == (0, 0)
    assert (number(found, "cstar_disk_free_bytes") or 0) > 0


def test_what_webhooks_are_behind_is_measured(watched: Watched, desk: Helpdesk) -> None:
    acme = desk.workspace("acme")
    for url in ("https://a.example", "https://b.example"):
        acme.webhooks.create(name="x", url=url, events=["*"])
    acme.tickets.create(title="Long ago")
    found = watched.numbers()
    assert number(found, "cstar_webhook_undelivered_events") == 2
    assert (number(found, "cstar_webhook_oldest_undelivered_seconds") or 0) > 1_000_000
    assert number(found, "cstar_webhooks_active") == 2
    desk.deliver_due(refusing(410))
    found = watched.numbers()
    assert number(found, "cstar_webhooks_disabled") == 2
    assert number(found, "cstar_webhook_failed_deliveries") == 0


def test_how_long_ago_mailboxes_were_fetched_is_measured(watched: Watched, desk: Helpdesk) -> None:
    imap = {"host": "imap.example.com", "user": "help", "password": "x"}
    box = desk.workspace("acme").mailboxes.create(address="help@example.com", incoming=imap)
    age = "cstar_mailbox_fetch_age_seconds"
    assert (number(watched.numbers(), age, mailbox="help@example.com") or 0) > 1_000_000
    desk.mail_accounts.note_failed(box.id, "x")
    assert number(watched.numbers(), "cstar_mailboxes_failing") == 1


def test_the_process_is_measured(watched: Watched) -> None:
    found = watched.numbers()
    assert (number(found, "process_resident_memory_bytes", process="0") or 0) > 1_000_000
    assert (number(found, "process_start_time_seconds", process="0") or 0) > 1_700_000_000


def test_the_versions_are_told(watched: Watched, desk: Helpdesk) -> None:
    (labels,) = [dict(labels) for name, labels in watched.numbers() if name == "cstar_info"]
    assert (labels["schema"], labels["sqlite"]) == (str(desk.schema_version), desk.sqlite_version)
    assert labels.keys() == {"version", "schema", "sqlite", "python"}


def test_a_desk_that_cannot_be_read_leaves_the_other_numbers(
    watched: Watched, desk: Helpdesk
) -> None:
    with open(desk.path, "r+b") as file:
        file.write(b"\0" * 100_000)
    found = watched.numbers()
    assert number(found, "cstar_database_readable") == 0
    assert number(found, "cstar_http_requests_in_flight") == 1


def test_connections_are_counted(watched: Watched) -> None:
    def held() -> float | None:
        return number(watched.numbers(), "cstar_http_connections", process="0")

    with running(watched.settings, application=watched.app, watch=watched.watch) as address:
        assert held() == 0
        with connect(address) as client:
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
            wait_until(lambda: held() == 1)
        wait_until(lambda: held() == 0)
        assert watched.watch.counters.cut == 0


def test_what_the_server_refuses_itself_is_counted(desk: Helpdesk) -> None:
    watched = Watched(desk)
    with running(watched.settings, application=watched.app, watch=watched.watch) as address:
        ask(address, b"GET / HTTP/1.1\r\n\r\n")
    found = watched.numbers()
    labels = {"route": "unknown", "method": "OTHER", "status": "400"}
    assert number(found, "cstar_http_requests_total", **labels) == 1
    assert number(found, "cstar_http_refusals_total", code="REQUEST_INVALID") == 1


# --- the format


@pytest.mark.parametrize("text", ['"', "\\", "\n", '\\"', "a\nb\\n", "é", "}", ","])
def test_any_text_can_be_a_label(text: str) -> None:
    family = Family("a_b", "gauge", text, (Sample(1, {"label": text}),))
    (read,) = text_string_to_metric_families(exposition([family]))
    assert read.samples[0].labels == {"label": text}
    assert read.documentation == text


def test_every_family_is_explained_and_stands_once(watched: Watched, caller: Api) -> None:
    caller.get("/tickets")
    lines: Sequence[str] = watched.text().splitlines()
    helped = [line.split()[2] for line in lines if line.startswith("# HELP")]
    typed = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert helped == typed and len(set(helped)) == len(helped)


def test_a_histogram_counts_upwards_to_its_total(watched: Watched, caller: Api) -> None:
    caller.get("/tickets")
    (family,) = [
        each for each in text_string_to_metric_families(watched.text()) if each.type == "histogram"
    ]
    buckets = [each.value for each in family.samples if each.name.endswith("_bucket")]
    totals = [each.value for each in family.samples if each.name.endswith("_count")]
    assert buckets == sorted(buckets) and buckets[-1] == totals[0] == 1
