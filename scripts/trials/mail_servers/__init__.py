"""Dovecot and Postfix on loopback, with folders, ports and a configuration of their own.

The system's own servers, their queues and their mailboxes are not touched. What is missing here is
said by :func:`missing`, so that whoever needs the servers can tell what was not tried.
"""

from scripts.trials.mail_servers.authority import Authority
from scripts.trials.mail_servers.dovecot import Dovecot
from scripts.trials.mail_servers.exchange import Exchange, exchanging, missing
from scripts.trials.mail_servers.postfix import Postfix
from scripts.trials.mail_servers.programs import Program

__all__ = ["Authority", "Dovecot", "Exchange", "Postfix", "Program", "exchanging", "missing"]
