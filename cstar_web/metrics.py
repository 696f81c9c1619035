"""`/metrics`: what Prometheus may know of this server, for whoever has the token or its address.

The client library for Prometheus is not used. It keeps the numbers of several processes in files
of their own and needs a setting before it is imported; what is counted here is little and known
beforehand, and its text format is short.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from hmac import compare_digest
from pathlib import Path
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Blueprint, Response, request

from cstar_core import (
    Backlog,
    FetchHealth,
    Figures,
    Helpdesk,
    HelpdeskError,
    MailBacklog,
    MailLine,
    utc_now,
)
from cstar_web.calls import services
from cstar_web.counters import BUCKETS, Counters, Timing
from cstar_web.errors import Failure
from cstar_web.exposition import CONTENT_TYPE, Family, Sample, exposition, gauge
from cstar_web.headers import HARDENED
from cstar_web.remote import client_address, client_network

PATH = "/metrics"

_BEARER = re.compile(r"Bearer +([\x21-\x7e]+) *\Z", re.IGNORECASE)
_CHALLENGE = ("WWW-Authenticate", "Bearer")

blueprint = Blueprint("metrics", __name__)


@blueprint.get(PATH)
def metrics() -> Response:
    """The numbers, on the address of the API: never without the token."""
    held = services()
    if not authorized(request.environ, held.settings.metrics_token):
        held.limits.charge_failure(client_network(client_address(request, held.settings)))
        raise Failure(
            "authentication_required",
            "Invalid or missing metrics token",
            headers=dict([_CHALLENGE]),
        )
    text = exposition(families(held.desk, held.watch.counters))
    return Response(text, content_type=CONTENT_TYPE)


def authorized(environ: WSGIEnvironment, token: str) -> bool:
    """Whether the request presents the token; how long it takes does not tell how much is right."""
    match = _BEARER.match(environ.get("HTTP_AUTHORIZATION", ""))
    return match is not None and compare_digest(match[1].encode(), token.encode())


def metrics_app(desk: Helpdesk, counters: Counters, token: str) -> WSGIApplication:
    """An app that answers nothing but the numbers, for an address of their own.

    With a token it has to be presented here too.
    """

    def answer(environ: WSGIEnvironment) -> tuple[str, str]:
        if environ["PATH_INFO"] != PATH:
            return "404 Not Found", f"There is only {PATH} here.\n"
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return "405 Method Not Allowed", "Only GET is answered here.\n"
        if token and not authorized(environ, token):
            return "401 Unauthorized", "Send the metrics token: Authorization: Bearer TOKEN\n"
        return "200 OK", exposition(families(desk, counters))

    def app(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        status, text = answer(environ)
        body = text.encode()
        headers = [
            ("Content-Type", CONTENT_TYPE if status.startswith("200") else "text/plain"),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            *HARDENED,
        ]
        if status.startswith("401"):
            headers.append(_CHALLENGE)
        if status.startswith("405"):
            headers.append(("Allow", "GET, HEAD"))
        start(status, headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    return app


def families(desk: Helpdesk, counters: Counters) -> Iterator[Family]:
    """Everything there is to know, as of now."""
    versions = desk.versions()
    yield gauge(
        "cstar_info",
        "The versions in use.",
        1,
        version=versions.cstar,
        schema=str(desk.schema_version),
        sqlite=versions.sqlite,
        python=versions.python,
    )
    yield from _http(counters)
    yield from _processes(counters)
    try:
        figures = desk.figures()
    except (HelpdeskError, OSError):
        yield _readable(False)
        return
    yield _readable(True)
    yield from _desk(figures)


def _readable(yes: bool) -> Family:
    return gauge("cstar_database_readable", "Whether the database could be read.", int(yes))


def _http(counters: Counters) -> Iterator[Family]:
    yield Family(
        "cstar_http_requests_total",
        "counter",
        "Requests answered. Those that no route took are of the route unknown.",
        tuple(
            Sample(number, {"route": route, "method": method, "status": status})
            for (route, method), status, number in counters.requests()
        ),
    )
    yield Family(
        "cstar_http_request_duration_seconds",
        "histogram",
        "How long the application took for an answer.",
        tuple(
            sample
            for (route, method), timing in counters.timings()
            for sample in _histogram({"route": route, "method": method}, timing)
        ),
    )
    yield Family(
        "cstar_http_refusals_total",
        "counter",
        "Answers that were errors, by their code.",
        tuple(Sample(number, {"code": code}) for code, number in counters.refusals()),
    )
    in_flight = counters.in_flight
    yield gauge("cstar_http_requests_in_flight", "Requests that are being answered.", in_flight)
    yield Family(
        "cstar_http_connections_cut_total",
        "counter",
        "Connections that were cut or refused because too many were open.",
        (Sample(counters.cut),),
    )


def _histogram(labels: dict[str, str], timing: Timing) -> Iterator[Sample]:
    total = 0
    for bound, number in zip((*map(str, BUCKETS), "+Inf"), timing.buckets, strict=True):
        total += number
        yield Sample(total, {**labels, "le": bound}, "_bucket")
    yield Sample(timing.seconds, labels, "_sum")
    yield Sample(total, labels, "_count")


def _processes(counters: Counters) -> Iterator[Family]:
    running = tuple(counters.processes())
    yield Family(
        "process_start_time_seconds",
        "gauge",
        "When each process began to answer, in Unix seconds.",
        tuple(Sample(each.started, {"process": str(each.number)}) for each in running),
    )
    yield Family(
        "cstar_http_connections",
        "gauge",
        "Connections that each process holds open, as of the last second.",
        tuple(Sample(each.connections, {"process": str(each.number)}) for each in running),
    )
    yield Family(
        "cstar_event_listeners",
        "gauge",
        "Listeners that follow the events at each process.",
        tuple(Sample(each.listeners, {"process": str(each.number)}) for each in running),
    )
    memory = {str(each.number): _resident(each.pid) for each in running}
    yield Family(
        "process_resident_memory_bytes",
        "gauge",
        "The memory that each process has in use, where the system tells it.",
        tuple(Sample(size, {"process": name}) for name, size in memory.items() if size),
    )


def _resident(pid: int) -> int | None:
    """The second number of this file is the resident set, in pages. There is one on Linux only."""
    with suppress(OSError, IndexError, ValueError):
        pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")
    return None


def _desk(figures: Figures) -> Iterator[Family]:
    yield gauge("cstar_database_bytes", "The size of the database file.", figures.database_bytes)
    wal = figures.wal_bytes
    yield gauge("cstar_database_wal_bytes", "The size of its write-ahead log.", wal)
    yield gauge("cstar_files", "Files beside the database, such as attachments.", figures.files)
    yield gauge("cstar_file_bytes", "The size of all of them.", figures.file_bytes)
    free = figures.disk_free_bytes
    yield gauge("cstar_disk_free_bytes", "Free space on the disk of the database.", free)
    yield gauge("cstar_teams", "Teams.", figures.teams)
    yield Family(
        "cstar_tickets",
        "gauge",
        "Tickets of all teams.",
        tuple(
            Sample(number, {"environment": environment, "status": status})
            for (environment, status), number in figures.tickets.items()
        ),
    )
    yield _by_environment("cstar_customers", "gauge", "Customers of all teams.", figures.customers)
    yield _by_environment(
        "cstar_events_total", "counter", "Events recorded for all teams.", figures.events
    )
    queue = figures.index_queue
    yield gauge("cstar_index_queue_documents", "Documents that wait to be indexed.", queue)
    yield from _webhooks(figures.backlog)
    yield from _received(figures.mail)
    yield from _fetched(figures.mailboxes)
    yield from _mail(figures.mail_line)


def _mail(line: MailLine) -> Iterator[Family]:
    yield Family(
        "cstar_outgoing_mails",
        "gauge",
        "Mails that are still to be sent, or are held.",
        tuple(
            Sample(number, {"state": state})
            for state, number in (
                ("queued", line.queued),
                ("deferred", line.deferred),
                ("held", line.held),
            )
        ),
    )
    yield gauge(
        "cstar_outgoing_mail_oldest_seconds",
        "For how long the oldest of what is queued or deferred has been due.",
        _age(line.oldest_at),
    )
    yield gauge(
        "cstar_outgoing_mails_lost",
        "Mails that failed or came back within the last day, but for those that were cancelled.",
        line.lost,
    )


def _age(since: int | None) -> int:
    now = utc_now().timestamp()
    return 0 if since is None else max(0, round(now - since))


def _webhooks(backlog: Backlog) -> Iterator[Family]:
    yield gauge(
        "cstar_webhook_undelivered_events",
        "Events that webhooks have still to be told, of each that is on some 10,000 at most.",
        backlog.undelivered,
    )
    yield gauge(
        "cstar_webhook_oldest_undelivered_seconds",
        "The age of the oldest of them.",
        _age(backlog.oldest_at),
    )
    yield gauge(
        "cstar_webhook_failed_deliveries",
        "Deliveries of the last 30 days that were given up.",
        backlog.failed,
    )
    yield gauge("cstar_webhooks_active", "Webhooks that are on.", backlog.active)
    yield gauge(
        "cstar_webhooks_disabled",
        "Webhooks that were turned off because their receiver failed.",
        backlog.disabled,
    )


def _received(mail: MailBacklog) -> Iterator[Family]:
    yield gauge("cstar_mails_waiting", "Mails that came in and are not settled.", mail.waiting)
    yield gauge(
        "cstar_mails_oldest_waiting_seconds",
        "The age of the oldest of them.",
        _age(mail.oldest_at),
    )
    yield gauge(
        "cstar_mails_failed", "Mails of the last 30 days that could not be read.", mail.failed
    )


def _fetched(mailboxes: Sequence[FetchHealth]) -> Iterator[Family]:
    now = utc_now().timestamp()
    yield Family(
        "cstar_mailbox_fetch_age_seconds",
        "gauge",
        "How long ago fetching from a mailbox last worked, or it was made.",
        tuple(
            Sample(max(0, round(now - each.fetched_at)), {"mailbox": each.address})
            for each in mailboxes
        ),
    )
    failing = sum(each.failing_since is not None for each in mailboxes)
    yield gauge("cstar_mailboxes_failing", "Mailboxes from which fetching fails.", failing)


def _by_environment(name: str, kind: str, meaning: str, numbers: Mapping[str, int]) -> Family:
    samples = (Sample(number, {"environment": each}) for each, number in numbers.items())
    return Family(name, kind, meaning, tuple(samples))
