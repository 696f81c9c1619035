"""Both servers, as one mail exchange: what is sent to Postfix is fetched from Dovecot."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from scripts.trials.mail_servers.authority import Authority, make_authority
from scripts.trials.mail_servers.dovecot import Dovecot
from scripts.trials.mail_servers.postfix import Postfix

_PROGRAMS = {
    "/usr/lib/dovecot/imap": "dovecot-imapd",
    "/usr/lib/dovecot/lmtp": "dovecot-lmtpd",
    "postfix": "postfix",
    "openssl": "openssl",
}


def missing() -> str:
    """What keeps the servers from running here; nothing if they can."""
    if os.geteuid() != 0:
        return "Dovecot and Postfix need root, to run as users of their own"
    packages = [package for name, package in _PROGRAMS.items() if shutil.which(name) is None]
    return f"apt-get install {' '.join(packages)}" if packages else ""


@dataclass(frozen=True)
class Exchange:
    """The servers, and the folder that all of it is in."""

    folder: Path
    authority: Authority
    dovecot: Dovecot
    postfix: Postfix

    def send(self, letter: EmailMessage | bytes, user: str, to: str) -> None:
        """Send a mail, as a user whose password Dovecot knows."""
        self.postfix.send(letter, user, self.dovecot.users[user], to)


@contextmanager
def exchanging(
    users: Mapping[str, str],
    *,
    quotas: Mapping[str, int] | None = None,
    **how: Any,
) -> Iterator[Exchange]:
    """Both servers for these users, whose names are addresses, and their passwords."""
    # Paths of sockets are short, and others than root must come to what is in it.
    with tempfile.TemporaryDirectory(prefix="cstar-mx-") as made:
        folder = Path(made)
        folder.chmod(0o755)
        authority = make_authority(folder)
        for each in ("dovecot", "postfix"):
            (folder / each).mkdir()
        dovecot = Dovecot(folder / "dovecot", authority, users, quotas=quotas)
        postfix = Postfix(
            folder / "postfix",
            authority,
            domains=sorted({user.partition("@")[2] for user in users}),
            lmtp=dovecot.ports.lmtp,
            passwords=dovecot.ports.passwords,
            **how,
        )
        try:
            dovecot.start()
            postfix.start()
            yield Exchange(folder, authority, dovecot, postfix)
        finally:
            postfix.kill()
            dovecot.kill()
