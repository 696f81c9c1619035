"""The desk between customers and an agent: set up, disturbed, brought to rest."""

import contextlib
import os
import random
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cstar_core import Helpdesk
from scripts.common import ROOT
from scripts.trials.mail_servers import Exchange, exchanging
from scripts.trials.mail_servers.authority import NAME
from scripts.trials.mail_servers.piping import Pipe
from scripts.trials.mail_servers.programs import HOST, free_ports
from scripts.trials.server import PATIENCE, Desk, Server, new_desk

DOMAIN = "desk.test"
# One for each way in: fetched by IMAP, handed over by LMTP, and through a pipe.
FETCHED, HANDED, PIPED = (f"{name}@{DOMAIN}" for name in ("support", "billing", "sales"))
WORD = "the word of the house"
VICTIMS = ("desk", "Dovecot", "Postfix")
_LEAST, _MOST = 0.3, 3.0
_PATIENCE = 20.0


@dataclass
class Between:
    """A desk, the mail servers around it, and how often each was killed."""

    desk: Desk
    exchange: Exchange
    pipe: Pipe
    module: str
    options: Sequence[str]
    environ: dict[str, str]
    kills: Counter[str] = field(default_factory=Counter)
    server: Server | None = None

    def start(self) -> None:
        """Start the desk."""
        server = Server(self.desk, *self.options, module=self.module, environ=self.environ)
        server.ready()
        self.server = server

    def kill(self) -> None:
        """kill -9 the desk, and the commands that take mail for it."""
        server, self.server = self.server, None
        self.pipe.kill()
        if server:
            server.kill()

    def catch(self, times: int) -> None:
        """Kill the desk as soon as it has noted that one more mail is sent, so many times."""
        for _ in range(times):
            before, until = self._count(_SENT), time.monotonic() + _PATIENCE
            while self._count(_SENT) <= before and time.monotonic() < until:
                time.sleep(0.02)
            self.kill()
            self.kills["desk"] += 1
            self.start()

    def disturb(self, pick: random.Random, goes_on: Callable[[], bool]) -> None:
        """Kill one or two of the three again and again, and start them after a while."""
        dovecot, postfix = self.exchange.dovecot, self.exchange.postfix
        ways = ((self.kill, self.start), (dovecot.kill, dovecot.start))
        acts = dict(zip(VICTIMS, (*ways, (postfix.kill, postfix.start)), strict=True))
        while goes_on():
            time.sleep(pick.uniform(_LEAST, _MOST))
            names = pick.sample(VICTIMS, pick.choice((1, 1, 2)))
            for name in names:
                acts[name][0]()
            self.kills.update(names)
            time.sleep(pick.uniform(0, 1))
            for name in names:
                acts[name][1]()

    def command(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run a command of cStar on the desk."""
        command = [sys.executable, "-m", "cstar_web", *words, "--database", str(self.desk.path)]
        environ = {**os.environ, **self.environ}
        return subprocess.run(
            command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=PATIENCE
        )

    def on_the_way(self) -> str:
        """What is not at its end yet; nothing if everything is."""
        waiting, unsent = self._count(_WAITING), self._count(_UNSENT)
        queued = self.exchange.postfix.waiting()
        parts = {"at Postfix": queued, "read by nobody": waiting, "not sent": unsent}
        return ", ".join(f"{count} {name}" for name, count in parts.items() if count)

    def _count(self, query: str) -> int:
        with closing(sqlite3.connect(f"file:{self.desk.path}?mode=ro", uri=True)) as file:
            return int(file.execute(query).fetchone()[0])


_WAITING = "SELECT count(*) FROM mails WHERE settled_at IS NULL"
_UNSENT = "SELECT count(*) FROM outgoing_mails WHERE due_at IS NOT NULL"
_SENT = "SELECT count(*) FROM outgoing_mails WHERE state = 1"


@contextmanager
def between(
    folder: Path,
    customers: Sequence[str],
    module: str,
    *,
    quotas: Mapping[str, int] | None = None,
) -> Iterator[Between]:
    """A new desk with a mailbox for each way in, and servers for it and for customers."""
    desk = new_desk(folder)
    port = free_ports(1)[0]
    command = [sys.executable, "-m", module, "mail", "pipe", "--database", str(desk.path)]
    routes = {HANDED: f"lmtp:inet:{HOST}:{port}", PIPED: "piped:"}
    users = dict.fromkeys([FETCHED, HANDED, PIPED, *customers], WORD)
    with contextlib.ExitStack() as stack:
        pipe = stack.enter_context(Pipe(command, {}))
        exchange = stack.enter_context(
            exchanging(users, quotas=quotas, routes=routes, program=str(pipe.program))
        )
        _add_mailboxes(desk, exchange)
        environ = {"SSL_CERT_FILE": str(exchange.authority.certificate)}
        made = Between(
            desk, exchange, pipe, module, ["--mail-listen", f"lmtp:{HOST}:{port}"], environ
        )
        stack.callback(made.kill)
        yield made


def _add_mailboxes(desk: Desk, exchange: Exchange) -> None:
    ports = exchange.dovecot.ports
    incoming = {"host": NAME, "port": ports.imaps, "user": FETCHED, "password": WORD}
    with Helpdesk.open(desk.path) as held:
        for address in (FETCHED, HANDED, PIPED):
            held.workspace(desk.team).mailboxes.create(
                address=address,
                incoming=incoming if address == FETCHED else None,
                outgoing={
                    "host": NAME,
                    "port": exchange.postfix.smtp,
                    "security": "starttls",
                    "user": address,
                    "password": WORD,
                },
            )
