"""`cstar serve`: the server, alone or in several processes, and what runs beside it."""

import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from wsgiref.types import WSGIApplication

import click
from flask import Flask

from cstar_core import Helpdesk, HelpdeskError, Pace
from cstar_web.access import access_log
from cstar_web.app import create_app
from cstar_web.body_limits import body_limit
from cstar_web.calls import install, services
from cstar_web.cli.base import FileName, Function, completes, make_place, upgraded
from cstar_web.cli.command import Command
from cstar_web.cli.screen import Places, first_screen
from cstar_web.collecting import collecting
from cstar_web.counters import Counters
from cstar_web.delivering import delivering
from cstar_web.ending import OrderlyEnd
from cstar_web.limits import RateLimits
from cstar_web.locks import WriterQueue
from cstar_web.logs import log_to_stderr
from cstar_web.mail.serving import mail_socket, seeing_to_mail
from cstar_web.metrics import metrics_app
from cstar_web.seats import Seats
from cstar_web.sending import send
from cstar_web.server import ListenError, Server, listen
from cstar_web.server import serve as run_server
from cstar_web.server.listener import url_of
from cstar_web.server.processes import ProcessesError, supervise
from cstar_web.settings import SETTINGS, Setting, Settings, notifier
from cstar_web.uses import writing_uses
from cstar_web.watch import Watch
from cstar_web.windows import SharedWindows

_MEGABYTE = 1024 * 1024

_log = logging.getLogger("cstar.upgrade")


def _settings_options(command: Function) -> Function:
    for setting in reversed(SETTINGS):
        default = _default(setting)
        option = click.option(
            setting.flag,
            type=FileName() if setting.takes == "FILE" else str,
            metavar=setting.takes,
            shell_complete=completes(setting.choices) if setting.choices else None,
            help=setting.meaning + default,
        )
        command = option(command)
    return command


def _default(setting: Setting) -> str:
    if setting.otherwise:
        return f" [{setting.env}, or that {setting.otherwise}]"
    return f" [{setting.env} or {setting.default}]" if setting.default else f" [{setting.env}]"


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
    """Serve the HTTP API until SIGTERM or Ctrl-C.

    Where there is no team yet, one is made, and its first keys are shown once.
    """
    settings = Settings.from_environment(flags=flags)
    make_place(settings)
    log_to_stderr(settings.log_format)
    run = _serve_in_processes if settings.processes > 1 else _serve_alone
    try:
        with OrderlyEnd() as end:
            run(settings, demo, as_json, end)
    except (ListenError, ProcessesError) as error:
        raise click.ClickException(str(error)) from error


def _serve_alone(settings: Settings, demo: bool, as_json: bool, end: OrderlyEnd) -> None:
    told = notifier()
    told.opening()
    with _open(settings) as desk, _sockets(settings) as (apart, mail):
        end.begun()
        _log_upgrade(desk)
        watch = Watch(settings, log=access_log(settings))
        app = create_app(desk, settings, watch)

        def begin(server: Server) -> None:
            server.alive, server.stopping = told.alive, told.stopping
            if end.pass_on():
                return
            places = Places(server.url, settings, apart)
            first_screen(desk, places, demo, as_json).show()
            told.status = f"Serving at {server.url}"
            told.ready()

        beside = [(_metrics_app(desk, watch, settings), sock) for sock in apart]
        with _streaming(app), _beside(desk, settings, mail), writing_uses(desk):
            run_server(
                app, settings, ready=begin, watch=watch, beside=beside, limit=body_limit(app)
            )


def _serve_in_processes(settings: Settings, demo: bool, as_json: bool, end: OrderlyEnd) -> None:
    told = notifier()
    with listen(settings.host, settings.port) as sock, _sockets(settings) as (apart, mail):
        windows, queue, counters = SharedWindows(), WriterQueue(), Counters(settings.processes)
        seats = Seats(settings.stream_listeners, settings.processes)

        def work(ready: Callable[[Server], None]) -> None:
            with _open(settings, queue) as desk:
                end.begun()
                watch = Watch(settings, log=access_log(settings), counters=counters)
                app = create_app(desk, settings, watch)
                _share(app, settings, windows, seats)
                beside = [(_metrics_app(desk, watch, settings), each) for each in apart]

                def begin(server: Server) -> None:
                    ready(server)
                    end.pass_on()
                    seats.attach(server.number)

                with _streaming(app), _beside(desk, settings, mail), writing_uses(desk):
                    run_server(
                        app,
                        settings,
                        sockets=[sock],
                        ready=begin,
                        watch=watch,
                        beside=beside,
                        limit=body_limit(app),
                    )

        told.opening()
        with Helpdesk.open(settings.database) as desk:
            _log_upgrade(desk)
            places = Places(url_of(*sock.getsockname()[:2]), settings, apart)
            screen = first_screen(desk, places, demo, as_json)
        told.status = f"Serving at {places.url}"

        def show() -> None:
            end.begun()
            screen.show()

        try:
            supervise(sock, settings.processes, work, show, told)
        finally:
            end.begun()
            screen.leave()
    _fold_log(settings.database)


def _log_upgrade(desk: Helpdesk) -> None:
    if line := upgraded(desk):
        _log.info("%s", line)


def _open(settings: Settings, queue: WriterQueue | None = None) -> Helpdesk:
    reserve = settings.disk_reserve * _MEGABYTE
    networks = settings.webhook_networks
    return Helpdesk.open(settings.database, queue=queue, reserve=reserve, webhook_networks=networks)


@contextmanager
def _beside(desk: Helpdesk, settings: Settings, mail: socket.socket | None) -> Iterator[None]:
    """Deliver to webhooks, collect files and see to mail; of several processes one does each."""
    to_receivers = partial(send, allowed=settings.webhook_networks)
    with (
        delivering(desk, to_receivers, Pace(settings.webhook_retries)),
        collecting(desk),
        seeing_to_mail(desk, settings, mail),
    ):
        yield


@contextmanager
def _sockets(settings: Settings) -> Iterator[tuple[list[socket.socket], socket.socket | None]]:
    """The socket for `/metrics`, if it has an address of its own; and that for mail, if any."""
    with mail_socket(settings) as mail:
        if settings.metrics_place is None:
            yield [], mail
            return
        option = "--metrics-address"
        with listen(*settings.metrics_place, host_option=option, port_option=option) as sock:
            yield [sock], mail


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
