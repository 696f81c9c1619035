"""Postfix: takes mail over TLS from who has a password, and gives it to Dovecot or the desk."""

import shutil
import smtplib
import ssl
import subprocess
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from pathlib import Path

from scripts.trials.mail_servers.authority import Authority
from scripts.trials.mail_servers.programs import HOST, Program, free_ports

_MASTER = "/usr/lib/postfix/sbin/master"
# Whom Debian lets it run as.
OWNER = "postfix"
_WAIT = 20
LARGEST = 60_000_000
_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
daemon_directory = /usr/lib/postfix/sbin
command_directory = /usr/sbin
mail_owner = {owner}
setgid_group = postdrop
maillog_file = {folder}/postfix.log
maillog_file_prefixes = {folder}
myhostname = mx.test
mydestination =
mynetworks =
alias_maps =
alias_database =
inet_interfaces = {host}
inet_protocols = ipv4
smtp_dns_support_level = disabled
lmtp_dns_support_level = disabled
virtual_mailbox_domains = {domains}
virtual_transport = lmtp:inet:{host}:{lmtp}
transport_maps = texthash:{folder}/transport
relayhost = {host}:1
recipient_delimiter = +
message_size_limit = {largest}
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:{host}:{passwords}
smtpd_tls_cert_file = {authority.server}
smtpd_tls_key_file = {authority.key}
smtpd_tls_security_level = encrypt
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
minimal_backoff_time = 1s
maximal_backoff_time = 3s
queue_run_delay = 1s
transport_retry_time = 1s
default_destination_concurrency_failed_cohort_limit = 0
in_flow_delay = 0
piped_destination_recipient_limit = 1
smtpd_error_sleep_time = 0
"""
# As Debian's master.cf has them, without chroot and without what is not needed here.
_SERVICES = """
{host}:{smtp} inet n - n - - smtpd
{host}:{smtps} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
piped unix - n n - - pipe
  flags=DRhu user={user} null_sender= argv={program} ${{recipient}} ${{sender}}
"""


class Postfix(Program):
    """Postfix for these domains.

    ``routes`` names other ways than to Dovecot, by address, as Postfix's transport(5) writes them;
    ``piped:`` gives a mail to the command ``program``, which ``user`` runs.
    """

    def __init__(
        self,
        folder: Path,
        authority: Authority,
        *,
        domains: Sequence[str],
        lmtp: int,
        passwords: int,
        routes: Mapping[str, str] | None = None,
        program: str = "/bin/false",
        user: str = "mail",
    ) -> None:
        self.smtp, self.smtps = free_ports(2)
        self._authority = authority
        self._configuration = folder / "etc"
        for each in ("etc", "queue", "data"):
            (folder / each).mkdir()
        shutil.chown(folder / "data", OWNER)
        facts = {
            "folder": folder,
            "host": HOST,
            "authority": authority,
            "domains": ", ".join(domains),
            "lmtp": lmtp,
            "passwords": passwords,
            "largest": LARGEST,
            "smtp": self.smtp,
            "smtps": self.smtps,
            "program": program,
            "user": user,
            "owner": OWNER,
        }
        (folder / "etc" / "main.cf").write_text(_MAIN.format(**facts), encoding="utf-8")
        (folder / "etc" / "master.cf").write_text(_SERVICES.format(**facts), encoding="utf-8")
        self._routes = folder / "transport"
        self.route(routes or {})
        super().__init__(
            [_MASTER, "-c", str(self._configuration), "-s"], folder, [self.smtp, self.smtps]
        )
        # Makes the folders of the queue, and whose they have to be.
        subprocess.run(
            ["postfix", "-c", str(self._configuration), "check"], check=True, capture_output=True
        )

    def route(self, routes: Mapping[str, str]) -> None:
        """Set other ways than to Dovecot; Postfix reads them when it starts."""
        lines = [f"{address} {way}\n" for address, way in routes.items()]
        self._routes.write_text("".join(lines), encoding="utf-8")

    def open(self, user: str, password: str) -> smtplib.SMTP:
        """A session over TLS of who has a password."""
        context = ssl.create_default_context(cafile=self._authority.certificate)
        session = smtplib.SMTP(HOST, self.smtp, timeout=_WAIT)
        try:
            session.starttls(context=context)
            session.login(user, password)
        except BaseException:
            session.close()
            raise
        return session

    def send(self, letter: EmailMessage | bytes, user: str, password: str, to: str) -> None:
        """Send one mail."""
        raw = letter if isinstance(letter, bytes) else letter.as_bytes()
        with self.open(user, password) as session:
            session.sendmail(user, [to], raw)

    def waiting(self) -> int:
        """How many mails are in its queue."""
        queues = ("incoming", "active", "deferred", "maildrop")
        folder = self._configuration.parent / "queue"
        return sum(each.is_file() for queue in queues for each in (folder / queue).rglob("*"))
