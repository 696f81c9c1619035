"""Mail and the server: what is handed over becomes a ticket, also while it is killed."""

import os
import smtplib
import socket
from pathlib import Path

import pytest

from cstar_core import Helpdesk
from cstar_web.mail import serving as module
from cstar_web.mail.serving import mail_socket
from cstar_web.settings import Settings, SettingsError
from tests.cli.commands import serving
from tests.core.posting import mail
from tests.web.sockets import wait_until

HELP = "help@acme.example"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_mail_that_a_server_brings_becomes_a_ticket(database: Path, processes: str) -> None:
    port = free_port()
    options = ("--mail-listen", f"lmtp:127.0.0.1:{port}", "--processes", processes)
    with (
        Helpdesk.open(database) as desk,
        serving("--database", str(database), *options) as (
            server,
            _,
        ),
    ):
        acme = desk.workspace("acme")
        acme.mailboxes.create(address=HELP)
        with smtplib.LMTP("127.0.0.1", port, timeout=20) as session:
            session.sendmail("jane@example.com", HELP, mail(subject="One"))
            session.sendmail("jane@example.com", HELP, mail(subject="Two"))
        assert acme.mail.list().total == 2
        wait_until(lambda: acme.tickets.list().total == 2, 20)
        server.terminate()
        assert server.wait(15) == 0


def test_a_port_that_is_taken_is_told(database: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        place = f"smtp:127.0.0.1:{sock.getsockname()[1]}"
        line = ("--database", str(database), "--mail-listen", place)
        with pytest.raises(AssertionError, match="another with --mail-listen"), serving(*line):
            pass


def test_what_is_missing_is_told_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise ImportError(f"No module named {name}", name="aiosmtpd.lmtp")

    monkeypatch.setattr(module.importlib, "import_module", absent)
    settings = Settings(mail_listen="lmtp:127.0.0.1:0")
    with pytest.raises(SettingsError, match="pip install 'aiosmtpd"), mail_socket(settings):
        pass


def test_without_a_mailbox_nothing_is_begun(database: Path) -> None:
    with serving("--json", "--database", str(database)) as (server, _):
        tasks = f"/proc/{server.pid}/task"
        names = {Path(tasks, each, "comm").read_text() for each in os.listdir(tasks)}
        children = Path(tasks, str(server.pid), "children").read_text()
    assert names and children == ""
    assert not Path(f"{database}-mailboxes").exists()
