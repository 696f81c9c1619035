"""`cstar serve`: the server, and the first screen that tells how to use it."""

import json
import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from wsgiref.types import WSGIApplication

import click
from flask import Flask

from cstar_core import Helpdesk, HelpdeskError, Pace, Team
from cstar_web.access import access_log
from cstar_web.app import create_app
from cstar_web.calls import install, services
from cstar_web.cli.base import FileName, Function, columns, make_place, upgraded
from cstar_web.cli.command import Command
from cstar_web.cli.operate import DEMO_NAME
from cstar_web.cli.teams import KEEP, first_keys, key_lines
from cstar_web.counters import Counters
from cstar_web.delivering import delivering
from cstar_web.demo import load_demo
from cstar_web.limits import RateLimits
from cstar_web.locks import WriterQueue
from cstar_web.logs import log_to_stderr
from cstar_web.metrics import metrics_app
from cstar_web.seats import Seats
from cstar_web.sending import send
from cstar_web.server import Server, listen
from cstar_web.server import serve as run_server
from cstar_web.server.listener import url_of
from cstar_web.server.processes import ProcessesError, supervise
from cstar_web.settings import SETTINGS, Setting, Settings
from cstar_web.watch import Watch
from cstar_web.windows import SharedWindows

_VISIT_NAME = "serve --demo"
_VISIT_TIME = timedelta(hours=24)
_EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 - compared, not bound
_TEAMS_SHOWN = 5
_MEGABYTE = 1024 * 1024

_log = logging.getLogger("cstar.upgrade")


def _settings_options(command: Function) -> Function:
    for setting in reversed(SETTINGS):
        default = _default(setting)
        option = click.option(
            setting.flag,
            type=FileName() if setting.takes == "FILE" else str,
            metavar=setting.takes,
            help=setting.meaning + default,
        )
        command = option(command)
    return command


def _default(setting: Setting) -> str:
    if setting.otherwise:
        return f" [{setting.env}, or that {setting.otherwise}]"
    return f" [{setting.env} or {setting.default}]" if setting.default else f" [{setting.env}]"


@dataclass(frozen=True)
class _Visit:
    """The keys that `--demo` gives out: what to show of them, and the secret one."""

    team: Team
    secret: str
    keys: tuple[tuple[str, str], ...]
    note: str


def _usable(url: str) -> str:
    """An address that a browser on this machine can open."""
    host = url.removeprefix("http://").rpartition(":")[0]
    return url.replace(host, _EVERY_ADDRESS.get(host, host))


class _Places:
    """Where things are: the API, and `/metrics` if there is such a thing."""

    def __init__(self, url: str, settings: Settings, apart: list[socket.socket]) -> None:
        self.settings = settings
        self.url = _usable(url)
        self.metrics = f"{self.url}/metrics" if settings.metrics else None
        for sock in apart:
            self.metrics = f"{_usable(url_of(*sock.getsockname()[:2]))}/metrics"


@click.command(
    cls=Command,
    examples=(
        "cstar serve",
        "cstar serve --demo  # with a team to look at, and a key to it",
        "cstar serve --host 0.0.0.0 --port 8080 --database /srv/cstar/desk.db",
    ),
    exits={0: "it was told to stop, by SIGTERM or Ctrl-C", 1: "the port is taken, for one"},
)
@_settings_options
@click.option(
    "--demo", is_flag=True, help="Make sure there is a team to try, and give a key to it."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for machines, once it listens.")
def serve(demo: bool, as_json: bool, **flags: str | None) -> None:
    """Serve the HTTP API until SIGTERM or Ctrl-C."""
    settings = Settings.from_environment(flags=flags)
    make_place(settings)
    log_to_stderr(settings.log_format)
    if settings.processes > 1:
        _serve_in_processes(settings, demo, as_json)
        return
    with _open(settings) as desk, _metrics_sockets(settings) as apart:
        _log_upgrade(desk)
        watch = Watch(settings, log=access_log(settings))
        app = create_app(desk, settings, watch)

        def show(server: Server) -> None:
            places = _Places(server.url, settings, apart)
            click.echo(_first_screen(desk, places, demo, as_json))

        beside = [(_metrics_app(desk, watch, settings), sock) for sock in apart]
        with _streaming(app), _delivering(desk, settings):
            run_server(app, settings, ready=show, watch=watch, beside=beside)


def _serve_in_processes(settings: Settings, demo: bool, as_json: bool) -> None:
    with listen(settings.host, settings.port) as sock, _metrics_sockets(settings) as apart:
        windows, queue, counters = SharedWindows(), WriterQueue(), Counters(settings.processes)
        seats = Seats(settings.stream_listeners, settings.processes)

        def work(ready: Callable[[Server], None]) -> None:
            with _open(settings, queue) as desk:
                watch = Watch(settings, log=access_log(settings), counters=counters)
                app = create_app(desk, settings, watch)
                _share(app, settings, windows, seats)
                beside = [(_metrics_app(desk, watch, settings), each) for each in apart]

                def begin(server: Server) -> None:
                    ready(server)
                    seats.attach(server.number)

                with _streaming(app), _delivering(desk, settings):
                    run_server(
                        app, settings, sockets=[sock], ready=begin, watch=watch, beside=beside
                    )

        with Helpdesk.open(settings.database) as desk:
            _log_upgrade(desk)
            places = _Places(url_of(*sock.getsockname()[:2]), settings, apart)
            screen = _first_screen(desk, places, demo, as_json)
        try:
            supervise(sock, settings.processes, work, lambda: click.echo(screen))
        except ProcessesError as error:
            raise click.ClickException(str(error)) from error
    _fold_log(settings.database)


def _log_upgrade(desk: Helpdesk) -> None:
    if line := upgraded(desk):
        _log.info("%s", line)


def _open(settings: Settings, queue: WriterQueue | None = None) -> Helpdesk:
    reserve = settings.disk_reserve * _MEGABYTE
    networks = settings.webhook_networks
    return Helpdesk.open(settings.database, queue=queue, reserve=reserve, webhook_networks=networks)


def _delivering(desk: Helpdesk, settings: Settings) -> AbstractContextManager[None]:
    """Deliver to webhooks meanwhile; of several processes one does."""
    to_receivers = partial(send, allowed=settings.webhook_networks)
    return delivering(desk, to_receivers, Pace(settings.webhook_retries))


@contextmanager
def _metrics_sockets(settings: Settings) -> Iterator[list[socket.socket]]:
    """The socket for `/metrics`, if it has an address of its own."""
    if settings.metrics_place is None:
        yield []
        return
    option = "--metrics-address"
    with listen(*settings.metrics_place, host_option=option, port_option=option) as sock:
        yield [sock]


def _metrics_app(desk: Helpdesk, watch: Watch, settings: Settings) -> WSGIApplication:
    return metrics_app(desk, watch.counters, settings.metrics_token)


def _share(app: Flask, settings: Settings, windows: SharedWindows, seats: Seats) -> None:
    """A key's requests and listeners count together, whichever process has them."""
    with app.app_context():
        held = services()
    held.streams.seats = seats
    install(app, replace(held, limits=RateLimits(settings, windows)))


@contextmanager
def _streaming(app: Flask) -> Iterator[None]:
    """Have nothing read the log any more before the desk is closed."""
    with app.app_context():
        streams = services().streams
    try:
        yield
    finally:
        streams.stop()


def _fold_log(database: str) -> None:
    """Fold in the write-ahead log, which processes that close at once leave to each other."""
    with suppress(HelpdeskError):
        if Path(database).exists():
            Helpdesk.open(database).close()


def _first_screen(desk: Helpdesk, places: _Places, demo: bool, as_json: bool) -> str:
    visit = _visit(desk) if demo else None
    screen = _data if as_json else _text
    return screen(places, desk.teams.list(), visit)


def _visit(desk: Helpdesk) -> _Visit:
    teams = desk.teams.list()
    return _new_team(desk) if not teams else _returning(desk, teams[0])


def _new_team(desk: Helpdesk) -> _Visit:
    team = desk.teams.create(DEMO_NAME)
    keys = first_keys(desk, team)
    load_demo(desk, team.id)
    return _Visit(team, keys[0].secret, tuple(key_lines(*keys)), KEEP)


def _returning(desk: Helpdesk, team: Team) -> _Visit:
    made = desk.keys.create(
        team.id, type="secret", environment="live", name=_VISIT_NAME, expires_in=_VISIT_TIME
    )
    return _Visit(team, made.secret, tuple(key_lines(made)), "This key is good for 24 hours.")


def _text(places: _Places, teams: tuple[Team, ...], visit: _Visit | None) -> str:
    url, settings = places.url, places.settings
    rows = [
        ("API", f"{url}/api/v1"),
        ("Docs", f"{url}/docs"),
        ("Database", str(Path(settings.database).resolve())),
        ("Team", _named(teams)),
    ]
    if settings.processes > 1:
        rows.append(("Processes", str(settings.processes)))
    if places.metrics:
        rows.append(("Metrics", places.metrics))
    parts = [f"cStar serves at {url}", _indented(columns(rows))]
    if visit:
        curl = f'curl -H "Authorization: Bearer {visit.secret}" {_tickets(url, visit.team)}'
        parts += [_indented(columns(visit.keys)), visit.note, f"Try it:\n\n  {curl}"]
    return "\n\n".join([*parts, "Ctrl-C stops the server."])


def _data(places: _Places, teams: tuple[Team, ...], visit: _Visit | None) -> str:
    url, settings = places.url, places.settings
    data: dict[str, Any] = {
        "url": url,
        "docsUrl": f"{url}/docs",
        "database": str(Path(settings.database).resolve()),
        "teams": [{"teamId": each.id, "teamSlug": each.slug} for each in teams],
    }
    if settings.processes > 1:
        data["processes"] = settings.processes
    if places.metrics:
        data["metricsUrl"] = places.metrics
    if visit:
        data |= {"teamSlug": visit.team.slug, "secretKey": visit.secret}
    return json.dumps(data, ensure_ascii=False)


def _named(teams: tuple[Team, ...]) -> str:
    if not teams:
        return "none yet; make one: cstar team create NAME"
    shown = ", ".join(f"{each.name} ({each.slug})" for each in teams[:_TEAMS_SHOWN])
    return shown if len(teams) <= _TEAMS_SHOWN else f"{shown} and {len(teams) - _TEAMS_SHOWN} more"


def _tickets(url: str, team: Team) -> str:
    return f"{url}/api/v1/teams/{team.slug}/tickets"


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
