"""Dovecot: mailboxes by IMAP, what comes for them by LMTP, and passwords for Postfix."""

import contextlib
import imaplib
import shutil
import ssl
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from scripts.trials.mail_servers.authority import Authority
from scripts.trials.mail_servers.programs import HOST, Program, free_ports

# Whose files the mailboxes are. It is not root, since Dovecot would refuse that.
OWNER = "mail"
_WAIT = 10
_CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
listen = {host}
protocols = imap lmtp
ssl = yes
ssl_cert = <{authority.server}
ssl_key = <{authority.key}
auth_mechanisms = plain login
auth_failure_delay = 0 secs
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:{folder}/mail/%u
mail_plugins = quota
recipient_delimiter = +
imap_idle_notify_interval = 5s
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {folder}/users
}}
userdb {{
  driver = passwd-file
  args = {folder}/users
  default_fields = uid={owner} gid={owner} home={folder}/mail/%u
}}
plugin {{
  quota = maildir:User quota
}}
protocol imap {{
  mail_max_userip_connections = 100
  !include {folder}/capability
}}
service imap-login {{
  inet_listener imap {{
    port = {ports.imap}
  }}
  inet_listener imaps {{
    port = {ports.imaps}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = {host}
    port = {ports.lmtp}
  }}
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service auth {{
  inet_listener {{
    address = {host}
    port = {ports.passwords}
  }}
}}
"""


@dataclass(frozen=True)
class Ports:
    """Where Dovecot listens: IMAP that begins plain, IMAP over TLS, LMTP, and for Postfix."""

    imap: int
    imaps: int
    lmtp: int
    passwords: int


class Dovecot(Program):
    """Dovecot with these users and their passwords.

    ``quotas`` has the bytes that a user's mailbox holds at most.
    """

    def __init__(
        self,
        folder: Path,
        authority: Authority,
        users: Mapping[str, str],
        *,
        quotas: Mapping[str, int] | None = None,
    ) -> None:
        self.ports = Ports(*free_ports(4))
        self.users = dict(users)
        self._mail = folder / "mail"
        self._pid = folder / "run" / "master.pid"
        self._authority = authority
        self._mail.mkdir()
        shutil.chown(self._mail, OWNER, OWNER)
        (folder / "users").write_text(_lines(users, quotas or {}), encoding="utf-8")
        configuration = folder / "dovecot.conf"
        self._capability = folder / "capability"
        self.offer(idle=True)
        configuration.write_text(
            _CONFIGURATION.format(
                folder=folder,
                host=HOST,
                owner=OWNER,
                authority=authority,
                ports=self.ports,
            ),
            encoding="utf-8",
        )
        super().__init__(
            ["dovecot", "-F", "-c", str(configuration)],
            folder,
            [self.ports.imap, self.ports.imaps, self.ports.lmtp, self.ports.passwords],
        )

    def tidy(self) -> None:
        """Forget the process that was killed: another may have its number now."""
        self._pid.unlink(missing_ok=True)

    def offer(self, *, idle: bool) -> None:
        """Whether it tells of new mail by itself; it reads that when it starts."""
        line = "" if idle else "imap_capability = IMAP4rev1 SASL-IR LITERAL+ UIDPLUS MOVE\n"
        self._capability.write_text(line, encoding="ascii")

    @contextlib.contextmanager
    def session(self, user: str, folder: str = "INBOX") -> Iterator[imaplib.IMAP4]:
        """A session over TLS in a folder of a user's, as another mail program has one."""
        context = ssl.create_default_context(cafile=self._authority.certificate)
        with imaplib.IMAP4_SSL(
            HOST, self.ports.imaps, ssl_context=context, timeout=_WAIT
        ) as session:
            session.login(user, self.users[user])
            session.select(folder)
            yield session

    def letters(self, user: str) -> list[bytes]:
        """The raw mails in a user's inbox, by their names, whether Dovecot runs or not."""
        return [raw for _, raw in sorted(self.arrivals(user, ()))]

    def arrivals(self, user: str, seen: Container[str]) -> Iterator[tuple[str, bytes]]:
        """The names and raw mails in a user's inbox that were not seen yet."""
        for part in ("new", "cur"):
            for file in sorted((self._mail / user / part).glob("*")):
                name = file.name.partition(":")[0]
                if name not in seen:
                    yield name, file.read_bytes()

    def forget_indexes(self, user: str) -> None:
        """Let the mailbox have another UIDVALIDITY, as after it was restored from elsewhere."""
        for file in (self._mail / user).glob("dovecot*"):
            if file.is_file():
                file.unlink()


def _lines(users: Mapping[str, str], quotas: Mapping[str, int]) -> str:
    lines = []
    for user, password in users.items():
        rule = f"userdb_quota_rule=*:bytes={quotas[user]}" if user in quotas else ""
        lines.append(f"{user}:{{PLAIN}}{password}::::::{rule}")
    return "\n".join(lines) + "\n"
