"""Customers: each writes a first letter now and then, and another to an answer that came."""

import random
import smtplib
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime, localtime

from scripts.trials.correspondence.ledger import Arrived, Letter, word_of
from scripts.trials.mail_servers import Exchange

# How a later letter says what it answers: by the address, by the one header or the other, by the
# subject alone.
WAYS = ("address", "parent", "chain", "subject")
_AGAIN = 0.1
_BROKEN = (OSError, smtplib.SMTPException)


@dataclass
class Customers:
    """All customers of a desk, who write one after another through one server.

    A letter that Postfix did not confirm is sent again, byte for byte the same, until it does.
    """

    exchange: Exchange
    addresses: Sequence[str]
    mailboxes: Sequence[str]
    pick: random.Random
    name: str
    letters: list[Letter] = field(default_factory=list)
    arrived: list[Arrived] = field(default_factory=list)
    sent_again: int = 0
    _answers: list[tuple[Letter, EmailMessage]] = field(default_factory=list)
    _answered: set[str] = field(default_factory=set)
    _seen: set[str] = field(default_factory=set)
    _session: smtplib.SMTP | None = None

    def write(self, count: int, pause: float, stop: threading.Event) -> None:
        """Send so many letters, half of them to answers, and read what comes meanwhile."""
        for _ in range(count):
            self.read()
            if self._answers and self.pick.random() < 0.6:
                letter, raw = self._later(*self._answers.pop(0))
            else:
                letter, raw = self._first()
            self.letters.append(letter)
            while not self._sent(letter, raw):
                self.sent_again += 1
                if stop.wait(_AGAIN):
                    return
            if stop.wait(self.pick.uniform(0, 2 * pause)):
                return

    def read(self) -> None:
        """Look for what has come."""
        known = {letter.word.partition("-")[2]: letter for letter in self.letters}
        for address in self.addresses:
            for name, raw in self.exchange.dovecot.arrivals(address, self._seen):
                self._seen.add(name)
                mail = message_from_bytes(raw, policy=policy.default)
                mark = _note(address, mail)
                self.arrived.append(mark)
                answered = known.get(mark.word.partition("-")[2])
                if answered and mark.word not in self._answered:
                    self._answered.add(mark.word)
                    self._answers.append((answered, mail))

    def close(self) -> None:
        """Leave the server."""
        if self._session:
            self._session.close()
            self._session = None

    def _first(self) -> tuple[Letter, bytes]:
        customer, mailbox = self.pick.choice(self.addresses), self.pick.choice(self.mailboxes)
        letter = Letter(self._word(), customer, mailbox, "new")
        mail = _mail(letter, mailbox, f"About {letter.word}")
        return letter, mail.as_bytes(policy=policy.SMTP)

    def _later(self, after: Letter, answer: EmailMessage) -> tuple[Letter, bytes]:
        way = self.pick.choice(WAYS)
        letter = Letter(self._word(), after.customer, after.mailbox, way, after)
        to = answer["Reply-To"] if way == "address" else answer["From"]
        subject = f"Re: {answer['Subject']}" if way == "subject" else "Another thing"
        mail = _mail(letter, str(to), subject)
        quoted = answer.get_body(("plain",))
        text = quoted.get_content() if quoted else ""
        below = "".join(f"> {line}\n" for line in text.splitlines())
        mail.set_content(f"{letter.word}: and now?\n\nOn Monday you wrote:\n{below}")
        if way == "parent":
            mail["In-Reply-To"] = answer["Message-ID"]
        if way == "chain":
            mail["References"] = f"<unknown@example.test> {answer['Message-ID']}"
        return letter, mail.as_bytes(policy=policy.SMTP)

    def _word(self) -> str:
        return f"letter-{self.name}x{len(self.letters)}"

    def _sent(self, letter: Letter, raw: bytes) -> bool:
        """Send a letter; whether Postfix said that it has it."""
        customer, dovecot = letter.customer, self.exchange.dovecot
        to = message_from_bytes(raw, policy=policy.default)["To"].addresses[0].addr_spec
        try:
            if self._session is None:
                # One may write for all: what the envelope says is as they would.
                first = self.addresses[0]
                self._session = self.exchange.postfix.open(first, dovecot.users[first])
            self._session.sendmail(customer, [to], raw)
        except _BROKEN:
            self.close()
            return False
        return True


def _mail(letter: Letter, to: str, subject: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = letter.customer, to, subject
    mail["Message-ID"] = f"<{letter.word}@customers.test>"
    mail["Date"] = format_datetime(localtime())
    mail.set_content(f"{letter.word}: please help.\n")
    return mail


def _note(customer: str, mail: EmailMessage) -> Arrived:
    body = mail.get_body(("plain",))
    # The last server on the way wrote the first line; Postfix is the one before Dovecot.
    hops = [" ".join(str(each).split()) for each in mail.get_all("Received", [])]
    routes = [hop.partition(" id ")[2].split()[0] for hop in hops if "(Postfix)" in hop]
    word = word_of(body.get_content()) if body else ""
    return Arrived(customer, word, str(mail["Message-ID"]), routes[0] if routes else "")
